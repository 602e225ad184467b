//! A load generator: clients that each send their next request as soon as the last is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{Result, machine, table::median};

/// A request without a body or with one.
pub(crate) type Outgoing = Request<Full<Bytes>>;

/// What to send, to whom, for how long.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Where.
    pub(crate) address: SocketAddr,
    /// How many connections.
    pub(crate) clients: usize,
    /// How long, after a warm-up.
    pub(crate) seconds: f64,
    /// The n-th request of a client.
    pub(crate) request: Arc<dyn Fn(usize, u64) -> Outgoing + Send + Sync>,
    /// The status of a good answer.
    pub(crate) expect: StatusCode,
    /// A text that a good answer contains, and how often.
    pub(crate) contains: (&'static str, usize),
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Good answers a second.
    pub(crate) per_second: f64,
    /// Half of the answers came within so many milliseconds.
    pub(crate) p50_ms: f64,
    /// All but one of a hundred did.
    pub(crate) p99_ms: f64,
    /// Processor seconds of the generator.
    pub(crate) own_cpu: f64,
    /// How many answers told the client to come again, of a hundred.
    pub(crate) again_percent: f64,
}

const WARM_UP: Duration = Duration::from_millis(800);
/// How long a client comes again with the same request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a plan on a thread of its own.
///
/// # Errors
/// The first answer that is not good, or a broken connection.
pub(crate) async fn run(plan: Plan) -> Result<Outcome> {
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(generate(plan))
    })
    .await?
}

async fn generate(plan: Plan) -> Result<Outcome> {
    let start = Instant::now() + WARM_UP;
    let end = start + Duration::from_secs_f64(plan.seconds);
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..plan.clients {
        let plan = plan.clone();
        clients.spawn(async move { one(plan, client, start, end).await });
    }
    tokio::time::sleep_until(start.into()).await;
    let cpu = machine::cpu_of_thread()?;
    let (mut millis, mut again) = (Vec::new(), 0.0);
    while let Some(done) = clients.join_next().await {
        let (of_client, told) = done??;
        millis.extend(of_client);
        again += f64::from(told);
    }
    let own_cpu = machine::cpu_of_thread()? - cpu;
    if millis.is_empty() {
        return Err("no request was answered in time".into());
    }
    millis.sort_by(f64::total_cmp);
    let count = millis.len() as f64;
    Ok(Outcome {
        per_second: count / plan.seconds,
        p50_ms: millis[millis.len() / 2],
        p99_ms: millis[millis.len() * 99 / 100],
        own_cpu,
        again_percent: 100.0 * again / (count + again),
    })
}

/// Milliseconds of each request, and how often the client was told to come again. It comes with the same request, and its
/// time runs on.
async fn one(plan: Plan, client: usize, start: Instant, end: Instant) -> Result<(Vec<f64>, u32)> {
    let mut connection = connect(plan.address).await?;
    let (mut millis, mut again) = (Vec::new(), 0);
    for n in 0.. {
        let request = (plan.request)(client, n);
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        let (mut status, mut body) = send(&mut connection, request.clone()).await?;
        while status == StatusCode::SERVICE_UNAVAILABLE && sent.elapsed() < PATIENCE {
            again += 1;
            (status, body) = send(&mut connection, request.clone()).await?;
        }
        let now = Instant::now();
        check(&plan, n, status, &body)?;
        if sent >= start && now <= end {
            millis.push((now - sent).as_secs_f64() * 1e3);
        }
    }
    Ok((millis, again))
}

/// Every status is looked at, and every sixteenth body: looking at all would take time from the server.
fn check(plan: &Plan, n: u64, status: StatusCode, body: &[u8]) -> Result<()> {
    let (text, times) = plan.contains;
    let found = || body.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
    if status == plan.expect && (!n.is_multiple_of(16) || found() == times) {
        return Ok(());
    }
    Err(format!("{status}: {}", String::from_utf8_lossy(&body[..body.len().min(300)])).into())
}

/// A connection that is kept.
///
/// # Errors
/// Where nobody listens.
pub(crate) async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends one request and reads the whole answer.
///
/// # Errors
/// A broken connection.
pub(crate) async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Outgoing,
) -> Result<(StatusCode, Bytes)> {
    connection.ready().await?;
    let response = connection.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

/// Runs several times and keeps the run in the middle.
///
/// # Errors
/// As [`run`].
pub(crate) async fn median_of(times: usize, plan: &Plan) -> Result<Outcome> {
    let mut runs = Vec::new();
    for _ in 0..times {
        runs.push(run(plan.clone()).await?);
    }
    let middle = median(runs.iter().map(|run| run.per_second).collect());
    runs.sort_by(|a, b| (a.per_second - middle).abs().total_cmp(&(b.per_second - middle).abs()));
    Ok(runs.swap_remove(0))
}
