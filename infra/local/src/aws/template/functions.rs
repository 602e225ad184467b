//! `AWS::Serverless::Function`: environment, permissions, events.

use std::collections::BTreeMap;

use serde_json::Value;

use super::events::{self, Event};
use super::resolve::Resolver;
use super::{ACCOUNT, REGION, TemplateError, number, scalar, text};
use crate::aws::iam::Statement;

/// A Lambda function of the template.
#[derive(Debug, Clone)]
pub struct Function {
    /// Logical id.
    pub logical: String,
    /// Physical name.
    pub name: String,
    /// Function ARN.
    pub arn: String,
    /// `Environment.Variables`, `Globals` merged in.
    pub environment: BTreeMap<String, String>,
    /// What invokes it.
    pub events: Vec<Event>,
    /// Seconds it may run.
    pub timeout_seconds: i64,
    /// Memory size in MB.
    pub memory_mb: i64,
    /// The execution role.
    pub role: Role,
}

/// A role that calls AWS: a function's, or an `AWS::IAM::Role` of its own.
#[derive(Debug, Clone)]
pub struct Role {
    /// Role ARN, path included.
    pub arn: String,
    /// The session that AWS names in its access-denied messages.
    pub session: String,
    /// Identity policy statements.
    pub policies: Vec<Statement>,
}

impl Role {
    fn new(name: &str, path: &str, policies: Vec<Statement>) -> Self {
        let path = if path.is_empty() { "/" } else { path };
        Self {
            arn: format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
            session: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{name}"),
            policies,
        }
    }

    /// Reads an `AWS::IAM::Role`.
    pub(super) fn read(
        resolver: &Resolver<'_>,
        logical: &str,
        properties: &Value,
    ) -> Result<Self, TemplateError> {
        let mut statements = Vec::new();
        for policy in super::resources::list(properties, "Policies") {
            statements
                .extend(Statement::read_all(logical, policy.get("PolicyDocument").unwrap_or(&Value::Null))?);
        }
        let path = text(properties, "Path").unwrap_or_default();
        Ok(Self::new(&resolver.physical_name(logical)?, &path, statements))
    }
}

impl Function {
    pub(super) fn read(
        resolver: &Resolver<'_>,
        logical: &str,
        properties: &Value,
    ) -> Result<Self, TemplateError> {
        let globals = resolver.globals("Function")?;
        let mut environment = variables(&globals);
        environment.extend(variables(properties));
        let either = |member: &str| number(properties, member).or_else(|| number(&globals, member));
        let name = resolver.physical_name(logical)?;
        let path = text(properties, "RolePath").or_else(|| text(&globals, "RolePath")).unwrap_or_default();
        let role = Role::new(&format!("{name}-role"), &path, policies(logical, properties)?);
        Ok(Self {
            logical: logical.to_owned(),
            arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"),
            name,
            environment,
            role,
            events: events::read(logical, properties)?,
            timeout_seconds: either("Timeout").unwrap_or(3),
            memory_mb: either("MemorySize").unwrap_or(128),
        })
    }
}

fn variables(value: &Value) -> BTreeMap<String, String> {
    let variables = value.get("Environment").and_then(|environment| environment.get("Variables"));
    let Some(map) = variables.and_then(Value::as_object) else { return BTreeMap::new() };
    map.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect()
}

fn policies(logical: &str, properties: &Value) -> Result<Vec<Statement>, TemplateError> {
    let items = match properties.get("Policies") {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    let mut statements = Vec::new();
    for item in items {
        match item {
            // Managed policies: the execution role's own (logs, tracing) concern no service that is played here.
            Value::String(name) if name.contains("BasicExecutionRole") || name.contains("XRay") => {}
            Value::Object(map) if map.contains_key("Statement") => {
                statements.extend(Statement::read_all(logical, item)?)
            }
            Value::Object(map) if map.contains_key("Effect") => {
                let wrapped = serde_json::json!({ "Statement": [item] });
                statements.extend(Statement::read_all(logical, &wrapped)?);
            }
            other => {
                return Err(TemplateError::resource(
                    logical,
                    format!("local AWS does not read this policy; write its statement: {other}"),
                ));
            }
        }
    }
    Ok(statements)
}
