//! `ClientRequestToken`: the same transaction within ten minutes is done once.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::digest;
use tokio::time::Instant;

/// What AWS promises.
const WINDOW: Duration = Duration::from_secs(600);
/// Bounds memory under load: at 300 transactions a second the newest two minutes and more.
const CAPACITY: usize = 50_000;

type Hash = [u8; 16];

/// Tokens of the last minutes.
#[derive(Default)]
pub(super) struct Tokens(Mutex<State>);

#[derive(Default)]
struct State {
    known: HashMap<Hash, Hash>,
    order: VecDeque<(Instant, Hash)>,
}

/// What is known of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Never,
    /// With the same request: it is done already.
    Same,
    /// With another request.
    Other,
}

impl Tokens {
    pub(super) fn look(&self, token: &str, body: &[u8]) -> Seen {
        let mut state = crate::aws::lock(&self.0);
        state.expire();
        match state.known.get(&hash(token.as_bytes())) {
            None => Seen::Never,
            Some(known) if *known == hash(body) => Seen::Same,
            Some(_) => Seen::Other,
        }
    }

    pub(super) fn remember(&self, token: &str, body: &[u8]) {
        let mut state = crate::aws::lock(&self.0);
        let token = hash(token.as_bytes());
        state.known.insert(token, hash(body));
        state.order.push_back((Instant::now(), token));
    }
}

impl State {
    fn expire(&mut self) {
        while let Some((at, token)) = self.order.front().copied() {
            if self.order.len() <= CAPACITY && at.elapsed() < WINDOW {
                break;
            }
            self.order.pop_front();
            self.known.remove(&token);
        }
    }
}

fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest::digest(&digest::SHA256, bytes).as_ref()[..16]);
    hash
}
