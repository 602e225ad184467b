//! A small seeded generator for what the model and the fault plan draw. Not for secrets.

use std::sync::Mutex;

/// SplitMix64: the same seed, the same numbers. <https://prng.di.unimi.it/splitmix64.c>
#[derive(Debug)]
pub(crate) struct Seeded(Mutex<u64>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// A number from all of `u64`.
    pub(crate) fn next(&self) -> u64 {
        let Ok(mut state) = self.0.lock() else { return 0 };
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 (with) to 1 (without).
    pub(crate) fn unit(&self) -> f64 {
        // 53 bits fit a double's mantissa.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
