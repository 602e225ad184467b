//! The template's statements and key policies, enforced.

use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};
use aws_sdk_kms::types::DataKeySpec;

use crate::support::{AUDIT, Bench, CHAT, KEYS, TEMPLATE, code, s};

#[tokio::test]
async fn allowed_and_refused_by_table_and_action() {
    let bench = Bench::new();
    bench.put("LoginFunction", CHAT, "FLOW#p#f", "FLOW").await;
    bench.put("LoginFunction", AUDIT, "AUDIT#p", "1").await;
    let login = bench.dynamodb("LoginFunction");
    let get =
        |table: &str| login.get_item().table_name(table).key("PK", s("FLOW#p#f")).key("SK", s("FLOW")).send();
    get(CHAT).await.unwrap();
    assert_eq!(code(get(AUDIT).await), "AccessDeniedException");
    assert_eq!(code(get(KEYS).await), "AccessDeniedException");
    assert_eq!(code(login.scan().table_name(CHAT).send().await), "AccessDeniedException");
    let delete = login.delete_item().table_name(AUDIT).key("PK", s("AUDIT#p")).key("SK", s("1"));
    let error = delete.send().await.unwrap_err().into_service_error();
    let message = error.meta().message().unwrap();
    assert!(
        message.contains("is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb"),
        "{message}"
    );
}

#[tokio::test]
async fn an_index_is_a_resource_of_its_own() {
    let bench = Bench::new();
    let query = |caller: &str, index: &str| {
        let attribute = format!("{index}_pk");
        bench
            .dynamodb(caller)
            .query()
            .table_name(CHAT)
            .index_name(index)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", attribute)
            .expression_attribute_values(":pk", s("x"))
            .send()
    };
    query("RelayFunction", "due").await.unwrap();
    query("MessagesFunction", "inbox").await.unwrap();
    assert_eq!(code(query("MessagesFunction", "due").await), "AccessDeniedException");
    assert_eq!(code(query("LoginFunction", "inbox").await), "AccessDeniedException");
    let table = bench
        .dynamodb("RelayFunction")
        .query()
        .table_name(CHAT)
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(":pk", s("x"));
    assert_eq!(code(table.send().await), "AccessDeniedException");
}

#[tokio::test]
async fn a_transaction_needs_the_permission_of_each_part() {
    let bench = Bench::new();
    let put = |table: &str| {
        let put = Put::builder().table_name(table).item("PK", s("X#p")).item("SK", s("1")).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let check = |table: &str| {
        let check = ConditionCheck::builder()
            .table_name(table)
            .key("PK", s("Y#p"))
            .key("SK", s("1"))
            .condition_expression("attribute_not_exists(PK)")
            .build()
            .unwrap();
        TransactWriteItem::builder().condition_check(check).build()
    };
    let login = bench.dynamodb("LoginFunction");
    let send =
        |parts: Vec<TransactWriteItem>| login.transact_write_items().set_transact_items(Some(parts)).send();
    send(vec![put(CHAT), put(AUDIT), check(CHAT)]).await.unwrap();
    assert_eq!(code(send(vec![put(CHAT), put(KEYS)]).await), "AccessDeniedException");
    assert_eq!(code(send(vec![put(CHAT), check(AUDIT)]).await), "AccessDeniedException");
}

#[tokio::test]
async fn the_purpose_decides_who_opens_a_key() {
    let bench = Bench::new();
    let key = bench.aws.environment("MessagesFunction")["ENVELOPE_KEY_ARN"].clone();
    let make = |caller: &str, purpose: &str| {
        bench
            .kms(caller)
            .generate_data_key()
            .key_id(&key)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("purpose", purpose)
            .encryption_context("v", "pc1")
            .send()
    };
    let content = make("MessagesFunction", "content").await.unwrap().ciphertext_blob().unwrap().clone();
    let contact = make("OperatorRole", "contact").await.unwrap().ciphertext_blob().unwrap().clone();
    assert_eq!(code(make("MessagesFunction", "contact").await), "AccessDeniedException");
    assert_eq!(code(make("OperatorRole", "content").await), "AccessDeniedException");
    assert_eq!(code(make("NotifyFunction", "content").await), "AccessDeniedException");
    let open = |caller: &str, blob: &aws_sdk_kms::primitives::Blob, purpose: &str| {
        bench
            .kms(caller)
            .decrypt()
            .ciphertext_blob(blob.clone())
            .encryption_context("purpose", purpose)
            .encryption_context("v", "pc1")
            .send()
    };
    open("MessagesFunction", &content, "content").await.unwrap();
    for caller in ["LoginFunction", "MessagesFunction", "RosterFunction", "NotifyFunction"] {
        open(caller, &contact, "contact").await.unwrap();
    }
    assert_eq!(code(open("RelayFunction", &contact, "contact").await), "AccessDeniedException");
    for caller in ["LoginFunction", "RosterFunction", "NotifyFunction", "OperatorRole"] {
        assert_eq!(code(open(caller, &content, "content").await), "AccessDeniedException", "{caller}");
    }
    // A context that claims another purpose passes the policy and fails the cipher.
    assert_eq!(code(open("NotifyFunction", &content, "contact").await), "InvalidCiphertextException");
}

#[tokio::test]
async fn the_storage_key_is_used_through_services_only() {
    let bench = Bench::new();
    let key = bench.aws.template().keys.iter().find(|key| key.logical == "StorageKey").unwrap().arn.clone();
    let direct = bench.kms("LoginFunction").generate_data_key().key_id(key).key_spec(DataKeySpec::Aes256);
    assert_eq!(code(direct.send().await), "AccessDeniedException");
    // Without the key policy's statement, encrypted tables are out of reach whatever the role may do with them.
    let closed = TEMPLATE.replace("role/${AWS::StackName}/*", "role/elsewhere/*");
    assert_ne!(closed, TEMPLATE);
    let bench = Bench::with(&closed, None).unwrap();
    let login = bench.dynamodb("LoginFunction");
    let get = login.get_item().table_name(CHAT).key("PK", s("a")).key("SK", s("b"));
    let error = get.send().await.unwrap_err().into_service_error();
    assert!(error.meta().message().unwrap().contains("kms:Decrypt"), "{error:?}");
}

#[tokio::test]
async fn a_statement_can_be_taken_away() {
    let bench = Bench::new();
    let put = || {
        bench
            .dynamodb("LoginFunction")
            .put_item()
            .table_name(AUDIT)
            .item("PK", s("AUDIT#p"))
            .item("SK", s("1"))
            .send()
    };
    put().await.unwrap();
    assert!(bench.aws.iam().without("LoginFunction", "LoginAudits"));
    assert_eq!(code(put().await), "AccessDeniedException");
    bench.aws.iam().restore();
    put().await.unwrap();
    assert!(!bench.aws.iam().without("LoginFunction", "NoSuchSid"));
    assert!(bench.aws.iam().statements().all(|(_, statement)| !statement.sid.is_empty()));
}

#[tokio::test]
async fn events_need_the_roles_statements() {
    let bench = Bench::new();
    bench.put("MessagesFunction", CHAT, "OUTBOX#p#1", "OUT").await;
    bench.aws.iam().without("RelayFunction", "RelayReadsStream");
    assert!(bench.aws.take_for("RelayFunction").is_err());
    bench.aws.iam().restore();
    assert!(bench.aws.take_for("RelayFunction").unwrap().is_some());
    bench.aws.publish("EventsTopic", "{}");
    bench.aws.iam().without("NotifyFunction", "NotifyTakesFromQueue");
    assert!(bench.aws.take_for("NotifyFunction").is_err());
    bench.aws.iam().restore();
    assert!(bench.aws.take_for("NotifyFunction").unwrap().is_some());
}

#[test]
fn a_topic_that_may_not_deliver_stops_the_start() {
    // The queue's policy names the service after the topic's key policy does.
    let (keys, queues) = TEMPLATE.split_at(TEMPLATE.find("QueuesPolicy:").unwrap());
    let other = |text: &str| {
        let changed = text.replace("Service: sns.amazonaws.com", "Service: s3.amazonaws.com");
        assert_ne!(changed, text);
        changed
    };
    let error = Bench::with(&format!("{keys}{}", other(queues)), None).err().unwrap().to_string();
    assert!(error.contains("no queue policy lets sns.amazonaws.com send"), "{error}");
    let error = Bench::with(&format!("{}{queues}", other(keys)), None).err().unwrap().to_string();
    assert!(error.contains("StorageKey does not give sns.amazonaws.com kms:GenerateDataKey"), "{error}");
}
