//! Events between functions: what the topic carries. Ids only.

use aws_sdk_sns::{Client, error::ProvideErrorMetadata, types::MessageAttributeValue};
use domain::id::PracticeId;
use serde::{Deserialize, Serialize};

use crate::{
    aws::SdkConfig,
    config::{ConfigError, Environment},
};

/// The message attribute that an event which waits carries, and its value. The subscriptions of template.yaml choose by it.
const PACE: &str = "pace";
const AFTER_UNDO: &str = "after_undo";

/// When an event reaches its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// At once.
    Now,
    /// When the sender of a message can no longer undo it.
    AfterUndo,
}

/// The version of the shape that this code writes and reads.
const VERSION: u32 = 1;

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

impl Event {
    /// The event of an outbox item.
    pub const fn outbox(practice: PracticeId, id: String) -> Self {
        Self::Outbox { v: VERSION, practice, id }
    }

    /// Reads an event as a queue brings it.
    ///
    /// # Errors
    /// [`UnknownEvent`] for another shape, kind or version. It does not quote the text.
    pub fn parse(text: &str) -> Result<Self, UnknownEvent> {
        let event: Self = serde_json::from_str(text).map_err(|_| UnknownEvent)?;
        let Self::Outbox { v, .. } = &event;
        if *v == VERSION { Ok(event) } else { Err(UnknownEvent) }
    }
}

/// A text that is no event of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event of this version")]
pub struct UnknownEvent;

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

    /// The topic named by `EVENTS_TOPIC_ARN`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_environment(environment: &Environment, sdk: &SdkConfig) -> Result<Self, ConfigError> {
        let arn = environment.parsed("EVENTS_TOPIC_ARN", "is not the ARN of an SNS topic", |text| {
            (text.starts_with("arn:") && text.contains(":sns:")).then(|| text.to_owned())
        })?;
        Ok(Self::new(Client::new(sdk), arn))
    }

    /// Publishes an event.
    ///
    /// # Errors
    /// [`PublishError`]: whoever brought the event brings it again.
    pub async fn publish(&self, event: &Event, pace: Pace) -> Result<(), PublishError> {
        let message = serde_json::to_string(event).map_err(|error| PublishError(error.into()))?;
        let publish = self.client.publish().topic_arn(&self.arn).message(message);
        let publish = match pace {
            Pace::Now => publish,
            Pace::AfterUndo => publish.message_attributes(PACE, waiting()?),
        };
        let answer = publish.send().await;
        answer.map(drop).map_err(|error| {
            tracing::warn!(error.code = error.code().unwrap_or("none"), "an event was not published");
            PublishError(error.into())
        })
    }
}

fn waiting() -> Result<MessageAttributeValue, PublishError> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(AFTER_UNDO).build();
    value.map_err(|error| PublishError(error.into()))
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    #[test]
    fn only_this_version_of_an_event_is_read() {
        let practice = PracticeId::new(Timestamp::from_millis(0), [1; 10]);
        let event = Event::outbox(practice, "abc".to_owned());
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text, format!(r#"{{"kind":"outbox","v":1,"practice":"{practice}","id":"abc"}}"#));
        assert_eq!(Event::parse(&text), Ok(event));
        for wrong in [
            String::new(),
            "null".to_owned(),
            text.replace(r#""v":1"#, r#""v":2"#),
            text.replace(r#""v":1"#, r#""v":"1""#),
            text.replace("outbox", "inbox"),
            text.replace("prc_", "pat_"),
            text.replace(r#""id""#, r#""more":1,"id""#),
        ] {
            assert_eq!(Event::parse(&wrong), Err(UnknownEvent), "{wrong}");
        }
    }
}
