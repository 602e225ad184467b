//! The operator's command line: practices, their first staff, and the check of an audit log.
//!
//! It runs with the credentials of whoever calls it, as the stack's operator role, and does nothing that the role of a
//! function could do: it makes the keys of a practice and reads no message.

pub mod cli;
pub mod run;
pub mod stack;
pub mod verify;

pub use cli::Cli;
