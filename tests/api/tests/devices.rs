//! What somebody who is signed in can do about it: show once more who they are, see and end sessions, have a device
//! remembered and forgotten.
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
use domain::{
    browser,
    id::{AccountId, ContactPointId, DeviceId, PatientId, SessionId},
    practice::Policies,
    session::SessionKind,
};
use platform::{
    App,
    config::Environment,
    entropy::Entropy,
    secrets,
    store::{
        Write, contact,
        device::{Device, DeviceToken},
        device_link::DeviceLink,
        table::Table,
    },
};
use serde_json::{Value, json};

const MARIA: &str = "maria@patients.test";
const MARIAS_PHONE: &str = "+15555550101";
const BORN: &str = "1985-03-14";
const DAY: i64 = 24 * 3600;

fn on(world: &World, agent: &str) -> Browser {
    world.browser().with_header("user-agent", agent)
}

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.4 Mobile/15E148 Safari/604.1";

async fn narrow(world: &World) -> (String, Browser) {
    let (conversation, token) = notice_to(world, "maria", MARIA).await;
    let mut phone = on(world, IPHONE);
    phone.post("/v1/sessions/person", json!({"token": token, "birth_date": BORN})).await.expect(201);
    (conversation, phone)
}

async fn remembered(world: &World) -> (Browser, Value) {
    let mut phone = on(world, IPHONE);
    sign_in_by_code(world, &mut phone, MARIA, BORN).await;
    let device = phone.post("/v1/devices", json!({"shared": false})).await.expect(201).json();
    (phone, device)
}

#[tokio::test]
async fn a_code_opens_what_a_notice_did_not() {
    let world = World::start(90).await;
    let (conversation, mut phone) = narrow(&world).await;
    assert_eq!(phone.get("/v1/conversations").await.expect(403).problem(), "step-up-required");
    let asked = phone.post("/v1/session/step-up-codes", json!({})).await.expect(202).json();
    assert_eq!(asked, json!({"code_length": 8, "expires_in_seconds": 600, "sent_to": "m***@p***.test"}));
    world.pump().await;
    let mail = last_message(&world, MARIA).unwrap();
    assert!(!mail.contains("#t=") && !mail.contains("http"), "no link: {mail}");
    let code = code_in(&mail);
    // It is no sign-in: not here, not with a cookie that somebody makes up out of the session.
    phone.post("/v1/sessions", json!({"code": code})).await.expect(401);
    let flows = items_with(&world, "ChatTable", "purpose", "step_up").await;
    let flow = flows[0]["PK"]["S"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
    let session = phone.cookies["__Host-session"].clone();
    let secret = session.rsplit_once('.').unwrap().1;
    let mut forger = phone.clone();
    forger.cookies.insert("__Host-flow".to_owned(), format!("{}.{flow}.{secret}", world.demo.id));
    forger.post("/v1/sessions", json!({"code": code})).await.expect(401);
    forger.post("/v1/sessions/person", json!({"birth_date": BORN})).await.expect(401);
    forger.post("/v1/login-links/again", json!({})).await.expect(202);
    world.pump().await;
    assert_eq!(code_in(&last_message(&world, MARIA).unwrap()), code, "nothing more was sent");

    phone.post("/v1/session/step-up", json!({"code": "00000000"})).await.expect(401);
    world.clock.advance_seconds(60);
    let before = phone.get("/v1/session").await.expect(200).json();
    let full = phone.post("/v1/session/step-up", json!({"code": code})).await.expect(200).json();
    assert_eq!((&full["scope"], &full["opens"]["conversation_id"]), (&json!("full"), &json!(conversation)));
    assert_eq!(full["expires_at"], before["expires_at"], "a new session gets no new day");
    assert_ne!(phone.cookies["__Host-session"], session);
    phone.get("/v1/conversations").await.expect(200);
    let mut old = world.browser();
    old.cookies.insert("__Host-session".to_owned(), session);
    old.get("/v1/session").await.expect(401);
    phone.post("/v1/session/step-up", json!({"code": code})).await.expect(401);
    assert_eq!(items_with(&world, "AuditTable", "verb", "stepped_up").await.len(), 1);
}

#[tokio::test]
async fn the_code_goes_to_another_contact_that_was_proved_before() {
    let world = World::start(91).await;
    let mut linh = world.browser();
    sign_in_by_code(&world, &mut linh, MARIAS_PHONE, BORN).await;
    let (_, mut phone) = narrow(&world).await;
    let asked = phone.post("/v1/session/step-up-codes", json!({})).await.expect(202).json();
    assert_eq!(asked["sent_to"], "+1***01");
    world.pump().await;
    let code = code_in(&last_message(&world, MARIAS_PHONE).unwrap());
    phone.post("/v1/session/step-up", json!({"code": code})).await.expect(200);
}

#[tokio::test]
async fn codes_of_a_session_are_limited_tried_five_times_and_each_lives_its_own_life() {
    let world = World::start(92).await;
    let strict = people::practice(&world.operator, "strict", "Strict Practice", 1).await;
    let eva = ["eva@strict.test".to_owned(), "+15555550177".to_owned()];
    people::add(&world.operator, strict.id, "Eva Stone", "1990-01-02", "en", &eva).await;
    // She has proved to read the mailbox, so that codes go there from a session by phone.
    let mut browser = eva_at(&world, "eva@strict.test").await;
    world.clock.advance_seconds(15 * 60);
    browser.get("/v1/session").await.expect(401);
    let mut browser = eva_at(&world, "+15555550177").await;
    world.pump().await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        browser.post("/v1/session/step-up-codes", json!({})).await.expect(202);
        world.pump().await;
        codes.push(code_in(&last_message(&world, "eva@strict.test").unwrap()));
        world.clock.advance_seconds(240);
    }
    let refused = browser.post("/v1/session/step-up-codes", json!({})).await.expect(429);
    assert!(refused.headers.contains_key("retry-after"));
    // The first is twelve minutes old, the last four.
    browser.post("/v1/session/step-up", json!({"code": codes[0]})).await.expect(401);
    let mut stranger = world.signed_in(&world.demo, "maria").await;
    stranger.post("/v1/session/step-up", json!({"code": codes[2]})).await.expect(401);
    browser.clone().post("/v1/session/step-up", json!({"code": codes[1]})).await.expect(200);
    browser.post("/v1/session/step-up", json!({"code": codes[2]})).await.expect(401);
    for body in [json!({"code": 1}), json!({}), json!({"code": "1", "x": 1})] {
        world.signed_in(&world.demo, "maria").await.post("/v1/session/step-up", body).await.expect(422);
    }
    world.browser().post("/v1/session/step-up", json!({"code": "12345678"})).await.expect(401);
    world.browser().post("/v1/session/step-up-codes", json!({})).await.expect(401);
}

/// Eva of the strict practice, signed in by one of her contacts.
async fn eva_at(world: &World, address: &str) -> Browser {
    let mut browser = world.browser();
    let body = json!({"practice": "strict", "address": address});
    browser.post("/v1/login-links", body).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(world, address).unwrap());
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    browser.post("/v1/sessions/person", json!({"birth_date": "1990-01-02"})).await.expect(201);
    browser
}

#[tokio::test]
async fn five_wrong_codes_shut_an_attempt() {
    let world = World::start(93).await;
    let (_, mut phone) = narrow(&world).await;
    phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, MARIA).unwrap());
    for _ in 0..5 {
        phone.post("/v1/session/step-up", json!({"code": "00000000"})).await.expect(401);
    }
    phone.post("/v1/session/step-up", json!({"code": code})).await.expect(401);
    let events = items_with(&world, "AuditTable", "verb", "sign_in_failed").await;
    assert_eq!(events.len(), 5, "each wrong code is an event");
}

#[tokio::test]
async fn after_five_wrong_codes_the_next_message_holds_one_that_works() {
    let world = World::start(110).await;
    let (_, mut phone) = narrow(&world).await;
    phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    for _ in 0..5 {
        phone.post("/v1/session/step-up", json!({"code": "00000000"})).await.expect(401);
    }
    world.pump().await;
    let shut = code_in(&last_message(&world, MARIA).unwrap());
    phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, MARIA).unwrap());
    phone.post("/v1/session/step-up", json!({"code": shut})).await.expect(401);
    phone.post("/v1/session/step-up", json!({"code": code})).await.expect(200);
}

#[tokio::test]
async fn the_code_goes_where_it_arrives_and_nothing_speaks_against() {
    let world = World::start(111).await;
    sign_in_by_code(&world, &mut world.browser(), MARIAS_PHONE, BORN).await;
    let (_, mut phone) = narrow(&world).await;
    let sent_to = async |router: &mut Browser| {
        router.post("/v1/session/step-up-codes", json!({})).await.expect(202).json()["sent_to"].clone()
    };
    assert_eq!(sent_to(&mut phone).await, "+1***01");
    // Where no text messages leave, it goes to the mailbox of the sign-in.
    let mut variables = world.aws.environment("LoginFunction");
    variables.insert("SMS_BACKEND".to_owned(), "off".to_owned());
    let sdk = world.aws.sdk_config("LoginFunction");
    let environment = Environment::from_map(variables);
    let app = App::new(&environment, &sdk, world.clock.clone(), Entropy::seeded(7)).unwrap();
    let mut silent = Browser::new(login::router(app));
    silent.cookies = phone.cookies.clone();
    assert_eq!(sent_to(&mut silent).await, "m***@p***.test");
    // So it does while the phone takes none, or somebody keeps missing the date behind it.
    let practice = world.demo.id;
    let items = items_with(&world, "ChatTable", "contact_kind", "phone").await;
    let verified = items.iter().find(|item| item.get("verified_at").is_some()).unwrap();
    let point = verified["PK"]["S"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
    let point = ContactPointId::parse(&point).unwrap();
    let store = &world.operator.store;
    let now = world.clock.now();
    store.change(contact::failing(practice, point, Some(now))).await.unwrap().unwrap();
    assert_eq!(sent_to(&mut phone).await, "m***@p***.test");
    store.change(contact::failing(practice, point, None)).await.unwrap().unwrap();
    assert_eq!(sent_to(&mut phone).await, "+1***01");
    for _ in 0..10 {
        store.change(contact::doubted(practice, point)).await.unwrap().unwrap();
    }
    assert_eq!(sent_to(&mut phone).await, "m***@p***.test");
}

#[tokio::test]
async fn codes_are_counted_for_the_person_over_all_their_sessions() {
    let world = World::start(112).await;
    let strict = people::practice(&world.operator, "strict", "Strict Practice", 1).await;
    let eva = ["eva@strict.test".to_owned(), "+15555550177".to_owned()];
    people::add(&world.operator, strict.id, "Eva Stone", "1990-01-02", "en", &eva).await;
    let mut by_phone = eva_at(&world, "+15555550177").await;
    let mut by_mail = eva_at(&world, "eva@strict.test").await;
    let mut again = by_phone.clone();
    for browser in [&mut by_phone, &mut by_mail, &mut again] {
        browser.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    }
    for browser in [&mut by_phone, &mut by_mail] {
        browser.post("/v1/session/step-up-codes", json!({})).await.expect(429);
    }
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_this_browser_still_holds() {
    let world = World::start(107).await;
    let maria = &world.demo.patients["maria"];
    let (mut phone, _) = remembered(&world).await;
    for way in ["date", "notice", "device", "desk"] {
        let mut before = phone.clone();
        before.get("/v1/session").await.expect(200);
        match way {
            "date" => {
                phone.cookies.remove("__Host-device");
                sign_in_by_code(&world, &mut phone, MARIA, BORN).await;
            }
            "notice" => {
                let (_, token) = notice_to(&world, "maria", MARIA).await;
                let body = json!({"token": token, "birth_date": BORN});
                phone.post("/v1/sessions/person", body).await.expect(201);
            }
            "device" => {
                phone.cookies.insert("__Host-device".to_owned(), known(&world).await);
                ask(&mut phone, "patient", MARIA).await.expect(202);
                world.pump().await;
                let code = code_in(&last_message(&world, MARIA).unwrap());
                phone.post("/v1/sessions", json!({"code": code})).await.expect(201);
            }
            _ => {
                let token = device_link(&world, maria.account.unwrap(), maria.id).await;
                phone.post("/v1/devices/redeem", json!({"token": token})).await.expect(201);
            }
        }
        before.get("/v1/session").await.expect(401);
        phone.get("/v1/session").await.expect(200);
    }
    assert_eq!(items_with(&world, "AuditTable", "verb", "session_revoked").await.len(), 4);
}

/// The secret of a device that is remembered for Maria, by another browser.
async fn known(world: &World) -> String {
    remembered(world).await.0.cookies["__Host-device"].clone()
}

#[tokio::test]
async fn a_locked_screen_is_listed_and_ended() {
    let world = World::start(108).await;
    let mut desk = world.signed_in(&world.demo, "ana").await;
    world.clock.advance_seconds(16 * 60);
    assert_eq!(desk.get("/v1/sessions").await.expect(401).problem(), "session-locked");
    let mut laptop = world.signed_in(&world.demo, "ana").await;
    let list = laptop.get("/v1/sessions").await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let locked = items.iter().find(|one| one["current"] == false).unwrap();
    laptop.delete(&format!("/v1/sessions/{}", locked["id"].as_str().unwrap())).await.expect(204);
    assert_eq!(desk.get("/v1/session").await.expect(401).problem(), "unauthenticated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_makes_one_session_however_many_ask_at_once() {
    let world = World::start(94).await;
    let (_, mut phone) = narrow(&world).await;
    phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, MARIA).unwrap());
    let tries: Vec<_> = (0..5)
        .map(|_| {
            let (mut phone, code) = (phone.clone(), code.clone());
            tokio::spawn(async move {
                phone.post("/v1/session/step-up", json!({"code": code})).await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn staff_step_up_by_code_only_in_a_demonstration() {
    let world = World::start(95).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let asked = ana.post("/v1/session/step-up-codes", json!({})).await.expect(202).json();
    assert_eq!(asked["sent_to"], "a***@d***.test");
    world.pump().await;
    let code = code_in(&last_message(&world, "ana@demo.test").unwrap());
    let session = ana.post("/v1/session/step-up", json!({"code": code})).await.expect(200).json();
    assert_eq!(session["account"]["kind"], "staff");
    ana.get("/v1/conversations").await.expect(200);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let world = World::start(96).await;
    let mut laptop = world.browser();
    sign_in_by_code(&world, &mut laptop, MARIA, BORN).await;
    world.clock.advance_seconds(5);
    let (_, mut phone) = narrow(&world).await;
    assert_eq!(phone.get("/v1/sessions").await.expect(403).problem(), "step-up-required");
    phone.delete("/v1/sessions").await.expect(403);
    let list = laptop.get("/v1/sessions").await.expect(200).json();
    assert_eq!(list["next_cursor"], Value::Null);
    let items = list["items"].as_array().unwrap();
    let seen: Vec<_> = items.iter().map(|s| (s["current"].as_bool().unwrap(), s["scope"].clone())).collect();
    assert_eq!(seen, [(false, json!("conversation")), (true, json!("full"))], "the one used last first");
    assert_eq!(items[0]["browser"], json!({"program": "Safari", "system": "iPhone"}));
    assert_eq!(items[1]["browser"], json!({"program": null, "system": null}));
    assert_eq!(items[0]["kind"], "patient");
    assert!(!list.to_string().contains(phone.cookies["__Host-session"].rsplit_once('.').unwrap().1));
    let path = format!("/v1/sessions/{}", items[0]["id"].as_str().unwrap());
    let mut john = world.signed_in(&world.demo, "john").await;
    let foreign = john.delete(&path).await.expect(404);
    let unknown = john.delete("/v1/sessions/ses_nothing").await.expect(404);
    assert_eq!(foreign.bytes, unknown.bytes);
    laptop.delete(&path).await.expect(204);
    laptop.delete(&path).await.expect(404);
    phone.get("/v1/session").await.expect(401);
    let own = format!("/v1/sessions/{}", items[1]["id"].as_str().unwrap());
    laptop.delete(&own).await.expect(204);
    assert!(!laptop.cookies.contains_key("__Host-session"));
    assert_eq!(items_with(&world, "AuditTable", "verb", "session_revoked").await.len(), 2);
    world.browser().get("/v1/sessions").await.expect(401);
}

#[tokio::test]
async fn signing_out_everywhere_ends_sessions_and_forgets_devices() {
    let world = World::start(97).await;
    let (mut phone, _) = remembered(&world).await;
    let device = phone.cookies["__Host-device"].clone();
    let mut laptop = world.browser();
    sign_in_by_code(&world, &mut laptop, MARIA, BORN).await;
    let mut john = world.signed_in(&world.demo, "john").await;
    laptop.delete("/v1/sessions").await.expect(204);
    assert!(!laptop.cookies.contains_key("__Host-session"));
    laptop.get("/v1/session").await.expect(401);
    phone.get("/v1/session").await.expect(401);
    john.get("/v1/session").await.expect(200);
    let mut again = world.browser();
    again.cookies.insert("__Host-device".to_owned(), device);
    let (_, token) = notice_to(&world, "maria", MARIA).await;
    again.post("/v1/sessions", json!({"token": token})).await.expect(200);
    assert_eq!(items_with(&world, "AuditTable", "verb", "sessions_revoked").await.len(), 1);
    sign_in_by_code(&world, &mut world.browser(), MARIA, BORN).await;
}

#[tokio::test]
async fn any_number_of_sessions_and_devices_ends_at_once() {
    let world = World::start(109).await;
    let account = world.demo.patients["maria"].account.unwrap();
    let mut phones = Vec::new();
    for _ in 0..65 {
        let token = world.session(&world.demo, "maria", SessionKind::Patient).await;
        let mut phone = world.browser();
        phone.cookies.insert("__Host-session".to_owned(), token.expose());
        phones.push(phone);
    }
    let now = world.clock.now();
    for _ in 0..65 {
        let entropy = &world.operator.entropy;
        let token =
            DeviceToken { practice: world.demo.id, account, secret: secrets::browser_secret(entropy) };
        let sign_in = SessionId::new(now, entropy.id());
        let device = Device::new(DeviceId::new(now, entropy.id()), browser::Browser::default(), sign_in, now);
        let item = device.to_item(&token.key());
        assert!(world.operator.store.create(Table::Chat, item).await.unwrap());
    }
    // One more makes room for itself, though one transaction cannot make all of it.
    phones[0].post("/v1/devices", json!({"shared": false})).await.expect(201);
    let devices = phones[1].get("/v1/devices").await.expect(200).json();
    assert!(devices["items"].as_array().unwrap().len() <= 65 + 1 - 40);
    phones[0].post("/v1/devices", json!({"shared": false})).await.expect(201);
    let devices = phones[1].get("/v1/devices").await.expect(200).json();
    assert_eq!(devices["items"].as_array().unwrap().len(), 20);

    phones[1].delete("/v1/sessions").await.expect(204);
    for phone in &mut phones {
        phone.get("/v1/session").await.expect(401);
    }
    let items = world.aws.items("ChatTable").await;
    let of_account =
        items.iter().filter(|item| item["PK"]["S"].as_str().unwrap().ends_with(&account.to_string()));
    let left: Vec<_> = of_account.map(|item| item["SK"]["S"].as_str().unwrap().to_owned()).collect();
    assert!(!left.iter().any(|sk| sk.starts_with("SESSION#") || sk.starts_with("DEVICE#")), "{left:?}");
    assert_eq!(items_with(&world, "AuditTable", "verb", "sessions_revoked").await.len(), 1);
}

#[tokio::test]
async fn signing_out_everywhere_takes_passkeys_too_where_that_is_asked_for() {
    let world = World::start(113).await;
    let (mut phone, _) = remembered(&world).await;
    let mut key = Authenticator::default();
    let asked = phone.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    phone.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    // Without a word they stay.
    world.signed_in(&world.demo, "maria").await.delete("/v1/sessions").await.expect(204);
    let mut browser = world.browser();
    let ask = json!({"practice": "demo"});
    let asked = browser.post("/v1/sessions/passkey-options", ask.clone()).await.expect(200).json();
    let passkey = json!({"passkey": key.get(&asked)});
    browser.post("/v1/sessions/second-factor", passkey).await.expect(201);
    for query in ["?passkeys=maybe", "?devices=true"] {
        browser.delete(&format!("/v1/sessions{query}")).await.expect(422);
    }
    browser.delete("/v1/sessions?passkeys=true").await.expect(204);
    browser.get("/v1/session").await.expect(401);
    let asked = browser.post("/v1/sessions/passkey-options", ask).await.expect(200).json();
    let passkey = json!({"passkey": key.get(&asked)});
    browser.post("/v1/sessions/second-factor", passkey).await.expect(401);
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.delete("/v1/sessions?passkeys=true").await.expect(403);
    // It asks for a fresh proof, as removing one does.
    let strict = people::practice_with(&world.operator, "strict", "Strict", Policies::STRICT).await;
    let mut stale = world.signed_in(&strict, "maria").await.with_header("x-user-active", "1");
    world.clock.advance_seconds(9 * 60);
    stale.get("/v1/session").await.expect(200);
    world.clock.advance_seconds(2 * 60);
    let answer = stale.delete("/v1/sessions?passkeys=true").await.expect(403);
    assert_eq!(answer.problem(), "step-up-required");
    stale.delete("/v1/sessions").await.expect(204);
}

#[tokio::test]
async fn a_remembered_phone_opens_a_notice_with_nothing_typed() {
    let world = World::start(98).await;
    let (mut phone, device) = remembered(&world).await;
    assert_eq!(device["browser"], json!({"program": "Safari", "system": "iPhone"}));
    assert_eq!(device["current"], true);
    let session = phone.get("/v1/session").await.expect(200).json();
    assert_eq!(session["device"], "remembered");
    // Days later: the session is over, the phone is known.
    world.clock.advance_seconds(3 * DAY);
    phone.cookies.remove("__Host-session");
    let (conversation, token) = notice_to(&world, "maria", MARIA).await;
    // What is kept in memory for a minute is there: every request counts the same then.
    ask(&mut world.browser(), "patient", "john@patients.test").await.expect(202);
    phone.clone().post("/v1/sessions", json!({"token": token})).await.expect(201);
    let recorder = world.aws.recorder();
    let open = phone.post("/v1/sessions", json!({"token": token}));
    let (answer, calls) = recorder.scope("remembered", open).await;
    let session = answer.expect(201).json();
    assert!(calls.count() <= 6 && calls.depth() <= 3, "{:?}", calls.names());
    assert_eq!(
        (&session["scope"], &session["opens"]["conversation_id"]),
        (&json!("full"), &json!(conversation))
    );
    let path = format!("/v1/conversations/{conversation}/messages");
    phone.get(&path).await.expect(200);
    // It is not fresh: what needs a fresh proof asks for one.
    phone.post("/v1/devices", json!({"shared": false})).await.expect(403);
    // Another browser with the same link is asked, and the link was not bound to the phone.
    let mut laptop = world.browser();
    laptop.post("/v1/sessions", json!({"token": token})).await.expect(200);
    laptop.post("/v1/sessions/person", json!({"token": token, "birth_date": BORN})).await.expect(201);
    // The device opens nothing by itself, and nothing of anybody else.
    let mut bare = world.browser();
    bare.cookies.insert("__Host-device".to_owned(), phone.cookies["__Host-device"].clone());
    bare.get("/v1/session").await.expect(401);
    let (_, other) = notice_to(&world, "john", "john@patients.test").await;
    bare.post("/v1/sessions", json!({"token": other})).await.expect(200);
    assert!(!bare.cookies.contains_key("__Host-session"));
    bare.post("/v1/sessions", json!({"token": "AAAAAAAAAAAAAAAAAAAAAA"})).await.expect(200);
    bare.post("/v1/sessions/person", json!({"birth_date": BORN})).await.expect(401);
    // After ninety days it is forgotten.
    world.clock.advance_seconds(90 * DAY);
    let (_, late) = notice_to(&world, "maria", MARIA).await;
    bare.post("/v1/sessions", json!({"token": late})).await.expect(200);
    assert!(!bare.cookies.contains_key("__Host-session"));
}

#[tokio::test]
async fn a_remembered_phone_needs_a_link_or_code_and_no_date() {
    let world = World::start(99).await;
    let (mut phone, _) = remembered(&world).await;
    phone.cookies.remove("__Host-session");
    for by_link in [true, false] {
        ask(&mut phone, "patient", MARIA).await.expect(202);
        world.pump().await;
        let mail = last_message(&world, MARIA).unwrap();
        let body = if by_link { json!({"token": token_in(&mail)}) } else { json!({"code": code_in(&mail)}) };
        let recorder = world.aws.recorder();
        let (answer, calls) = recorder.scope("code", phone.post("/v1/sessions", body.clone())).await;
        let session = answer.expect(201).json();
        assert!(calls.count() <= 6 && calls.depth() <= 3, "{:?}", calls.names());
        assert_eq!((&session["scope"], &session["device"]), (&json!("full"), &json!("remembered")));
        assert!(!phone.cookies.contains_key("__Host-flow"));
        phone.cookies.remove("__Host-session");
    }
    // Somebody else's code in this browser asks for their date.
    ask(&mut phone, "patient", "john@patients.test").await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "john@patients.test").unwrap());
    phone.post("/v1/sessions", json!({"code": code})).await.expect(200);
}

#[tokio::test]
async fn a_device_is_remembered_only_by_somebody_who_has_just_shown_who_they_are() {
    let world = World::start(100).await;
    let (_, mut phone) = narrow(&world).await;
    assert_eq!(
        phone.post("/v1/devices", json!({"shared": false})).await.expect(403).problem(),
        "step-up-required"
    );
    phone.get("/v1/devices").await.expect(403);
    let mut laptop = world.browser();
    sign_in_by_code(&world, &mut laptop, MARIA, BORN).await;
    let shared = laptop.post("/v1/devices", json!({"shared": true})).await.expect(422);
    assert_eq!(shared.first_error(), ("/shared".to_owned(), "shared_device".to_owned()));
    for body in [json!({}), json!({"shared": "no"}), json!({"shared": false, "x": 1})] {
        laptop.post("/v1/devices", body).await.expect(422);
    }
    world.clock.advance_seconds(601 - 60);
    laptop.put("/v1/nothing", json!({})).await;
    laptop.get("/v1/session").await.expect(200);
    world.clock.advance_seconds(58);
    laptop.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut ana = world.signed_in(&world.demo, "ana").await;
    assert_eq!(ana.post("/v1/devices", json!({"shared": false})).await.expect(403).problem(), "forbidden");
    world.browser().post("/v1/devices", json!({"shared": false})).await.expect(401);
    assert!(items_with(&world, "ChatTable", "session_kind", "patient_remembered").await.len() == 1);
}

#[tokio::test]
async fn a_device_is_listed_replaced_and_forgotten_with_its_sessions() {
    let world = World::start(101).await;
    let (mut phone, first) = remembered(&world).await;
    let again = phone.post("/v1/devices", json!({"shared": false})).await.expect(201).json();
    assert_ne!(first["id"], again["id"]);
    let mut laptop = world.browser();
    sign_in_by_code(&world, &mut laptop, MARIA, BORN).await;
    let list = laptop.get("/v1/devices").await.expect(200).json();
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|d| (&d["id"], &d["current"])).collect();
    assert_eq!(ids, [(&again["id"], &json!(false))], "a browser is remembered once");
    assert_eq!(phone.get("/v1/devices").await.expect(200).json()["items"][0]["current"], true);
    let path = format!("/v1/devices/{}", again["id"].as_str().unwrap());
    let mut john = world.signed_in(&world.demo, "john").await;
    assert_eq!(
        john.delete(&path).await.expect(404).bytes,
        john.delete("/v1/devices/x").await.expect(404).bytes
    );
    laptop.delete(&path).await.expect(204);
    laptop.delete(&path).await.expect(404);
    phone.get("/v1/session").await.expect(401);
    laptop.get("/v1/session").await.expect(200);
    let (_, token) = notice_to(&world, "maria", MARIA).await;
    phone.cookies.remove("__Host-session");
    phone.post("/v1/sessions", json!({"token": token})).await.expect(200);
    assert_eq!(items_with(&world, "AuditTable", "verb", "device_remembered").await.len(), 2);
    assert_eq!(items_with(&world, "AuditTable", "verb", "device_forgotten").await.len(), 1);
}

#[tokio::test]
async fn a_remembered_browser_has_a_limit_of_its_own() {
    let world = World::start(102).await;
    let strict = people::practice(&world.operator, "strict", "Strict Practice", 1).await;
    let eva = ["eva@strict.test".to_owned()];
    people::add(&world.operator, strict.id, "Eva Stone", "1990-01-02", "en", &eva).await;
    let ask = json!({"practice": "strict", "address": "eva@strict.test"});
    let mut phone = world.browser();
    phone.post("/v1/login-links", ask.clone()).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, "eva@strict.test").unwrap());
    phone.post("/v1/sessions", json!({"code": code})).await.expect(200);
    phone.post("/v1/sessions/person", json!({"birth_date": "1990-01-02"})).await.expect(201);
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    // Somebody uses up her address.
    for status in [202, 202, 429] {
        world.browser().post("/v1/login-links", ask.clone()).await.expect(status);
    }
    for status in [202, 202, 202, 202, 202, 202, 429] {
        phone.post("/v1/login-links", ask.clone()).await.expect(status);
    }
    // A cookie that is none of ours counts as anybody.
    let mut forged = world.browser();
    let cookie = phone.cookies["__Host-device"].clone();
    let forged_cookie = format!("{}{}", &cookie[..cookie.len() - 4], "AAAA");
    forged.cookies.insert("__Host-device".to_owned(), forged_cookie);
    forged.post("/v1/login-links", ask).await.expect(429);
    world.pump().await;
    assert_eq!(messages_to(&world, "eva@strict.test"), 9);
}

async fn device_link(world: &World, account: AccountId, patient: PatientId) -> String {
    let app = &world.operator;
    let token = secrets::random_link_token(&app.entropy);
    let practice = app.known_practice(world.demo.id).await.unwrap();
    let sealer = app.sealer(&practice).await.unwrap();
    let stored = app.store.account(world.demo.id, account, &sealer).await.unwrap().unwrap();
    let link = DeviceLink {
        practice: world.demo.id,
        account,
        patient,
        epoch: stored.epoch,
        staff: world.demo.staff["ben"],
        expires_at: world.clock.now().plus_seconds(600),
        used_at: None,
    };
    let item = link.to_item(&secrets::hash(token.expose()));
    app.store.transact(vec![Write::Create(Table::Chat, item)]).await.unwrap().unwrap();
    token.expose().to_owned()
}

#[tokio::test]
async fn a_phone_is_connected_at_the_desk_once() {
    let world = World::start(103).await;
    let maria = &world.demo.patients["maria"];
    let token = device_link(&world, maria.account.unwrap(), maria.id).await;
    let mut phone = on(&world, IPHONE);
    let session = phone.post("/v1/devices/redeem", json!({"token": token})).await.expect(201).json();
    assert_eq!((&session["scope"], &session["device"]), (&json!("full"), &json!("remembered")));
    assert_eq!(session["account"]["name"], "Maria Lopez");
    for name in ["__Host-session", "__Host-device", "__Host-browser"] {
        assert!(phone.cookies.contains_key(name), "{name}");
    }
    // Fresh: staff have just seen who it is.
    phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    phone.cookies.remove("__Host-session");
    let (_, notice) = notice_to(&world, "maria", MARIA).await;
    phone.post("/v1/sessions", json!({"token": notice})).await.expect(201);
    let again = world.browser().post("/v1/devices/redeem", json!({"token": token})).await.expect(401);
    let unknown = json!({"token": "AAAAAAAAAAAAAAAAAAAAAA"});
    let unknown = world.browser().post("/v1/devices/redeem", unknown).await.expect(401);
    assert_eq!((&again.bytes, &again.headers), (&unknown.bytes, &unknown.headers));
    let late = device_link(&world, maria.account.unwrap(), maria.id).await;
    world.clock.advance_seconds(600);
    world.browser().post("/v1/devices/redeem", json!({"token": late})).await.expect(401);
    // It is no notice and no sign-in link.
    let other = device_link(&world, maria.account.unwrap(), maria.id).await;
    world.browser().post("/v1/sessions", json!({"token": other})).await.expect(200);
    let person = json!({"token": other, "birth_date": BORN});
    world.browser().post("/v1/sessions/person", person).await.expect(401);
    // Who signs out everywhere ends what was shown at the desk before.
    let before = device_link(&world, maria.account.unwrap(), maria.id).await;
    world.signed_in(&world.demo, "maria").await.delete("/v1/sessions").await.expect(204);
    world.browser().post("/v1/devices/redeem", json!({"token": before})).await.expect(401);
    let after = device_link(&world, maria.account.unwrap(), maria.id).await;
    world.browser().post("/v1/devices/redeem", json!({"token": after})).await.expect(201);
    // An account that may not act for the patient any more is not connected.
    let foreign = device_link(&world, world.demo.patients["john"].account.unwrap(), maria.id).await;
    world.browser().post("/v1/devices/redeem", json!({"token": foreign})).await.expect(401);
    for body in [json!({}), json!({"token": 1}), json!({"token": "x", "y": 1})] {
        world.browser().post("/v1/devices/redeem", body).await.expect(422);
    }
    world.browser().post("/v1/devices/redeem", json!({"token": "short"})).await.expect(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_link_of_the_desk_makes_one_session_however_many_ask_at_once() {
    let world = World::start(104).await;
    let maria = &world.demo.patients["maria"];
    let token = device_link(&world, maria.account.unwrap(), maria.id).await;
    let tries: Vec<_> = (0..5)
        .map(|_| {
            let (mut phone, token) = (world.browser(), token.clone());
            tokio::spawn(async move {
                phone.post("/v1/devices/redeem", json!({"token": token})).await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
}
