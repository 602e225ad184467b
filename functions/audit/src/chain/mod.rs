//! From events to evidence: links each practice's events into a chain without gaps, keeps them in a store that is locked
//! for years, and signs how far the chain has come.
//!
//! The segment items of the chain are the truth. A schedule looks for new events each minute, links, keeps and signs
//! them; the stream brings what it does not find, and whatever was changed or removed. Whatever comes twice, at once or only half changes nothing:
//! an index is given by creating an item that did not exist.

mod keep;
mod link;
mod note;
mod stream;
mod tick;

use platform::{
    archive::{Archive, ArchiveError},
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    signer::{SignError, Signer},
    store::{Store, StoreError},
};
use serde_json::Value;

/// What the function works with: built once.
pub struct State {
    store: Store,
    archive: Archive,
    signer: Signer,
    clock: Clock,
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
        environment.required("AUDIT_TABLE")?;
        Ok(Self {
            store: Store::of_function(environment, sdk, entropy)?,
            archive: Archive::of_environment(environment, sdk)?,
            signer: Signer::of_environment(environment, sdk)?,
            clock,
        })
    }
}

/// Why a practice's log did not come further. It does with the next event or tick.
#[derive(Debug, thiserror::Error)]
enum ChainError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The locked store.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The signing key.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Takes a batch of the audit table's stream and answers which record to begin again with, or takes a tick of the
/// schedule and answers what it did.
///
/// # Errors
/// For an event that is neither, and for a tick that did not come to its end with every practice.
pub async fn handle(state: &State, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_some() {
        return Box::pin(stream::take(state, serde_json::from_value(event)?)).await;
    }
    if event.get("source").and_then(Value::as_str) == Some("aws.events") {
        return Box::pin(tick::tick(state)).await;
    }
    Err("the event is neither a stream batch nor a tick".into())
}

/// Says that something in the log is not as it was written. The field is what the alarm counts.
fn cry(changed: usize, message: &'static str) {
    tracing::error!(audit_changed = changed, "{message}");
}
