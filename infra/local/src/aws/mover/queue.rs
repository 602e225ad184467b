//! Batches of a queue: side by side, what failed comes back after its visibility timeout.

use serde_json::{Value, json};

use super::{Batch, Origin, Settled, failures};
use crate::aws::Inner;
use crate::aws::dynamodb::mapping_id;
use crate::aws::iam::{Caller, Context, Denied, QUEUE_ACTIONS};
use crate::aws::sqs::md5_hex;
use crate::aws::store::Message;
use crate::aws::template::{ACCOUNT, Function, Queue, QueueSource, REGION};
use crate::aws::wire::{Answer, Request, Service};

impl Inner {
    pub(super) fn take_messages(
        &self,
        function: &Function,
        source: &QueueSource,
    ) -> Result<Option<Batch>, Denied> {
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
    pub(super) fn settle_messages(
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
        let request = Request::new(Service::Sqs, operation, bytes::Bytes::new());
        let draft = self.recorder.start(&caller, &request);
        self.recorder.finish(draft, Ok(&Answer::json(Service::Sqs, "")));
    }
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
