//! Structured logs. Our own crates log at the configured level; everything else is capped at `info` here and
//! not by a variable, because an SDK at `trace` writes whole request bodies.

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, registry::Registry};

use crate::config::{ConfigError, Environment};

/// Crates of this product, whose log lines hold ids only.
const OWN: [&str; 10] =
    ["domain", "platform", "login", "messages", "roster", "relay", "notify", "audit", "local", "admin"];

/// What passes: our crates at `level`, others at `info` or less.
pub fn targets(level: Level) -> Targets {
    let others = LevelFilter::from_level(level).min(LevelFilter::INFO);
    OWN.into_iter().fold(Targets::new().with_default(others), |targets, own| targets.with_target(own, level))
}

/// Starts JSON logs on standard output, as Lambda collects them. A second start changes nothing.
///
/// # Errors
/// [`ConfigError`] if `LOG_LEVEL` is not a level.
pub fn start(environment: &Environment) -> Result<(), ConfigError> {
    let level = match environment.optional("LOG_LEVEL") {
        None => Level::INFO,
        Some(text) => {
            text.parse().map_err(|_| ConfigError { variable: "LOG_LEVEL", problem: "is not a log level" })?
        }
    };
    let json = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // A second start in one process (the local run, tests) keeps the first subscriber.
    let _ =
        tracing::subscriber::set_global_default(Registry::default().with(json.with_filter(targets(level))));
    Ok(())
}
