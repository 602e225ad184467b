//! The product in one process: the play CloudFront, the outbox, events in motion, the demo practice.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests own their clock and stop at what surprises them"
)]

mod edge;
mod events;
mod outbox;
mod seed;
mod serve;
mod support;
