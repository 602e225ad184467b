//! Signing in by passkey, as its owner and as those who would like to be them; stepping up; the locked screen.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{Answer, Authenticator, Browser, Practice, World, people};
use domain::practice::Policies;
use serde_json::{Value, json};

/// A practice as it is deployed: staff sign in with what they have, and some acts ask for a fresh proof.
async fn strict(world: &World) -> Practice {
    people::practice_with(&world.operator, "strict", "Strict Practice", Policies::STRICT).await
}

/// Adds a passkey in a browser that is signed in.
async fn add_passkey(browser: &mut Browser, device: &mut Authenticator) -> Answer {
    let options = browser.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let credential = device.create(&options);
    browser.post("/v1/passkeys", json!({"credential": credential, "name": "My phone"})).await
}

async fn options(browser: &mut Browser, practice: &str, audience: &str) -> Value {
    let body = json!({"practice": practice, "for": audience});
    browser.post("/v1/sessions/passkey-options", body).await.expect(200).json()
}

async fn show(browser: &mut Browser, assertion: &Value) -> Answer {
    browser.post("/v1/sessions/second-factor", json!({"passkey": assertion})).await
}

async fn sign_in(
    browser: &mut Browser,
    device: &mut Authenticator,
    practice: &str,
    audience: &str,
) -> Answer {
    let asked = options(browser, practice, audience).await;
    let assertion = device.get(&asked);
    show(browser, &assertion).await
}

/// Unlocks, or steps up.
async fn step_up(browser: &mut Browser, device: &mut Authenticator) -> Answer {
    let asked = browser.post("/v1/session/passkey-options", json!({})).await.expect(200).json();
    let passkey = device.get(&asked);
    browser.post("/v1/session/step-up", json!({"passkey": passkey})).await
}

#[tokio::test]
async fn a_patient_signs_in_by_passkey_alone() {
    let world = World::start(100).await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let mut phone = Authenticator::default();
    let asked = maria.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    assert_eq!(asked["publicKey"]["rp"], json!({"id": "chat.example.org", "name": "Bright Eyes Clinic"}));
    assert_eq!(asked["publicKey"]["user"]["displayName"], "Maria Lopez");
    let made = add_passkey(&mut maria, &mut phone).await.expect(201).json();
    assert_eq!((&made["name"], &made["last_used_at"]), (&json!("My phone"), &Value::Null));
    assert_eq!(maria.get("/v1/factors").await.expect(200).json()["passkeys"], 1);
    let asked = maria.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    assert_eq!(asked["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);

    let mut fresh = world.browser();
    let session = sign_in(&mut fresh, &mut phone, "demo", "patient").await.expect(201).json();
    assert_eq!(session["account"]["name"], "Maria Lopez");
    assert_eq!(session["scope"], "full");
    assert!(fresh.cookies.contains_key("__Host-session") && !fresh.cookies.contains_key("__Host-flow"));
    fresh.get("/v1/conversations").await.expect(200);
    // It counts as fresh: another passkey may be added with it.
    let listed = fresh.get("/v1/passkeys").await.expect(200).json();
    assert!(listed["items"][0]["last_used_at"].is_string());
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    fresh.delete(&format!("/v1/passkeys/{id}")).await.expect(204);
    fresh.delete(&format!("/v1/passkeys/{id}")).await.expect(404);
    sign_in(&mut world.browser(), &mut phone, "demo", "patient").await.expect(401);
}

#[tokio::test]
async fn every_answer_that_is_not_the_owners_looks_alike() {
    let world = World::start(101).await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let mut phone = Authenticator::default();
    add_passkey(&mut maria, &mut phone).await.expect(201);
    let mut john = world.signed_in(&world.demo, "john").await;
    let mut johns = Authenticator::default();
    add_passkey(&mut john, &mut johns).await.expect(201);
    let mut elsewhere = world.signed_in(&world.other, "maria").await;
    let mut foreign = Authenticator::default();
    add_passkey(&mut elsewhere, &mut foreign).await.expect(201);
    let mut answers: Vec<(&str, Answer)> = Vec::new();

    phone.origin = "https://chat.example.org.evil.example".to_owned();
    answers.push(("wrong origin", sign_in(&mut world.browser(), &mut phone, "demo", "patient").await));
    phone.origin = api_tests::world::ORIGIN.to_owned();
    phone.rp_id = Some("evil.example".to_owned());
    answers.push(("wrong relying party", sign_in(&mut world.browser(), &mut phone, "demo", "patient").await));
    phone.rp_id = None;
    phone.challenge = Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    answers.push(("wrong challenge", sign_in(&mut world.browser(), &mut phone, "demo", "patient").await));
    phone.challenge = None;
    phone.verifies = false;
    answers.push(("owner not verified", sign_in(&mut world.browser(), &mut phone, "demo", "patient").await));
    phone.verifies = true;

    let mut first = world.browser();
    let asked = options(&mut first, "demo", "patient").await;
    let assertion = phone.get(&asked);
    let mut thief = world.browser();
    options(&mut thief, "demo", "patient").await;
    answers.push(("another's flow", show(&mut thief, &assertion).await));
    let mut bare = world.browser();
    answers.push(("no flow", show(&mut bare, &assertion).await));
    let mut copy = first.clone();
    show(&mut first, &assertion).await.expect(201);
    answers.push(("replayed", show(&mut copy, &assertion).await));

    let mut once = world.browser();
    let asked = options(&mut once, "demo", "patient").await;
    answers.push(("no passkey at all", show(&mut once, &json!({"id": "AAAA"})).await));
    answers.push(("the challenge is gone", show(&mut once, &phone.get(&asked)).await));

    let mut late = world.browser();
    let asked = options(&mut late, "demo", "patient").await;
    let assertion = phone.get(&asked);
    world.clock.advance_seconds(301);
    answers.push(("too late", show(&mut late, &assertion).await));
    answers.push(("foreign practice", sign_in(&mut world.browser(), &mut foreign, "demo", "patient").await));
    answers.push(("patient as staff", sign_in(&mut world.browser(), &mut phone, "demo", "staff").await));

    // John's key says that it is Maria's.
    let mut stolen = Authenticator::default();
    let mut john = world.signed_in(&world.demo, "john").await;
    add_passkey(&mut john, &mut stolen).await.expect(201);
    let account = world.demo.patients["maria"].account.unwrap();
    let handle = [world.demo.id.to_bytes().as_slice(), &[1], &account.to_bytes()].concat();
    stolen.set_handle(handle);
    answers.push(("another's handle", sign_in(&mut world.browser(), &mut stolen, "demo", "patient").await));

    phone.set_count(0);
    answers.push(("counter went back", sign_in(&mut world.browser(), &mut phone, "demo", "patient").await));
    phone.set_count(50);
    let mut owner = world.browser();
    sign_in(&mut owner, &mut phone, "demo", "patient").await.expect(201);
    let id = owner.get("/v1/passkeys").await.expect(200).json()["items"][0]["id"].clone();
    owner.delete(&format!("/v1/passkeys/{}", id.as_str().unwrap())).await.expect(204);
    answers.push(("removed", sign_in(&mut world.browser(), &mut phone, "demo", "patient").await));

    for (what, answer) in &answers {
        assert_eq!((answer.status.as_u16(), answer.problem()), (401, "sign-in-failed".to_owned()), "{what}");
        assert_eq!(answer.bytes, answers[0].1.bytes, "{what}");
        assert_eq!(answer.headers, answers[0].1.headers, "{what}");
    }
    for body in [json!({}), json!({"passkey": {}, "totp": "123456"})] {
        let answer = owner.post("/v1/sessions/second-factor", body).await.expect(422);
        assert_eq!(answer.first_error(), (String::new(), "one_proof".to_owned()));
    }
    let sunk = owner.post("/v1/sessions/passkey-options", json!({"practice": "nowhere"})).await.expect(422);
    assert_eq!(sunk.first_error(), ("/practice".to_owned(), "unknown_practice".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_makes_one_session_however_often_it_is_sent_at_once() {
    let world = World::start(102).await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let mut phone = Authenticator::default();
    phone.counts = false;
    add_passkey(&mut maria, &mut phone).await.expect(201);
    let mut browser = world.browser();
    let asked = options(&mut browser, "demo", "patient").await;
    let assertion = phone.get(&asked);
    let tries: Vec<_> = (0..5)
        .map(|_| {
            let (mut browser, assertion) = (browser.clone(), assertion.clone());
            tokio::spawn(async move { show(&mut browser, &assertion).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401, 401, 401, 401]);
}

#[tokio::test]
async fn a_passkey_is_added_only_to_a_fresh_session_and_only_as_asked() {
    let world = World::start(103).await;
    let strict = strict(&world).await;
    let mut maria = world.signed_in(&strict, "maria").await;
    let mut phone = Authenticator::default();
    let asked = maria.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    // Not the challenge, not the page, nobody verified: each spends the question.
    for spoil in [
        |device: &mut Authenticator| device.challenge = Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        |device: &mut Authenticator| device.origin = "https://evil.example".to_owned(),
        |device: &mut Authenticator| device.verifies = false,
    ] {
        let mut device = Authenticator::default();
        spoil(&mut device);
        let asked = maria.post("/v1/passkeys/options", json!({})).await.expect(200).json();
        let body = json!({"credential": device.create(&asked)});
        let answer = maria.post("/v1/passkeys", body).await.expect(401);
        assert_eq!(answer.problem(), "sign-in-failed");
    }
    let body = json!({"credential": phone.create(&asked)});
    maria.post("/v1/passkeys", body).await.expect(401);
    add_passkey(&mut maria, &mut phone).await.expect(201);
    world.browser().post("/v1/passkeys/options", json!({})).await.expect(401);
    world.browser().get("/v1/passkeys").await.expect(401);

    maria = maria.with_header("x-user-active", "1");
    world.clock.advance_seconds(9 * 60);
    maria.get("/v1/session").await.expect(200);
    world.clock.advance_seconds(2 * 60);
    for (method, path) in
        [("POST", "/v1/passkeys/options"), ("DELETE", "/v1/passkeys/pky_01jd0000000000000000000000")]
    {
        let body = (method == "POST").then(|| b"{}".to_vec());
        let answer = maria.send(method.parse().unwrap(), path, body, &[]).await;
        assert_eq!(answer.expect(403).problem(), "step-up-required");
    }
    let before = maria.cookies["__Host-session"].clone();
    let session = step_up(&mut maria, &mut phone).await.expect(200).json();
    assert_eq!(session["account"]["name"], "Maria Lopez");
    assert_ne!(maria.cookies["__Host-session"], before, "the session goes on under a new secret");
    maria.post("/v1/passkeys/options", json!({})).await.expect(200);
    let mut old = world.browser();
    old.cookies.insert("__Host-session".to_owned(), before);
    old.get("/v1/session").await.expect(401);

    // Another's passkey steps nothing up.
    let mut john = world.signed_in(&strict, "john").await;
    let answer = step_up(&mut john, &mut phone).await.expect(401);
    assert_eq!(answer.problem(), "sign-in-failed");
}

#[tokio::test]
async fn the_screen_of_staff_locks_and_opens_where_it_was() {
    let world = World::start(104).await;
    let strict = strict(&world).await;
    let mut ana = world.signed_in(&strict, "ana").await;
    let mut key = Authenticator::default();
    add_passkey(&mut ana, &mut key).await.expect(201);
    let ends = ana.get("/v1/session").await.expect(200).json()["expires_at"].clone();

    world.clock.advance_seconds(15 * 60);
    for path in ["/v1/session", "/v1/conversations", "/v1/patients?q=ma", "/v1/passkeys", "/v1/staff"] {
        assert_eq!(ana.get(path).await.expect(401).problem(), "session-locked", "{path}");
    }
    let session = step_up(&mut ana, &mut key).await.expect(200).json();
    assert_eq!(session["expires_at"], ends, "unlocking does not lengthen the day");
    ana.get("/v1/conversations").await.expect(200);

    // By hand, at once.
    ana.post("/v1/session/lock", json!({})).await.expect(204);
    assert_eq!(ana.get("/v1/session").await.expect(401).problem(), "session-locked");
    ana.post("/v1/session/lock", json!({})).await.expect(401);
    let mut wrong = Authenticator::default();
    let mut ben = world.signed_in(&strict, "ben").await;
    add_passkey(&mut ben, &mut wrong).await.expect(201);
    step_up(&mut ana, &mut wrong).await.expect(401);
    assert_eq!(ana.get("/v1/session").await.expect(401).problem(), "session-locked");
    step_up(&mut ana, &mut key).await.expect(200);

    // After twelve hours there is nothing left to unlock, and a patient's session just ends.
    ana.post("/v1/session/lock", json!({})).await.expect(204);
    let mut maria = world.signed_in(&strict, "maria").await;
    maria.post("/v1/session/lock", json!({})).await.expect(403);
    world.clock.advance_seconds(12 * 3600);
    assert_eq!(ana.get("/v1/session").await.expect(401).problem(), "unauthenticated");
    ana.post("/v1/session/passkey-options", json!({})).await.expect(401);
    assert_eq!(maria.get("/v1/session").await.expect(401).problem(), "unauthenticated");

    // A locked screen can be left for good.
    let mut ana = world.signed_in(&strict, "ana").await;
    ana.post("/v1/session/lock", json!({})).await.expect(204);
    ana.delete("/v1/session").await.expect(204);
}

#[tokio::test]
async fn who_comes_to_a_locked_screen_takes_it_over() {
    let world = World::start(105).await;
    let strict = strict(&world).await;
    let mut ben = world.signed_in(&strict, "ben").await;
    let mut bens = Authenticator::default();
    add_passkey(&mut ben, &mut bens).await.expect(201);
    let mut desk = world.signed_in(&strict, "ana").await;
    desk.post("/v1/session/lock", json!({})).await.expect(204);
    let left = desk.cookies["__Host-session"].clone();
    let session = sign_in(&mut desk, &mut bens, "strict", "staff").await.expect(201).json();
    assert_eq!(session["account"]["name"], "Ben Moss");
    assert_ne!(desk.cookies["__Host-session"], left);
    let mut old = world.browser();
    old.cookies.insert("__Host-session".to_owned(), left);
    assert_eq!(old.get("/v1/session").await.expect(401).problem(), "unauthenticated");
}
