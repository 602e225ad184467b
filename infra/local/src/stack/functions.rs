//! The functions of the template, in this process: each with its own environment and its own access key.

use std::time::Duration;

use axum::Router;
use platform::App;
use platform::clock::Clock;
use platform::config::{ConfigError, Environment};
use platform::entropy::Entropy;
use serde_json::Value;

use crate::aws::LocalAws;

/// Every function, ready to be called.
pub(crate) struct Functions {
    login: Router,
    messages: Router,
    roster: Router,
    relay: relay::State,
    notify: notify::State,
    feedback: feedback::State,
    audit: Router,
    chain: audit::chain::State,
    texts: Router,
    texter: texts::texter::State,
}

/// What functions are built from.
pub(super) struct Parts<'a> {
    pub(super) aws: &'a LocalAws,
    pub(super) clock: &'a Clock,
    pub(super) entropy: &'a Entropy,
}

impl Parts<'_> {
    fn environment(&self, function: &str) -> Environment {
        Environment::from_map(self.aws.environment(function))
    }

    fn app(&self, function: &str) -> Result<App, ConfigError> {
        let sdk = self.aws.sdk_config(function);
        App::new(&self.environment(function), &sdk, self.clock.clone(), self.entropy.clone())
    }
}

impl Functions {
    pub(super) fn build(parts: &Parts<'_>) -> Result<Self, ConfigError> {
        let state = |function: &str| {
            (
                parts.environment(function),
                parts.aws.sdk_config(function),
                parts.clock.clone(),
                parts.entropy.clone(),
            )
        };
        let (environment, sdk, clock, entropy) = state("RelayFunction");
        let relay = relay::State::new(&environment, &sdk, clock, entropy)?;
        let (environment, sdk, clock, entropy) = state("NotifyFunction");
        let notify = notify::State::new(&environment, &sdk, clock, entropy)?;
        let (environment, sdk, clock, entropy) = state("FeedbackFunction");
        let feedback = feedback::State::new(&environment, &sdk, clock, entropy)?;
        let (environment, sdk, clock, entropy) = state("ChainFunction");
        let chain = audit::chain::State::new(&environment, &sdk, clock, entropy)?;
        let (environment, sdk, clock, entropy) = state("TexterFunction");
        let texter = texts::texter::State::new(&environment, &sdk, clock, entropy)?;
        Ok(Self {
            login: login::router(parts.app("LoginFunction")?),
            messages: messages::router(parts.app("MessagesFunction")?),
            roster: roster::router(parts.app("RosterFunction")?),
            relay,
            notify,
            feedback,
            audit: audit::router(parts.app("AuditFunction")?),
            chain,
            texts: texts::router(parts.app("TextsFunction")?),
            texter,
        })
    }

    /// The router of an HTTP function, by its logical id.
    pub(crate) fn http(&self, function: &str) -> Option<&Router> {
        match function {
            "LoginFunction" => Some(&self.login),
            "MessagesFunction" => Some(&self.messages),
            "RosterFunction" => Some(&self.roster),
            "AuditFunction" => Some(&self.audit),
            "TextsFunction" => Some(&self.texts),
            _ => None,
        }
    }

    /// Whether there is a function with this logical id.
    pub(super) fn knows(function: &str) -> bool {
        matches!(
            function,
            "LoginFunction"
                | "MessagesFunction"
                | "RosterFunction"
                | "RelayFunction"
                | "NotifyFunction"
                | "FeedbackFunction"
                | "AuditFunction"
                | "ChainFunction"
                | "TextsFunction"
                | "TexterFunction"
        )
    }

    /// Hands an event to a function, for no longer than it may run.
    pub(super) async fn invoke(
        &self,
        function: &str,
        event: Value,
        timeout: Duration,
    ) -> Result<Value, String> {
        let work = async {
            match function {
                "RelayFunction" => relay::handle(&self.relay, event).await,
                "NotifyFunction" => notify::handle(&self.notify, event).await,
                "FeedbackFunction" => feedback::handle(&self.feedback, event).await,
                "ChainFunction" => audit::chain::handle(&self.chain, event).await,
                "TexterFunction" => texts::texter::handle(&self.texter, event).await,
                _ => Err(format!("{function} takes no events").into()),
            }
        };
        match tokio::time::timeout(timeout, work).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("Task timed out after {} seconds", timeout.as_secs())),
        }
    }
}
