//! The clocks of machines differ by seconds, and browsers have the cookies that we gave them and no others.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{
    Browser, World,
    messages::{ask, code_in, last_message, notice_to, sign_in_by_code, token_in},
};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

const MARIA: &str = "maria@patients.test";
const BORN: &str = "1985-03-14";

/// What one machine makes and another takes, whose clock is five seconds ahead or behind.
const SKEWS: [i64; 2] = [5, -5];

/// A browser that has no cookie but those that answers have set.
fn bare(world: &World) -> Browser {
    let mut browser = world.browser();
    browser.was_here = false;
    browser
}

#[tokio::test]
async fn links_work_whatever_the_clocks_say() {
    for skew in SKEWS {
        let world = World::start(1_300).await;
        // The link of a sign-in, of a notice, of the desk and of an announcement.
        let mut first = world.browser();
        ask(&mut first, "patient", MARIA).await.expect(202);
        world.pump().await;
        let token = token_in(&last_message(&world, MARIA).unwrap());
        let (_, notice) = notice_to(&world, "maria", MARIA).await;
        let mut ben = world.signed_in(&world.demo, "ben").await;
        let links = format!("/v1/patients/{}/device-links", world.demo.patients["maria"].id);
        let made = ben.post(&links, json!({"id_seen": true})).await.expect(201).json();
        let desk = made["url"].as_str().unwrap().split_once("#t=").unwrap().1.to_owned();
        world.clock.advance_seconds(skew);
        first.post("/v1/sessions", json!({"token": token})).await.expect(200);
        first.post("/v1/sessions/person", json!({"birth_date": BORN})).await.expect(201);
        let body = json!({"token": notice, "birth_date": BORN});
        world.browser().post("/v1/sessions/person", body).await.expect(201);
        let mut phone = world.browser();
        phone.post("/v1/devices/redeem", json!({"token": desk})).await.expect(201);
        world.pump().await;
        let mails = world.aws.outbox().all();
        let news = mails.iter().rfind(|mail| mail.to == MARIA && mail.text.contains("/r#t=")).unwrap();
        let revoke = news.text.split_once("/r#t=").unwrap().1[..22].to_owned();
        world.clock.advance_seconds(-skew);
        world.browser().post("/v1/sessions/revoke", json!({"token": revoke})).await.expect(204);
        phone.get("/v1/session").await.expect(401);
        first.get("/v1/session").await.expect(200);
    }
}

#[tokio::test]
async fn sessions_and_devices_live_whatever_the_clocks_say() {
    for skew in SKEWS {
        let world = World::start(1_301).await;
        let mut phone = world.browser();
        sign_in_by_code(&world, &mut phone, MARIA, BORN).await;
        world.clock.advance_seconds(skew);
        phone.get("/v1/session").await.expect(200);
        phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
        world.clock.advance_seconds(-skew);
        phone.get("/v1/devices").await.expect(200);
        phone.delete("/v1/session").await.expect(204);
        let (_, token) = notice_to(&world, "maria", MARIA).await;
        world.clock.advance_seconds(skew);
        phone.post("/v1/sessions", json!({"token": token})).await.expect(201);
        // A proof stays fresh, and a session that steps up lives on.
        phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
        world.pump().await;
        let code = code_in(&last_message(&world, MARIA).unwrap());
        world.clock.advance_seconds(-skew);
        phone.post("/v1/session/step-up", json!({"code": code})).await.expect(200);
        world.clock.advance_seconds(skew);
        phone.post("/v1/passkeys/options", json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn a_code_generator_works_whatever_the_clocks_say() {
    for skew in SKEWS {
        let world = World::start(1_302).await;
        let mut ben = world.signed_in(&world.demo, "ben").await;
        let new = ben.post("/v1/totp", json!({})).await.expect(200).json();
        let secret = Secret::try_from_base32(new["secret"].as_str().unwrap()).unwrap();
        let generator = Builder::new().with_secret(secret).with_account_name("-").build().unwrap();
        let shown = |ahead: i64| {
            let at = u64::try_from(world.clock.now().as_seconds() + ahead).unwrap();
            json!({"totp": generator.generate(at).to_string()})
        };
        ben.put("/v1/totp", shown(skew)).await.expect(200);
        // At the edge of a step the phone shows the one before or after.
        world.clock.advance_seconds(60 - world.clock.now().as_seconds().rem_euclid(30));
        let answer: Value = ben.post("/v1/session/step-up", shown(skew)).await.expect(200).json();
        assert_eq!(answer["scope"], "full");
    }
}

#[tokio::test]
async fn the_servers_own_cookies_are_enough() {
    let world = World::start(1_303).await;
    // By notice: the link alone comes first and gives the browser its mark.
    let (_, token) = notice_to(&world, "maria", MARIA).await;
    let mut phone = bare(&world);
    assert!(phone.cookies.is_empty());
    phone.post("/v1/sessions", json!({"token": token})).await.expect(200);
    assert_eq!(phone.cookies.keys().collect::<Vec<_>>(), ["__Host-browser"]);
    let body = json!({"token": token, "birth_date": BORN});
    phone.post("/v1/sessions/person", body.clone()).await.expect(201);
    assert_eq!(phone.cookies.keys().collect::<Vec<_>>(), ["__Host-browser", "__Host-session"]);
    // The same browser opens it again the next day, and no other does.
    phone.cookies.remove("__Host-session");
    phone.post("/v1/sessions/person", body.clone()).await.expect(201);
    let mut other = bare(&world);
    other.post("/v1/sessions", json!({"token": token})).await.expect(200);
    other.post("/v1/sessions/person", body).await.expect(401);
    // By code.
    let mut laptop = bare(&world);
    sign_in_by_code(&world, &mut laptop, MARIA, BORN).await;
    assert_eq!(laptop.cookies.keys().collect::<Vec<_>>(), ["__Host-browser", "__Host-session"]);
}

#[tokio::test]
async fn a_link_that_an_app_has_opened_without_cookies_opens_in_the_real_browser() {
    let world = World::start(1_304).await;
    let (conversation, token) = notice_to(&world, "maria", MARIA).await;
    let body = json!({"token": token, "birth_date": BORN});
    let mut app = bare(&world);
    app.keeps_cookies = false;
    for _ in 0..7 {
        app.post("/v1/sessions", json!({"token": token})).await.expect(200);
        let told = app.post("/v1/sessions/person", body.clone()).await.expect(400);
        assert_eq!(told.problem(), "cookies-needed");
    }
    let mut real = bare(&world);
    real.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let session = real.post("/v1/sessions/person", body).await.expect(201).json();
    assert_eq!(session["opens"]["conversation_id"], conversation);
    real.get(&format!("/v1/conversations/{conversation}/messages")).await.expect(200);
}
