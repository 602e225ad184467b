//! Texts, visits and what people agreed to, over HTTP and by what their phones get.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

mod consents;
mod inbound;
mod scheduled;
mod visits;

use api_tests::{Browser, Practice, World};
use domain::{id::EventId, time::Timestamp};
use platform::store::{
    keys,
    table::{Query, Sort, Table},
};
use serde_json::{Value, json};

/// Verb and patient of every audit event of today, in order.
async fn verbs(world: &World, practice: &Practice) -> Vec<(String, Option<String>)> {
    let any = EventId::new(Timestamp::from_millis(0), [0; 10]);
    let partition = keys::audit(practice.id, world.clock.now(), any).pk;
    let query = Query { table: Table::Audit, ..Query::new(&partition, Sort::All) };
    let items = world.operator.store.query(query).await.unwrap().items;
    let pair = |item: &platform::store::item::Item| {
        (item.text("verb").unwrap().to_owned(), item.optional_text("patient").map(str::to_owned))
    };
    items.iter().map(pair).collect()
}

/// The contact of a patient with this address.
async fn contact(browser: &mut Browser, patient: &str, address: &str) -> Value {
    let all = browser.get(&format!("/v1/patients/{patient}/consents")).await.expect(200).json();
    let found = all["items"].as_array().unwrap().iter().find(|item| item["address"] == address);
    found.unwrap_or_else(|| panic!("no {address} in {all}")).clone()
}

/// What holds for a category at a contact.
fn state(contact: &Value, category: &str) -> String {
    let all = contact["consents"].as_array().unwrap();
    let one = all.iter().find(|consent| consent["category"] == category).expect("a category");
    one["state"].as_str().unwrap().to_owned()
}

/// Staff write down what somebody has said.
async fn say(browser: &mut Browser, patient: &str, contact: &Value, category: &str, state: &str) {
    let body = json!({
        "contact_id": contact["contact_id"], "category": category, "state": state, "source": "in_person",
    });
    browser.put(&format!("/v1/patients/{patient}/consents"), body).await.expect(200);
}
