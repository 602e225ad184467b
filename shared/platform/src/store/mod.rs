//! The three tables. One file for each aggregate; keys in one file; a stored item is never a domain type.

pub mod access;
pub mod account;
pub mod audit;
pub mod browser;
pub mod ceremony;
pub mod contact;
pub mod contact_change;
pub mod conversation;
pub mod device;
pub mod device_link;
pub mod draft;
pub mod factors;
pub mod flow;
pub mod grant;
pub mod idempotency;
pub mod item;
pub mod keys;
pub mod message;
pub mod name_index;
pub mod notice_link;
pub mod outbox;
pub mod passkey;
pub mod patient;
pub mod patient_change;
pub mod practice;
pub mod rate;
pub mod reach;
pub mod recall;
pub mod revoke_link;
pub mod rights;
pub mod session;
pub mod staff;
pub mod table;
pub mod totp;
pub mod tries;

pub use table::{Cancelled, Store, StoreError, Write};
