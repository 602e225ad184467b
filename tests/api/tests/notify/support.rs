//! What these tests do over and over.

use std::collections::BTreeMap;

use api_tests::{Browser, World, people::text};
use domain::id::PracticeId;
use local::aws::{Fault, FaultPlan, Rule, Sent, Service, When};
use platform::store::{item::Item, keys};
use serde_json::{Value, json};

pub(crate) const RELAY: &str = "RelayFunction";
pub(crate) const NOTIFY: &str = "NotifyFunction";

/// An outbox item's key.
pub(crate) type Place = (PracticeId, String);

/// A conversation that staff write in.
pub(crate) struct Thread {
    pub(crate) id: String,
    world: World,
    written: usize,
}

impl Thread {
    /// A conversation with a patient, by first name.
    pub(crate) async fn with(world: &World, patient: &str) -> Self {
        let id = world.conversation(&world.demo, "ana", patient).await;
        Self { id, world: world.clone(), written: 0 }
    }

    /// Sends a message from staff and returns its sequence number.
    pub(crate) async fn write(&mut self, words: &str) -> u64 {
        self.written += 1;
        // A session of its own: the clock may have moved past the last one's end.
        let mut ana = self.world.signed_in(&self.world.demo, "ana").await;
        let path = format!("/v1/conversations/{}/messages", self.id);
        let key = format!("key-{}", self.written);
        let answer = ana.post_once(&path, &key, text(words)).await.expect(201);
        answer.json()["seq"].as_u64().unwrap()
    }
}

/// Marks a conversation read up to a sequence number, as a patient.
pub(crate) async fn read(world: &World, patient: &str, conversation: &str, seq: u64) {
    let mut browser = world.signed_in(&world.demo, patient).await;
    let answer = browser.put(&format!("/v1/conversations/{conversation}/read"), json!({"seq": seq})).await;
    assert!(answer.status.is_success(), "{answer:?}");
}

/// Asks for a sign-in message in a new browser.
pub(crate) async fn ask(world: &World, audience: &str, address: &str) -> Browser {
    let mut browser = world.browser();
    let body = json!({"practice": "demo", "for": audience, "address": address, "language": "en"});
    let _ = browser.post("/v1/login-links", body).await.expect(202);
    browser
}

/// The outbox item of a browser's sign-in message.
pub(crate) fn place_of(world: &World, browser: &Browser) -> Place {
    let flow = browser.cookies["__Host-flow"].split('.').nth(1).unwrap();
    (world.demo.id, format!("{flow}-1"))
}

/// Everything that was sent, as address and plain text.
pub(crate) fn sent(world: &World) -> Vec<Sent> {
    world.aws.outbox().all()
}

/// The token of a message's link.
pub(crate) fn token(sent: &Sent) -> String {
    let rest = sent.text.split("#t=").nth(1).expect("a link");
    rest.split_whitespace().next().unwrap().to_owned()
}

/// The code of a mail: eight digits alone on their line.
pub(crate) fn code(sent: &Sent) -> String {
    let alone = |line: &&str| line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit());
    sent.text.lines().find(alone).expect("a code").to_owned()
}

/// Brings new items to the queue, and returns them in the order of the queue.
pub(crate) async fn relay(world: &World) -> Vec<Place> {
    while let Some(batch) = world.aws.take_for(RELAY).unwrap() {
        let answer = world.invoke(RELAY, batch.event.clone()).await;
        world.aws.settle(batch, answer);
    }
    bodies(world).iter().map(|body| place(body)).collect()
}

/// What lies in the queues: of messages, then of everything else.
pub(crate) fn bodies(world: &World) -> Vec<String> {
    [world.aws.queue_bodies("NoticeQueue"), world.aws.queue_bodies("NotifyQueue")].concat()
}

fn place(body: &str) -> Place {
    let event: Value = serde_json::from_str(body).unwrap();
    let practice = PracticeId::parse(event["practice"].as_str().unwrap()).unwrap();
    (practice, event["id"].as_str().unwrap().to_owned())
}

/// A batch of the queue, as Lambda hands it over.
pub(crate) fn batch(bodies: &[String]) -> Value {
    let record = |(n, body): (usize, &String)| {
        json!({
            "messageId": format!("message-{n}"),
            "receiptHandle": "receipt",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:local-NotifyQueue",
            "awsRegion": "us-east-1",
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// An outbox item.
pub(crate) async fn item(world: &World, place: &Place) -> Item {
    world.operator.store.get(&keys::outbox(place.0, &place.1)).await.unwrap().expect("an outbox item")
}

/// State and reason of an outbox item.
pub(crate) async fn state(world: &World, place: &Place) -> (String, String) {
    let item = item(world, place).await;
    let text = |name| item.optional_text(name).unwrap_or_default().to_owned();
    (text("out_state"), text("why"))
}

/// How many items are in each state.
pub(crate) async fn states(world: &World, places: &[Place]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for place in places {
        *counts.entry(state(world, place).await.0).or_default() += 1;
    }
    counts
}

/// Faults of the notifier's calls.
pub(crate) fn faults(service: Service, operation: &str, rules: Vec<(When, Fault)>) -> FaultPlan {
    let rule = |(when, fault)| Rule::new(when, fault).on(service, operation).by(NOTIFY);
    FaultPlan::new(7, rules.into_iter().map(rule).collect())
}

/// Lets time pass in steps of the schedule.
pub(crate) async fn minutes(world: &World, count: usize) {
    for _ in 0..count {
        world.clock.advance_seconds(60);
        world.tick().await;
    }
}
