//! Reads `template.yaml`: parameters, conditions, intrinsic functions, and the typed resources that local AWS
//! plays. One file is the schema of the local run and of the deployed stack.

mod events;
mod functions;
mod resolve;
mod resources;
mod yaml;

use std::collections::BTreeMap;

use serde_json::Value;

pub use events::{Event, QueueSource, Schedule, StreamSource};
pub use functions::{Function, Role};
pub use resources::{Bucket, Index, Key, Projection, Queue, Redrive, Subscription, Table, Topic};

pub(crate) use resolve::Resolver;
pub(crate) use yaml::parse as parse_yaml;

/// The account that everything local lives in.
pub const ACCOUNT: &str = "000000000000";
/// The region that everything local lives in.
pub const REGION: &str = "us-east-1";
/// The stack name that generated physical names start with.
pub const STACK: &str = "local";

/// Why a template cannot be played.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TemplateError {
    /// The text is not YAML, or uses a tag CloudFormation does not have.
    #[error("template.yaml: {0}")]
    Yaml(String),
    /// A parameter without default got no value.
    #[error("template.yaml: the parameter {0} has no default and no value was given")]
    MissingParameter(String),
    /// A value was given for a parameter that the template does not declare.
    #[error("template.yaml: there is no parameter {0}")]
    UnknownParameter(String),
    /// A parameter's value is not allowed by AllowedValues.
    #[error("template.yaml: the value of the parameter {0} is not allowed: {1}")]
    BadParameter(String, String),
    /// An intrinsic function with arguments it cannot take.
    #[error("template.yaml: {0}: {1}")]
    Intrinsic(&'static str, String),
    /// A resource that local AWS cannot play as written.
    #[error("template.yaml: resource {resource}: {reason}")]
    Resource {
        /// Logical id.
        resource: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TemplateError {
    pub(crate) fn resource(resource: &str, reason: impl Into<String>) -> Self {
        Self::Resource { resource: resource.to_owned(), reason: reason.into() }
    }
}

/// A template with its parameters filled in and its resources typed.
#[derive(Debug, Clone)]
pub struct Template {
    /// `AWS::DynamoDB::Table`.
    pub tables: Vec<Table>,
    /// `AWS::KMS::Key`.
    pub keys: Vec<Key>,
    /// `AWS::KMS::Alias`: alias name -> key id.
    pub aliases: BTreeMap<String, String>,
    /// `AWS::SNS::Topic`.
    pub topics: Vec<Topic>,
    /// `AWS::SNS::Subscription` and a topic's own list.
    pub subscriptions: Vec<Subscription>,
    /// `AWS::SQS::Queue`.
    pub queues: Vec<Queue>,
    /// `AWS::S3::Bucket`.
    pub buckets: Vec<Bucket>,
    /// `AWS::Serverless::Function`.
    pub functions: Vec<Function>,
    /// `AWS::IAM::Role` by logical id.
    pub roles: BTreeMap<String, Role>,
    /// Parameters as used.
    pub parameters: BTreeMap<String, String>,
}

impl Template {
    /// Reads a template.
    ///
    /// `parameters` override the template's defaults.
    ///
    /// # Errors
    /// [`TemplateError`] names the parameter, function or resource that cannot be played.
    pub fn parse(text: &str, parameters: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let root = yaml::parse(text)?;
        let resolver = Resolver::new(&root, parameters)?;
        let mut template = Self {
            tables: Vec::new(),
            keys: Vec::new(),
            aliases: BTreeMap::new(),
            topics: Vec::new(),
            subscriptions: Vec::new(),
            queues: Vec::new(),
            buckets: Vec::new(),
            functions: Vec::new(),
            roles: BTreeMap::new(),
            parameters: resolver.parameters().clone(),
        };
        for logical in resolver.logical_ids() {
            if let Some(resource) = resolver.resource(logical)? {
                template.add(&resolver, logical, &resource)?;
            }
        }
        template.attach_mappings(&resolver)?;
        resources::attach_queue_policies(&resolver, &mut template)?;
        Ok(template)
    }

    fn add(
        &mut self,
        resolver: &Resolver<'_>,
        logical: &str,
        resource: &resolve::Resource,
    ) -> Result<(), TemplateError> {
        let properties = &resource.properties;
        match resource.kind.as_str() {
            "AWS::DynamoDB::Table" => self.tables.push(Table::read(resolver, logical, properties)?),
            "AWS::KMS::Key" => self.keys.push(Key::read(resolver, logical, properties)?),
            "AWS::KMS::Alias" => {
                let name = text(properties, "AliasName").unwrap_or_default();
                let target = text(properties, "TargetKeyId").unwrap_or_default();
                self.aliases.insert(name, target.rsplit('/').next().unwrap_or_default().to_owned());
            }
            "AWS::SNS::Topic" => {
                let topic = Topic::read(resolver, logical, properties);
                self.subscriptions.extend(Subscription::of_topic(logical, &topic, properties)?);
                self.topics.push(topic);
            }
            "AWS::SNS::Subscription" => self.subscriptions.push(Subscription::read(logical, properties)?),
            "AWS::SQS::Queue" => self.queues.push(Queue::read(resolver, logical, properties)?),
            "AWS::S3::Bucket" => self.buckets.push(Bucket::read(resolver, logical, properties)?),
            "AWS::Serverless::Function" => {
                self.functions.push(Function::read(resolver, logical, properties)?);
            }
            "AWS::IAM::Role" => {
                self.roles.insert(logical.to_owned(), Role::read(resolver, logical, properties)?);
            }
            "AWS::Serverless::SimpleTable" | "AWS::Lambda::Function" => {
                return Err(TemplateError::resource(
                    logical,
                    format!("local AWS does not play {}", resource.kind),
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn attach_mappings(&mut self, resolver: &Resolver<'_>) -> Result<(), TemplateError> {
        for logical in resolver.logical_ids() {
            let Some(resource) = resolver.resource(logical)? else { continue };
            if resource.kind == "AWS::Lambda::EventSourceMapping" {
                let (reference, event) = events::mapping(logical, &resource.properties)?;
                let function = self
                    .functions
                    .iter_mut()
                    .find(|function| function.name == reference || function.arn == reference)
                    .ok_or_else(|| {
                        TemplateError::resource(logical, format!("there is no function {reference}"))
                    })?;
                function.events.push(event);
            }
        }
        Ok(())
    }

    /// The function with this logical id.
    pub fn function(&self, logical: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.logical == logical)
    }

    /// The table with this physical name.
    pub fn table_named(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The table with this logical id.
    pub fn table(&self, logical: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.logical == logical)
    }

    /// The key with this id, ARN or alias.
    pub fn key(&self, reference: &str) -> Option<&Key> {
        let id = match self.aliases.get(alias_name(reference)) {
            Some(id) => id.as_str(),
            None => reference.rsplit('/').next().unwrap_or(reference),
        };
        self.keys.iter().find(|key| key.id == id)
    }

    /// The queue with this ARN, URL, physical name or logical id.
    pub fn queue(&self, reference: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| {
            queue.arn == reference
                || queue.url == reference
                || queue.name == reference
                || queue.logical == reference
        })
    }
}

fn alias_name(reference: &str) -> &str {
    reference.find("alias/").map_or(reference, |at| &reference[at..])
}

/// A text or number member, as text.
pub(crate) fn text(value: &Value, member: &str) -> Option<String> {
    scalar(value.get(member)?)
}

/// Text, number or boolean as CloudFormation's text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A number member; CloudFormation also takes numbers written as text.
pub(crate) fn number(value: &Value, member: &str) -> Option<i64> {
    text(value, member)?.parse().ok()
}

/// A boolean member; CloudFormation also takes booleans written as text.
pub(crate) fn flag(value: &Value, member: &str) -> bool {
    text(value, member).is_some_and(|text| text == "true")
}

/// A member that is one text or a list of them.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(scalar).collect(),
        Some(other) => scalar(other).into_iter().collect(),
        None => Vec::new(),
    }
}
