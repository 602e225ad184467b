//! Limits: a counter for each subject and window of time, counted before what it limits.

use domain::{id::PracticeId, limits::Rate, time::Timestamp};

use super::{Store, StoreError, item::number, keys, table::Change};

/// Over how many items a counter that everybody shares is spread.
pub const SHARED_SHARDS: u32 = 8;

/// What a limit counts.
pub struct Counter<'a> {
    /// The practice.
    pub practice: PracticeId,
    /// Which limit.
    pub scope: &'static str,
    /// Whose: a blind index, a network, an id; for a shared counter the number of the shard.
    pub subject: &'a str,
    /// How often.
    pub rate: Rate,
}

impl Counter<'_> {
    fn window(&self, now: Timestamp) -> i64 {
        now.as_seconds().div_euclid(self.rate.seconds)
    }
}

/// Whether one more was within the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It was.
    Within,
    /// It was not; it opens again after so many seconds.
    Over(u32),
}

impl Store {
    /// Counts one and says whether it was within the limit. Over the limit nothing is added.
    ///
    /// # Errors
    /// [`StoreError`]: then the limited thing must not happen.
    pub async fn count(&self, counter: &Counter<'_>, now: Timestamp) -> Result<Counted, StoreError> {
        let window = counter.window(now);
        let end = (window + 1) * counter.rate.seconds;
        let change = Change::new(
            keys::rate(counter.practice, counter.scope, counter.subject, window),
            "ADD used :one SET #ttl = :ttl",
        )
        .when("attribute_not_exists(used) OR used < :most")
        .value(":one", number(1))
        .value(":most", number(counter.rate.count))
        .value(":ttl", number(end + 3600));
        let left = u32::try_from(end - now.as_seconds()).unwrap_or(1).max(1);
        Ok(if self.change(change).await?.is_some() { Counted::Within } else { Counted::Over(left) })
    }

    /// Gives one back, as part of a transaction: what was counted turned out not to be what the limit is against.
    pub fn uncount(counter: &Counter<'_>, now: Timestamp) -> Change {
        let key = keys::rate(counter.practice, counter.scope, counter.subject, counter.window(now));
        Change::new(key, "ADD used :less").value(":less", number(-1))
    }
}
