//! Permissions: every call of a role's key is checked against the statements that `template.yaml` gives the role,
//! and every use of a customer key against the key policy too.

mod condition;
mod statement;
mod wiring;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, RwLock};

pub use condition::Context;
pub use statement::Statement;
pub(crate) use wiring::check as check_wiring;

use super::template::{ACCOUNT, Event, Key, REGION, Role, Template};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Caller {
    /// An administrator: everything is allowed.
    Admin,
    /// A function or a role of the template, by its logical id.
    Role(Arc<str>),
    /// A service of AWS itself, as `sns.amazonaws.com`.
    Service(&'static str),
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admin => formatter.write_str("admin"),
            Self::Role(logical) => formatter.write_str(logical),
            Self::Service(name) => formatter.write_str(name),
        }
    }
}

/// A refused call, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}")]
pub struct Denied {
    /// The role session.
    pub principal: String,
    /// `service:Action`.
    pub action: String,
    /// ARN, or the phone number for an SMS.
    pub resource: String,
    /// Which policy is missing or denies.
    pub reason: &'static str,
}

const NO_ALLOW: &str = "because no identity-based policy allows the action";
const EXPLICIT_DENY: &str = "with an explicit deny in a policy";
const NO_KEY_POLICY: &str = "because no resource-based policy allows the action";

/// The permissions of all roles.
#[derive(Debug)]
pub struct Iam {
    roles: BTreeMap<String, Identity>,
    service: Context,
    dropped: RwLock<BTreeSet<(String, String)>>,
}

#[derive(Debug)]
struct Identity {
    role: Role,
    /// Condition keys that are true of every call of the role.
    base: Context,
    /// What SAM itself adds for the function's events.
    implied: Vec<(&'static str, String)>,
}

impl Identity {
    fn new(role: &Role, implied: Vec<(&'static str, String)>) -> Self {
        let base = Context::new()
            .with("aws:PrincipalArn", vec![role.arn.clone()])
            .with("aws:PrincipalAccount", vec![ACCOUNT.to_owned()])
            .with("aws:SecureTransport", vec!["true".to_owned()])
            .with("kms:CallerAccount", vec![ACCOUNT.to_owned()]);
        Self { role: role.clone(), base, implied }
    }
}

impl Iam {
    pub(super) fn new(template: &Template) -> Self {
        let functions = template.functions.iter().map(|function| {
            let implied = function.events.iter().flat_map(implied_by).collect();
            (function.logical.clone(), Identity::new(&function.role, implied))
        });
        let roles =
            template.roles.iter().map(|(logical, role)| (logical.clone(), Identity::new(role, Vec::new())));
        let service = Context::new()
            .with("aws:SourceAccount", vec![ACCOUNT.to_owned()])
            .with("aws:SecureTransport", vec!["true".to_owned()]);
        Self { roles: functions.chain(roles).collect(), service, dropped: RwLock::default() }
    }

    /// Takes one statement away, so that a test can show that it is needed.
    ///
    /// Answers whether the role has a statement with that `Sid`.
    pub fn without(&self, role: &str, sid: &str) -> bool {
        let known = self.statements().any(|(name, statement)| name == role && statement.sid == sid);
        if known && let Ok(mut dropped) = self.dropped.write() {
            dropped.insert((role.to_owned(), sid.to_owned()));
        }
        known
    }

    /// Gives every statement back.
    pub fn restore(&self) {
        if let Ok(mut dropped) = self.dropped.write() {
            dropped.clear();
        }
    }

    /// Every statement with the logical id of its function or role.
    pub fn statements(&self) -> impl Iterator<Item = (&str, &Statement)> {
        self.roles.iter().flat_map(|(name, identity)| {
            identity.role.policies.iter().map(move |statement| (name.as_str(), statement))
        })
    }

    /// Whether there is a role with this logical id.
    pub(super) fn knows(&self, logical: &str) -> bool {
        self.roles.contains_key(logical)
    }

    /// The logical ids of all roles.
    pub(super) fn logical_ids(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// Checks one action on one resource.
    ///
    /// # Errors
    /// [`Denied`] where no statement allows it or one denies it.
    pub fn authorize(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), Denied> {
        let Caller::Role(logical) = caller else { return Ok(()) };
        match self.decide(logical, action, resource, context) {
            Decision::Allow => Ok(()),
            Decision::Deny => Err(self.denied(logical, action, resource, EXPLICIT_DENY)),
            Decision::Silent => Err(self.denied(logical, action, resource, NO_ALLOW)),
        }
    }

    /// Checks the use of a KMS key: the key policy has the last word.
    ///
    /// # Errors
    /// [`Denied`] where either policy denies or none allows.
    pub fn authorize_key(
        &self,
        caller: &Caller,
        action: &str,
        key: &Key,
        context: &Context,
    ) -> Result<(), Denied> {
        let (name, identity, role) = match caller {
            Caller::Admin => return Ok(()),
            Caller::Service(name) => (*name, Decision::Silent, None),
            Caller::Role(logical) => {
                (&**logical, self.decide(logical, action, &key.arn, context), self.roles.get(&**logical))
            }
        };
        let base = role.map_or(&self.service, |identity| &identity.base);
        let principal = role.map_or(name, |identity| identity.role.arn.as_str());
        let mut by_key = Decision::Silent;
        let mut delegated = key.policy.is_empty();
        for statement in &key.policy {
            // A key policy's own Resource is always this key.
            if !statement.covers(action, &key.arn, base, context) {
                continue;
            }
            let named = statement.names_principal(principal);
            let account = role.is_some() && names_account(statement);
            match (statement.allow, named, account) {
                (false, true, _) | (false, _, true) => by_key = Decision::Deny,
                (true, true, _) if by_key == Decision::Silent => by_key = Decision::Allow,
                (true, false, true) => delegated = true,
                _ => {}
            }
        }
        let refuse = |reason| Err(self.denied(name, action, &key.arn, reason));
        match (by_key, identity) {
            (Decision::Deny, _) | (_, Decision::Deny) => refuse(EXPLICIT_DENY),
            (Decision::Allow, _) => Ok(()),
            (Decision::Silent, Decision::Allow) if delegated => Ok(()),
            (Decision::Silent, Decision::Allow) => refuse(NO_KEY_POLICY),
            (Decision::Silent, Decision::Silent) => refuse(NO_ALLOW),
        }
    }

    fn decide(&self, logical: &str, action: &str, resource: &str, context: &Context) -> Decision {
        let Some(identity) = self.roles.get(logical) else { return Decision::Silent };
        let dropped = self.dropped.read();
        let is_dropped = |sid: &str| match &dropped {
            Ok(dropped) => !dropped.is_empty() && dropped.contains(&(logical.to_owned(), sid.to_owned())),
            Err(_) => false,
        };
        let mut decision = Decision::Silent;
        for statement in &identity.role.policies {
            if statement.covers(action, resource, &identity.base, context) && !is_dropped(&statement.sid) {
                if !statement.allow {
                    return Decision::Deny;
                }
                decision = Decision::Allow;
            }
        }
        let implied = |(implied, on): &(&'static str, String)| *implied == action && on == resource;
        if decision == Decision::Silent && identity.implied.iter().any(implied) {
            decision = Decision::Allow;
        }
        decision
    }

    fn denied(&self, logical: &str, action: &str, resource: &str, reason: &'static str) -> Denied {
        Denied {
            principal: self.roles.get(logical).map_or(logical, |identity| &identity.role.session).to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            reason,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Allow,
    Deny,
    Silent,
}

fn names_account(statement: &Statement) -> bool {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    statement.principals.iter().any(|principal| *principal == root || principal == ACCOUNT)
}

fn implied_by(event: &Event) -> Vec<(&'static str, String)> {
    match event {
        Event::Stream(source) if source.granted => {
            let mut implied: Vec<_> = STREAM_ACTIONS.map(|action| (action, source.arn.clone())).into();
            // SAM lets the function write to its own on-failure destination.
            if let Some(target) = &source.on_failure {
                let action = if target.contains(":sns:") { "sns:Publish" } else { "sqs:SendMessage" };
                implied.push((action, target.clone()));
            }
            implied
        }
        Event::Queue(source) if source.granted => {
            QUEUE_ACTIONS.map(|action| (action, source.arn.clone())).into()
        }
        _ => Vec::new(),
    }
}

/// What Lambda does with a function's role to read a stream.
pub(super) const STREAM_ACTIONS: [&str; 3] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
/// What Lambda does with a function's role to read a queue.
pub(super) const QUEUE_ACTIONS: [&str; 3] =
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// The context of a key's use by another service with the caller's permissions.
pub(super) fn via(service: &str, pairs: &[(&str, &str)]) -> Context {
    let mut context =
        Context::new().with("kms:ViaService", vec![format!("{service}.{REGION}.amazonaws.com")]);
    for (key, value) in pairs {
        context = context.with(format!("kms:EncryptionContext:{key}"), vec![(*value).to_owned()]);
    }
    if !pairs.is_empty() {
        context = context
            .with("kms:EncryptionContextKeys", pairs.iter().map(|(key, _)| (*key).to_owned()).collect());
    }
    context
}
