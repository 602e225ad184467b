//! Moves events as Lambda's event source mappings do: takes a batch for a function, and settles it by the answer.
//!
//! Running the function is the business of whoever calls; see [`LocalAws::take`].

mod queue;
mod stream;

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::dynamodb::mapping_id;
use super::iam::Denied;
use super::store::{Message, Pending};
use super::template::{ACCOUNT, Event, Function, Queue, REGION, Schedule, StreamSource};
use super::{Inner, LocalAws};

/// Which batches are with a function right now.
#[derive(Debug, Default)]
pub(super) struct State {
    /// A stream has one shard here: one batch at a time, in order.
    busy: Mutex<HashMap<String, usize>>,
}

/// Work for a function.
#[derive(Debug)]
pub struct Batch {
    /// Logical id of the function.
    pub function: String,
    /// The event as Lambda gives it to the function.
    pub event: Value,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    Stream { mapping: String, source: StreamSource, records: Vec<Pending> },
    Queue { mapping: String, queue: Queue, report: bool, messages: Vec<Message> },
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Items that are done.
    pub done: usize,
    /// Items that will be tried again.
    pub again: usize,
    /// Items that were given up (with a note to the on-failure destination, or left to the dead-letter queue).
    pub given_up: usize,
}

/// A schedule that is due.
#[derive(Debug, Clone)]
pub struct Tick {
    /// Logical id of the function.
    pub function: String,
    /// The event as EventBridge gives it.
    pub event: Value,
}

impl LocalAws {
    /// Resolves once something may be ready to be taken, counted from this call on. What becomes visible by the
    /// clock alone is for the caller to look for.
    pub fn woken(&self) -> tokio::sync::futures::Notified<'_> {
        self.inner.wake.notified()
    }

    /// The next batch for any function, or `None` where nothing is ready.
    ///
    /// # Errors
    /// [`Denied`] where the function's role may not read its own source: in AWS the mapping would stand still.
    pub fn take(&self) -> Result<Option<Batch>, Denied> {
        for function in &self.inner.template.functions {
            if let Some(batch) = self.take_for(&function.logical)? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// The next batch for one function.
    ///
    /// # Errors
    /// As [`LocalAws::take`].
    pub fn take_for(&self, function: &str) -> Result<Option<Batch>, Denied> {
        let Some(function) = self.inner.template.function(function) else { return Ok(None) };
        for event in &function.events {
            let batch = match event {
                Event::Stream(source) => self.inner.take_records(function, source)?,
                Event::Queue(source) => self.inner.take_messages(function, source)?,
                Event::Http { .. } | Event::Schedule(_) => None,
            };
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }

    /// Settles a batch by what the function answered, or by its failure.
    pub fn settle(&self, batch: Batch, answer: Result<Value, String>) -> Settled {
        let settled = match batch.origin {
            Origin::Stream { mapping, source, records } => {
                let settled =
                    self.inner.settle_records(&batch.function, &mapping, &source, &records, &answer);
                self.inner.release(&mapping);
                settled
            }
            Origin::Queue { mapping, queue, report, messages } => {
                let settled = self.inner.settle_messages(&batch.function, &queue, report, &messages, &answer);
                self.inner.release(&mapping);
                settled
            }
        };
        self.inner.wake.notify_waiters();
        settled
    }

    /// Every schedule whose time has come, marked as ticked. The first look at a schedule only starts its time.
    pub fn due_ticks(&self) -> Vec<Tick> {
        let now = self.inner.now();
        let mut ticks = Vec::new();
        for (function, schedule) in self.schedules() {
            let id = mapping_id(&function.logical, &schedule.name);
            match self.inner.store.last_tick(&id) {
                Ok(Some(last)) if now - last >= schedule.every_seconds * 1000 => {}
                Ok(None) => {
                    let _ = self.inner.store.ticked(&id, now);
                    continue;
                }
                _ => continue,
            }
            if self.inner.store.ticked(&id, now).is_ok() {
                ticks.push(self.inner.tick(function, schedule));
            }
        }
        ticks
    }

    /// Every schedule once, whatever the time.
    pub fn all_ticks(&self) -> Vec<Tick> {
        self.schedules().map(|(function, schedule)| self.inner.tick(function, schedule)).collect()
    }

    fn schedules(&self) -> impl Iterator<Item = (&Function, &Schedule)> {
        self.inner.template.functions.iter().flat_map(|function| {
            function.events.iter().filter_map(move |event| match event {
                Event::Schedule(schedule) => Some((function, schedule)),
                _ => None,
            })
        })
    }
}

impl Inner {
    fn tick(&self, function: &Function, schedule: &Schedule) -> Tick {
        let event = match schedule.input.as_deref().and_then(|input| serde_json::from_str(input).ok()) {
            Some(input) => input,
            None => json!({
                "version": "0",
                "id": self.uuid(),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": ACCOUNT,
                "time": super::rfc3339(self.now()),
                "region": REGION,
                "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/local-{}{}", function.logical, schedule.name)],
                "detail": {},
            }),
        };
        Tick { function: function.logical.clone(), event }
    }

    fn occupy(&self, mapping: &str, limit: usize) -> bool {
        let mut busy = super::lock(&self.mover.busy);
        let count = busy.entry(mapping.to_owned()).or_default();
        if *count >= limit {
            return false;
        }
        *count += 1;
        true
    }

    fn release(&self, mapping: &str) {
        if let Some(count) = super::lock(&self.mover.busy).get_mut(mapping) {
            *count = count.saturating_sub(1);
        }
    }
}

fn failures(answer: &Value) -> impl Iterator<Item = &str> {
    let items = answer.get("batchItemFailures").and_then(Value::as_array).into_iter().flatten();
    items.map(|item| item["itemIdentifier"].as_str().unwrap_or_default())
}
