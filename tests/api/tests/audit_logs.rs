//! What the alarm on the audit log counts: a field of the function's log lines, under the name that infra/alarms.yaml
//! looks for. A program of its own, because the subscriber that catches the lines is one for the whole process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a failing unwrap is a failing test"
)]

use std::{
    io,
    sync::{Arc, Mutex},
};

use api_tests::World;
use aws_sdk_dynamodb::types::AttributeValue;
use platform::telemetry;
use serde_json::{Value, json};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::SubscriberExt};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// The sum of what the alarm counts, and nothing is left afterwards.
    fn counted(&self) -> u64 {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        lines.filter_map(|line| line["audit_changed"].as_u64()).sum()
    }
}

#[tokio::test]
async fn every_change_of_the_audit_log_is_counted_and_nothing_else_is() {
    let lines = Lines::default();
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(lines.clone());
    let subscriber =
        tracing_subscriber::registry().with(json.with_filter(telemetry::targets(tracing::Level::INFO)));
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = World::start(9_600).await;
    let tick = || world.invoke("ChainFunction", json!({"source": "aws.events"}));
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.get(&format!("/v1/conversations/{id}")).await.expect(200);
    world.pump().await;
    tick().await.unwrap();
    world.clock.advance_seconds(2 * 3600);
    tick().await.unwrap();
    assert_eq!(lines.counted(), 0, "the product itself changes nothing");

    let admin = aws_sdk_dynamodb::Client::new(&world.aws.sdk_config("admin"));
    let table = world.aws.environment("ChainFunction")["AUDIT_TABLE"].clone();
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let items = world.aws.items("AuditTable").await;
    let key = |kind: &str, n: usize| {
        let found = items.iter().filter(|item| item["PK"]["S"].as_str().unwrap().starts_with(kind)).nth(n);
        let found = found.unwrap_or_else(|| panic!("{kind}"));
        (found["PK"]["S"].as_str().unwrap().to_owned(), found["SK"]["S"].as_str().unwrap().to_owned())
    };
    for kind in ["EVENT#", "CHAIN#", "CHECKPOINT#", "SUBJECT#"] {
        let (pk, sk) = key(kind, 0);
        let change = admin.update_item().table_name(&table).key("PK", s(&pk)).key("SK", s(&sk));
        let change =
            change.update_expression("SET more = :more").expression_attribute_values(":more", s("x"));
        change.send().await.unwrap();
        world.pump().await;
        assert_eq!(lines.counted(), 1, "{kind} changed");
    }
    let (pk, sk) = key("EVENT#", 1);
    admin.delete_item().table_name(&table).key("PK", s(&pk)).key("SK", s(&sk)).send().await.unwrap();
    world.pump().await;
    assert_eq!(lines.counted(), 1, "removed");

    // Changed and removed before it was linked: the stream has its change, and the event is gone.
    let mut ana = world.signed_in(&world.demo, "ana").await;
    world.pump().await;
    let items = world.aws.items("AuditTable").await;
    ana.get(&format!("/v1/conversations/{id}")).await.expect(200);
    let fresh = world.aws.items("AuditTable").await;
    let new = fresh.iter().find(|item| {
        item["PK"]["S"].as_str().unwrap().starts_with("EVENT#")
            && !items.contains(item)
            && item["more"].is_null()
    });
    let new = new.expect("the reading");
    let (pk, sk) = (new["PK"]["S"].as_str().unwrap(), new["SK"]["S"].as_str().unwrap());
    admin.delete_item().table_name(&table).key("PK", s(pk)).key("SK", s(sk)).send().await.unwrap();
    world.pump().await;
    assert_eq!(lines.counted(), 2, "its removal, and that it is missing");
}
