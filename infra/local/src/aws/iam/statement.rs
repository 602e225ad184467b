//! Policy statements and how they match.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use serde_json::Value;

use super::condition::{Condition, Context};
use crate::aws::template::{TemplateError, text, texts};

/// One statement of an identity, key or queue policy.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The statement's `Sid`; empty where it has none.
    pub sid: String,
    /// Whether it allows (or denies).
    pub allow: bool,
    /// `Action` patterns.
    pub actions: Vec<String>,
    /// `Resource` patterns; empty where `NotResource` is used.
    pub resources: Vec<String>,
    /// `NotResource` patterns.
    pub not_resources: Vec<String>,
    /// `Principal`, of key and queue policies: ARNs, account ids and service names.
    pub principals: Vec<String>,
    pub(super) conditions: Vec<Condition>,
}

impl Statement {
    /// Reads every statement of a policy document.
    ///
    /// # Errors
    /// A [`TemplateError::Resource`] where an element or a condition operator is not known.
    pub fn read_all(logical: &str, document: &Value) -> Result<Vec<Self>, TemplateError> {
        let items = match document.get("Statement") {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        items.iter().map(|item| Self::read(logical, item)).collect()
    }

    fn read(logical: &str, value: &Value) -> Result<Self, TemplateError> {
        let sid = text(value, "Sid").unwrap_or_default();
        let fail = |reason: String| TemplateError::resource(logical, format!("statement {sid:?}: {reason}"));
        if value.get("NotAction").is_some() || value.get("NotPrincipal").is_some() {
            return Err(fail("local AWS does not play NotAction and NotPrincipal".to_owned()));
        }
        let allow = match text(value, "Effect").as_deref() {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(fail("Effect must be Allow or Deny".to_owned())),
        };
        let principals = match value.get("Principal") {
            Some(Value::Object(map)) => map.values().flat_map(|value| texts(Some(value))).collect(),
            other => texts(other),
        };
        Ok(Self {
            allow,
            actions: texts(value.get("Action")),
            resources: texts(value.get("Resource")),
            not_resources: texts(value.get("NotResource")),
            principals,
            conditions: Condition::read_all(value.get("Condition")).map_err(fail)?,
            sid,
        })
    }

    /// Whether the statement speaks of this action on this resource in this context.
    pub(super) fn covers(&self, action: &str, resource: &str, base: &Context, own: &Context) -> bool {
        self.actions.iter().any(|pattern| glob_ignoring_case(pattern, action))
            && self.covers_resource(resource)
            && self.conditions.iter().all(|condition| condition.holds(base, own))
    }

    fn covers_resource(&self, resource: &str) -> bool {
        if self.not_resources.is_empty() {
            self.resources.iter().any(|pattern| glob(pattern, resource))
        } else {
            !self.not_resources.iter().any(|pattern| glob(pattern, resource))
        }
    }

    pub(super) fn names_principal(&self, principal: &str) -> bool {
        self.principals.iter().any(|pattern| pattern == "*" || pattern == principal)
    }
}

/// IAM wildcards: `*` is any run of characters, `?` one.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    glob_by(pattern.as_bytes(), text.as_bytes(), |wanted, found| wanted == found)
}

/// As [`glob`], for actions, whose case does not matter.
fn glob_ignoring_case(pattern: &str, text: &str) -> bool {
    glob_by(pattern.as_bytes(), text.as_bytes(), |wanted, found| wanted.eq_ignore_ascii_case(&found))
}

fn glob_by(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || same(pattern[p], text[t])) {
            p += 1;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, star_t + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn wildcards() {
        assert!(glob("*", ""));
        assert!(glob("arn:aws:sns:*:*:*", "arn:aws:sns:us-east-1:000000000000:local-Events"));
        assert!(!glob("arn:aws:sns:*:*:*", "+15555550101"));
        assert!(glob("a*b*c", "a--b--b-c"));
        assert!(!glob("a*b*c", "a--b--b-"));
        assert!(glob("table/?hat", "table/Chat"));
        assert!(!glob("table/Chat", "table/Chat/index/inbox"));
    }
}
