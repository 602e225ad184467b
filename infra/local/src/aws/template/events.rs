//! What invokes a function: streams, queues and schedules. HTTP events are the routers' own business.

use serde_json::Value;

use super::resources::list;
use super::{TemplateError, flag, number, text};

/// One event of a function.
#[derive(Debug, Clone)]
pub enum Event {
    /// A route of the HTTP API.
    Http {
        /// Upper-case method or `ANY`.
        method: String,
        /// Path pattern.
        path: String,
    },
    /// A DynamoDB stream.
    Stream(StreamSource),
    /// An SQS queue.
    Queue(QueueSource),
    /// A schedule.
    Schedule(Schedule),
}

/// An event source mapping from a table's stream.
#[derive(Debug, Clone)]
pub struct StreamSource {
    /// Event name in the template.
    pub name: String,
    /// Stream ARN.
    pub arn: String,
    /// Records in one batch at most.
    pub batch_size: usize,
    /// `FilterCriteria` patterns, each parsed; a record passes where one fits. Empty: everything passes.
    pub filters: Vec<Value>,
    /// Attempts after the first; `None` until the record is too old.
    pub max_retries: Option<i64>,
    /// Seconds after which a record is given up; `None` is the stream's own day.
    pub max_age_seconds: Option<i64>,
    /// Whether a failed batch is retried in halves.
    pub bisect: bool,
    /// Whether the function answers with the records that failed.
    pub report_failures: bool,
    /// ARN of the queue or topic that gets a notice of what was given up.
    pub on_failure: Option<String>,
    /// Whether it is an event of the function, to which SAM itself adds the permissions.
    pub granted: bool,
}

/// An event source mapping from a queue.
#[derive(Debug, Clone)]
pub struct QueueSource {
    /// Event name in the template.
    pub name: String,
    /// Queue ARN.
    pub arn: String,
    /// Messages in one batch at most.
    pub batch_size: usize,
    /// Whether the function answers with the messages that failed.
    pub report_failures: bool,
    /// Batches at the same time at most.
    pub max_concurrency: Option<i64>,
    /// Whether it is an event of the function, to which SAM itself adds the permissions.
    pub granted: bool,
}

/// A `rate(…)` schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Event name in the template.
    pub name: String,
    /// Seconds between two ticks.
    pub every_seconds: i64,
    /// The event's text instead of EventBridge's own.
    pub input: Option<String>,
}

pub(super) fn read(logical: &str, properties: &Value) -> Result<Vec<Event>, TemplateError> {
    let Some(events) = properties.get("Events").and_then(Value::as_object) else { return Ok(Vec::new()) };
    let mut read = Vec::new();
    for (name, event) in events {
        let none = Value::Null;
        let properties = event.get("Properties").unwrap_or(&none);
        if text(properties, "Enabled").is_some_and(|enabled| enabled == "false")
            || text(properties, "State").is_some_and(|state| state == "DISABLED")
        {
            continue;
        }
        read.push(match text(event, "Type").as_deref() {
            Some("HttpApi") => Event::Http {
                method: text(properties, "Method").unwrap_or_else(|| "ANY".to_owned()).to_uppercase(),
                path: text(properties, "Path").unwrap_or_else(|| "/{proxy+}".to_owned()),
            },
            Some("DynamoDB") => {
                let arn = text(properties, "Stream").unwrap_or_default();
                Event::Stream(StreamSource { granted: true, ..stream(logical, name, arn, properties)? })
            }
            Some("SQS") => {
                let arn = text(properties, "Queue").unwrap_or_default();
                Event::Queue(QueueSource { granted: true, ..queue(name, arn, properties) })
            }
            Some("Schedule") => {
                Event::Schedule(schedule(logical, name, text(properties, "Schedule"), properties)?)
            }
            Some("ScheduleV2") => {
                Event::Schedule(schedule(logical, name, text(properties, "ScheduleExpression"), properties)?)
            }
            other => {
                let kind = other.unwrap_or("without a type");
                return Err(TemplateError::resource(
                    logical,
                    format!("local AWS does not play events {kind}"),
                ));
            }
        });
    }
    Ok(read)
}

/// Reads an `AWS::Lambda::EventSourceMapping`: the function's name or ARN, and the event.
pub(super) fn mapping(logical: &str, properties: &Value) -> Result<(String, Event), TemplateError> {
    let function = text(properties, "FunctionName").unwrap_or_default();
    let arn = text(properties, "EventSourceArn").unwrap_or_default();
    let event = if arn.contains(":sqs:") {
        Event::Queue(queue(logical, arn, properties))
    } else if arn.contains(":dynamodb:") {
        Event::Stream(stream(logical, logical, arn, properties)?)
    } else {
        return Err(TemplateError::resource(logical, format!("local AWS does not play events from {arn}")));
    };
    Ok((function, event))
}

fn queue(name: &str, arn: String, properties: &Value) -> QueueSource {
    QueueSource {
        name: name.to_owned(),
        arn,
        batch_size: size(properties, 10),
        report_failures: reports(properties),
        max_concurrency: properties
            .get("ScalingConfig")
            .and_then(|config| number(config, "MaximumConcurrency")),
        granted: false,
    }
}

fn size(properties: &Value, default: usize) -> usize {
    number(properties, "BatchSize").and_then(|size| usize::try_from(size).ok()).unwrap_or(default).max(1)
}

fn reports(properties: &Value) -> bool {
    list(properties, "FunctionResponseTypes").any(|kind| kind == "ReportBatchItemFailures")
}

fn stream(logical: &str, name: &str, arn: String, properties: &Value) -> Result<StreamSource, TemplateError> {
    let mut filters = Vec::new();
    if let Some(criteria) = properties.get("FilterCriteria") {
        for filter in list(criteria, "Filters") {
            let pattern = text(filter, "Pattern").unwrap_or_default();
            let pattern = serde_json::from_str(&pattern).map_err(|error| {
                TemplateError::resource(logical, format!("event {name}: the filter pattern: {error}"))
            })?;
            filters.push(pattern);
        }
    }
    let limit = |member: &str| number(properties, member).filter(|value| *value >= 0);
    Ok(StreamSource {
        name: name.to_owned(),
        arn,
        batch_size: size(properties, 100),
        filters,
        max_retries: limit("MaximumRetryAttempts"),
        max_age_seconds: limit("MaximumRecordAgeInSeconds"),
        bisect: flag(properties, "BisectBatchOnFunctionError"),
        report_failures: reports(properties),
        on_failure: properties
            .get("DestinationConfig")
            .and_then(|config| config.get("OnFailure"))
            .and_then(|target| text(target, "Destination")),
        granted: false,
    })
}

fn schedule(
    logical: &str,
    name: &str,
    expression: Option<String>,
    properties: &Value,
) -> Result<Schedule, TemplateError> {
    let expression = expression.unwrap_or_default();
    let every_seconds = rate_seconds(&expression).ok_or_else(|| {
        TemplateError::resource(
            logical,
            format!("event {name}: local AWS plays rate(…) schedules, not {expression}"),
        )
    })?;
    Ok(Schedule { name: name.to_owned(), every_seconds, input: text(properties, "Input") })
}

fn rate_seconds(expression: &str) -> Option<i64> {
    let inner = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inner.trim().split_once(' ')?;
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    let unit = match unit.trim().trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    Some(count * unit)
}
