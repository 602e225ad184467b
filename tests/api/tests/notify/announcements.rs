//! What the holder of an account is told without having asked, and what comes of it.

use api_tests::{Browser, World};
use local::aws::Sent;
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

fn news(world: &World) -> Vec<Sent> {
    sent(world).into_iter().filter(|mail| mail.text.contains("/r#t=")).collect()
}

#[tokio::test]
async fn a_sign_in_in_an_unknown_browser_is_told_of_and_the_link_ends_every_session() {
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

    // Looking at the page does nothing; whoever presses the button ends it all, once and again.
    let _ = stranger.get("/v1/conversations").await.expect(200);
    for token in ["AAAAAAAAAAAAAAAAAAAAAA", "not a token"] {
        let _ = world.browser().post("/v1/sessions/revoke", json!({"token": token})).await.expect(204);
    }
    let _ = stranger.get("/v1/conversations").await.expect(200);
    for _ in 0..2 {
        let _ =
            world.browser().post("/v1/sessions/revoke", json!({"token": token(&told[0])})).await.expect(204);
    }
    for browser in [&mut stranger, &mut phone] {
        let _ = browser.get("/v1/conversations").await.expect(401);
    }
    // A week later it ends nothing.
    world.clock.advance_seconds(7 * 24 * 3600);
    let mut phone = sign_in(&world, Some(&phone)).await;
    let _ = world.browser().post("/v1/sessions/revoke", json!({"token": token(&told[0])})).await.expect(204);
    let _ = phone.get("/v1/conversations").await.expect(200);
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
