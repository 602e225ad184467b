//! Events from the table to the phone, step by step and by themselves.

use std::time::Duration;

use local::aws::{Fault, FaultPlan, Rule, Service, When};
use local::{Stack, StackOptions};
use serde_json::json;

use crate::support::post;

async fn ask(stack: &Stack) {
    post(stack, "/v1/login-links", &json!({ "practice": "demo", "address": "maria@patients.test" })).await;
}

#[tokio::test]
async fn a_pump_moves_everything_there_is() {
    let stack = Stack::start(StackOptions::test(5)).await.unwrap();
    let seeded =
        "the audit events of the demo practice, and by relay and notifier that a parent's access will end";
    assert_eq!(stack.pump().await.batches, 3, "{seeded}");
    ask(&stack).await;
    assert_eq!(stack.aws().stream_backlog(), 1);
    let pumped = stack.pump().await;
    assert_eq!((pumped.batches, pumped.done), (2, 2), "the relay's and the notifier's");
    assert_eq!(stack.aws().outbox().all().len(), 1);
    assert_eq!(stack.pump().await.batches, 0);
    assert_eq!(stack.tick().await, 0);
}

#[tokio::test]
async fn what_no_event_moved_the_sweeper_finds() {
    let stack = Stack::start(StackOptions::test(6)).await.unwrap();
    stack.advance(0).await;
    // Publishing fails until the stream gives the record up.
    let rule = Rule::new(When::Always, Fault::InternalError).by("RelayFunction");
    stack.aws().set_faults(Some(FaultPlan::new(1, vec![rule])));
    ask(&stack).await;
    for _ in 0..10 {
        stack.advance(15).await;
    }
    assert_eq!(stack.aws().stream_backlog(), 0);
    assert_eq!(stack.aws().queue_depth("RelayDeadLetters").unwrap().visible, 1);
    assert!(stack.aws().outbox().all().is_empty());
    stack.aws().set_faults(None);
    for _ in 0..6 {
        stack.advance(60).await;
    }
    assert_eq!(stack.aws().outbox().all().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_move_by_themselves_and_stop() {
    let stack = Stack::start(StackOptions::test(7)).await.unwrap();
    let mover = stack.move_events().unwrap();
    let arrived = stack.aws().outbox().arrived();
    ask(&stack).await;
    tokio::time::timeout(Duration::from_secs(5), arrived).await.unwrap();
    drop(mover);
    ask(&stack).await;
    assert_eq!(stack.aws().stream_backlog(), 1);
}

#[tokio::test]
async fn the_notifier_works_within_its_permissions() {
    let stack = Stack::start(StackOptions::test(8)).await.unwrap();
    assert!(stack.aws().iam().without("NotifyFunction", "NotifySendsMail"));
    ask(&stack).await;
    stack.pump().await;
    assert!(stack.aws().outbox().all().is_empty());
    let refused = stack.aws().recorder().calls();
    assert!(
        refused
            .0
            .iter()
            .any(|call| call.service == Service::Ses && call.error.as_deref() == Some("AccessDenied"))
    );
}
