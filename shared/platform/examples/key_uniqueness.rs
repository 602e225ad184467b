//! Ten million seals and no key and nonce twice: `cargo run -p platform --profile bench --example key_uniqueness`.
//!
//! Four runs: fresh secrets; then, with randomness that gives the same bytes every time, other places, other texts,
//! and other texts of one field. A number as argument replaces the ten million of the first run.
//! Pairs are kept as 128 bits of their SHA-256: where those are all different, so are the pairs.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring command")]

#[path = "../tests/envelope/samples.rs"]
mod samples;

use aws_lc_rs::digest;
use samples::{Field, Message, bytes32};
use std::process::ExitCode;

fn main() -> ExitCode {
    let seals = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000_000);
    let none_twice = [
        run("fresh secrets", seals, |n| {
            of_message(&Message { secret: bytes32("fresh", n), ..Message::sample(1) })
        }),
        run("repeating secret, other places", seals / 10, |n| {
            of_message(&Message { seq: n, ..Message::sample(1) })
        }),
        run("repeating secret, other texts", seals / 10, |n| {
            of_message(&Message { plaintext: n.to_be_bytes().to_vec(), ..Message::sample(1) })
        }),
        run("repeating salt, other texts", seals / 10, |n| {
            let field = Field { plaintext: n.to_be_bytes().to_vec(), ..Field::sample(1) };
            fingerprint(&field.derived().key, &field.seal()[66..78])
        }),
    ];
    if none_twice.iter().all(|none| *none) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(name: &str, seals: u64, pair: impl Fn(u64) -> u128 + Sync) -> bool {
    let workers = std::thread::available_parallelism().map_or(1, |workers| workers.get() as u64);
    let mut pairs: Vec<u128> = std::thread::scope(|scope| {
        let pair = &pair;
        let worker =
            |first| scope.spawn(move || (first..seals).step_by(workers as usize).map(pair).collect());
        let running: Vec<_> = (0..workers).map(worker).collect();
        running.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|_| Vec::new())).collect()
    });
    pairs.sort_unstable();
    let twice = pairs.windows(2).filter(|two| two[0] == two[1]).count();
    println!("{name}: {} seals, {twice} times a key and nonce that were there before", pairs.len());
    pairs.len() as u64 == seals && twice == 0
}

fn of_message(message: &Message) -> u128 {
    fingerprint(&message.derived().key, &message.seal()[34..46])
}

fn fingerprint(key: &[u8; 32], nonce: &[u8]) -> u128 {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(key);
    hash.update(nonce);
    let hash = hash.finish();
    hash.as_ref()[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}
