//! The demo practice.

use axum::http::StatusCode;
use local::aws::Service;
use local::{Stack, StackOptions};

use crate::support::get;

fn on_disk(data: &std::path::Path) -> StackOptions {
    StackOptions { data: Some(data.to_owned()), ..StackOptions::test(9) }
}

#[tokio::test]
async fn it_is_created_once() {
    let directory = tempfile::tempdir().unwrap();
    let counts = async |stack: &Stack| {
        let items = stack.aws().items("ChatTable").await;
        let of = |prefix: &str, sk: &str| {
            let fits = |item: &&serde_json::Value| {
                item["PK"]["S"].as_str().unwrap().starts_with(prefix)
                    && item["SK"]["S"].as_str().unwrap().starts_with(sk)
            };
            items.iter().filter(fits).count()
        };
        (
            of("PATIENT#", "PROFILE"),
            of("PRACTICE#", "STAFF#"),
            of("ACCOUNT#", "PROFILE"),
            of("ACCOUNT#", "GRANT#"),
        )
    };
    let stack = Stack::start(on_disk(directory.path())).await.unwrap();
    // Six people, five accounts: Luis is reached through Rosa's, which acts for both.
    assert_eq!(counts(&stack).await, (6, 3, 5, 6));
    drop(stack);
    let stack = Stack::start(on_disk(directory.path())).await.unwrap();
    assert_eq!(counts(&stack).await, (6, 3, 5, 6));
    let practice = get(&stack, "/v1/practices/default").await;
    assert_eq!(practice.status, StatusCode::OK);
    assert_eq!(practice.json()["name"], "Bright Eyes Clinic");
}

#[tokio::test]
async fn it_is_made_by_the_roles_that_a_deployment_uses() {
    let stack = Stack::start(StackOptions { demo: true, ..StackOptions::test(10) }).await.unwrap();
    // The recorder starts afresh after the seed; what it would have shown is that no call needed an administrator.
    assert_eq!(stack.aws().recorder().calls().count(), 0);
    get(&stack, "/v1/practices/demo").await;
    let calls = stack.aws().recorder().calls();
    assert!(calls.0.iter().all(|call| call.service == Service::DynamoDb && call.caller == "LoginFunction"));
}
