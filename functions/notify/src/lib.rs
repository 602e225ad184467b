//! From the outbox to people: notices and sign-in messages, by e-mail and text message.
//!
//! A queue brings events that name outbox items. Each is leased, decided upon at this very moment (whom the address
//! belongs to, which contacts the patient has, what was sent before), sent, and ended by one conditional write, so
//! that an event that comes five times sends once. What a provider refuses for now goes back to the outbox and comes
//! again through the `due` index; only what is no event at all is left to the dead-letter queue.
//!
//! A crash after a provider has accepted a message may send it once more; it is the same message then, with the same
//! link and code.

mod access_ends;
mod announce;
mod choose;
mod factors;
mod invite;
mod notice;
mod post;
mod sign_in;
mod work;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use platform::{
    App,
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    events::Event,
    mail::Mailer,
    sms::SmsSender,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Events of one batch that are worked on at one time.
const AT_ONCE: usize = 10;
/// How long one event may take. It ends before Lambda would end all of its batch, at 30 s.
const PATIENCE: Duration = Duration::from_secs(24);

/// What the function works with: built once.
pub struct State {
    app: App,
    mailer: Mailer,
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
            mailer: Mailer::from_environment(environment, sdk)?,
            sms: SmsSender::from_environment(environment, sdk)?,
        })
    }
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

/// Works on a batch of the queue and answers which messages have to come again. Each is on its own: none waits for
/// another, and none is lost with another.
///
/// # Errors
/// If the event is no batch of a queue.
pub async fn handle(state: &State, event: Value) -> Result<Value, lambda_runtime::Error> {
    let batch: Batch = serde_json::from_value(event)?;
    let failed: Vec<&str> = stream::iter(&batch.records)
        .map(async |record| (!settled(state, record).await).then_some(record.message_id.as_str()))
        .buffer_unordered(AT_ONCE)
        .filter_map(async |failed| failed)
        .collect()
        .await;
    tracing::info!(
        notify.events = batch.records.len(),
        notify.failed = failed.len(),
        "a batch was worked on"
    );
    let failures: Vec<Value> = failed.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": failures }))
}

/// Whether the queue may forget a message.
async fn settled(state: &State, record: &Record) -> bool {
    let message = record.message_id.as_str();
    let Ok(Event::Outbox { practice, id, .. }) = Event::parse(record.body.as_str().unwrap_or_default())
    else {
        tracing::error!(queue.message = message, "a message of the queue is no event of this version");
        return false;
    };
    match tokio::time::timeout(PATIENCE, work::on_item(state, practice, &id)).await {
        Ok(Ok(())) => true,
        Ok(Err(trouble)) => {
            tracing::error!(queue.message = message, error.chain = %trouble.chain(), "an event was not worked off");
            false
        }
        Err(_) => {
            tracing::error!(queue.message = message, "an event took too long");
            false
        }
    }
}
