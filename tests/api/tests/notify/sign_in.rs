//! Sign-in messages: to whom an address belongs, and to nobody else.

use std::collections::BTreeMap;

use api_tests::{World, people, world::parameters};
use local::aws::Channel;
use platform::{
    config::Environment,
    entropy::Entropy,
    store::{
        Write,
        account::grant_items,
        session::{Grant, Relation},
        staff::Staff,
        table::Table,
    },
};
use serde_json::json;

use crate::support::{NOTIFY, ask, code, place_of, relay, sent, state, token};

fn pair(state: &str, why: &str) -> (String, String) {
    (state.to_owned(), why.to_owned())
}

#[tokio::test]
async fn a_known_address_gets_a_link_and_a_code_that_work() {
    let world = World::start(1).await;
    let mut browser = ask(&world, "patient", "Maria@Patients.test").await;
    world.pump().await;
    let sent = sent(&world);
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].channel, sent[0].to.as_str()), (Channel::Email, "maria@patients.test"));
    assert!(sent[0].from.contains("messages@bright-eyes.test"));
    assert!(sent[0].text.contains("https://chat.example.org/l#t="));
    let html = sent[0].html.as_deref().unwrap();
    assert!(html.contains("lang=\"es\""), "in the language of her account");
    // Secrets are random and may spell anything.
    let plain = |shown: &str| shown.replace(&token(&sent[0]), "").replace(&code(&sent[0]), "");
    for personal in ["Maria", "Lopez", "1985"] {
        assert!(!plain(&sent[0].text).contains(personal) && !plain(html).contains(personal), "{personal}");
    }
    assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("SENT", "accepted"));

    let mut by_link = browser.clone();
    let answer = by_link.post("/v1/sessions", json!({"token": token(&sent[0])})).await.expect(200);
    assert_eq!(answer.json()["next"], "birth_date");
    let answer = browser.post("/v1/sessions", json!({"code": code(&sent[0])})).await.expect(200);
    assert_eq!(answer.json()["next"], "birth_date");
    let answer = browser.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    assert_eq!(answer.json()["account"]["name"], "Maria Lopez");
}

#[tokio::test]
async fn an_unknown_address_gets_nothing_and_costs_the_same_calls() {
    let world = World::start(2).await;
    // Keys and practice are in memory after the first.
    ask(&world, "patient", "john@patients.test").await;
    let recorder = world.aws.recorder();
    let (_, known) = recorder.scope("known", ask(&world, "patient", "maria@patients.test")).await;
    let (browser, unknown) = recorder.scope("unknown", ask(&world, "patient", "nobody@patients.test")).await;
    assert_eq!(known.names(), unknown.names());
    assert_eq!(known.depth(), unknown.depth());
    world.pump().await;
    let to: Vec<_> = sent(&world).into_iter().map(|sent| sent.to).collect();
    assert_eq!(to, ["john@patients.test", "maria@patients.test"]);
    assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("SUPPRESSED", "unknown"));
}

#[tokio::test]
async fn patients_and_staff_are_never_mixed() {
    let world = World::start(3).await;
    let staff = ask(&world, "staff", "ana@demo.test").await;
    let patient_as_staff = ask(&world, "staff", "maria@patients.test").await;
    let staff_as_patient = ask(&world, "patient", "ana@demo.test").await;
    let phone_as_staff = ask(&world, "staff", "+15555550101").await;
    let elsewhere = ask(&world, "patient", "maria@patients.other.test").await;
    world.pump().await;
    let mails = sent(&world);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ana@demo.test");
    assert_eq!(state(&world, &place_of(&world, &staff)).await, pair("SENT", "accepted"));
    for browser in [patient_as_staff, staff_as_patient, phone_as_staff, elsewhere] {
        assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("SUPPRESSED", "unknown"));
    }
}

#[tokio::test]
async fn a_phone_gets_a_code_and_no_link() {
    let world = World::start(4).await;
    let mut browser = ask(&world, "patient", "+15555550104").await;
    world.pump().await;
    let sent = sent(&world);
    assert_eq!((sent[0].channel, sent[0].to.as_str()), (Channel::Sms, "+15555550104"));
    assert!(!sent[0].text.contains("://"), "{}", sent[0].text);
    let (_, code) = sent[0].text.rsplit_once("\n@chat.example.org #").expect("the line that phones read");
    let _ = browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    let _ = browser.post("/v1/sessions/person", json!({"birth_date": "2001-01-30"})).await.expect(201);
}

#[tokio::test]
async fn a_phone_gets_nothing_while_text_messages_are_off() {
    let world = World::start(5).await;
    let browser = ask(&world, "patient", "+15555550104").await;
    relay(&world).await;
    let batch = world.aws.take_for(NOTIFY).unwrap().unwrap();
    let answer = notify::handle(&without_sms(&world), batch.event.clone()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert!(sent(&world).is_empty());
    assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("SUPPRESSED", "sms_off"));
}

/// The notifier of a deployment without text messages.
pub(crate) fn without_sms(world: &World) -> notify::State {
    let mut variables = world.aws.environment(NOTIFY);
    variables.insert("SMS_BACKEND".to_owned(), "off".to_owned());
    let environment = Environment::from_map(variables);
    notify::State::new(&environment, &world.aws.sdk_config(NOTIFY), world.clock.clone(), Entropy::seeded(9))
        .expect("it needs no more than that")
}

#[tokio::test]
async fn an_attempt_that_is_over_is_not_worth_a_mail() {
    let world = World::start(6).await;
    let late = ask(&world, "patient", "maria@patients.test").await;
    relay(&world).await;
    world.clock.advance_seconds(3_600);
    world.pump().await;
    assert!(sent(&world).is_empty());
    assert_eq!(state(&world, &place_of(&world, &late)).await, pair("SUPPRESSED", "flow_over"));
}

#[tokio::test]
async fn who_may_not_sign_in_any_more_gets_nothing() {
    let world = World::start(9).await;
    let (app, practice, now) = (&world.operator, world.demo.id, world.clock.now());
    let stored = app.known_practice(practice).await.unwrap();
    let sealer = app.sealer(&stored).await.unwrap();
    let ben = app.store.staff(practice, world.demo.staff["ben"], &sealer).await.unwrap().unwrap();
    let ben = Staff { active: false, ..ben }.to_item(practice, &sealer, now);
    let john = &world.demo.patients["john"];
    let ended = Grant { patient: john.id, relation: Relation::Oneself, from: None, until: Some(now) };
    let mut items = vec![ben];
    items.extend(grant_items(practice, john.account.unwrap(), ended, now));
    let writes = || items.iter().cloned().map(|item| Write::Replace(Table::Chat, item)).collect();
    app.store.transact_patiently(writes).await.unwrap().unwrap();

    let staff = ask(&world, "staff", "ben@demo.test").await;
    let patient = ask(&world, "patient", "john@patients.test").await;
    world.pump().await;
    assert!(sent(&world).is_empty());
    for browser in [staff, patient] {
        assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("SUPPRESSED", "unknown"));
    }
}

#[tokio::test]
async fn a_shared_address_gets_one_mail_that_leads_to_everybody_behind_it() {
    let world = World::start(7).await;
    let shared = ["maria@patients.test".to_owned()];
    people::add(&world.operator, world.demo.id, "Pedro Lopez", "2008-02-29", "en", &shared).await;
    for (birth_date, name) in [("2008-02-29", "Pedro Lopez"), ("1985-03-14", "Maria Lopez")] {
        let before = sent(&world).len();
        let mut browser = ask(&world, "patient", "maria@patients.test").await;
        world.pump().await;
        let mails = sent(&world).split_off(before);
        assert_eq!(mails.len(), 1);
        assert!(mails[0].html.as_deref().unwrap().contains("lang=\"en\""), "two languages: that of the page");
        let _ = browser.post("/v1/sessions", json!({"code": code(&mails[0])})).await.expect(200);
        let answer = browser.post("/v1/sessions/person", json!({"birth_date": birth_date})).await.expect(201);
        assert_eq!(answer.json()["account"]["name"], name);
    }
}

#[tokio::test]
async fn a_missing_or_malformed_variable_names_itself() {
    let world = World::start(8).await;
    let variables = world.aws.environment(NOTIFY);
    let start = |changes: BTreeMap<&str, &str>| {
        let mut variables = variables.clone();
        for (name, value) in changes {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let sdk = world.aws.sdk_config(NOTIFY);
        let environment = Environment::from_map(variables);
        notify::State::new(&environment, &sdk, world.clock.clone(), Entropy::seeded(1)).map(drop)
    };
    assert!(start(BTreeMap::new()).is_ok());
    assert!(start([("MAIL_CONFIGURATION_SET", "")].into()).is_ok());
    for variable in [
        "CHAT_TABLE",
        "AUDIT_TABLE",
        "ENVELOPE_KEY_ARN",
        "PUBLIC_ORIGIN",
        "MAIL_FROM",
        "MAIL_REPLY_TO",
        "SMS_BACKEND",
    ] {
        assert_eq!(start([(variable, "")].into()).unwrap_err().variable, variable);
        if variable != "AUDIT_TABLE" {
            assert_eq!(start([(variable, "!")].into()).unwrap_err().variable, variable);
        }
    }
    // The permission names the sender as the template spells it.
    assert_eq!(start([("MAIL_FROM", "Messages@Bright-Eyes.test")].into()).unwrap_err().variable, "MAIL_FROM");
    assert_eq!(parameters()["SmsBackend"], "sns");
}
