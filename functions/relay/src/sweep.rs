//! Outbox items that are due and that no event has moved: lost wake-ups, refused sends, senders that died.

use futures_util::{StreamExt, stream};
use platform::{
    events::{Event, Pace},
    store::{StoreError, keys},
};
use serde_json::{Value, json};

use super::{PUBLISHED_AT_ONCE, State};

/// Shards asked at one time.
const SHARDS_AT_ONCE: usize = 4;
/// Items of one page of the index.
const PAGE: u32 = 100;
/// Pages of one shard in one tick. The rest comes with the next tick, when these have moved on.
const PAGES_MAX: usize = 10;
/// No page is begun this long after the tick began: the function ends at 30 s.
const SECONDS_MAX: i64 = 20;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    published: usize,
    failed: usize,
    unreadable: usize,
    /// Shards that were not read to their end.
    cut_short: usize,
    /// Shards that could not be read.
    unread: usize,
}

impl Tally {
    const fn plus(self, other: Self) -> Self {
        Self {
            published: self.published + other.published,
            failed: self.failed + other.failed,
            unreadable: self.unreadable + other.unreadable,
            cut_short: self.cut_short + other.cut_short,
            unread: self.unread + other.unread,
        }
    }
}

/// Publishes every due item once more. Whoever cannot be published stays due; one shard never stops another.
pub(crate) async fn sweep(state: &State) -> Result<Value, lambda_runtime::Error> {
    let tally = stream::iter(0..keys::DUE_SHARDS)
        .map(async |shard| {
            let mut tally = Tally::default();
            if let Err(error) = sweep_shard(state, shard, &mut tally).await {
                tracing::error!(sweep.shard = shard, error = %error, "a shard of the due index was not read");
                tally.unread = 1;
            }
            tally
        })
        .buffer_unordered(SHARDS_AT_ONCE)
        .fold(Tally::default(), async |sum, shard| sum.plus(shard))
        .await;
    tracing::info!(
        sweep.published = tally.published,
        sweep.failed = tally.failed,
        sweep.unreadable = tally.unreadable,
        sweep.cut_short = tally.cut_short,
        sweep.unread = tally.unread,
        "due outbox items were swept"
    );
    if tally.failed + tally.unread > 0 {
        return Err("not every due item was published".into());
    }
    Ok(json!({ "published": tally.published, "unreadable": tally.unreadable, "cut_short": tally.cut_short }))
}

async fn sweep_shard(state: &State, shard: u64, tally: &mut Tally) -> Result<(), StoreError> {
    let began = state.clock.now();
    let mut start = None;
    for _ in 0..PAGES_MAX {
        let page = state.store.due_outbox(shard, began, PAGE, start).await?;
        if page.unreadable > 0 {
            tracing::error!(
                sweep.shard = shard,
                sweep.unreadable = page.unreadable,
                "due entries lead to no item"
            );
            tally.unreadable += page.unreadable;
        }
        let outcomes: Vec<bool> = stream::iter(page.items)
            .map(async |(practice, id)| state.publish(Event::outbox(practice, id), Pace::Now).await.is_ok())
            .buffer_unordered(PUBLISHED_AT_ONCE / SHARDS_AT_ONCE)
            .collect()
            .await;
        let published = outcomes.iter().filter(|done| **done).count();
        tally.published += published;
        tally.failed += outcomes.len() - published;
        if page.next.is_none() {
            return Ok(());
        }
        if state.clock.now() >= began.plus_seconds(SECONDS_MAX) {
            break;
        }
        start = page.next;
    }
    tally.cut_short = 1;
    Ok(())
}
