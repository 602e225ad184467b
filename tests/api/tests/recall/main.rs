//! Recall with proof, over HTTP.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

mod acts;
mod evidence;
mod faults;
mod notices;
mod proofs;
mod races;
mod support;
