//! Everybody at every door of the API: who comes, what they name, and who may come in.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

pub mod doors;
pub mod people;
pub mod places;

pub use doors::{Door, Who, doors};
pub use people::{Principal, Visitors};
pub use places::{Places, Target};
