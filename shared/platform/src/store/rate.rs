//! Limits: a counter for each subject and window of time, counted before what it limits.

use domain::{id::PracticeId, limits::Rate, time::Timestamp};

use super::{Cancelled, Store, StoreError, Write, item::number, keys, table::Change};

/// Over how many items a counter that everybody shares is spread.
pub const SHARED_SHARDS: u32 = 8;

/// What a limit counts.
#[derive(Clone, Copy)]
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

    fn end(&self, now: Timestamp) -> i64 {
        (self.window(now) + 1) * self.rate.seconds
    }

    pub(super) fn key(&self, now: Timestamp) -> keys::ItemKey {
        keys::rate(self.practice, self.scope, self.subject, self.window(now))
    }

    /// Seconds until the window ends.
    fn left(&self, now: Timestamp) -> u32 {
        u32::try_from(self.end(now) - now.as_seconds()).unwrap_or(1).max(1)
    }

    /// Counts one if that is within the limit.
    fn counting(&self, now: Timestamp) -> Change {
        Change::new(self.key(now), "ADD used :one SET #ttl = :ttl")
            .when("attribute_not_exists(used) OR used < :most")
            .value(":one", number(1))
            .value(":most", number(self.rate.count))
            .value(":ttl", number(self.end(now) + 3600))
    }

    /// The end of the count of this window, where somebody in charge forgives it.
    pub fn forgetting(&self, now: Timestamp) -> Write {
        Write::Delete(super::table::Table::Chat, self.key(now))
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

/// What became of counters and what they limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedAll {
    /// All was within its limits and is done.
    Within,
    /// The counter of this place was not; it opens again after so many seconds. Nothing was done or counted.
    Over {
        /// Its place among the counters.
        which: usize,
        /// Seconds to wait.
        seconds: u32,
    },
    /// The condition of this write beside the counters did not hold. Nothing was done or counted.
    Refused(usize),
}

impl Store {
    /// Counts one and says whether it was within the limit. Over the limit nothing is added.
    ///
    /// # Errors
    /// [`StoreError`]: then the limited thing must not happen.
    pub async fn count(&self, counter: &Counter<'_>, now: Timestamp) -> Result<Counted, StoreError> {
        let within = self.count_up(counter, now).await?.is_some();
        Ok(if within { Counted::Within } else { Counted::Over(counter.left(now)) })
    }

    /// Counts one and returns how many there are in this window then; `None` over the limit.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_up(&self, counter: &Counter<'_>, now: Timestamp) -> Result<Option<u32>, StoreError> {
        let item = self.change(counter.counting(now)).await?;
        Ok(item.and_then(|item| item.optional_number("used")))
    }

    /// Counts one at each of the counters and does what they limit, or nothing of it: whoever is over one limit uses
    /// up no other, and one call does it all.
    ///
    /// # Errors
    /// [`StoreError`]: then the limited thing must not happen.
    pub async fn count_all(
        &self,
        counters: &[Counter<'_>],
        beside: &[Write],
        now: Timestamp,
    ) -> Result<CountedAll, StoreError> {
        let writes = || {
            let counting = counters.iter().map(|counter| Write::Update(counter.counting(now)));
            counting.chain(beside.iter().cloned()).collect()
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(CountedAll::Within),
            Err(Cancelled::Condition(place, _)) => Ok(match counters.get(place) {
                Some(counter) => CountedAll::Over { which: place, seconds: counter.left(now) },
                None => CountedAll::Refused(place - counters.len()),
            }),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }

    /// Gives one back: what was counted turned out not to be what the limit is against. No count falls below nothing, where
    /// somebody has ended it meanwhile: see [`Store::transact_giving_back`].
    pub fn uncount(counter: &Counter<'_>, now: Timestamp) -> Change {
        Change::new(counter.key(now), "ADD used :less")
            .when("used > :none")
            .value(":less", number(-1))
            .value(":none", number(0))
    }

    /// Writes everything or nothing, and gives back with it what was counted for it. A count that is gone by now is left alone
    /// and is in nobody's way.
    ///
    /// # Errors
    /// As [`Store::transact_patiently`].
    pub async fn transact_giving_back(
        &self,
        writes: &[Write],
        mut back: Vec<Change>,
    ) -> Result<Result<(), Cancelled>, StoreError> {
        while !(writes.is_empty() && back.is_empty()) {
            let all = || writes.iter().cloned().chain(back.iter().cloned().map(Write::Update)).collect();
            match self.transact_patiently(all).await? {
                Err(Cancelled::Condition(place, _)) if place >= writes.len() => {
                    back.remove(place - writes.len());
                }
                done => return Ok(done),
            }
        }
        Ok(Ok(()))
    }
}
