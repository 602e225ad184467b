//! The scanner itself: leaks that were planted are found, each class in each form, wherever they lie.

use std::sync::Arc;

use api_tests::{
    leaks::{Canaries, ESCAPED, Leak, Scanner, forms},
    world::{TEMPLATE, parameters},
};
use aws_sdk_dynamodb::{Client, primitives::Blob, types::AttributeValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use local::aws::{LocalAws, Options};

use crate::evidence::{Lines, READABLE_FILES};

/// Not those of the main job: both run at the same time.
fn classes() -> Vec<(&'static str, Canaries, Vec<u8>)> {
    let class = |fill: &dyn Fn(&mut Canaries), planted: &[u8]| {
        let mut canaries = Canaries::default();
        fill(&mut canaries);
        (*canaries.classes().first().unwrap(), canaries, planted.to_vec())
    };
    let text = "Tintenfisch-9921: \"Löffelstör\" / 50 % \\ ja\nElsterngezwitscher 😀";
    let (token, code) = ("q7Rz_x-0PmYt5LwKc2Vb8A", "60219384");
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    vec![
        class(&|c| c.text("text", text), text.as_bytes()),
        class(&|c| c.text("text", text), "tintenfisch-9921".as_bytes()),
        class(&|c| c.text("name", "Ottilie Käuzchen"), "Ottilie Käuzchen".as_bytes()),
        class(&|c| c.text("name", "Ottilie Käuzchen"), "kauzchen".as_bytes()),
        class(&|c| c.email("ottilie.kaeuzchen@mail.test"), b"ottilie.kaeuzchen@mail.test"),
        class(&|c| c.phone("+15554827163"), b"+15554827163"),
        class(&|c| c.phone("+15554827163"), b"(555) 482-7163"),
        class(&|c| c.birth_date("1931-02-08"), b"1931-02-08"),
        class(&|c| c.birth_date("1931-02-08"), b"February 8, 1931"),
        class(&|c| c.text("external id", "KX/Onyx=4471"), b"KX/Onyx=4471"),
        class(&|c| c.secret("session", token), token.as_bytes()),
        class(&|c| c.secret("session", token), &bytes),
        class(&|c| c.secret("code", code), code.as_bytes()),
    ]
}

fn in_noise(pattern: &[u8]) -> Vec<u8> {
    [&b"{\"a\":1,\"b\":\"\xfe\x00\x10 "[..], pattern, &b" \"} cnv_01k8zzzzzz0000000000000000"[..]].concat()
}

fn found(leaks: &[Leak], class: &str) -> bool {
    leaks.iter().any(|leak| leak.class == class)
}

#[tokio::test]
async fn planted_leaks_are_found_in_files_logs_and_queues() {
    let directory = tempfile::tempdir().unwrap();
    let (mut in_files, mut in_logs, mut in_queues) = (0, 0, 0);
    for (n, (class, canaries, planted)) in classes().into_iter().enumerate() {
        let scanner = Scanner::new(&canaries);
        let data = directory.path().join(n.to_string());
        let aws = LocalAws::open(Options {
            template: TEMPLATE.to_owned(),
            parameters: parameters(),
            data: Some(data.clone()),
            now: Arc::new(|| 1_800_000_000_000),
            seed: 1,
            record: false,
        })
        .unwrap();
        let (leaks, bytes) = scanner.scan_directory(&data, &READABLE_FILES).unwrap();
        assert!(leaks.is_empty() && bytes > 10_000, "nothing is found before it is planted: {leaks:?}");
        for (form, pattern) in forms(&planted) {
            if pattern.len() < 6 {
                continue;
            }
            let file = data.join("stray");
            std::fs::write(&file, in_noise(&pattern)).unwrap();
            let (mut leaks, _) = scanner.scan_directory(&data, &READABLE_FILES).unwrap();
            leaks.retain(|leak| leak.place == "stray");
            assert!(found(&leaks, class), "{class} as {form} in a file");
            std::fs::remove_file(file).unwrap();
            in_files += 1;

            let Ok(text) = String::from_utf8(pattern) else { continue };
            assert!(aws.publish("EventsTopic", &text));
            let body = aws.queue_bodies("NotifyQueue").pop().unwrap();
            assert!(found(&scanner.scan("queue", body.as_bytes()), class), "{class} as {form} in a queue");
            in_queues += 1;

            // A log line escapes by itself.
            if form != ESCAPED {
                let lines = Lines::default();
                tracing::subscriber::with_default(lines.subscriber(), || {
                    tracing::trace!(target: "platform", "{text}");
                });
                assert!(
                    found(&scanner.scan("log", &lines.bytes()), class),
                    "{class} as {form} in a log line"
                );
                in_logs += 1;
            }
        }
        // What went through the queue lies in its file as well.
        let (leaks, _) = scanner.scan_directory(&data, &READABLE_FILES).unwrap();
        assert!(leaks.iter().any(|leak| leak.place.starts_with("events.sqlite3")), "{leaks:?}");
    }
    assert!(in_files >= 300 && in_logs >= 300 && in_queues >= 300, "{in_files} {in_logs} {in_queues}");
}

#[tokio::test]
async fn a_deleted_item_is_found_in_what_sqlite_leaves_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options {
        template: TEMPLATE.to_owned(),
        parameters: parameters(),
        data: Some(directory.path().to_owned()),
        now: Arc::new(|| 1_800_000_000_000),
        seed: 1,
        record: false,
    };
    let mut canaries = Canaries::default();
    canaries.text("name", "Ottilie Käuzchen");
    let scanner = Scanner::new(&canaries);
    let aws = LocalAws::open(options()).unwrap();
    let client = Client::new(&aws.sdk_config("admin"));
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let name = Blob::new("Ottilie Käuzchen");
    client
        .put_item()
        .table_name("local-ChatTable")
        .item("PK", key("P"))
        .item("SK", key("S"))
        .item("name", AttributeValue::B(name))
        .send()
        .await
        .unwrap();
    client
        .delete_item()
        .table_name("local-ChatTable")
        .key("PK", key("P"))
        .key("SK", key("S"))
        .send()
        .await
        .unwrap();
    assert!(aws.items("ChatTable").await.is_empty());
    let (leaks, _) = scanner.scan_directory(directory.path(), &READABLE_FILES).unwrap();
    assert!(leaks.iter().any(|leak| leak.form.starts_with("base64")), "{leaks:?}");
}

#[test]
fn what_is_public_and_what_is_chance_is_no_leak() {
    let mut canaries = Canaries::default();
    canaries.secret("code", "60219384");
    let scanner = Scanner::new(&canaries);
    let hash = "a3f0b1c2d3e4f56021938457f6e7d8c9";
    assert!(scanner.scan("hash", hash.as_bytes()).is_empty());
    assert!(!scanner.scan("hash and code", format!("{hash}60219384").as_bytes()).is_empty());
    assert!(!scanner.scan("code", b"\"60219384\"").is_empty());
    assert!(
        scanner.scan("ids", b"cnv_01k8zzzzzz0000000000000000 Bright Eyes Clinic +15555550100").is_empty()
    );
}
