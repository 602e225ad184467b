//! What is on disk outlives the process, and is never overwritten when it is damaged.

use std::fs;
use std::path::Path;

use aws_sdk_kms::types::DataKeySpec;
use local::aws::OpenError;

use crate::support::{Bench, CHAT, TEMPLATE, s};

#[tokio::test]
async fn everything_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let key;
    let blob;
    {
        let bench = Bench::on_disk(directory.path());
        bench.put("MessagesFunction", CHAT, "OUTBOX#p#1", "OUT").await;
        bench.aws.publish("EventsTopic", "{\"id\":1}");
        let phone = bench.sns("NotifyFunction");
        phone.publish().phone_number("+15555550104").message("Hello").send().await.unwrap();
        key = bench.aws.environment("MessagesFunction")["ENVELOPE_KEY_ARN"].clone();
        let made = bench.kms("admin").generate_data_key().key_id(&key).key_spec(DataKeySpec::Aes256);
        blob = made.send().await.unwrap();
        bench.aws.due_ticks();
    }
    let bench = Bench::on_disk(directory.path());
    let get =
        bench.dynamodb("admin").get_item().table_name(CHAT).key("PK", s("OUTBOX#p#1")).key("SK", s("OUT"));
    assert!(get.send().await.unwrap().item().is_some());
    assert_eq!(bench.aws.queue_bodies("NotifyQueue"), ["{\"id\":1}"]);
    assert_eq!(bench.aws.outbox().all()[0].text, "Hello");
    let opened = bench.kms("admin").decrypt().ciphertext_blob(blob.ciphertext_blob().unwrap().clone());
    assert_eq!(opened.send().await.unwrap().plaintext(), blob.plaintext());
    let batch = bench.aws.take_for("RelayFunction").unwrap().unwrap();
    assert_eq!(batch.event["Records"][0]["dynamodb"]["Keys"]["PK"]["S"], "OUTBOX#p#1");
    bench.advance_seconds(60);
    assert_eq!(bench.aws.due_ticks().len(), 3, "the time of all schedules went on");
}

#[tokio::test]
async fn a_record_whose_write_never_happened_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    drop(Bench::on_disk(directory.path()));
    let record = serde_json::json!({
        "eventName": "INSERT",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/local-ChatTable/stream/2024-01-01T00:00:00.000",
        "dynamodb": {"Keys": {"PK": {"S": "OUTBOX#p#9"}, "SK": {"S": "OUT"}}},
    });
    let events = rusqlite::Connection::open(directory.path().join("events.sqlite3")).unwrap();
    events
        .execute(
            "INSERT INTO records (mapping, record, at) VALUES ('RelayFunction/RelayStream', ?1, 0)",
            [record.to_string()],
        )
        .unwrap();
    drop(events);
    assert_eq!(Bench::on_disk(directory.path()).aws.stream_backlog(), 0);
}

#[test]
fn one_process_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = Bench::on_disk(directory.path());
    let second = Bench::with(TEMPLATE, Some(directory.path())).err().unwrap();
    assert!(matches!(second, OpenError::InUse(_)), "{second}");
    assert!(second.to_string().contains("is in use by another local run"));
    drop(first);
    Bench::on_disk(directory.path());
}

fn damage(file: &str, how: impl FnOnce(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    drop(Bench::on_disk(directory.path()));
    let path = directory.path().join(file);
    how(&path);
    let before = fs::read(&path).ok();
    let error = Bench::with(TEMPLATE, Some(directory.path())).err().unwrap();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains(file), "{error}");
    assert_eq!(fs::read(&path).ok(), before, "it must be left as it is");
}

#[test]
fn damaged_files_are_named_and_left_alone() {
    for file in ["dynamodb.sqlite3", "events.sqlite3", "outbox.sqlite3"] {
        damage(file, |path| fs::write(path, b"this was never a database").unwrap());
        damage(file, |path| fs::write(path, b"").unwrap());
        damage(file, |path| fs::remove_file(path).unwrap());
        damage(file, |path| {
            let mut bytes = fs::read(path).unwrap();
            for byte in &mut bytes[4096..] {
                *byte ^= 0x5A;
            }
            fs::write(path, bytes).unwrap();
        });
    }
    damage("kms-keys.json", |path| fs::write(path, b"{").unwrap());
    damage("kms-keys.json", |path| fs::remove_file(path).unwrap());
    damage("local-aws.json", |path| fs::write(path, b"[]").unwrap());
}

#[test]
fn a_changed_schema_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(Bench::on_disk(directory.path()));
    let changed = TEMPLATE.replace("IndexName: unread", "IndexName: neglected");
    assert_ne!(changed, TEMPLATE);
    let error = Bench::with(&changed, Some(directory.path())).err().unwrap();
    assert!(error.to_string().contains("local-ChatTable does not fit template.yaml"), "{error}");
}
