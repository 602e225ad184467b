//! Notice links: a token that leads to a conversation and never opens it alone.

use domain::{
    id::{AccountId, ContactPointId, ConversationId, PatientId, PracticeId},
    sign_in::{NOTICE_READ_LIFE_SECONDS, NOTICE_UNREAD_LIFE_SECONDS},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    flow::{candidates_from, candidates_text},
    item::{Attributes, Item, NewItem, number, string},
    keys,
    reach::REACH_LIFE_SECONDS,
    table::{Change, Table},
};

/// What a notice link leads to.
pub struct NoticeLink {
    /// The practice.
    pub practice: PracticeId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The patient of the conversation: the one whom a session by this link acts for.
    pub patient: PatientId,
    /// The notice, as the id of its outbox item.
    pub outbox: String,
    /// The contact point that the notice went to.
    pub contact: ContactPointId,
    /// Who may open it, each as account and patient.
    pub candidates: Vec<(AccountId, PatientId)>,
    /// When the notice was made.
    pub created_at: Timestamp,
    /// When it first opened something.
    pub used_at: Option<Timestamp>,
    /// The browser that opened it by birth date first, by the hash of its cookie. It opens in no other that way.
    pub bound_to: Option<String>,
}

impl NoticeLink {
    /// The item of a new link.
    fn to_item(&self, token_hash: &str) -> Attributes {
        NewItem::new(&keys::notice_link(token_hash))
            .with("practice", string(self.practice))
            .with("conversation", string(self.conversation))
            .with("patient", string(self.patient))
            .with("outbox", string(&self.outbox))
            .with("contact_point", string(self.contact))
            .with("candidates", string(candidates_text(&self.candidates)))
            .with("created_at", number(self.created_at.as_millis()))
            .with("date_tries", number(0))
            // It opens nothing by then; staff still see whether it was used.
            .with("ttl", number(self.created_at.as_seconds() + REACH_LIFE_SECONDS))
            .build()
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            practice: item.parsed("practice", PracticeId::parse)?,
            conversation: item.parsed("conversation", ConversationId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            outbox: item.text("outbox")?.to_owned(),
            contact: item.parsed("contact_point", ContactPointId::parse)?,
            candidates: candidates_from(item),
            created_at: item.time("created_at")?,
            used_at: item.optional_time("used_at"),
            bound_to: item.optional_text("bound_to").map(str::to_owned),
        })
    }

    /// Whether it opens by birth date in this browser.
    pub fn is_open_in(&self, browser: &str) -> bool {
        self.bound_to.as_ref().is_none_or(|bound| crate::secrets::equal(bound, browser))
    }

    /// Whether an account is among those who may open it.
    pub fn leads_to(&self, account: AccountId) -> bool {
        self.candidates.iter().any(|(candidate, _)| *candidate == account)
    }

    /// Whether it still opens something.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.created_at.plus_seconds(NOTICE_UNREAD_LIFE_SECONDS)
            && self.used_at.is_none_or(|used| now < used.plus_seconds(NOTICE_READ_LIFE_SECONDS))
    }
}

impl Store {
    /// Makes a link. A retried send carries the same token and leaves the link as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_notice_link(&self, link: &NoticeLink, token_hash: &str) -> Result<(), StoreError> {
        self.create(Table::Chat, link.to_item(token_hash)).await.map(drop)
    }

    /// A notice link by the hash of its token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notice_link(&self, token_hash: &str) -> Result<Option<NoticeLink>, StoreError> {
        let item = self.get(&keys::notice_link(token_hash)).await?;
        item.map(|item| NoticeLink::from_item(&item)).transpose()
    }

    /// Notice links by the hashes of their tokens; one that is gone is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notice_links(&self, hashes: &[&str]) -> Result<Vec<(String, NoticeLink)>, StoreError> {
        let wanted: Vec<_> = hashes.iter().map(|hash| keys::notice_link(hash)).collect();
        let items = self.get_many(&wanted).await?;
        hashes
            .iter()
            .zip(items)
            .filter_map(|(hash, item)| {
                item.map(|item| Ok(((*hash).to_owned(), NoticeLink::from_item(&item)?)))
            })
            .collect()
    }
}

/// Counts a try of the birth date at a notice link, in the transaction that counts it at every other limit. Browsers that the
/// link does not belong to have tries of their own: they use up none of the one that it belongs to, and what is kept of them
/// has an end.
pub fn trying(token_hash: &str, is_foreign: bool, most: u32) -> Change {
    let (update, condition) = if is_foreign {
        (
            "ADD foreign_tries :one",
            "attribute_exists(PK) AND (attribute_not_exists(foreign_tries) OR foreign_tries < :most)",
        )
    } else {
        ("ADD date_tries :one", "attribute_exists(PK) AND date_tries < :most")
    };
    Change::new(keys::notice_link(token_hash), update)
        .when(condition)
        .value(":one", number(1))
        .value(":most", number(most))
}

/// The use of a link by birth date, as part of the transaction that makes the session: it binds the link to the browser
/// that was first. The tries start again: the date was right.
pub fn bind(token_hash: &str, browser: &str, now: Timestamp) -> Change {
    Change::new(
        keys::notice_link(token_hash),
        "SET used_at = if_not_exists(used_at, :now), bound_to = if_not_exists(bound_to, :browser), \
         date_tries = :none",
    )
    .when("attribute_exists(PK) AND (attribute_not_exists(bound_to) OR bound_to = :browser)")
    .value(":now", number(now.as_millis()))
    .value(":browser", string(browser))
    .value(":none", number(0))
}

/// The use of a link by a remembered device, which needs no binding.
pub fn mark_used(token_hash: &str, now: Timestamp) -> Change {
    Change::new(keys::notice_link(token_hash), "SET used_at = if_not_exists(used_at, :now)")
        .when("attribute_exists(PK)")
        .value(":now", number(now.as_millis()))
}
