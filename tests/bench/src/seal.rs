//! What sealing and opening a message costs, without anything around it.

use std::hint::black_box;
use std::time::Instant;

use platform::seal::{Key, MessageContext, MessageSecret, open_message, seal_message};

use crate::Result;
use crate::table::{Bar, Table, median};

const CALLS: usize = 20_000;

/// Seals and opens one kilobyte.
///
/// # Errors
/// Where what was sealed does not open.
pub(crate) fn seal(table: &mut Table) -> Result<()> {
    table.part(&format!("The envelope, 1 KiB, medians of {CALLS} calls"));
    let (key, secret) = (Key::from_bytes([7; 32]), MessageSecret::from_bytes([9; 32]));
    let context = MessageContext {
        practice: "prc_01JABCDEFGHJKMNPQRSTVWXYZ0",
        conversation: "cnv_01JABCDEFGHJKMNPQRSTVWXYZ0",
        seq: 12,
        message: "msg_01JABCDEFGHJKMNPQRSTVWXYZ0",
        sender: "stf_01JABCDEFGHJKMNPQRSTVWXYZ0",
        kind: "text",
        created_at_ms: 1_770_000_000_000,
    };
    let plain = [b'a'; 1_024];
    let sealed = seal_message(&key, &secret, &context, &plain);
    open_message(&key, &secret, &context, &sealed).map_err(|_| "a sealed message does not open")?;
    let limit = "HKDF-SHA512 and AES-256-GCM on the processor's own instructions";
    table.add(
        "seal a message",
        timed(|| drop(black_box(seal_message(&key, &secret, &context, &plain)))),
        " us",
        Bar::AtMost(50.0),
        limit,
    );
    table.add(
        "open a message",
        timed(|| drop(black_box(open_message(&key, &secret, &context, &sealed)))),
        " us",
        Bar::AtMost(50.0),
        limit,
    );
    Ok(())
}

fn timed(mut call: impl FnMut()) -> f64 {
    let one = |_| {
        let since = Instant::now();
        call();
        since.elapsed().as_secs_f64() * 1e6
    };
    median((0..CALLS).map(one).collect())
}
