//! Moves events as Lambda's event source mappings do: takes a batch for a function, and settles it by the answer.
//!
//! Running the function is the business of whoever calls; see [`LocalAws::take`].

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::dynamodb::mapping_id;
use super::iam::{Caller, Context, Denied, QUEUE_ACTIONS, STREAM_ACTIONS};
use super::sqs::md5_hex;
use super::store::{Message, NewMessage, Pending};
use super::template::{ACCOUNT, Event, Function, Queue, QueueSource, REGION, Schedule, StreamSource};
use super::wire::{Request, Service};
use super::{Inner, LocalAws};

/// A stream keeps records for a day.
const STREAM_RETENTION_SECONDS: i64 = 86_400;
/// Lambda waits between attempts on a stream batch; this is its shape, shortened.
const RETRY_BACKOFF_MS: [i64; 6] = [200, 500, 1_000, 2_000, 5_000, 10_000];

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

    // --- streams --------------------------------------------------------------------------------------------------

    fn take_records(&self, function: &Function, source: &StreamSource) -> Result<Option<Batch>, Denied> {
        let mapping = mapping_id(&function.logical, &source.name);
        if !self.occupy(&mapping, 1) {
            return Ok(None);
        }
        let records = self.store.next_records(&mapping, source.batch_size, self.now()).unwrap_or_default();
        let allowed = if records.is_empty() { Ok(()) } else { self.may_read_stream(function, source) };
        if records.is_empty() || allowed.is_err() {
            self.release(&mapping);
            return allowed.map(|()| None);
        }
        let event = json!({ "Records": records.iter().map(stream_record).collect::<Vec<_>>() });
        let origin = Origin::Stream { mapping, source: source.clone(), records };
        Ok(Some(Batch { function: function.logical.clone(), event, origin }))
    }

    fn may_read_stream(&self, function: &Function, source: &StreamSource) -> Result<(), Denied> {
        let caller = Caller::Role(function.logical.as_str().into());
        for action in STREAM_ACTIONS {
            self.iam.authorize(&caller, action, &source.arn, &Context::new())?;
        }
        let table = self.template.tables.iter().find(|table| table.stream_arn() == source.arn);
        if let Some(table) = table
            && let Some(key) = &table.key
        {
            let pairs =
                [("aws:dynamodb:tableName", table.name.as_str()), ("aws:dynamodb:subscriberId", ACCOUNT)];
            self.via_key(&caller, Service::DynamoDb, key, &["kms:Decrypt"], &pairs)?;
        }
        Ok(())
    }

    /// Everything before the first failure is done; the rest is tried again, in halves where the mapping says so.
    fn settle_records(
        &self,
        function: &str,
        mapping: &str,
        source: &StreamSource,
        records: &[Pending],
        answer: &Result<Value, String>,
    ) -> Settled {
        let failed_from = match answer {
            Err(_) => Some(0),
            Ok(answer) if source.report_failures => first_failure(answer, records),
            Ok(_) => None,
        };
        let (done, failed) = records.split_at(failed_from.unwrap_or(records.len()));
        let ids = |records: &[Pending]| records.iter().map(|record| record.id).collect::<Vec<_>>();
        let mut settled = Settled { done: done.len(), ..Settled::default() };
        let _ = self.store.discard(&ids(done));
        let Some(first) = failed.first() else { return settled };
        let now = self.now();
        let max_age = source.max_age_seconds.unwrap_or(STREAM_RETENTION_SECONDS) * 1000;
        let attempts = first.attempts + 1;
        let exhausted = source.max_retries.is_some_and(|retries| attempts > retries);
        if exhausted || now - first.at > max_age {
            self.give_up(function, mapping, source, failed);
            let _ = self.store.discard(&ids(failed));
            settled.given_up = failed.len();
            return settled;
        }
        let step = usize::try_from(attempts - 1).unwrap_or(usize::MAX).min(RETRY_BACKOFF_MS.len() - 1);
        let due = now + RETRY_BACKOFF_MS[step];
        // Lambda halves a batch that failed as a whole; where the function named the failure, that is the cut.
        let halve = source.bisect && failed.len() > 1 && done.is_empty();
        let cut = if halve { failed.len() / 2 } else { failed.len() };
        let (left, right) = failed.split_at(cut);
        let _ = self.store.retry(&ids(left), attempts, due, left[0].id);
        if let Some(head) = right.first() {
            let _ = self.store.retry(&ids(right), attempts, due, head.id);
        }
        settled.again = failed.len();
        settled
    }

    /// Lambda's note about a batch that failed for good: positions in the stream, no content.
    fn give_up(&self, function: &str, mapping: &str, source: &StreamSource, records: &[Pending]) {
        tracing::warn!(mapping, records = records.len(), "stream records were given up");
        let Some(target) = &source.on_failure else { return };
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
        let note = json!({
            "version": "1.0",
            "timestamp": super::rfc3339(self.now()),
            "requestContext": {
                "requestId": self.uuid(),
                "functionArn": self.template.function(function).map(|function| function.arn.as_str()),
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": first.attempts + 1,
            },
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000000000000000000-00000000",
                "startSequenceNumber": sequence_number(first.id),
                "endSequenceNumber": sequence_number(last.id),
                "batchSize": records.len(),
                "streamArn": source.arn,
            },
        });
        let caller = Caller::Role(function.into());
        let Some(queue) = self.template.queue(target) else { return };
        let allowed =
            self.iam.authorize(&caller, "sqs:SendMessage", &queue.arn, &Context::new()).and_then(|()| {
                let Some(key) = &queue.key else { return Ok(()) };
                let pairs = [("aws:sqs:arn", queue.arn.as_str())];
                self.via_key(&caller, Service::Sqs, key, &["kms:GenerateDataKey", "kms:Decrypt"], &pairs)
            });
        match allowed {
            Ok(()) => {
                let new = NewMessage {
                    message_id: &self.uuid(),
                    body: &note.to_string(),
                    attributes: "{}",
                    delay_seconds: None,
                };
                let _ = self.store.send(queue, &new, self.now());
            }
            Err(denied) => tracing::error!(%denied, "the on-failure destination refused the note"),
        }
    }

    // --- queues ---------------------------------------------------------------------------------------------------

    fn take_messages(&self, function: &Function, source: &QueueSource) -> Result<Option<Batch>, Denied> {
        let Some(queue) = self.template.queue(&source.arn) else { return Ok(None) };
        let mapping = mapping_id(&function.logical, &source.name);
        let limit = source.max_concurrency.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(5);
        if !self.occupy(&mapping, limit) {
            return Ok(None);
        }
        let depth = self.store.depth(queue, self.now()).unwrap_or_default();
        if depth.visible == 0 {
            self.release(&mapping);
            return Ok(None);
        }
        if let Err(denied) = self.may_read_queue(function, queue) {
            self.release(&mapping);
            return Err(denied);
        }
        let messages = self.receive(queue, source.batch_size, queue.visibility_seconds).unwrap_or_default();
        if messages.is_empty() {
            self.release(&mapping);
            return Ok(None);
        }
        self.note(function, "ReceiveMessage");
        let event = json!({ "Records": messages.iter().map(|message| queue_record(queue, message)).collect::<Vec<_>>() });
        let origin =
            Origin::Queue { mapping, queue: queue.clone(), report: source.report_failures, messages };
        Ok(Some(Batch { function: function.logical.clone(), event, origin }))
    }

    fn may_read_queue(&self, function: &Function, queue: &Queue) -> Result<(), Denied> {
        let caller = Caller::Role(function.logical.as_str().into());
        for action in QUEUE_ACTIONS {
            self.iam.authorize(&caller, action, &queue.arn, &Context::new())?;
        }
        match &queue.key {
            Some(key) => {
                self.via_key(&caller, Service::Sqs, key, &["kms:Decrypt"], &[("aws:sqs:arn", &queue.arn)])
            }
            None => Ok(()),
        }
    }

    /// Done messages are deleted; failed ones stay hidden until their visibility timeout is over.
    fn settle_messages(
        &self,
        function: &str,
        queue: &Queue,
        report: bool,
        messages: &[Message],
        answer: &Result<Value, String>,
    ) -> Settled {
        let failed: Vec<&str> = match answer {
            Err(_) => messages.iter().map(|message| message.message_id.as_str()).collect(),
            Ok(answer) if report => failures(answer).collect(),
            Ok(_) => Vec::new(),
        };
        // As Lambda does: an identifier that is not of this batch, or is empty, fails the batch as a whole.
        let known = |id: &&str| messages.iter().any(|message| message.message_id == *id);
        let whole = !failed.iter().all(known);
        let done: Vec<&str> = messages
            .iter()
            .filter(|message| !whole && !failed.contains(&message.message_id.as_str()))
            .map(|message| message.receipt.as_str())
            .collect();
        if !done.is_empty() {
            let _ = self.store.delete(queue, &done);
            if let Some(function) = self.template.function(function) {
                self.note(function, "DeleteMessageBatch");
            }
        }
        Settled { done: done.len(), again: messages.len() - done.len(), given_up: 0 }
    }

    /// Lambda's own calls to SQS are paid for like any other.
    fn note(&self, function: &Function, operation: &str) {
        let caller = Caller::Role(function.logical.as_str().into());
        let request =
            Request { service: Service::Sqs, operation: operation.to_owned(), body: bytes::Bytes::new() };
        let draft = self.recorder.start(&caller, &request);
        self.recorder.finish(draft, Ok(&super::wire::Answer::json(Service::Sqs, "")));
    }
}

fn sequence_number(id: i64) -> String {
    format!("{id:021}")
}

fn stream_record(pending: &Pending) -> Value {
    let mut record: Value = serde_json::from_str(&pending.record).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut record {
        members.insert("eventID".to_owned(), json!(md5_hex(&sequence_number(pending.id))));
        if let Some(dynamodb) = members.get_mut("dynamodb") {
            dynamodb["SequenceNumber"] = json!(sequence_number(pending.id));
        }
    }
    record
}

fn queue_record(queue: &Queue, message: &Message) -> Value {
    let attributes: Value = serde_json::from_str(&message.attributes).unwrap_or_else(|_| json!({}));
    let attributes: serde_json::Map<String, Value> = attributes
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = json!({
                "stringValue": value["StringValue"],
                "binaryValue": value["BinaryValue"],
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            });
            (name.clone(), value)
        })
        .collect();
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": message.sent.to_string(),
            "SenderId": ACCOUNT,
            "ApproximateFirstReceiveTimestamp": message.first_receive.to_string(),
        },
        "messageAttributes": attributes,
        "md5OfBody": md5_hex(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": REGION,
    })
}

fn failures(answer: &Value) -> impl Iterator<Item = &str> {
    let items = answer.get("batchItemFailures").and_then(Value::as_array).into_iter().flatten();
    items.map(|item| item["itemIdentifier"].as_str().unwrap_or_default())
}

/// The position of the first record that the function names; an unknown name fails the whole batch.
fn first_failure(answer: &Value, records: &[Pending]) -> Option<usize> {
    failures(answer)
        .map(|id| records.iter().position(|record| sequence_number(record.id) == id).unwrap_or(0))
        .min()
}
