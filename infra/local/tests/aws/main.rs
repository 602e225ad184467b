//! Local AWS from outside: the SDK's own clients against it, in-process and through the port.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests own their clock and stop at what surprises them"
)]

mod dynamodb;
mod events;
mod faults;
mod iam;
mod kms;
mod mail;
mod model;
mod objects;
mod port;
mod queues;
mod recorder;
mod restart;
mod support;
mod template;
