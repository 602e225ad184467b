//! SNS: publishing to a topic reaches its queues, publishing to a phone number the outbox.

use serde_json::{Map, Value, json};

use super::Inner;
use super::iam::{Caller, Context};
use super::outbox::{Channel, Outgoing, provider_id};
use super::pattern;
use super::query::Parameters;
use super::store::NewMessage;
use super::template::{Subscription, Topic};
use super::wire::{Answer, AwsError, Request, Service};

/// SNS and SQS refuse larger messages.
const LIMIT_BYTES: usize = 256 * 1024;
/// SNS splits an SMS into parts up to this length and refuses the rest.
const SMS_LIMIT_BYTES: usize = 1600;

pub(crate) fn handle(inner: &Inner, caller: &Caller, request: &Request) -> Result<Answer, AwsError> {
    let parameters = Parameters::read(&request.body);
    match request.operation.as_str() {
        "Publish" => match parameters.get("PhoneNumber") {
            Some(phone) => send_sms(inner, caller, phone, &parameters),
            None => {
                let arn =
                    parameters.get("TopicArn").or_else(|| parameters.get("TargetArn")).unwrap_or_default();
                let topic = allowed_topic(inner, caller, arn)?;
                let id = publish(inner, topic, &parameters, "")?;
                Ok(Answer::query(Service::Sns, "Publish", &inner.uuid(), &[("MessageId", &id)]))
            }
        },
        "PublishBatch" => publish_batch(inner, caller, &parameters),
        other => Err(AwsError::unknown_operation(Service::Sns, other)),
    }
}

fn allowed_topic<'a>(inner: &'a Inner, caller: &Caller, arn: &str) -> Result<&'a Topic, AwsError> {
    inner
        .iam
        .authorize(caller, "sns:Publish", arn, &Context::new())
        .map_err(|denied| AwsError::denied(Service::Sns, &denied))?;
    let topic =
        inner.template.topics.iter().find(|topic| topic.arn == arn).ok_or_else(|| AwsError {
            status: 404,
            ..AwsError::sender("NotFound", "Topic does not exist")
        })?;
    if let Some(key) = &topic.key {
        inner
            .via_key(
                caller,
                Service::Sns,
                key,
                &["kms:GenerateDataKey", "kms:Decrypt"],
                &[("aws:sns:topicArn", arn)],
            )
            .map_err(|denied| AwsError::sender("KMSAccessDenied", denied.to_string()))?;
    }
    Ok(topic)
}

/// Publishes the message whose parameters start with `prefix`.
fn publish(inner: &Inner, topic: &Topic, parameters: &Parameters, prefix: &str) -> Result<String, AwsError> {
    let message = parameters.required(&format!("{prefix}Message"))?;
    if message.is_empty() || message.len() > LIMIT_BYTES {
        return Err(AwsError::sender("InvalidParameter", "Invalid parameter: Message too long or empty"));
    }
    let attributes = attributes(parameters, &format!("{prefix}MessageAttributes.entry"));
    deliver(inner, topic, message, &attributes, parameters.get(&format!("{prefix}Subject")))
}

/// Hands a message to every subscription of the topic whose filter it passes.
pub(crate) fn deliver(
    inner: &Inner,
    topic: &Topic,
    message: &str,
    attributes: &Map<String, Value>,
    subject: Option<&str>,
) -> Result<String, AwsError> {
    let message_id = inner.uuid();
    for subscription in
        inner.template.subscriptions.iter().filter(|subscription| subscription.topic == topic.arn)
    {
        let Some(queue) = inner.template.queue(&subscription.queue) else { continue };
        if !passes(subscription, attributes) {
            continue;
        }
        let (body, attributes) = if subscription.raw {
            (message.to_owned(), Value::Object(attributes.clone()).to_string())
        } else {
            let mut envelope = json!({
                "Type": "Notification",
                "MessageId": message_id,
                "TopicArn": topic.arn,
                "Message": message,
                "Timestamp": super::rfc3339(inner.now()),
            });
            if let Some(subject) = subject {
                envelope["Subject"] = Value::String(subject.to_owned());
            }
            (envelope.to_string(), "{}".to_owned())
        };
        let new = NewMessage {
            message_id: &inner.uuid(),
            body: &body,
            attributes: &attributes,
            delay_seconds: None,
        };
        inner.store.send(queue, &new, inner.now()).map_err(AwsError::internal)?;
    }
    inner.wake.notify_waiters();
    Ok(message_id)
}

fn publish_batch(inner: &Inner, caller: &Caller, parameters: &Parameters) -> Result<Answer, AwsError> {
    let topic = allowed_topic(inner, caller, parameters.required("TopicArn")?)?;
    let mut sent = String::new();
    let entries: Vec<String> = parameters.items("PublishBatchRequestEntries.member").collect();
    if entries.is_empty() || entries.len() > 10 {
        return Err(AwsError::sender("TooManyEntriesInBatchRequest", "1 to 10 entries"));
    }
    for entry in entries {
        let id = parameters.required(&format!("{entry}.Id"))?;
        let message_id = publish(inner, topic, parameters, &format!("{entry}."))?;
        sent.push_str(&format!(
            "<member><Id>{}</Id><MessageId>{message_id}</MessageId></member>",
            super::wire::escape(id)
        ));
    }
    let body = format!(
        "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Failed/>\
         <Successful>{sent}</Successful></PublishBatchResult><ResponseMetadata><RequestId>{}</RequestId>\
         </ResponseMetadata></PublishBatchResponse>",
        inner.uuid()
    );
    Ok(Answer { status: 200, content_type: "text/xml", body: body.into(), error: None })
}

fn send_sms(
    inner: &Inner,
    caller: &Caller,
    phone: &str,
    parameters: &Parameters,
) -> Result<Answer, AwsError> {
    inner
        .iam
        .authorize(caller, "sns:Publish", phone, &Context::new())
        .map_err(|denied| AwsError::denied(Service::Sns, &denied))?;
    let digits = phone.strip_prefix('+').unwrap_or_default();
    if digits.len() < 8 || digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AwsError::sender(
            "InvalidParameter",
            "Invalid parameter: PhoneNumber Reason: not valid to publish to",
        ));
    }
    let message = parameters.required("Message")?;
    if message.is_empty() || message.len() > SMS_LIMIT_BYTES {
        return Err(AwsError::sender("InvalidParameter", "Invalid parameter: Message too long or empty"));
    }
    let attributes = attributes(parameters, "MessageAttributes.entry");
    let sender = attributes.get("AWS.SNS.SMS.SenderID").and_then(|value| value["StringValue"].as_str());
    let outgoing = Outgoing {
        channel: Channel::Sms,
        from: sender.unwrap_or("SMS").to_owned(),
        to: phone.to_owned(),
        subject: None,
        text: message.to_owned(),
        html: None,
        at: inner.now(),
    };
    let id = inner.outbox.push(&outgoing).map_err(AwsError::internal)?;
    Ok(Answer::query(Service::Sns, "Publish", &inner.uuid(), &[("MessageId", &provider_id(&id))]))
}

/// Message attributes as the JSON that SQS gives them: `{"<name>":{"DataType","StringValue"}}`.
fn attributes(parameters: &Parameters, prefix: &str) -> Map<String, Value> {
    let mut attributes = Map::new();
    for entry in parameters.items(prefix) {
        let Some(name) = parameters.get(&format!("{entry}.Name")) else { continue };
        let mut value = Map::new();
        for member in ["DataType", "StringValue", "BinaryValue"] {
            if let Some(text) = parameters.get(&format!("{entry}.Value.{member}")) {
                value.insert(member.to_owned(), Value::String(text.to_owned()));
            }
        }
        attributes.insert(name.to_owned(), Value::Object(value));
    }
    attributes
}

fn passes(subscription: &Subscription, attributes: &Map<String, Value>) -> bool {
    let Some(Value::Object(policy)) = &subscription.filter else { return true };
    policy.iter().all(|(name, wanted)| {
        let value = attributes.get(name).map(|attribute| {
            let text = &attribute["StringValue"];
            match attribute["DataType"].as_str() {
                Some("String.Array" | "Number") => {
                    text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
                }
                _ => text.clone(),
            }
        });
        wanted.as_array().is_some_and(|alternatives| pattern::any(alternatives, value.as_ref()))
    })
}
