//! The limit of offering secrets. Strangers count for their network, which many people share. Whoever has shown before who
//! they are counts for themselves, so that nobody at the same network can use that up.

use domain::time::Timestamp;
use platform::{
    App,
    http::Failure,
    store::{
        Store, StoreError, Write,
        device::DeviceToken,
        practice::Practice,
        rate::{CountedAll, Counter},
        session::Holder,
        table::Change,
    },
};

/// Who offers a secret.
pub(crate) enum Offerer<'a> {
    /// A browser: the account whose device it is, if that is remembered, else its network.
    Browser { device: Option<&'a DeviceToken>, network: &'a str },
    /// Whoever holds a session.
    Holder(Holder),
    /// A sign-in of staff, known or not: the few tries that an attempt has are all there are, and a waiting room full of
    /// patients shares their network.
    Staff,
}

/// Where tries are counted.
pub(crate) struct Guesses<'a> {
    pub(crate) app: &'a App,
    pub(crate) practice: &'a Practice,
    pub(crate) who: Offerer<'a>,
    pub(crate) now: Timestamp,
}

/// What became of counting a try.
pub(crate) enum Counted {
    /// It is counted, and so is what was to be counted with it. This gives it back, where the secret was right.
    Within(Vec<Change>),
    /// Another of the counters is over.
    Over,
    /// The condition of this write did not hold.
    Refused(usize),
}

/// One place to count at.
struct Place {
    counter: Option<(&'static str, String)>,
    /// What makes it theirs.
    check: Option<Change>,
}

impl Guesses<'_> {
    /// Counts a try here and at the `counters`, and does the `writes`, or nothing of it: whoever is over this limit uses up no
    /// other, above all none of the few tries that a person has.
    pub(crate) async fn count(&self, counters: &[Counter<'_>], writes: &[Write]) -> Result<Counted, Failure> {
        let limits = self.practice.policies.limits();
        for place in self.places() {
            let rate = if place.check.is_some() || matches!(self.who, Offerer::Holder(_)) {
                limits.redeems_per_person
            } else {
                limits.redeems_per_client
            };
            let own = place.counter.as_ref().map(|(scope, subject)| Counter {
                practice: self.practice.id,
                scope,
                subject,
                rate,
            });
            let all: Vec<_> = own.into_iter().chain(counters.iter().copied()).collect();
            let checks = place.check.iter().cloned().map(Write::Check);
            let beside: Vec<_> = checks.chain(writes.iter().cloned()).collect();
            return Ok(match self.app.store.count_all(&all, &beside, self.now).await? {
                CountedAll::Within => {
                    Counted::Within(own.iter().map(|own| Store::uncount(own, self.now)).collect())
                }
                CountedAll::Over { which: 0, seconds } if own.is_some() => {
                    return Err(Failure::TooMany(seconds));
                }
                CountedAll::Over { .. } => Counted::Over,
                // Not a device of ours, or no longer: it counts as anybody.
                CountedAll::Refused(0) if place.check.is_some() => continue,
                CountedAll::Refused(which) => Counted::Refused(which - usize::from(place.check.is_some())),
            });
        }
        // The last place of all has no condition of its own.
        Err(StoreError::Contended.into())
    }

    /// Counts a try of an attempt. What gives it back, or `None` if the attempt is over or has none left.
    pub(crate) async fn one(&self, trying: Change) -> Result<Option<Vec<Change>>, Failure> {
        Ok(match self.count(&[], &[Write::Update(trying)]).await? {
            Counted::Within(back) => Some(back),
            Counted::Over | Counted::Refused(_) => None,
        })
    }

    fn places(&self) -> Vec<Place> {
        match &self.who {
            Offerer::Staff => vec![Place { counter: None, check: None }],
            Offerer::Holder(holder) => {
                vec![Place { counter: Some(("redeem-session", holder.to_string())), check: None }]
            }
            Offerer::Browser { device, network } => {
                let device = device.map(|device| Place {
                    counter: Some(("redeem-device", device.account.to_string())),
                    check: Some(device.must_be_live(self.now)),
                });
                let network = ("redeem-network", (*network).to_owned());
                device.into_iter().chain([Place { counter: Some(network), check: None }]).collect()
            }
        }
    }
}

/// What somebody has shown: what happens with it or not at all, and what was counted for it.
#[derive(Default)]
pub(crate) struct Proof {
    pub(crate) beside: Vec<Write>,
    pub(crate) back: Vec<Change>,
}
