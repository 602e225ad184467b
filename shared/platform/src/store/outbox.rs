//! The outbox: what has to leave, written in the transaction of what it tells of. Ids only.
//!
//! An item goes NEW -> LEASED -> SENT, FAILED, SUPPRESSED, COLLAPSED, or back to NEW for another try, each by one
//! conditional write. While it is not done it stands in the `due` index, where the sweeper finds what no event moved.
//! For a message the item is also the memory of its idempotency key and stays as long as the conversation.

use domain::{
    browser::Browser,
    channel::{Factor, NoticeKind, WayIn},
    id::{AccountId, ContactPointId, ConversationId, FlowId, PatientId, PracticeId, SessionId, StaffId},
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write,
    item::{Attributes, Item, NewItem, names, number, string},
    keys,
    table::{Change, Index, Query, Sort},
};
use crate::delivery::ProviderId;

/// Seconds after which the sweeper looks for an item that no event has moved.
pub const SWEEP_AFTER_SECONDS: i64 = 120;
/// Seconds that a sender holds an item. Longer than any send takes with its retries.
pub const LEASE_SECONDS: i64 = 60;
/// Tries before an item has failed for good: with the waits of [`retry_after`] about four hours.
pub const ATTEMPTS_MAX: u32 = 14;

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
    /// Once more a notice to the contact that got one, because somebody asked for it.
    NoticeAgain(Again),
    /// Once more a notice of a message that was not read, or at last a word to staff.
    Reminder(Reminder),
    /// What somebody of the staff signs in with was taken away.
    FactorsReset {
        /// The admin who is told.
        admin: StaffId,
    },
    /// A member of staff got another factor, and is told.
    FactorAdded {
        /// Who.
        staff: StaffId,
        /// What.
        factor: Factor,
        /// What the browser calls itself.
        browser: Browser,
    },
    /// Somebody is invited to the staff.
    StaffInvited {
        /// The member of staff who is told.
        staff: StaffId,
    },
    /// Somebody signed in. It is told of where the account has not signed in with that browser before.
    SignedInElsewhere {
        /// The account.
        account: AccountId,
        /// What the browser calls itself.
        browser: Browser,
        /// What tells it from others, hashed.
        mark: String,
        /// Whether it is told of in a known browser too, and to every verified contact.
        always: bool,
    },
    /// An account got another way in. A device that a sign-in has left which was told of itself is no news.
    WayInAdded {
        /// The account.
        account: AccountId,
        /// What it got.
        way: WayIn,
        /// What the browser calls itself.
        browser: Browser,
        /// The sign-in that it came of.
        sign_in: SessionId,
    },
    /// The contacts of an account were changed: the old ones are told.
    ContactsChanged {
        /// The account.
        account: AccountId,
        /// Where it was reached before.
        old: Vec<ContactPointId>,
    },
    /// An account that the practice knew was added to those who act for a patient: it is told, and so is everybody who
    /// acted already.
    AccessGiven {
        /// The account that is told.
        account: AccountId,
        /// Where.
        to: Vec<ContactPointId>,
    },
    /// What an account may see of a patient ends soon: staff are told.
    AccessEnds {
        /// The account.
        account: AccountId,
        /// The patient.
        patient: PatientId,
        /// When it ends.
        end: Timestamp,
    },
    /// Somebody of the staff wants to open what was kept of a recalled message.
    EvidenceAsked {
        /// The member of staff who is told.
        staff: StaffId,
    },
}

/// Which notice is to leave again. Whether it may is decided when it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// The one whose link has this hash; there may be none.
    Link(String),
    /// One of this conversation, to this contact.
    Contact {
        /// The conversation.
        conversation: ConversationId,
        /// Where to.
        contact: ContactPointId,
    },
    /// One that came back from this contact, to another of the same person.
    Instead {
        /// The conversation.
        conversation: ConversationId,
        /// Where it came back from.
        contact: ContactPointId,
        /// The outbox item that it left by.
        of: String,
    },
}

/// One step of what follows a notice while its message is unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The conversation.
    pub conversation: ConversationId,
    /// The patient.
    pub patient: PatientId,
    /// The message.
    pub seq: u64,
    /// The outbox item of its notice.
    pub of: String,
    /// Counted from one. All but the last are notices, the last is for staff.
    pub step: u32,
}

/// Days between a notice, its reminders, and the word to staff that nobody has read: after one day, after three, after four.
const REMINDER_DAYS: [i64; 3] = [1, 2, 1];
/// How long a notice stands for later messages of its conversation: as long as its reminders go on. Then the next message is
/// told of anew.
pub const NOTICE_STANDS_SECONDS: i64 = 4 * 24 * 3600;

impl Reminder {
    /// The first one of a message.
    pub const fn first(conversation: ConversationId, patient: PatientId, seq: u64, of: String) -> Self {
        Self { conversation, patient, seq, of, step: 1 }
    }

    /// Whether it is the word to staff.
    pub const fn is_last(&self) -> bool {
        self.step as usize >= REMINDER_DAYS.len()
    }

    /// The one after it, if there is one.
    pub fn next(&self) -> Option<Self> {
        (!self.is_last()).then(|| Self { step: self.step + 1, ..self.clone() })
    }

    /// Its item, written when the step before it was done.
    pub fn to_item(&self, practice: PracticeId, now: Timestamp) -> Attributes {
        let id = format!("{}{}-{}", keys::REMINDER_OUTBOX_PREFIX, self.of, self.step);
        let days = (self.step as usize).checked_sub(1).and_then(|step| REMINDER_DAYS.get(step));
        let due = now.plus_seconds(days.unwrap_or(&1) * 24 * 3600);
        later_item(practice, &id, &Subject::Reminder(self.clone()), (now, due))
    }
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

    fn from_stored(text: &str) -> Option<Self> {
        let all = [Self::Sent, Self::Failed, Self::Suppressed, Self::Collapsed];
        all.into_iter().find(|ending| ending.as_str() == text)
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
    /// Contact points that an earlier try has reached.
    pub told: Vec<ContactPointId>,
}

/// How an item ends.
pub struct End<'a> {
    /// Its last state.
    pub ending: Ending,
    /// Why, as one word of a closed set.
    pub why: &'static str,
    /// The providers' ids of what was accepted in this try.
    pub accepted: &'a [&'a ProviderId],
}

/// Due items of one shard.
pub struct DuePage {
    /// Practice and id of each item.
    pub items: Vec<(PracticeId, String)>,
    /// Entries of the index that lead to no item of this version.
    pub unreadable: usize,
    /// Where the next page begins, if there is more.
    pub next: Option<Attributes>,
}

/// A new item that is due at once. Due items of a practice are spread by their id.
pub fn new_item(practice: PracticeId, id: &str, subject: &Subject, at: Timestamp) -> NewItem {
    let shard =
        id.bytes().fold(0_u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b))) % keys::DUE_SHARDS;
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
        Subject::FactorsReset { admin } => {
            item.with("notice_kind", string(NoticeKind::FactorsReset.as_str())).with("staff", string(admin))
        }
        Subject::FactorAdded { staff, factor, browser } => item
            .with("notice_kind", string(NoticeKind::FactorAdded.as_str()))
            .with("staff", string(staff))
            .with("factor", string(factor.as_str()))
            .with("browser", string(browser)),
        Subject::StaffInvited { staff } => {
            item.with("notice_kind", string(NoticeKind::StaffInvited.as_str())).with("staff", string(staff))
        }
        Subject::Reminder(reminder) => item
            .with("notice_kind", string(NoticeKind::Reminder.as_str()))
            .with("conversation", string(reminder.conversation))
            .with("patient", string(reminder.patient))
            .with("seq", number(reminder.seq))
            .with("reminder_of", string(&reminder.of))
            .with("step", number(reminder.step)),
        Subject::NoticeAgain(again) => {
            let item = item.with("notice_kind", string(NoticeKind::MessageAgain.as_str()));
            match again {
                Again::Link(hash) => item.with("link", string(hash)),
                Again::Contact { conversation, contact } => {
                    item.with("conversation", string(conversation)).with("contact_point", string(contact))
                }
                Again::Instead { conversation, contact, of } => item
                    .with("conversation", string(conversation))
                    .with("contact_point", string(contact))
                    .with("instead_of", string(of)),
            }
        }
        Subject::SignedInElsewhere { account, browser, mark, always } => item
            .with("notice_kind", string(NoticeKind::SignedInElsewhere.as_str()))
            .with("account", string(account))
            .with("browser", string(browser))
            .with("mark", string(mark))
            .with_some("always", always.then(|| number(1))),
        Subject::WayInAdded { account, way, browser, sign_in } => item
            .with("notice_kind", string(NoticeKind::WayInAdded.as_str()))
            .with("account", string(account))
            .with("way", string(way.as_str()))
            .with("browser", string(browser))
            .with("sign_in", string(sign_in)),
        Subject::ContactsChanged { account, old } => item
            .with("notice_kind", string(NoticeKind::ContactsChanged.as_str()))
            .with("account", string(account))
            .with("old", names(old)),
        Subject::AccessGiven { account, to } => item
            .with("notice_kind", string(NoticeKind::AccessGiven.as_str()))
            .with("account", string(account))
            .with("to", names(to)),
        Subject::AccessEnds { account, patient, end } => item
            .with("notice_kind", string(NoticeKind::AccessEnds.as_str()))
            .with("account", string(account))
            .with("patient", string(patient))
            .with("end", number(end.as_millis())),
        Subject::EvidenceAsked { staff } => {
            item.with("notice_kind", string(NoticeKind::EvidenceAsked.as_str())).with("staff", string(staff))
        }
    }
}

/// The item of anything but a message or a sign-in message. What it becomes stays to be seen for a week.
pub fn passing_item(practice: PracticeId, id: &str, subject: &Subject, at: Timestamp) -> Attributes {
    let item = new_item(practice, id, subject, at);
    item.with("ttl", number(at.as_seconds() + 7 * 24 * 3600)).build()
}

/// The item of what is to happen at a later time. It counts as tried once, so that nobody leases it before it is due; the
/// sweeper brings it then.
pub fn later_item(
    practice: PracticeId,
    id: &str,
    subject: &Subject,
    (at, due): (Timestamp, Timestamp),
) -> Attributes {
    let due = due.max(at);
    // It is of the time when it is first to leave, as whoever reads of it later is told.
    new_item(practice, id, subject, due)
        .with("attempts", number(1))
        .with("due_at", string(due))
        .with("ttl", number(due.as_seconds() + 30 * 24 * 3600))
        .build()
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
        NoticeKind::FactorsReset => Subject::FactorsReset { admin: item.parsed("staff", StaffId::parse)? },
        NoticeKind::FactorAdded => Subject::FactorAdded {
            staff: item.parsed("staff", StaffId::parse)?,
            factor: item.one_of("factor", Factor::from_stored)?,
            browser: Browser::from_stored(item.text("browser")?),
        },
        NoticeKind::StaffInvited => Subject::StaffInvited { staff: item.parsed("staff", StaffId::parse)? },
        NoticeKind::Reminder => Subject::Reminder(Reminder {
            conversation: item.parsed("conversation", ConversationId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            seq: item.number("seq")?,
            of: item.text("reminder_of")?.to_owned(),
            step: item.number("step")?,
        }),
        NoticeKind::MessageAgain => Subject::NoticeAgain(match item.optional_text("link") {
            Some(hash) => Again::Link(hash.to_owned()),
            None => {
                let conversation = item.parsed("conversation", ConversationId::parse)?;
                let contact = item.parsed("contact_point", ContactPointId::parse)?;
                match item.optional_text("instead_of") {
                    Some(of) => Again::Instead { conversation, contact, of: of.to_owned() },
                    None => Again::Contact { conversation, contact },
                }
            }
        }),
        NoticeKind::SignedInElsewhere => Subject::SignedInElsewhere {
            account: item.parsed("account", AccountId::parse)?,
            browser: Browser::from_stored(item.text("browser")?),
            mark: item.text("mark")?.to_owned(),
            always: item.optional_number::<u8>("always").is_some(),
        },
        NoticeKind::WayInAdded => Subject::WayInAdded {
            account: item.parsed("account", AccountId::parse)?,
            way: item.one_of("way", WayIn::from_stored)?,
            browser: Browser::from_stored(item.text("browser")?),
            sign_in: item.parsed("sign_in", SessionId::parse)?,
        },
        NoticeKind::ContactsChanged => Subject::ContactsChanged {
            account: item.parsed("account", AccountId::parse)?,
            old: item.names("old").into_iter().filter_map(|id| ContactPointId::parse(id).ok()).collect(),
        },
        NoticeKind::AccessGiven => Subject::AccessGiven {
            account: item.parsed("account", AccountId::parse)?,
            to: item.names("to").into_iter().filter_map(|id| ContactPointId::parse(id).ok()).collect(),
        },
        NoticeKind::AccessEnds => Subject::AccessEnds {
            account: item.parsed("account", AccountId::parse)?,
            patient: item.parsed("patient", PatientId::parse)?,
            end: item.time("end")?,
        },
        NoticeKind::EvidenceAsked => Subject::EvidenceAsked { staff: item.parsed("staff", StaffId::parse)? },
    };
    Ok(OutboxItem {
        practice,
        id: id.to_owned(),
        subject,
        created_at: item.time("created_at")?,
        attempts: item.number("attempts")?,
        told: item.names("told").into_iter().filter_map(|point| ContactPointId::parse(point).ok()).collect(),
    })
}

impl Store {
    /// Takes an item to send it. `None` if it is done, waits for its next try, or is held by somebody else: whoever
    /// was to bring it may forget it then, because an item that is not done stays in the due index.
    ///
    /// # Errors
    /// [`StoreError`]. An item of another shape has ended then.
    pub async fn lease_outbox(
        &self,
        practice: PracticeId,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<OutboxItem>, StoreError> {
        let until = now.plus_seconds(LEASE_SECONDS);
        let leased = match self.change(first_lease(practice, id, until)).await? {
            Some(item) => Some(item),
            None => self.change(lease_again(practice, id, now, until)).await?,
        };
        let Some(item) = leased else { return Ok(None) };
        match from_item(practice, id, &item) {
            Ok(item) => Ok(Some(item)),
            Err(malformed) => {
                // No later try will read it better.
                let end = Change::new(
                    keys::outbox(practice, id),
                    "SET out_state = :ending, ended_at = :now, why = :why REMOVE due_pk, due_at, lease_until",
                )
                .when("out_state = :leased AND lease_until = :until")
                .value(":ending", string(Ending::Failed.as_str()))
                .value(":why", string("malformed"))
                .value(":leased", string("LEASED"))
                .value(":until", number(until.as_millis()))
                .value(":now", number(now.as_millis()));
                self.change(end).await?;
                Err(malformed)
            }
        }
    }

    /// Ends an item with what is written beside it (the audit events of this try, what staff see of it), and takes it out of the due index. Returns whether it was
    /// still in the caller's hands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_outbox(
        &self,
        item: &OutboxItem,
        end: &End<'_>,
        beside: &[Write],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let accepted = end.accepted.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(",");
        let change = || {
            let update = "SET out_state = :next, ended_at = :now, why = :why, provider_ids = :accepted \
                          REMOVE due_pk, due_at, lease_until";
            leased(item, update)
                .value(":next", string(end.ending.as_str()))
                .value(":why", string(end.why))
                .value(":accepted", string(&accepted))
                .value(":now", number(now.as_millis()))
        };
        self.let_go(change, beside).await
    }

    /// Gives an item back for another try, with the contact points that need no other and what is written beside it.
    /// The sweeper brings it again. Returns whether it was still in the caller's hands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn return_outbox(
        &self,
        item: &OutboxItem,
        why: &'static str,
        told: &[ContactPointId],
        beside: &[Write],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let due = now.plus_seconds(retry_after(item.attempts));
        self.defer_outbox(item, why, told, beside, due).await
    }

    /// The same, for a try at a stated time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn defer_outbox(
        &self,
        item: &OutboxItem,
        why: &'static str,
        told: &[ContactPointId],
        beside: &[Write],
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        let told = item.told.iter().chain(told).map(ToString::to_string).collect::<Vec<_>>().join(",");
        let change = || {
            let update = "SET out_state = :next, why = :why, told = :told, due_at = :due REMOVE lease_until";
            leased(item, update)
                .value(":next", string("NEW"))
                .value(":why", string(why))
                .value(":told", string(&told))
                .value(":due", string(due))
        };
        self.let_go(change, beside).await
    }

    async fn let_go(&self, change: impl Fn() -> Change, beside: &[Write]) -> Result<bool, StoreError> {
        if beside.is_empty() {
            return Ok(self.change(change()).await?.is_some());
        }
        let writes = || {
            let mut writes = vec![Write::Update(change())];
            writes.extend_from_slice(beside);
            writes
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..)) => Ok(false),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }

    /// How a sign-in was told of: `None` where it was not to be told of or that is forgotten, `Some(None)` while it waits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn told_of(
        &self,
        practice: PracticeId,
        sign_in: SessionId,
    ) -> Result<Option<Option<Ending>>, StoreError> {
        let item = self.get(&keys::outbox(practice, &sign_in.to_string())).await?;
        Ok(item.map(|item| item.optional_text("out_state").and_then(Ending::from_stored)))
    }

    /// One page of the items of one shard that are due, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_outbox(
        &self,
        shard: u64,
        now: Timestamp,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<DuePage, StoreError> {
        let partition = keys::due_partition(shard);
        let until = Sort::Between(Timestamp::from_millis(0).to_string(), now.to_string());
        let query =
            Query { index: Some(Index::Due), limit: Some(limit), start, ..Query::new(&partition, until) };
        let page = self.query(query).await?;
        let items: Vec<_> = page.items.iter().filter_map(outbox_of).collect();
        Ok(DuePage { unreadable: page.items.len() - items.len(), items, next: page.next })
    }
}

/// The lease that nearly every item gets, within its first minute. The item keeps its place in the due index, which
/// lies behind the lease: moving it would cost more than the lease itself.
fn first_lease(practice: PracticeId, id: &str, until: Timestamp) -> Change {
    Change::new(keys::outbox(practice, id), "SET out_state = :leased, lease_until = :until ADD attempts :one")
        .when("out_state = :new AND attempts = :none AND due_at > :until_text")
        .value(":leased", string("LEASED"))
        .value(":new", string("NEW"))
        .value(":until", number(until.as_millis()))
        .value(":until_text", string(until))
        .value(":none", number(0))
        .value(":one", number(1))
}

/// Every other lease: of an item that is late, tried once already, or left behind by whoever held it.
fn lease_again(practice: PracticeId, id: &str, now: Timestamp, until: Timestamp) -> Change {
    Change::new(
        keys::outbox(practice, id),
        "SET out_state = :leased, lease_until = :until, due_at = :due ADD attempts :one",
    )
    .when(
        "(out_state = :new AND (attempts = :none OR due_at <= :now_text)) \
         OR (out_state = :leased AND lease_until < :now)",
    )
    .value(":leased", string("LEASED"))
    .value(":new", string("NEW"))
    .value(":until", number(until.as_millis()))
    .value(":due", string(now.plus_seconds(SWEEP_AFTER_SECONDS)))
    .value(":now", number(now.as_millis()))
    .value(":now_text", string(now))
    .value(":none", number(0))
    .value(":one", number(1))
}

/// A change that only whoever holds the item can make.
fn leased(item: &OutboxItem, update: &'static str) -> Change {
    Change::new(keys::outbox(item.practice, &item.id), update)
        .when("out_state = :leased AND attempts = :attempts")
        .value(":leased", string("LEASED"))
        .value(":attempts", number(item.attempts))
}

fn outbox_of(item: &Item) -> Option<(PracticeId, String)> {
    let key = item.key().ok()?;
    let (practice, id) = keys::parse_outbox(&key.pk)?;
    Some((practice, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_last_four_hours_and_none_waits_longer_than_half_of_one() {
        let waits: Vec<i64> = (1..ATTEMPTS_MAX).map(retry_after).collect();
        assert_eq!(waits[..4], [30, 60, 120, 240]);
        assert!(waits.is_sorted() && waits.iter().all(|wait| *wait <= 1_800));
        let hours = waits.iter().sum::<i64>() / 3_600;
        assert_eq!(hours, 4);
    }
}
