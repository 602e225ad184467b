//! Each minute: events that the stream did not bring, and then keeping and signing.

use domain::time::Timestamp;
use futures_util::{StreamExt, stream};
use platform::{
    http::failure::Chain,
    store::chain::{Progress, Span, TOLERANCE_SECONDS, first_id, last_id, next_day},
};
use serde_json::{Value, json};

use super::{ChainError, State, keep, link, note};

/// Practices at one time.
const AT_ONCE: usize = 4;
/// Events of one page of a look.
const PAGE: u32 = 500;
/// Nothing long is begun this long after the tick began: the function ends at 60 s.
const SECONDS_MAX: i64 = 40;
/// How far each look goes back before the one before it. An event is stored within seconds of its own time.
const OVERLAP_SECONDS: i64 = 120;
/// The same each ten minutes, for a transaction that somebody waited long for.
const LONG_OVERLAP_SECONDS: i64 = 1_200;
/// The same once an hour, for events from clocks that are far behind.
const LONGEST_OVERLAP_SECONDS: i64 = 26 * 3600;

/// What a tick did with one practice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) linked: usize,
    pub(super) kept: u64,
    pub(super) signed: usize,
    pub(super) cut_short: usize,
    failed: usize,
}

impl Tally {
    const fn plus(self, other: Self) -> Self {
        Self {
            linked: self.linked + other.linked,
            kept: self.kept + other.kept,
            signed: self.signed + other.signed,
            cut_short: self.cut_short + other.cut_short,
            failed: self.failed + other.failed,
        }
    }
}

/// Whether a tick that began then has no time left.
pub(super) fn is_over(state: &State, began: Timestamp) -> bool {
    state.clock.now() >= began.plus_seconds(SECONDS_MAX)
}

/// Does for every practice what is to be done. One practice never stops another.
pub(super) async fn tick(state: &State) -> Result<Value, lambda_runtime::Error> {
    let began = state.clock.now();
    let mut practices = state.store.watched_audits().await?;
    // Whoever comes last when time is short is another one each minute.
    if !practices.is_empty() {
        let minute = usize::try_from(began.as_seconds().div_euclid(60)).unwrap_or_default();
        let first = minute % practices.len();
        practices.rotate_left(first);
    }
    let tally = stream::iter(practices)
        .map(async |progress| {
            let mut tally = Tally::default();
            if let Err(error) = keep_up(state, progress, began, &mut tally).await {
                tracing::error!(practice.id = %progress.practice, error.chain = %Chain(&error), "a log was not kept");
                tally.failed = 1;
            }
            tally
        })
        .buffer_unordered(AT_ONCE)
        .fold(Tally::default(), async |sum, one| sum.plus(one))
        .await;
    tracing::info!(
        chain.linked = tally.linked,
        chain.kept = tally.kept,
        chain.signed = tally.signed,
        chain.cut_short = tally.cut_short,
        chain.failed = tally.failed,
        "the logs were kept"
    );
    if tally.failed > 0 {
        return Err("not every log was kept".into());
    }
    Ok(json!({
        "linked": tally.linked, "kept": tally.kept, "signed": tally.signed, "cut_short": tally.cut_short,
    }))
}

async fn keep_up(
    state: &State,
    mut progress: Progress,
    began: Timestamp,
    tally: &mut Tally,
) -> Result<(), ChainError> {
    let found = progress;
    let done = async {
        look(state, &mut progress, began, tally).await?;
        keep::keep(state, &mut progress, began, tally).await?;
        keep::sign(state, &mut progress, tally).await?;
        note::note(state, &mut progress, began).await
    }
    .await;
    // What was done is noted also where the rest failed.
    if progress != found {
        state.store.advance_audit(&progress).await?;
    }
    done
}

/// Looks for events that are not in the chain, oldest first.
async fn look(
    state: &State,
    progress: &mut Progress,
    began: Timestamp,
    tally: &mut Tally,
) -> Result<(), ChainError> {
    let practice = progress.practice;
    let overlap = match (began.as_seconds().rem_euclid(3600), began.as_seconds().rem_euclid(600)) {
        (..60, _) => LONGEST_OVERLAP_SECONDS,
        (_, ..60) => LONG_OVERLAP_SECONDS,
        _ => OVERLAP_SECONDS,
    };
    let mut from = progress.looked.plus_seconds(-overlap);
    let end = began.plus_seconds(TOLERANCE_SECONDS);
    while from <= end {
        let to = end.min(Timestamp::from_millis(next_day(from).as_millis() - 1));
        let span = Span { from: first_id(from), to: last_id(to), ascending: true };
        let mut start = None;
        loop {
            if is_over(state, began) {
                tally.cut_short = 1;
                return Ok(());
            }
            let (events, next) = state.store.audit_day(practice, span, PAGE, start).await?;
            if let Some(last) = events.last().map(|event| event.id.at()) {
                tally.linked += link::link(state, practice, events).await?;
                progress.looked = progress.looked.max(last.min(began));
            }
            start = next;
            if start.is_none() {
                break;
            }
        }
        progress.looked = progress.looked.max(to.min(began));
        from = next_day(from);
    }
    Ok(())
}
