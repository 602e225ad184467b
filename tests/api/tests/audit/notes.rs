//! What was done about one patient, found by what is noted each hour and, behind that, by looking.

use std::collections::BTreeSet;

use api_tests::World;
use domain::{
    audit::{ActorId, Event, Verb},
    id::{EventId, PatientId},
};
use local::aws::{Fault, FaultPlan, Rule, When};
use platform::{entropy::Entropy, store::audit};
use serde_json::Value;

use crate::support::{CHAIN, tick};

/// So many events about these patients in turn, one each second from now on.
async fn record(world: &World, patients: &[PatientId], count: u64, seed: u64) {
    let entropy = Entropy::seeded(seed);
    for (_, patient) in (0..count).zip(patients.iter().cycle()) {
        let event =
            audit::event(&entropy, world.clock.now(), world.demo.id, ActorId::System, Verb::PatientRead);
        world
            .operator
            .store
            .record(&Event { patient: Some(*patient), ..event })
            .await
            .expect("the store works");
        world.clock.advance_seconds(1);
    }
}

/// The events about a patient that are in the table.
async fn stored(world: &World, patient: PatientId) -> BTreeSet<String> {
    let items = world.aws.items("AuditTable").await;
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let about = items.iter().filter(|item| {
        text(item, "PK").starts_with("EVENT#") && text(item, "patient") == patient.to_string()
    });
    about.map(|item| text(item, "SK")).collect()
}

/// All pages of what the auditor sees about a patient; the readings themselves aside.
async fn seen(world: &World, patient: PatientId, limit: u32) -> Vec<String> {
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/audit?from=2026-01-01&patient={patient}&limit={limit}{cursor}");
        let page = ida.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap().iter().filter(|event| event["verb"] != "audit_read");
        ids.extend(items.map(|event| event["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

fn notes(items: &[Value]) -> usize {
    items.iter().filter(|item| item["PK"]["S"].as_str().unwrap().starts_with("SUBJECT#")).count()
}

#[tokio::test]
async fn a_patients_events_are_found_whether_noted_or_not() {
    let world = World::start(9_700).await;
    let (maria, john) = (world.demo.patients["maria"].id, world.demo.patients["john"].id);
    // Somebody whose notes share a place with hers.
    let mut bytes = maria.to_bytes();
    bytes[10] ^= 1;
    let neighbour =
        PatientId::parse(&EventId::from_bytes(bytes).to_string().replace("evt_", "pat_")).unwrap();
    for hour in 0..5 {
        record(&world, &[maria, john, neighbour], 40, hour).await;
        tick(&world).await.expect("a tick");
        world.clock.advance_seconds(1_800);
        tick(&world).await.expect("a tick");
    }
    let before = notes(&world.aws.items("AuditTable").await);
    assert!(before > 0, "the first hours are noted");
    record(&world, &[maria, john, neighbour], 10, 9).await;
    tick(&world).await.expect("a tick");
    for patient in [maria, john, neighbour] {
        let truth = stored(&world, patient).await;
        for limit in [1, 7, 100] {
            let seen = seen(&world, patient, limit).await;
            assert_eq!(seen.len(), truth.len(), "none twice, limit {limit}");
            assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), truth, "limit {limit}");
            assert!(seen.is_sorted_by(|a, b| a > b), "newest first");
        }
    }
}

#[tokio::test]
async fn many_events_are_noted_before_their_hour_is_over() {
    let world = World::start(9_701).await;
    let maria = world.demo.patients["maria"].id;
    for batch in 0..5 {
        record(&world, &[maria], 500, batch).await;
        tick(&world).await.expect("a tick");
    }
    assert!(notes(&world.aws.items("AuditTable").await) > 0);
    let truth = stored(&world, maria).await;
    assert_eq!(seen(&world, maria, 100).await.into_iter().collect::<BTreeSet<_>>(), truth);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_of_noting_leaves_nothing_out_and_nothing_twice() {
    let act = async |world: &World| {
        let (maria, john) = (world.demo.patients["maria"].id, world.demo.patients["john"].id);
        record(world, &[maria, john], 20, 1).await;
        tick(world).await.expect("a tick");
        world.clock.advance_seconds(2 * 3600);
    };
    let world = World::start(9_702).await;
    act(&world).await;
    let (_, calls) = world.aws.recorder().scope("tick", tick(&world)).await;
    let (all, mut cases) = (calls.0.len() as u64, 0);
    for nth in 1..=all {
        for fault in
            [Fault::Throttle, Fault::InternalError, Fault::Timeout, Fault::RequestLost, Fault::ResponseLost]
        {
            let world = World::start(9_702).await;
            act(&world).await;
            let rule = Rule::new(When::Nth(nth), fault.clone()).by(CHAIN);
            world.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
            let _ = tick(&world).await;
            world.aws.set_faults(None);
            // Something more, so that another try has more before it than the first.
            let maria = world.demo.patients["maria"].id;
            record(&world, &[maria], 3, 2).await;
            tick(&world).await.expect("a tick");
            let truth = stored(&world, maria).await;
            let seen = seen(&world, maria, 100).await;
            assert_eq!(seen.len(), truth.len(), "call {nth} {fault:?}");
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), truth, "call {nth} {fault:?}");
            cases += 1;
        }
    }
    println!(
        "| A3 | single faults in {all} calls of a tick that notes: a patient's events missing or twice | 0 of {cases} |"
    );
}
