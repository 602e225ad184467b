//! Calls, units and depth.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use local::aws::{Invocation, PriceFile};

use crate::support::{AUDIT, Bench, CHAT, s};

fn big(bytes: usize) -> AttributeValue {
    AttributeValue::S("x".repeat(bytes))
}

#[tokio::test]
async fn units_of_a_known_transaction() {
    let bench = Bench::new();
    let client = bench.dynamodb("MessagesFunction");
    client
        .put_item()
        .table_name(CHAT)
        .item("PK", s("CONV#p#c"))
        .item("SK", s("HEAD"))
        .item("inbox_pk", s("p#open"))
        .item("activity", s("1"))
        .send()
        .await
        .unwrap();
    // 1.5 KB: two units, doubled. The head moves in its index: delete and put, one unit each, not doubled.
    let put =
        Put::builder().table_name(CHAT).item("PK", s("CONV#p#c")).item("SK", s("MSG#1")).item("b", big(1500));
    let head = Update::builder()
        .table_name(CHAT)
        .key("PK", s("CONV#p#c"))
        .key("SK", s("HEAD"))
        .update_expression("SET activity = :a")
        .expression_attribute_values(":a", s("2"));
    let audit = Put::builder().table_name(AUDIT).item("PK", s("AUDIT#p")).item("SK", s("1"));
    let check = ConditionCheck::builder()
        .table_name(CHAT)
        .key("PK", s("ACCOUNT#p#a"))
        .key("SK", s("PROFILE"))
        .condition_expression("attribute_not_exists(PK)");
    let transact = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().update(head.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().put(audit.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().condition_check(check.build().unwrap()).build());
    let (sent, calls) = bench.aws.recorder().scope("post", transact.send()).await;
    assert!(sent.unwrap().consumed_capacity().is_empty(), "nobody asked for it");
    assert_eq!(calls.count(), 1);
    let call = &calls.0[0];
    assert_eq!(call.units.write, 4.0 + (2.0 + 2.0) + 2.0 + 2.0);
    assert_eq!((call.caller.as_str(), call.depth), ("MessagesFunction", 1));
    let kinds: Vec<_> = call.parts.iter().map(|part| (part.action, part.kind.as_deref().unwrap())).collect();
    assert_eq!(
        kinds,
        [
            ("PutItem", "CONV"),
            ("UpdateItem", "CONV"),
            ("PutItem", "AUDIT"),
            ("ConditionCheckItem", "ACCOUNT")
        ]
    );
    assert!(!format!("{call:?}").contains("CONV#"), "no key beyond its kind");
    let prices = PriceFile::shipped().unwrap();
    assert!((prices.calls_usd_per_million(&calls.0) - 12.0 * 0.625).abs() < 1e-9);
}

#[tokio::test]
async fn units_of_reads() {
    let bench = Bench::new();
    let client = bench.dynamodb("MessagesFunction");
    for n in 0..4 {
        let put =
            client.put_item().table_name(CHAT).item("PK", s("CONV#p#c")).item("SK", s(&format!("MSG#{n}")));
        put.item("b", big(3000)).send().await.unwrap();
    }
    let query = |strong: bool| {
        let query =
            client.query().table_name(CHAT).key_condition_expression("PK = :pk").consistent_read(strong);
        bench.aws.recorder().scope("page", query.expression_attribute_values(":pk", s("CONV#p#c")).send())
    };
    let (_, strong) = query(true).await;
    let (_, eventual) = query(false).await;
    // 12 KB and a little: summed, then rounded up to 4 KB.
    assert_eq!((strong.units().read, eventual.units().read), (3.0, 1.5));
    assert_eq!(strong.0[0].parts[0].kind.as_deref(), Some("CONV"));
    let keys =
        (0..2).map(|n| [("PK".to_owned(), s("CONV#p#c")), ("SK".to_owned(), s(&format!("MSG#{n}")))].into());
    let keys =
        KeysAndAttributes::builder().set_keys(Some(keys.collect())).consistent_read(true).build().unwrap();
    let batch = client.batch_get_item().request_items(CHAT, keys).send();
    let (_, batch) = bench.aws.recorder().scope("batch", batch).await;
    assert_eq!(batch.units().read, 2.0, "each item by itself");
}

#[tokio::test]
async fn depth_counts_what_waits() {
    let bench = Bench::new();
    let client = bench.dynamodb("MessagesFunction");
    let get = |pk: &str| client.get_item().table_name(CHAT).key("PK", s(pk)).key("SK", s("X")).send();
    let work = async {
        tokio::try_join!(get("A#1"), get("A#2"), get("A#3")).unwrap();
        get("A#4").await.unwrap();
        tokio::try_join!(get("A#5"), get("A#6")).unwrap();
    };
    let ((), calls) = bench.aws.recorder().scope("request", work).await;
    assert_eq!((calls.count(), calls.depth()), (6, 3));
    let id = bench.aws.recorder().begin("by hand");
    let client = bench.dynamodb("MessagesFunction");
    tokio::spawn(async move {
        client.get_item().table_name(CHAT).key("PK", s("A")).key("SK", s("X")).send().await
    })
    .await
    .unwrap()
    .unwrap();
    assert_eq!(bench.aws.recorder().end(id).count(), 1);
    get("A#7").await.unwrap();
    assert_eq!(bench.aws.recorder().end(id).count(), 1);
}

#[tokio::test]
async fn nothing_is_kept_while_it_is_off() {
    let bench = Bench::new();
    bench.aws.recorder().set(false);
    bench.put("admin", CHAT, "A#1", "X").await;
    assert_eq!(bench.aws.recorder().calls().count(), 0);
}

#[test]
fn prices() {
    let prices = PriceFile::shipped().unwrap();
    let invocation = Invocation { billed_ms: 10.0, memory_mb: 256.0, out_bytes: 25_000.0 };
    // 1.00 + 0.20 + 0.033, and 2.25 of data out.
    assert!((prices.invocation_usd_per_million(invocation) - 1.2333).abs() < 0.001);
    assert!((prices.data_out_usd_per_million(invocation) - 2.25).abs() < 0.001);
}
