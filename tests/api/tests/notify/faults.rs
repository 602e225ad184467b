//! Providers that refuse, fail, keep silent, or take a message and do not say so.

use api_tests::World;
use local::aws::{Fault, FaultPlan, Rule, Sent, Service, When};
use platform::store::{
    Write,
    account::grant_items,
    session::{Grant, Relation},
    table::Table,
};
use serde_json::json;

use crate::support::{NOTIFY, Thread, ask, code, faults, item, minutes, place_of, relay, sent, state, token};

const SEND: &str = "SendRawEmail";

fn nth(numbers: impl IntoIterator<Item = u64>, fault: &Fault) -> Vec<(When, Fault)> {
    numbers.into_iter().map(|n| (When::Nth(n), fault.clone())).collect()
}

fn same(a: &Sent, b: &Sent) {
    assert_eq!((&a.to, &a.subject, &a.text, &a.html), (&b.to, &b.subject, &b.text, &b.html));
}

#[tokio::test(start_paused = true)]
async fn a_moment_of_throttling_is_waited_out() {
    for fault in [Fault::Throttle, Fault::InternalError] {
        let world = World::start(1).await;
        world.aws.set_faults(Some(faults(Service::Ses, SEND, nth(1..=3, &fault))));
        let browser = ask(&world, "patient", "maria@patients.test").await;
        world.pump().await;
        assert_eq!(sent(&world).len(), 1);
        let item = item(&world, &place_of(&world, &browser)).await;
        assert_eq!(
            (item.optional_text("out_state"), item.optional_number("attempts")),
            (Some("SENT"), Some(1))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_is_asked_again_ever_less_often() {
    let world = World::start(2).await;
    world.aws.set_faults(Some(faults(Service::Ses, SEND, vec![(When::Always, Fault::Throttle)])));
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Hello").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(state(&world, &place).await, ("NEW".to_owned(), "throttled".to_owned()));
    assert_eq!(world.aws.queue_depth("NoticeQueue").unwrap().in_flight, 0, "it is no failure of the event");

    // An event that comes early finds that the item waits.
    let due = item(&world, &place).await.optional_text("due_at").unwrap().to_owned();
    assert_eq!(due, world.clock.now().plus_seconds(30).to_string());
    world.tick().await;
    let early = json!({"kind": "outbox", "v": 1, "practice": place.0, "id": place.1}).to_string();
    assert!(world.aws.publish("EventsTopic", &early));
    world.pump().await;
    assert_eq!(item(&world, &place).await.optional_number::<u32>("attempts"), Some(1));

    minutes(&world, 60).await;
    let attempts = item(&world, &place).await.optional_number::<u32>("attempts").unwrap();
    assert!((6..=9).contains(&attempts), "{attempts} tries in an hour");
    // A second message in the meantime is no second notice.
    thread.write("Hello again").await;
    world.pump().await;
    world.aws.set_faults(None);
    minutes(&world, 31).await;
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(state(&world, &place).await.0, "SENT");
}

#[tokio::test(start_paused = true)]
async fn after_four_hours_it_has_failed_and_the_next_message_tries_again() {
    let world = World::start(3).await;
    assert!(world.aws.iam().without(NOTIFY, "NotifySendsMail"));
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Hello").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(state(&world, &place).await, ("NEW".to_owned(), "denied".to_owned()));
    minutes(&world, 5 * 60).await;
    assert_eq!(state(&world, &place).await, ("FAILED".to_owned(), "denied".to_owned()));
    assert_eq!(item(&world, &place).await.optional_number::<u32>("attempts"), Some(14));
    world.aws.iam().restore();
    assert!(sent(&world).is_empty());
    thread.write("Hello again").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_mail_whose_acceptance_got_lost_is_repeated_once_and_is_the_same_mail() {
    let world = World::start(4).await;
    world.aws.set_faults(Some(faults(Service::Ses, SEND, nth([1, 2], &Fault::ResponseLost))));
    let mut browser = ask(&world, "patient", "maria@patients.test").await;
    let mut thread = Thread::with(&world, "john").await;
    thread.write("Hello").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 2);
    let place = place_of(&world, &browser);
    assert_eq!(state(&world, &place).await, ("NEW".to_owned(), "no_answer".to_owned()));
    minutes(&world, 10).await;
    let mails = sent(&world);
    assert_eq!(mails.len(), 4, "one more for each lost answer");
    for address in ["maria@patients.test", "john@patients.test"] {
        let of: Vec<&Sent> = mails.iter().filter(|mail| mail.to == address).collect();
        assert_eq!(of.len(), 2);
        same(of[0], of[1]);
        assert_eq!(token(of[0]), token(of[1]));
    }
    let first = mails.iter().find(|mail| mail.to.starts_with("maria")).unwrap();
    let _ = browser.post("/v1/sessions", json!({"code": code(first)})).await.expect(200);
    assert_eq!(state(&world, &place).await.0, "SENT");
}

#[tokio::test(start_paused = true)]
async fn a_silent_provider_and_a_broken_line_end_the_try_and_not_the_notice() {
    for fault in [Fault::Timeout, Fault::RequestLost] {
        let world = World::start(5).await;
        world.aws.set_faults(Some(faults(Service::Ses, SEND, nth([1], &fault))));
        let mut thread = Thread::with(&world, "maria").await;
        thread.write("Hello").await;
        let place = relay(&world).await.remove(0);
        world.pump().await;
        assert_eq!(state(&world, &place).await, ("NEW".to_owned(), "no_answer".to_owned()), "{fault:?}");
        minutes(&world, 2).await;
        assert_eq!(sent(&world).len(), 1);
        assert_eq!(state(&world, &place).await.0, "SENT");
    }
}

#[tokio::test(start_paused = true)]
async fn text_messages_come_again_as_mails_do() {
    let world = World::start(6).await;
    let rules = [nth([1], &Fault::RequestLost), nth([2], &Fault::Throttle)].concat();
    world.aws.set_faults(Some(faults(Service::Sns, "Publish", rules)));
    let mut thread = Thread::with(&world, "linh").await;
    thread.write("Hello").await;
    world.pump().await;
    assert!(sent(&world).is_empty());
    minutes(&world, 2).await;
    assert_eq!(sent(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_was_told_is_not_told_again_because_another_was_not() {
    let world = World::start(7).await;
    let luis = world.demo.patients["luis"].id;
    let john = world.demo.patients["john"].account.unwrap();
    let grant = Grant { patient: luis, relation: Relation::Guardian, from: None, until: None };
    let items = grant_items(world.demo.id, john, grant, world.clock.now());
    let writes = || items.iter().cloned().map(|item| Write::Create(Table::Chat, item)).collect();
    world.operator.store.transact_patiently(writes).await.unwrap().unwrap();

    world.aws.set_faults(Some(faults(Service::Ses, SEND, nth([1, 3], &Fault::RequestLost))));
    let mut thread = Thread::with(&world, "luis").await;
    thread.write("Hello").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(state(&world, &place).await.0, "NEW");
    minutes(&world, 10).await;
    let mut to: Vec<_> = sent(&world).into_iter().map(|sent| sent.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["john@patients.test", "vega.family@patients.test"]);
    assert_eq!(state(&world, &place).await.0, "SENT");
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_provider_accepted_costs_one_more_mail_at_most() {
    // What tells of it cannot be written (the link is the first item that is put), or the end of the item cannot (after the
    // lease and the claim), however often: as if the process had ended there.
    for (operation, first, events) in [("PutItem", 2, 1), ("UpdateItem", 3, 2)] {
        let world = World::start(8).await;
        let mut thread = Thread::with(&world, "maria").await;
        thread.write("Hello").await;
        let place = relay(&world).await.remove(0);
        let rules = nth(first..=first + 60, &Fault::InternalError);
        world.aws.set_faults(Some(faults(Service::DynamoDb, operation, rules)));
        world.pump().await;
        assert_eq!(sent(&world).len(), 1, "{operation}");
        assert_eq!(state(&world, &place).await.0, "LEASED", "{operation}");
        world.aws.set_faults(None);
        minutes(&world, 10).await;
        let mails = sent(&world);
        assert_eq!(mails.len(), 2, "{operation}");
        same(&mails[0], &mails[1]);
        assert_eq!(state(&world, &place).await.0, "SENT", "{operation}");
        let log = world.aws.items("AuditTable").await;
        let told = log.iter().filter(|item| item["verb"]["S"] == "notice_sent").count();
        assert_eq!(told, events, "{operation}: no send that was seen through is missing in the log");
    }
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_of_table_and_keys_sends_nothing_twice_and_loses_nothing() {
    for seed in 0..6 {
        let world = World::start(100 + seed).await;
        let mut patients = Vec::new();
        for patient in ["maria", "john", "linh", "rosa", "luis"] {
            let mut thread = Thread::with(&world, patient).await;
            thread.write("Hello").await;
            patients.push(thread);
        }
        ask(&world, "patient", "maria@patients.test").await;
        let places = relay(&world).await;
        // Keys are asked for three times and then in memory; tables at every step.
        let (service, chance) = if seed % 2 == 0 { (Service::DynamoDb, 0.08) } else { (Service::Kms, 0.4) };
        let rules =
            [Fault::Throttle, Fault::InternalError, Fault::RequestLost, Fault::ResponseLost].map(|fault| {
                Rule { service: Some(service), ..Rule::new(When::Chance(chance), fault).by(NOTIFY) }
            });
        world.aws.set_faults(Some(FaultPlan::new(seed, rules.to_vec())));
        world.pump().await;
        minutes(&world, 20).await;
        world.aws.set_faults(None);
        let failed = world.aws.recorder().calls().0.iter().filter(|call| call.error.is_some()).count();
        assert!(failed > 0, "seed {seed}: nothing went wrong, so nothing was shown");
        minutes(&world, 30).await;
        for place in &places {
            assert_eq!(state(&world, place).await.0, "SENT", "seed {seed}");
        }
        assert_eq!(sent(&world).len(), 6, "seed {seed}");
    }
}
