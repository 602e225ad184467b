//! Batches of a stream: in order, one at a time, halved and given up as the mapping says.

use serde_json::{Value, json};

use super::{Batch, Origin, Settled, failures};
use crate::aws::Inner;
use crate::aws::dynamodb::mapping_id;
use crate::aws::iam::{Caller, Context, Denied, STREAM_ACTIONS};
use crate::aws::sqs::md5_hex;
use crate::aws::store::{NewMessage, Pending};
use crate::aws::template::{ACCOUNT, Function, StreamSource};
use crate::aws::wire::Service;

/// A stream keeps records for a day.
const STREAM_RETENTION_SECONDS: i64 = 86_400;
/// Lambda waits between attempts on a stream batch; this is its shape, shortened.
const RETRY_BACKOFF_MS: [i64; 6] = [200, 500, 1_000, 2_000, 5_000, 10_000];

impl Inner {
    pub(super) fn take_records(
        &self,
        function: &Function,
        source: &StreamSource,
    ) -> Result<Option<Batch>, Denied> {
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
    pub(super) fn settle_records(
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
            "timestamp": crate::aws::rfc3339(self.now()),
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

/// The position of the first record that the function names; an unknown name fails the whole batch.
fn first_failure(answer: &Value, records: &[Pending]) -> Option<usize> {
    failures(answer)
        .map(|id| records.iter().position(|record| sequence_number(record.id) == id).unwrap_or(0))
        .min()
}
