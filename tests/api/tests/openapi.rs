//! The document that other programs rely on is the one that the routers describe.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::World;
use serde_json::Value;

#[test]
fn the_document_in_the_repository_is_up_to_date() {
    let routers = serde_json::to_string_pretty(&local::openapi::document()).unwrap();
    let stored = include_str!("../../../docs/api/openapi.json");
    assert!(routers.trim() == stored.trim(), "run `make openapi` and commit docs/api/openapi.json");
}

#[tokio::test]
async fn it_is_served_and_every_operation_declares_its_refusals() {
    let world = World::start(50).await;
    let served: Value = world.browser().get("/v1/openapi.json").await.expect(200).json();
    assert_eq!(served["info"]["title"], "Patient chat");
    let mut ids = Vec::new();
    for (path, item) in served["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            ids.push(
                operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no id")).to_owned(),
            );
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses {
                if status.starts_with(['4', '5']) {
                    let content = &response["content"]["application/problem+json"];
                    assert!(content.is_object(), "{name} {status} is not a problem document");
                }
            }
            if operation["requestBody"].is_object() {
                for status in ["413", "415", "422"] {
                    assert!(responses.contains_key(status), "{name} does not declare {status}");
                }
            }
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "operation ids are unique");
}
