//! The part that no HTTP request reaches: sends texts when they are due, and takes the texts that come in.
//!
//! Whether a text leaves is decided when it does, by everything that holds at that moment. A crash after a provider has
//! accepted a text may send it once more; nothing else does.

pub(crate) mod consider;
mod send;
mod tick;

use platform::{
    App,
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    keys::KeyError,
    sms::SmsSender,
    store::StoreError,
};
use serde_json::Value;

/// What the function works with: built once.
pub struct State {
    app: App,
    sms: SmsSender,
}

impl State {
    /// From the environment and an SDK configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the first variable that is missing or malformed.
    pub fn new(
        environment: &Environment,
        sdk: &SdkConfig,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            app: App::without_edge(environment, sdk, clock, entropy)?,
            sms: SmsSender::from_environment(environment, sdk)?,
        })
    }
}

/// Why a text could not be considered now. It stays due.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The tables.
    #[error("a text could not be considered")]
    Store(#[from] StoreError),
    /// The keys.
    #[error("a text could not be opened")]
    Keys(#[from] KeyError),
    /// A practice whose profile was stored by something that does not check, or a text that is missing.
    #[error("a text could not be written: {0}")]
    Writing(&'static str),
}

/// Takes a tick of the schedule.
///
/// # Errors
/// For an event that is no tick, and where not every due text was considered: those stay due.
pub async fn handle(state: &State, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("source").and_then(Value::as_str) == Some("aws.events") {
        return Box::pin(tick::tick(state)).await;
    }
    Err("the event is no tick".into())
}
