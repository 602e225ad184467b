//! Everything that touches the outside: configuration, HTTP, the tables, keys, mail, SMS, events.
//!
//! Handlers in `functions/*` are made of this crate and `domain`; no handler calls an SDK.

pub mod app;
pub mod archive;
pub mod aws;
pub mod chain;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod entropy;
pub mod events;
pub mod http;
pub mod i18n;
pub mod keys;
pub mod letterhead;
pub mod mail;
pub mod profile;
pub mod provision;
pub mod seal;
pub mod sealing;
pub mod secrets;
pub mod signer;
pub mod sms;
pub mod store;
pub mod telemetry;

pub use app::App;
