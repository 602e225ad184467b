//! What CloudFront and the HTTP API would do.

use std::fs;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{StatusCode, header};
use local::{Stack, StackOptions};
use serde_json::json;

use crate::support::{get, post, request, send};

async fn with_portal() -> (Stack, tempfile::TempDir) {
    let dist = tempfile::tempdir().unwrap();
    fs::create_dir_all(dist.path().join("assets")).unwrap();
    fs::create_dir_all(dist.path().join("staff")).unwrap();
    fs::write(dist.path().join("index.html"), "<p>patients</p>").unwrap();
    fs::write(dist.path().join("staff/index.html"), "<p>console</p>").unwrap();
    fs::write(dist.path().join("assets/a-1.js"), "x".repeat(2000)).unwrap();
    fs::write(dist.path().join("icon.svg"), "<svg/>").unwrap();
    let options = StackOptions { portal: Some(dist.path().to_owned()), demo: false, ..StackOptions::test(1) };
    (Stack::start(options).await.unwrap(), dist)
}

#[tokio::test]
async fn pages_have_no_file_names() {
    let (stack, _dist) = with_portal().await;
    for path in ["/", "/n?l=es", "/l", "/conversations/cnv_1", "/staffing"] {
        let page = get(&stack, path).await;
        assert_eq!((page.status, page.text().as_str()), (StatusCode::OK, "<p>patients</p>"), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    for path in ["/staff", "/staff/", "/staff/patients/pat_1"] {
        assert_eq!(get(&stack, path).await.text(), "<p>console</p>", "{path}");
    }
    let script = get(&stack, "/assets/a-1.js").await;
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(get(&stack, "/icon.svg").await.header("content-type"), "image/svg+xml");
    for path in ["/assets/a-2.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/etc/passwd.txt"] {
        assert_eq!(get(&stack, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        send(&stack, request("POST", "/", Body::empty())).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_the_hosting() {
    let (stack, _dist) = with_portal().await;
    let page = get(&stack, "/").await;
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("strict-transport-security"), "", "it would bind every program on localhost");
    let health = get(&stack, "/v1/health").await;
    assert_eq!(health.status, StatusCode::OK);
    assert_eq!(health.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    for path in ["/", "/v1/health", "/v1/nothing", "/outbox", "/outbox.json", "/assets/none.js"] {
        let answer = get(&stack, path).await;
        assert_eq!(answer.header("x-local-run"), "1", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn unknown_routes_are_problems() {
    let (stack, _dist) = with_portal().await;
    for path in ["/v1/nothing", "/v1/nothing/at/all", "/v1/conversationz"] {
        let answer = get(&stack, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn only_this_machines_names_are_served() {
    let (stack, _dist) = with_portal().await;
    let with_host = |host: &str, path: &str| {
        let mut request = request("GET", path, Body::empty());
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        request
    };
    for host in ["evil.test", "localhost:9999", "localhost.evil.test:8080", "127.0.0.1"] {
        let answer = send(&stack, with_host(host, "/v1/health")).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    for host in ["127.0.0.1:8080", "LOCALHOST:8080", "[::1]:8080"] {
        assert_eq!(send(&stack, with_host(host, "/v1/health")).await.status, StatusCode::OK, "{host}");
    }
    let page = send(&stack, with_host("127.0.0.1:8080", "/n?l=es")).await;
    assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(page.header("location"), "http://localhost:8080/n?l=es");
}

#[tokio::test]
async fn a_client_cannot_play_cloudfront() {
    let stack = Stack::start(StackOptions::test(2)).await.unwrap();
    let ask = |forged: Option<&'static str>, from: SocketAddr| {
        let body = json!({ "practice": "demo", "address": "nobody@patients.test" });
        let mut request = request("POST", "/v1/login-links", Body::from(body.to_string()));
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        headers.insert(header::ORIGIN, "http://localhost:8080".parse().unwrap());
        if let Some(forged) = forged {
            headers.insert("cloudfront-viewer-address", forged.parse().unwrap());
            headers.insert("x-origin-secret", "guess".parse().unwrap());
            headers.insert("x-forwarded-for", forged.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(from));
        request
    };
    let buckets = async || {
        let items = stack.aws().items("ChatTable").await;
        let rates = items.iter().filter(|item| item["PK"]["S"].as_str().unwrap().starts_with("RATE#"));
        rates
            .map(|item| item["PK"]["S"].as_str().unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let home: SocketAddr = "192.0.2.1:5000".parse().unwrap();
    assert_eq!(send(&stack, ask(None, home)).await.status, StatusCode::ACCEPTED);
    let known = buckets().await;
    assert_eq!(send(&stack, ask(Some("203.0.113.9:1"), home)).await.status, StatusCode::ACCEPTED);
    // The practice's own buckets are spread by chance; the client's is the same as before.
    let client = |buckets: &std::collections::BTreeSet<String>| {
        buckets.iter().filter(|bucket| !bucket.contains("practice")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(client(&buckets().await).len(), client(&known).len());
    assert_eq!(
        send(&stack, ask(None, "198.51.100.7:5000".parse().unwrap())).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(client(&buckets().await).len(), client(&known).len() + 1);
}

#[tokio::test]
async fn what_is_long_is_compressed() {
    let (stack, _dist) = with_portal().await;
    for (accepted, expected) in [("br, gzip", "br"), ("gzip", "gzip"), ("identity", "")] {
        let mut request = request("GET", "/assets/a-1.js", Body::empty());
        request.headers_mut().insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
        let answer = send(&stack, request).await;
        assert_eq!(answer.header("content-encoding"), expected);
        assert!((answer.body.len() < 500) != expected.is_empty());
    }
}

#[tokio::test]
async fn the_gateways_own_errors_are_its_own() {
    let (stack, _dist) = with_portal().await;
    let mut request = request("POST", "/v1/sessions", Body::empty());
    request.headers_mut().insert(header::CONTENT_LENGTH, "20000000".parse().unwrap());
    let answer = send(&stack, request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json(), json!({ "message": "Request Entity Too Large" }));
}

#[tokio::test]
async fn without_a_built_portal_its_pages_say_so() {
    let stack = Stack::start(StackOptions { demo: false, ..StackOptions::test(3) }).await.unwrap();
    assert!(get(&stack, "/").await.text().contains("has not been built"));
    assert_eq!(post(&stack, "/v1/nothing", &json!({})).await.status, StatusCode::NOT_FOUND);
}
