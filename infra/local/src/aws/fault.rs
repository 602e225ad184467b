//! Faults on purpose: the n-th call, every call, or calls by chance, to a service, operation and caller.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::iam::Caller;
use super::random::Seeded;
use super::wire::{Request, Service};

/// What goes wrong.
#[derive(Clone)]
pub enum Fault {
    /// The service refuses for now: a throttling error.
    Throttle,
    /// The service fails: HTTP 500, nothing done.
    InternalError,
    /// No answer ever comes; nothing done.
    Timeout,
    /// The connection breaks before the service sees the request.
    RequestLost,
    /// The service does the work, and the connection breaks before the answer.
    ResponseLost,
    /// The transaction is cancelled by another one; nothing done.
    TransactionConflict,
    /// The service does the work, then this runs (to end the process, say), then the answer is lost.
    CrashAfter(Arc<dyn Fn() + Send + Sync>),
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Throttle => "Throttle",
            Self::InternalError => "InternalError",
            Self::Timeout => "Timeout",
            Self::RequestLost => "RequestLost",
            Self::ResponseLost => "ResponseLost",
            Self::TransactionConflict => "TransactionConflict",
            Self::CrashAfter(_) => "CrashAfter",
        })
    }
}

/// Which of the matching calls fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// Only the n-th, counted from 1.
    Nth(u64),
    /// Every one.
    Always,
    /// Each with this probability.
    Chance(f64),
}

/// One rule of a plan. Members that are `None` match everything.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which service.
    pub service: Option<Service>,
    /// Which operation, as `PutItem`.
    pub operation: Option<String>,
    /// Which caller, by logical id or `admin`.
    pub caller: Option<String>,
    /// Which of these calls.
    pub when: When,
    /// What happens.
    pub fault: Fault,
}

impl Rule {
    /// A rule for every operation of every service and caller.
    pub fn new(when: When, fault: Fault) -> Self {
        Self { service: None, operation: None, caller: None, when, fault }
    }

    /// Narrows to one operation of one service.
    #[must_use]
    pub fn on(mut self, service: Service, operation: &str) -> Self {
        self.service = Some(service);
        self.operation = Some(operation.to_owned());
        self
    }

    /// Narrows to one caller.
    #[must_use]
    pub fn by(mut self, caller: &str) -> Self {
        self.caller = Some(caller.to_owned());
        self
    }

    fn matches(&self, caller: &Caller, request: &Request) -> bool {
        self.service.is_none_or(|service| service == request.service)
            && self.operation.as_ref().is_none_or(|operation| *operation == request.operation)
            && self.caller.as_ref().is_none_or(|wanted| *wanted == caller.to_string())
    }
}

/// Rules in order; the first that strikes decides.
#[derive(Debug)]
pub struct FaultPlan {
    rules: Vec<(Rule, AtomicU64)>,
    random: Seeded,
}

impl FaultPlan {
    /// A plan whose chances are drawn from `seed`.
    pub fn new(seed: u64, rules: Vec<Rule>) -> Self {
        Self {
            rules: rules.into_iter().map(|rule| (rule, AtomicU64::new(0))).collect(),
            random: Seeded::new(seed),
        }
    }

    fn strike(&self, caller: &Caller, request: &Request) -> Option<Fault> {
        let mut struck = None;
        for (rule, count) in &self.rules {
            if !rule.matches(caller, request) {
                continue;
            }
            let nth = count.fetch_add(1, Ordering::SeqCst) + 1;
            let strikes = match rule.when {
                When::Nth(wanted) => nth == wanted,
                When::Always => true,
                When::Chance(probability) => self.random.unit() < probability,
            };
            if strikes && struck.is_none() {
                struck = Some(rule.fault.clone());
            }
        }
        struck
    }
}

/// The plan in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Option<Arc<FaultPlan>>>);

impl Faults {
    pub(crate) fn set(&self, plan: Option<FaultPlan>) {
        *super::lock(&self.0) = plan.map(Arc::new);
    }

    pub(crate) fn strike(&self, caller: &Caller, request: &Request) -> Option<Fault> {
        let plan = super::lock(&self.0).clone()?;
        plan.strike(caller, request)
    }
}
