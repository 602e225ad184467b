//! Two practices at one address: pages, links and messages of each lead to it and never to the other.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{
    World,
    messages::{code_in, last_message, token_in},
    people::text,
};
use serde_json::json;

/// What stands in the addresses of the other practice after `/p/`.
fn reference(world: &World) -> String {
    world.other.id.to_string().strip_prefix("prc_").unwrap().to_owned()
}

#[tokio::test]
async fn a_page_finds_its_practice_by_a_word_without_meaning() {
    let world = World::start(1_401).await;
    let reference = reference(&world);
    let mut browser = world.browser();
    let ours = browser.get("/v1/practices/default").await.expect(200).json();
    assert_eq!((&ours["slug"], &ours["page"]), (&json!("demo"), &json!("/")));
    let theirs = browser.get(&format!("/v1/practices/prc_{reference}")).await.expect(200).json();
    assert_eq!(
        (&theirs["name"], &theirs["page"]),
        (&json!("Other Practice"), &json!(format!("/p/{reference}")))
    );
    assert_eq!(browser.get("/v1/practices/other").await.expect(200).json(), theirs);
    assert_eq!(browser.get(&format!("/v1/practices/{}", world.demo.id)).await.expect(200).json(), ours);
    // What nobody has, what is misspelt and what is no id at all: one answer.
    let nobody = browser.get("/v1/practices/prc_01aaaaaaaaaaaaaaaaaaaaaaaa").await.expect(404);
    for odd in ["prc_", "prc_x", "nowhere", "PRC_01AAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(
            browser.get(&format!("/v1/practices/{odd}")).await.expect(404).bytes,
            nobody.bytes,
            "{odd}"
        );
    }
}

#[tokio::test]
async fn notices_and_sign_ins_of_the_second_practice_lead_to_it_from_end_to_end() {
    let world = World::start(1_402).await;
    let reference = reference(&world);
    // Maria is a patient of both, with one mailbox and one birth date.
    let mut theirs = world.signed_in(&world.other, "ana").await;
    let id = world.conversation(&world.other, "ana", "maria").await;
    let messages = format!("/v1/conversations/{id}/messages");
    theirs.post_once(&messages, "k", text("From the other practice.")).await.expect(201);
    world.pump().await;
    let address = world.other.patients["maria"].address.clone().unwrap();
    let mail = last_message(&world, &address).unwrap();
    assert!(mail.contains(&format!("/n?l=es&p={reference}#t=")), "{mail}");
    for word in ["Other Practice", "other"] {
        let link = mail.split("/n?").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        assert!(!link.contains(word), "{link}");
    }
    let mut phone = world.browser();
    let token = token_in(&mail);
    phone.post("/v1/sessions", json!({"token": token})).await.expect(200);
    let body = json!({"token": token, "birth_date": "1985-03-14"});
    let session = phone.post("/v1/sessions/person", body).await.expect(201).json();
    assert_eq!(session["practice"]["slug"], "other");
    assert_eq!(session["opens"]["conversation_id"], id);
    phone.get(&messages).await.expect(200);

    // Asked for at its page: link and code are its own, and what they open.
    let mut laptop = world.browser();
    let ask = json!({"practice": "other", "address": address});
    laptop.post("/v1/login-links", ask).await.expect(202);
    world.pump().await;
    let mail = last_message(&world, &address).unwrap();
    assert!(mail.contains(&format!("/l?p={reference}#t=")), "{mail}");
    laptop.post("/v1/sessions", json!({"code": code_in(&mail)})).await.expect(200);
    let person = json!({"birth_date": "1985-03-14"});
    let session = laptop.post("/v1/sessions/person", person).await.expect(201).json();
    assert_eq!(session["practice"]["slug"], "other");
    let listed = laptop.get("/v1/conversations").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    // The practice that has the address to itself writes the short links, and nothing of the other is there.
    let ours = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.post_once(&format!("/v1/conversations/{ours}/messages"), "k", text("From ours.")).await.expect(201);
    world.pump().await;
    let mail = last_message(&world, &world.demo.patients["maria"].address.clone().unwrap()).unwrap();
    assert!(mail.contains("/n?l=es#t="), "{mail}");
    ana.get(&messages).await.expect(404);
    laptop.get(&format!("/v1/conversations/{ours}/messages")).await.expect(404);
}

#[tokio::test]
async fn the_desk_connects_a_phone_at_the_page_of_its_practice() {
    let world = World::start(1_403).await;
    let mut ana = world.signed_in(&world.other, "ana").await;
    let path = format!("/v1/patients/{}/device-links", world.other.patients["maria"].id);
    let made = ana.post(&path, json!({"id_seen": true})).await.expect(201).json();
    let url = made["url"].as_str().unwrap();
    let (page, token) = url.split_once("#t=").unwrap();
    assert_eq!(page, format!("{}/d?p={}", api_tests::world::ORIGIN, reference(&world)));
    let session =
        world.browser().post("/v1/devices/redeem", json!({"token": token})).await.expect(201).json();
    assert_eq!(session["practice"]["slug"], "other");
}
