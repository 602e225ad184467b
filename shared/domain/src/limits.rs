//! Every figure of the limits, in one table. Code names the row; nobody writes a number beside a call.

/// How often something may happen: at most `count` times in each window of `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Times in one window.
    pub count: u32,
    /// Length of the window.
    pub seconds: i64,
}

impl Rate {
    const fn new(count: u32, seconds: i64) -> Self {
        Self { count, seconds }
    }
}

/// The limits of one practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sign-in messages to one address, known or not.
    pub sends_per_address: Rate,
    /// Sign-in messages asked for from one client address (IPv4 /32, IPv6 /64).
    pub sends_per_client: Rate,
    /// Sign-in messages of a whole practice, over all shards.
    pub sends_per_practice: Rate,
    /// Redeem attempts from one client address.
    pub redeems_per_client: Rate,
    /// Wrong birth dates for one contact point, over all ways in.
    pub wrong_dates_per_contact: Rate,
    /// Code or link tries of one sign-in attempt.
    pub tries_per_flow: u32,
    /// Birth date tries of one sign-in attempt or notice link.
    pub dates_per_flow: u32,
}

impl Limits {
    /// What a deployed practice starts with.
    pub const STRICT: Self = Self {
        sends_per_address: Rate::new(3, 15 * 60),
        sends_per_client: Rate::new(20, 3600),
        sends_per_practice: Rate::new(2_000, 3600),
        redeems_per_client: Rate::new(120, 3600),
        wrong_dates_per_contact: Rate::new(5, 24 * 3600),
        tries_per_flow: 5,
        dates_per_flow: 5,
    };

    /// The strict limits times a factor, for demonstrations and load tests. Tries of one secret do not scale.
    #[must_use]
    pub const fn scaled(self, factor: u32) -> Self {
        const fn times(rate: Rate, factor: u32) -> Rate {
            Rate { count: rate.count * factor, seconds: rate.seconds }
        }
        Self {
            sends_per_address: times(self.sends_per_address, factor),
            sends_per_client: times(self.sends_per_client, factor),
            sends_per_practice: times(self.sends_per_practice, factor),
            redeems_per_client: times(self.redeems_per_client, factor),
            wrong_dates_per_contact: times(self.wrong_dates_per_contact, factor),
            ..self
        }
    }
}
