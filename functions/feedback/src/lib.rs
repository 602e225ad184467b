//! What providers report of messages that they took: delivered, bounced, blocked, complained of.
//!
//! The reports come from two topics, one for mail and one for texts, through one queue. Nothing in them is believed but
//! the provider's id of a message and what became of it: the id leads to what this product wrote down when the provider
//! took the message, and only that says whose it was. A report whose message is not written down yet comes again; one that
//! never finds its message, and one that is no report at all, is counted and forgotten. It unwraps no key and reads no
//! address.

mod report;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use platform::{
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    store::{Store, StoreError, posted::Reported},
};
use serde::Deserialize;
use serde_json::{Value, json};

use self::report::{Reading, Topics};

/// Reports of one batch that are worked on at one time.
const AT_ONCE: usize = 10;
/// How long one report may take. It ends before Lambda would end all of its batch, at 10 s.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a report waits for its message to be written down. Whoever sends it holds it for a minute at most.
const WAIT_SECONDS: i64 = 600;

/// What the function works with: built once.
pub struct State {
    store: Store,
    clock: Clock,
    topics: Topics,
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
        let topic = |name| {
            environment.parsed(name, "is not the ARN of an SNS topic", |text| {
                (text.starts_with("arn:") && text.contains(":sns:")).then(|| text.to_owned())
            })
        };
        // What got lost is written down.
        environment.required("AUDIT_TABLE")?;
        Ok(Self {
            store: Store::of_function(environment, sdk, entropy)?,
            clock,
            topics: Topics { mail: topic("MAIL_EVENTS_TOPIC_ARN")?, texts: topic("SMS_EVENTS_TOPIC_ARN")? },
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
    #[serde(default)]
    attributes: Value,
}

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It was news.
    Noted,
    /// It was known, or says nothing that counts.
    Idle,
    /// It is about no message of this product.
    Unknown,
    /// It is no report.
    Refused,
    /// Its message is not written down yet, or the store failed: it comes again.
    Again,
}

/// Works on a batch of the queue and answers which reports have to come again. Each is on its own.
///
/// # Errors
/// If the event is no batch of a queue.
pub async fn handle(state: &State, event: Value) -> Result<Value, lambda_runtime::Error> {
    let batch: Batch = serde_json::from_value(event)?;
    let outcomes: Vec<(&str, Outcome)> = stream::iter(&batch.records)
        .map(async |record| (record.message_id.as_str(), on_record(state, record).await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let count = |wanted| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
    tracing::info!(
        feedback.reports = outcomes.len(),
        feedback.noted = count(Outcome::Noted),
        feedback.unknown = count(Outcome::Unknown),
        feedback.again = count(Outcome::Again),
        feedback_refused = count(Outcome::Refused),
        "reports of providers were taken in"
    );
    let again = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Again);
    let failures: Vec<Value> = again.map(|(id, _)| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": failures }))
}

async fn on_record(state: &State, record: &Record) -> Outcome {
    let message = record.message_id.as_str();
    let (id, fate) = match report::read(record.body.as_str().unwrap_or_default(), &state.topics) {
        Reading::Report { id, fate } => (id, fate),
        Reading::Nothing => return Outcome::Idle,
        Reading::Refused(why) => {
            tracing::warn!(
                queue.message = message,
                feedback.why = why,
                "a message of the queue is no report"
            );
            return Outcome::Refused;
        }
    };
    let work = async {
        let Some(posted) = state.store.posted(&id).await? else { return Ok(None) };
        let reported = state.store.report(&id, &posted, fate, state.clock.now()).await?;
        Ok::<_, StoreError>(Some((posted, reported)))
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(Some((posted, reported)))) => {
            tracing::info!(
                practice.id = %posted.practice,
                outbox.id = posted.outbox,
                feedback.fate = fate.as_str(),
                feedback.is_news = reported == Reported::Noted,
                "a provider reported on a message"
            );
            if reported == Reported::Noted { Outcome::Noted } else { Outcome::Idle }
        }
        Ok(Ok(None)) if age_seconds(state, record) < WAIT_SECONDS => Outcome::Again,
        Ok(Ok(None)) => Outcome::Unknown,
        Ok(Err(error)) => {
            tracing::error!(queue.message = message, error = %error, "a report was not taken in");
            Outcome::Again
        }
        Err(_) => {
            tracing::error!(queue.message = message, "a report took too long");
            Outcome::Again
        }
    }
}

/// How long the queue has had a message. Without a readable time it is old: nothing comes again for ever.
fn age_seconds(state: &State, record: &Record) -> i64 {
    let sent = record.attributes["SentTimestamp"].as_str().and_then(|text| text.parse::<i64>().ok());
    sent.map_or(WAIT_SECONDS, |sent| state.clock.now().as_millis().saturating_sub(sent) / 1_000)
}
