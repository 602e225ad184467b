//! What the tests of the audit log share.

use std::collections::BTreeSet;

use api_tests::{World, people::text};
use domain::{
    audit::{ActorId, Event, Verb},
    id::{EventId, PracticeId},
    time::Timestamp,
};
use platform::{
    chain::{Broken, SignedCheckpoint, Verifier, Whole},
    entropy::Entropy,
    store::audit,
};

pub(crate) const CHAIN: &str = "ChainFunction";

/// The public half of the signing key, as the operator gets it from KMS.
pub(crate) async fn public_key(world: &World) -> Vec<u8> {
    let key = world.aws.environment(CHAIN)["SIGNING_KEY_ARN"].clone();
    let kms = aws_sdk_kms::Client::new(&world.aws.sdk_config("admin"));
    let answer = kms.get_public_key().key_id(key).send().await.expect("a public key");
    answer.public_key.expect("bytes").into_inner()
}

/// Stores an event of its own time, as any function does.
pub(crate) async fn record(world: &World, practice: PracticeId, at: Timestamp, n: u64) -> EventId {
    let event = audit::event(&Entropy::seeded(n), at, practice, ActorId::System, Verb::PatientRead);
    let event = Event { object: Some(n.to_string()), ..event };
    world.operator.store.record(&event).await.expect("the store works");
    event.id
}

/// Records that many events of a practice, one each second from now on.
pub(crate) async fn record_many(world: &World, practice: PracticeId, count: u64) {
    for n in 0..count {
        record(world, practice, world.clock.now(), n).await;
        world.clock.advance_seconds(1);
    }
}

/// A conversation that is written in and read: events of several kinds.
pub(crate) async fn conversation(world: &World) {
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}/messages");
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.post_once(&path, &world.fresh_key(), text("Please call.")).await.expect(201);
    world.signed_in(&world.demo, "maria").await.get(&path).await.expect(200);
}

/// Throws away what the stream would bring, as if it had never come.
pub(crate) async fn lose_the_stream(world: &World) {
    while let Some(batch) = world.aws.take_for(CHAIN).expect("allowed") {
        world.aws.settle(batch, Ok(serde_json::json!({"batchItemFailures": []})));
    }
}

/// One tick of the chain function, whatever it comes to.
pub(crate) async fn tick(world: &World) -> Result<serde_json::Value, String> {
    world.invoke(CHAIN, serde_json::json!({"source": "aws.events"})).await
}

/// The lines of the locked store.
pub(crate) fn kept_lines(world: &World, practice: PracticeId) -> Vec<String> {
    let objects = world.aws.objects("AuditBucket", &format!("events/{practice}/"));
    let texts = objects.into_iter().map(|object| String::from_utf8(object.body).expect("text"));
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The checkpoints of the locked store.
pub(crate) fn kept_checkpoints(world: &World, practice: PracticeId) -> Vec<SignedCheckpoint> {
    let objects = world.aws.objects("AuditBucket", &format!("checkpoints/{practice}/"));
    let read = |body: Vec<u8>| SignedCheckpoint::parse(std::str::from_utf8(&body).expect("text"));
    objects.into_iter().map(|object| read(object.body).expect("a checkpoint")).collect()
}

/// Checks lines as a stranger does.
pub(crate) fn verify(
    lines: &[String],
    checkpoints: Vec<SignedCheckpoint>,
    public_key: &[u8],
) -> Result<Whole, Broken> {
    let mut verifier = Verifier::new(checkpoints, public_key)?;
    lines.iter().try_for_each(|line| verifier.take(line))?;
    verifier.finish()
}

/// The ids of all events of a practice in the table.
pub(crate) async fn stored_ids(world: &World, practice: PracticeId) -> BTreeSet<String> {
    let items = world.aws.items("AuditTable").await;
    let text = |item: &serde_json::Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
    let prefix = format!("EVENT#{practice}#");
    items.iter().filter(|i| text(i, "PK").starts_with(&prefix)).map(|i| text(i, "SK")).collect()
}

fn id_of(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["event"]["id"].as_str().unwrap().to_owned()
}

/// That every stored event of a practice is kept, linked once, and signed. Answers how many there are.
pub(crate) async fn assert_whole(world: &World, practice: PracticeId) -> u64 {
    let lines = kept_lines(world, practice);
    let whole = verify(&lines, kept_checkpoints(world, practice), &public_key(world).await).expect("whole");
    let kept: BTreeSet<String> = lines.iter().map(|line| id_of(line)).collect();
    assert_eq!(kept.len(), lines.len(), "no event stands twice");
    assert_eq!(kept, stored_ids(world, practice).await, "every event and no other");
    assert_eq!((whole.last, whole.signed), (whole.events, whole.events), "no gap, and signed to the end");
    whole.events
}
