//! Intrinsic functions, pseudo parameters, conditions and references.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use serde_json::{Map, Value};

use super::{ACCOUNT, REGION, STACK, TemplateError, scalar, text};

/// A resource whose properties hold no intrinsic function any more.
pub(crate) struct Resource {
    pub(crate) kind: String,
    pub(crate) properties: Value,
}

/// What intrinsic functions are resolved against.
pub(crate) struct Resolver<'a> {
    root: &'a Value,
    parameters: BTreeMap<String, String>,
    conditions: BTreeMap<String, bool>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(root: &'a Value, given: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let parameters = parameters(root, given)?;
        let mut resolver = Self { root, parameters, conditions: BTreeMap::new() };
        if let Some(conditions) = root.get("Conditions").and_then(Value::as_object) {
            for name in conditions.keys() {
                let holds = resolver.condition(name, 0)?;
                resolver.conditions.insert(name.clone(), holds);
            }
        }
        Ok(resolver)
    }

    pub(super) fn parameters(&self) -> &BTreeMap<String, String> {
        &self.parameters
    }

    pub(super) fn logical_ids(&self) -> impl Iterator<Item = &'a str> {
        self.root
            .get("Resources")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|map| map.keys().map(String::as_str))
    }

    /// `Globals.<section>`, resolved.
    pub(super) fn globals(&self, section: &str) -> Result<Value, TemplateError> {
        match self.root.get("Globals").and_then(|globals| globals.get(section)) {
            Some(value) => Ok(self.resolve(value)?.unwrap_or(Value::Null)),
            None => Ok(Value::Null),
        }
    }

    /// The resource, or `None` where its condition does not hold.
    pub(super) fn resource(&self, logical: &str) -> Result<Option<Resource>, TemplateError> {
        let Some(raw) = self.raw(logical) else { return Ok(None) };
        if let Some(condition) = text(raw, "Condition")
            && !self.conditions.get(&condition).copied().unwrap_or(false)
        {
            return Ok(None);
        }
        let kind = text(raw, "Type").unwrap_or_default();
        if raw.get("Connectors").is_some() {
            return Err(TemplateError::resource(
                logical,
                "local AWS does not read Connectors; write the policy statement",
            ));
        }
        let properties = match raw.get("Properties") {
            Some(properties) if played(&kind) => self
                .resolve(properties)
                .map_err(|error| TemplateError::resource(logical, error.to_string()))?
                .unwrap_or(Value::Null),
            _ => Value::Null,
        };
        Ok(Some(Resource { kind, properties }))
    }

    fn raw(&self, logical: &str) -> Option<&'a Value> {
        self.root.get("Resources")?.get(logical)
    }

    /// Replaces every intrinsic function; `None` is `AWS::NoValue`.
    pub(crate) fn resolve(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        match value {
            Value::Object(map) => {
                if map.len() == 1
                    && let Some((name, argument)) = map.iter().next()
                    && (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
                {
                    // `Condition` is an intrinsic only as a text argument; a policy statement has it as a member.
                    if name != "Condition" || argument.is_string() {
                        return self.intrinsic(name, argument);
                    }
                }
                let mut resolved = Map::new();
                for (name, member) in map {
                    if let Some(member) = self.resolve(member)? {
                        resolved.insert(name.clone(), member);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items {
                    resolved.extend(self.resolve(item)?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            other => Ok(Some(other.clone())),
        }
    }

    fn intrinsic(&self, name: &str, argument: &Value) -> Result<Option<Value>, TemplateError> {
        match name {
            "Ref" => self.reference(argument.as_str().unwrap_or_default()),
            "Fn::GetAtt" => {
                let parts = self.list("GetAtt", argument)?;
                let parts: Vec<String> = parts.iter().filter_map(scalar).collect();
                match parts.as_slice() {
                    [resource, attribute] => Ok(Some(Value::String(self.attribute(resource, attribute)?))),
                    _ => Err(TemplateError::Intrinsic(
                        "GetAtt",
                        "takes a resource and an attribute".to_owned(),
                    )),
                }
            }
            "Fn::Sub" => Ok(Some(Value::String(self.substitute(argument)?))),
            "Fn::Join" => match self.list("Join", argument)?.as_slice() {
                [Value::String(separator), Value::Array(items)] => {
                    let items: Vec<String> = items.iter().filter_map(scalar).collect();
                    Ok(Some(Value::String(items.join(separator))))
                }
                _ => Err(TemplateError::Intrinsic("Join", "takes a separator and a list".to_owned())),
            },
            "Fn::Split" => match self.list("Split", argument)?.as_slice() {
                [Value::String(separator), Value::String(whole)] => {
                    Ok(Some(whole.split(separator.as_str()).collect::<Vec<_>>().into()))
                }
                _ => Err(TemplateError::Intrinsic("Split", "takes a separator and a text".to_owned())),
            },
            "Fn::Select" => match self.list("Select", argument)?.as_slice() {
                [index, Value::Array(items)] => {
                    let index: usize = scalar(index).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
                    items.get(index).cloned().map(Some).ok_or_else(|| {
                        TemplateError::Intrinsic("Select", "the index is outside of the list".to_owned())
                    })
                }
                _ => Err(TemplateError::Intrinsic("Select", "takes an index and a list".to_owned())),
            },
            "Fn::FindInMap" => {
                let path: Vec<String> = self.list("FindInMap", argument)?.iter().filter_map(scalar).collect();
                let found =
                    path.iter().try_fold(self.root.get("Mappings").unwrap_or(&Value::Null), |value, step| {
                        value.get(step)
                    });
                found.cloned().map(Some).ok_or_else(|| TemplateError::Intrinsic("FindInMap", path.join(".")))
            }
            "Fn::If" => match argument.as_array().map(Vec::as_slice) {
                Some([Value::String(condition), yes, no]) => {
                    let holds = *self.conditions.get(condition).ok_or_else(|| {
                        TemplateError::Intrinsic("If", format!("there is no condition {condition}"))
                    })?;
                    self.resolve(if holds { yes } else { no })
                }
                _ => Err(TemplateError::Intrinsic("If", "takes a condition and two values".to_owned())),
            },
            "Condition" | "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                let mut wrapped = Map::new();
                wrapped.insert(name.to_owned(), argument.clone());
                Ok(Some(Value::Bool(self.boolean(&Value::Object(wrapped), 0)?)))
            }
            other => {
                Err(TemplateError::Intrinsic("intrinsic function", format!("{other} is not played locally")))
            }
        }
    }

    /// The resolved argument list of an intrinsic function.
    fn list(&self, function: &'static str, argument: &Value) -> Result<Vec<Value>, TemplateError> {
        match self.resolve(argument)? {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(TemplateError::Intrinsic(function, "takes a list".to_owned())),
        }
    }

    fn condition(&self, name: &str, depth: usize) -> Result<bool, TemplateError> {
        if let Some(holds) = self.conditions.get(name) {
            return Ok(*holds);
        }
        let definition =
            self.root.get("Conditions").and_then(|conditions| conditions.get(name)).ok_or_else(|| {
                TemplateError::Intrinsic("Condition", format!("there is no condition {name}"))
            })?;
        self.boolean(definition, depth)
    }

    fn boolean(&self, value: &Value, depth: usize) -> Result<bool, TemplateError> {
        if depth > 32 {
            return Err(TemplateError::Intrinsic(
                "Condition",
                "conditions refer to each other in a circle".to_owned(),
            ));
        }
        if let Value::Bool(flag) = value {
            return Ok(*flag);
        }
        let Some((name, argument)) = value.as_object().and_then(|map| map.iter().next()) else {
            return Err(TemplateError::Intrinsic("Condition", "is not a condition function".to_owned()));
        };
        let operands = || argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match name.as_str() {
            "Condition" => self.condition(argument.as_str().unwrap_or_default(), depth + 1),
            "Fn::Equals" => match self.list("Equals", argument)?.as_slice() {
                [left, right] => Ok(scalar(left) == scalar(right)),
                _ => Err(TemplateError::Intrinsic("Equals", "takes two values".to_owned())),
            },
            "Fn::Not" => match operands() {
                [inner] => Ok(!self.boolean(inner, depth + 1)?),
                _ => Err(TemplateError::Intrinsic("Not", "takes one condition".to_owned())),
            },
            "Fn::And" => {
                operands().iter().try_fold(true, |all, inner| Ok(all & self.boolean(inner, depth + 1)?))
            }
            "Fn::Or" => {
                operands().iter().try_fold(false, |any, inner| Ok(any | self.boolean(inner, depth + 1)?))
            }
            other => {
                Err(TemplateError::Intrinsic("Condition", format!("{other} is not a condition function")))
            }
        }
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        Ok(Some(Value::String(self.reference_text(name)?)))
    }

    fn reference_text(&self, name: &str) -> Result<String, TemplateError> {
        let pseudo = match name {
            "AWS::AccountId" => Some(ACCOUNT.to_owned()),
            "AWS::Region" => Some(REGION.to_owned()),
            "AWS::Partition" => Some("aws".to_owned()),
            "AWS::StackName" => Some(STACK.to_owned()),
            "AWS::URLSuffix" => Some("amazonaws.com".to_owned()),
            "AWS::StackId" => Some(format!(
                "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/00000000-0000-0000-0000-000000000000"
            )),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(value);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        let Some(raw) = self.raw(name) else {
            return Err(TemplateError::Intrinsic("Ref", format!("there is no parameter or resource {name}")));
        };
        match text(raw, "Type").as_deref() {
            Some("AWS::SNS::Topic") => self.attribute(name, "TopicArn"),
            Some("AWS::SQS::Queue") => self.attribute(name, "QueueUrl"),
            Some("AWS::KMS::Key") => Ok(key_id(name)),
            Some("AWS::KMS::Alias") => self.property(name, "AliasName"),
            _ => self.physical_name(name),
        }
    }

    fn attribute(&self, logical: &str, attribute: &str) -> Result<String, TemplateError> {
        let Some(raw) = self.raw(logical) else {
            return Err(TemplateError::Intrinsic("GetAtt", format!("there is no resource {logical}")));
        };
        let kind = text(raw, "Type").unwrap_or_default();
        let name = || self.physical_name(logical);
        let arn = |service: &str, rest: String| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
        Ok(match (kind.as_str(), attribute) {
            ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", format!("table/{}", name()?)),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                arn("dynamodb", format!("table/{}/stream/2024-01-01T00:00:00.000", name()?))
            }
            ("AWS::KMS::Key", "Arn") => arn("kms", format!("key/{}", key_id(logical))),
            ("AWS::KMS::Key", "KeyId") => key_id(logical),
            ("AWS::SNS::Topic", "TopicArn") => arn("sns", name()?),
            ("AWS::SNS::Topic", "TopicName") => name()?,
            ("AWS::SQS::Queue", "Arn") => arn("sqs", name()?),
            ("AWS::SQS::Queue", "QueueName") => name()?,
            ("AWS::SQS::Queue", "QueueUrl") => {
                format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}", name()?)
            }
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => {
                arn("lambda", format!("function:{}", name()?))
            }
            ("AWS::Logs::LogGroup", "Arn") => arn("logs", format!("log-group:{}:*", name()?)),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{}", name()?),
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", name()?),
            (_, "Arn") => arn("local", format!("{logical}/{}", name()?)),
            _ => format!("{logical}.{attribute}"),
        })
    }

    fn property(&self, logical: &str, member: &str) -> Result<String, TemplateError> {
        let value = self.raw(logical).and_then(|raw| raw.get("Properties")).and_then(|all| all.get(member));
        match value {
            Some(value) => Ok(self.resolve(value)?.as_ref().and_then(scalar).unwrap_or_default()),
            None => Ok(String::new()),
        }
    }

    /// The name given in the template, or `<stack>-<logical id>`.
    pub(super) fn physical_name(&self, logical: &str) -> Result<String, TemplateError> {
        let kind = self.raw(logical).and_then(|raw| text(raw, "Type")).unwrap_or_default();
        let member = match kind.as_str() {
            "AWS::DynamoDB::Table" => "TableName",
            "AWS::SNS::Topic" => "TopicName",
            "AWS::SQS::Queue" => "QueueName",
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => "FunctionName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::Logs::LogGroup" => "LogGroupName",
            "AWS::S3::Bucket" => "BucketName",
            _ => "Name",
        };
        let given = self.property(logical, member)?;
        Ok(match given.as_str() {
            "" if kind == "AWS::S3::Bucket" => format!("{STACK}-{}", logical.to_lowercase()),
            "" => format!("{STACK}-{logical}"),
            _ => given,
        })
    }

    fn substitute(&self, argument: &Value) -> Result<String, TemplateError> {
        let (format, variables) = match argument {
            Value::String(format) => (format.as_str(), Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(format), variables] => match self.resolve(variables)? {
                    Some(Value::Object(map)) => (format.as_str(), map),
                    _ => return Err(TemplateError::Intrinsic("Sub", "takes a text and a map".to_owned())),
                },
                _ => return Err(TemplateError::Intrinsic("Sub", "takes a text and a map".to_owned())),
            },
            _ => return Err(TemplateError::Intrinsic("Sub", "takes a text".to_owned())),
        };
        let mut result = String::with_capacity(format.len());
        let mut rest = format;
        while let Some(at) = rest.find("${") {
            result.push_str(&rest[..at]);
            let after = &rest[at + 2..];
            let end = after
                .find('}')
                .ok_or_else(|| TemplateError::Intrinsic("Sub", format!("unclosed ${{ in {format}")))?;
            let name = after[..end].trim();
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
            } else if let Some(value) = variables.get(name) {
                result.push_str(&scalar(value).unwrap_or_default());
            } else if let Some((resource, attribute)) = name.split_once('.') {
                result.push_str(&self.attribute(resource, attribute)?);
            } else {
                result.push_str(&self.reference_text(name)?);
            }
            rest = &after[end + 1..];
        }
        result.push_str(rest);
        Ok(result)
    }
}

/// Resource types whose properties local AWS reads. The others may use functions it does not know.
fn played(kind: &str) -> bool {
    matches!(
        kind,
        "AWS::DynamoDB::Table"
            | "AWS::KMS::Key"
            | "AWS::KMS::Alias"
            | "AWS::SNS::Topic"
            | "AWS::SNS::Subscription"
            | "AWS::SQS::Queue"
            | "AWS::SQS::QueuePolicy"
            | "AWS::S3::Bucket"
            | "AWS::Serverless::Function"
            | "AWS::Lambda::EventSourceMapping"
            | "AWS::IAM::Role"
    )
}

/// A key id in AWS's form, the same on every machine: made from the logical id.
pub(super) fn key_id(logical: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("local key {logical}").as_bytes());
    let hex: String = hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn parameters(
    root: &Value,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let declared = root.get("Parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(TemplateError::UnknownParameter(unknown.clone()));
    }
    let mut parameters = BTreeMap::new();
    for (name, declaration) in &declared {
        let value = match given.get(name) {
            Some(value) => value.clone(),
            None => {
                text(declaration, "Default").ok_or_else(|| TemplateError::MissingParameter(name.clone()))?
            }
        };
        let allowed = super::texts(declaration.get("AllowedValues"));
        if !allowed.is_empty() && !allowed.contains(&value) {
            return Err(TemplateError::BadParameter(name.clone(), format!("one of {}", allowed.join(", "))));
        }
        parameters.insert(name.clone(), value);
    }
    Ok(parameters)
}
