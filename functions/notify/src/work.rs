//! One outbox item, from lease to end.

use domain::{
    Invalid,
    audit::{ActorId, Event, Verb},
    contact::ContactKind,
    id::{ContactPointId, ConversationId, PatientId, PracticeId},
    note::NoteKind,
    time::Timestamp,
};
use platform::{
    delivery::ProviderId,
    http::failure::Chain,
    i18n::TextError,
    keys::KeyError,
    store::{
        StoreError, Write, audit,
        note::Occurrence,
        outbox::{ATTEMPTS_MAX, Again, End, Ending, OutboxItem, Reminder, Subject},
        posted::{Posted, PostedNotice},
        reach::{Notice, NoticeState},
        table::Table,
    },
};

use crate::{
    State, access_ends, announce, factors, invite,
    notice::{self, About},
    sign_in,
};

/// Tries of a write that must not get lost, because a message has left already.
const WRITE_TRIES: u32 = 5;

/// Why an item could not be worked on. It names no address and no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Text(#[from] TextError),
    #[error("the practice's profile makes no letterhead")]
    Letterhead(#[source] Invalid),
}

impl Trouble {
    const fn why(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Key(_) => "keys",
            Self::Text(_) => "texts",
            Self::Letterhead(_) => "letterhead",
        }
    }

    pub(crate) fn chain(&self) -> String {
        Chain(self).to_string()
    }
}

/// What becomes of an item after a try.
pub(crate) struct Verdict {
    pub(crate) then: Then,
    /// One word of a closed set.
    pub(crate) why: &'static str,
    /// What providers accepted in this try.
    pub(crate) accepted: Vec<Accepted>,
    /// Whom that reached.
    pub(crate) told: Vec<ContactPointId>,
    /// What the audit log says of it.
    pub(crate) events: Vec<Event>,
    /// The conversation and patient, where it is a notice.
    pub(crate) about: Option<(ConversationId, PatientId)>,
    /// What staff see of it.
    pub(crate) notices: Vec<Notice>,
    /// When it comes again, where that is known.
    pub(crate) not_before: Option<Timestamp>,
}

/// A message that a provider accepted.
pub(crate) struct Accepted {
    pub(crate) id: ProviderId,
    /// Where it went, if that is a contact of the practice.
    pub(crate) contact: Option<ContactPointId>,
    pub(crate) kind: ContactKind,
}

/// Whether it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It has ended.
    End(Ending),
    /// It comes again.
    Later,
}

impl Verdict {
    /// A verdict without a send.
    pub(crate) const fn new(then: Then, why: &'static str) -> Self {
        Self {
            then,
            why,
            accepted: Vec::new(),
            told: Vec::new(),
            events: Vec::new(),
            about: None,
            notices: Vec::new(),
            not_before: None,
        }
    }

    /// The verdict on a notice.
    pub(crate) const fn about(mut self, about: &About) -> Self {
        self.about = Some((about.conversation, about.patient));
        self
    }

    /// The verdict of the last try: nothing comes again. What has reached somebody was sent.
    fn at_last(mut self, item: &OutboxItem) -> Self {
        if self.then == Then::Later && item.attempts >= ATTEMPTS_MAX {
            let reached = !item.told.is_empty() || !self.told.is_empty();
            self.then = Then::End(if reached { Ending::Sent } else { Ending::Failed });
            for notice in self.notices.iter_mut().filter(|notice| notice.state == NoticeState::Deferred) {
                notice.state = NoticeState::Failed;
            }
        }
        self
    }

    /// What is written with the end of the try: its events, and what staff see of it.
    fn beside(&self, item: &OutboxItem) -> Vec<Write> {
        let mut writes: Vec<Write> = self.events.iter().map(audit::write).collect();
        let Some((conversation, patient)) = self.about else { return writes };
        let state = match self.then {
            Then::End(Ending::Failed) => Some(NoticeState::Failed),
            Then::End(Ending::Suppressed) => Some(NoticeState::Suppressed),
            Then::End(Ending::Collapsed) => Some(NoticeState::Collapsed),
            Then::End(Ending::Sent) | Then::Later => None,
        };
        let mut notices = self.notices.clone();
        if let (Some(state), true) = (state, notices.is_empty()) {
            notices.push(Notice {
                id: Notice::id_of(item.created_at, &item.id, None),
                at: item.created_at,
                outbox: item.id.clone(),
                conversation,
                contact: None,
                state,
                why: self.why.to_owned(),
                link: None,
                again_of: None,
            });
        }
        let replace = |notice: &Notice| Write::Replace(Table::Chat, notice.to_item(item.practice, patient));
        writes.extend(notices.iter().map(replace));
        writes
    }
}

impl Verdict {
    /// What a provider's report will be about. Written once: a report may have come since.
    fn posted(&self, item: &OutboxItem, now: Timestamp) -> Vec<Write> {
        let one = |accepted: &Accepted| {
            let notice = self.about.map(|(conversation, patient)| PostedNotice {
                conversation,
                patient,
                at: item.created_at,
                id: Notice::id_of(item.created_at, &item.id, accepted.contact),
            });
            let posted = Posted {
                practice: item.practice,
                outbox: item.id.clone(),
                contact: accepted.contact,
                kind: accepted.kind,
                at: now,
                notice,
                fate: None,
            };
            Write::Create(Table::Chat, posted.to_item(&accepted.id))
        };
        self.accepted.iter().map(one).collect()
    }
}

/// Takes an item, if it waits, and works on it. What is done, held by another or not due yet is left alone: it stays
/// in the due index until it has ended.
///
/// # Errors
/// [`Trouble`] if the item could not even be put back. It comes again when its lease is over.
pub(crate) async fn on_item(state: &State, practice: PracticeId, id: &str) -> Result<(), Trouble> {
    let now = state.app.clock.now();
    let item = match state.app.store.lease_outbox(practice, id, now).await {
        Ok(Some(item)) => item,
        Ok(None) => {
            tracing::debug!(practice.id = %practice, outbox.id = id, "an event has nothing to do");
            return Ok(());
        }
        // It has ended as failed; bringing it again would change nothing.
        Err(StoreError::Malformed(attribute)) => {
            tracing::error!(practice.id = %practice, outbox.id = id, item.attribute = attribute, "an outbox item is malformed");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let verdict = if item.attempts > ATTEMPTS_MAX {
        // Every try ended without a verdict: whatever it is, it ends the function.
        Ok(Verdict::new(Then::Later, "attempts"))
    } else {
        match &item.subject {
            Subject::SignIn { flow, issue } => sign_in::send(state, &item, *flow, *issue).await,
            Subject::Message { conversation, patient, seq } => {
                notice::send(state, &item, *conversation, *patient, *seq).await
            }
            Subject::FactorsReset { admin } => factors::reset(state, &item, *admin).await,
            Subject::EvidenceAsked { staff } => factors::evidence(state, &item, *staff).await,
            Subject::FactorAdded { staff, factor, browser } => {
                factors::added(state, &item, *staff, (*factor, *browser)).await
            }
            Subject::StaffInvited { staff } => invite::send(state, &item, *staff).await,
            Subject::NoticeAgain(again) => notice::send_again(state, &item, again).await,
            Subject::Reminder(reminder) => notice::remind(state, &item, reminder).await,
            Subject::SignedInElsewhere { account, browser, mark, always } => {
                let sign_in =
                    announce::SignIn { account: *account, browser: *browser, mark, always: *always };
                announce::signed_in(state, &item, &sign_in).await
            }
            Subject::WayInAdded { account, way, browser, sign_in } => {
                let (account, way, browser, sign_in) = (*account, *way, *browser, *sign_in);
                announce::added(state, &item, &announce::Added { account, way, browser, sign_in }).await
            }
            Subject::ContactsChanged { account, old } => {
                announce::contacts_changed(state, &item, *account, old).await
            }
            Subject::AccessGiven { account, to } => announce::access_given(state, &item, *account, to).await,
            Subject::AccessEnds { account, patient, end } => {
                access_ends::note(state, &item, *account, *patient, *end).await
            }
        }
    };
    let verdict = verdict.unwrap_or_else(|trouble| {
        tracing::error!(practice.id = %practice, outbox.id = id, error.chain = %trouble.chain(), "a try failed");
        Verdict::new(Then::Later, trouble.why())
    });
    settle(state, &item, verdict.at_last(&item)).await
}

async fn settle(state: &State, item: &OutboxItem, verdict: Verdict) -> Result<(), Trouble> {
    let now = state.app.clock.now();
    log(item, &verdict, now);
    let silent = matches!(verdict.then, Then::End(Ending::Failed | Ending::Suppressed));
    let claim = match &item.subject {
        Subject::Message { conversation, .. } => Some((*conversation, &item.id)),
        Subject::NoticeAgain(Again::Instead { conversation, of, .. }) => Some((*conversation, of)),
        Subject::Reminder(reminder) => Some((reminder.conversation, &reminder.of)),
        _ => None,
    };
    if let (true, Some((conversation, claimed_by))) = (silent, claim) {
        // The next message may try again.
        state.app.store.release_notice(item.practice, conversation, claimed_by).await?;
    }
    let mut beside = verdict.beside(item);
    if verdict.then == Then::End(Ending::Sent) {
        let reminder = reminder_after(item);
        beside.extend(reminder.map(|next| Write::Create(Table::Chat, next.to_item(item.practice, now))));
    }
    let posted = verdict.posted(item, now);
    if verdict.then == Then::End(Ending::Sent) {
        // It has left, whoever holds the item by now. So what tells of it is written by itself and first, at half of
        // what a transaction costs: docs/decisions/0016.
        surely(state, async || state.app.store.write_each(&beside).await).await?;
        // A report finds its message by this, and changes what stands beside it: so that must be there.
        surely(state, async || state.app.store.write_each(&posted).await).await?;
        beside.clear();
    } else {
        beside.extend(posted);
    }
    beside.extend(told_staff(state, item, &verdict, now));
    surely(state, async || match verdict.then {
        Then::End(ending) => {
            let accepted: Vec<&ProviderId> = verdict.accepted.iter().map(|accepted| &accepted.id).collect();
            let end = End { ending, why: verdict.why, accepted: &accepted };
            state.app.store.end_outbox(item, &end, &beside, now).await
        }
        Then::Later => {
            let (store, why, told) = (&state.app.store, verdict.why, &verdict.told);
            match verdict.not_before {
                Some(due) => store.defer_outbox(item, why, told, &beside, due).await,
                None => store.return_outbox(item, why, told, &beside, now).await,
            }
        }
    })
    .await?;
    Ok(())
}

/// What comes next while the message is unread. Where nobody was told there is nothing to remind of: staff know.
fn reminder_after(item: &OutboxItem) -> Option<Reminder> {
    match &item.subject {
        Subject::Message { conversation, patient, seq } => {
            Some(Reminder::first(*conversation, *patient, *seq, item.id.clone()))
        }
        Subject::Reminder(reminder) => reminder.next(),
        _ => None,
    }
}

/// The note of staff that nobody was reached by a notice, for the transaction that ends it. One that was asked for again is
/// seen by whoever asked.
fn told_staff(state: &State, item: &OutboxItem, verdict: &Verdict, now: Timestamp) -> Vec<Write> {
    let lost = matches!(verdict.then, Then::End(Ending::Failed | Ending::Suppressed));
    let about = match &item.subject {
        Subject::Message { conversation, patient, .. } => Some((*conversation, *patient)),
        // Nobody has to call about what was read meanwhile.
        Subject::NoticeAgain(Again::Instead { .. }) if verdict.why != "read" => verdict.about,
        Subject::Reminder(reminder) if verdict.why != "read" => {
            Some((reminder.conversation, reminder.patient))
        }
        _ => None,
    };
    let (true, Some((conversation, patient))) = (lost, about) else {
        return Vec::new();
    };
    let kind = match verdict.why {
        notice::UNREAD => NoteKind::NoticeUnread,
        _ => NoteKind::NoticeUndelivered,
    };
    let occurrence = Occurrence { practice: item.practice, conversation, kind };
    let mut writes = occurrence.writes(&state.app.entropy, now);
    let mut event = audit::event(&state.app.entropy, now, item.practice, ActorId::System, Verb::NoteWritten);
    event.patient = Some(patient);
    event.conversation = Some(conversation);
    event.object = Some(kind.as_str().to_owned());
    writes.push(audit::write(&event));
    writes
}

/// Repeats a write while the store is unavailable: giving up would send a message again.
pub(crate) async fn surely<T>(
    state: &State,
    write: impl AsyncFn() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for attempt in 1..WRITE_TRIES {
        match write().await {
            Err(StoreError::Unavailable(_) | StoreError::Contended) => {
                state.app.store.back_off(attempt, std::time::Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
    write().await
}

fn log(item: &OutboxItem, verdict: &Verdict, now: Timestamp) {
    let kind = match item.subject {
        Subject::Message { .. } => "message",
        Subject::SignIn { .. } => "sign_in",
        Subject::NoticeAgain(_) => "message_again",
        Subject::Reminder(_) => "reminder",
        Subject::FactorsReset { .. } => "factors_reset",
        Subject::EvidenceAsked { .. } => "evidence_asked",
        Subject::FactorAdded { .. } => "factor_added",
        Subject::StaffInvited { .. } => "staff_invited",
        Subject::SignedInElsewhere { .. } => "signed_in_elsewhere",
        Subject::WayInAdded { .. } => "way_in_added",
        Subject::ContactsChanged { .. } => "contacts_changed",
        Subject::AccessGiven { .. } => "access_given",
        Subject::AccessEnds { .. } => "access_ends",
    };
    let state = match verdict.then {
        Then::End(ending) => ending.as_str(),
        Then::Later => "NEW",
    };
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                practice.id = %item.practice,
                outbox.id = item.id,
                outbox.kind = kind,
                outbox.state = state,
                outbox.why = verdict.why,
                outbox.attempts = item.attempts,
                outbox.sent = verdict.accepted.len(),
                outbox.age_ms = now.millis_since(item.created_at),
                "an outbox item was worked on"
            )
        };
    }
    if verdict.then == Then::End(Ending::Failed) { line!(error) } else { line!(info) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attempts: u32, told: Vec<ContactPointId>) -> OutboxItem {
        let at = Timestamp::from_millis(0);
        let subject = Subject::Message {
            conversation: ConversationId::new(at, [1; 10]),
            patient: PatientId::new(at, [2; 10]),
            seq: 1,
        };
        let practice = PracticeId::new(at, [3; 10]);
        OutboxItem { practice, id: "x".to_owned(), subject, created_at: at, attempts, told }
    }

    #[test]
    fn the_last_try_is_the_last() {
        let later = || Verdict::new(Then::Later, "throttled");
        let point = ContactPointId::new(Timestamp::from_millis(0), [4; 10]);
        assert_eq!(later().at_last(&item(ATTEMPTS_MAX - 1, Vec::new())).then, Then::Later);
        assert_eq!(later().at_last(&item(ATTEMPTS_MAX, Vec::new())).then, Then::End(Ending::Failed));
        assert_eq!(later().at_last(&item(ATTEMPTS_MAX, vec![point])).then, Then::End(Ending::Sent));
        let partly = Verdict { told: vec![point], ..later() };
        assert_eq!(partly.at_last(&item(ATTEMPTS_MAX + 1, Vec::new())).then, Then::End(Ending::Sent));
        let ended = Verdict::new(Then::End(Ending::Collapsed), "noticed_or_read");
        assert_eq!(ended.at_last(&item(ATTEMPTS_MAX, Vec::new())).then, Then::End(Ending::Collapsed));
    }
}
