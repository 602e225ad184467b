//! Which stack is meant, and with whose credentials.

use std::{collections::BTreeMap, io::Read, path::Path};

use aws_config::{BehaviorVersion, Region, SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use platform::config::Environment;
use serde::Deserialize;

use crate::cli::StackArgs;

/// Why the stack is not known.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The outputs cannot be read.
    #[error("{file}: cannot be read")]
    Read {
        /// Which file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// They are not what the AWS CLI prints.
    #[error("{file}: not the outputs of a stack; print them with --query 'Stacks[0].Outputs' --output json")]
    Format {
        /// Which file.
        file: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A value is neither given nor among the outputs.
    #[error("{flag} is missing: give it, {variable}, or the stack's --outputs")]
    Missing {
        /// The option.
        flag: &'static str,
        /// The variable.
        variable: &'static str,
    },
}

/// A stack as far as the operator needs it.
#[derive(Debug)]
pub struct Stack {
    values: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

/// Variable, option and name of the output.
const NEEDED: [(&str, &str, &str); 3] = [
    ("CHAT_TABLE", "--chat-table", "ChatTable"),
    ("AUDIT_TABLE", "--audit-table", "AuditTable"),
    ("ENVELOPE_KEY_ARN", "--envelope-key-arn", "EnvelopeKeyArn"),
];

impl Stack {
    /// From the options; what they leave open comes from the outputs.
    ///
    /// # Errors
    /// [`StackError`].
    pub fn resolve(arguments: &StackArgs) -> Result<Self, StackError> {
        let outputs = match &arguments.outputs {
            Some(file) => read_outputs(file)?,
            None => BTreeMap::new(),
        };
        let given = |option: &Option<String>, output: &str| {
            let option = option.clone().filter(|text| !text.is_empty());
            option.or_else(|| outputs.get(output).cloned())
        };
        let options = [&arguments.chat_table, &arguments.audit_table, &arguments.envelope_key_arn];
        let mut values = BTreeMap::new();
        for ((variable, flag, output), option) in NEEDED.into_iter().zip(options) {
            let value = given(option, output).ok_or(StackError::Missing { flag, variable })?;
            values.insert(variable.to_owned(), value);
        }
        let role = given(&arguments.operator_role_arn, "OperatorRoleArn");
        values.extend(role.map(|role| ("OPERATOR_ROLE_ARN".to_owned(), role)));
        let origin = given(&arguments.public_origin, "PublicOrigin");
        values.extend(origin.map(|origin| ("PUBLIC_ORIGIN".to_owned(), origin)));
        Ok(Self { values })
    }

    /// The same as environment variables of a function.
    pub fn environment(&self) -> Environment {
        Environment::from_map(self.values.clone())
    }

    /// Where patients and staff go, if it is known.
    pub fn public_origin(&self) -> Option<&str> {
        self.values.get("PUBLIC_ORIGIN").map(String::as_str)
    }

    /// The SDK's own search for credentials, then the operator's role.
    pub async fn sdk_config(&self, arguments: &StackArgs) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = arguments.profile.as_ref().filter(|text| !text.is_empty()) {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = arguments.region.as_ref().filter(|text| !text.is_empty()) {
            loader = loader.region(Region::new(region.clone()));
        }
        let own = loader.load().await;
        let Some(role) = self.values.get("OPERATOR_ROLE_ARN") else { return own };
        let provider = AssumeRoleProvider::builder(role).session_name("admin").configure(&own).build().await;
        let provider = SharedCredentialsProvider::new(provider);
        own.to_builder().credentials_provider(provider).build()
    }
}

fn read_outputs(file: &Path) -> Result<BTreeMap<String, String>, StackError> {
    let name = || file.display().to_string();
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(|source| StackError::Read { file: name(), source })?;
    let outputs: Vec<Output> =
        serde_json::from_str(&text).map_err(|source| StackError::Format { file: name(), source })?;
    Ok(outputs.into_iter().map(|output| (output.output_key, output.output_value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(outputs: &str) -> (tempfile::NamedTempFile, StackArgs) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), outputs).expect("written");
        let arguments = StackArgs { outputs: Some(file.path().to_owned()), ..StackArgs::default() };
        (file, arguments)
    }

    #[test]
    fn options_come_before_the_outputs_of_the_stack() {
        let (_file, mut arguments) = arguments(
            r#"[{"OutputKey": "ChatTable", "OutputValue": "stack-Chat-1", "Description": "…"},
                {"OutputKey": "AuditTable", "OutputValue": "stack-Audit-1"},
                {"OutputKey": "EnvelopeKeyArn", "OutputValue": "arn:aws:kms:us-east-1:000000000000:key/1"},
                {"OutputKey": "PublicOrigin", "OutputValue": "https://chat.example.org"}]"#,
        );
        arguments.audit_table = Some("mine".to_owned());
        let stack = Stack::resolve(&arguments).expect("all is there");
        let environment = stack.environment();
        assert_eq!(environment.required("CHAT_TABLE"), Ok("stack-Chat-1"));
        assert_eq!(environment.required("AUDIT_TABLE"), Ok("mine"));
        assert_eq!(stack.public_origin(), Some("https://chat.example.org"));
        assert_eq!(environment.optional("OPERATOR_ROLE_ARN"), None);
    }

    #[test]
    fn what_is_missing_names_itself() {
        let error = Stack::resolve(&StackArgs::default()).expect_err("nothing is there");
        assert_eq!(
            error.to_string(),
            "--chat-table is missing: give it, CHAT_TABLE, or the stack's --outputs"
        );
        let (_file, wrong) = arguments(r#"{"Stacks": []}"#);
        let error = Stack::resolve(&wrong).expect_err("not the outputs");
        assert!(error.to_string().contains("not the outputs of a stack"), "{error}");
        let gone = StackArgs { outputs: Some("/nowhere/outputs.json".into()), ..StackArgs::default() };
        let error = Stack::resolve(&gone).expect_err("no file");
        assert_eq!(error.to_string(), "/nowhere/outputs.json: cannot be read");
    }
}
