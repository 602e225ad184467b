//! What the holder of an account is told without having asked, and what comes of it.

use api_tests::{Authenticator, Browser, World};
use local::aws::{Fault, FaultPlan, Rule, Sent, When};
use serde_json::json;

use crate::support::{ask, code, sent, token};

/// Signs Maria in by a code, in a browser that may have been there before.
async fn sign_in(world: &World, before: Option<&Browser>) -> Browser {
    let mut browser = ask(world, "patient", "maria@patients.test").await;
    if let Some(mark) = before.and_then(|before| before.cookies.get("__Host-browser")) {
        browser.cookies.insert("__Host-browser".to_owned(), mark.clone());
    }
    world.pump().await;
    let with_code = sent(world).into_iter().rev().find(|mail| mail.text.contains("/l#t=")).unwrap();
    let _ = browser.post("/v1/sessions", json!({"code": code(&with_code)})).await.expect(200);
    let _ = browser.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    world.pump().await;
    browser
}

/// The same without the date: the browser is remembered.
async fn sign_in_remembered(world: &World, mut browser: Browser) -> Browser {
    let body = json!({"practice": "demo", "address": "maria@patients.test"});
    let _ = browser.post("/v1/login-links", body).await.expect(202);
    world.pump().await;
    let with_code = sent(world).into_iter().rev().find(|mail| mail.text.contains("/l#t=")).unwrap();
    let _ = browser.post("/v1/sessions", json!({"code": code(&with_code)})).await.expect(201);
    browser
}

async fn passkey(world: &World, device: &mut Authenticator, status: u16) -> Browser {
    let mut browser = world.browser();
    let body = json!({"practice": "demo", "for": "patient"});
    let options = browser.post("/v1/sessions/passkey-options", body).await.expect(200).json();
    let assertion = device.get(&options);
    let body = json!({"passkey": assertion});
    let _ = browser.post("/v1/sessions/second-factor", body).await.expect(status);
    browser
}

fn news(world: &World) -> Vec<Sent> {
    sent(world).into_iter().filter(|mail| mail.text.contains("/r#t=")).collect()
}

#[tokio::test]
async fn a_mailbox_that_nobody_has_used_for_long_hears_of_it_all_the_same() {
    let world = World::start(29).await;
    let _ = sign_in(&world, None).await;
    for (days, told) in [(170, 1), (15, 2)] {
        world.clock.advance_seconds(days * 24 * 3600);
        let mut stranger = ask(&world, "patient", "+15555550101").await;
        world.pump().await;
        let with_code = sent(&world).into_iter().rev().find(|m| m.to.contains("5555550101")).unwrap();
        let _ = stranger
            .post("/v1/sessions", json!({"code": api_tests::messages::code_in(&with_code.text)}))
            .await
            .expect(200);
        let _ = stranger.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
        world.pump().await;
        assert_eq!(news(&world).len(), told, "after {days} days more");
        assert!(news(&world).iter().all(|mail| mail.to == "maria@patients.test"));
    }
}

#[tokio::test]
async fn a_sign_in_in_an_unknown_browser_is_told_of_and_the_link_ends_it_once() {
    let world = World::start(1).await;
    let mut phone = sign_in(&world, None).await;
    assert!(news(&world).is_empty(), "the first browser is no news");
    phone = sign_in(&world, Some(&phone)).await;
    assert!(news(&world).is_empty(), "it is known now");
    let mut stranger = sign_in(&world, None).await;
    let told = news(&world);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to, "maria@patients.test");
    assert!(
        !told[0].text.contains("Maria") && told[0].text.contains("2026-11-23 10:00 (EST)"),
        "{}",
        told[0].text
    );

    // The stranger has shown another proof meanwhile, and has left something behind to come back with.
    let _ = stranger.post("/v1/session/step-up-codes", json!({})).await.expect(202);
    world.pump().await;
    let step_up = code(sent(&world).last().unwrap());
    let _ = stranger.post("/v1/session/step-up", json!({"code": step_up})).await.expect(200);
    let _ = stranger.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut stolen = Authenticator::default();
    let options = stranger.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let credential = stolen.create(&options);
    let _ = stranger.post("/v1/passkeys", json!({"credential": credential})).await.expect(201);
    let mut by_device = stranger.clone();
    let _ = by_device.cookies.remove("__Host-session");
    by_device = sign_in_remembered(&world, by_device).await;
    let by_passkey = passkey(&world, &mut stolen, 201).await;
    world.pump().await;
    let later = news(&world).len();
    let mut thieves = [stranger.clone(), by_device, by_passkey];

    // Looking at the page does nothing; whoever presses the button ends that sign-in and what came of it.
    for browser in &mut thieves {
        let _ = browser.get("/v1/conversations").await.expect(200);
    }
    for token in ["AAAAAAAAAAAAAAAAAAAAAA", "not a token"] {
        let _ = world.browser().post("/v1/sessions/revoke", json!({"token": token})).await.expect(204);
    }
    let _ = stranger.get("/v1/conversations").await.expect(200);
    let press = async |mail: &Sent| {
        let body = json!({"token": token(mail)});
        let _ = world.browser().post("/v1/sessions/revoke", body).await.expect(204);
    };
    press(&told[0]).await;
    for browser in &mut thieves {
        let _ = browser.get("/v1/conversations").await.expect(401);
    }
    let _ = phone.get("/v1/conversations").await.expect(200);
    let _ = passkey(&world, &mut stolen, 401).await;
    let left = phone.get("/v1/devices").await.expect(200).json();
    assert_eq!(left["items"], json!([]));
    assert_eq!(phone.get("/v1/passkeys").await.expect(200).json()["items"], json!([]));
    // Pressed again it ends nothing: not what the same browser has done since.
    let mut again = sign_in(&world, Some(&stranger)).await;
    press(&told[0]).await;
    let _ = again.get("/v1/conversations").await.expect(200);
    // A week later a link that nobody has pressed ends nothing either.
    let mut other = sign_in(&world, None).await;
    let told = news(&world);
    assert_eq!(told.len(), later + 1);
    world.clock.advance_seconds(7 * 24 * 3600);
    other = sign_in(&world, Some(&other)).await;
    press(told.last().unwrap()).await;
    let _ = other.get("/v1/conversations").await.expect(200);
}

#[tokio::test]
async fn a_phone_that_was_connected_at_the_desk_is_always_told_of_to_mailboxes_and_phones() {
    let world = World::start(2).await;
    let _ = sign_in(&world, None).await;
    let mut by_phone = ask(&world, "patient", "+15555550101").await;
    world.pump().await;
    let text = sent(&world).into_iter().rev().find(|sent| sent.to == "+15555550101").unwrap();
    // In a text message the code stands at the end, for the phone to fill in.
    let digits = text.text.rsplit('#').next().unwrap().trim();
    let _ = by_phone.post("/v1/sessions", json!({"code": digits})).await.expect(200);
    let _ = by_phone.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    world.pump().await;
    let before = news(&world).len();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let links = format!("/v1/patients/{}/device-links", world.demo.patients["maria"].id);
    // A browser that the account knows makes no difference.
    for round in 1..=2 {
        let made = ben.post(&links, json!({"id_seen": true})).await.expect(201).json();
        let token = made["url"].as_str().unwrap().split_once("#t=").unwrap().1;
        let _ = by_phone.post("/v1/devices/redeem", json!({"token": token})).await.expect(201);
        world.pump().await;
        let told: Vec<_> =
            news(&world).into_iter().skip(before + 2 * (round - 1)).map(|sent| sent.to).collect();
        assert_eq!(told, ["maria@patients.test", "+15555550101"], "{round}");
    }
}

#[tokio::test]
async fn a_notice_that_is_opened_further_in_an_unknown_browser_is_told_of() {
    let world = World::start(3).await;
    let mut known = sign_in(&world, None).await;
    let (_, token) = api_tests::messages::notice_to(&world, "maria", "maria@patients.test").await;
    let mut stranger = world.browser();
    let _ = stranger.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let body = json!({"token": token, "birth_date": "1985-03-14"});
    let _ = stranger.post("/v1/sessions/person", body).await.expect(201);
    world.pump().await;
    assert!(news(&world).is_empty(), "one conversation is no news");
    let step_up = async |browser: &mut Browser| {
        let _ = browser.post("/v1/session/step-up-codes", json!({})).await.expect(202);
        world.pump().await;
        let code = code(sent(&world).last().unwrap());
        let _ = browser.post("/v1/session/step-up", json!({"code": code})).await.expect(200);
        world.pump().await;
    };
    step_up(&mut stranger).await;
    let told = news(&world);
    assert_eq!(told.len(), 1, "everything is");
    step_up(&mut stranger).await;
    assert_eq!(news(&world).len(), 1, "once");
    let _ = world
        .browser()
        .post("/v1/sessions/revoke", json!({"token": self::token(&told[0])}))
        .await
        .expect(204);
    let _ = stranger.get("/v1/session").await.expect(401);
    let _ = known.get("/v1/session").await.expect(200);
}

#[tokio::test]
async fn a_first_full_sign_in_is_told_of_where_another_browser_has_read_notices_before() {
    let world = World::start(6).await;
    let (_, token) = api_tests::messages::notice_to(&world, "maria", "maria@patients.test").await;
    let mut own = world.browser();
    let _ = own.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let body = json!({"token": token, "birth_date": "1985-03-14"});
    let _ = own.post("/v1/sessions/person", body).await.expect(201);
    world.pump().await;
    assert!(news(&world).is_empty(), "one conversation is no news");
    // Somebody who reads the mailbox and knows the date.
    let stranger = sign_in(&world, None).await;
    assert_eq!(news(&world).len(), 1);
    // What has opened one conversation is not known by that: a thief who began so is told of as well.
    world.clock.advance_seconds(1);
    let first = sign_in(&world, Some(&own)).await;
    assert_eq!(news(&world).len(), 2);
    for known in [stranger, first] {
        let _ = sign_in(&world, Some(&known)).await;
    }
    assert_eq!(news(&world).len(), 2, "now both are known");
}

/// Everything that a sign-in has left: its session, what it rests on and what came of it.
async fn thief(world: &World) -> (Browser, Browser, Authenticator) {
    let mut stranger = sign_in(world, None).await;
    let _ = stranger.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut stolen = add_passkey(&mut stranger).await;
    let mut by_device = stranger.clone();
    let _ = by_device.cookies.remove("__Host-session");
    by_device = sign_in_remembered(world, by_device).await;
    let by_passkey = passkey(world, &mut stolen, 201).await;
    world.pump().await;
    (by_device, by_passkey, stolen)
}

#[tokio::test(start_paused = true)]
async fn a_press_that_a_fault_cut_short_is_finished_by_the_next() {
    let faults = [Fault::InternalError, Fault::Timeout, Fault::RequestLost, Fault::ResponseLost];
    let (mut cases, mut cut_short) = (0, 0);
    for fault in faults {
        for nth in 1.. {
            let world = World::start(7).await;
            let mut own = sign_in(&world, None).await;
            let (by_device, by_passkey, mut stolen) = thief(&world).await;
            let token = token(&news(&world)[0]);
            let press = async || {
                let body = json!({"token": token});
                world.browser().post("/v1/sessions/revoke", body).await.status.as_u16()
            };
            let rules = (0..4).map(|more| Rule::new(When::Nth(nth + more), fault.clone()));
            let plan = FaultPlan::new(1, rules.collect());
            let recorder = world.aws.recorder();
            world.aws.set_faults(Some(plan));
            let (status, calls) = recorder.scope("press", press()).await;
            world.aws.set_faults(None);
            let reached = calls.count() as u64 >= nth;
            cases += 1;
            if status != 204 {
                cut_short += 1;
                assert_eq!(status, 503);
                assert_eq!(press().await, 204);
            }
            for mut browser in [by_device, by_passkey] {
                let _ = browser.get("/v1/session").await.expect(401);
            }
            let _ = passkey(&world, &mut stolen, 401).await;
            let _ = own.get("/v1/session").await.expect(200);
            let left = own.get("/v1/devices").await.expect(200).json();
            assert_eq!(left["items"], json!([]), "{fault:?} {nth}");
            // What is done is done: the link ends nothing that comes later.
            let _ = add_passkey(&mut own).await;
            assert_eq!(press().await, 204);
            let left = own.get("/v1/passkeys").await.expect(200).json();
            assert_eq!(left["items"].as_array().unwrap().len(), 1, "{fault:?} {nth}");
            if !reached {
                break;
            }
        }
    }
    assert!(cut_short >= 20 && cases > cut_short, "{cut_short} of {cases}");
}

async fn add_passkey(browser: &mut Browser) -> Authenticator {
    let mut key = Authenticator::default();
    let options = browser.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let credential = key.create(&options);
    let _ = browser.post("/v1/passkeys", json!({"credential": credential})).await.expect(201);
    key
}

#[tokio::test]
async fn a_passkey_and_a_remembered_device_are_told_of_and_one_act_once() {
    let world = World::start(4).await;
    // The first browser of all is no news; that it is remembered is.
    let mut phone = sign_in(&world, None).await;
    let _ = phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
    world.pump().await;
    let told = news(&world);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to, "maria@patients.test");
    assert_eq!(told[0].subject.as_deref(), Some("Se recuerda un teléfono o una computadora"));
    assert!(!told[0].text.contains("Maria"), "{}", told[0].text);
    // A sign-in in another browser is told of; that this has it remembered is the same act.
    world.clock.advance_seconds(1);
    let mut other = sign_in(&world, None).await;
    let _ = other.post("/v1/devices", json!({"shared": false})).await.expect(201);
    world.pump().await;
    assert_eq!(news(&world).len(), 2);
    // A passkey outlives the sign-in and is told of always.
    let _ = add_passkey(&mut other).await;
    world.pump().await;
    let told = news(&world);
    assert_eq!(told.len(), 3);
    assert_eq!(told[2].subject.as_deref(), Some("Nueva llave de acceso"));
    // Whoever presses there has all of it gone that came after, and nothing from before.
    let mut later = sign_in(&world, Some(&other)).await;
    let _ = add_passkey(&mut later).await;
    let _ = world.browser().post("/v1/sessions/revoke", json!({"token": token(&told[2])})).await.expect(204);
    let _ = other.get("/v1/session").await.expect(401);
    let _ = later.get("/v1/session").await.expect(200);
    let left = phone.get("/v1/passkeys").await.expect(200).json();
    assert_eq!(left["items"], json!([]));
    let devices = phone.get("/v1/devices").await.expect(200).json();
    assert_eq!(devices["items"].as_array().unwrap().len(), 1);
    // Staff are not patients: their passkeys are not told of here.
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let before = sent(&world).len();
    let _ = add_passkey(&mut ana).await;
    world.pump().await;
    let mut new = sent(&world).split_off(before);
    new.sort_by_key(|mail| !mail.to.contains("maria"));
    let to: Vec<_> = new.iter().map(|mail| mail.to.trim_matches(['<', '>'])).collect();
    assert_eq!(to, ["maria@patients.test", "ana@demo.test"], "the second passkey of the patient, and hers");
    assert!(new[1].text.contains("administrator") && !new[1].text.contains("/r#t="), "{}", new[1].text);
}
