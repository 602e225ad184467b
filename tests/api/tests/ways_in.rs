//! What a way in opens, to whom it is bound, and how often it may be tried.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{
    Authenticator, Browser, World,
    messages::{ask, code_in, items_with, last_message, messages_to, notice_to, sign_in_by_code, token_in},
    people,
};
use domain::{limits::Limits, practice::Policies};
use platform::store::{item::number, keys, table::Change};
use serde_json::{Value, json};

const DAY: i64 = 24 * 3600;

async fn person(browser: &mut Browser, token: &str, date: &str) -> api_tests::Answer {
    browser.post("/v1/sessions/person", json!({"token": token, "birth_date": date})).await
}

#[tokio::test]
async fn a_notice_opens_its_conversation_alone() {
    let world = World::start(70).await;
    let (other, _) = notice_to(&world, "rosa", "vega.family@patients.test").await;
    let (conversation, token) = notice_to(&world, "luis", "vega.family@patients.test").await;
    let mut rosa = world.browser();
    let session = person(&mut rosa, &token, "1979-05-05").await.expect(201).json();
    assert_eq!(session["scope"], "conversation");
    let patients: Vec<_> =
        session["patients"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(patients, ["Luis Vega"], "her own date opens the message about her son, and nothing of hers");
    rosa.get(&format!("/v1/conversations/{conversation}/messages")).await.expect(200);
    rosa.get(&format!("/v1/conversations/{other}/messages")).await.expect(404);
    assert_eq!(rosa.get("/v1/conversations").await.expect(403).problem(), "step-up-required");
    let events = items_with(&world, "AuditTable", "verb", "signed_in").await;
    let [event] = &events[..] else { panic!("one sign-in: {events:?}") };
    assert_eq!(event["patient"]["S"], world.demo.patients["rosa"].id.to_string(), "whose date it was");
    assert_eq!(event["conversation"]["S"], conversation);
    assert_eq!(event["actor"]["S"], world.demo.patients["rosa"].account.unwrap().to_string());
}

#[tokio::test]
async fn a_notice_belongs_to_the_browser_that_opened_it_first() {
    let world = World::start(71).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut phone = world.browser();
    person(&mut phone, &token, "1985-03-14").await.expect(201);
    let mut thief = world.browser();
    thief.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let right = person(&mut thief, &token, "1985-03-14").await.expect(401);
    let wrong = person(&mut thief, &token, "1985-03-15").await.expect(401);
    assert_eq!((&right.bytes, &right.headers), (&wrong.bytes, &wrong.headers));
    assert!(!thief.cookies.contains_key("__Host-session"));
    // The next day the session is over; the link still opens where it opened before.
    world.clock.advance_seconds(DAY - 60);
    phone.get("/v1/session").await.expect(401);
    person(&mut phone, &token, "1985-03-14").await.expect(201);
    world.clock.advance_seconds(61);
    let mut again = phone.clone();
    again.cookies.remove("__Host-session");
    person(&mut again, &token, "1985-03-14").await.expect(401);
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so_and_takes_nothing_from_another() {
    let world = World::start(95).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut app = world.browser();
    app.keeps_cookies = false;
    app.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let recorder = world.aws.recorder();
    let (told, calls) = recorder.scope("app", person(&mut app, &token, "1985-03-14")).await;
    assert_eq!(told.clone().expect(400).problem(), "cookies-needed");
    assert_eq!(calls.count(), 0, "{:?}", calls.names());
    for (token, date) in
        [(&*token, "1985-03-15"), ("AAAAAAAAAAAAAAAAAAAAAA", "1985-03-14"), ("short", "1985-03-14")]
    {
        let answer = person(&mut app, token, date).await.expect(400);
        assert_eq!((&answer.bytes, &answer.headers), (&told.bytes, &told.headers));
    }
    // The same link opens in the real browser, and the code of an attempt needs no mark.
    person(&mut world.browser(), &token, "1985-03-14").await.expect(201);
    let code = app.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(401);
    assert_eq!(code.problem(), "sign-in-failed");
}

#[tokio::test]
async fn another_browsers_try_costs_the_same_calls_as_a_wrong_date() {
    let world = World::start(72).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    person(&mut world.browser(), &token, "1985-03-14").await.expect(201);
    let mut traces = Vec::new();
    for date in ["1985-03-14", "1985-03-15"] {
        let mut browser = world.browser();
        browser.post("/v1/sessions", json!({"token": token})).await.expect(200);
        let recorder = world.aws.recorder();
        let (answer, calls) = recorder.scope(date, person(&mut browser, &token, date)).await;
        answer.expect(401);
        let mut names: Vec<_> = calls.0.iter().map(|c| c.operation.clone()).collect();
        names.sort();
        traces.push(names);
    }
    assert_eq!(traces[0], traces[1]);
}

#[tokio::test]
async fn a_right_date_in_another_browser_is_no_wrong_one_and_staff_see_what_happened() {
    let world = World::start(92).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut phone = world.browser();
    person(&mut phone, &token, "1985-03-14").await.expect(201);
    let mut laptop = world.browser();
    for _ in 0..4 {
        person(&mut laptop, &token, "1985-03-14").await.expect(401);
    }
    let maria = world.demo.patients["maria"].id;
    assert_eq!(world.operator.store.wrong_dates(world.demo.id, maria).await.unwrap(), 0);
    // Where it came from is counted: it opens nothing, however often it is tried.
    assert_eq!(counted_for_networks(&world).await, 4);
    let doubts = world.aws.items("ChatTable").await;
    assert!(doubts.iter().all(|item| item.get("wrong_dates").is_none_or(|count| count["N"] == "0")));
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let reach = ana.get(&format!("/v1/patients/{maria}/reach")).await.expect(200).json();
    let tries = reach["tries"].as_array().unwrap();
    assert_eq!(tries.len(), 4);
    assert_eq!((&tries[0]["kind"], &tries[0]["way"]), (&json!("other_browser"), &json!("notice")));
    assert_eq!(reach["notices"][0]["tries"][0], "other_browser");
    // The link has lost none of its tries, for the browser that it belongs to.
    phone.cookies.remove("__Host-session");
    person(&mut phone, &token, "1985-03-14").await.expect(201);
}

#[tokio::test]
async fn a_live_session_opens_what_it_may_see_and_no_more() {
    let world = World::start(73).await;
    let (first, one) = notice_to(&world, "maria", "maria@patients.test").await;
    let (second, two) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut narrow = world.browser();
    person(&mut narrow, &one, "1985-03-14").await.expect(201);
    let open = narrow.post("/v1/sessions", json!({"token": one})).await.expect(201).json();
    assert_eq!((&open["opens"]["conversation_id"], &open["scope"]), (&json!(first), &json!("conversation")));
    let step = narrow.post("/v1/sessions", json!({"token": two})).await.expect(200).json();
    assert_eq!(step["next"], "birth_date", "a session for one conversation does not open another");
    let mut full = world.signed_in(&world.demo, "maria").await;
    let open = full.post("/v1/sessions", json!({"token": one})).await.expect(201).json();
    assert_eq!(open["opens"]["conversation_id"], first, "wherever the link is bound");
    let open = full.post("/v1/sessions", json!({"token": two})).await.expect(201).json();
    assert_eq!(open["opens"]["conversation_id"], second);
    let mut john = world.signed_in(&world.demo, "john").await;
    john.post("/v1/sessions", json!({"token": two})).await.expect(200);
}

/// A practice with the limits of a deployed one, and one patient who is reached by mail and by phone.
async fn strict(world: &World) -> people::Practice {
    let strict = people::practice(&world.operator, "strict", "Strict Practice", 1).await;
    let contacts = ["eva@strict.test".to_owned(), "+15555550177".to_owned()];
    people::add(&world.operator, strict.id, "Eva Stone", "1990-01-02", "en", &contacts).await;
    strict
}

async fn proven(world: &World, address: &str) -> Browser {
    let mut browser = world.browser();
    let body = json!({"practice": "strict", "address": address});
    browser.post("/v1/login-links", body).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(world, address).unwrap());
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    browser
}

async fn date(browser: &mut Browser, date: &str) -> u16 {
    browser.post("/v1/sessions/person", json!({"birth_date": date})).await.status.as_u16()
}

#[tokio::test]
async fn wrong_dates_are_counted_per_patient_over_all_contacts() {
    let world = World::start(74).await;
    strict(&world).await;
    let mut mail = proven(&world, "eva@strict.test").await;
    for _ in 0..3 {
        assert_eq!(date(&mut mail, "1990-01-03").await, 401);
    }
    let mut phone = proven(&world, "+15555550177").await;
    for _ in 0..2 {
        assert_eq!(date(&mut phone, "1990-01-03").await, 401);
    }
    // Five in all, and neither way is open any more, though each contact has tries left.
    assert_eq!(date(&mut mail, "1990-01-02").await, 401);
    assert_eq!(date(&mut phone, "1990-01-02").await, 401);
    world.clock.advance_seconds(DAY);
    assert_eq!(date(&mut proven(&world, "eva@strict.test").await, "1990-01-02").await, 201);
}

#[tokio::test]
async fn right_dates_are_not_counted() {
    let world = World::start(75).await;
    strict(&world).await;
    for _ in 0..7 {
        world.clock.advance_seconds(15 * 60);
        assert_eq!(date(&mut proven(&world, "eva@strict.test").await, "1990-01-02").await, 201);
    }
}

#[tokio::test]
async fn fifteen_wrong_dates_shut_a_patient_until_staff_clear_them() {
    let world = World::start(76).await;
    let practice = strict(&world).await;
    let reach = items_with(&world, "ChatTable", "reach", "wrong_date").await;
    assert!(reach.is_empty());
    for _ in 0..3 {
        let mut browser = proven(&world, "eva@strict.test").await;
        for typed in ["1990-02-01", "1990-01-03", "1990-01-03", "1991-01-02", "1977-07-07"] {
            assert_eq!(date(&mut browser, typed).await, 401);
        }
        world.clock.advance_seconds(DAY);
    }
    assert_eq!(date(&mut proven(&world, "eva@strict.test").await, "1990-01-02").await, 401);
    let seen = items_with(&world, "ChatTable", "reach", "wrong_date").await;
    let count = |miss: &str| seen.iter().filter(|item| item["miss"]["S"] == miss).count();
    assert_eq!(
        (count("day_month_swapped"), count("one_digit_off"), count("different"), seen.len()),
        (3, 9, 3, 15)
    );
    assert!(seen.iter().all(|item| item["way"]["S"] == "code" && item.get("outbox").is_none()));
    let dates = serde_json::to_string(&seen).unwrap();
    assert!(!dates.contains("1990-") && !dates.contains("1977"), "never the date itself");

    let patient = patient_of(&seen[0]);
    let store = &world.operator.store;
    assert_eq!(store.wrong_dates(practice.id, patient).await.unwrap(), 15);
    let event = platform::store::audit::event(
        &world.operator.entropy,
        world.clock.now(),
        practice.id,
        domain::audit::ActorId::Staff(practice.staff["ana"]),
        domain::audit::Verb::TriesCleared,
    );
    store.clear_tries(patient, &[], Limits::STRICT, &event).await.unwrap();
    assert_eq!(date(&mut proven(&world, "eva@strict.test").await, "1990-01-02").await, 201);
}

fn patient_of(item: &Value) -> domain::id::PatientId {
    let pk = item["PK"]["S"].as_str().unwrap();
    domain::id::PatientId::parse(pk.rsplit_once('#').unwrap().1).unwrap()
}

#[tokio::test]
async fn a_wrong_date_at_a_notice_is_kept_with_the_notice_and_the_nearest_patient() {
    let world = World::start(77).await;
    let (conversation, token) = notice_to(&world, "luis", "vega.family@patients.test").await;
    let mut browser = world.browser();
    person(&mut browser, &token, "2012-09-18").await.expect(401);
    let seen = items_with(&world, "ChatTable", "reach", "wrong_date").await;
    let [item] = &seen[..] else { panic!("one: {seen:?}") };
    assert_eq!(patient_of(item), world.demo.patients["luis"].id);
    assert_eq!((&item["miss"]["S"], &item["way"]["S"]), (&json!("one_digit_off"), &json!("notice")));
    let outbox = item["outbox"]["S"].as_str().unwrap();
    let messages = items_with(&world, "ChatTable", "conversation", &conversation).await;
    assert!(
        messages.iter().any(|m| m["PK"]["S"].as_str().unwrap().ends_with(&format!("#{outbox}"))),
        "it names the notice"
    );
    let events = items_with(&world, "AuditTable", "verb", "sign_in_failed").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["conversation"]["S"], conversation);
}

#[tokio::test]
async fn two_people_with_one_date_are_told_apart_by_first_name_and_a_wrong_one_counts() {
    let world = World::start(78).await;
    strict(&world).await;
    let contact = ["eva@strict.test".to_owned()];
    let strict = world.operator.practice_by_slug(&domain::practice::Slug::parse("strict").unwrap()).await;
    let practice = strict.unwrap().unwrap().id;
    people::add(&world.operator, practice, "Adam Stone", "1990-01-02", "en", &contact).await;
    let mut browser = proven(&world, "eva@strict.test").await;
    let body = json!({"birth_date": "1990-01-02"});
    let step = browser.post("/v1/sessions/person", body).await.expect(200).json();
    assert_eq!(step["next"], "first_name");
    assert!(items_with(&world, "AuditTable", "verb", "sign_in_failed").await.is_empty());
    let wrong = json!({"birth_date": "1990-01-02", "first_name": "Noah"});
    browser.post("/v1/sessions/person", wrong).await.expect(401);
    assert_eq!(items_with(&world, "AuditTable", "verb", "sign_in_failed").await.len(), 1);
    let right = json!({"birth_date": "1990-01-02", "first_name": "adam"});
    let session = browser.post("/v1/sessions/person", right).await.expect(201).json();
    assert_eq!(session["account"]["name"], "Adam Stone");
    // The wrong first name has cost one of five.
    let mut later = proven(&world, "+15555550177").await;
    let mut wrongs = 0;
    while date(&mut later, "1990-01-03").await == 401 && wrongs < 4 {
        wrongs += 1;
    }
    assert_eq!(date(&mut proven(&world, "+15555550177").await, "1990-01-02").await, 401);
}

#[tokio::test]
async fn a_patient_who_wants_their_own_devices_alone_is_opened_by_no_date() {
    let world = World::start(79).await;
    let (_, token) = notice_to(&world, "luis", "vega.family@patients.test").await;
    let luis = world.demo.patients["luis"].id;
    let change = Change::new(keys::patient(world.demo.id, luis), "SET only_my_devices = :one")
        .value(":one", number(1));
    world.operator.store.change(change).await.unwrap().expect("Luis is there");
    let wrong = person(&mut world.browser(), &token, "2012-09-18").await.expect(401);
    for date in ["2012-09-17", "1979-05-05"] {
        let answer = person(&mut world.browser(), &token, date).await.expect(401);
        assert_eq!((&answer.bytes, &answer.headers), (&wrong.bytes, &wrong.headers));
    }
    // His mother's own date opens what is hers, and nothing of his.
    let mut rosa = world.browser();
    let session = sign_in_by_code(&world, &mut rosa, "vega.family@patients.test", "1979-05-05").await.json();
    assert_eq!(session["scope"], "full");
    let names: Vec<_> = session["patients"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names, ["Rosa Vega"]);
    let mut by_his = world.browser();
    ask(&mut by_his, "patient", "vega.family@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "vega.family@patients.test").unwrap());
    by_his.post("/v1/sessions", json!({"code": code})).await.expect(200);
    by_his.post("/v1/sessions/person", json!({"birth_date": "2012-09-17"})).await.expect(401);
}

#[tokio::test]
async fn a_date_of_somebody_else_earns_no_device_and_no_passkey_that_would_open_a_protected_patient() {
    let world = World::start(89).await;
    let to = "vega.family@patients.test";
    let luis = world.demo.patients["luis"].id;
    let mut before = world.browser();
    sign_in_by_code(&world, &mut before, to, "1979-05-05").await;
    before.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let change = Change::new(keys::patient(world.demo.id, luis), "SET only_my_devices = :one")
        .value(":one", number(1));
    world.operator.store.change(change).await.unwrap().expect("Luis is there");

    let mut browser = world.browser();
    sign_in_by_code(&world, &mut browser, to, "1979-05-05").await;
    let refused = browser.post("/v1/devices", json!({"shared": false})).await.expect(403);
    assert_eq!(refused.problem(), "step-up-required");
    for path in ["/v1/passkeys/options", "/v1/passkeys"] {
        let body = if path.ends_with("options") { json!({}) } else { json!({"credential": {}}) };
        assert_eq!(browser.post(path, body).await.expect(403).problem(), "step-up-required", "{path}");
    }
    // A code once more earns no more than the first.
    world.pump().await;
    browser.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, to).unwrap());
    let session = browser.post("/v1/session/step-up", json!({"code": code})).await.expect(200).json();
    assert_eq!(session["patients"].as_array().unwrap().len(), 1);
    browser.post("/v1/devices", json!({"shared": false})).await.expect(403);
    assert!(!browser.cookies.contains_key("__Host-device"));

    // A device from before opens both, also after a code in it, and has another passkey made.
    before.cookies.remove("__Host-session");
    ask(&mut before, "patient", to).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, to).unwrap());
    let session = before.post("/v1/sessions", json!({"code": code})).await.expect(201).json();
    assert_eq!(session["patients"].as_array().unwrap().len(), 2);
    before.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, to).unwrap());
    let session = before.post("/v1/session/step-up", json!({"code": code})).await.expect(200).json();
    assert_eq!(session["patients"].as_array().unwrap().len(), 2);
    before.post("/v1/passkeys/options", json!({})).await.expect(200);
    before.post("/v1/devices", json!({"shared": false})).await.expect(201);
}

#[tokio::test]
async fn a_contact_that_was_taken_from_an_account_opens_nothing_any_more() {
    let world = World::start(80).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let maria = world.demo.patients["maria"].account.unwrap();
    let links = items_with(&world, "ChatTable", "SK", &format!("ACCOUNT#{maria}")).await;
    for item in links {
        let point = item["PK"]["S"].as_str().unwrap().rsplit_once('#').unwrap().1;
        let point = domain::id::ContactPointId::parse(point).unwrap();
        world.operator.store.delete(&keys::contact_account(world.demo.id, point, maria)).await.unwrap();
    }
    person(&mut world.browser(), &token, "1985-03-14").await.expect(401);
}

#[tokio::test]
async fn a_message_can_be_asked_for_again_and_keeps_the_attempt() {
    let world = World::start(81).await;
    let to = "maria@patients.test";
    let mut browser = world.browser();
    let first = ask(&mut browser, "patient", to).await.expect(202);
    world.pump().await;
    let mut codes = vec![code_in(&last_message(&world, to).unwrap())];
    let flow = browser.cookies["__Host-flow"].clone();
    for _ in 0..2 {
        world.clock.advance_seconds(60);
        let again = browser.post("/v1/login-links/again", json!({})).await.expect(202);
        assert_eq!(again.bytes, first.bytes);
        world.pump().await;
        codes.push(code_in(&last_message(&world, to).unwrap()));
    }
    assert_eq!(browser.cookies["__Host-flow"], flow);
    assert_eq!(messages_to(&world, to), 3);
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 3, "each message has a code of its own");
    for code in &codes {
        browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    }
    // There is no fourth, nothing for a stranger, and the answer says none of it.
    for mut asker in [browser, world.browser()] {
        let again = asker.post("/v1/login-links/again", json!({})).await.expect(202);
        assert_eq!((&again.bytes, again.headers.get("set-cookie")), (&first.bytes, None));
    }
    world.pump().await;
    assert_eq!(messages_to(&world, to), 3);
}

#[tokio::test]
async fn an_unknown_address_is_asked_for_again_with_the_same_calls() {
    let world = World::start(82).await;
    ask(&mut world.browser(), "patient", "john@patients.test").await.expect(202);
    let mut traces = Vec::new();
    for address in ["maria@patients.test", "nobody@patients.test"] {
        let mut browser = world.browser();
        ask(&mut browser, "patient", address).await.expect(202);
        world.pump().await;
        let again = browser.post("/v1/login-links/again", json!({}));
        let (answer, calls) = world.aws.recorder().scope(address, again).await;
        let names: Vec<_> = calls.0.iter().map(|c| (c.operation.clone(), c.error.clone())).collect();
        traces.push((answer.bytes, names));
    }
    assert_eq!(traces[0], traces[1]);
}

#[tokio::test]
async fn whoever_is_over_one_limit_uses_up_no_other() {
    let world = World::start(83).await;
    strict(&world).await;
    let mut flooder = world.browser();
    let ask = |address: String| json!({"practice": "strict", "address": address});
    for n in 0..20 {
        flooder.post("/v1/login-links", ask(format!("n{n}@strict.test"))).await.expect(202);
    }
    for _ in 0..20 {
        flooder.post("/v1/login-links", ask("eva@strict.test".to_owned())).await.expect(429);
    }
    // Eva, at home, has all three of hers.
    let mut eva = world.browser();
    eva.address = "192.0.2.77:50000".to_owned();
    for status in [202, 202, 202, 429] {
        eva.post("/v1/login-links", ask("eva@strict.test".to_owned())).await.expect(status);
    }
    // Refused at her address, she has not used up her own network either.
    for n in 0..17 {
        eva.post("/v1/login-links", ask(format!("m{n}@strict.test"))).await.expect(202);
    }
    eva.post("/v1/login-links", ask("last@strict.test".to_owned())).await.expect(429);
}

#[tokio::test]
async fn an_address_has_ten_messages_a_day() {
    let world = World::start(84).await;
    strict(&world).await;
    let body = json!({"practice": "strict", "address": "eva@strict.test"});
    let mut statuses = Vec::new();
    for n in 0..12 {
        let mut browser = world.browser();
        browser.address = format!("192.0.2.{n}:50000");
        statuses.push(browser.post("/v1/login-links", body.clone()).await.status.as_u16());
        world.clock.advance_seconds(5 * 60);
    }
    assert_eq!(statuses.iter().filter(|s| **s == 202).count(), 10, "{statuses:?}");
}

#[tokio::test]
async fn a_code_works_in_the_moment_before_its_send_is_noted_and_whatever_the_clocks_say() {
    let world = World::start(85).await;
    // The clock of notify goes five seconds ahead, then five behind.
    for skew in [5, -5] {
        let mut browser = world.browser();
        ask(&mut browser, "patient", "maria@patients.test").await.expect(202);
        world.clock.advance_seconds(skew);
        world.pump().await;
        world.clock.advance_seconds(-skew);
        let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
        browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
        browser.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
        browser.get("/v1/session").await.expect(200);
    }
    // The mail is out, and nobody has noted the provider's accept yet.
    let mut browser = world.browser();
    ask(&mut browser, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
    let flows = world.aws.items("ChatTable").await;
    for item in flows.iter().filter(|item| item["SK"]["S"] == "FLOW") {
        let mut parts = item["PK"]["S"].as_str().unwrap().split('#').skip(1);
        let practice = domain::id::PracticeId::parse(parts.next().unwrap()).unwrap();
        let flow = domain::id::FlowId::parse(parts.next().unwrap()).unwrap();
        let change = Change::new(keys::flow(practice, flow), "REMOVE accepted_1");
        world.operator.store.change(change).await.unwrap();
    }
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    world.clock.advance_seconds(601);
    browser.post("/v1/sessions", json!({"code": code})).await.expect(401);
}

#[tokio::test]
async fn codes_and_dates_are_taken_as_phones_type_them() {
    let world = World::start(86).await;
    let mut browser = world.browser();
    let body = json!({"practice": "demo", "address": "  MARIA@Patients.test "});
    browser.post("/v1/login-links", body).await.expect(202);
    world.pump().await;
    let message = last_message(&world, "maria@patients.test").unwrap();
    assert_eq!(token_in(&message).len(), 22);
    let code = code_in(&message);
    let arabic: String =
        code.chars().map(|c| char::from_u32(0x660 + c.to_digit(10).unwrap()).unwrap()).collect();
    let typed = format!(" {}\u{2013}{} ", &arabic[..8], &arabic[8..]);
    browser.post("/v1/sessions", json!({"code": typed})).await.expect(200);
    let date = json!({"birth_date": "\u{ff11}\u{ff19}85-\u{966}\u{969}-\u{6f1}\u{6f4}"});
    browser.post("/v1/sessions/person", date).await.expect(201);
}

#[tokio::test]
async fn a_fresh_notice_goes_to_the_contact_that_got_the_first() {
    let world = World::start(87).await;
    strict(&world).await;
    let (conversation, token) = notice_to(&world, "maria", "maria@patients.test").await;
    person(&mut world.browser(), &token, "1985-03-14").await.expect(201);
    world.clock.advance_seconds(8 * DAY);
    person(&mut world.browser(), &token, "1985-03-14").await.expect(401);
    let before = messages_to(&world, "maria@patients.test");
    let mut stranger = world.browser();
    let answer = stranger.post("/v1/notices/resend", json!({"notice": token})).await.expect(202);
    for other in ["AAAAAAAAAAAAAAAAAAAAAA", "short", ""] {
        let unknown = stranger.post("/v1/notices/resend", json!({"notice": other})).await.expect(202);
        assert_eq!((&unknown.bytes, &unknown.headers), (&answer.bytes, &answer.headers));
    }
    world.pump().await;
    assert_eq!(messages_to(&world, "maria@patients.test"), before + 1);
    let fresh = token_in(&last_message(&world, "maria@patients.test").unwrap());
    assert_ne!(fresh, token);
    let session = person(&mut world.browser(), &fresh, "1985-03-14").await.expect(201).json();
    assert_eq!(session["opens"]["conversation_id"], conversation);
    assert_eq!(items_with(&world, "AuditTable", "verb", "notice_resent").await.len(), 1);
    for body in [json!({}), json!({"notice": 1}), json!({"notice": token, "to": "x@y.test"})] {
        stranger.post("/v1/notices/resend", body).await.expect(422);
    }
}

#[tokio::test]
async fn a_changed_contact_opens_what_came_after_until_it_is_confirmed() {
    let world = World::start(88).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let maria = world.demo.patients["maria"].account.unwrap();
    let since = world.clock.now();
    for item in items_with(&world, "ChatTable", "SK", &format!("ACCOUNT#{maria}")).await {
        let point = item["PK"]["S"].as_str().unwrap().rsplit_once('#').unwrap().1;
        let point = domain::id::ContactPointId::parse(point).unwrap();
        let change =
            Change::new(keys::contact_account(world.demo.id, point, maria), "SET restricted_since = :at")
                .value(":at", number(since.as_millis()));
        world.operator.store.change(change).await.unwrap();
    }
    let mut phone = world.browser();
    person(&mut phone, &token, "1985-03-14").await.expect(201);
    let mut laptop = world.browser();
    sign_in_by_code(&world, &mut laptop, "maria@patients.test", "1985-03-14").await;
    for item in items_with(&world, "ChatTable", "session_kind", "patient").await {
        if item["contact_point"]["S"].is_string() {
            assert_eq!(item["since"]["N"], since.as_millis().to_string());
        }
    }
    // Nothing can be remembered on such a session.
    laptop.post("/v1/devices", json!({"shared": false})).await.expect(403);
    // It ends nobody else's session and forgets no device, and no code goes to such a contact.
    let list = laptop.get("/v1/sessions").await.expect(200).json();
    let of = |current: bool| {
        let items = list["items"].as_array().unwrap();
        let one = items.iter().find(|one| one["current"] == current).unwrap();
        format!("/v1/sessions/{}", one["id"].as_str().unwrap())
    };
    for path in ["/v1/sessions", &of(false), "/v1/devices/dev_x"] {
        assert_eq!(laptop.delete(path).await.expect(403).problem(), "step-up-required", "{path}");
    }
    laptop.post("/v1/session/step-up-codes", json!({})).await.expect(409);
    phone.get("/v1/session").await.expect(200);
    laptop.delete(&of(true)).await.expect(204);
}

/// How often wrong secrets were counted for the networks of a practice.
async fn counted_for_networks(world: &World) -> i64 {
    let items = world.aws.items("ChatTable").await;
    let of_network = |item: &&Value| item["PK"]["S"].as_str().unwrap().contains("#redeem-network#");
    items
        .iter()
        .filter(of_network)
        .map(|item| item["used"]["N"].as_str().unwrap().parse::<i64>().unwrap())
        .sum()
}

#[tokio::test]
async fn cookies_that_somebody_makes_up_use_nothing_up_for_others_of_the_network() {
    let world = World::start(91).await;
    let mut maria = world.browser();
    ask(&mut maria, "patient", "maria@patients.test").await.expect(202);
    let (start, _) = maria.cookies["__Host-flow"].rsplit_once('.').unwrap();
    let mut stranger = world.browser();
    stranger.cookies.insert("__Host-flow".to_owned(), format!("{start}.{}", "A".repeat(43)));
    for _ in 0..20 {
        stranger.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
        stranger.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(401);
    }
    assert_eq!(counted_for_networks(&world).await, 0);
    // With the cookie of one's own a wrong code counts.
    maria.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    assert_eq!(counted_for_networks(&world).await, 1);
}

#[tokio::test]
async fn what_was_right_is_not_counted_for_the_network() {
    let world = World::start(90).await;
    // By code and date.
    let mut phone = world.browser();
    sign_in_by_code(&world, &mut phone, "maria@patients.test", "1985-03-14").await;
    assert_eq!(counted_for_networks(&world).await, 0);
    // By notice and date, and one more proof.
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut narrow = world.browser();
    person(&mut narrow, &token, "1985-03-14").await.expect(201);
    narrow.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
    narrow.post("/v1/session/step-up", json!({"code": code})).await.expect(200);
    assert_eq!(counted_for_networks(&world).await, 0);
    // By device, and with a passkey that is added.
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut key = Authenticator::default();
    let asked = phone.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    phone.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    phone.cookies.remove("__Host-session");
    ask(&mut phone, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
    phone.post("/v1/sessions", json!({"code": code})).await.expect(201);
    assert_eq!(counted_for_networks(&world).await, 0);
    // What was wrong is.
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    person(&mut world.browser(), &token, "1985-03-15").await.expect(401);
    assert_eq!(counted_for_networks(&world).await, 1);
}

#[tokio::test]
async fn opening_a_notice_leaves_a_code_alone_that_the_browser_waits_for() {
    let world = World::start(91).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut phone = world.browser();
    ask(&mut phone, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    let mail = last_message(&world, "maria@patients.test").unwrap();
    for _ in 0..6 {
        let step = phone.post("/v1/sessions", json!({"token": token})).await.expect(200).json();
        assert_eq!(step["next"], "birth_date");
    }
    // Neither the code nor the link has lost a try.
    for _ in 0..4 {
        phone.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    }
    let mut other = phone.clone();
    other.post("/v1/sessions", json!({"code": code_in(&mail)})).await.expect(200);
    // Five wrong codes shut the link with the code.
    phone.post("/v1/sessions", json!({"token": token_in(&mail)})).await.expect(200);
    let by_link = phone.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await;
    by_link.expect(201);
}

/// Switches on, at the desk, that a patient wants their own devices alone.
async fn protect(world: &World, who: &str, beside: Value) {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut body = json!({"only_my_devices": true});
    body.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
    ben.patch(&format!("/v1/patients/{}", world.demo.patients[who].id), body).await.expect(200);
}

#[tokio::test]
async fn own_devices_alone_ends_the_sessions_that_rest_on_a_date() {
    let world = World::start(93).await;
    let to = "vega.family@patients.test";
    let mut phone = world.browser();
    sign_in_by_code(&world, &mut phone, to, "1979-05-05").await;
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut by_code = world.browser();
    sign_in_by_code(&world, &mut by_code, to, "1979-05-05").await;
    let (_, of_luis) = notice_to(&world, "luis", to).await;
    let mut narrow = world.browser();
    person(&mut narrow, &of_luis, "2012-09-17").await.expect(201);
    let (_, of_rosa) = notice_to(&world, "rosa", to).await;
    let mut mothers = world.browser();
    person(&mut mothers, &of_rosa, "1979-05-05").await.expect(201);
    protect(&world, "luis", json!({})).await;
    narrow.get("/v1/session").await.expect(401);
    by_code.get("/v1/session").await.expect(401);
    phone.get("/v1/session").await.expect(200);
    mothers.get("/v1/session").await.expect(200);
    // Together with a new name, and whatever is switched off again is nobody's end.
    protect(&world, "maria", json!({"name": "Maria Lopez Ortiz", "language": "es"})).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut full = world.signed_in(&world.demo, "maria").await;
    let path = format!("/v1/patients/{}", world.demo.patients["maria"].id);
    ben.patch(&path, json!({"only_my_devices": false})).await.expect(200);
    full.get("/v1/session").await.expect(200);
}

#[tokio::test]
async fn phones_that_a_practice_no_longer_remembers_open_only_what_nothing_else_does() {
    let world = World::start(94).await;
    let (maria, family) = ("maria@patients.test", "vega.family@patients.test");
    let mut marias = world.browser();
    sign_in_by_code(&world, &mut marias, maria, "1985-03-14").await;
    marias.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut rosas = world.browser();
    sign_in_by_code(&world, &mut rosas, family, "1979-05-05").await;
    rosas.post("/v1/devices", json!({"shared": false})).await.expect(201);
    protect(&world, "luis", json!({})).await;
    let policies = Policies { remember_devices: false, ..Policies::demonstration(50) };
    world.set_policies(&world.demo, policies).await;
    for browser in [&mut marias, &mut rosas] {
        browser.cookies.remove("__Host-session");
    }
    // Maria is asked for her birth date again, and no other phone is remembered.
    let (_, token) = notice_to(&world, "maria", maria).await;
    marias.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let mut by_code = world.browser();
    sign_in_by_code(&world, &mut by_code, maria, "1985-03-14").await;
    by_code.post("/v1/devices", json!({"shared": false})).await.expect(403);
    // Nobody is locked out: the phone that alone opens what is Luis's does so, and nothing that a date opens.
    let (_, token) = notice_to(&world, "luis", family).await;
    let session = rosas.post("/v1/sessions", json!({"token": token})).await.expect(201).json();
    let names: Vec<_> = session["patients"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names, ["Luis Vega"]);
    rosas.cookies.remove("__Host-session");
    let (_, token) = notice_to(&world, "rosa", family).await;
    rosas.post("/v1/sessions", json!({"token": token})).await.expect(200);
    person(&mut rosas, &token, "1979-05-05").await.expect(201);
    // Nor who has lost their phone: the desk still connects another, of such a patient alone.
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = |who: &str| format!("/v1/patients/{}/device-links", world.demo.patients[who].id);
    ben.post(&path("maria"), json!({"id_seen": true})).await.expect(403);
    let rosas_account = world.demo.patients["rosa"].account.unwrap();
    let body = json!({"id_seen": true, "account_id": rosas_account});
    let made = ben.post(&path("luis"), body).await.expect(201).json();
    let token = made["url"].as_str().unwrap().split_once("#t=").unwrap().1;
    let session =
        world.browser().post("/v1/devices/redeem", json!({"token": token})).await.expect(201).json();
    assert_eq!(session["patients"].as_array().unwrap().len(), 1);
}
