//! What every call was and cost: for tests that count, and for the price of a request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio::time::Instant;

use super::iam::Caller;
use super::wire::{Answer, Request, Service};

/// How many calls are kept before the oldest go.
const CAPACITY: usize = 100_000;

/// DynamoDB's units, by AWS's own rules: a transaction counts twice, a strong read of 4 KB is one, an eventual one
/// half, index entries that are put, moved or removed count each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Units {
    /// Read request units.
    pub read: f64,
    /// Write request units.
    pub write: f64,
}

impl Units {
    pub(crate) fn reads(units: impl Iterator<Item = f64>) -> Self {
        Self { read: units.sum(), write: 0.0 }
    }

    pub(crate) fn writes(units: impl Iterator<Item = f64>) -> Self {
        Self { read: 0.0, write: units.sum() }
    }
}

/// What one part of a DynamoDB call touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Logical id of the table.
    pub table: String,
    /// Index name.
    pub index: Option<String>,
    /// `PutItem`, `ConditionCheckItem`, …
    pub action: &'static str,
    /// What stands before the first `#` of the partition key, as `CONV`. Never more of it.
    pub kind: Option<String>,
}

/// One call.
#[derive(Debug, Clone, Serialize)]
pub struct CallRecord {
    /// Order of starting, from 1.
    pub sequence: u64,
    /// Which service.
    #[serde(serialize_with = "service_name")]
    pub service: Service,
    /// Which operation.
    pub operation: String,
    /// What it touched, for DynamoDB.
    pub parts: Vec<Part>,
    /// What it cost, for DynamoDB.
    pub units: Units,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// Bytes of the answer's body.
    pub response_bytes: usize,
    /// Logical id, or `admin`.
    pub caller: String,
    /// Microseconds from the recorder's start.
    pub started_us: u64,
    /// Microseconds from the recorder's start.
    pub ended_us: u64,
    /// The error code where it failed.
    pub error: Option<String>,
    /// 1 + the greatest depth of the calls of this scope that were over before this one began.
    pub depth: u32,
    /// The scope's name.
    pub scope: Option<String>,
}

fn service_name<S: serde::Serializer>(service: &Service, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(service.name())
}

struct Scope {
    id: u64,
    name: String,
    deepest: AtomicU32,
}

tokio::task_local! {
    static SCOPE: Arc<Scope>;
}

/// Records calls while it is switched on.
pub struct Recorder {
    on: AtomicBool,
    sequence: AtomicU64,
    scopes: AtomicU64,
    origin: Instant,
    calls: Mutex<VecDeque<(Option<u64>, CallRecord)>>,
    /// For calls that no task-local scope covers.
    current: Mutex<Option<Arc<Scope>>>,
}

/// Depths and calls of one request.
#[derive(Debug, Clone)]
pub struct Calls(pub Vec<CallRecord>);

impl Calls {
    /// How many calls.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many of them had to wait for each other.
    pub fn depth(&self) -> u32 {
        self.0.iter().map(|call| call.depth).max().unwrap_or(0)
    }

    /// All units.
    pub fn units(&self) -> Units {
        self.0.iter().fold(Units::default(), |sum, call| Units {
            read: sum.read + call.units.read,
            write: sum.write + call.units.write,
        })
    }

    /// Calls as `dynamodb:GetItem`, in order.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|call| format!("{}:{}", call.service.name(), call.operation)).collect()
    }
}

impl Recorder {
    pub(crate) fn new(on: bool) -> Self {
        Self {
            on: AtomicBool::new(on),
            sequence: AtomicU64::new(0),
            scopes: AtomicU64::new(0),
            origin: Instant::now(),
            calls: Mutex::default(),
            current: Mutex::default(),
        }
    }

    /// Switches recording on or off.
    pub fn set(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
    }

    /// Whether calls are recorded.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    /// Runs a future and answers, beside its output, the calls that it made, whatever else goes on. Work that it
    /// spawns is not covered.
    pub async fn scope<F: Future>(&self, name: &str, future: F) -> (F::Output, Calls) {
        let scope = self.new_scope(name);
        let id = scope.id;
        let output = SCOPE.scope(scope, future).await;
        (output, self.of_scope(id))
    }

    /// From now on, calls outside of any other scope belong to this one.
    pub fn begin(&self, name: &str) -> u64 {
        let scope = self.new_scope(name);
        let id = scope.id;
        *super::lock(&self.current) = Some(scope);
        id
    }

    /// Ends what [`Recorder::begin`] began and answers its calls.
    pub fn end(&self, id: u64) -> Calls {
        *super::lock(&self.current) = None;
        self.of_scope(id)
    }

    /// Every call that is still kept.
    pub fn calls(&self) -> Calls {
        Calls(super::lock(&self.calls).iter().map(|(_, call)| call.clone()).collect())
    }

    /// Forgets every call.
    pub fn clear(&self) {
        super::lock(&self.calls).clear();
    }

    fn new_scope(&self, name: &str) -> Arc<Scope> {
        let id = self.scopes.fetch_add(1, Ordering::SeqCst);
        Arc::new(Scope { id, name: name.to_owned(), deepest: AtomicU32::new(0) })
    }

    fn of_scope(&self, id: u64) -> Calls {
        let calls = super::lock(&self.calls);
        let mut found: Vec<_> =
            calls.iter().filter(|(scope, _)| *scope == Some(id)).map(|(_, call)| call.clone()).collect();
        found.sort_by_key(|call| call.sequence);
        Calls(found)
    }

    /// Starts a record.
    pub(crate) fn start(&self, caller: &Caller, request: &Request) -> Draft {
        if !self.is_on() {
            return Draft { record: None, scope: None };
        }
        let scope = SCOPE.try_with(Arc::clone).ok().or_else(|| super::lock(&self.current).clone());
        let depth = 1 + scope.as_ref().map_or(0, |scope| scope.deepest.load(Ordering::SeqCst));
        Draft {
            record: Some(CallRecord {
                sequence: self.sequence.fetch_add(1, Ordering::SeqCst) + 1,
                service: request.service,
                operation: request.operation.clone(),
                parts: Vec::new(),
                units: Units::default(),
                request_bytes: request.body.len(),
                response_bytes: 0,
                caller: caller.to_string(),
                started_us: self.micros(),
                ended_us: 0,
                error: None,
                depth,
                scope: scope.as_ref().map(|scope| scope.name.clone()),
            }),
            scope,
        }
    }

    /// Ends a record.
    pub(crate) fn finish(&self, draft: Draft, answer: Result<&Answer, &str>) {
        let Some(mut record) = draft.record else { return };
        record.ended_us = self.micros();
        match answer {
            Ok(answer) => {
                record.response_bytes = answer.body.len();
                record.error.clone_from(&answer.error);
            }
            Err(broken) => record.error = Some(broken.to_owned()),
        }
        if let Some(scope) = &draft.scope {
            scope.deepest.fetch_max(record.depth, Ordering::SeqCst);
        }
        let mut calls = super::lock(&self.calls);
        if calls.len() >= CAPACITY {
            calls.pop_front();
        }
        calls.push_back((draft.scope.map(|scope| scope.id), record));
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A record being written.
pub(crate) struct Draft {
    record: Option<CallRecord>,
    scope: Option<Arc<Scope>>,
}

impl Draft {
    /// Whether anybody will read it.
    pub(crate) fn wanted(&self) -> bool {
        self.record.is_some()
    }

    pub(crate) fn touch(
        &mut self,
        table: &str,
        index: Option<&str>,
        action: &'static str,
        kind: Option<String>,
    ) {
        if let Some(record) = &mut self.record {
            record.parts.push(Part {
                table: table.to_owned(),
                index: index.map(str::to_owned),
                action,
                kind,
            });
        }
    }

    /// The kind of the partition that a query reads.
    pub(crate) fn queried(&mut self, kind: Option<String>) {
        if let Some(part) = self.record.as_mut().and_then(|record| record.parts.last_mut()) {
            part.kind = kind;
        }
    }

    pub(crate) fn units(&mut self, units: Units) {
        if let Some(record) = &mut self.record {
            record.units = units;
        }
    }
}
