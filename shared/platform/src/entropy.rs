//! The only place where randomness comes from.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::{digest, rand};
use domain::id::IdEntropy;

/// Where random bytes come from.
#[derive(Clone)]
pub enum Entropy {
    /// The operating system, through aws-lc.
    System,
    /// The same bytes again for the same seed.
    Seeded {
        /// The seed.
        seed: u64,
        /// How many blocks were drawn.
        drawn: Arc<AtomicU64>,
    },
}

impl Entropy {
    /// Repeatable bytes.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded { seed, drawn: Arc::new(AtomicU64::new(0)) }
    }

    /// `N` random bytes, at most 32 at a time when seeded.
    ///
    /// # Panics
    /// If the operating system has no randomness: nothing of this product may run without it.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
    #[allow(clippy::expect_used, reason = "going on without randomness would make guessable secrets")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32) };
        let mut bytes = [0; N];
        match self {
            Self::System => rand::fill(&mut bytes).expect("the system has randomness"),
            Self::Seeded { seed, drawn } => {
                let mut input = seed.to_be_bytes().to_vec();
                input.extend(drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
                bytes.copy_from_slice(&digest::digest(&digest::SHA256, &input).as_ref()[..N]);
            }
        }
        bytes
    }

    /// The random part of an identifier.
    pub fn id(&self) -> IdEntropy {
        self.bytes()
    }

    /// A number in `0..bound`, for jitter; zero for a bound of zero.
    pub fn below(&self, bound: u64) -> u64 {
        u64::from_be_bytes(self.bytes()).checked_rem(bound).unwrap_or(0)
    }
}
