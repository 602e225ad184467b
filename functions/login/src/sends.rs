//! The limits of messages that somebody asks for to sign in. All of it is counted in this one place.

use domain::{limits::Rate, time::Timestamp};
use platform::{
    App,
    http::Failure,
    store::{
        Write, contact,
        device::DeviceToken,
        practice::Practice,
        rate::{CountedAll, Counter, SHARED_SHARDS},
        session::Holder,
    },
};

/// Whose messages are counted.
pub(crate) enum Sender<'a> {
    /// A browser that asks for a message to an address, given by its blind index.
    Browser { address: &'a str, network: &'a str, device: Option<&'a DeviceToken> },
    /// Whoever holds a session, for a code to a contact of theirs.
    Holder(Holder),
}

/// Messages of a practice, to sign in or to step up.
pub(crate) struct Sends<'a> {
    pub(crate) app: &'a App,
    pub(crate) practice: &'a Practice,
    pub(crate) now: Timestamp,
}

/// What became of asking for a message.
#[derive(PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is on its way.
    Begun,
    /// A condition of the writes did not hold.
    Refused,
}

impl Sends<'_> {
    /// Counts at every limit and writes, or does nothing at all: whoever is over one limit uses up no other. Known and unknown
    /// addresses cost the same.
    pub(crate) async fn count(&self, sender: &Sender<'_>, writes: &[Write]) -> Result<Sent, Failure> {
        match sender {
            Sender::Browser { address, network, device } => {
                if let Some(device) = device
                    && let Some(sent) = self.by_device(address, device, writes).await?
                {
                    return Ok(sent);
                }
                self.by_anybody(address, network, writes).await
            }
            Sender::Holder(holder) => self.by_holder(*holder, writes).await,
        }
    }

    /// A remembered device writes to the contacts of its account and has limits of its own there, so that nobody else uses them
    /// up. `None` if it is no device of ours, or the address is not that of its account: then it is anybody.
    async fn by_device(
        &self,
        address: &str,
        device: &DeviceToken,
        writes: &[Write],
    ) -> Result<Option<Sent>, Failure> {
        let limits = self.practice.policies.limits();
        let point = self.app.store.contact_at(self.practice.id, address).await?;
        // One that is not known leads to nobody, with the same calls.
        let point = point.unwrap_or_else(|| contact::nobodys(self.now, self.app.entropy.id()));
        let theirs = contact::leads_to(self.practice.id, point, device.account);
        // By account: a person with many remembered browsers writes no more often than with one.
        let account = device.account.to_string();
        let shard = self.shard();
        let counters = [
            self.counter("send-device", &account, limits.sends_per_device),
            self.by_practice(&shard, limits.sends_for_known),
        ];
        let mut all = vec![Write::Check(device.must_be_live(self.now)), Write::Check(theirs)];
        all.extend_from_slice(writes);
        match self.app.store.count_all(&counters, &all, self.now).await? {
            CountedAll::Refused(0 | 1) => Ok(None),
            counted => sent(counted).map(Some),
        }
    }

    async fn by_anybody(&self, address: &str, network: &str, writes: &[Write]) -> Result<Sent, Failure> {
        let limits = self.practice.policies.limits();
        let shard = self.shard();
        // The longest to wait for comes first: that is the one that the answer names.
        let counters = [
            self.counter("send-address-day", address, limits.sends_per_address_and_day),
            self.by_practice(&shard, 0),
            self.counter("send-network", network, limits.sends_per_client),
            self.counter("send-address", address, limits.sends_per_address),
        ];
        sent(self.app.store.count_all(&counters, writes, self.now).await?)
    }

    /// Not at the address: strangers who use that up must not stop whoever is signed in. Each proof makes another session of the
    /// same person, so they are counted, not it.
    async fn by_holder(&self, holder: Holder, writes: &[Write]) -> Result<Sent, Failure> {
        let limits = self.practice.policies.limits();
        let holder = holder.to_string();
        let shard = self.shard();
        let counters = [
            self.counter("step-up-day", &holder, limits.step_up_codes_per_holder_and_day),
            self.by_practice(&shard, limits.sends_for_known),
            self.counter("step-up", &holder, limits.step_up_codes_per_holder),
        ];
        sent(self.app.store.count_all(&counters, writes, self.now).await?)
    }

    fn shard(&self) -> String {
        self.app.entropy.below(u64::from(SHARED_SHARDS)).to_string()
    }

    /// The limit of the practice, which whoever it knows may go beyond by so many.
    fn by_practice<'a>(&self, shard: &'a str, beyond: u32) -> Counter<'a> {
        let mut shared = self.practice.policies.limits().sends_per_practice;
        shared.count = (shared.count + beyond).div_ceil(SHARED_SHARDS);
        self.counter("send-practice", shard, shared)
    }

    const fn counter<'a>(&self, scope: &'static str, subject: &'a str, rate: Rate) -> Counter<'a> {
        Counter { practice: self.practice.id, scope, subject, rate }
    }
}

fn sent(counted: CountedAll) -> Result<Sent, Failure> {
    match counted {
        CountedAll::Within => Ok(Sent::Begun),
        CountedAll::Over { seconds, .. } => Err(Failure::TooMany(seconds)),
        CountedAll::Refused(_) => Ok(Sent::Refused),
    }
}
