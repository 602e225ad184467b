//! A browser as small as the demonstration needs: cookies, JSON, one origin.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::DemoError;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One person's browser.
pub(super) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    origin: String,
    cookies: BTreeMap<String, String>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Browser {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Answer, DemoError> {
        self.send("GET", path, None, None).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, DemoError> {
        self.send("POST", path, Some(body), None).await
    }

    pub(super) async fn put(&mut self, path: &str, body: &Value) -> Result<Answer, DemoError> {
        self.send("PUT", path, Some(body), None).await
    }

    pub(super) async fn post_once(
        &mut self,
        path: &str,
        body: &Value,
        key: &str,
    ) -> Result<Answer, DemoError> {
        self.send("POST", path, Some(body), Some(key)).await
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer, DemoError> {
        let broken = |error: &dyn std::fmt::Display| DemoError(format!("{method} {path}: {error}"));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header(header::ORIGIN, &self.origin)
            .header("x-user-active", "1");
        if !self.cookies.is_empty() {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).map_err(|error| broken(&error))?;
        let response = tokio::time::timeout(PATIENCE, self.client.request(request))
            .await
            .map_err(|_| broken(&"no answer came"))?
            .map_err(|error| broken(&error))?;
        let status = response.status();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap_or_default());
        }
        let body = response.into_body().collect().await.map_err(|error| broken(&error))?.to_bytes();
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    fn keep(&mut self, cookie: &str) {
        let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        if value.is_empty() || cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
