//! The program itself, as a process: it is started, stopped and killed, and what it acknowledged is still there.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests own their processes, threads and time, and stop at what surprises them"
)]

mod client;
mod kill;
mod restart;
mod server;
mod writer;
