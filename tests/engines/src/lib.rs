//! The store and envelope suite: what the product asks of DynamoDB and KMS, asked of any engine that answers at a URL.
//!
//! ```text
//! cargo test -p engines-tests                                             local AWS, over a loopback port
//! AWS_ENDPOINT_URL=http://127.0.0.1:5000 ENGINE=moto cargo test -p engines-tests --test suite
//! ```
//!
//! `scripts/run-tests engines` starts moto and Amazon's DynamoDB Local and does the second for each. `ENGINE` names the
//! engine, for what [`engine::DIFFERENCES`] says about it; without it nothing is excused.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "tests own the machine's clock, environment and threads, and fail by panicking"
)]

pub mod bench;
pub mod engine;
pub mod stub;
pub mod suite;
