//! The local run: an embedded AWS, and the whole product in one process on top of it. Not for real patients.
#![allow(
    clippy::disallowed_methods,
    reason = "this process owns the machine's clock, randomness, environment and threads, as AWS would"
)]

pub mod aws;
