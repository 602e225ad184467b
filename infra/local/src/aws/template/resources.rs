//! Tables, keys, topics, subscriptions and queues as the template declares them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resolve::{Resolver, key_id};
use super::{ACCOUNT, REGION, Template, TemplateError, flag, number, text, texts};
use crate::aws::iam::Statement;

/// `AWS::DynamoDB::Table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Logical id.
    pub logical: String,
    /// Physical name.
    pub name: String,
    /// Table ARN.
    pub arn: String,
    /// Attribute names: hash and, where there is one, range key.
    pub keys: Vec<String>,
    /// Key attribute types (`S`, `N`, `B`) of the table and its indexes.
    pub attributes: BTreeMap<String, String>,
    /// Global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that expires items.
    pub ttl: Option<String>,
    /// `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`.
    pub stream: Option<String>,
    /// Id of the customer key that encrypts the table.
    pub key: Option<String>,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Index name.
    pub name: String,
    /// Attribute names: hash and, where there is one, range key.
    pub keys: Vec<String>,
    /// What it copies.
    pub projection: Projection,
}

/// What an index copies besides the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projection {
    /// Every attribute.
    All,
    /// Keys only.
    Keys,
    /// Keys and these attributes.
    Include(Vec<String>),
}

/// `AWS::KMS::Key`.
#[derive(Debug, Clone)]
pub struct Key {
    /// Logical id.
    pub logical: String,
    /// Key id.
    pub id: String,
    /// Key ARN.
    pub arn: String,
    /// `SYMMETRIC_DEFAULT` or `ECC_NIST_P256`.
    pub spec: String,
    /// The key policy.
    pub policy: Vec<Statement>,
}

/// `AWS::SNS::Topic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Logical id.
    pub logical: String,
    /// Physical name.
    pub name: String,
    /// Topic ARN.
    pub arn: String,
    /// Id of the customer key that encrypts the topic.
    pub key: Option<String>,
}

/// A topic's subscription by a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Logical id.
    pub logical: String,
    /// Topic ARN.
    pub topic: String,
    /// Queue ARN.
    pub queue: String,
    /// Whether the queue gets the message alone, without SNS's envelope.
    pub raw: bool,
    /// `FilterPolicy`, on message attributes.
    pub filter: Option<Value>,
}

/// `AWS::SQS::Queue`.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Logical id.
    pub logical: String,
    /// Physical name.
    pub name: String,
    /// Queue ARN.
    pub arn: String,
    /// Queue URL.
    pub url: String,
    /// Seconds that a new message stays hidden.
    pub delay_seconds: i64,
    /// Seconds that a received message stays hidden.
    pub visibility_seconds: i64,
    /// Seconds after which a message is dropped.
    pub retention_seconds: i64,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
    /// Id of the customer key that encrypts the queue.
    pub key: Option<String>,
    /// Statements of the queue's `AWS::SQS::QueuePolicy`.
    pub policy: Vec<Statement>,
}

/// `AWS::S3::Bucket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Logical id.
    pub logical: String,
    /// Physical name.
    pub name: String,
    /// Bucket ARN.
    pub arn: String,
    /// Days that a new object is locked for.
    pub lock_days: Option<i64>,
    /// Id of the customer key that encrypts the bucket.
    pub key: Option<String>,
}

/// A queue's dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub queue: String,
    /// Receives after which a message goes there.
    pub max_receives: i64,
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

fn key_reference(value: Option<String>) -> Option<String> {
    let reference = value?;
    // AWS-owned keys (alias/aws/…) need no permission of the caller.
    (!reference.starts_with("alias/aws/"))
        .then(|| reference.rsplit('/').next().unwrap_or_default().to_owned())
}

impl Table {
    pub(super) fn read(
        resolver: &Resolver<'_>,
        logical: &str,
        properties: &Value,
    ) -> Result<Self, TemplateError> {
        let name = resolver.physical_name(logical)?;
        let attributes = list(properties, "AttributeDefinitions")
            .filter_map(|item| Some((text(item, "AttributeName")?, text(item, "AttributeType")?)))
            .collect();
        let keys = key_schema(logical, properties)?;
        let indexes = list(properties, "GlobalSecondaryIndexes")
            .map(|item| Index::read(logical, item))
            .collect::<Result<Vec<_>, _>>()?;
        if properties.get("LocalSecondaryIndexes").is_some() {
            return Err(TemplateError::resource(logical, "local AWS does not play local secondary indexes"));
        }
        let ttl = properties
            .get("TimeToLiveSpecification")
            .filter(|ttl| flag(ttl, "Enabled"))
            .and_then(|ttl| text(ttl, "AttributeName"));
        let stream = properties.get("StreamSpecification").and_then(|stream| text(stream, "StreamViewType"));
        let key = properties
            .get("SSESpecification")
            .filter(|sse| flag(sse, "SSEEnabled"))
            .and_then(|sse| key_reference(text(sse, "KMSMasterKeyId")));
        let arn = arn("dynamodb", &format!("table/{name}"));
        Ok(Self { logical: logical.to_owned(), name, arn, keys, attributes, indexes, ttl, stream, key })
    }

    /// The stream's ARN.
    pub fn stream_arn(&self) -> String {
        format!("{}/stream/2024-01-01T00:00:00.000", self.arn)
    }
}

impl Index {
    fn read(logical: &str, value: &Value) -> Result<Self, TemplateError> {
        let projection = value.get("Projection").unwrap_or(&Value::Null);
        let projection = match text(projection, "ProjectionType").as_deref() {
            Some("KEYS_ONLY") => Projection::Keys,
            Some("INCLUDE") => Projection::Include(texts(projection.get("NonKeyAttributes"))),
            Some("ALL") => Projection::All,
            _ => return Err(TemplateError::resource(logical, "an index without ProjectionType")),
        };
        Ok(Self {
            name: text(value, "IndexName").unwrap_or_default(),
            keys: key_schema(logical, value)?,
            projection,
        })
    }
}

fn key_schema(logical: &str, value: &Value) -> Result<Vec<String>, TemplateError> {
    let mut keys = Vec::new();
    for kind in ["HASH", "RANGE"] {
        let found = list(value, "KeySchema").find(|item| text(item, "KeyType").as_deref() == Some(kind));
        keys.extend(found.and_then(|item| text(item, "AttributeName")));
    }
    if keys.is_empty() {
        return Err(TemplateError::resource(logical, "a KeySchema without HASH key"));
    }
    Ok(keys)
}

impl Key {
    pub(super) fn read(_: &Resolver<'_>, logical: &str, properties: &Value) -> Result<Self, TemplateError> {
        let id = key_id(logical);
        let spec = text(properties, "KeySpec").unwrap_or_else(|| "SYMMETRIC_DEFAULT".to_owned());
        if spec != "SYMMETRIC_DEFAULT" && spec != "ECC_NIST_P256" {
            return Err(TemplateError::resource(
                logical,
                format!("local AWS does not play keys of spec {spec}"),
            ));
        }
        let policy = Statement::read_all(logical, properties.get("KeyPolicy").unwrap_or(&Value::Null))?;
        Ok(Self { logical: logical.to_owned(), arn: arn("kms", &format!("key/{id}")), id, spec, policy })
    }
}

impl Topic {
    pub(super) fn read(resolver: &Resolver<'_>, logical: &str, properties: &Value) -> Self {
        let name = resolver.physical_name(logical).unwrap_or_else(|_| logical.to_owned());
        let key = key_reference(text(properties, "KmsMasterKeyId"));
        Self { logical: logical.to_owned(), arn: arn("sns", &name), name, key }
    }
}

impl Subscription {
    pub(super) fn read(logical: &str, properties: &Value) -> Result<Self, TemplateError> {
        let topic = text(properties, "TopicArn").unwrap_or_default();
        Self::from_parts(logical, topic, properties)
    }

    pub(super) fn of_topic(
        logical: &str,
        topic: &Topic,
        properties: &Value,
    ) -> Result<Vec<Self>, TemplateError> {
        list(properties, "Subscription")
            .map(|item| Self::from_parts(logical, topic.arn.clone(), item))
            .collect()
    }

    fn from_parts(logical: &str, topic: String, value: &Value) -> Result<Self, TemplateError> {
        let protocol = text(value, "Protocol").unwrap_or_default();
        if protocol != "sqs" {
            return Err(TemplateError::resource(
                logical,
                format!("local AWS does not play subscriptions by {protocol}"),
            ));
        }
        if text(value, "FilterPolicyScope").is_some_and(|scope| scope != "MessageAttributes") {
            return Err(TemplateError::resource(
                logical,
                "local AWS plays filter policies on message attributes only",
            ));
        }
        Ok(Self {
            logical: logical.to_owned(),
            topic,
            queue: text(value, "Endpoint").unwrap_or_default(),
            raw: flag(value, "RawMessageDelivery"),
            filter: value.get("FilterPolicy").cloned(),
        })
    }
}

impl Queue {
    pub(super) fn read(
        resolver: &Resolver<'_>,
        logical: &str,
        properties: &Value,
    ) -> Result<Self, TemplateError> {
        let name = resolver.physical_name(logical)?;
        if flag(properties, "FifoQueue") {
            return Err(TemplateError::resource(logical, "local AWS does not play FIFO queues"));
        }
        let redrive = properties.get("RedrivePolicy").and_then(|policy| {
            Some(Redrive {
                queue: text(policy, "deadLetterTargetArn")?,
                max_receives: number(policy, "maxReceiveCount")?,
            })
        });
        Ok(Self {
            logical: logical.to_owned(),
            arn: arn("sqs", &name),
            url: format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"),
            delay_seconds: number(properties, "DelaySeconds").unwrap_or(0),
            visibility_seconds: number(properties, "VisibilityTimeout").unwrap_or(30),
            retention_seconds: number(properties, "MessageRetentionPeriod").unwrap_or(345_600),
            redrive,
            key: key_reference(text(properties, "KmsMasterKeyId")),
            name,
            policy: Vec::new(),
        })
    }
}

impl Bucket {
    pub(super) fn read(
        resolver: &Resolver<'_>,
        logical: &str,
        properties: &Value,
    ) -> Result<Self, TemplateError> {
        let name = resolver.physical_name(logical)?;
        let retention = properties.pointer("/ObjectLockConfiguration/Rule/DefaultRetention");
        let encryption = properties
            .pointer("/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault");
        Ok(Self {
            logical: logical.to_owned(),
            arn: format!("arn:aws:s3:::{name}"),
            lock_days: retention.and_then(|retention| number(retention, "Days")),
            key: encryption.and_then(|rule| key_reference(text(rule, "KMSMasterKeyID"))),
            name,
        })
    }
}

/// Gives each queue the statements of the `AWS::SQS::QueuePolicy` resources that name it.
pub(super) fn attach_queue_policies(
    resolver: &Resolver<'_>,
    template: &mut Template,
) -> Result<(), TemplateError> {
    for logical in resolver.logical_ids() {
        let Some(resource) = resolver.resource(logical)? else { continue };
        if resource.kind != "AWS::SQS::QueuePolicy" {
            continue;
        }
        let statements =
            Statement::read_all(logical, resource.properties.get("PolicyDocument").unwrap_or(&Value::Null))?;
        for url in texts(resource.properties.get("Queues")) {
            if let Some(queue) = template.queues.iter_mut().find(|queue| queue.url == url) {
                queue.policy.extend(statements.iter().cloned());
            }
        }
    }
    Ok(())
}

/// The items of a list member.
pub(super) fn list<'v>(value: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}
