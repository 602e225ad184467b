//! Every DynamoDB operation that the product uses, through the SDK.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};

use crate::support::{AUDIT, Bench, CHAT, code, s};

#[tokio::test]
async fn single_items() {
    let bench = Bench::new();
    let client = bench.dynamodb("admin");
    let put = || {
        client.put_item().table_name(CHAT).item("PK", s("CONV#p#c")).item("SK", s("HEAD")).item("n", s("1"))
    };
    put().condition_expression("attribute_not_exists(PK)").send().await.unwrap();
    let again = put()
        .condition_expression("attribute_not_exists(PK)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(again.is_conditional_check_failed_exception());
    let updated = client
        .update_item()
        .table_name(CHAT)
        .key("PK", s("CONV#p#c"))
        .key("SK", s("HEAD"))
        .update_expression("SET n = :n")
        .expression_attribute_values(":n", s("2"))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
        .send()
        .await
        .unwrap();
    assert_eq!(updated.attributes().unwrap()["n"], s("2"));
    let get = || {
        client.get_item().table_name(CHAT).key("PK", s("CONV#p#c")).key("SK", s("HEAD")).consistent_read(true)
    };
    assert_eq!(get().send().await.unwrap().item().unwrap()["n"], s("2"));
    client.delete_item().table_name(CHAT).key("PK", s("CONV#p#c")).key("SK", s("HEAD")).send().await.unwrap();
    assert!(get().send().await.unwrap().item().is_none());
}

#[tokio::test]
async fn queries_and_indexes() {
    let bench = Bench::new();
    let client = bench.dynamodb("admin");
    for n in 1..=5 {
        client
            .put_item()
            .table_name(CHAT)
            .item("PK", s("CONV#p#c"))
            .item("SK", s(&format!("MSG#{n:012}")))
            .item("due_pk", s("DUE#1"))
            .item("due_at", s(&format!("2026-{n}")))
            .item("secret", s("x"))
            .send()
            .await
            .unwrap();
    }
    let page = client
        .query()
        .table_name(CHAT)
        .key_condition_expression("PK = :pk AND SK > :after")
        .expression_attribute_values(":pk", s("CONV#p#c"))
        .expression_attribute_values(":after", s("MSG#000000000002"))
        .limit(2)
        .send()
        .await
        .unwrap();
    assert_eq!(page.count(), 2);
    assert!(page.last_evaluated_key().is_some());
    let due = client
        .query()
        .table_name(CHAT)
        .index_name("due")
        .key_condition_expression("due_pk = :pk")
        .expression_attribute_values(":pk", s("DUE#1"))
        .scan_index_forward(false)
        .send()
        .await
        .unwrap();
    assert_eq!(due.count(), 5);
    assert_eq!(due.items()[0]["due_at"], s("2026-5"));
    assert!(!due.items()[0].contains_key("secret"), "the index keeps keys only");
    let keys = KeysAndAttributes::builder()
        .keys([("PK".to_owned(), s("CONV#p#c")), ("SK".to_owned(), s("MSG#000000000001"))].into())
        .keys([("PK".to_owned(), s("CONV#p#c")), ("SK".to_owned(), s("MSG#000000000009"))].into())
        .consistent_read(true)
        .build()
        .unwrap();
    let batch = client.batch_get_item().request_items(CHAT, keys).send().await.unwrap();
    assert_eq!(batch.responses().unwrap()[CHAT].len(), 1);
}

fn transaction() -> Vec<TransactWriteItem> {
    let put = Put::builder().table_name(AUDIT).item("PK", s("AUDIT#p")).item("SK", s("1")).build().unwrap();
    let update = Update::builder()
        .table_name(CHAT)
        .key("PK", s("CONV#p#c"))
        .key("SK", s("HEAD"))
        .update_expression("ADD seq :one")
        .expression_attribute_values(":one", aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned()))
        .build()
        .unwrap();
    let check = ConditionCheck::builder()
        .table_name(CHAT)
        .key("PK", s("ACCOUNT#p#a"))
        .key("SK", s("PROFILE"))
        .condition_expression("attribute_not_exists(PK)")
        .build()
        .unwrap();
    let delete =
        Delete::builder().table_name(CHAT).key("PK", s("CONV#p#c")).key("SK", s("DRAFT")).build().unwrap();
    vec![
        TransactWriteItem::builder().put(put).build(),
        TransactWriteItem::builder().update(update).build(),
        TransactWriteItem::builder().condition_check(check).build(),
        TransactWriteItem::builder().delete(delete).build(),
    ]
}

#[tokio::test]
async fn transactions_and_their_reasons() {
    let bench = Bench::new();
    let client = bench.dynamodb("admin");
    client.transact_write_items().set_transact_items(Some(transaction())).send().await.unwrap();
    bench.put("admin", CHAT, "ACCOUNT#p#a", "PROFILE").await;
    let error = client
        .transact_write_items()
        .set_transact_items(Some(transaction()))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) =
        error
    else {
        panic!("{error:?}")
    };
    let codes: Vec<_> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "None", "ConditionalCheckFailed", "None"]);
}

#[tokio::test]
async fn a_token_is_honoured_once() {
    let bench = Bench::new();
    let client = bench.dynamodb("admin");
    let send = |token: &str| {
        client
            .transact_write_items()
            .client_request_token(token)
            .set_transact_items(Some(transaction()))
            .send()
    };
    send("t1").await.unwrap();
    send("t1").await.unwrap();
    let head = client
        .get_item()
        .table_name(CHAT)
        .key("PK", s("CONV#p#c"))
        .key("SK", s("HEAD"))
        .send()
        .await
        .unwrap();
    assert_eq!(head.item().unwrap()["seq"].as_n().unwrap(), "1");
    let other = client
        .transact_write_items()
        .client_request_token("t1")
        .set_transact_items(Some(transaction()[..1].to_vec()));
    assert_eq!(code(other.send().await), "IdempotentParameterMismatchException");
}

#[tokio::test]
async fn unknown_tables_and_operations() {
    let bench = Bench::new();
    let client = bench.dynamodb("admin");
    let get = client.get_item().table_name("nowhere").key("PK", s("a")).key("SK", s("b"));
    assert_eq!(code(get.send().await), "ResourceNotFoundException");
    assert_eq!(code(client.describe_limits().send().await), "UnknownOperationException");
    let bad = client.get_item().table_name(CHAT).key("PK", s("a"));
    assert_eq!(code(bad.send().await), "ValidationException");
}
