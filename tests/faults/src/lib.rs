//! What is left when AWS fails: everything that was asked of a conversation, everything that is there afterwards, and a
//! checker that compares the two.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

pub mod check;
pub mod explore;
pub mod scene;

pub use check::{Findings, check};
pub use explore::{Figures, explore};
pub use scene::{History, Scene, Seen, Sent, Truth, every_fault};
