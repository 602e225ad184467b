//! An ordinary end and an ordinary start: sessions, conversations and the outbox go on where they were, and the log,
//! at its most talkative, names nobody.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::sign_in;
use crate::server::Place as Home;

const TEXT: &str = "Canary-Bluebell-4410: nothing to worry about.";

#[test]
fn a_restart_loses_nothing_and_the_log_names_nobody() {
    let home = Home::new("TRACE");
    let (server, _) = home.start();
    let token = sign_in(&home.client(), "ana@demo.test");
    let ana = home.client().with_token(&token);
    let found = ana.get("/v1/patients?q=maria%20lopez").unwrap().expect(200).json();
    let new = json!({"patient_id": found["items"][0]["id"], "topic": "billing"});
    let started = ana.post_once("/v1/conversations", "start", &new).unwrap().expect(201).json();
    let path = format!("/v1/conversations/{}/messages", started["id"].as_str().unwrap());
    let message = json!({"kind": "text", "text": TEXT});
    let sent = ana.post_once(&path, "first", &message).unwrap().expect(201).json();
    let outbox = loop {
        let outbox = ana.get("/outbox.json").unwrap().expect(200).json();
        if outbox.as_array().unwrap().iter().any(|sent| sent["to"] == "maria@patients.test") {
            break outbox;
        }
        thread::sleep(Duration::from_millis(50));
    };
    let session = ana.get("/v1/session").unwrap().expect(200).json();
    assert!(server.stop().success());

    let (server, _) = home.start();
    assert_eq!(ana.get("/v1/session").unwrap().expect(200).json()["account"], session["account"]);
    assert_eq!(ana.get(&path).unwrap().expect(200).json()["items"], json!([sent]));
    assert_eq!(ana.post_once(&path, "first", &message).unwrap().expect(200).json(), sent);
    assert_eq!(ana.get("/outbox.json").unwrap().expect(200).json(), outbox, "nothing is sent twice");
    let second = ana.post_once(&path, "second", &message).unwrap().expect(201).json();
    assert_eq!(second["seq"], 2);
    assert_eq!(notice_link(&outbox), notice_link(&ana.get("/outbox.json").unwrap().expect(200).json()));
    // A request that nothing knows, with something in it that must not be written down.
    ana.get("/v1/patients?q=canary-bluebell-4410").unwrap().expect(200);
    ana.get("/v1/conversations/Canary-Bluebell-4410").unwrap().expect(404);
    home.client().get("/Canary-Bluebell-4410").unwrap();
    assert!(server.stop().success());

    let log = home.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is talkative: {log}");
    let secret = token.rsplit('.').next().unwrap();
    let link = notice_link(&outbox).unwrap();
    for never in [
        secret,
        link.as_str(),
        "Bluebell",
        "bluebell",
        "patients.test",
        "demo.test",
        "5550101",
        "1985-03-14",
        "Lopez",
        "Castillo",
    ] {
        assert!(!log.contains(never), "{never} stands in the log");
    }
}

/// The token of the newest notice.
fn notice_link(outbox: &Value) -> Option<String> {
    let texts = outbox.as_array().unwrap().iter().rev().filter_map(|sent| sent["text"].as_str());
    let mut tokens = texts.filter_map(|text| text.split_once("/n?l=")?.1.split_once("#t="));
    tokens.next().map(|(_, rest)| rest.split_whitespace().next().unwrap().to_owned())
}
