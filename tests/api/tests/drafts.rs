//! Unsent text: kept for its writer, sealed, and shown to nobody else.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::World;
use domain::id::ConversationId;
use platform::{
    keys::KeyScope,
    sealing::FieldSealer,
    store::{keys, session::Holder},
};
use serde_json::{Value, json};

const SECRET: &str = "WORDS-NOT-SENT-YET";

#[tokio::test]
async fn a_draft_outlives_its_session_and_is_its_writers_alone() {
    let world = World::start(90).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}/draft");
    let mut maria = world.signed_in(&world.demo, "maria").await;
    assert_eq!(maria.get(&path).await.expect(200).json()["text"], Value::Null);
    maria.put(&path, json!({"text": "first"})).await.expect(204);
    maria.put(&path, json!({"text": SECRET})).await.expect(204);
    maria.delete("/v1/session").await.expect(204);

    let mut again = world.signed_in(&world.demo, "maria").await;
    let kept = again.get(&path).await.expect(200).json();
    assert_eq!(kept["text"], SECRET);
    assert!(kept["saved_at"].is_string());
    // Staff of the conversation see their own, which is none; others see no conversation at all.
    let mut ana = world.signed_in(&world.demo, "ana").await;
    assert_eq!(ana.get(&path).await.expect(200).json()["text"], Value::Null);
    ana.delete(&path).await.expect(204);
    let mut john = world.signed_in(&world.demo, "john").await;
    for answer in
        [john.get(&path).await, john.put(&path, json!({"text": "x"})).await, john.delete(&path).await]
    {
        assert_eq!(answer.expect(404).problem(), "not-found");
    }
    world.browser().get(&path).await.expect(401);
    assert_eq!(again.get(&path).await.expect(200).json()["text"], SECRET);
    let stored = world.aws.items("ChatTable").await;
    assert!(!json!(stored).to_string().contains(SECRET), "sealed at rest");
    again.delete(&path).await.expect(204);
    assert_eq!(again.get(&path).await.expect(200).json()["text"], Value::Null);
}

#[tokio::test]
async fn a_draft_of_a_conversation_opens_with_the_key_of_that_conversation_alone() {
    let world = World::start(94).await;
    let [id, other] = [world.conversation(&world.demo, "ana", "maria").await, {
        world.conversation(&world.demo, "ana", "maria").await
    }];
    let mut maria = world.signed_in(&world.demo, "maria").await;
    maria.put(&format!("/v1/conversations/{id}/draft"), json!({"text": SECRET})).await.expect(204);
    let app = &world.operator;
    let holder = Holder::Account(world.demo.patients["maria"].account.unwrap());
    let key = keys::draft(world.demo.id, holder, &id);
    let item = app.store.get(&key).await.unwrap().expect("a draft");
    let practice = app.known_practice(world.demo.id).await.unwrap();
    assert!(app.sealer(&practice).await.unwrap().open(&item, "sealed_text").is_err());
    for (conversation, opens) in [(&id, true), (&other, false)] {
        let conversation = ConversationId::parse(conversation).unwrap();
        let head = app.store.head(world.demo.id, conversation).await.unwrap().unwrap();
        let scope = KeyScope::of_conversation(world.demo.id, head.patient, head.id);
        let content = app.keys.unwrap(scope, &head.wrapped_key).await.unwrap();
        let sealer = FieldSealer::new(world.demo.id, content, app.entropy.clone());
        assert_eq!(sealer.open(&item, "sealed_text").ok().as_deref() == Some(SECRET), opens);
    }
}

#[tokio::test]
async fn a_new_conversations_draft_keeps_what_was_chosen() {
    let world = World::start(91).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let patient = world.demo.patients["john"].id.to_string();
    let body = json!({"text": "Dear John", "topic": "billing", "patient_id": patient});
    ana.put("/v1/drafts/new", body).await.expect(204);
    let kept = ana.get("/v1/drafts/new").await.expect(200).json();
    assert_eq!((&kept["text"], &kept["topic"]), (&json!("Dear John"), &json!("billing")));
    assert_eq!(kept["patient_id"], patient.as_str());
    let mut ben = world.signed_in(&world.demo, "ben").await;
    assert_eq!(ben.get("/v1/drafts/new").await.expect(200).json()["text"], Value::Null);
    ana.put("/v1/drafts/new", json!({"text": "Dear all"})).await.expect(204);
    assert_eq!(
        ana.get("/v1/drafts/new").await.expect(200).json()["topic"],
        Value::Null,
        "the last one counts"
    );
    ana.delete("/v1/drafts/new").await.expect(204);
    assert_eq!(ana.get("/v1/drafts/new").await.expect(200).json()["text"], Value::Null);
    let mut ida = world.signed_in(&world.demo, "ida").await;
    ida.get("/v1/drafts/new").await.expect(403);
    ida.put("/v1/drafts/new", json!({"text": "x"})).await.expect(403);
    world.browser().get("/v1/drafts/new").await.expect(401);
}

#[tokio::test]
async fn what_is_no_draft_is_refused_and_the_old_one_stays() {
    let world = World::start(92).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}/draft");
    let mut maria = world.signed_in(&world.demo, "maria").await;
    maria.put(&path, json!({"text": "good"})).await.expect(204);
    let long = "x".repeat(10_001);
    for (body, code) in [
        (json!({"text": ""}), "empty"),
        (json!({"text": long}), "too_long"),
        (json!({"text": "a\u{0}b"}), "control_character"),
        (json!({"text": 7}), "wrong_type"),
        (json!({"text": "x", "more": 1}), "unknown_member"),
        (json!({}), "missing_member"),
    ] {
        assert_eq!(maria.put(&path, body).await.expect(422).first_error().1, code);
    }
    assert_eq!(maria.get(&path).await.expect(200).json()["text"], "good");
    // Too old to be of use, though it was not cleaned up.
    world.clock.advance_seconds(31 * 24 * 3600);
    let mut again = world.signed_in(&world.demo, "maria").await;
    assert_eq!(again.get(&path).await.expect(200).json()["text"], Value::Null);
}

#[tokio::test]
async fn the_longest_text_is_kept() {
    let world = World::start(93).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}/draft");
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let text = "\u{1F600}".repeat(10_000);
    maria.put(&path, json!({"text": text})).await.expect(204);
    assert_eq!(maria.get(&path).await.expect(200).json()["text"], text.as_str());
}
