//! The bars of sign-in: what may not happen however often it is tried. Each prints one row, `make bars` shows the
//! table. `DEEP=1` tries ten times as often, or more.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

mod alone;
mod consume;
mod enumeration;
mod expiry;
mod faults;
mod flood;
mod guesses;
mod hosts;
mod replay;
mod scanners;
mod support;
