//! The outbox: what has to leave, written in the transaction of what it tells of. Ids only.
//!
//! An item goes NEW -> LEASED -> SENT, FAILED, SUPPRESSED, COLLAPSED, or back to NEW for another try, each by one
//! conditional write. While it is not done it stands in the `due` index, where the sweeper finds what no event moved.
//! For a message the item is also the memory of its idempotency key and stays as long as the conversation.

use domain::{
    channel::NoticeKind,
    id::{ConversationId, FlowId, PatientId, PracticeId},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    table::{Change, Index, Query, Sort},
};

/// Seconds after which the sweeper looks for an item that no event has moved.
pub const SWEEP_AFTER_SECONDS: i64 = 120;
/// Seconds that a sender holds an item. Longer than any send takes with its retries.
pub const LEASE_SECONDS: i64 = 60;
/// Tries before an item has failed for good: with the waits of [`retry_after`] about four hours.
pub const ATTEMPTS_MAX: u32 = 12;

/// What an outbox item tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A message of the practice, for the patient's contacts.
    Message {
        /// The conversation.
        conversation: ConversationId,
        /// The patient.
        patient: PatientId,
        /// The message.
        seq: u64,
    },
    /// The `issue`-th message of a sign-in attempt.
    SignIn {
        /// The attempt.
        flow: FlowId,
        /// Counted from one.
        issue: u32,
    },
}

/// How an item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A provider took it.
    Sent,
    /// It cannot be sent.
    Failed,
    /// It must not or need not be sent.
    Suppressed,
    /// An earlier notice says the same.
    Collapsed,
}

impl Ending {
    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
            Self::Suppressed => "SUPPRESSED",
            Self::Collapsed => "COLLAPSED",
        }
    }
}

/// An item as its sender sees it.
pub struct OutboxItem {
    /// The practice.
    pub practice: PracticeId,
    /// Its id: secrets are derived from it.
    pub id: String,
    /// What it tells of.
    pub subject: Subject,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often it was leased, this time included.
    pub attempts: u32,
}

/// A new item that is due at once. Due items of a practice are spread by their id.
pub fn new_item(practice: PracticeId, id: &str, subject: &Subject, at: Timestamp) -> NewItem {
    let shard = id.bytes().fold(0_u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b))) % keys::DUE_SHARDS;
    let item = NewItem::new(&keys::outbox(practice, id))
        .with("out_state", string("NEW"))
        .with("attempts", number(0))
        .with("created_at", number(at.as_millis()))
        .with("due_pk", string(keys::due_partition(shard)))
        .with("due_at", string(at.plus_seconds(SWEEP_AFTER_SECONDS)));
    describe(item, subject)
}

/// A new item that is done already: nobody has to be told, but the send is remembered.
pub fn silent_item(practice: PracticeId, id: &str, subject: &Subject, at: Timestamp) -> NewItem {
    let item = NewItem::new(&keys::outbox(practice, id))
        .with("out_state", string(Ending::Suppressed.as_str()))
        .with("attempts", number(0))
        .with("created_at", number(at.as_millis()));
    describe(item, subject)
}

fn describe(item: NewItem, subject: &Subject) -> NewItem {
    match subject {
        Subject::Message { conversation, patient, seq } => item
            .with("notice_kind", string(NoticeKind::Message.as_str()))
            .with("conversation", string(conversation))
            .with("patient", string(patient))
            .with("seq", number(*seq)),
        Subject::SignIn { flow, issue } => item
            .with("notice_kind", string(NoticeKind::SignIn.as_str()))
            .with("flow", string(flow))
            .with("issue", number(*issue)),
    }
}

/// The item of a sign-in message.
pub fn sign_in_item(practice: PracticeId, flow: FlowId, issue: u32, at: Timestamp) -> Attributes {
    let item = new_item(practice, &sign_in_id(flow, issue), &Subject::SignIn { flow, issue }, at);
    item.with("ttl", number(at.as_seconds() + 7 * 24 * 3600)).build()
}

/// The id of a sign-in message's item.
pub fn sign_in_id(flow: FlowId, issue: u32) -> String {
    format!("{flow}-{issue}")
}

/// Seconds until the next try after so many.
pub fn retry_after(attempts: u32) -> i64 {
    (15_i64 << attempts.min(7)).min(1_800)
}

fn from_item(practice: PracticeId, id: &str, item: &Item) -> Result<OutboxItem, StoreError> {
    let subject = match item.one_of("notice_kind", NoticeKind::from_stored)? {
        NoticeKind::Message => Subject::Message {
            conversation: item.parsed("conversation", ConversationId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            seq: item.number("seq")?,
        },
        NoticeKind::SignIn => {
            Subject::SignIn { flow: item.parsed("flow", FlowId::parse)?, issue: item.number("issue")? }
        }
    };
    Ok(OutboxItem {
        practice,
        id: id.to_owned(),
        subject,
        created_at: item.time("created_at")?,
        attempts: item.number("attempts")?,
    })
}

impl Store {
    /// Takes an item to send it. `None` if it is done, or somebody else holds it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_outbox(
        &self,
        practice: PracticeId,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<OutboxItem>, StoreError> {
        let change = Change::new(
            keys::outbox(practice, id),
            "SET out_state = :leased, lease_until = :until, due_at = :due ADD attempts :one",
        )
        .when("out_state = :new OR (out_state = :leased AND lease_until < :now)")
        .value(":leased", string("LEASED"))
        .value(":new", string("NEW"))
        .value(":until", number(now.plus_seconds(LEASE_SECONDS).as_millis()))
        .value(":due", string(now.plus_seconds(SWEEP_AFTER_SECONDS)))
        .value(":now", number(now.as_millis()))
        .value(":one", number(1));
        let item = self.change(change).await?;
        item.map(|item| from_item(practice, id, &item)).transpose()
    }

    /// Whether an item is done. An item that never was counts as done: its transaction did not happen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outbox_is_done(&self, practice: PracticeId, id: &str) -> Result<bool, StoreError> {
        let item = self.get(&keys::outbox(practice, id)).await?;
        Ok(item.is_none_or(|item| item.optional_text("due_pk").is_none()))
    }

    /// Ends an item, and takes it out of the due index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_outbox(
        &self,
        item: &OutboxItem,
        ending: Ending,
        reason: &'static str,
        provider_id: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = Change::new(
            keys::outbox(item.practice, &item.id),
            "SET out_state = :ending, ended_at = :now, why = :why, provider_id = :provider \
             REMOVE due_pk, due_at, lease_until",
        )
        .when("out_state = :leased AND attempts = :attempts")
        .value(":ending", string(ending.as_str()))
        .value(":why", string(reason))
        .value(":provider", string(provider_id.unwrap_or_default()))
        .value(":now", number(now.as_millis()))
        .value(":leased", string("LEASED"))
        .value(":attempts", number(item.attempts));
        self.change(change).await.map(drop)
    }

    /// Gives an item back for another try. The sweeper brings it again if no event does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn return_outbox(
        &self,
        item: &OutboxItem,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = Change::new(
            keys::outbox(item.practice, &item.id),
            "SET out_state = :new, why = :why, due_at = :due REMOVE lease_until",
        )
        .when("out_state = :leased AND attempts = :attempts")
        .value(":new", string("NEW"))
        .value(":why", string(reason))
        .value(":due", string(now.plus_seconds(retry_after(item.attempts))))
        .value(":leased", string("LEASED"))
        .value(":attempts", number(item.attempts));
        self.change(change).await.map(drop)
    }

    /// Items of one shard that are due, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_outbox(
        &self,
        shard: u64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(PracticeId, String)>, StoreError> {
        let partition = keys::due_partition(shard);
        let until = Sort::Between(Timestamp::from_millis(0).to_string(), now.to_string());
        let query = Query { index: Some(Index::Due), limit: Some(limit), ..Query::new(&partition, until) };
        let items = self.query(query).await?.items;
        let parse = |item: &Item| {
            let key = item.key()?;
            let (practice, id) = keys::parse_outbox(&key.pk).ok_or(StoreError::Malformed("PK"))?;
            Ok((practice, id.to_owned()))
        };
        items.iter().map(parse).collect()
    }
}
