//! Every call of a recall fails once in every way: it is done or it is not, and a repeat makes it whole.

use api_tests::World;
use local::aws::{Fault, FaultPlan, Rule, When};

use crate::support::{Scene, WRONG, events, row};

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

/// What of a recall is there: the tombstone, the event, the evidence, the audit event; and whether the secret is.
async fn parts(world: &World) -> ([usize; 4], bool) {
    let chat = world.aws.items("ChatTable").await;
    let audit = world.aws.items("AuditTable").await;
    let keys = world.aws.items("MessageKeysTable").await;
    let messages = |item: &&serde_json::Value| item["SK"]["S"].as_str().unwrap().starts_with("MSG#");
    let recalled = chat.iter().filter(messages).filter(|m| m["recalled_at"]["N"].is_string()).count();
    let sealed = chat.iter().filter(messages).filter(|m| m["msg_kind"]["S"] == "recall").count();
    let evidence = audit.iter().filter(|i| i["PK"]["S"].as_str().unwrap().starts_with("EVIDENCE#")).count();
    let told = audit.iter().filter(|i| i["verb"]["S"] == "message_recalled").count();
    let secret = keys.iter().any(|i| i["SK"]["S"] == "MSG#000000000001");
    ([recalled, sealed, evidence, told], secret)
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_leaves_all_of_it_or_nothing() {
    let calls = {
        let mut scene = Scene::start(230).await;
        let seq = scene.writes(WRONG).await;
        let world = scene.world.clone();
        let (answer, calls) = world.aws.recorder().scope("recall", scene.recalls(seq)).await;
        answer.expect(200);
        calls.count() as u64
    };
    let (mut cases, mut halves) = (0, 0);
    for nth in 1..=calls {
        for fault in faults() {
            let mut scene = Scene::start(230).await;
            let seq = scene.writes(WRONG).await;
            let world = scene.world.clone();
            world.aws.set_faults(Some(FaultPlan::new(1, vec![Rule::new(When::Nth(nth), fault.clone())])));
            let answer = scene.recalls(seq).await;
            world.aws.set_faults(None);
            cases += 1;
            assert!(matches!(answer.status.as_u16(), 200 | 503), "{nth} {fault:?}: {answer:?}");
            match parts(&world).await {
                ([1, 1, 1, 1], false) => {}
                ([0, 0, 0, 0], true) => assert_eq!(answer.status, 503, "{nth} {fault:?}"),
                other => {
                    println!("{nth} {fault:?}: {other:?}");
                    halves += 1;
                }
            }
            let again = scene.recalls(seq).await.expect(200).json();
            if answer.status == 200 {
                assert_eq!(answer.json(), again);
            }
            assert_eq!(parts(&world).await, ([1, 1, 1, 1], false), "{nth} {fault:?}");
            assert_eq!(events(&scene.page().await), [seq]);
        }
    }
    row("R2", "single faults in a recall: done by halves", &format!("{halves} of {cases}"));
    assert_eq!(halves, 0);
}
