//! The pure core of patient chat.
//!
//! Everything here is values and rules: identifiers, addresses, dates, who may do what, how long a session
//! lives, what a message may hold. Nothing here reads a clock, draws a random number, touches a network or
//! knows of AWS; time and randomness come in as arguments. That makes every rule testable in microseconds
//! and keeps the rules in one place.

pub mod audit;
pub mod browser;
pub mod channel;
pub mod channels;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod delivery;
mod digits;
pub mod evidence;
pub mod id;
pub mod idempotency;
pub mod inbound;
pub mod language;
pub mod limits;
pub mod message;
pub mod minors;
pub mod note;
pub mod person;
pub mod practice;
pub mod quiet;
pub mod recall;
pub mod role;
pub mod safety;
pub mod search;
pub mod session;
pub mod sign_in;
pub mod text;
pub mod time;
pub mod visit;

/// Why a value from outside was refused. It names the rule, never the value: errors are logged and returned,
/// and the value may be PHI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct Invalid {
    /// Stable code for the `errors[].code` member of a problem document.
    pub code: &'static str,
}

impl Invalid {
    /// An error with this code.
    pub const fn new(code: &'static str) -> Self {
        Self { code }
    }
}
