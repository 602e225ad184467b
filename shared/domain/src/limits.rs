//! Every figure of the limits, in one table. Code names the row; nobody writes a number beside a call.

/// How often something may happen: at most `burst` at once, then `per_hour` an hour (token bucket).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Size of the bucket.
    pub burst: u32,
    /// Tokens that come back in an hour.
    pub per_hour: u32,
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
    /// Wrong birth dates for one contact point or patient in a day, over all ways in.
    pub wrong_dates_per_day: u32,
    /// Wrong birth dates until staff clear the counter.
    pub wrong_dates_in_all: u32,
    /// Code or link tries of one sign-in attempt.
    pub tries_per_flow: u32,
    /// Birth date tries of one sign-in attempt or notice link.
    pub dates_per_flow: u32,
}

impl Limits {
    /// What a deployed practice starts with.
    pub const STRICT: Self = Self {
        sends_per_address: Rate { burst: 3, per_hour: 6 },
        sends_per_client: Rate { burst: 10, per_hour: 20 },
        sends_per_practice: Rate { burst: 200, per_hour: 2_000 },
        redeems_per_client: Rate { burst: 20, per_hour: 120 },
        wrong_dates_per_day: 5,
        wrong_dates_in_all: 15,
        tries_per_flow: 5,
        dates_per_flow: 5,
    };

    /// The strict limits times a factor, for demonstrations and load tests. Tries of one secret do not scale.
    #[must_use]
    pub const fn scaled(self, factor: u32) -> Self {
        const fn times(rate: Rate, factor: u32) -> Rate {
            Rate { burst: rate.burst * factor, per_hour: rate.per_hour * factor }
        }
        Self {
            sends_per_address: times(self.sends_per_address, factor),
            sends_per_client: times(self.sends_per_client, factor),
            sends_per_practice: times(self.sends_per_practice, factor),
            redeems_per_client: times(self.redeems_per_client, factor),
            wrong_dates_per_day: self.wrong_dates_per_day * factor,
            wrong_dates_in_all: self.wrong_dates_in_all * factor,
            ..self
        }
    }
}
