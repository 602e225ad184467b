//! Condition operators.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::borrow::Cow;

use serde_json::Value;

use super::statement::glob;
use crate::aws::template::texts;

/// What a request says of itself: condition keys and their values.
#[derive(Debug, Default, Clone)]
pub struct Context(Vec<(Cow<'static, str>, Vec<String>)>);

impl Context {
    /// No condition key.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a key.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, values: Vec<String>) -> Self {
        self.0.push((key.into(), values));
        self
    }

    pub(super) fn values(&self, key: &str) -> Option<&[String]> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, values)| values.as_slice())
    }
}

/// One operator applied to one key.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    quantifier: Quantifier,
    test: Test,
    negated: bool,
    if_exists: bool,
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    One,
    ForAll,
    ForAny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equals,
    EqualsIgnoringCase,
    Like,
    Null,
}

impl Condition {
    pub(super) fn read_all(block: Option<&Value>) -> Result<Vec<Self>, String> {
        let mut conditions = Vec::new();
        for (operator, keys) in block.and_then(Value::as_object).into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                conditions.push(Self::read(operator, key, texts(Some(values)))?);
            }
        }
        Ok(conditions)
    }

    fn read(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        let (quantifier, bare) = match operator.split_once(':') {
            Some(("ForAllValues", rest)) => (Quantifier::ForAll, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::ForAny, rest),
            Some(_) => return Err(format!("the condition operator {operator} is not known")),
            None => (Quantifier::One, operator),
        };
        let (bare, if_exists) = match bare.strip_suffix("IfExists") {
            Some(bare) => (bare, true),
            None => (bare, false),
        };
        let (test, negated) = match bare {
            "StringEquals" => (Test::Equals, false),
            "StringNotEquals" => (Test::Equals, true),
            "StringEqualsIgnoreCase" | "Bool" => (Test::EqualsIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoringCase, true),
            "StringLike" | "ArnLike" | "ArnEquals" => (Test::Like, false),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (Test::Like, true),
            "Null" => (Test::Null, false),
            _ => return Err(format!("the condition operator {operator} is not known")),
        };
        Ok(Self { quantifier, test, negated, if_exists, key: key.to_owned(), values })
    }

    /// `base` is what is true of the caller, `own` of the request.
    pub(super) fn holds(&self, base: &Context, own: &Context) -> bool {
        let found = own.values(&self.key).or_else(|| base.values(&self.key));
        if self.test == Test::Null {
            let wants_missing = self.values.iter().any(|value| value == "true");
            return found.is_none() == wants_missing;
        }
        let Some(found) = found else {
            return match self.quantifier {
                Quantifier::ForAll => true,
                Quantifier::ForAny => false,
                Quantifier::One => self.negated || self.if_exists,
            };
        };
        // A negated operator holds where none of the policy's values fits.
        let fits =
            |value: &String| self.values.iter().any(|wanted| self.matches(wanted, value)) != self.negated;
        match self.quantifier {
            Quantifier::ForAll => found.iter().all(fits),
            Quantifier::One | Quantifier::ForAny => found.iter().any(fits),
        }
    }

    fn matches(&self, wanted: &str, value: &str) -> bool {
        match self.test {
            Test::Equals => wanted == value,
            Test::EqualsIgnoringCase => wanted.eq_ignore_ascii_case(value),
            Test::Like => glob(wanted, value),
            Test::Null => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(block: Value, context: &Context) -> bool {
        Condition::read_all(Some(&block))
            .unwrap()
            .iter()
            .all(|condition| condition.holds(&Context::new(), context))
    }

    #[test]
    fn operators() {
        let context = Context::new()
            .with("kms:EncryptionContext:purpose", vec!["content".to_owned()])
            .with("kms:EncryptionContextKeys", vec!["practice".to_owned(), "purpose".to_owned()]);
        let equals = |value: &str| json!({"StringEquals": {"kms:EncryptionContext:purpose": value}});
        assert!(holds(equals("content"), &context));
        assert!(!holds(equals("contact"), &context));
        assert!(holds(
            json!({"StringEquals": {"kms:EncryptionContext:purpose": ["a", "content"]}}),
            &context
        ));
        assert!(!holds(json!({"StringEquals": {"kms:ViaService": "x"}}), &context));
        assert!(holds(json!({"StringNotEquals": {"kms:ViaService": "x"}}), &context));
        assert!(holds(json!({"StringEqualsIfExists": {"kms:ViaService": "x"}}), &context));
        assert!(holds(json!({"Null": {"kms:ViaService": "true"}}), &context));
        assert!(holds(json!({"Null": {"kms:EncryptionContext:purpose": "false"}}), &context));
        let keys = |operator: &str, keys: &[&str]| json!({operator: {"kms:EncryptionContextKeys": keys}});
        assert!(holds(keys("ForAllValues:StringEquals", &["practice", "purpose", "v"]), &context));
        assert!(!holds(keys("ForAllValues:StringEquals", &["practice"]), &context));
        assert!(holds(keys("ForAnyValue:StringEquals", &["practice"]), &context));
    }

    #[test]
    fn an_unknown_operator_is_an_error() {
        assert!(Condition::read_all(Some(&json!({"DateGreaterThan": {"aws:CurrentTime": "x"}}))).is_err());
    }
}
