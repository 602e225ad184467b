//! Latencies, overlapping transactions, lagging indexes, hot partitions: exact under a paused clock.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use local::aws::Model;
use tokio::time::Instant;

use crate::support::{Bench, CHAT, code, s};

fn count_up(bench: &Bench) -> impl Future<Output = Result<(), String>> + use<> {
    let update = Update::builder()
        .table_name(CHAT)
        .key("PK", s("CONV#p#c"))
        .key("SK", s("HEAD"))
        .update_expression("ADD seq :one")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .build()
        .unwrap();
    let client = bench.dynamodb("admin");
    let transact =
        client.transact_write_items().transact_items(TransactWriteItem::builder().update(update).build());
    async move {
        match transact.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{:?}", error.into_service_error())),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn latencies_are_exact() {
    let bench = Bench::new();
    bench.aws.recorder().set(false);
    bench.aws.set_model(Some(Model::latencies(4, 12))).await.unwrap();
    let start = Instant::now();
    count_up(&bench).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(12));
    let start = Instant::now();
    let client = bench.dynamodb("admin");
    let get = || client.get_item().table_name(CHAT).key("PK", s("a")).key("SK", s("b")).send();
    tokio::try_join!(get(), get()).unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(4), "side by side");
}

#[tokio::test(start_paused = true)]
async fn the_later_of_two_overlapping_transactions_is_cancelled() {
    let bench = Bench::new();
    bench.aws.set_model(Some(Model::latencies(4, 12))).await.unwrap();
    let (one, two) = tokio::join!(count_up(&bench), count_up(&bench));
    assert!(one.is_ok());
    assert!(two.unwrap_err().contains("TransactionConflict"));
    count_up(&bench).await.unwrap();
    let (one, put) = tokio::join!(count_up(&bench), async {
        let client = bench.dynamodb("admin");
        client.put_item().table_name(CHAT).item("PK", s("CONV#p#c")).item("SK", s("HEAD")).send().await
    });
    one.unwrap();
    assert_eq!(code(put), "TransactionConflictException");
}

#[tokio::test(start_paused = true)]
async fn indexes_lag_and_tables_do_not() {
    let bench = Bench::new();
    bench.put("admin", CHAT, "OLD#1", "X").await;
    let model = Model { index_lag: Duration::from_secs(2), ..Model::latencies(0, 0) };
    bench.aws.set_model(Some(model)).await.unwrap();
    let client = bench.dynamodb("admin");
    let put = client.put_item().table_name(CHAT).item("PK", s("OUTBOX#p#1")).item("SK", s("OUT"));
    put.item("due_pk", s("DUE#1")).item("due_at", s("1")).send().await.unwrap();
    let due = || async {
        let query =
            client.query().table_name(CHAT).index_name("due").key_condition_expression("due_pk = :pk");
        query.expression_attribute_values(":pk", s("DUE#1")).send().await.unwrap().count()
    };
    assert_eq!(due().await, 0);
    let get = client.get_item().table_name(CHAT).key("PK", s("OUTBOX#p#1")).key("SK", s("OUT"));
    assert!(get.send().await.unwrap().item().is_some());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(due().await, 1);
    client
        .delete_item()
        .table_name(CHAT)
        .key("PK", s("OUTBOX#p#1"))
        .key("SK", s("OUT"))
        .send()
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(due().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_hot_partition_is_throttled() {
    let bench = Bench::new();
    let model = Model { write_units_per_key: Some(10), ..Model::latencies(0, 0) };
    bench.aws.set_model(Some(model)).await.unwrap();
    let client = aws_sdk_dynamodb::Client::from_conf(
        aws_sdk_dynamodb::config::Builder::from(&bench.aws.sdk_config("admin"))
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .build(),
    );
    let put = |pk: &str| client.put_item().table_name(CHAT).item("PK", s(pk)).item("SK", s("X")).send();
    for _ in 0..10 {
        put("HOT#1").await.unwrap();
    }
    assert_eq!(code(put("HOT#1").await), "ThrottlingException");
    put("COLD#1").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    put("HOT#1").await.unwrap();
}
