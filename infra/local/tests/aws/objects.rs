//! The play S3: put once, locked, and only by those who may.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use platform::archive::{Archive, ArchiveError};
use platform::config::Environment;

use crate::support::Bench;

fn archive(bench: &Bench, caller: &str) -> Archive {
    let environment = Environment::from_map(bench.aws.environment("ChainFunction"));
    Archive::of_environment(&environment, &bench.aws.sdk_config(caller)).unwrap()
}

#[tokio::test]
async fn an_object_is_put_once_and_is_locked() {
    let bench = Bench::new();
    let chain = archive(&bench, "ChainFunction");
    chain.put("a/1.json", "application/json", "{}").await.unwrap();
    // A second put under the same key is no failure and changes nothing.
    chain.put("a/1.json", "application/json", "{\"other\":1}").await.unwrap();
    chain.put("a/2.json", "application/json", "2").await.unwrap();
    let objects = bench.aws.objects("AuditBucket", "a/");
    let texts: Vec<_> = objects.iter().map(|object| (object.key.as_str(), object.body.as_slice())).collect();
    assert_eq!(texts, [("a/1.json", b"{}".as_slice()), ("a/2.json", b"2")]);
    assert!(objects.iter().all(|object| object.retained_until > 2000 * 86_400_000));
    assert!(bench.aws.objects("AuditBucket", "b").is_empty());
}

#[tokio::test]
async fn only_the_chain_puts() {
    let bench = Bench::new();
    for caller in ["MessagesFunction", "RosterFunction", "OperatorRole"] {
        let refused = archive(&bench, caller).put("a/1.json", "application/json", "{}").await;
        assert!(matches!(refused, Err(ArchiveError::Refused(403))), "{caller}: {refused:?}");
    }
    assert!(bench.aws.iam().without("ChainFunction", "ChainKeeps"));
    let refused = archive(&bench, "ChainFunction").put("a/1.json", "application/json", "{}").await;
    assert!(matches!(refused, Err(ArchiveError::Refused(403))));
    assert!(bench.aws.objects("AuditBucket", "").is_empty());
}

/// A request as any client of S3 sends it to the port.
async fn send(
    bench: &Bench,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    use tower::ServiceExt as _;
    let (key, _) = bench.aws.credentials("admin");
    let authorization = format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request");
    let mut request =
        axum::http::Request::builder().method(method).uri(path).header("authorization", authorization);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    let answer = bench.aws.wire_router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn what_is_locked_cannot_be_deleted_by_anybody() {
    let bench = Bench::new();
    let bucket = bench.aws.environment("ChainFunction")["ARCHIVE_BUCKET"].clone();
    let path = format!("/{bucket}/a/1.json");
    let sum = |text: &str| STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()));
    let put = |text: &'static str, sum: String| {
        let (bench, path) = (&bench, &path);
        async move { send(bench, "PUT", path, &[("x-amz-checksum-sha256", &sum)], text).await }
    };
    assert_eq!(send(&bench, "PUT", &path, &[], "1").await.0, 400, "a locked bucket asks for a checksum");
    assert_eq!(put("1", sum("2")).await.0, 400, "and for the right one");
    assert_eq!(put("1", sum("1")).await.0, 200);
    assert_eq!(send(&bench, "GET", &path, &[], "").await, (200, "1".to_owned()));
    // Without a condition a put adds a version; the one before stays, and stays locked.
    assert_eq!(put("2", sum("2")).await.0, 200);
    assert_eq!(send(&bench, "GET", &path, &[], "").await, (200, "2".to_owned()));
    for version in ["1", "2"] {
        let (status, text) = send(&bench, "DELETE", &format!("{path}?versionId={version}"), &[], "").await;
        assert_eq!(status, 403, "{text}");
    }
    assert_eq!(send(&bench, "DELETE", &path, &[], "").await.0, 200, "only a marker");
    assert_eq!(send(&bench, "GET", &path, &[], "").await.0, 404);
    bench.advance_seconds(2193 * 86_400);
    assert_eq!(send(&bench, "DELETE", &format!("{path}?versionId=1"), &[], "").await.0, 200);
    assert_eq!(send(&bench, "GET", "/nothing/a", &[], "").await.0, 404);
}

#[tokio::test]
async fn the_chain_writes_one_partition_of_the_chat_table() {
    let bench = Bench::new();
    bench.put("ChainFunction", crate::support::CHAT, "AUDITED", "prc_x").await;
    let client = bench.dynamodb("ChainFunction");
    for partition in ["CONV#p#c", "PRACTICE#p"] {
        let item = client.put_item().table_name(crate::support::CHAT);
        let item = item.item("PK", crate::support::s(partition)).item("SK", crate::support::s("x"));
        assert!(item.send().await.is_err(), "{partition}");
        let query = client.query().table_name(crate::support::CHAT).key_condition_expression("PK = :pk");
        let query = query.expression_attribute_values(":pk", crate::support::s(partition));
        assert!(query.send().await.is_err(), "{partition}");
    }
    let query = client.query().table_name(crate::support::CHAT).key_condition_expression("PK = :pk");
    let query = query.expression_attribute_values(":pk", crate::support::s("AUDITED"));
    assert_eq!(query.send().await.unwrap().count(), 1);
}
