//! Events between functions: what the topic carries. Ids only.

use aws_sdk_sns::{Client, error::ProvideErrorMetadata};
use domain::id::PracticeId;
use serde::{Deserialize, Serialize};

/// An event on the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// An outbox item waits.
    Outbox {
        /// Version of this shape.
        v: u32,
        /// The practice.
        practice: PracticeId,
        /// The id of the item.
        id: String,
    },
}

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
#[error("the event was not published")]
pub struct PublishError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The topic.
#[derive(Clone)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic with this ARN.
    pub const fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// Publishes an event.
    ///
    /// # Errors
    /// [`PublishError`]: whoever brought the event brings it again.
    pub async fn publish(&self, event: &Event) -> Result<(), PublishError> {
        let message = serde_json::to_string(event).map_err(|error| PublishError(error.into()))?;
        let answer = self.client.publish().topic_arn(&self.arn).message(message).send().await;
        answer.map(drop).map_err(|error| {
            tracing::warn!(error.code = error.code().unwrap_or("none"), "an event was not published");
            PublishError(error.into())
        })
    }
}
