//! The audit log from outside: what is written is linked once, kept, signed, read by those who may, and every change
//! of it is found.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

mod catalogue;
mod chain;
mod faults;
mod notes;
mod read;
mod support;
mod verify;
