//! YAML with CloudFormation's short tags, as plain JSON.
//!
//! `!Ref X` becomes `{"Ref":"X"}`, `!GetAtt A.B` becomes `{"Fn::GetAtt":["A","B"]}` and so on, so that the
//! resolver knows one form only.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

use super::TemplateError;

/// Parses template text.
pub(crate) fn parse(text: &str) -> Result<Value, TemplateError> {
    let yaml: Yaml = serde_yaml_ng::from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
    to_json(yaml)
}

fn to_json(yaml: Yaml) -> Result<Value, TemplateError> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => {
            serde_json::to_value(&number).map_err(|error| TemplateError::Yaml(error.to_string()))?
        }
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(to_json).collect::<Result<_, _>>()?),
        Yaml::Mapping(mapping) => {
            let mut map = Map::new();
            for (key, value) in mapping {
                map.insert(key_text(key)?, to_json(value)?);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => short_tag(&tagged.tag.to_string(), to_json(tagged.value)?)?,
    })
}

fn key_text(key: Yaml) -> Result<String, TemplateError> {
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(value) => Ok(value.to_string()),
        other => Err(TemplateError::Yaml(format!("a key that is not text: {other:?}"))),
    }
}

fn short_tag(tag: &str, value: Value) -> Result<Value, TemplateError> {
    let name = tag.trim_start_matches('!');
    let (long, value) = match (name, value) {
        ("Ref", value) => ("Ref".to_owned(), value),
        ("Condition", value) => ("Condition".to_owned(), value),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path
                .split_once('.')
                .ok_or_else(|| TemplateError::Intrinsic("GetAtt", format!("{path} has no attribute")))?;
            ("Fn::GetAtt".to_owned(), Value::from(vec![resource, attribute]))
        }
        (
            "GetAtt" | "Sub" | "Join" | "If" | "Equals" | "And" | "Or" | "Not" | "Select" | "Split"
            | "FindInMap" | "Base64" | "ImportValue" | "GetAZs" | "Cidr" | "Transform",
            value,
        ) => (format!("Fn::{name}"), value),
        (other, _) => {
            return Err(TemplateError::Yaml(format!("the tag !{other} is not one of CloudFormation's")));
        }
    };
    let mut map = Map::new();
    map.insert(long, value);
    Ok(Value::Object(map))
}
