//! Whom a limit stops: whoever it is against, and nobody beside them.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use std::time::Duration;

use api_tests::{
    Browser, World,
    messages::{ask, code_in, items_with, last_message, messages_to, notice_to, sign_in_by_code},
    people,
};
use domain::practice::Policies;
use local::aws::{Fault, FaultPlan, Rule, Service, When};
use serde_json::{Value, json};

const EVA: &str = "eva@strict.test";
const EVAS_PHONE: &str = "+15555550177";
const BORN: &str = "1990-01-02";
const MARIA: &str = "maria@patients.test";

/// A practice with the limits of a deployed one, and a patient of it beside those of every practice.
async fn strict(world: &World) -> people::Practice {
    let strict = people::practice(&world.operator, "strict", "Strict Practice", 1).await;
    let contacts = [EVA.to_owned(), EVAS_PHONE.to_owned()];
    people::add(&world.operator, strict.id, "Eva Stone", BORN, "en", &contacts).await;
    strict
}

/// A browser that asked the strict practice for a message, from a network of its own.
async fn asked(world: &World, n: usize, audience: &str, address: &str) -> Browser {
    let mut browser = world.browser();
    browser.address = format!("198.51.{}.{}:4000", n / 250, n % 250);
    let body = json!({"practice": "strict", "for": audience, "address": address});
    browser.post("/v1/login-links", body).await.expect(202);
    browser
}

async fn send(browser: &mut Browser, address: &str) -> u16 {
    let body = json!({"practice": "strict", "address": address});
    browser.post("/v1/login-links", body).await.status.as_u16()
}

/// Eva, signed in by a code, from the network of everybody.
async fn eva(world: &World) -> Browser {
    let mut browser = asked(world, 900, "patient", EVA).await;
    "192.0.2.10:50000".clone_into(&mut browser.address);
    world.pump().await;
    let code = code_in(&last_message(world, EVA).unwrap());
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    browser.post("/v1/sessions/person", json!({"birth_date": BORN})).await.expect(201);
    browser
}

#[tokio::test]
async fn a_remembered_device_has_a_limit_of_its_own_to_its_own_contacts_alone() {
    let world = World::start(1_200).await;
    strict(&world).await;
    let mut phone = eva(&world).await;
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    // Somebody else's address, and one that nobody has, have what every stranger has: three, with the same calls.
    let mut traces = Vec::new();
    for address in ["john@patients.strict.test", "jobn@patients.strict.test"] {
        phone.address = format!("203.0.113.{}:4000", traces.len());
        let mut statuses = Vec::new();
        let mut names = Vec::new();
        for _ in 0..4 {
            let (status, calls) = world.aws.recorder().scope("send", send(&mut phone, address)).await;
            statuses.push(status);
            names.push(calls.0.iter().map(|call| (call.operation.clone(), call.depth)).collect::<Vec<_>>());
        }
        assert_eq!(statuses, [202, 202, 202, 429], "{address}");
        traces.push(names);
    }
    assert_eq!(traces[0], traces[1]);
    // Her own address has six more, when strangers have used up theirs.
    for status in [202, 202, 429] {
        assert_eq!(send(&mut world.browser(), EVA).await, status);
    }
    for status in [202, 202, 202, 202, 202, 202, 429] {
        assert_eq!(send(&mut phone, EVA).await, status);
    }
    assert_eq!(send(&mut phone, EVAS_PHONE).await, 429, "of all her contacts together");
    // Nor can the cookie of a device that is none do what hers can.
    let mut forged = world.browser();
    let cookie = phone.cookies["__Host-device"].clone();
    forged.cookies.insert("__Host-device".to_owned(), format!("{}AAAA", &cookie[..cookie.len() - 4]));
    assert_eq!(send(&mut forged, EVA).await, 429);
}

#[tokio::test]
async fn strangers_use_up_no_code_of_somebody_who_is_signed_in() {
    let world = World::start(1_201).await;
    strict(&world).await;
    let mut eva = eva(&world).await;
    // Everything that her mailbox may get in a day.
    let mut sent = 1;
    for n in 0..50 {
        world.clock.advance_seconds(60);
        let mut stranger = world.browser();
        stranger.address = format!("198.51.100.{n}:4000");
        sent += usize::from(send(&mut stranger, EVA).await == 202);
        eva.get("/v1/session").await.expect(200);
        eva.headers = vec![("x-user-active".to_owned(), "1".to_owned())];
    }
    assert_eq!(sent, 10);
    assert_eq!(send(&mut world.browser(), EVA).await, 429);
    let mut codes = Vec::new();
    for status in [202, 202, 202, 429] {
        eva.post("/v1/session/step-up-codes", json!({})).await.expect(status);
        world.pump().await;
        codes.push(code_in(&last_message(&world, EVA).unwrap()));
    }
    eva.post("/v1/session/step-up", json!({"code": codes[2]})).await.expect(200);
    // They have an end of their own in a day.
    let mut more = 0;
    for _ in 0..60 {
        world.clock.advance_seconds(5 * 60);
        more += usize::from(eva.post("/v1/session/step-up-codes", json!({})).await.status == 202);
    }
    assert_eq!(3 + more, 20);
}

/// Uses up what a network has, by wrong codes of attempts that other networks began.
async fn use_up(world: &World, address: &str) {
    let mut wrong = 0;
    'all: for n in 0.. {
        let mut guesser = asked(world, n, "patient", &format!("nobody{n}@strict.test")).await;
        address.clone_into(&mut guesser.address);
        for _ in 0..5 {
            let answer = guesser.post("/v1/sessions", json!({"code": "00000000"})).await;
            if answer.status == 429 {
                break 'all;
            }
            answer.expect(401);
            wrong += 1;
        }
    }
    assert_eq!(wrong, 120);
}

const EVERYBODYS: &str = "192.0.2.10:50000";

#[tokio::test]
async fn a_network_that_is_refused_uses_up_nobodys_tries() {
    let world = World::start(1_202).await;
    let strict = strict(&world).await;
    use_up(&world, EVERYBODYS).await;
    // A code.
    let mut browser = asked(&world, 700, "patient", EVA).await;
    world.pump().await;
    let code = code_in(&last_message(&world, EVA).unwrap());
    let home = std::mem::replace(&mut browser.address, EVERYBODYS.to_owned());
    for _ in 0..7 {
        browser.post("/v1/sessions", json!({"code": "00000000"})).await.expect(429);
    }
    browser.address = home.clone();
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    // A date.
    EVERYBODYS.clone_into(&mut browser.address);
    for _ in 0..7 {
        let answer = browser.post("/v1/sessions/person", json!({"birth_date": BORN})).await.expect(429);
        assert!(answer.headers.contains_key("retry-after"));
    }
    browser.address = home.clone();
    browser.post("/v1/sessions/person", json!({"birth_date": BORN})).await.expect(201);
    // The link of a notice, with the same calls whatever the date is.
    let conversation = world.conversation(&strict, "ana", "maria").await;
    let mut ana = world.signed_in(&strict, "ana").await;
    let path = format!("/v1/conversations/{conversation}/messages");
    ana.post_once(&path, "k", people::text("hello")).await.expect(201);
    world.pump().await;
    let mails = world.aws.outbox().all();
    let mail = mails.iter().rfind(|mail| mail.to == "maria@patients.strict.test").unwrap();
    let token = mail.text.split_once("#t=").unwrap().1[..22].to_owned();
    let mut phone = world.browser();
    let mut traces = Vec::new();
    for date in ["1985-03-15", "1985-03-14", "1985-03-14", "1985-03-14", "1985-03-14", "1985-03-14"] {
        let body = json!({"token": token, "birth_date": date});
        let (answer, calls) = world.aws.recorder().scope(date, phone.post("/v1/sessions/person", body)).await;
        answer.expect(429);
        let mut names: Vec<_> = calls.0.iter().map(|call| call.operation.clone()).collect();
        names.sort();
        traces.push(names);
    }
    traces.dedup();
    assert_eq!(traces.len(), 1, "{traces:?}");
    phone.address = home;
    let body = json!({"token": token, "birth_date": "1985-03-14"});
    phone.post("/v1/sessions/person", body).await.expect(201);
}

#[tokio::test]
async fn one_guesser_in_a_shared_network_stops_neither_staff_nor_whoever_was_there_before() {
    let world = World::start(1_203).await;
    let strict = strict(&world).await;
    let mut phone = eva(&world).await;
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    use_up(&world, EVERYBODYS).await;
    // Whoever comes as a stranger waits.
    let mut stranger = asked(&world, 800, "patient", "john@patients.strict.test").await;
    EVERYBODYS.clone_into(&mut stranger.address);
    stranger.post("/v1/sessions", json!({"code": "00000000"})).await.expect(429);
    // A session steps up.
    phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, EVA).unwrap());
    phone.post("/v1/session/step-up", json!({"code": "00000000"})).await.expect(401);
    phone.post("/v1/session/step-up", json!({"code": code})).await.expect(200);
    // A remembered phone signs in by code.
    phone.cookies.remove("__Host-session");
    assert_eq!(send(&mut phone, EVA).await, 202);
    world.pump().await;
    let code = code_in(&last_message(&world, EVA).unwrap());
    phone.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    phone.post("/v1/sessions", json!({"code": code})).await.expect(201);
    // Staff sign in; whether they are known tells nobody anything.
    let mut ben = asked(&world, 801, "staff", "ben@strict.test").await;
    let mut nobody = asked(&world, 802, "staff", "bem@strict.test").await;
    world.pump().await;
    let code = code_in(&last_message(&world, "ben@strict.test").unwrap());
    for browser in [&mut ben, &mut nobody] {
        EVERYBODYS.clone_into(&mut browser.address);
        browser.post("/v1/sessions", json!({"code": "00000000"})).await.expect(401);
    }
    ben.post("/v1/sessions", json!({"code": code})).await.expect(201);
    // The desk connects a phone.
    let mut desk = world.signed_in(&strict, "ben").await;
    let links = format!("/v1/patients/{}/device-links", strict.patients["maria"].id);
    let made = desk.post(&links, json!({"id_seen": true})).await.expect(201).json();
    let token = made["url"].as_str().unwrap().split_once("#t=").unwrap().1.to_owned();
    world.browser().post("/v1/devices/redeem", json!({"token": token})).await.expect(201);
}

#[tokio::test]
async fn what_is_kept_of_other_browsers_has_an_end() {
    let world = World::start(1_204).await;
    let (_, token) = notice_to(&world, "maria", MARIA).await;
    let right = json!({"token": token, "birth_date": "1985-03-14"});
    let mut phone = world.browser();
    phone.post("/v1/sessions/person", right.clone()).await.expect(201);
    let events = async || items_with(&world, "AuditTable", "verb", "sign_in_failed").await.len();
    for n in 0..12 {
        let mut laptop = world.browser();
        laptop.address = format!("198.51.100.{n}:4000");
        laptop.post("/v1/sessions/person", right.clone()).await.expect(401);
    }
    assert_eq!(events().await, 5);
    assert_eq!(items_with(&world, "ChatTable", "miss", "other_browser").await.len(), 5);
    // Wrong ones from elsewhere use up none of the tries of the browser that it belongs to either.
    for _ in 0..3 {
        let wrong = json!({"token": token, "birth_date": "1985-03-15"});
        world.browser().post("/v1/sessions/person", wrong).await.expect(401);
    }
    assert_eq!(events().await, 5);
    phone.cookies.remove("__Host-session");
    phone.post("/v1/sessions/person", right).await.expect(201);
}

/// Every count of wrong dates.
async fn wrong_dates(world: &World) -> Vec<i64> {
    let items = world.aws.items("ChatTable").await;
    let of_day = |item: &&Value| item["PK"]["S"].as_str().unwrap().contains("#birth-date");
    let days = items.iter().filter(of_day).map(|item| &item["used"]);
    let in_all = items.iter().filter_map(|item| item.get("wrong"));
    days.chain(in_all).map(|count| count["N"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn tries_that_staff_clear_while_a_right_date_is_on_its_way_do_not_fall_below_none() {
    let world = World::start(1_205).await;
    let maria = world.demo.patients["maria"].id;
    let mut phone = world.browser();
    ask(&mut phone, "patient", MARIA).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, MARIA).unwrap());
    phone.post("/v1/sessions", json!({"code": code})).await.expect(200);
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let clear = format!("/v1/patients/{maria}/tries/clear");
    // The date is counted, and another transaction is in the way of the session's.
    let in_the_way = Rule::new(When::Nth(2), Fault::TransactionConflict)
        .on(Service::DynamoDb, "TransactWriteItems")
        .by("LoginFunction");
    world.aws.set_faults(Some(FaultPlan::new(1, vec![in_the_way])));
    let signing_in = tokio::spawn({
        let mut phone = phone.clone();
        async move { phone.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await }
    });
    while wrong_dates(&world).await.is_empty() {
        tokio::time::sleep(Duration::from_micros(1)).await;
    }
    assert!(wrong_dates(&world).await.iter().all(|count| *count == 1));
    ana.post(&clear, json!({})).await.expect(204);
    let signed_in = !signing_in.is_finished();
    signing_in.await.unwrap().expect(201);
    assert!(signed_in, "the tries were cleared before the date was through");
    let counts = wrong_dates(&world).await;
    assert!(counts.iter().all(|count| *count >= 0), "{counts:?}");
    assert_eq!(world.operator.store.wrong_dates(world.demo.id, maria).await.unwrap(), 0);
}

#[tokio::test]
async fn a_flood_of_strangers_leaves_messages_to_those_whom_the_practice_knows() {
    let world = World::start(1_206).await;
    world.set_policies(&world.demo, Policies { limits_factor: 1, ..Policies::demonstration(1) }).await;
    let mut phone = world.browser();
    sign_in_by_code(&world, &mut phone, MARIA, "1985-03-14").await;
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    // Two thousand in an hour, from as many networks as that takes.
    let mut refused = 0;
    for n in 0..2_400_usize {
        let mut stranger = world.browser();
        stranger.address = format!("198.{}.{}.{}:4000", 18 + n / 65_536, n / 256 % 256, n % 256);
        let body = json!({"practice": "demo", "address": format!("n{n}@flood.test")});
        refused += usize::from(stranger.post("/v1/login-links", body).await.status == 429);
    }
    assert!((380..=500).contains(&refused), "{refused}");
    phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    phone.cookies.remove("__Host-session");
    let body = json!({"practice": "demo", "address": MARIA});
    phone.post("/v1/login-links", body).await.expect(202);
    let before = messages_to(&world, MARIA);
    world.pump().await;
    assert_eq!(messages_to(&world, MARIA), before + 2);
}
