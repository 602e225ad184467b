//! Configuration from the environment, read once at the start. A bad variable names itself and stops the start.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::constant_time;

/// The environment variables of one function.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// A variable that is missing or malformed. It never shows the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {variable}: {problem}")]
pub struct ConfigError {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Environment {
    /// The environment of this process.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        )
    }

    /// A given environment, for running functions inside another process.
    pub fn from_map(variables: BTreeMap<String, String>) -> Self {
        Self(variables)
    }

    /// The value of a variable, if it is set and not empty.
    pub fn optional(&self, variable: &'static str) -> Option<&str> {
        self.0.get(variable).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// The value of a variable that must be there.
    ///
    /// # Errors
    /// [`ConfigError`] if it is missing or empty.
    pub fn required(&self, variable: &'static str) -> Result<&str, ConfigError> {
        self.optional(variable).ok_or(ConfigError { variable, problem: "is missing" })
    }

    /// The value of a variable in a type.
    ///
    /// # Errors
    /// [`ConfigError`] if it is missing, or malformed with `problem` as the reason.
    pub fn parsed<T>(
        &self,
        variable: &'static str,
        problem: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        parse(self.required(variable)?).ok_or(ConfigError { variable, problem })
    }
}

/// The one origin that links point to and that browsers may call from, such as `https://chat.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Parses scheme and authority without a path. Plain http is for the local machine alone.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let host = authority.split(':').next().unwrap_or_default();
        let local = host == "localhost" || host == "127.0.0.1";
        let plain = !authority.is_empty()
            && authority
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':'));
        (plain && (scheme == "https" || (scheme == "http" && local))).then(|| Self(text.to_owned()))
    }

    /// The text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without scheme and port.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        authority.split(':').next().unwrap_or(authority)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secrets that the edge adds to each request, so that nobody reaches the API around it. Two are valid
/// while one replaces the other.
#[derive(Clone)]
pub struct OriginSecrets(Vec<String>);

impl OriginSecrets {
    /// Parses one or two secrets of at least 16 characters, separated by a comma.
    pub fn parse(text: &str) -> Option<Self> {
        let secrets: Vec<String> =
            text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
        let fits = (1..=2).contains(&secrets.len()) && secrets.iter().all(|s| s.len() >= 16);
        fits.then_some(Self(secrets))
    }

    /// No secret at all: nothing is accepted.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether this is one of them, in a time that does not depend on where they differ.
    pub fn accept(&self, offered: &[u8]) -> bool {
        self.0.iter().fold(false, |found, secret| {
            constant_time::verify_slices_are_equal(secret.as_bytes(), offered).is_ok() | found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_variable_names_itself_and_not_its_value() {
        let environment = Environment::from_map([("A".to_owned(), String::new())].into());
        let error = environment.required("A").expect_err("empty");
        assert_eq!(error.to_string(), "environment variable A: is missing");
        let environment = Environment::from_map([("A".to_owned(), "s3cret".to_owned())].into());
        let error =
            environment.parsed("A", "is not a number", |t| t.parse::<u8>().ok()).expect_err("malformed");
        assert_eq!(error.to_string(), "environment variable A: is not a number");
    }

    #[test]
    fn origins_are_https_but_on_this_machine() {
        assert!(Origin::parse("https://chat.example.org").is_some_and(|o| o.host() == "chat.example.org"));
        assert!(Origin::parse("http://localhost:8080").is_some());
        for bad in [
            "http://chat.example.org",
            "https://",
            "chat.example.org",
            "https://a/b",
            "https://a b",
            "https://A",
        ] {
            assert!(Origin::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn both_origin_secrets_are_accepted_and_nothing_else() {
        let secrets = OriginSecrets::parse("0123456789abcdef,fedcba9876543210").expect("two secrets");
        assert!(secrets.accept(b"0123456789abcdef") && secrets.accept(b"fedcba9876543210"));
        assert!(!secrets.accept(b"") && !secrets.accept(b"0123456789abcdeg"));
        assert!(OriginSecrets::parse("short").is_none() && OriginSecrets::parse("").is_none());
    }
}
