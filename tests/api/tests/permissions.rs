//! The permissions of the template are sufficient and necessary: the product's whole round works with them, and with
//! any one of them taken away it does not.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use std::panic;

use api_tests::{World, messages::code_in, people::text};
use futures_util::FutureExt;
use local::aws::{Fault, FaultPlan, Rule, Service, When, provider_id};
use serde_json::json;

fn mails_to(world: &World, to: &str) -> Vec<String> {
    world.aws.outbox().all().into_iter().filter(|m| m.to.contains(to)).map(|m| m.text).collect()
}

/// Everything that the functions are for, once. Panics where something is not allowed.
async fn round(world: World) {
    // What is in memory from the round before would hide a permission.
    world.clock.advance_seconds(600);
    let demo = &world.demo;

    // login: ask, redeem, birth date, session, sign-out.
    let mut maria = world.browser();
    let ask = json!({"practice": "demo", "address": "maria@patients.test"});
    maria.post("/v1/login-links", ask).await.expect(202);
    let before = mails_to(&world, "maria@patients.test").len();
    world.pump().await;
    let mails = mails_to(&world, "maria@patients.test");
    assert_eq!(mails.len(), before + 1);
    let code = code_in(mails.last().unwrap());
    maria.post("/v1/sessions", json!({"code": code})).await.expect(200);
    maria.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    maria.get("/v1/session").await.expect(200);

    // roster: add, search, read, change.
    let mut ben = world.signed_in(demo, "ben").await;
    let key = world.fresh_key();
    let body = json!({"name": "Eva Stone", "birth_date": "1990-01-01", "language": "en", "emails": [], "phones": []});
    let eva =
        ben.post_once("/v1/patients", &key, body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let found = ben.get("/v1/patients?q=eva").await.expect(200).json();
    assert!(found["items"].as_array().unwrap().iter().any(|p| p["id"] == eva.as_str()));
    ben.patch(&format!("/v1/patients/{eva}"), json!({"name": "Eva Rock"})).await.expect(200);

    // texts: what was agreed to, written and read.
    let consents = format!("/v1/patients/{}/consents", demo.patients["maria"].id);
    let found = ben.get(&consents).await.expect(200).json();
    let body = json!({
        "contact_id": found["items"][1]["contact_id"], "category": "reminders", "state": "given", "source": "paper",
    });
    ben.put(&consents, body).await.expect(200);
    // Whoever is active has their session made longer, by this function too.
    let mut active = world.signed_in(demo, "ben").await.with_header("x-user-active", "1");
    world.clock.advance_seconds(70);
    active.get(&consents).await.expect(200);

    // Visits and their texts: written down, moved, listed; one text that leaves.
    let new = json!({"external_id": world.fresh_key(), "patient_id": demo.patients["maria"].id, "starts_at": "2027-03-01T15:00:00Z"});
    let visit = ben.post("/v1/visits", new).await.expect(201).json();
    let visit = format!("/v1/visits/{}", visit["id"].as_str().unwrap());
    ben.patch(&visit, json!({"starts_at": "2027-03-02T15:00:00Z"})).await.expect(200);
    let body = json!({"patient_id": demo.patients["maria"].id, "kind": "reorder_reminder"});
    let made = ben.post_once("/v1/texts", &world.fresh_key(), body).await.expect(201).json();
    for query in ["", "?state=scheduled"] {
        let page = ben.get(&format!("/v1/texts{query}")).await.expect(200).json();
        assert!(page["items"].as_array().unwrap().iter().any(|text| text["id"] == made["id"]), "{query}");
    }
    let before = mails_to(&world, "+15555550101").len();
    world.tick().await;
    assert_eq!(mails_to(&world, "+15555550101").len(), before + 1);
    // One that comes in, once its keys have left the memory.
    world.clock.advance_seconds(310);
    let help = json!({
        "originationNumber": "+15555550101", "destinationNumber": "+15555550100", "messageBody": "HELP",
        "inboundMessageId": world.fresh_key(),
    });
    assert!(world.aws.publish("InboundSmsTopic", &help.to_string()));
    world.pump().await;
    assert_eq!(mails_to(&world, "+15555550101").len(), before + 2);

    // messages: start, list in every way, send, read, mark, change.
    let mut ana = world.signed_in(demo, "ana").await;
    let start = json!({"patient_id": demo.patients["maria"].id, "topic": "other"});
    let id = ana.post_once("/v1/conversations", &world.fresh_key(), start).await.expect(201).json();
    let path = format!("/v1/conversations/{}", id["id"].as_str().unwrap());
    maria.post_once(&format!("{path}/messages"), &world.fresh_key(), text("hello")).await.expect(201);
    for query in ["", "?assigned=none", "?unread=true"] {
        let page = ana.get(&format!("/v1/conversations{query}")).await.expect(200).json();
        assert!(page["items"].as_array().unwrap().iter().any(|c| c["id"] == id["id"]), "{query}");
    }
    // The key that was made for the conversation leaves the memory: reading has to unwrap it.
    world.clock.advance_seconds(310);
    let page = ana.get(&format!("{path}/messages")).await.expect(200).json();
    assert_eq!(page["items"][0]["body"]["text"], "hello");
    ana.put(&format!("{path}/read"), json!({"seq": 1})).await.expect(204);
    ana.put(&format!("{path}/draft"), json!({"text": "half an answer"})).await.expect(204);
    ana.delete(&format!("{path}/draft")).await.expect(204);
    let wrong =
        ana.post_once(&format!("{path}/messages"), &world.fresh_key(), text("for John")).await.expect(201);
    let recall = format!("{path}/messages/{}/recall", wrong.json()["seq"]);
    let recalled = ana.post(&recall, json!({"reason": "wrong_patient"})).await.expect(200).json();
    maria.delete("/v1/session").await.expect(204);

    // relay and notify: a notice by mail, one by SMS.
    ana.post_once(&format!("{path}/messages"), &world.fresh_key(), text("answer")).await.expect(201);
    let linh = world.conversation(demo, "ana", "linh").await;
    let linh = format!("/v1/conversations/{linh}/messages");
    ana.post_once(&linh, &world.fresh_key(), text("for Linh")).await.expect(201);
    let before = (mails_to(&world, "maria@patients.test").len(), mails_to(&world, "+15555550104").len());
    world.pump().await;
    let after = (mails_to(&world, "maria@patients.test").len(), mails_to(&world, "+15555550104").len());
    assert_eq!(after, (before.0 + 1, before.1 + 1));
    world.tick().await;

    // audit: read in every way, by whoever is active; and what a patient sees of it, with the name of who wrote.
    let mut ida = world.signed_in(demo, "ida").await.with_header("x-user-active", "1");
    world.clock.advance_seconds(70);
    let demo_maria = demo.patients["maria"].id;
    for query in ["", "?limit=2", &format!("?patient={demo_maria}")] {
        let page = ida.get(&format!("/v1/audit{query}")).await.expect(200).json();
        assert!(!page["items"].as_array().unwrap().is_empty(), "{query}");
    }
    let checkpoints = ida.get("/v1/audit/checkpoints").await.expect(200).json();
    assert!(!checkpoints["items"].as_array().unwrap().is_empty());
    assert!(!ida.get("/v1/audit/export").await.expect(200).bytes.is_empty());
    let log = world.signed_in(demo, "maria").await.get("/v1/me/access-log").await.expect(200).json();
    assert!(log["items"].as_array().unwrap().iter().any(|item| item["actor"]["name"] == "Ana Ruiz"));

    // What the recall has kept: asked for, allowed, told of by mail, opened with a key of its own.
    let evidence = format!("/v1/evidence/{}", recalled["evidence_id"].as_str().unwrap());
    let before = mails_to(&world, "max@demo.test").len();
    let why = json!({"reason": "The patient has complained."});
    ida.post(&format!("{evidence}/request"), why).await.expect(201);
    world.pump().await;
    assert_eq!(mails_to(&world, "max@demo.test").len(), before + 1);
    let mut max = world.signed_in(demo, "max").await;
    max.post(&format!("{evidence}/decision"), json!({"word": "approved"})).await.expect(200);
    assert_eq!(ida.get(&evidence).await.expect(200).json()["text"], "for John");
    assert_eq!(ida.get("/v1/evidence").await.expect(200).json()["items"][0]["state"], "open");

    // A batch that fails for good is reported.
    let reported = world.aws.queue_depth("RelayDeadLetters").unwrap().visible;
    let down = Rule::new(When::Always, Fault::InternalError).on(Service::Sns, "Publish").by("RelayFunction");
    world.aws.set_faults(Some(FaultPlan::new(1, vec![down])));
    let john = world.conversation(demo, "ana", "john").await;
    let john = format!("/v1/conversations/{john}/messages");
    ana.post_once(&john, &world.fresh_key(), text("for John")).await.expect(201);
    let before = mails_to(&world, "john@patients.test").len();
    for _ in 0..10 {
        world.clock.advance_seconds(15);
        world.pump().await;
    }
    world.aws.set_faults(None);
    assert_eq!(world.aws.queue_depth("RelayDeadLetters").unwrap().visible, reported + 1);
    // What the stream did not bring, the sweeper finds.
    world.clock.advance_seconds(180);
    world.tick().await;
    assert_eq!(mails_to(&world, "john@patients.test").len(), before + 1);
    // feedback: the mail comes back, so a text leaves, and the log says why.
    let sent = world.aws.outbox().all().into_iter().rfind(|sent| sent.to == "john@patients.test").unwrap();
    let mail = json!({"messageId": provider_id(&sent.id)});
    let bounce = json!({"eventType": "Bounce", "mail": mail, "bounce": {"bounceType": "Permanent"}});
    let texts = mails_to(&world, "+15555550102").len();
    assert!(world.aws.publish("MailEventsTopic", &bounce.to_string()));
    world.pump().await;
    assert_eq!(mails_to(&world, "+15555550102").len(), texts + 1);
    assert_eq!(
        mails_to(&world, "maria@patients.test").len(),
        after.0,
        "what was sent and audited is not sent again"
    );
}

#[tokio::test]
async fn every_permission_is_enough_and_needed() {
    let world = World::start(60).await;
    round(world.clone()).await;
    let statements: Vec<(String, String)> = world
        .aws
        .iam()
        .statements()
        .filter(|(role, _)| role.ends_with("Function"))
        .map(|(role, statement)| (role.to_owned(), statement.sid.clone()))
        .collect();
    assert!(statements.len() > 20, "{} statements", statements.len());
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let mut needless = Vec::new();
    for (role, sid) in &statements {
        assert!(!sid.is_empty(), "a statement of {role} has no Sid");
        let world = World::start(61).await;
        assert!(world.aws.iam().without(role, sid));
        if panic::AssertUnwindSafe(round(world)).catch_unwind().await.is_ok() {
            needless.push(format!("{role} {sid}"));
        }
    }
    panic::set_hook(hook);
    println!("{} permissions, each taken away once", statements.len());
    assert!(needless.is_empty(), "nothing breaks without {needless:?}");
}
