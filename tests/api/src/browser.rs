//! A browser: it keeps cookies, sends what browsers send, and comes through the edge.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use platform::http::cookie;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{ORIGIN, ORIGIN_SECRET};

/// A browser with its cookies.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    /// The cookies.
    pub cookies: BTreeMap<String, String>,
    /// Headers sent with each request besides the usual.
    pub headers: Vec<(String, String)>,
    /// The address that the edge sees.
    pub address: String,
    /// Whether it keeps cookies. Browsers inside of apps often do not.
    pub keeps_cookies: bool,
    /// Whether it has a mark of a browser before a page of ours gave it one, as if it had been here before.
    pub was_here: bool,
}

/// A mark that no other browser has.
fn mark() -> String {
    static MARKS: AtomicU64 = AtomicU64::new(1);
    format!("{:042}A", MARKS.fetch_add(1, Ordering::Relaxed))
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The bytes of the body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The last part of a problem's type.
    pub fn problem(&self) -> String {
        let json = self.json();
        assert_eq!(self.headers.get(header::CONTENT_TYPE).unwrap(), "application/problem+json", "{self:?}");
        assert_eq!(json["status"], self.status.as_u16(), "{self:?}");
        json["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
    }

    /// Pointer and code of the first wrong member.
    pub fn first_error(&self) -> (String, String) {
        let json = self.json();
        let text = |name: &str| json["errors"][0][name].as_str().unwrap_or_default().to_owned();
        (text("pointer"), text("code"))
    }

    /// Asserts the status and hands the answer on.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self
    }
}

impl Browser {
    /// A browser without cookies.
    pub fn new(router: Router) -> Self {
        let address = "192.0.2.10:50000".to_owned();
        Self {
            router,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            address,
            keeps_cookies: true,
            was_here: true,
        }
    }

    /// The same browser, with a header on each request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// GET.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// POST of JSON.
    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()), &[]).await
    }

    /// POST of JSON with an idempotency key.
    pub async fn post_once(&mut self, path: &str, key: &str, body: Value) -> Answer {
        let body = Some(body.to_string().into_bytes());
        self.send(Method::POST, path, body, &[("idempotency-key", key)]).await
    }

    /// PUT of JSON.
    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes()), &[]).await
    }

    /// PATCH of JSON.
    pub async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes()), &[]).await
    }

    /// DELETE.
    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// Any request. Headers given here replace the usual ones; an empty value leaves the usual one out.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        // The page of a notice sends the link alone before it asks for the date: the browser has its mark by then.
        if self.was_here && self.keeps_cookies && path == "/v1/sessions/person" {
            self.cookies.entry(cookie::BROWSER.to_owned()).or_insert_with(mark);
        }
        let mut all: BTreeMap<String, String> = BTreeMap::from([
            ("x-origin-secret".to_owned(), ORIGIN_SECRET.to_owned()),
            ("cloudfront-viewer-address".to_owned(), self.address.clone()),
        ]);
        if !method.is_safe() {
            all.insert("origin".to_owned(), ORIGIN.to_owned());
            all.insert("sec-fetch-site".to_owned(), "same-origin".to_owned());
        }
        if body.is_some() {
            all.insert("content-type".to_owned(), "application/json".to_owned());
        }
        if self.keeps_cookies && !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            all.insert("cookie".to_owned(), pairs.join("; "));
        }
        all.extend(self.headers.iter().cloned());
        all.extend(headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
        if self.keeps_cookies {
            self.keep_cookies(&parts.headers);
        }
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    fn keep_cookies(&mut self, headers: &http::HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let text = value.to_str().expect("ASCII");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("a cookie");
            for needed in ["Path=/", "Secure", "SameSite=Lax"] {
                assert!(attributes.contains(needed), "{name} lacks {needed}");
            }
            // The one that pages may read says nothing.
            let is_sign = (name, value) == (cookie::KNOWN, "1");
            assert!(attributes.contains("HttpOnly") || is_sign, "{name} can be read by scripts");
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
