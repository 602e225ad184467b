//! A conversation as text for a patient's chart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may do all of it"
)]

use api_tests::{
    Answer, World,
    people::{self, text},
};
use domain::{practice::Policies, session::SessionKind};
use serde_json::json;

fn text_of(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.clone()).unwrap()
}

#[tokio::test]
async fn staff_copy_a_conversation_and_the_log_says_so() {
    let world = World::start(270).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}");
    let (mut ana, mut maria) =
        (world.signed_in(&world.demo, "ana").await, world.signed_in(&world.demo, "maria").await);
    let messages = format!("{path}/messages");
    ana.post_once(&messages, "a", text("Your prescription is ready.")).await.expect(201);
    maria.post_once(&messages, "b", text("Gracias.\nHasta luego.")).await.expect(201);
    ana.post_once(&messages, "c", text("SECRET-OF-ANOTHER")).await.expect(201);
    ana.post(&format!("{messages}/3/recall"), json!({"reason": "wrong_patient"})).await.expect(200);
    let again = json!({"kind": "correction", "of": 1, "text": "It is ready on Tuesday."});
    ana.post_once(&messages, "d", again).await.expect(201);
    let answer = ana.get(&format!("{path}/export")).await.expect(200);
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert!(!answer.headers.contains_key("link"));
    let copy = text_of(&answer);
    for words in [
        "Bright Eyes Clinic\nMaria Lopez, 1985-03-14\n",
        "[1] 2026-11-23 10:00 (EST) – Ana Ruiz\nYour prescription is ready.\n",
        "[2] 2026-11-23 10:00 (EST) – Maria Lopez\nGracias.\nHasta luego.\n",
        "(This message was recalled: 2026-11-23 10:00 (EST))\n",
        "(Recall of message [3])\n",
        "(Correction of message [1])\nIt is ready on Tuesday.\n",
        "Copied: 2026-11-23 10:00 (EST), Ana Ruiz\n",
    ] {
        assert!(copy.contains(words), "{words}\n---\n{copy}");
    }
    assert!(!copy.contains("SECRET"));
    let items = world.aws.items("AuditTable").await;
    let told: Vec<_> = items.iter().filter(|item| item["verb"]["S"] == "conversation_exported").collect();
    assert_eq!(
        (told.len(), &told[0]["first_seq"]["N"], &told[0]["last_seq"]["N"]),
        (1, &json!("1"), &json!("5"))
    );
    // Not for patients, not for who reads no messages, not another practice's.
    maria.get(&format!("{path}/export")).await.expect(403);
    world.signed_in(&world.demo, "max").await.get(&format!("{path}/export")).await.expect(403);
    world.signed_in(&world.other, "ana").await.get(&format!("{path}/export")).await.expect(404);
    world.browser().get(&format!("{path}/export")).await.expect(401);
    ana.get(&format!("{path}/export?after=x")).await.expect(422);
    // Without the event nothing leaves.
    assert!(world.aws.iam().without("MessagesFunction", "MessagesAudits"));
    let answer = ana.get(&format!("{path}/export")).await.expect(503);
    assert!(!text_of(&answer).contains("prescription"));
}

#[tokio::test]
async fn a_long_conversation_comes_page_by_page_and_whole() {
    let world = World::start(271).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let messages = format!("/v1/conversations/{id}/messages");
    let count = 415;
    for n in 1..=count {
        world.clock.advance_seconds(2);
        ana.post_once(&messages, &format!("k{n}"), text(&format!("Message number {n}."))).await.expect(201);
    }
    let (mut whole, mut next, mut pages) = (String::new(), Some(format!("/v1/conversations/{id}/export")), 0);
    while let Some(path) = next {
        let answer = ana.get(&path).await.expect(200);
        whole.push_str(&text_of(&answer));
        let link = answer.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        pages += 1;
    }
    assert_eq!(pages, 2);
    for n in 1..=count {
        assert_eq!(whole.matches(&format!("\nMessage number {n}.\n")).count(), 1, "{n}");
    }
    assert_eq!(whole.matches("Copied: ").count(), 1);
}

#[tokio::test]
async fn it_asks_for_a_fresh_proof() {
    let world = World::start(272).await;
    let strict = people::practice_with(&world.operator, "strict", "Strict Practice", Policies::STRICT).await;
    let id = world.conversation(&strict, "cleo", "maria").await;
    let path = format!("/v1/conversations/{id}/export");
    let token = world.session(&strict, "cleo", SessionKind::Staff).await.expose();
    let mut cleo = world.browser().with_header("authorization", &format!("Bearer {token}"));
    cleo.get(&path).await.expect(200);
    world.clock.advance_seconds(800);
    assert_eq!(cleo.get(&path).await.expect(403).problem(), "step-up-required");
}
