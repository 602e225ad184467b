//! Patients, who may act for them, staff and the practice, over HTTP.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

mod any_input;
mod contacts;
mod grants;
mod guards;
mod minors;
mod patients;
mod practice;
mod reach;
mod search;
mod sharing;
mod staff;

use api_tests::{Practice, World};
use domain::{id::EventId, time::Timestamp};
use platform::store::{
    item::Item,
    keys,
    table::{Query, Sort, Table},
};
use serde_json::{Value, json};

/// The audit events of today.
async fn events(world: &World, practice: &Practice) -> Vec<Item> {
    let any = EventId::new(Timestamp::from_millis(0), [0; 10]);
    let partition = keys::audit(practice.id, world.clock.now(), any).pk;
    let mut events = Vec::new();
    let mut start = None;
    loop {
        let query = Query { table: Table::Audit, start, ..Query::new(&partition, Sort::All) };
        let page = world.operator.store.query(query).await.unwrap();
        events.extend(page.items);
        match page.next {
            Some(next) => start = Some(next),
            None => return events,
        }
    }
}

/// The events that were not there before. The clock stands, so their order says nothing.
async fn events_since(world: &World, practice: &Practice, before: &[Item]) -> Vec<Item> {
    let known: Vec<_> = before.iter().map(|event| event.key().unwrap()).collect();
    let mut events = events(world, practice).await;
    events.retain(|event| !known.contains(&event.key().unwrap()));
    events
}

/// Verb and patient of the events that were not there before, sorted.
async fn verbs(world: &World, practice: &Practice, before: &[Item]) -> Vec<(String, Option<String>)> {
    let of = |event: &Item| {
        (event.text("verb").unwrap().to_owned(), event.optional_text("patient").map(str::to_owned))
    };
    let mut verbs: Vec<_> = events_since(world, practice, before).await.iter().map(of).collect();
    verbs.sort();
    verbs
}

fn new_patient(name: &str) -> Value {
    json!({
        "name": name, "birth_date": "1990-01-02", "language": "en",
        "emails": [format!("{}@new.test", name.to_lowercase().replace(' ', "."))], "phones": [],
    })
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn names(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// Pointer and code of every wrong member.
fn errors(answer: &api_tests::Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    json["errors"].as_array().unwrap().iter().map(|e| (text(e, "pointer"), text(e, "code"))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}
