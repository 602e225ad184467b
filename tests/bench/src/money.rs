//! What a million requests cost: units counted by the local AWS, prices of `infra/local/prices.json`.

use http_body_util::BodyExt as _;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method, StatusCode, header};
use local::aws::{CallRecord, Calls, Invocation, PriceFile, Service};
use local::{Stack, StackOptions};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::Result;
use crate::function::Cost;
use crate::load::Outgoing;
use crate::scene::{self, Scene};
use crate::server;
use crate::table::{Bar, Table, number};

/// Messages of each conversation.
const MESSAGES: u64 = 1_000;
/// Memory of a function in template.yaml.
const MEMORY_MB: f64 = 256.0;
/// Memory that comes with a whole core; less comes with less of it.
const MEMORY_OF_A_CORE_MB: f64 = 1_769.0;
/// Milliseconds of a call within a region.
const READ_MS: f64 = 4.0;
const TRANSACTION_MS: f64 = 12.0;
/// A line of the API's access log, with what CloudWatch adds.
const ACCESS_LOG_BYTES: f64 = 430.0;
/// Receiving and deleting a batch of a queue.
const QUEUE_REQUESTS: f64 = 2.0;

/// One kind of request, counted.
struct Counted {
    calls: Calls,
    out_bytes: f64,
    cpu_ms: f64,
    /// What a poll sends to ask whether anything is new.
    etag: Option<HeaderValue>,
    /// What relay and notify did because of it.
    after: Calls,
    /// How often they ran.
    invocations: f64,
}

/// Prices of a post, a page and a poll.
///
/// # Errors
/// Where a request is not answered well.
pub(crate) async fn money(table: &mut Table, cost: Cost) -> Result<()> {
    table.part("Money per million, from counted units and list prices without free tiers; USD");
    let prices = PriceFile::shipped()?;
    let stack = Stack::start(StackOptions::test(1)).await?;
    let scene = Scene::set(&stack, 1).await?;
    let (one, other) = (conversation(&scene).await?, conversation(&scene).await?);
    let (staff, patient) = (&scene.staff.token, &scene.patients[0].token);
    let body = json!({ "kind": "text", "text": scene::text(0) });

    // The first requests fill the caches of keys and practices. Nobody has opened the second conversation yet, and its
    // notice still has to leave.
    let page = |path| request(&Method::GET, path, "?limit=50", patient, None);
    let post = |path| request(&Method::POST, path, "", staff, Some(&body));
    count(&stack, page(&one), cost.page).await?;
    count(&stack, post(&one), cost.post).await?;
    count(&stack, page(&other), cost.page).await?;
    let read = count(&stack, page(&other), cost.page).await?;
    let mut poll = request(&Method::GET, &other, &format!("?after={MESSAGES}"), patient, None);
    let known = read.etag.clone().ok_or("a page has an ETag")?;
    poll.headers_mut().insert(header::IF_NONE_MATCH, known);
    let poll = count(&stack, poll, cost.poll).await?;
    let counted = [read, poll, count(&stack, post(&other), cost.post).await?];
    let bars = [
        ("page of 50", 3.5, 6.0),
        ("poll with nothing new", 1.5, 3.2),
        ("post, with its notice", 12.0, 20.0),
    ];
    for (counted, (name, request_bar, all_bar)) in counted.iter().zip(bars) {
        print(table, &prices, counted, name, (request_bar, all_bar));
    }
    Ok(())
}

/// Where the messages of a conversation are.
async fn conversation(scene: &Scene) -> Result<String> {
    let id = scene.conversation(&scene.patients[0], MESSAGES).await?;
    Ok(format!("/v1/conversations/{id}/messages"))
}

fn request(method: &Method, path: &str, query: &str, token: &str, body: Option<&Value>) -> Outgoing {
    let key = if body.is_some() { "key" } else { "" };
    let path = format!("{path}{query}");
    let mut request = server::request("localhost:8080", method.clone(), &path, token, key, body);
    request.headers_mut().insert(header::ACCEPT_ENCODING, header::HeaderValue::from_static("gzip"));
    request
}

fn print(table: &mut Table, prices: &PriceFile, counted: &Counted, name: &str, bars: (f64, f64)) {
    let own = invocation(&counted.calls.0, counted.cpu_ms, counted.out_bytes);
    let calls = prices.calls_usd_per_million(&counted.calls.0);
    let around = prices.invocation_usd_per_million(own);
    let units = counted.calls.units();
    let made_of = format!(
        "API and function {}, {} calls {} ({} write and {} read units)",
        number(around),
        counted.calls.count(),
        number(calls),
        number(units.write),
        number(units.read),
    );
    table.add(format!("{name}: the request"), around + calls, "", Bar::AtMost(bars.0), made_of);

    let data_out = prices.data_out_usd_per_million(own);
    let edge = prices.of("cloudfront_request");
    let logs = ACCESS_LOG_BYTES / 1e9 * prices.of("log_gb");
    let one = invocation(&counted.after.0, counted.cpu_ms, 0.0);
    let run = prices.invocation_usd_per_million(one) - prices.of("api_request");
    let queue = if counted.invocations > 0.0 { QUEUE_REQUESTS * prices.of("sqs_request") } else { 0.0 };
    let notice = prices.calls_usd_per_million(&counted.after.0) + run * counted.invocations + queue;
    let all = around + calls + data_out + edge + logs + notice;
    let made_of = format!(
        "and edge {}, {:.1} kB out {}, log {}, relay and notify {}",
        number(edge),
        counted.out_bytes / 1e3,
        number(data_out),
        number(logs),
        number(notice),
    );
    table.add(format!("{name}: all in, without the provider's fee"), all, "", Bar::AtMost(bars.1), made_of);
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

async fn count(stack: &Stack, request: Outgoing, cpu_ms: f64) -> Result<Counted> {
    // A moment later, so that activity moves in the indexes.
    stack.clock().advance_seconds(1);
    let recorder = stack.aws().recorder();
    let request = request.map(axum::body::Body::new);
    let (response, calls) = recorder.scope("request", stack.router().oneshot(request)).await;
    let (parts, body) = response?.into_parts();
    let body = body.collect().await?.to_bytes();
    if !parts.status.is_success() && parts.status != StatusCode::NOT_MODIFIED {
        return Err(format!("{}: {}", parts.status, String::from_utf8_lossy(&body)).into());
    }
    let after = recorder.begin("after");
    let pumped = stack.pump().await;
    let after = recorder.end(after);
    // Lambda reads streams for nothing; receiving from queues is counted by the batch.
    let after = Calls(after.0.into_iter().filter(|call| call.service != Service::Sqs).collect());
    let out_bytes = (body.len() + head_bytes(&parts.headers)) as f64;
    let etag = parts.headers.get(header::ETAG).cloned();
    Ok(Counted { calls, out_bytes, cpu_ms, etag, after, invocations: pumped.batches as f64 })
}

fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
