//! How staff of a deployed practice sign in: a passkey, or a link and a code generator; a link alone enrols once.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{
    Answer, Authenticator, Browser, Practice, World,
    leaks::{Canaries, Scanner},
    messages::code_in,
    people,
};
use domain::{practice::Policies, time::Timestamp};
use platform::clock::Clock;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

async fn strict(world: &World) -> Practice {
    people::practice_with(&world.operator, "strict", "Strict: Practice", Policies::STRICT).await
}

/// Proves a link in a browser of its own, and returns the browser and what is next.
async fn by_link(world: &World, who: &str) -> (Browser, Value) {
    let (mut browser, code) = mailed(world, who).await;
    let next = browser.post("/v1/sessions", json!({"code": code})).await.expect(200).json();
    (browser, next)
}

async fn mailed(world: &World, who: &str) -> (Browser, String) {
    // The limit of messages to one address is not what is tested here.
    world.clock.advance_seconds(5 * 60);
    let mut browser = world.browser();
    let address = format!("{who}@strict.test");
    let ask = json!({"practice": "strict", "for": "staff", "address": address});
    browser.post("/v1/login-links", ask).await.expect(202);
    world.pump().await;
    let mails = world.aws.outbox().all();
    let mail = mails.into_iter().rev().find(|mail| mail.to.contains(&address)).expect("a mail");
    (browser, code_in(&mail.text))
}

fn totp_at(world: &World, secret: &str, seconds: i64) -> String {
    let generator = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .with_account_name("-")
        .build()
        .unwrap();
    let time = u64::try_from(world.clock.now().as_seconds() + seconds).unwrap();
    generator.generate(time).to_string()
}

/// Sets up a code generator, and returns its secret and recovery codes.
async fn set_up_totp(world: &World, browser: &mut Browser) -> (String, Vec<String>) {
    let new = browser.post("/v1/totp", json!({})).await.expect(200).json();
    let secret = new["secret"].as_str().unwrap().to_owned();
    let url = new["otpauth_url"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/Strict%20%20Practice:") && url.contains(&secret), "{url}");
    assert!(new["qr_svg"].as_str().unwrap().contains("<svg"));
    browser.put("/v1/totp", json!({"totp": "12345"})).await.expect(401);
    let confirmed = browser.put("/v1/totp", json!({"totp": totp_at(world, &secret, 0)})).await.expect(200);
    let codes = confirmed.json()["recovery_codes"].as_array().unwrap().clone();
    (secret, codes.into_iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn second_factor(browser: &mut Browser, body: Value) -> Answer {
    browser.post("/v1/sessions/second-factor", body).await
}

#[tokio::test]
async fn a_link_enrols_a_passkey_once_and_opens_nothing_after_that() {
    let world = World::start(110).await;
    strict(&world).await;
    let (mut ana, next) = by_link(&world, "ana").await;
    assert_eq!(next, json!({"next": "enrol"}));
    assert!(!ana.cookies.contains_key("__Host-session"), "a link alone opens nothing");
    ana.get("/v1/session").await.expect(401);
    // Two who read the same mailbox.
    let (mut thief, next) = by_link(&world, "ana").await;
    assert_eq!(next, json!({"next": "enrol"}));
    let mut theirs = Authenticator::default();
    let asked = thief.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let late = theirs.create(&asked);

    let mut key = Authenticator::default();
    let asked = ana.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    assert_eq!(asked["publicKey"]["user"]["displayName"], "Ana Ruiz");
    let body = json!({"credential": key.create(&asked)});
    let session = ana.post("/v1/passkeys", body.clone()).await.expect(201).json();
    assert_eq!(session["account"]["name"], "Ana Ruiz");
    assert!(ana.cookies.contains_key("__Host-session") && !ana.cookies.contains_key("__Host-flow"));
    ana.get("/v1/conversations").await.expect(200);
    let answer = thief.post("/v1/passkeys", json!({"credential": late})).await.expect(401);
    assert_eq!(answer.problem(), "unauthenticated");
    assert_eq!(ana.get("/v1/passkeys").await.expect(200).json()["items"].as_array().unwrap().len(), 1);

    let (mut again, next) = by_link(&world, "ana").await;
    assert_eq!(next, json!({"next": "second_factor", "methods": ["passkey"]}));
    again.post("/v1/passkeys/options", json!({})).await.expect(401);
    again.post("/v1/totp", json!({})).await.expect(401);
    let flow = again.cookies["__Host-flow"].clone();
    let ask = json!({"practice": "strict", "for": "staff"});
    let asked = again.post("/v1/sessions/passkey-options", ask).await.expect(200).json();
    assert_eq!(again.cookies["__Host-flow"], flow, "the proven link stays");
    second_factor(&mut again, json!({"passkey": key.get(&asked)})).await.expect(201);

    // The last factor stays.
    let id = again.get("/v1/passkeys").await.expect(200).json()["items"][0]["id"].clone();
    let path = format!("/v1/passkeys/{}", id.as_str().unwrap());
    assert_eq!(again.delete(&path).await.expect(409).problem(), "conflict");
}

#[tokio::test]
async fn a_link_and_a_code_generator_sign_in_whoever_may_use_one() {
    let world = World::start(111).await;
    strict(&world).await;
    let (mut ben, next) = by_link(&world, "ben").await;
    assert_eq!(next, json!({"next": "enrol"}));
    let (secret, recovery) = set_up_totp(&world, &mut ben).await;
    assert_eq!(recovery.len(), 10);
    let factors = ben.get("/v1/factors").await.expect(200).json();
    assert_eq!(factors, json!({"passkeys": 0, "totp": true, "recovery_codes_left": 10}));
    assert_eq!(ben.get("/v1/session").await.expect(200).json()["account"]["name"], "Ben Moss");
    ben.delete("/v1/totp").await.expect(409);

    let (mut next_day, next) = by_link(&world, "ben").await;
    assert_eq!(next, json!({"next": "second_factor", "methods": ["totp", "recovery_code"]}));
    let wrong = second_factor(&mut next_day, json!({"totp": "000000"})).await.expect(401);
    let old = second_factor(&mut next_day, json!({"totp": totp_at(&world, &secret, -120)})).await.expect(401);
    assert_eq!((wrong.bytes, wrong.headers), (old.bytes, old.headers));
    let code = totp_at(&world, &secret, -30);
    let mut copy = next_day.clone();
    second_factor(&mut next_day, json!({"totp": code})).await.expect(201);
    second_factor(&mut copy, json!({"totp": totp_at(&world, &secret, 30)})).await.expect(401);
    let (mut same_step, _) = by_link(&world, "ben").await;
    let code = totp_at(&world, &secret, 0);
    second_factor(&mut same_step, json!({"totp": code})).await.expect(201);
    let (mut another, _) = by_link(&world, "ben").await;
    let code = totp_at(&world, &secret, 0);
    second_factor(&mut another.clone(), json!({"totp": code})).await.expect(201);
    second_factor(&mut another, json!({"totp": code})).await.expect(401);

    // A recovery code is good once, however it is written.
    let (mut lost, _) = by_link(&world, "ben").await;
    second_factor(&mut lost, json!({"recovery_code": "aaaa-aaaa-aaaa-aaaa"})).await.expect(401);
    let written = recovery[3].to_uppercase().replace('-', " ");
    second_factor(&mut lost, json!({"recovery_code": written})).await.expect(201);
    assert_eq!(lost.get("/v1/factors").await.expect(200).json()["recovery_codes_left"], 9);
    let (mut again, _) = by_link(&world, "ben").await;
    second_factor(&mut again, json!({"recovery_code": recovery[3]})).await.expect(401);
    second_factor(&mut again, json!({"recovery_code": recovery[4]})).await.expect(201);
}

#[tokio::test]
async fn codes_of_a_generator_are_tried_five_times_and_ten_in_an_hour() {
    let world = World::start(112).await;
    strict(&world).await;
    let (mut ben, _) = by_link(&world, "ben").await;
    let (secret, _) = set_up_totp(&world, &mut ben).await;
    // Without a link proven first nothing is compared.
    let (mut unproven, _) = mailed(&world, "ben").await;
    let right = totp_at(&world, &secret, 0);
    second_factor(&mut unproven, json!({"totp": right})).await.expect(401);
    world.clock.advance_seconds(3600);
    let mut statuses = Vec::new();
    for over in [401, 429] {
        let (mut browser, _) = by_link(&world, "ben").await;
        for _ in 0..5 {
            statuses.push(second_factor(&mut browser, json!({"totp": "000000"})).await.status.as_u16());
        }
        let right = totp_at(&world, &secret, 0);
        second_factor(&mut browser, json!({"totp": right})).await.expect(over);
    }
    assert_eq!(statuses, [401; 10]);
    let (mut third, _) = by_link(&world, "ben").await;
    let right = totp_at(&world, &secret, 0);
    let answer = second_factor(&mut third, json!({"totp": right})).await.expect(429);
    assert!(answer.headers.contains_key("retry-after"));
    world.clock.advance_seconds(3600);
    let (mut later, _) = by_link(&world, "ben").await;
    second_factor(&mut later, json!({"totp": totp_at(&world, &secret, 0)})).await.expect(201);
}

#[tokio::test]
async fn admins_and_auditors_have_no_code_generator() {
    let world = World::start(113).await;
    let strict = strict(&world).await;
    for who in ["ana", "ida"] {
        let (mut browser, _) = by_link(&world, who).await;
        browser.post("/v1/totp", json!({})).await.expect(403);
    }
    world.signed_in(&strict, "maria").await.post("/v1/totp", json!({})).await.expect(403);

    // Ben becomes an admin while he has a generator alone: it lets him add a passkey, and nothing else.
    let (mut ben, _) = by_link(&world, "ben").await;
    let (secret, _) = set_up_totp(&world, &mut ben).await;
    let mut max = world.signed_in(&strict, "max").await;
    let path = format!("/v1/staff/{}", strict.staff["ben"]);
    max.patch(&path, json!({"roles": ["admin"]})).await.expect(200);
    let (mut ben, next) = by_link(&world, "ben").await;
    assert_eq!(next["methods"], json!(["totp", "recovery_code"]));
    let answer = second_factor(&mut ben, json!({"totp": totp_at(&world, &secret, 0)})).await.expect(200);
    assert_eq!(answer.json(), json!({"next": "enrol"}));
    let mut key = Authenticator::default();
    let asked = ben.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    ben.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    let (mut ben, next) = by_link(&world, "ben").await;
    assert_eq!(next["methods"], json!(["passkey"]));
    second_factor(&mut ben, json!({"totp": totp_at(&world, &secret, 0)})).await.expect(401);
}

#[tokio::test]
async fn a_code_steps_up_and_unlocks_and_only_its_owners_does() {
    let world = World::start(114).await;
    let strict = strict(&world).await;
    let (mut ben, _) = by_link(&world, "ben").await;
    let (secret, _) = set_up_totp(&world, &mut ben).await;
    ben.post("/v1/session/lock", json!({})).await.expect(204);
    ben.post("/v1/session/step-up", json!({})).await.expect(422);
    ben.post("/v1/session/step-up", json!({"totp": "000000"})).await.expect(401);
    assert_eq!(ben.get("/v1/session").await.expect(401).problem(), "session-locked");
    world.clock.advance_seconds(30);
    let code = totp_at(&world, &secret, 0);
    let before = ben.cookies["__Host-session"].clone();
    ben.post("/v1/session/step-up", json!({"totp": code})).await.expect(200);
    assert_ne!(ben.cookies["__Host-session"], before);
    ben.post("/v1/session/step-up", json!({"totp": code})).await.expect(401);
    world.clock.advance_seconds(30);
    let code = totp_at(&world, &secret, 0);
    for other in ["cleo", "maria"] {
        let mut other = world.signed_in(&strict, other).await;
        other.post("/v1/session/step-up", json!({"totp": code})).await.expect(401);
    }
    // With a passkey beside it, the generator may go.
    let mut key = Authenticator::default();
    let asked = ben.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    ben.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    ben.delete("/v1/totp").await.expect(204);
    ben.delete("/v1/totp").await.expect(404);
    assert_eq!(ben.get("/v1/factors").await.expect(200).json()["totp"], false);
}

#[tokio::test]
async fn secrets_of_a_generator_stand_nowhere_readable() {
    let data = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp::parse("2026-11-23T15:00:00Z").unwrap());
    let world = World::on(117, clock, Some(data.path().to_owned())).await;
    strict(&world).await;
    let (mut ben, _) = by_link(&world, "ben").await;
    let (secret, recovery) = set_up_totp(&world, &mut ben).await;
    let mut canaries = Canaries::default();
    canaries.secret("generator", &secret);
    for code in &recovery {
        canaries.secret("recovery code", code);
        canaries.secret("recovery code", &code.replace('-', ""));
    }
    let (leaks, files) = Scanner::new(&canaries).scan_directory(data.path(), &[]).unwrap();
    assert!(files > 0);
    assert!(leaks.is_empty(), "{leaks:?}");
}

/// Who got the mail about a reset.
fn told(world: &World) -> Vec<String> {
    let mails = world.aws.outbox().all().into_iter().filter(|mail| mail.text.contains("passkeys and codes"));
    let mut told: Vec<_> = mails.map(|mail| mail.to.trim_matches(['<', '>']).to_owned()).collect();
    told.sort();
    told
}

/// The subjects of what somebody was told of their own factors.
fn told_of_factors(world: &World, address: &str) -> Vec<String> {
    let mails = world.aws.outbox().all().into_iter().filter(|mail| mail.to.contains(address));
    let news = mails.filter(|mail| mail.text.contains("your staff sign-in"));
    news.map(|mail| mail.subject.unwrap_or_default()).collect()
}

#[tokio::test]
async fn whoever_gets_another_factor_is_told_of_it_and_nobody_else() {
    let world = World::start(119).await;
    strict(&world).await;
    // The first one, with which somebody signs in; then one more.
    let (mut ben, _) = by_link(&world, "ben").await;
    set_up_totp(&world, &mut ben).await;
    world.pump().await;
    let generator = "New code generator for the staff console";
    assert_eq!(told_of_factors(&world, "ben@strict.test"), [generator]);
    let mut key = Authenticator::default();
    let asked = ben.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    ben.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    world.pump().await;
    let passkey = "New passkey for the staff console";
    assert_eq!(told_of_factors(&world, "ben@strict.test"), [generator, passkey]);
    let (mut ana, _) = by_link(&world, "ana").await;
    let asked = ana.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    ana.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    world.pump().await;
    assert_eq!(told_of_factors(&world, "ana@strict.test"), [passkey]);
    assert_eq!(told_of_factors(&world, "strict.test").len(), 3);
    // What was refused is told to nobody.
    ana.post("/v1/passkeys", json!({"credential": {}})).await.expect(401);
    world.pump().await;
    assert_eq!(told_of_factors(&world, "strict.test").len(), 3);
}

#[tokio::test]
async fn another_admin_lets_somebody_begin_again_and_every_admin_hears_of_it() {
    let world = World::start(115).await;
    let strict = strict(&world).await;
    let (mut ben, _) = by_link(&world, "ben").await;
    let (secret, _) = set_up_totp(&world, &mut ben).await;
    let mut key = Authenticator::default();
    let asked = ben.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    ben.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    let (mut proven, _) = by_link(&world, "ben").await;

    let path = format!("/v1/staff/{}/factors", strict.staff["ben"]);
    world.browser().delete(&path).await.expect(401);
    ben.delete(&path).await.expect(403);
    world.signed_in(&world.other, "ana").await.delete(&path).await.expect(404);
    let mut ana = world.signed_in(&strict, "ana").await;
    let own = format!("/v1/staff/{}/factors", strict.staff["ana"]);
    assert_eq!(ana.delete(&own).await.expect(403).problem(), "forbidden");
    let (mut stale, path_) = (ana.clone().with_header("x-user-active", "1"), path.clone());
    world.clock.advance_seconds(8 * 60);
    stale.get("/v1/session").await.expect(200);
    world.clock.advance_seconds(3 * 60);
    assert_eq!(stale.delete(&path_).await.expect(403).problem(), "step-up-required");

    let mut max = world.signed_in(&strict, "max").await;
    max.delete(&path).await.expect(204);
    world.pump().await;
    assert_eq!(told(&world), ["ana@strict.test", "max@strict.test"]);
    assert_eq!(ben.get("/v1/session").await.expect(401).problem(), "unauthenticated");
    let code = totp_at(&world, &secret, 0);
    second_factor(&mut proven, json!({"totp": code})).await.expect(401);
    let ask = json!({"practice": "strict", "for": "staff"});
    let mut fresh = world.browser();
    let asked = fresh.post("/v1/sessions/passkey-options", ask).await.expect(200).json();
    second_factor(&mut fresh, json!({"passkey": key.get(&asked)})).await.expect(401);
    let (mut again, next) = by_link(&world, "ben").await;
    assert_eq!(next, json!({"next": "enrol"}));
    set_up_totp(&world, &mut again).await;
    again.get("/v1/session").await.expect(200);
}

#[tokio::test]
async fn what_changes_who_may_read_asks_for_a_fresh_proof_where_the_practice_does() {
    let world = World::start(116).await;
    let strict = strict(&world).await;
    for (practice, expected) in [(&strict, true), (&world.demo, false)] {
        let mut ana = world.signed_in(practice, "ana").await;
        let mut key = Authenticator::default();
        let asked = ana.post("/v1/passkeys/options", json!({})).await.expect(200).json();
        ana.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
        world.clock.advance_seconds(11 * 60);
        let ben = format!("/v1/staff/{}", practice.staff["ben"]);
        let luis = format!("/v1/patients/{}/accounts", practice.patients["luis"].id);
        let rosas = format!("{luis}/{}", practice.patients["rosa"].account.unwrap());
        let invite = json!({"name": "Nia Holm", "email": "nia@new.test", "roles": ["clinician"]});
        let acts = [
            ("PATCH", ben, json!({"name": "Ben Moss-Hale"})),
            ("POST", "/v1/staff".to_owned(), invite),
            ("PATCH", "/v1/practice".to_owned(), json!({"hours": "Mon-Fri 9-17"})),
            ("POST", luis, json!({"relation": "parent"})),
            ("DELETE", rosas, Value::Null),
            ("GET", "/v1/audit/export".to_owned(), Value::Null),
        ];
        for fresh in [false, true] {
            if fresh {
                let asked = ana.post("/v1/session/passkey-options", json!({})).await.expect(200).json();
                let passkey = key.get(&asked);
                ana.post("/v1/session/step-up", json!({"passkey": passkey})).await.expect(200);
            }
            for (method, path, body) in &acts {
                let body = (!body.is_null()).then(|| body.to_string().into_bytes());
                let headers = [("idempotency-key", world.fresh_key())];
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let answer = ana.send(method.parse().unwrap(), path, body, &headers).await;
                let refused = answer.status.as_u16() == 403;
                assert_eq!(refused, expected && !fresh, "{method} {path} fresh={fresh}: {}", answer.json());
                if refused {
                    assert_eq!(answer.problem(), "step-up-required");
                }
            }
            if !expected {
                break;
            }
        }
    }
}

/// Mails to this address whose subject is that of an invitation.
fn invitations(world: &World, address: &str) -> Vec<String> {
    let mails = world.aws.outbox().all().into_iter().filter(|mail| mail.to.contains(address));
    mails.map(|mail| mail.text).filter(|text| text.contains("new invitation")).collect()
}

#[tokio::test]
async fn an_invitation_ends_when_its_mail_says_and_an_admin_sends_another() {
    let world = World::start(117).await;
    let strict = strict(&world).await;
    let mut ana = world.signed_in(&strict, "ana").await;
    let body = json!({"name": "Nia Holm", "email": "nia@strict.test", "roles": ["clinician"]});
    let nia = ana.post_once("/v1/staff", "nia", body).await.expect(201).json();
    let end = world.clock.now().plus_seconds(72 * 3600);
    assert_eq!(nia["invitation"], json!({"ends_at": end, "over": false}));
    world.pump().await;
    let [mail] = &invitations(&world, "nia@strict.test")[..] else { panic!("one invitation") };
    let zone = domain::time::ZoneName::parse("America/New_York").unwrap();
    assert!(mail.contains(&end.in_zone(&zone)) && mail.contains("/staff"), "{mail}");
    assert!(!mail.contains("#t="), "an invitation holds no secret: {mail}");

    // A link of the last minute is of no use after the end.
    world.clock.advance_seconds(72 * 3600 - 6 * 60);
    let (mut early, next) = by_link(&world, "nia").await;
    assert_eq!(next, json!({"next": "enrol"}));
    let mut key = Authenticator::default();
    let asked = early.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let late = json!({"credential": key.create(&asked)});
    world.clock.advance_seconds(61);
    early.post("/v1/passkeys", late).await.expect(401);
    let (mut nia_browser, code) = mailed(&world, "nia").await;
    let over = nia_browser.post("/v1/sessions", json!({"code": code})).await.expect(403);
    assert_eq!(over.problem(), "invitation-over");
    assert!(over.json()["detail"].as_str().unwrap().contains("Ask your admin"));
    nia_browser.post("/v1/passkeys/options", json!({})).await.expect(401);
    nia_browser.get("/v1/session").await.expect(401);

    let path = format!("/v1/staff/{}/invitations", nia["id"].as_str().unwrap());
    world.browser().post(&path, json!({})).await.expect(401);
    world.signed_in(&strict, "ben").await.post(&path, json!({})).await.expect(403);
    let foreign = world.signed_in(&world.other, "ana").await.post(&path, json!({})).await.expect(404);
    let mut ana = world.signed_in(&strict, "ana").await;
    let missing =
        ana.post(&format!("/v1/staff/{}/invitations", "stf_00000000000000000000000000"), json!({})).await;
    assert_eq!(missing.expect(404).bytes, foreign.bytes);
    let listed = ana.get("/v1/staff").await.expect(200).json();
    let row = |listed: &Value| {
        listed["items"].as_array().unwrap().iter().find(|s| s["id"] == nia["id"]).unwrap().clone()
    };
    assert_eq!(row(&listed)["invitation"]["over"], true);
    let again = ana.post(&path, json!({})).await.expect(202).json();
    assert_eq!(again["invitation"]["over"], false);
    world.pump().await;
    assert_eq!(invitations(&world, "nia@strict.test").len(), 2);

    let (mut nia_browser, next) = by_link(&world, "nia").await;
    assert_eq!(next, json!({"next": "enrol"}));
    let mut key = Authenticator::default();
    let asked = nia_browser.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    nia_browser.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    let listed = ana.get("/v1/staff").await.expect(200).json();
    assert_eq!(row(&listed)["invitation"], Value::Null);
    assert_eq!(ana.post(&path, json!({})).await.expect(409).problem(), "conflict");
}

#[tokio::test]
async fn invitations_are_sent_three_times_in_a_while() {
    let world = World::start(118).await;
    let strict = strict(&world).await;
    let mut ana = world.signed_in(&strict, "ana").await;
    let path = format!("/v1/staff/{}/invitations", strict.staff["ben"]);
    for _ in 0..3 {
        ana.post(&path, json!({})).await.expect(202);
    }
    let refused = ana.post(&path, json!({})).await.expect(429);
    assert!(refused.headers.contains_key("retry-after"));
    // An admin whose last proof is old shows another first.
    world.clock.advance_seconds(11 * 60);
    assert_eq!(ana.post(&path, json!({})).await.expect(403).problem(), "step-up-required");
}
