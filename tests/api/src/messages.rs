//! What people find in their mailboxes and phones.

use serde_json::json;

use crate::{Answer, Browser, World, people::text};

/// The last mail or text to an address: its text. Not the word of a sign-in, which leaves at the same time.
pub fn last_message(world: &World, to: &str) -> Option<String> {
    let asked = |text: &str| !text.contains("/r#t=");
    world.aws.outbox().all().into_iter().rev().find(|m| m.to.contains(to) && asked(&m.text)).map(|m| m.text)
}

/// How many mails or texts went to an address.
pub fn messages_to(world: &World, to: &str) -> usize {
    world.aws.outbox().all().into_iter().filter(|m| m.to.contains(to)).count()
}

/// The code in a mail or text.
pub fn code_in(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|l| l.len() == 8 && l.bytes().all(|b| b.is_ascii_digit()));
    match line {
        Some(code) => code.to_owned(),
        // An SMS ends with `@host #12345678`.
        None => message.rsplit_once('#').expect("a code").1[..8].to_owned(),
    }
}

/// The token of the link in a mail or text.
pub fn token_in(message: &str) -> String {
    message.split_once("#t=").expect("a link").1[..22].to_owned()
}

/// Asks for a sign-in message at the demonstration.
pub async fn ask(browser: &mut Browser, audience: &str, address: &str) -> Answer {
    browser.post("/v1/login-links", json!({"practice": "demo", "for": audience, "address": address})).await
}

/// Lets Ana write to a patient, and answers the conversation and the token of the notice that came of it.
pub async fn notice_to(world: &World, patient: &str, address: &str) -> (String, String) {
    let id = world.conversation(&world.demo, "ana", patient).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{id}/messages");
    ana.post_once(&path, &world.fresh_key(), text("Please call about PRIVATE-CONTENT.")).await.expect(201);
    world.pump().await;
    let message = last_message(world, address).expect("a notice");
    assert!(!message.contains("PRIVATE-CONTENT"));
    (id, token_in(&message))
}

/// Signs a patient of the demonstration in by code and birth date.
pub async fn sign_in_by_code(
    world: &World,
    browser: &mut Browser,
    address: &str,
    birth_date: &str,
) -> Answer {
    ask(browser, "patient", address).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(world, address).expect("a message"));
    browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    browser.post("/v1/sessions/person", json!({"birth_date": birth_date})).await.expect(201)
}

/// Items of a table with an attribute of this text, as the JSON of the API.
pub async fn items_with(world: &World, table: &str, name: &str, value: &str) -> Vec<serde_json::Value> {
    let all = world.aws.items(table).await;
    all.into_iter().filter(|item| item[name]["S"] == value).collect()
}
