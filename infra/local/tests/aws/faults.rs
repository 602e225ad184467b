//! Faults on purpose, as the SDK sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use local::aws::{Fault, FaultPlan, Rule, Service, When};

use crate::support::{Bench, CHAT, code, s};

fn plan(when: When, fault: Fault) -> Option<FaultPlan> {
    Some(FaultPlan::new(1, vec![Rule::new(when, fault).on(Service::DynamoDb, "PutItem").by("LoginFunction")]))
}

async fn put(bench: &Bench, caller: &str, pk: &str) -> Result<(), String> {
    let put = bench
        .dynamodb(caller)
        .put_item()
        .table_name(CHAT)
        .item("PK", s(pk))
        .item("SK", s("X"))
        .condition_expression("attribute_not_exists(PK)");
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(code::<(), _>(Err(error))),
    }
}

fn put_calls(bench: &Bench) -> usize {
    bench.aws.recorder().calls().0.iter().filter(|call| call.operation == "PutItem").count()
}

#[tokio::test(start_paused = true)]
async fn the_sdk_repeats_what_failed_in_passing() {
    for fault in [Fault::Throttle, Fault::InternalError, Fault::Timeout, Fault::RequestLost] {
        let bench = Bench::new();
        bench.aws.set_faults(plan(When::Nth(1), fault.clone()));
        assert_eq!(put(&bench, "LoginFunction", "A#1").await, Ok(()), "{fault:?}");
        assert_eq!(put_calls(&bench), 2, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_always_fails_reaches_the_caller() {
    for (fault, expected) in [
        (Fault::Throttle, "ThrottlingException"),
        (Fault::InternalError, "InternalServerError"),
        (Fault::RequestLost, "dispatch failure"),
        (Fault::Timeout, "timeout"),
    ] {
        let bench = Bench::new();
        bench.aws.set_faults(plan(When::Always, fault));
        assert_eq!(put(&bench, "LoginFunction", "A#1").await, Err(expected.to_owned()));
        assert_eq!(put(&bench, "RosterFunction", "A#2").await, Ok(()), "the plan names one caller");
        bench.aws.set_faults(None);
        assert_eq!(put(&bench, "LoginFunction", "A#1").await, Ok(()), "nothing had been done");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_was_committed() {
    let bench = Bench::new();
    bench.aws.set_faults(plan(When::Nth(1), Fault::ResponseLost));
    // The repeat meets its own first attempt.
    assert_eq!(put(&bench, "LoginFunction", "A#1").await, Err("ConditionalCheckFailedException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_crash_runs_after_the_work() {
    let bench = Bench::new();
    let crashed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&crashed);
    let crash = Fault::CrashAfter(Arc::new(move || flag.store(true, Ordering::SeqCst)));
    bench.aws.set_faults(plan(When::Nth(1), crash));
    let _ = put(&bench, "LoginFunction", "A#1").await;
    assert!(crashed.load(Ordering::SeqCst));
    assert!(put(&bench, "LoginFunction", "A#1").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_conflict_cancels_the_transaction() {
    let bench = Bench::new();
    let rule =
        Rule::new(When::Always, Fault::TransactionConflict).on(Service::DynamoDb, "TransactWriteItems");
    bench.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
    let put = Put::builder().table_name(CHAT).item("PK", s("A#1")).item("SK", s("X")).build().unwrap();
    let send = bench
        .dynamodb("admin")
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put).build())
        .send()
        .await;
    let error = send.unwrap_err().into_service_error();
    assert!(format!("{error:?}").contains("TransactionConflict"));
}

#[tokio::test(start_paused = true)]
async fn chances_repeat_with_their_seed() {
    let run = async |seed: u64| {
        let bench = Bench::new();
        let rule = Rule::new(When::Chance(0.3), Fault::Throttle).on(Service::DynamoDb, "PutItem");
        bench.aws.set_faults(Some(FaultPlan::new(seed, vec![rule])));
        for n in 0..20 {
            let _ = put(&bench, "LoginFunction", &format!("A#{n}")).await;
        }
        put_calls(&bench)
    };
    let (first, again, other) = (run(5).await, run(5).await, run(6).await);
    assert_eq!(first, again);
    assert!(first > 20 && other > 20);
}
