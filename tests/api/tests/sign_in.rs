//! Signing in, as people and as those who would like to be them.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{
    World,
    messages::{ask, code_in, last_message, notice_to, token_in},
};
use serde_json::json;

#[tokio::test]
async fn a_notice_and_the_birth_date_open_the_conversation() {
    let world = World::start(20).await;
    let (conversation, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut phone = world.browser();
    let first = phone.post("/v1/sessions", json!({"token": token})).await.expect(200);
    assert_eq!(first.json(), json!({"next": "birth_date"}));
    let signed_in = phone
        .post("/v1/sessions/person", json!({"token": token, "birth_date": "1985-03-14"}))
        .await
        .expect(201);
    let session = signed_in.json();
    assert_eq!(session["account"]["kind"], "patient");
    assert_eq!(session["account"]["name"], "Maria Lopez");
    assert_eq!(session["patients"][0]["relation"], "self");
    assert_eq!(session["practice"]["slug"], "demo");
    assert_eq!(session["opens"]["conversation_id"], conversation);
    assert_eq!(session["token"], json!(null), "a browser never sees the token");
    let page = phone.get(&format!("/v1/conversations/{conversation}/messages")).await.expect(200).json();
    assert_eq!(page["items"][0]["body"]["text"], "Please call about PRIVATE-CONTENT.");
    // A live session opens the link directly; signing out ends it.
    let again = phone.post("/v1/sessions", json!({"token": token})).await.expect(201).json();
    assert_eq!(again["opens"]["conversation_id"], conversation);
    assert_eq!(phone.get("/v1/session").await.expect(200).json()["account"], session["account"]);
    assert_eq!(session["device"], "new", "it may be remembered");
    phone.delete("/v1/session").await.expect(204);
    assert_eq!(phone.cookies.keys().collect::<Vec<_>>(), ["__Host-browser"]);
    assert_eq!(phone.get("/v1/session").await.expect(401).problem(), "unauthenticated");
}

#[tokio::test]
async fn any_token_looks_alike_and_a_wrong_date_says_nothing() {
    let world = World::start(21).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut phone = world.browser();
    let first = phone.post("/v1/sessions", json!({"token": "AAAAAAAAAAAAAAAAAAAAAA"})).await.expect(200);
    assert!(first.headers["set-cookie"].to_str().unwrap().starts_with("__Host-browser="));
    let real = phone.post("/v1/sessions", json!({"token": token})).await;
    for other in ["AAAAAAAAAAAAAAAAAAAAAA", "short", ""] {
        let foreign = phone.post("/v1/sessions", json!({"token": other})).await;
        assert_eq!((foreign.status, &foreign.bytes), (real.status, &real.bytes));
        assert_eq!(foreign.headers, real.headers);
    }
    let wrong = phone.post("/v1/sessions/person", json!({"token": token, "birth_date": "1985-03-15"})).await;
    let foreign = json!({"token": "AAAAAAAAAAAAAAAAAAAAAA", "birth_date": "1985-03-14"});
    let foreign = phone.post("/v1/sessions/person", foreign).await;
    assert_eq!(wrong.problem(), "sign-in-failed");
    assert_eq!(
        (wrong.status, &wrong.bytes, &wrong.headers),
        (foreign.status, &foreign.bytes, &foreign.headers)
    );
    assert_eq!(phone.cookies.keys().collect::<Vec<_>>(), ["__Host-browser"]);
    // Five wrong dates, and the link stays shut even for the right one.
    for _ in 0..4 {
        phone
            .post("/v1/sessions/person", json!({"token": token, "birth_date": "1985-03-15"}))
            .await
            .expect(401);
    }
    phone.post("/v1/sessions/person", json!({"token": token, "birth_date": "1985-03-14"})).await.expect(401);
}

#[tokio::test]
async fn a_link_ages() {
    let world = World::start(22).await;
    let (_, token) = notice_to(&world, "maria", "maria@patients.test").await;
    let mut phone = world.browser();
    phone.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let open = |token: String| {
        let mut phone = phone.clone();
        async move { phone.post("/v1/sessions/person", json!({"token": token, "birth_date": "1985-03-14"})).await }
    };
    world.clock.advance_seconds(6 * 24 * 3600);
    open(token.clone()).await.expect(201);
    world.clock.advance_seconds(23 * 3600);
    open(token.clone()).await.expect(201);
    world.clock.advance_seconds(3600);
    open(token).await.expect(401);
}

#[tokio::test]
async fn an_asked_for_code_needs_the_browser_that_asked_and_the_birth_date() {
    let world = World::start(23).await;
    let mut asked = world.browser();
    let answer = ask(&mut asked, "patient", "Maria@patients.test").await.expect(202);
    assert_eq!(answer.json(), json!({"code_length": 8, "expires_in_seconds": 600}));
    world.pump().await;
    let mail = last_message(&world, "maria@patients.test").expect("a mail");
    let (code, token) = (code_in(&mail), token_in(&mail));

    let mut stranger = world.browser();
    assert_eq!(
        stranger.post("/v1/sessions", json!({"code": code})).await.expect(401).problem(),
        "sign-in-failed"
    );
    let step = stranger.post("/v1/sessions", json!({"token": token})).await.expect(200);
    assert_eq!(step.json(), json!({"next": "birth_date"}), "a link in another browser looks like any link");
    stranger.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(401);
    let with_token = json!({"token": token, "birth_date": "1985-03-14"});
    stranger.post("/v1/sessions/person", with_token).await.expect(401);

    asked.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(401);
    assert_eq!(
        asked.post("/v1/sessions", json!({"code": code})).await.expect(200).json()["next"],
        "birth_date"
    );
    assert!(!asked.cookies.contains_key("__Host-session"), "no session from a code alone");
    asked.post("/v1/sessions/person", json!({"birth_date": "1985-03-13"})).await.expect(401);
    asked.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    assert!(asked.cookies.contains_key("__Host-session") && !asked.cookies.contains_key("__Host-flow"));
    assert_eq!(asked.get("/v1/conversations").await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn a_link_by_mail_and_a_code_by_sms_work_too() {
    let world = World::start(24).await;
    let mut john = world.browser();
    ask(&mut john, "patient", "john@patients.test").await.expect(202);
    world.pump().await;
    let token = token_in(&last_message(&world, "john@patients.test").unwrap());
    john.post("/v1/sessions", json!({"token": token})).await.expect(200);
    john.post("/v1/sessions/person", json!({"birth_date": "1950-11-02"})).await.expect(201);

    let mut linh = world.browser();
    ask(&mut linh, "patient", "+15555550104").await.expect(202);
    world.pump().await;
    let sms = last_message(&world, "+15555550104").expect("an SMS");
    assert!(!sms.contains("http"), "a code SMS holds no link: {sms}");
    let code = code_in(&sms);
    assert!(sms.ends_with(&format!("@chat.example.org #{code}")), "{sms}");
    linh.post("/v1/sessions", json!({"code": code})).await.expect(200);
    linh.post("/v1/sessions/person", json!({"birth_date": "2001-01-30"})).await.expect(201);
}

#[tokio::test]
async fn codes_expire_are_used_once_and_tried_five_times() {
    let world = World::start(25).await;
    let start = || async {
        let mut browser = world.browser();
        ask(&mut browser, "patient", "maria@patients.test").await.expect(202);
        world.pump().await;
        let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
        (browser, code)
    };
    let (mut late, code) = start().await;
    world.clock.advance_seconds(601);
    late.post("/v1/sessions", json!({"code": code})).await.expect(401);

    let (mut tried, code) = start().await;
    for _ in 0..5 {
        tried.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    }
    tried.post("/v1/sessions", json!({"code": code})).await.expect(401);

    let (mut used, code) = start().await;
    used.post("/v1/sessions", json!({"code": code})).await.expect(200);
    let flow = used.cookies["__Host-flow"].clone();
    used.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    let mut replay = world.browser();
    replay.cookies.insert("__Host-flow".to_owned(), flow);
    replay.post("/v1/sessions", json!({"code": code})).await.expect(401);
    replay.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_flow_makes_one_session_however_many_ask_at_once() {
    let world = World::start(26).await;
    let mut browser = world.browser();
    ask(&mut browser, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    let tries = (0..5).map(|_| {
        let mut browser = browser.clone();
        tokio::spawn(async move {
            browser.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_and_no_message() {
    let world = World::start(27).await;
    // What is in memory for a while (practice, keys) is the same for every address.
    ask(&mut world.browser(), "patient", "john@patients.test").await.expect(202);
    let mut answers = Vec::new();
    for address in ["maria@patients.test", "nobody@patients.test", "ana@demo.test"] {
        let (answer, calls) = world
            .aws
            .recorder()
            .scope(address, async { ask(&mut world.browser(), "patient", address).await })
            .await;
        let bytes: Vec<_> = calls.0.iter().map(|c| (c.operation.clone(), c.error.clone())).collect();
        let mut headers = answer.headers.clone();
        headers.remove("set-cookie");
        answers.push((answer.status, answer.bytes, headers, bytes));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    world.pump().await;
    assert!(last_message(&world, "nobody@patients.test").is_none());
    assert!(last_message(&world, "ana@demo.test").is_none(), "a patient flow never reaches staff");
    assert!(last_message(&world, "maria@patients.test").is_some());
    ask(&mut world.browser(), "staff", "maria@patients.test").await.expect(202);
    let before = world.aws.outbox().all().len();
    world.pump().await;
    assert_eq!(world.aws.outbox().all().len(), before, "a staff flow never reaches a patient");
}

#[tokio::test]
async fn staff_sign_in_by_link_only_where_the_practice_is_a_demonstration() {
    let world = World::start(28).await;
    let mut ana = world.browser();
    ask(&mut ana, "staff", "ana@demo.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "ana@demo.test").unwrap());
    let session = ana.post("/v1/sessions", json!({"code": code})).await.expect(201).json();
    assert_eq!(
        (&session["account"]["kind"], &session["account"]["roles"]),
        (&json!("staff"), &json!(["admin", "clinician"]))
    );
    ana.get("/v1/conversations").await.expect(200);

    // A client that is no browser may have the token.
    let mut client = world.browser();
    let no_browser = [("origin", ""), ("sec-fetch-site", "")];
    let body =
        json!({"practice": "demo", "for": "staff", "address": "ben@demo.test"}).to_string().into_bytes();
    client.send(http::Method::POST, "/v1/login-links", Some(body), &no_browser).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "ben@demo.test").unwrap());
    let body = json!({"code": code, "want_token": true}).to_string().into_bytes();
    let answer = client.send(http::Method::POST, "/v1/sessions", Some(body), &no_browser).await.expect(201);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let mut api = world.browser().with_header("authorization", &format!("Bearer {token}"));
    api.get("/v1/session").await.expect(200);
}

#[tokio::test]
async fn the_birth_date_chooses_behind_a_shared_address() {
    let world = World::start(29).await;
    let (conversation, token) = notice_to(&world, "luis", "vega.family@patients.test").await;
    let mut rosa = world.browser();
    let session = rosa
        .post("/v1/sessions/person", json!({"token": token, "birth_date": "2012-09-17"}))
        .await
        .expect(201)
        .json();
    assert_eq!(session["account"]["name"], "Rosa Vega");
    let relations: Vec<_> =
        session["patients"].as_array().unwrap().iter().map(|p| p["relation"].as_str().unwrap()).collect();
    assert_eq!(relations, ["parent"], "the conversation's patient alone");
    rosa.get(&format!("/v1/conversations/{conversation}/messages")).await.expect(200);
}

#[tokio::test]
async fn bad_input_is_named_without_being_repeated() {
    let world = World::start(30).await;
    let mut browser = world.browser();
    for (path, body, pointer, code) in [
        ("/v1/login-links", json!({"practice": "demo"}), "", "missing_member"),
        (
            "/v1/login-links",
            json!({"practice": "demo", "address": "nonsense"}),
            "/address",
            "invalid_address",
        ),
        (
            "/v1/login-links",
            json!({"practice": "nowhere", "address": "a@b.test"}),
            "/practice",
            "unknown_practice",
        ),
        ("/v1/login-links", json!({"practice": "No!", "address": "a@b.test"}), "/practice", "invalid_slug"),
        (
            "/v1/login-links",
            json!({"practice": "demo", "address": "a@b.test", "for": "root"}),
            "/for",
            "unknown_value",
        ),
        ("/v1/login-links", json!({"practice": "demo", "address": "a@b.test", "x": 1}), "", "unknown_member"),
        ("/v1/sessions", json!({}), "", "token_or_code"),
        ("/v1/sessions", json!({"token": "x", "code": "y"}), "", "token_or_code"),
        ("/v1/sessions", json!({"code": 12345678}), "/code", "wrong_type"),
        ("/v1/sessions/person", json!({"birth_date": "14.03.1985"}), "/birth_date", "invalid_date"),
        ("/v1/sessions/person", json!({"birth_date": ["1985-03-14"]}), "/birth_date", "wrong_type"),
        ("/v1/sessions/person", json!({}), "", "missing_member"),
    ] {
        let answer = browser.post(path, body.clone()).await;
        assert_eq!(answer.status.as_u16(), 422, "{path} {body}");
        assert_eq!(answer.first_error(), (pointer.to_owned(), code.to_owned()), "{path} {body}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("nonsense"));
    }
    assert!(!browser.cookies.keys().any(|name| name != "__Host-browser"), "nothing was begun");
    let foreign = json!({"practice": "demo", "address": "a@b.test"}).to_string().into_bytes();
    for path in ["/v1/login-links", "/v1/sessions", "/v1/sessions/person"] {
        let origin = [("origin", "https://evil.example")];
        let answer = browser.send(http::Method::POST, path, Some(foreign.clone()), &origin).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (403, "foreign-origin".to_owned()), "{path}");
    }
    let around = [("x-origin-secret", "")];
    let answer = browser.send(http::Method::GET, "/v1/health", None, &around).await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (403, "forbidden".to_owned()), "around the edge");
    browser.get("/v1/health").await.expect(200);
    assert_eq!(browser.get("/v1/nothing").await.expect(404).problem(), "not-found");
    assert_eq!(browser.get("/v1/practices/default").await.expect(200).json()["slug"], "demo");
    assert_eq!(browser.get("/v1/practices/nowhere").await.expect(404).problem(), "not-found");
}

#[tokio::test]
async fn asking_too_often_is_refused_alike_for_known_and_unknown() {
    let world = World::start(31).await;
    let strict = api_tests::people::practice(&world.operator, "strict", "Strict Practice", 1).await;
    api_tests::people::add(
        &world.operator,
        strict.id,
        "Eva Stone",
        "1990-01-01",
        "en",
        &["eva@strict.test".to_owned()],
    )
    .await;
    for address in ["eva@strict.test", "nobody@strict.test"] {
        let mut statuses = Vec::new();
        for _ in 0..5 {
            let body = json!({"practice": "strict", "address": address});
            let answer = world.browser().post("/v1/login-links", body).await;
            statuses.push((answer.status.as_u16(), answer.headers.contains_key("retry-after")));
        }
        let expected = [(202, false), (202, false), (202, false), (429, true), (429, true)];
        assert_eq!(statuses, expected, "{address}");
    }
    world.pump().await;
    let sent = world.aws.outbox().all().into_iter().filter(|m| m.to.contains("eva@strict.test")).count();
    assert_eq!(sent, 3);
}

#[tokio::test]
async fn a_right_code_uses_nothing_up_for_others_of_the_network() {
    let world = World::start(29).await;
    let mut maria = world.browser();
    ask(&mut maria, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
    let used = async || {
        let items = world.aws.items("ChatTable").await;
        let of_network =
            items.iter().find(|i| i["PK"]["S"].as_str().is_some_and(|pk| pk.contains("#redeem-network#")));
        of_network.map_or(0, |item| item["used"]["N"].as_str().unwrap().parse::<i64>().unwrap())
    };
    maria.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    assert_eq!(used().await, 1);
    maria.post("/v1/sessions", json!({"code": code})).await.expect(200);
    assert_eq!(used().await, 1, "the wrong one stays counted");
}

#[tokio::test]
async fn looking_for_a_passkey_keeps_the_code_that_was_asked_for() {
    let world = World::start(30).await;
    let mut maria = world.browser();
    ask(&mut maria, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "maria@patients.test").unwrap());
    let options = json!({"practice": "demo"});
    maria.post("/v1/sessions/passkey-options", options.clone()).await.expect(200);
    // The page gave up the passkey; the mail is there.
    maria.post("/v1/login-links/again", json!({})).await.expect(202);
    maria.post("/v1/sessions", json!({"code": code})).await.expect(200);
    maria.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    // Where only a passkey was asked for there is no message to repeat.
    let mut nobody = world.browser();
    nobody.post("/v1/sessions/passkey-options", options).await.expect(200);
    nobody.post("/v1/login-links/again", json!({})).await.expect(202);
}

#[tokio::test]
async fn no_message_leaves_for_an_attempt_whose_tries_are_used_up() {
    let world = World::start(31).await;
    let mut maria = world.browser();
    ask(&mut maria, "patient", "maria@patients.test").await.expect(202);
    world.pump().await;
    for _ in 0..5 {
        maria.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    }
    let before = world.aws.outbox().all().len();
    maria.post("/v1/login-links/again", json!({})).await.expect(202);
    world.pump().await;
    assert_eq!(world.aws.outbox().all().len(), before);
}
