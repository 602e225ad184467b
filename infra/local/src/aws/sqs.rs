//! SQS standard queues: delays, visibility timeouts, dead-letter queues.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Inner;
use super::iam::{Caller, Context};
use super::store::{Message, NewMessage};
use super::template::{ACCOUNT, Queue, text};
use super::wire::{Answer, AwsError, Request, Service};

const LIMIT_BYTES: usize = 256 * 1024;
const BATCH: usize = 10;

pub(crate) async fn handle(inner: &Inner, caller: &Caller, request: &Request) -> Result<Answer, AwsError> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| AwsError::sender("SerializationException", "the body is not JSON"))?;
    let call = Call { inner, caller, body: &body };
    let answer = match request.operation.as_str() {
        "SendMessage" => call.send()?,
        "SendMessageBatch" => call.send_batch()?,
        "ReceiveMessage" => call.receive().await?,
        "DeleteMessage" => call.delete()?,
        "DeleteMessageBatch" => call.delete_batch()?,
        "ChangeMessageVisibility" => call.change_visibility()?,
        "ChangeMessageVisibilityBatch" => call.change_visibility_batch()?,
        "GetQueueAttributes" => call.attributes()?,
        "GetQueueUrl" => call.url()?,
        "ListQueues" => call.list()?,
        "PurgeQueue" => call.purge()?,
        other => return Err(AwsError::unknown_operation(Service::Sqs, other)),
    };
    Ok(Answer::json(Service::Sqs, answer.to_string()))
}

struct Call<'a> {
    inner: &'a Inner,
    caller: &'a Caller,
    body: &'a Value,
}

impl<'a> Call<'a> {
    /// The queue of `QueueUrl`, where the caller may do `action` on it.
    fn queue(&self, action: &str) -> Result<&'a Queue, AwsError> {
        let url = text(self.body, "QueueUrl").unwrap_or_default();
        // Any host will do: the URL that the template gives names AWS's, the wire port has its own.
        let name = url.rsplit('/').next().unwrap_or_default();
        let queue = self.inner.template.queue(name).ok_or_else(no_queue)?;
        self.inner
            .iam
            .authorize(self.caller, action, &queue.arn, &Context::new())
            .map_err(|denied| AwsError::denied(Service::Sqs, &denied))?;
        Ok(queue)
    }

    fn key(&self, queue: &Queue, actions: &[&str]) -> Result<(), AwsError> {
        let Some(key) = &queue.key else { return Ok(()) };
        self.inner
            .via_key(self.caller, Service::Sqs, key, actions, &[("aws:sqs:arn", &queue.arn)])
            .map_err(|denied| AwsError::sender("KmsAccessDenied", denied.to_string()))
    }

    fn send(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:SendMessage")?;
        self.key(queue, &["kms:GenerateDataKey", "kms:Decrypt"])?;
        self.send_one(queue, self.body)
    }

    fn send_one(&self, queue: &Queue, entry: &Value) -> Result<Value, AwsError> {
        let body = text(entry, "MessageBody").unwrap_or_default();
        if body.is_empty() || body.len() > LIMIT_BYTES {
            return Err(AwsError::sender(
                "InvalidParameterValue",
                "One or more parameters are invalid. Reason: Message must be from 1 byte to 256 KiB.",
            ));
        }
        let delay_seconds = entry.get("DelaySeconds").and_then(Value::as_i64);
        if delay_seconds.is_some_and(|delay| !(0..=900).contains(&delay)) {
            return Err(AwsError::sender(
                "InvalidParameterValue",
                "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
            ));
        }
        let attributes = entry.get("MessageAttributes").cloned().unwrap_or_else(|| json!({})).to_string();
        let message_id = self.inner.uuid();
        let new = NewMessage { message_id: &message_id, body: &body, attributes: &attributes, delay_seconds };
        self.inner.store.send(queue, &new, self.inner.now()).map_err(AwsError::internal)?;
        self.inner.wake.notify_waiters();
        Ok(json!({ "MessageId": message_id, "MD5OfMessageBody": md5_hex(&body) }))
    }

    fn send_batch(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:SendMessage")?;
        self.key(queue, &["kms:GenerateDataKey", "kms:Decrypt"])?;
        self.batch(|entry| self.send_one(queue, entry))
    }

    /// Runs each entry of a batch; one failure does not stop the others.
    fn batch(&self, mut run: impl FnMut(&Value) -> Result<Value, AwsError>) -> Result<Value, AwsError> {
        let entries =
            self.body.get("Entries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if entries.is_empty() {
            return Err(AwsError::sender(
                "AWS.SimpleQueueService.EmptyBatchRequest",
                "There should be at least one entry in the request.",
            ));
        }
        if entries.len() > BATCH {
            return Err(AwsError::sender(
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                "Maximum number of entries per request are 10.",
            ));
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            let id = text(entry, "Id").unwrap_or_default();
            match run(entry) {
                Ok(mut done) => {
                    done["Id"] = Value::String(id);
                    successful.push(done);
                }
                Err(error) => {
                    failed.push(json!({ "Id": id, "SenderFault": true, "Code": error.code, "Message": error.message }));
                }
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    async fn receive(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:ReceiveMessage")?;
        self.key(queue, &["kms:Decrypt"])?;
        let limit = self.body.get("MaxNumberOfMessages").and_then(Value::as_u64).unwrap_or(1);
        let limit = usize::try_from(limit).unwrap_or(BATCH).clamp(1, BATCH);
        let visibility =
            self.body.get("VisibilityTimeout").and_then(Value::as_i64).unwrap_or(queue.visibility_seconds);
        let wait = self.body.get("WaitTimeSeconds").and_then(Value::as_u64).unwrap_or(0).min(20);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(wait);
        loop {
            let messages = self.inner.receive(queue, limit, visibility).map_err(AwsError::internal)?;
            if !messages.is_empty() || tokio::time::Instant::now() >= deadline {
                let messages: Vec<Value> = messages.iter().map(received).collect();
                return Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn delete(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:DeleteMessage")?;
        let receipt = text(self.body, "ReceiptHandle").unwrap_or_default();
        self.inner.store.delete(queue, &[&receipt]).map_err(AwsError::internal)?;
        Ok(json!({}))
    }

    fn delete_batch(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:DeleteMessage")?;
        self.batch(|entry| {
            let receipt = text(entry, "ReceiptHandle").unwrap_or_default();
            self.inner.store.delete(queue, &[&receipt]).map_err(AwsError::internal)?;
            Ok(json!({}))
        })
    }

    fn change_visibility(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:ChangeMessageVisibility")?;
        self.change_one(queue, self.body)
    }

    fn change_visibility_batch(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:ChangeMessageVisibility")?;
        self.batch(|entry| self.change_one(queue, entry))
    }

    fn change_one(&self, queue: &Queue, entry: &Value) -> Result<Value, AwsError> {
        let receipt = text(entry, "ReceiptHandle").unwrap_or_default();
        let seconds = entry.get("VisibilityTimeout").and_then(Value::as_i64).unwrap_or(-1);
        if !(0..=43_200).contains(&seconds) {
            return Err(AwsError::sender(
                "InvalidParameterValue",
                "VisibilityTimeout must be between 0 and 43200",
            ));
        }
        let changed = self
            .inner
            .store
            .change_visibility(queue, &receipt, seconds, self.inner.now())
            .map_err(AwsError::internal)?;
        if changed {
            Ok(json!({}))
        } else {
            Err(AwsError::sender(
                "ReceiptHandleIsInvalid",
                "The receipt handle is not of a message in flight.",
            ))
        }
    }

    fn attributes(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:GetQueueAttributes")?;
        let depth = self.inner.store.depth(queue, self.inner.now()).map_err(AwsError::internal)?;
        let mut attributes = Map::new();
        let mut add = |name: &str, value: String| attributes.insert(name.to_owned(), Value::String(value));
        add("QueueArn", queue.arn.clone());
        add("ApproximateNumberOfMessages", depth.visible.to_string());
        add("ApproximateNumberOfMessagesNotVisible", depth.in_flight.to_string());
        add("ApproximateNumberOfMessagesDelayed", depth.delayed.to_string());
        add("DelaySeconds", queue.delay_seconds.to_string());
        add("VisibilityTimeout", queue.visibility_seconds.to_string());
        add("MessageRetentionPeriod", queue.retention_seconds.to_string());
        if let Some(redrive) = &queue.redrive {
            let policy =
                json!({ "deadLetterTargetArn": redrive.queue, "maxReceiveCount": redrive.max_receives });
            add("RedrivePolicy", policy.to_string());
        }
        if let Some(key) = &queue.key {
            add("KmsMasterKeyId", key.clone());
        }
        let wanted = super::template::texts(self.body.get("AttributeNames"));
        if !wanted.iter().any(|name| name == "All") {
            attributes.retain(|name, _| wanted.contains(name));
        }
        Ok(json!({ "Attributes": attributes }))
    }

    fn url(&self) -> Result<Value, AwsError> {
        let name = text(self.body, "QueueName").unwrap_or_default();
        let queue = self.inner.template.queue(&name).ok_or_else(no_queue)?;
        self.inner
            .iam
            .authorize(self.caller, "sqs:GetQueueUrl", &queue.arn, &Context::new())
            .map_err(|denied| AwsError::denied(Service::Sqs, &denied))?;
        Ok(json!({ "QueueUrl": queue.url }))
    }

    fn list(&self) -> Result<Value, AwsError> {
        self.inner
            .iam
            .authorize(
                self.caller,
                "sqs:ListQueues",
                &format!("arn:aws:sqs:us-east-1:{ACCOUNT}:*"),
                &Context::new(),
            )
            .map_err(|denied| AwsError::denied(Service::Sqs, &denied))?;
        let urls: Vec<&str> = self.inner.template.queues.iter().map(|queue| queue.url.as_str()).collect();
        Ok(json!({ "QueueUrls": urls }))
    }

    fn purge(&self) -> Result<Value, AwsError> {
        let queue = self.queue("sqs:PurgeQueue")?;
        self.inner.store.purge(queue).map_err(AwsError::internal)?;
        Ok(json!({}))
    }
}

fn received(message: &Message) -> Value {
    let attributes: Value = serde_json::from_str(&message.attributes).unwrap_or_else(|_| json!({}));
    let mut received = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5_hex(&message.body),
        "Body": message.body,
        "Attributes": {
            "SentTimestamp": message.sent.to_string(),
            "ApproximateReceiveCount": message.receives.to_string(),
            "ApproximateFirstReceiveTimestamp": message.first_receive.to_string(),
            "SenderId": ACCOUNT,
        },
    });
    if attributes.as_object().is_some_and(|map| !map.is_empty()) {
        received["MessageAttributes"] = attributes;
    }
    received
}

pub(crate) fn md5_hex(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

fn no_queue() -> AwsError {
    AwsError::sender("QueueDoesNotExist", "The specified queue does not exist.")
}
