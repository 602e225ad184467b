//! What a million requests cost: units counted by the local AWS, prices of `infra/local/prices.json`.

use http_body_util::BodyExt as _;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method, StatusCode, header};
use local::aws::{CallRecord, Calls, Invocation, PriceFile, Service};
use local::{Pumped, Stack, StackOptions};
use serde_json::{Value, json};
use std::future::Future;
use tower::ServiceExt as _;

use crate::Result;
use crate::function::Cost;
use crate::load::Outgoing;
use crate::scene::{self, Scene};
use crate::server;
use crate::table::{Bar, Table, number};

/// Messages of each conversation.
const MESSAGES: u64 = 60;
/// Requests of a minute. A million a month in the hours of a practice are 76; each is of another patient.
const A_MINUTE: usize = 60;
/// Minutes that are counted: what is done for the audit log once an hour is among it.
const MINUTES: usize = 60;
/// Memory of a function in template.yaml.
const MEMORY_MB: f64 = 256.0;
/// Memory that comes with a whole core; less comes with less of it.
const MEMORY_OF_A_CORE_MB: f64 = 1_769.0;
/// Milliseconds of a call within a region.
const READ_MS: f64 = 4.0;
const TRANSACTION_MS: f64 = 12.0;
/// A line of the API's access log as the template has it, with what CloudWatch adds (26 bytes).
const ACCESS_LOG_BYTES: f64 = 250.0;
/// Receiving and deleting a batch of a queue.
const QUEUE_REQUESTS: f64 = 2.0;
/// The function that links, keeps and signs the audit log.
const CHAIN: &str = "ChainFunction";

/// One kind of request, counted.
#[derive(Default)]
struct Counted {
    /// The calls of each.
    requests: Vec<Vec<CallRecord>>,
    /// Of all of them.
    out_bytes: f64,
    cpu_ms: f64,
    /// What relay and notify did because of each.
    notices: Vec<Around>,
    /// What was done for the audit log in each minute.
    audits: Vec<Around>,
}

/// What functions did that no request waits for.
#[derive(Default)]
struct Around {
    calls: Vec<CallRecord>,
    invocations: f64,
    queue_batches: f64,
}

/// Prices of a post, a page and a poll.
///
/// # Errors
/// Where a request is not answered well.
pub(crate) async fn money(table: &mut Table, cost: Cost) -> Result<()> {
    table.part("Money per million, from counted units and list prices without free tiers; USD");
    let prices = PriceFile::shipped()?;

    let place = Place::new().await?;
    let read = count(&place, |n, _| compressed(place.page(n)), 0, cost.page).await?;

    let place = Place::new().await?;
    let etag = send(&place.stack, place.page(0)).await?.0.headers().get(header::ETAG).cloned();
    let etag = etag.ok_or("a page has an ETag")?;
    let ask = |_, _| {
        let mut poll = place.request(0, &Method::GET, &format!("?after={MESSAGES}"), None);
        poll.headers_mut().insert(header::IF_NONE_MATCH, etag.clone());
        compressed(poll)
    };
    let poll = count(&place, ask, 0, cost.poll).await?;

    let place = Place::new().await?;
    let body = json!({ "kind": "text", "text": scene::text(0) });
    let write = |n: usize, round: usize| {
        let key = format!("key-{round}");
        compressed(request(&Method::POST, &place.paths[n], &place.scene.staff.token, &key, Some(&body)))
    };
    let post = count(&place, write, 1, cost.post).await?;

    let bars = [
        ("page of 50", 3.5, 6.0),
        ("poll with nothing new", 1.5, 3.2),
        ("post, with its notice", 12.0, 20.0),
    ];
    for (counted, (name, request_bar, all_bar)) in [read, poll, post].iter().zip(bars) {
        print(table, &prices, counted, name, (request_bar, all_bar));
    }
    Ok(())
}

/// A practice whose patients have a conversation each.
struct Place {
    stack: Stack,
    scene: Scene,
    /// Where the messages of each are.
    paths: Vec<String>,
}

impl Place {
    async fn new() -> Result<Self> {
        let stack = Stack::start(StackOptions::test(1)).await?;
        let scene = Scene::set(&stack, A_MINUTE).await?;
        let mut paths = Vec::new();
        for patient in &scene.patients {
            stack.clock().advance_seconds(1);
            let id = scene.conversation(patient, MESSAGES).await?;
            paths.push(format!("/v1/conversations/{id}/messages"));
        }
        Ok(Self { stack, scene, paths })
    }

    /// A request of a patient for their messages.
    fn request(&self, n: usize, method: &Method, query: &str, body: Option<&Value>) -> Outgoing {
        let path = format!("{}{query}", self.paths[n]);
        request(method, &path, &self.scene.patients[n].token, "", body)
    }

    fn page(&self, n: usize) -> Outgoing {
        self.request(n, &Method::GET, "?limit=50", None)
    }

    /// Whoever has read everything is told of the next message, and stays signed in.
    async fn everybody_reads(&self, seq: u64) -> Result<()> {
        for (path, patient) in self.paths.iter().zip(&self.scene.patients) {
            let path = path.replace("/messages", "/read");
            let body = json!({ "seq": seq });
            send(&self.stack, request(&Method::PUT, &path, &patient.token, "", Some(&body))).await?;
        }
        Ok(())
    }
}

fn request(method: &Method, path: &str, token: &str, key: &str, body: Option<&Value>) -> Outgoing {
    server::request("localhost:8080", method.clone(), path, token, key, body)
}

fn compressed(mut request: Outgoing) -> Outgoing {
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    request
}

fn print(table: &mut Table, prices: &PriceFile, counted: &Counted, name: &str, bars: (f64, f64)) {
    let requests = counted.requests.len() as f64;
    // A cold function asks KMS for a key besides, and again each five minutes.
    let is_warm = |calls: &&Vec<CallRecord>| calls.iter().all(|call| call.service != Service::Kms);
    let warm: Vec<_> = counted.requests.iter().filter(is_warm).collect();
    let mean = |of: &dyn Fn(&Vec<CallRecord>) -> f64| {
        warm.iter().map(|calls| of(calls)).sum::<f64>() / warm.len().max(1) as f64
    };
    let out_bytes = counted.out_bytes / requests;
    let own = |calls: &Vec<CallRecord>| invocation(calls, counted.cpu_ms, out_bytes);
    let calls = mean(&|calls| prices.calls_usd_per_million(calls));
    let around = mean(&|calls| prices.invocation_usd_per_million(own(calls)));
    let made_of = format!(
        "API and function {}, {} calls {} ({} write and {} read units)",
        number(around),
        number(mean(&|calls| calls.len() as f64)),
        number(calls),
        number(mean(&|calls| calls.iter().map(|call| call.units.write).sum())),
        number(mean(&|calls| calls.iter().map(|call| call.units.read).sum())),
    );
    table.add(format!("{name}: the request"), around + calls, "", Bar::AtMost(bars.0), made_of);

    let data_out = prices.data_out_usd_per_million(own(&Vec::new()));
    let edge = prices.of("cloudfront_request");
    let logs = ACCESS_LOG_BYTES / 1e9 * prices.of("log_gb");
    let of_all = |all: &[Around]| all.iter().map(|one| around_usd(prices, one)).sum::<f64>() / requests;
    // A poll that brings nothing is no event: the log is somebody else's.
    let wrote = counted.requests.iter().flatten().any(|call| call.units.write > 0.0);
    let (notice, audit) = (of_all(&counted.notices), if wrote { of_all(&counted.audits) } else { 0.0 });
    let all = around + calls + data_out + edge + logs + notice + audit;
    let made_of = format!(
        "and edge {}, {:.1} kB out {}, log {}, relay and notify {}, audit log {}",
        number(edge),
        out_bytes / 1e3,
        number(data_out),
        number(logs),
        number(notice),
        number(audit),
    );
    table.add(format!("{name}: all in, without the provider's fee"), all, "", Bar::AtMost(bars.1), made_of);
}

/// What functions cost that no request waits for.
fn around_usd(prices: &PriceFile, around: &Around) -> f64 {
    let one = invocation(&around.calls, 0.0, 0.0);
    let around_it = prices.of("api_request") + prices.of("lambda_request");
    let gb_seconds = (prices.invocation_usd_per_million(one) - around_it).max(0.0);
    prices.calls_usd_per_million(&around.calls)
        + gb_seconds
        + around.invocations * prices.of("lambda_request")
        + around.queue_batches * QUEUE_REQUESTS * prices.of("sqs_request")
}

/// Waiting for the calls, one step after the other, and the function's own time at its share of a core.
fn invocation(calls: &[CallRecord], cpu_ms: f64, out_bytes: f64) -> Invocation {
    let deepest = calls.iter().map(|call| call.depth).max().unwrap_or(0);
    let wait = |depth: u32| {
        let of = calls.iter().filter(|call| call.depth == depth);
        of.map(|call| if call.operation.starts_with("Transact") { TRANSACTION_MS } else { READ_MS })
            .fold(0.0, f64::max)
    };
    let waited: f64 = (1..=deepest).map(wait).sum();
    Invocation {
        billed_ms: waited + cpu_ms * MEMORY_OF_A_CORE_MB / MEMORY_MB,
        memory_mb: MEMORY_MB,
        out_bytes,
    }
}

/// Makes the same request for an hour, once a second, each time by the next patient: one that adds so many messages.
async fn count(
    place: &Place,
    request: impl Fn(usize, usize) -> Outgoing,
    posts: u64,
    cpu_ms: f64,
) -> Result<Counted> {
    let stack = &place.stack;
    let is_chain = |function: &str| function == CHAIN;
    // What setting the scene has left.
    stack.pump().await;
    let mut counted = Counted { cpu_ms, ..Counted::default() };
    for minute in 0..MINUTES {
        for n in 0..A_MINUTE {
            stack.clock().advance_seconds(1);
            let (response, calls) = send(stack, request(n, minute)).await?;
            counted.out_bytes += (response.body().len() + head_bytes(response.headers())) as f64;
            counted.requests.push(calls.0);
            counted.notices.push(around(stack, stack.pump_to(|function| !is_chain(function))).await);
        }
        let mut audit = around(stack, async {
            stack.tick_of(is_chain).await;
            stack.pump_to(is_chain).await
        })
        .await;
        // The schedule runs whether or not there is a batch.
        audit.invocations += 1.0;
        counted.audits.push(audit);
        place.everybody_reads(MESSAGES + posts * (minute as u64 + 1)).await?;
    }
    Ok(counted)
}

async fn send(stack: &Stack, request: Outgoing) -> Result<(hyper::Response<bytes::Bytes>, Calls)> {
    let request = request.map(axum::body::Body::new);
    let (response, calls) = stack.aws().recorder().scope("request", stack.router().oneshot(request)).await;
    let (parts, body) = response?.into_parts();
    let body = body.collect().await?.to_bytes();
    if !parts.status.is_success() && parts.status != StatusCode::NOT_MODIFIED {
        return Err(format!("{}: {}", parts.status, String::from_utf8_lossy(&body)).into());
    }
    Ok((hyper::Response::from_parts(parts, body), calls))
}

/// What functions do that nobody waits for. Lambda reads streams for nothing; what it asks of queues is counted by the batch.
async fn around(stack: &Stack, moving: impl Future<Output = Pumped>) -> Around {
    let recorder = stack.aws().recorder();
    let scope = recorder.begin("after");
    let pumped = moving.await;
    let (of_queues, calls): (Vec<_>, Vec<_>) =
        recorder.end(scope).0.into_iter().partition(|call| call.service == Service::Sqs);
    let queue_batches = of_queues.iter().filter(|call| call.operation == "ReceiveMessage").count();
    Around { calls, invocations: pumped.batches as f64, queue_batches: queue_batches as f64 }
}

fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
