//! What sealing and opening cost: `cargo run -p platform --profile bench --example seal_bench`.
//!
//! Prints the median and the 99th percentile of single calls, and fails where a median misses its bar.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring command")]

#[path = "../tests/envelope/samples.rs"]
mod samples;

use platform::seal::{FIELD_OVERHEAD, MESSAGE_OVERHEAD};
use samples::{Field, Message, bytes};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const CALLS: usize = 20_000;
const BAR_MICROS: f64 = 50.0;
const BAR_OVERHEAD: usize = 160;
const SECRET: usize = 32;

fn main() -> ExitCode {
    let plaintext = bytes("bench", 1_024);
    let message = Message { plaintext: plaintext.clone(), ..Message::sample(1) };
    let field = Field { plaintext, ..Field::sample(1) };
    let (sealed_message, sealed_field) = (message.seal(), field.seal());
    println!("envelope PC1, 1 KiB, {CALLS} calls each");
    let within = [
        measure("seal message", || drop(black_box(message.seal()))),
        measure("open message", || drop(black_box(message.open(&sealed_message)))),
        measure("seal field", || drop(black_box(field.seal()))),
        measure("open field", || drop(black_box(field.open(&sealed_field)))),
        overhead("message, secret included", MESSAGE_OVERHEAD + SECRET),
        overhead("field", FIELD_OVERHEAD),
    ];
    if within.iter().all(|within| *within) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(name: &str, mut call: impl FnMut()) -> bool {
    let mut micros: Vec<f64> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    let (median, p99) = (micros[CALLS / 2], micros[CALLS / 100 * 99]);
    println!("{name:<14} median {median:6.2} us   p99 {p99:6.2} us   (bar: median {BAR_MICROS} us)");
    median <= BAR_MICROS
}

fn overhead(name: &str, added: usize) -> bool {
    println!("overhead {added} bytes: {name} (bar: {BAR_OVERHEAD})");
    added <= BAR_OVERHEAD
}
