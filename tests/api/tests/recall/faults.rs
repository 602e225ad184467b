//! Every call of a recall fails once in every way: it is done or it is not, and a repeat makes it whole.

use api_tests::World;
use domain::id::ConversationId;
use local::aws::{Fault, FaultPlan, Rule, When};

use platform::store::keys;

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

/// Whether the text is taken back: tombstone and no secret, or neither.
async fn is_recalled(world: &World, id: ConversationId, seq: u64) -> bool {
    let store = &world.operator.store;
    let item = store.get(&keys::message(world.demo.id, id, seq)).await.unwrap().unwrap();
    let secrets = store.message_secrets(world.demo.id, id, seq, seq).await.unwrap();
    let tombstone = item.optional_time("recalled_at").is_some();
    assert_eq!(
        (tombstone, item.optional_bytes("sealed").is_none()),
        (secrets.is_empty(), secrets.is_empty())
    );
    tombstone
}

#[tokio::test(start_paused = true)]
async fn any_two_failures_leave_all_of_it_or_nothing() {
    let mut scene = Scene::start(231).await;
    let world = scene.world.clone();
    let id = ConversationId::parse(scene.own.rsplit('/').next().unwrap()).unwrap();
    let (mut cases, mut later, mut recalled) = (0, 0, 0);
    // Five calls where nothing fails; a call that is repeated moves the others back.
    for first in 1..=5 {
        for second in first + 1..=7 {
            for (one, other) in
                faults().into_iter().flat_map(|one| faults().map(|other| (one.clone(), other)))
            {
                let seq = scene.writes(WRONG).await;
                let rules = [(first, one), (second, other)].map(|(n, fault)| Rule::new(When::Nth(n), fault));
                world.aws.set_faults(Some(FaultPlan::new(1, rules.to_vec())));
                let answer = scene.recalls(seq).await;
                world.aws.set_faults(None);
                cases += 1;
                assert!(matches!(answer.status.as_u16(), 200 | 503), "{answer:?}");
                let done = is_recalled(&world, id, seq).await;
                assert!(done || answer.status == 503);
                if answer.status == 503 {
                    later += 1;
                    scene.recalls(seq).await.expect(200);
                    assert!(is_recalled(&world, id, seq).await);
                }
                recalled += 1;
                let head = world.operator.store.head(world.demo.id, id).await.unwrap().unwrap();
                assert_eq!(head.last_seq, recalled * 2, "one event each");
            }
        }
    }
    let audit = world.aws.items("AuditTable").await;
    let count =
        |fits: &dyn Fn(&serde_json::Value) -> bool| audit.iter().filter(|item| fits(item)).count() as u64;
    assert_eq!(count(&|item| item["PK"]["S"].as_str().unwrap().starts_with("EVIDENCE#")), recalled);
    assert_eq!(count(&|item| item["verb"]["S"] == "message_recalled"), recalled);
    row(
        "R5",
        "pairs of faults in a recall: done by halves, done twice; asked again",
        &format!("0, 0 of {cases}; {later}"),
    );
}
