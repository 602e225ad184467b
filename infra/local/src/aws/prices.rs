//! List prices (`infra/local/prices.json`) and what counted calls come to.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::recorder::CallRecord;
use super::wire::Service;

const FILE: &str = include_str!("../../prices.json");

/// Prices in USD per million of each item.
#[derive(Debug, Clone, Deserialize)]
pub struct PriceFile {
    prices: BTreeMap<String, Price>,
}

#[derive(Debug, Clone, Deserialize)]
struct Price {
    usd: f64,
}

/// A file that is not prices.
#[derive(Debug, thiserror::Error)]
#[error("prices: {0}")]
pub struct PriceError(String);

/// What runs around the calls of one HTTP request.
#[derive(Debug, Clone, Copy)]
pub struct Invocation {
    /// Milliseconds that Lambda bills.
    pub billed_ms: f64,
    /// Memory size of the function.
    pub memory_mb: f64,
    /// Bytes that leave to the browser.
    pub out_bytes: f64,
}

impl PriceFile {
    /// The prices in the repository.
    ///
    /// # Errors
    /// [`PriceError`] where the file is damaged.
    pub fn shipped() -> Result<Self, PriceError> {
        serde_json::from_str(FILE).map_err(|error| PriceError(error.to_string()))
    }

    /// USD per million of one item; zero for an item without a price.
    pub fn of(&self, item: &str) -> f64 {
        self.prices.get(item).map_or(0.0, |price| price.usd)
    }

    /// USD for a million times these calls, mails aside: a notice is the provider's fee, not the request's.
    pub fn calls_usd_per_million(&self, calls: &[CallRecord]) -> f64 {
        let one = |call: &CallRecord| match call.service {
            Service::DynamoDb => {
                call.units.write * self.of("dynamodb_write_unit")
                    + call.units.read * self.of("dynamodb_read_unit")
            }
            Service::Kms if call.operation == "Sign" => self.of("kms_sign"),
            Service::Kms => self.of("kms_request"),
            Service::Sns => self.of("sns_publish"),
            Service::Sqs => self.of("sqs_request"),
            Service::S3 => self.of("s3_put"),
            Service::Ses => 0.0,
        };
        calls.iter().map(one).sum()
    }

    /// USD for a million requests through API and function, calls and data out apart.
    pub fn invocation_usd_per_million(&self, invocation: Invocation) -> f64 {
        let gb_seconds = invocation.memory_mb / 1024.0 * invocation.billed_ms / 1000.0;
        self.of("api_request") + self.of("lambda_request") + gb_seconds * self.of("lambda_gb_second_arm64")
    }

    /// USD for a million answers of this size.
    pub fn data_out_usd_per_million(&self, invocation: Invocation) -> f64 {
        invocation.out_bytes / 1_000_000_000.0 * self.of("data_out_gb")
    }
}
