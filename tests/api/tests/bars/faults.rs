//! Every call of a sign-in fails once in every way. Nobody ends up with two sessions, and nobody in a dead end.

use api_tests::{Answer, Browser, World};
use local::aws::{Fault, FaultPlan, Rule, When};
use serde_json::{Value, json};

use crate::support::{MARIA, asked, count_items, date, gives_session, notice, row};

fn faults() -> [Fault; 6] {
    [
        Fault::Throttle,
        Fault::InternalError,
        Fault::Timeout,
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::TransactionConflict,
    ]
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Code,
    Notice,
    Staff,
}

/// The steps that a person takes, after the message came.
async fn steps(world: &World, way: Way) -> (Browser, Vec<(&'static str, Value)>) {
    match way {
        Way::Code => {
            let maria = asked(world, 1, "patient", MARIA.0).await;
            let code = json!({"code": maria.code});
            (maria.browser, vec![("/v1/sessions", code), ("/v1/sessions/person", date(None, MARIA.1))])
        }
        Way::Notice => {
            let (_, token) = notice(world, "maria", MARIA.0).await;
            let body = date(Some(&token), MARIA.1);
            (world.browser(), vec![("/v1/sessions", json!({"token": token})), ("/v1/sessions/person", body)])
        }
        Way::Staff => {
            let ben = asked(world, 1, "staff", "ben@demo.test").await;
            (ben.browser, vec![("/v1/sessions", json!({"token": ben.token}))])
        }
    }
}

async fn take(browser: &mut Browser, steps: &[(&'static str, Value)]) -> Option<Answer> {
    let mut last = None;
    for (path, body) in steps {
        last = Some(browser.post(path, body.clone()).await);
    }
    last
}

/// Calls of the steps, where nothing fails.
async fn calls(seed: u64, way: Way) -> u64 {
    let world = World::start(seed).await;
    let (mut browser, steps) = steps(&world, way).await;
    let recorder = world.aws.recorder();
    let (answer, calls) = recorder.scope("steps", take(&mut browser, &steps)).await;
    assert!(gives_session(&answer.unwrap()));
    calls.count() as u64
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_leaves_no_second_session_and_no_dead_end() {
    let (mut cases, mut dead_ends, mut doubles) = (0, 0, 0);
    for way in [Way::Code, Way::Notice, Way::Staff] {
        for nth in 1..=calls(7_900, way).await {
            for fault in faults() {
                let world = World::start(7_900).await;
                let (mut browser, steps) = steps(&world, way).await;
                let before = count_items(&world, "SESSION#").await;
                world.aws.set_faults(Some(FaultPlan::new(1, vec![Rule::new(When::Nth(nth), fault.clone())])));
                let mut answer = take(&mut browser, &steps).await;
                world.aws.set_faults(None);
                cases += 1;
                let mut made = usize::from(answer.as_ref().is_some_and(gives_session));
                // The person presses again; and if that does not help, asks again.
                if made == 0 {
                    answer = take(&mut browser, &steps).await;
                    made += usize::from(answer.as_ref().is_some_and(gives_session));
                }
                if made == 0 {
                    world.clock.advance_seconds(61);
                    let (mut fresh, steps) = self::steps(&world, way).await;
                    answer = take(&mut fresh, &steps).await;
                    made += usize::from(answer.as_ref().is_some_and(gives_session));
                    if made == 0 {
                        println!("dead end: {way:?} call {nth} {fault:?}: {answer:?}");
                    }
                }
                dead_ends += usize::from(made == 0);
                // A session whose answer was lost is nobody's: its secret left with the answer. It may be there once.
                let there = count_items(&world, "SESSION#").await - before;
                let lost = usize::from(matches!(fault, Fault::ResponseLost));
                doubles += usize::from(there > 1 + lost || made > 1);
            }
        }
    }
    assert_eq!((dead_ends, doubles), (0, 0));
    row(
        "LF",
        "single faults in a sign-in: dead ends, second sessions",
        &format!("{dead_ends}, {doubles} of {cases}"),
    );
}
