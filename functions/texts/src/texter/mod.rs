//! The part that no HTTP request reaches: sends texts when they are due, and takes the texts that come in.
//!
//! Whether a text leaves is decided when it does, by everything that holds at that moment. A crash after a provider has
//! accepted a text may send it once more; nothing else does.

pub(crate) mod consider;
mod inbound;
mod send;
mod tick;

use domain::practice::Slug;
use platform::{
    App,
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    http::failure::Chain,
    keys::KeyError,
    sms::SmsSender,
    store::StoreError,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the function works with: built once.
pub struct State {
    app: App,
    sms: SmsSender,
    numbers: Vec<inbound::Own>,
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
        let mut app = App::without_edge(environment, sdk, clock, entropy)?;
        if environment.optional("DEFAULT_PRACTICE").is_some() {
            let slug = |text: &str| Slug::parse(text).ok();
            app.default_practice =
                Some(environment.parsed("DEFAULT_PRACTICE", "is not a short name", slug)?);
        }
        let numbers = match environment.optional("SMS_NUMBERS") {
            None => Vec::new(),
            Some(_) => {
                environment.parsed("SMS_NUMBERS", "is not a list of pool=+number", inbound::numbers)?
            }
        };
        Ok(Self { app, sms: SmsSender::from_environment(environment, sdk)?, numbers })
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

/// A batch of the queue (<https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>).
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    #[serde(default)]
    body: Value,
}

/// Takes in a batch of texts that came in, and answers which of them have to come again.
async fn take_in(state: &State, batch: Batch) -> Value {
    let mut failures = Vec::new();
    for record in &batch.records {
        let taken = inbound::take(state, record.body.as_str().unwrap_or_default()).await;
        let settled = match taken {
            Ok(Some(taken)) => {
                tracing::info!(inbound.taken = ?taken, "a text came in");
                true
            }
            // What is no text is left to the dead letters.
            Ok(None) => {
                tracing::error!(queue.message = record.message_id, "a message of the queue is no text");
                false
            }
            Err(error) => {
                tracing::error!(error.chain = %Chain(&error), "a text was not taken in");
                false
            }
        };
        if !settled {
            failures.push(json!({ "itemIdentifier": record.message_id }));
        }
    }
    json!({ "batchItemFailures": failures })
}

/// Takes a tick of the schedule, or a batch of texts that came in.
///
/// # Errors
/// For an event that is neither, and where not every due text was considered: those stay due.
pub async fn handle(state: &State, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("source").and_then(Value::as_str) == Some("aws.events") {
        return Box::pin(tick::tick(state)).await;
    }
    if event.get("Records").is_some() {
        return Ok(Box::pin(take_in(state, serde_json::from_value(event)?)).await);
    }
    Err("the event is neither a tick nor a batch".into())
}
