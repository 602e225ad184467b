//! The browsers that an account has signed in with.

use domain::{
    id::{AccountId, PracticeId},
    sign_in::BROWSER_LIFE_SECONDS,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    item::{number, string},
    keys,
    table::{Change, Query, Sort},
};

/// Whether an account has signed in with a browser before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It has.
    Known,
    /// It has not signed in with any.
    First,
    /// It has signed in with others.
    New,
}

impl Seen {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::First => "first",
            Self::New => "new",
        }
    }
}

/// Notes a sign-in that opens one conversation, as part of its transaction. The browser counts among those that an account has
/// used, so that a first sign-in elsewhere is news; but it is not known: whatever opens everything in it is told of as before.
pub fn saw(practice: PracticeId, account: AccountId, mark: &str, now: Timestamp) -> Change {
    Change::new(keys::known_browser(practice, account, mark), "SET last_seen_at = :now, #ttl = :ttl")
        .value(":now", number(now.as_millis()))
        .value(":ttl", number(now.as_seconds() + BROWSER_LIFE_SECONDS))
}

impl Store {
    /// Notes a sign-in with a browser, by the hash of what tells it from others. The same `sign_in` gets the same
    /// answer again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn see_browser(
        &self,
        practice: PracticeId,
        account: AccountId,
        mark: &str,
        sign_in: &str,
        now: Timestamp,
    ) -> Result<Seen, StoreError> {
        let key = keys::known_browser(practice, account, mark);
        let partition = keys::holder_partition(practice, account);
        let others = Query { limit: Some(2), ..Query::new(&partition, Sort::Prefix(keys::KNOWN_PREFIX)) };
        let others = self.query(others).await?.items;
        let change = Change::new(
            key.clone(),
            "SET first_sign_in = if_not_exists(first_sign_in, :sign_in), last_seen_at = :now, #ttl = :ttl",
        )
        .value(":sign_in", string(sign_in))
        .value(":now", number(now.as_millis()))
        .value(":ttl", number(now.as_seconds() + BROWSER_LIFE_SECONDS));
        let item = self.change(change).await?;
        let here = item.is_some_and(|item| item.optional_text("first_sign_in") == Some(sign_in));
        let alone = others.iter().all(|other| other.key().is_ok_and(|other| other == key));
        Ok(match (here, alone) {
            (false, _) => Seen::Known,
            (true, true) => Seen::First,
            (true, false) => Seen::New,
        })
    }
}
