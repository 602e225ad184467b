//! From the outbox to the topic.
//!
//! The outbox item is the truth; this function only wakes whoever sends it. The table's stream brings new items at
//! once, and a schedule asks the `due` index for those that no event has moved. An event carries ids alone, and one
//! that comes twice does no harm: who sends an item leases it first.

mod stream;
mod sweep;

use platform::{
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    events::{Event, Pace, PublishError, Topic},
    store::Store,
};
use serde_json::Value;

/// Events on their way to the topic at one time.
const PUBLISHED_AT_ONCE: usize = 16;

/// What the function works with: built once.
pub struct State {
    store: Store,
    topic: Topic,
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
        Ok(Self {
            store: Store::of_function(environment, sdk, entropy)?,
            topic: Topic::from_environment(environment, sdk)?,
            clock,
        })
    }

    async fn publish(&self, event: Event, pace: Pace) -> Result<(), PublishError> {
        self.topic.publish(&event, pace).await
    }
}

/// Takes a batch of the table's stream and answers which record to begin again with, or takes a tick of the schedule
/// and answers what it found.
///
/// # Errors
/// For an event that is neither, and for a tick whose items were not all published: they stay due.
pub async fn handle(state: &State, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_some() {
        return stream::relay(state, serde_json::from_value(event)?).await;
    }
    if event.get("source").and_then(Value::as_str) == Some("aws.events") {
        return sweep::sweep(state).await;
    }
    Err("the event is neither a stream batch nor a tick".into())
}
