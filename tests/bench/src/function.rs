//! Functions as Lambda runs them: each in a process of its own, one event after the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::aws::{Aws, Way};
use crate::lambda::{Function, event};
use crate::scene;
use crate::table::{Bar, Table, median, number};
use crate::{Result, machine};

/// Events of each kind whose processor time is counted.
const EVENTS: usize = 1_500;
/// Starts of each program.
const STARTS: usize = 31;
/// A sequence number that no conversation here has reached: nothing comes after it.
const LAST: u64 = 1_000_000;

/// Processor time per request of the messages function: what Lambda bills, at a core's full speed.
///
/// # Errors
/// Where the function does not do as it should.
pub(crate) async fn cpu(table: &mut Table, programs: &Path) -> Result<Cost> {
    table.part(
        "Processor time of the function's process per request, kernel included (local AWS runs in another)",
    );
    let aws = Aws::start().await?;
    let mut cost = Cost::default();
    for (way, bar, name) in [(Way::Plain, true, ""), (Way::Tls, false, ", with TLS to AWS")] {
        let variables = aws.environment("MessagesFunction", way);
        let mut function = Function::start(&programs.join("messages"), &variables).await?;
        function.asked().await?;
        for (kind, at_most) in [(Kind::Post, 0.5), (Kind::Page, 1.0), (Kind::Poll, f64::NAN)] {
            let bar = if bar && at_most.is_finite() { Bar::AtMost(at_most) } else { Bar::None };
            let (user, system) = per_event(&mut function, &aws, kind).await?;
            if way == Way::Plain {
                cost.keep(kind, user + system);
            }
            let parts =
                format!("own code {} ms, kernel {} ms; {}", number(user), number(system), kind.calls());
            table.add(format!("{}{name}", kind.name()), user + system, " ms", bar, parts);
        }
    }
    Ok(cost)
}

/// Milliseconds of a post, a page and a poll.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Of a post.
    pub(crate) post: f64,
    /// Of a page of 50.
    pub(crate) page: f64,
    /// Of a poll with nothing new.
    pub(crate) poll: f64,
}

impl Cost {
    fn keep(&mut self, kind: Kind, millis: f64) {
        match kind {
            Kind::Post => self.post = millis,
            Kind::Page => self.page = millis,
            Kind::Poll => self.poll = millis,
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Post,
    Page,
    Poll,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Page => "page of 50",
            Self::Poll => "poll with nothing new",
        }
    }

    fn calls(self) -> &'static str {
        match self {
            Self::Post => "2 calls of AWS: signing, JSON and HTTP of each",
            Self::Page => "4 calls of AWS, 100 items parsed, 50 messages opened",
            Self::Poll => "1 call of AWS",
        }
    }

    fn event(self, aws: &Aws, known: &str) -> String {
        let path = format!("/v1/conversations/{}/messages", aws.conversation);
        let (edge, staff, patient) = (aws.edge(), &aws.scene.staff.token, &aws.scene.patients[0].token);
        match self {
            Self::Post => {
                let body = json!({ "kind": "text", "text": scene::text(0) });
                event(&edge, "POST", &path, staff, ("idempotency-key", &aws.fresh_key()), Some(&body))
            }
            Self::Page => event(&edge, "GET", &format!("{path}?limit=50"), patient, ("", ""), None),
            Self::Poll => {
                let path = format!("{path}?after={LAST}");
                event(&edge, "GET", &path, patient, ("if-none-match", known), None)
            }
        }
    }

    fn expects(self) -> u64 {
        match self {
            Self::Post => 201,
            Self::Page => 200,
            Self::Poll => 304,
        }
    }
}

/// Milliseconds in the function's own code and in the kernel, on average.
async fn per_event(function: &mut Function, aws: &Aws, kind: Kind) -> Result<(f64, f64)> {
    let page = one(function, aws, Kind::Page, "").await?;
    let known = page["headers"]["etag"].as_str().ok_or("a page has an ETag")?.to_owned();
    for _ in 0..100 {
        one(function, aws, kind, &known).await?;
    }
    machine::wait_for_quiet();
    let before = function.cpu()?;
    for _ in 0..EVENTS {
        one(function, aws, kind, &known).await?;
    }
    let after = function.cpu()?;
    let each = |seconds: f64| seconds * 1e3 / EVENTS as f64;
    Ok((each(after.0 - before.0), each(after.1 - before.1)))
}

/// One event and its good answer.
async fn one(function: &mut Function, aws: &Aws, kind: Kind, known: &str) -> Result<Value> {
    let (_, answer) = function.answer(kind.event(aws, known)).await?;
    function.asked().await?;
    good(&answer, kind.expects())
}

fn good(answer: &[u8], status: u64) -> Result<Value> {
    let json: Value = serde_json::from_slice(answer)?;
    if json["statusCode"].as_u64() == Some(status) {
        Ok(json)
    } else {
        Err(format!("not {status}: {json}").into())
    }
}

/// Starts of the functions beside hello worlds of the same runtime and profile.
///
/// # Errors
/// Where a program does not start.
pub(crate) async fn cold(table: &mut Table, programs: &Path) -> Result<()> {
    let aws = Aws::start().await?;
    init(table, programs, &aws).await?;
    first_page(table, programs, &aws).await
}

const FUNCTIONS: [(&str, &str); 10] = [
    ("login", "LoginFunction"),
    ("messages", "MessagesFunction"),
    ("roster", "RosterFunction"),
    ("relay", "RelayFunction"),
    ("notify", "NotifyFunction"),
    ("feedback", "FeedbackFunction"),
    ("audit", "AuditFunction"),
    ("texts", "TextsFunction"),
    ("texter", "TexterFunction"),
    ("chain", "ChainFunction"),
];

async fn init(table: &mut Table, programs: &Path, aws: &Aws) -> Result<()> {
    table.part(&format!(
        "Cold start: process start to the first request for an event, medians of {STARTS} in turns"
    ));
    let mut starts: Vec<Start> =
        vec![Start::new(programs, "hello", aws.environment("LoginFunction", Way::Tls))];
    for (program, function) in FUNCTIONS {
        starts.push(Start::new(programs, program, aws.environment(function, Way::Tls)));
    }
    for round in 0..=STARTS {
        for start in &mut starts {
            let mut function = Function::start(&start.program, &start.variables).await?;
            let time = function.asked().await?;
            // The first round reads the programs from the disk.
            if round > 0 {
                start.millis.push(time.as_secs_f64() * 1e3);
            }
        }
    }
    let medians: Vec<f64> = starts.iter().map(|start| median(start.millis.clone())).collect();
    table.add("hello world", medians[0], " ms", Bar::None, "the runtime alone: no SDK, no TLS");
    for ((program, _), millis) in FUNCTIONS.iter().zip(&medians[1..]) {
        let made_of = format!("{} ms: TLS, SDK clients, routes", number(*millis));
        table.add(format!("{program} against it"), millis / medians[0], "x", Bar::AtMost(2.0), made_of);
    }
    Ok(())
}

struct Start {
    program: PathBuf,
    variables: BTreeMap<String, String>,
    millis: Vec<f64>,
    memory: Vec<f64>,
}

impl Start {
    fn new(programs: &Path, program: &str, variables: BTreeMap<String, String>) -> Self {
        Self { program: programs.join(program), variables, millis: Vec::new(), memory: Vec::new() }
    }
}

async fn first_page(table: &mut Table, programs: &Path, aws: &Aws) -> Result<()> {
    table.part(&format!("Cold start with the first answer, TLS included, medians of {STARTS} in turns"));
    let names = ["hello", "hello-dynamodb", "hello-sdk", "messages"];
    let mut starts =
        names.map(|name| Start::new(programs, name, aws.environment("MessagesFunction", Way::Tls)));
    for round in 0..=STARTS {
        for start in &mut starts {
            let mut function = Function::start(&start.program, &start.variables).await?;
            function.asked().await?;
            let (time, answer) = function.answer(Kind::Page.event(aws, "")).await?;
            good(&answer, 200)?;
            function.asked().await?;
            if round > 0 {
                start.millis.push(time.as_secs_f64() * 1e3);
                start.memory.push(function.memory()?);
            }
        }
    }
    let millis = |n: usize| median(starts[n].millis.clone());
    let memory = |n: usize| median(starts[n].memory.clone());
    let (lean, usual, ours) = (millis(1), millis(2), millis(3));
    table.add(
        "hello world with one DynamoDB call",
        usual,
        " ms",
        Bar::None,
        "as the SDK's guide has it: default configuration",
    );
    table.add(
        "the same with the functions' own SDK configuration",
        lean,
        " ms",
        Bar::None,
        "no search for credentials, few authorities",
    );
    let calls = "6 calls in 3 steps, 3 TLS connections (2 to DynamoDB, 1 to KMS)";
    let made_of = format!("{} ms; {calls}", number(ours));
    table.add(
        "messages: init and first page, against the first",
        ours / usual,
        "x",
        Bar::AtMost(1.5),
        made_of,
    );
    table.add(
        "the same, against the second",
        ours / lean,
        "x",
        Bar::None,
        "what our own calls cost more than one",
    );
    let more = memory(3) - memory(0);
    let limit = format!("{} MiB; hello world {} MiB", number(memory(3)), number(memory(0)));
    table.add(
        "messages: memory after the first page, more than hello world's",
        more,
        " MiB",
        Bar::AtMost(10.0),
        limit,
    );
    Ok(())
}

/// Sizes as they are uploaded.
///
/// # Errors
/// Where a program was not built.
pub(crate) fn sizes(table: &mut Table, programs: &Path) -> Result<()> {
    table.part("Size of each function, zipped");
    for (program, _) in FUNCTIONS {
        let bytes = std::fs::read(programs.join(program))?;
        let mut deflate = flate2::write::DeflateEncoder::new(std::io::sink(), flate2::Compression::default());
        std::io::Write::write_all(&mut deflate, &bytes)?;
        deflate.try_finish()?;
        let zipped = deflate.total_out() as f64 / 1e6;
        let limit = format!("{:.1} MB unzipped: SDK clients, TLS, cryptography", bytes.len() as f64 / 1e6);
        table.add(program, zipped, " MB", Bar::AtMost(5.0), limit);
    }
    Ok(())
}
