//! What one embedded engine hides: latencies, transactions that overlap, indexes that lag, hot partitions.
//! Off by default. All delays go through tokio's clock, so a paused clock makes them exact and free.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::dynamodb::Replica;
use super::random::Seeded;

/// What to model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Milliseconds of a read; each call draws from the range.
    pub read_ms: RangeInclusive<u64>,
    /// Milliseconds of a single write.
    pub write_ms: RangeInclusive<u64>,
    /// Milliseconds of a transaction.
    pub transaction_ms: RangeInclusive<u64>,
    /// Milliseconds of a call to KMS, SES, SNS or SQS.
    pub other_ms: RangeInclusive<u64>,
    /// Whether the later of two overlapping transactions on one item is cancelled.
    pub conflicts: bool,
    /// How far indexes lag at most; zero for not at all.
    pub index_lag: Duration,
    /// Write units a second per partition key, or no limit.
    pub write_units_per_key: Option<u32>,
    /// Seeds every draw.
    pub seed: u64,
}

impl Model {
    /// Nothing but the given latencies for reads and transactions, with conflicts: 4 and 12 ms are DynamoDB's usual.
    pub fn latencies(read_ms: u64, transaction_ms: u64) -> Self {
        Self {
            read_ms: read_ms..=read_ms,
            write_ms: read_ms..=read_ms,
            transaction_ms: transaction_ms..=transaction_ms,
            other_ms: read_ms..=read_ms,
            conflicts: true,
            index_lag: Duration::ZERO,
            write_units_per_key: None,
            seed: 1,
        }
    }

    /// Everything at once: jitter, conflicts, 0-2 s of index lag, 1,000 write units a second per key.
    pub fn realistic(seed: u64) -> Self {
        Self {
            read_ms: 2..=8,
            write_ms: 3..=12,
            transaction_ms: 8..=25,
            other_ms: 3..=20,
            conflicts: true,
            index_lag: Duration::from_secs(2),
            write_units_per_key: Some(1_000),
            seed,
        }
    }
}

/// Which latency a call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Read,
    Write,
    Transaction,
    Other,
}

/// A model at work.
pub(crate) struct Active {
    model: Model,
    random: Seeded,
    in_flight: Arc<Mutex<HashMap<String, u32>>>,
    spent: Mutex<HashMap<String, (Instant, f64)>>,
    replica: Option<Replica>,
}

/// Keeps the items of a transaction marked until it is over.
pub(crate) struct Interval {
    in_flight: Arc<Mutex<HashMap<String, u32>>>,
    keys: Vec<String>,
}

impl Drop for Interval {
    fn drop(&mut self) {
        let mut in_flight = super::lock(&self.in_flight);
        for key in &self.keys {
            if let Some(count) = in_flight.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    in_flight.remove(key);
                }
            }
        }
    }
}

impl Active {
    pub(crate) fn new(model: Model, replica: Option<Replica>) -> Self {
        let random = Seeded::new(model.seed);
        Self { model, random, in_flight: Arc::default(), spent: Mutex::default(), replica }
    }

    /// Opens the interval of a call. `Err` is the position of an item that a transaction in flight holds.
    pub(crate) fn begin(&self, keys: &[String], writes: bool, transaction: bool) -> Result<Interval, usize> {
        let mut marked = Vec::new();
        if self.model.conflicts && (writes || transaction) {
            let mut in_flight = super::lock(&self.in_flight);
            if let Some(at) = keys.iter().position(|key| in_flight.contains_key(key)) {
                return Err(at);
            }
            // Only transactions hold items; and only those that write hold them against others.
            if transaction && writes {
                for key in keys {
                    *in_flight.entry(key.clone()).or_default() += 1;
                }
                marked = keys.to_vec();
            }
        }
        Ok(Interval { in_flight: Arc::clone(&self.in_flight), keys: marked })
    }

    pub(crate) async fn sleep(&self, class: Class) {
        let range = match class {
            Class::Read => &self.model.read_ms,
            Class::Write => &self.model.write_ms,
            Class::Transaction => &self.model.transaction_ms,
            Class::Other => &self.model.other_ms,
        };
        let span = (range.end() - range.start()) as f64;
        let millis = *range.start() as f64 + span * self.random.unit();
        if millis > 0.0 {
            tokio::time::sleep(Duration::from_micros((millis * 1000.0) as u64)).await;
        }
    }

    /// Takes write units of a partition from its second; `false` where they are used up.
    pub(crate) fn spend(&self, partition: &str, units: f64) -> bool {
        let Some(limit) = self.model.write_units_per_key else { return true };
        let now = Instant::now();
        let mut spent = super::lock(&self.spent);
        let entry = spent.entry(partition.to_owned()).or_insert((now, 0.0));
        if now.duration_since(entry.0) >= Duration::from_secs(1) {
            *entry = (now, 0.0);
        }
        if entry.1 + units > f64::from(limit) {
            return false;
        }
        entry.1 += units;
        true
    }

    pub(crate) fn replica(&self) -> Option<&Replica> {
        self.replica.as_ref()
    }

    pub(crate) fn unit(&self) -> f64 {
        self.random.unit()
    }
}
