//! What becomes of the notice of a message that was taken back.

use api_tests::{World, messages::messages_to, people::text};
use serde_json::{Value, json};

use crate::support::{WRONG, because, wrong_patient};

const MARIA: &str = "maria@patients.test";

struct Waiting {
    world: World,
    ana: api_tests::Browser,
    path: String,
}

impl Waiting {
    async fn start(seed: u64) -> Self {
        let world = World::with_notice_delay(seed, 10).await;
        let id = world.conversation(&world.demo, "ana", "maria").await;
        let ana = world.signed_in(&world.demo, "ana").await;
        Self { world, ana, path: format!("/v1/conversations/{id}/messages") }
    }

    async fn writes(&mut self) -> u64 {
        let key = self.world.fresh_key();
        let sent = self.ana.post_once(&self.path, &key, text(WRONG)).await.expect(201).json();
        self.world.pump().await;
        sent["seq"].as_u64().unwrap()
    }

    async fn recalls(&mut self, seq: u64, reason: &str) {
        self.ana.post(&format!("{}/{seq}/recall", self.path), because(reason)).await.expect(200);
    }

    async fn passes(&self, seconds: i64) -> usize {
        self.world.clock.advance_seconds(seconds);
        self.world.pump().await;
        messages_to(&self.world, MARIA)
    }
}

#[tokio::test]
async fn a_notice_waits_for_as_long_as_the_message_can_be_undone() {
    let mut waiting = Waiting::start(260).await;
    waiting.writes().await;
    assert_eq!(waiting.passes(9).await, 0);
    assert_eq!(waiting.passes(1).await, 1);
    // A code does not wait.
    let mut maria = waiting.world.browser();
    maria.post("/v1/login-links", json!({"practice": "demo", "address": MARIA})).await.expect(202);
    waiting.world.pump().await;
    assert_eq!(messages_to(&waiting.world, MARIA), 2);
}

#[tokio::test]
async fn what_was_undone_is_told_to_nobody() {
    let mut waiting = Waiting::start(261).await;
    let seq = waiting.writes().await;
    waiting.world.clock.advance_seconds(9);
    waiting.recalls(seq, "undo").await;
    assert_eq!(waiting.passes(600).await, 0);
    waiting.world.tick().await;
    assert_eq!(messages_to(&waiting.world, MARIA), 0);
    // Staff see why, and the next message is told.
    let patient = waiting.world.demo.patients["maria"].id;
    let reach = waiting.ana.get(&format!("/v1/patients/{patient}/reach")).await.expect(200).json();
    assert_eq!(
        (&reach["notices"][0]["state"], &reach["notices"][0]["why"]),
        (&json!("suppressed"), &json!("recalled"))
    );
    waiting.writes().await;
    assert_eq!(waiting.passes(10).await, 1);
}

#[tokio::test]
async fn whatever_else_is_unread_is_still_told() {
    let mut waiting = Waiting::start(262).await;
    // The first is recalled: the second, a moment later, is told, and once.
    let first = waiting.writes().await;
    waiting.world.clock.advance_seconds(3);
    waiting.writes().await;
    waiting.recalls(first, "undo").await;
    assert_eq!(waiting.passes(20).await, 1);
    assert_eq!(waiting.passes(600).await, 1);
}

#[tokio::test]
async fn a_notice_that_left_leads_to_the_tombstone() {
    let mut waiting = Waiting::start(263).await;
    let seq = waiting.writes().await;
    assert_eq!(waiting.passes(10).await, 1);
    waiting.ana.post(&format!("{}/{seq}/recall", waiting.path), wrong_patient()).await.expect(200);
    let notice = api_tests::messages::last_message(&waiting.world, MARIA).unwrap();
    let token = api_tests::messages::token_in(&notice);
    let mut phone = waiting.world.browser();
    let person = json!({"token": token, "birth_date": "1985-03-14"});
    phone.post("/v1/sessions/person", person).await.expect(201);
    let page = phone.get(&waiting.path).await.expect(200).json();
    assert_eq!((&page["items"][0]["state"], &page["items"][0]["body"]), (&json!("recalled"), &Value::Null));
    assert!(!page.to_string().contains(WRONG));
}
