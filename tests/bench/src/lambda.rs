//! Lambda's runtime API, as a function sees it: it asks for the next event and posts its answer.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path as FilePath;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::{Result, machine};

/// What the function did, and when the request for it arrived.
enum Did {
    Asked(Instant),
    Answered(Instant, Bytes),
    Failed(String),
}

#[derive(Clone)]
struct Api {
    did: mpsc::UnboundedSender<Did>,
    events: Arc<Mutex<mpsc::Receiver<String>>>,
}

/// A function in a process of its own. It ends with this value.
pub(crate) struct Function {
    process: Child,
    started: Instant,
    did: mpsc::UnboundedReceiver<Did>,
    events: mpsc::Sender<String>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.server.abort();
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Function {
    /// Starts a bootstrap with these variables beside those that Lambda sets.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub(crate) async fn start(program: &FilePath, variables: &BTreeMap<String, String>) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address: SocketAddr = listener.local_addr()?;
        let (did_sender, did) = mpsc::unbounded_channel();
        let (events, receiver) = mpsc::channel(1);
        let api = Api { did: did_sender, events: Arc::new(Mutex::new(receiver)) };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(api);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let started = Instant::now();
        let process = Command::new(program)
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "function"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
                ("AWS_REGION", "us-east-1"),
            ])
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(Self { process, started, did, events, server })
    }

    /// Waits until it asks for its next event. Answers the time since its start.
    ///
    /// # Errors
    /// Where it never asks.
    pub(crate) async fn asked(&mut self) -> Result<Duration> {
        match tokio::time::timeout(PATIENCE, self.did.recv()).await {
            Ok(Some(Did::Asked(at))) => Ok(at - self.started),
            Ok(Some(Did::Failed(why))) => Err(why.into()),
            Ok(Some(Did::Answered(..))) => Err("an answer that nobody waits for".into()),
            _ => Err(format!("the function did not ask for an event: {:?}", self.process.try_wait()).into()),
        }
    }

    /// Hands it an event and waits for its answer. Answers the time since its start.
    ///
    /// # Errors
    /// Where it fails or does not answer.
    pub(crate) async fn answer(&mut self, event: String) -> Result<(Duration, Bytes)> {
        self.events.send(event).await?;
        match tokio::time::timeout(PATIENCE, self.did.recv()).await {
            Ok(Some(Did::Answered(at, body))) => Ok((at - self.started, body)),
            Ok(Some(Did::Failed(why))) => Err(why.into()),
            _ => Err("the function did not answer".into()),
        }
    }

    /// Processor seconds so far, in its code and in the kernel.
    ///
    /// # Errors
    /// Where the process is gone.
    pub(crate) fn cpu(&self) -> Result<(f64, f64)> {
        machine::cpu(self.process.id())
    }

    /// Memory in MiB.
    ///
    /// # Errors
    /// Where the process is gone.
    pub(crate) fn memory(&self) -> Result<f64> {
        machine::memory(self.process.id()).map(|(now, _)| now)
    }
}

async fn next(State(api): State<Api>) -> (HeaderMap, String) {
    let _ = api.did.send(Did::Asked(Instant::now()));
    let event = api.events.lock().await.recv().await;
    let Some(event) = event else { std::future::pending().await };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:function"),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        ),
    ];
    let headers = headers
        .into_iter()
        .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)));
    (headers.collect(), event)
}

async fn response(State(api): State<Api>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    let _ = api.did.send(Did::Answered(Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn error(State(api): State<Api>, body: Bytes) -> StatusCode {
    let _ = api.did.send(Did::Failed(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}

/// A request as an HTTP API hands it to a function (payload format 2.0), with what the edge adds.
pub(crate) fn event(
    edge: &Edge,
    method: &str,
    path: &str,
    token: &str,
    (header, value): (&str, &str),
    body: Option<&Value>,
) -> String {
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = json!({
        "accept": "application/json", "host": "api.execute-api.us-east-1.amazonaws.com",
        "user-agent": "Amazon CloudFront", "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        "x-forwarded-for": "192.0.2.1", "x-forwarded-port": "443", "x-forwarded-proto": "https",
        "x-origin-secret": edge.secret, "cloudfront-viewer-address": "192.0.2.1:50000",
        "cookie": format!("__Host-session={token}"), "sec-fetch-site": "same-origin",
    });
    if !header.is_empty() {
        headers[header] = json!(value);
    }
    if body.is_some() {
        headers["content-type"] = json!("application/json");
        headers["origin"] = json!(edge.origin);
    }
    json!({
        "version": "2.0", "routeKey": format!("{method} {raw_path}"), "rawPath": raw_path, "rawQueryString": query,
        "cookies": [format!("__Host-session={token}")], "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "api", "requestId": "JKJaXmPLvHcESHA=", "routeKey": format!("{method} {raw_path}"),
            "stage": "$default", "time": "10/Mar/2026:05:16:23 +0000", "timeEpoch": 1_773_119_783_000_i64,
            "http": { "method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                      "userAgent": "Amazon CloudFront" },
        },
        "body": body.map(Value::to_string), "isBase64Encoded": false,
    })
    .to_string()
}

/// What a function believes of the edge in front of it.
pub(crate) struct Edge {
    /// Its origin.
    pub(crate) origin: String,
    /// The secret that it adds.
    pub(crate) secret: String,
}
