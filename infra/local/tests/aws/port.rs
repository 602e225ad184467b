//! The loopback port: the same SDK clients over real HTTP.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use local::aws::{Fault, FaultPlan, Rule, Service, When};

use crate::support::{AUDIT, Bench, CHAT, code, s};

async fn listen(bench: &Bench) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = bench.aws.wire_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn config(endpoint: &str, key: &str) -> SdkConfig {
    let credentials = Credentials::new(key, "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build()
}

#[tokio::test]
async fn every_service_answers_by_its_key() {
    let bench = Bench::new();
    let endpoint = listen(&bench).await;
    let (login, _) = bench.aws.credentials("LoginFunction");
    let function = aws_sdk_dynamodb::Client::new(&config(&endpoint, &login));
    let admin = config(&endpoint, "AKIAANYBODY");
    let put = |client: &aws_sdk_dynamodb::Client, table: &str| {
        client.put_item().table_name(table).item("PK", s("A#1")).item("SK", s("X")).send()
    };
    put(&function, CHAT).await.unwrap();
    let get = function.get_item().table_name(AUDIT).key("PK", s("a")).key("SK", s("b"));
    assert_eq!(code(get.send().await), "AccessDeniedException");
    let tables = aws_sdk_dynamodb::Client::new(&admin).list_tables().send().await.unwrap();
    assert_eq!(tables.table_names().len(), 3);
    let keys = aws_sdk_kms::Client::new(&admin).list_keys().send().await.unwrap();
    assert_eq!(keys.keys().len(), 3);
    let queues = aws_sdk_sqs::Client::new(&admin).list_queues().send().await.unwrap();
    assert_eq!(queues.queue_urls().len(), 8);
    let url = format!("{endpoint}/000000000000/local-NotifyQueue");
    aws_sdk_sqs::Client::new(&admin).send_message().queue_url(url).message_body("x").send().await.unwrap();
    let arn = bench.aws.environment("RelayFunction")["EVENTS_TOPIC_ARN"].clone();
    aws_sdk_sns::Client::new(&admin).publish().topic_arn(arn).message("hello").send().await.unwrap();
    assert_eq!(bench.aws.queue_bodies("NotifyQueue"), ["x", "hello"]);
    let raw = aws_sdk_ses::primitives::Blob::new(
        "From: notices@clinic.test\r\nTo: a@b.test\r\nSubject: x\r\n\r\nhi\r\n",
    );
    let raw = aws_sdk_ses::types::RawMessage::builder().data(raw).build().unwrap();
    aws_sdk_ses::Client::new(&admin).send_raw_email().raw_message(raw).send().await.unwrap();
    assert_eq!(bench.aws.outbox().all().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_breaks_the_connection() {
    let bench = Bench::new();
    let endpoint = listen(&bench).await;
    let rule = Rule::new(When::Always, Fault::ResponseLost).on(Service::DynamoDb, "PutItem");
    bench.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
    let client = aws_sdk_dynamodb::Client::new(&config(&endpoint, "AKIAANYBODY"));
    let put = client.put_item().table_name(CHAT).item("PK", s("A#1")).item("SK", s("X")).send().await;
    assert!(put.is_err());
    let get = client.get_item().table_name(CHAT).key("PK", s("A#1")).key("SK", s("X")).send().await.unwrap();
    assert!(get.item().is_some(), "the work was done");
}
