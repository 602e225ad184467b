//! The local run: an embedded AWS, and the whole product in one process on top of it. Not for real patients.
#![allow(
    clippy::disallowed_methods,
    reason = "this process owns the machine's clock, randomness, environment and threads, as AWS would"
)]

pub mod aws;
pub mod canary;
mod edge;
mod gallery;
pub mod openapi;
mod outbox_page;
mod seed;
pub mod serve;
pub mod stack;

pub use edge::EdgeError;
pub use seed::SeedError;
pub use stack::{Mover, Pumped, Stack, StackOptions, StartError};
