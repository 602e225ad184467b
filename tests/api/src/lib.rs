//! The world that the tests act in: local AWS in memory, every function on it, two practices, and browsers.
//!
//! Tests enter where users enter. The clock stands until a test moves it, randomness repeats with the seed.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

pub mod authenticator;
pub mod browser;
pub mod leaks;
pub mod messages;
pub mod people;
pub mod tap;
pub mod world;

pub use authenticator::Authenticator;
pub use browser::{Answer, Browser};
pub use people::{Person, Practice};
pub use world::World;
