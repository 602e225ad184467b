//! From the outbox to people: who is told what, where, how often, and what happens when a provider fails.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failing unwrap is a failing test")]

mod announcements;
mod faults;
mod notices;
mod reminders;
mod replays;
mod sign_in;
mod support;
mod texts;
