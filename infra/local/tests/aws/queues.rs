//! SQS: delays, visibility, dead letters; SNS to SQS.

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry};

use crate::support::{Bench, TEMPLATE, code};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/local-NotifyQueue";
const DEAD: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/local-NotifyDeadLetters";

async fn receive(client: &aws_sdk_sqs::Client, queue: &str) -> Vec<aws_sdk_sqs::types::Message> {
    let received = client
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(10)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await
        .unwrap();
    received.messages.unwrap_or_default()
}

#[tokio::test]
async fn delay_visibility_and_deletion() {
    let bench = Bench::new();
    let client = bench.sqs("admin");
    let url = client.get_queue_url().queue_name("local-NotifyQueue").send().await.unwrap();
    assert_eq!(url.queue_url(), Some(QUEUE));
    client.send_message().queue_url(QUEUE).message_body("now").send().await.unwrap();
    client.send_message().queue_url(QUEUE).message_body("later").delay_seconds(10).send().await.unwrap();
    assert_eq!(bench.aws.queue_depth("NotifyQueue").unwrap().delayed, 1);
    let first = receive(&client, QUEUE).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].body(), Some("now"));
    assert!(receive(&client, QUEUE).await.is_empty(), "received messages are hidden");
    bench.advance_seconds(11);
    let second = receive(&client, QUEUE).await;
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].body(), Some("later"));
    let handle = second[0].receipt_handle().unwrap();
    client
        .change_message_visibility()
        .queue_url(QUEUE)
        .receipt_handle(handle)
        .visibility_timeout(0)
        .send()
        .await
        .unwrap();
    let again = receive(&client, QUEUE).await;
    assert_eq!(again[0].attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount], "2");
    // The old handle deletes nothing any more.
    client.delete_message().queue_url(QUEUE).receipt_handle(handle).send().await.unwrap();
    assert_eq!(bench.aws.queue_depth("NotifyQueue").unwrap().in_flight, 2);
    for message in first.iter().chain(&again) {
        let handle = message.receipt_handle().unwrap();
        client.delete_message().queue_url(QUEUE).receipt_handle(handle).send().await.unwrap();
    }
    bench.advance_seconds(3600);
    assert!(receive(&client, QUEUE).await.is_empty());
    let attributes = client
        .get_queue_attributes()
        .queue_url(QUEUE)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    assert_eq!(attributes.attributes().unwrap()[&QueueAttributeName::VisibilityTimeout], "180");
    let unknown = client.send_message().queue_url("https://x/000000000000/nothing").message_body("x");
    assert_eq!(code(unknown.send().await), "QueueDoesNotExist");
}

#[tokio::test]
async fn what_was_received_too_often_goes_to_the_dead_letters() {
    let bench = Bench::new();
    let client = bench.sqs("admin");
    client.send_message().queue_url(QUEUE).message_body("poison").send().await.unwrap();
    for _ in 0..5 {
        assert_eq!(receive(&client, QUEUE).await.len(), 1);
        bench.advance_seconds(181);
    }
    assert!(receive(&client, QUEUE).await.is_empty());
    let dead = receive(&client, DEAD).await;
    assert_eq!(dead[0].body(), Some("poison"));
}

#[tokio::test]
async fn batches() {
    let bench = Bench::new();
    let client = bench.sqs("admin");
    let entry = |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(id).build().unwrap();
    let sent = client
        .send_message_batch()
        .queue_url(QUEUE)
        .entries(entry("a"))
        .entries(entry("b"))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.successful().len(), 2);
    assert_eq!(bench.aws.queue_bodies("NotifyQueue"), ["a", "b"]);
}

#[tokio::test]
async fn a_topic_fans_out_raw_and_filtered() {
    let bench = Bench::new();
    let arn = bench.aws.environment("RelayFunction")["EVENTS_TOPIC_ARN"].clone();
    bench.sns("RelayFunction").publish().topic_arn(&arn).message("{\"v\":1}").send().await.unwrap();
    assert_eq!(bench.aws.queue_bodies("NotifyQueue"), ["{\"v\":1}"]);
    assert_eq!(
        code(bench.sns("LoginFunction").publish().topic_arn(&arn).message("x").send().await),
        "AuthorizationError"
    );
    let entry = |id: &str| {
        aws_sdk_sns::types::PublishBatchRequestEntry::builder().id(id).message(id).build().unwrap()
    };
    let client = bench.sns("RelayFunction");
    let batch = client.publish_batch().topic_arn(&arn);
    let batch = batch.publish_batch_request_entries(entry("m1")).publish_batch_request_entries(entry("m2"));
    assert_eq!(batch.send().await.unwrap().successful().len(), 2);
    assert_eq!(bench.aws.queue_depth("NotifyQueue").unwrap().visible, 3);

    let filtered = TEMPLATE.replace(
        "RawMessageDelivery: true\n      FilterPolicy: { pace: [ { exists: false } ] }",
        "RawMessageDelivery: false\n      FilterPolicy: { kind: [outbox, { prefix: x } ] }",
    );
    assert_ne!(filtered, TEMPLATE);
    let bench = Bench::with(&filtered, None).unwrap();
    let publish = |kind: &str| {
        let value =
            aws_sdk_sns::types::MessageAttributeValue::builder().data_type("String").string_value(kind);
        bench
            .sns("admin")
            .publish()
            .topic_arn(&arn)
            .message(kind)
            .message_attributes("kind", value.build().unwrap())
            .send()
    };
    for kind in ["outbox", "other", "xy"] {
        publish(kind).await.unwrap();
    }
    let bodies = bench.aws.queue_bodies("NotifyQueue");
    assert_eq!(bodies.len(), 2);
    let envelope: serde_json::Value = serde_json::from_str(&bodies[0]).unwrap();
    assert_eq!(envelope["Message"], "outbox");
    assert_eq!(envelope["Type"], "Notification");
}
