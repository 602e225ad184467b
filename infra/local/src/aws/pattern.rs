//! Event patterns: Lambda's `FilterCriteria` and, with the same operators, SNS filter policies.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use serde_json::Value;

/// Whether an event passes a filter pattern.
pub(crate) fn matches(pattern: &Value, event: &Value) -> bool {
    let Some(members) = pattern.as_object() else { return false };
    members.iter().all(|(name, wanted)| match (name.as_str(), wanted) {
        ("$or", Value::Array(alternatives)) => {
            alternatives.iter().any(|alternative| matches(alternative, event))
        }
        (_, Value::Object(_)) => event.get(name).is_some_and(|inner| matches(wanted, inner)),
        (_, Value::Array(alternatives)) => any(alternatives, event.get(name)),
        _ => false,
    })
}

/// Whether one of the alternatives fits the value; a list fits by any of its items.
pub(crate) fn any(alternatives: &[Value], value: Option<&Value>) -> bool {
    alternatives.iter().any(|wanted| match value {
        Some(Value::Array(items)) if wanted.get("exists").is_none() => {
            items.iter().any(|item| fits(wanted, Some(item)))
        }
        other => fits(wanted, other),
    })
}

fn fits(wanted: &Value, value: Option<&Value>) -> bool {
    let Value::Object(operator) = wanted else { return value == Some(wanted) };
    let Some((name, argument)) = operator.iter().next() else { return false };
    let text = value.and_then(Value::as_str);
    match name.as_str() {
        "exists" => value.is_some() == argument.as_bool().unwrap_or(true),
        "prefix" => affix(argument, text, |text, affix| text.starts_with(affix)),
        "suffix" => affix(argument, text, |text, affix| text.ends_with(affix)),
        "equals-ignore-case" => affix(argument, text, str::eq_ignore_ascii_case),
        "anything-but" => value.is_some_and(|value| match argument {
            Value::Array(items) => !items.contains(value),
            Value::Object(_) => !fits(argument, Some(value)),
            single => single != value,
        }),
        "numeric" => numeric(argument, value),
        _ => false,
    }
}

fn affix(argument: &Value, text: Option<&str>, test: impl Fn(&str, &str) -> bool) -> bool {
    match (argument.as_str(), text) {
        (Some(affix), Some(text)) => test(text, affix),
        _ => false,
    }
}

fn numeric(argument: &Value, value: Option<&Value>) -> bool {
    let number = match value {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let (Some(number), Some(rules)) = (number, argument.as_array()) else { return false };
    rules.chunks(2).all(|rule| match rule {
        [Value::String(operator), bound] => bound.as_f64().is_some_and(|bound| match operator.as_str() {
            "=" => number == bound,
            "<" => number < bound,
            "<=" => number <= bound,
            ">" => number > bound,
            ">=" => number >= bound,
            _ => false,
        }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outbox_inserts() {
        let pattern =
            json!({"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "OUTBOX#"}]}}}});
        let event =
            |name: &str, pk: &str| json!({"eventName": name, "dynamodb": {"Keys": {"PK": {"S": pk}}}});
        assert!(matches(&pattern, &event("INSERT", "OUTBOX#prc_1#x")));
        assert!(!matches(&pattern, &event("MODIFY", "OUTBOX#prc_1#x")));
        assert!(!matches(&pattern, &event("INSERT", "CONV#prc_1#x")));
        assert!(!matches(&pattern, &json!({"eventName": "INSERT"})));
    }

    #[test]
    fn operators() {
        let passes = |wanted: Value, value: Value| matches(&json!({"a": [wanted]}), &json!({ "a": value }));
        assert!(passes(json!("x"), json!("x")));
        assert!(passes(json!({"suffix": "z"}), json!("xyz")));
        assert!(passes(json!({"anything-but": ["x", "y"]}), json!("z")));
        assert!(!passes(json!({"anything-but": {"prefix": "z"}}), json!("zz")));
        assert!(passes(json!({"numeric": [">", 1, "<=", 3]}), json!(3)));
        assert!(!passes(json!({"numeric": [">", 1, "<=", 3]}), json!(1)));
        assert!(passes(json!({"exists": true}), json!(null)));
        assert!(matches(&json!({"b": [{"exists": false}]}), &json!({"a": 1})));
        assert!(passes(json!("x"), json!(["w", "x"])));
        assert!(matches(&json!({"$or": [{"a": ["x"]}, {"b": ["y"]}]}), &json!({"b": "y"})));
    }
}
