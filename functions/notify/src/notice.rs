//! "You have a message": to whoever acts for the patient, with a link and nothing else.

use std::collections::HashMap;

use domain::{
    audit::{ActorId, Event, Verb},
    contact::{ContactKind, ContactValue},
    conversation::Side,
    delivery::Fate,
    id::{AccountId, ContactPointId, ConversationId, PatientId},
    language::Language,
    quiet::{self, Clock, DayHours, Traffic},
    time::{Timestamp, ZoneName},
};
use futures_util::{StreamExt, future::try_join_all, stream};
use platform::{
    delivery::{Advice, Cause, ProviderId},
    keys::Purpose,
    letterhead::Letterhead,
    mail::Mail,
    seal::Key,
    sealing::FieldSealer,
    secrets::{self, SecretPurpose},
    sms::SmsTemplate,
    store::{
        StoreError, audit,
        contact::{self, ContactPoint},
        conversation::Head,
        notice_link::NoticeLink,
        outbox::{Again, Ending, OutboxItem, Reminder},
        practice::Practice,
        reach::{Notice, NoticeState},
        session::Relation,
    },
};

use crate::{
    State,
    choose::{self, Contact, Reader, Target},
    post::{Envelope, Spend},
    work::{Accepted, Then, Trouble, Verdict},
};

/// Notices of one message on their way at one time.
const AT_ONCE: usize = 4;

/// What a notice is about.
pub(crate) struct About {
    pub(crate) conversation: ConversationId,
    pub(crate) patient: PatientId,
    /// The message, unless it is sent again.
    pub(crate) seq: Option<u64>,
    /// The outbox item of the notice that it repeats.
    pub(crate) again_of: Option<String>,
}

/// Tells everybody who acts for the patient, unless an earlier notice says the same or the message was read.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn send(
    state: &State,
    item: &OutboxItem,
    conversation: ConversationId,
    patient: PatientId,
    seq: u64,
) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let now = app.clock.now();
    let about = About { conversation, patient, seq: Some(seq), again_of: None };
    let Some(head) = app.store.claim_notice(item.practice, conversation, &item.id, seq, now).await? else {
        return Ok(Verdict::new(Then::End(Ending::Collapsed), "noticed_or_read").about(&about));
    };
    // A notice is of the conversation: while another message waits there, it leaves although its own was recalled,
    // because that one may have stayed silent for it.
    if head.recalled.contains(&seq) && head.unread(Side::Patient) == 0 {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "recalled").about(&about));
    }
    let round = Round::prepare(state, item, about, now).await?;
    let plan = choose::plan(patient, &round.readers);
    match (plan.targets.is_empty(), plan.blocked.first()) {
        (true, None) => Ok(round.nobody(Ending::Failed, "no_contact", &[])),
        (true, Some(first)) => {
            Ok(round.nobody(Ending::Suppressed, first.blocked.unwrap_or("unverified"), &plan.blocked))
        }
        (false, _) => Ok(round.tell_all(&plan.targets, &plan.blocked).await),
    }
}

/// Tells one contact once more of a conversation, while it still leads to somebody who acts for the patient.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn send_again(state: &State, item: &OutboxItem, again: &Again) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let now = app.clock.now();
    let unknown = || Ok(Verdict::new(Then::End(Ending::Suppressed), "unknown"));
    let (conversation, contact, again_of) = match again {
        Again::Link(hash) => {
            let link = app.store.notice_link(hash).await?.filter(|link| link.practice == item.practice);
            let Some(link) = link else { return unknown() };
            (link.conversation, link.contact, Some(link.outbox))
        }
        Again::Contact { conversation, contact } => (*conversation, *contact, None),
        Again::Instead { conversation, contact, of } => (*conversation, *contact, Some(of.clone())),
    };
    let Some(head) = app.store.head(item.practice, conversation).await? else { return unknown() };
    let about = About { conversation, patient: head.patient, seq: None, again_of };
    let is_instead = matches!(again, Again::Instead { .. });
    if is_instead && head.unread(Side::Patient) == 0 {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "read").about(&about));
    }
    let round = Round::prepare(state, item, about, now).await?;
    if is_instead {
        let targets = choose::instead(head.patient, &round.readers, contact, &[]);
        return if targets.is_empty() {
            Ok(round.nobody(Ending::Suppressed, "no_other_contact", &[]))
        } else {
            Ok(round.tell_all(&targets, &[]).await)
        };
    }
    match choose::at(head.patient, &round.readers, contact) {
        Ok(target) => Ok(round.tell_all(&[target], &[]).await),
        Err(why) => {
            let contact = round.points.get(&contact).map(|point| Contact {
                point: point.id,
                kind: point.value.kind(),
                blocked: Some(why),
            });
            Ok(round.nobody(Ending::Suppressed, why, contact.as_slice()))
        }
    }
}

/// Why a last reminder ends: now it is for staff.
pub(crate) const UNREAD: &str = "unread";

/// Reminds everybody who acts for the patient, while the message is unread; the last time it is for staff to call.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn remind(
    state: &State,
    item: &OutboxItem,
    reminder: &Reminder,
) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let Reminder { conversation, patient, seq, ref of, .. } = *reminder;
    let suppressed = |why| Ok(Verdict::new(Then::End(Ending::Suppressed), why));
    let head = app.store.head(item.practice, conversation).await?;
    // What was read to the end, or as far as the message, asks for nothing more; nor does what was recalled.
    let waits = |head: &Head| head.unread(Side::Patient) > 0 && head.read_patient.seq < seq;
    if !head.is_some_and(|head| waits(&head)) {
        return suppressed("read");
    }
    if reminder.is_last() {
        return suppressed(UNREAD);
    }
    let about = About { conversation, patient, seq: None, again_of: Some(of.clone()) };
    let round = Round::prepare(state, item, about, app.clock.now()).await?;
    let plan = choose::plan(patient, &round.readers);
    match plan.blocked.first() {
        None if plan.targets.is_empty() => Ok(round.nobody(Ending::Failed, "no_contact", &[])),
        Some(first) if plan.targets.is_empty() => {
            Ok(round.nobody(Ending::Suppressed, first.blocked.unwrap_or("unverified"), &plan.blocked))
        }
        _ => Ok(round.tell_all(&plan.targets, &plan.blocked).await),
    }
}

/// The accounts with their contacts, and every contact point among these.
async fn readers(
    state: &State,
    practice: &Practice,
    patient: PatientId,
    acting: &[(AccountId, Relation)],
    sealer: &FieldSealer,
    now: Timestamp,
) -> Result<(Vec<Reader>, HashMap<ContactPointId, ContactPoint>), StoreError> {
    let store = &state.app.store;
    let ids: Vec<AccountId> = acting.iter().map(|(id, _)| *id).collect();
    // Who acts for somebody else may have a record of their own.
    let own = acting.iter().map(async |(id, relation)| match relation {
        Relation::Oneself => Ok(Some(patient)),
        _ => {
            let grants = store.grants(practice.id, *id).await?;
            let own = grants.iter().find(|grant| grant.relation == Relation::Oneself && grant.is_live(now));
            Ok(own.map(|grant| grant.patient))
        }
    });
    let (accounts, own) = tokio::try_join!(store.accounts(practice.id, &ids, sealer), try_join_all(own))?;
    let wanted: Vec<ContactPointId> = accounts.iter().flat_map(|account| account.contacts.clone()).collect();
    let points: HashMap<ContactPointId, ContactPoint> = store
        .contact_points(practice.id, &wanted, sealer)
        .await?
        .into_iter()
        .map(|point| (point.id, point))
        .collect();
    let contact = |id: &ContactPointId| {
        let point = points.get(id)?;
        let blocked = state.blocks(practice, &point.value);
        let stopped = point.stopped().map(Fate::as_str);
        let blocked = point.doubt(now).map(|_| "unverified").or(stopped).or(blocked);
        Some(Contact { point: *id, kind: point.value.kind(), blocked })
    };
    let readers = acting
        .iter()
        .zip(own)
        .filter_map(|((id, relation), own)| {
            let account = accounts.iter().find(|account| account.id == *id)?;
            let contacts = account.contacts.iter().filter_map(contact).collect();
            let language: Language = account.language.clone();
            let channels = account.channels.clone();
            Some(Reader { account: *id, relation: *relation, language, contacts, channels, own })
        })
        .collect();
    Ok((readers, points))
}

/// What became of one notice.
enum Outcome {
    /// A provider took it.
    Accepted(ProviderId),
    /// It may work later.
    Later(&'static str),
    /// No text message leaves at this hour; it may from then on.
    Wait(Timestamp),
    /// It will never work.
    Never(&'static str),
}

/// One try of all notices of a message.
struct Round<'a> {
    state: &'a State,
    item: &'a OutboxItem,
    about: About,
    practice: std::sync::Arc<Practice>,
    link_key: std::sync::Arc<Key>,
    letterhead: Letterhead,
    readers: Vec<Reader>,
    points: HashMap<ContactPointId, ContactPoint>,
    now: Timestamp,
}

impl<'a> Round<'a> {
    async fn prepare(
        state: &'a State,
        item: &'a OutboxItem,
        about: About,
        now: Timestamp,
    ) -> Result<Self, Trouble> {
        let app = &state.app;
        let (practice, granted) = tokio::try_join!(
            app.known_practice(item.practice),
            app.store.accounts_of(item.practice, about.patient),
        )?;
        let (sealer, link_key) =
            tokio::try_join!(app.sealer(&practice), app.practice_key(&practice, Purpose::Link))?;
        let letterhead = app.letterhead(&practice).map_err(Trouble::Letterhead)?;
        let live = granted.into_iter().filter(|(_, grant)| grant.is_live(now));
        let acting: Vec<(AccountId, Relation)> = live.map(|(id, grant)| (id, grant.relation)).collect();
        let (readers, points) = readers(state, &practice, about.patient, &acting, &sealer, now).await?;
        Ok(Self { state, item, about, practice, link_key, letterhead, readers, points, now })
    }

    /// Nobody is told, for this reason.
    fn nobody(&self, ending: Ending, why: &'static str, blocked: &[Contact]) -> Verdict {
        let mut verdict = Verdict::new(Then::End(ending), why).about(&self.about);
        verdict.notices.extend(self.blocked(blocked));
        verdict
    }

    /// What staff see of contacts that were not told.
    fn blocked(&self, contacts: &[Contact]) -> Vec<Notice> {
        let notice = |contact: &Contact| {
            let why = contact.blocked.unwrap_or("unverified");
            self.notice((contact.point, contact.kind), NoticeState::Suppressed, why, None)
        };
        contacts.iter().map(notice).collect()
    }

    /// Tells every target; whoever cannot be told there, at another contact, as long as there is one.
    async fn tell_all(&self, targets: &[Target], blocked: &[Contact]) -> Verdict {
        let mut tried: Vec<ContactPointId> = self.item.told.clone();
        let mut next: Vec<Target> =
            targets.iter().filter(|target| !tried.contains(&target.point)).cloned().collect();
        let mut outcomes: Vec<(Target, Outcome)> = Vec::new();
        while !next.is_empty() {
            tried.extend(next.iter().map(|target| target.point));
            let round: Vec<(Target, Outcome)> = stream::iter(next)
                .map(async |target| {
                    let outcome = self.tell(&target).await;
                    (target, outcome)
                })
                .buffered(AT_ONCE)
                .collect()
                .await;
            next = Vec::new();
            let lost = round.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Never(_)));
            for (target, _) in lost {
                for other in choose::instead(self.about.patient, &self.readers, target.point, &tried) {
                    if !next.iter().any(|known: &Target| known.point == other.point) {
                        next.push(other);
                    }
                }
            }
            outcomes.extend(round);
        }
        let mut verdict = self.verdict(outcomes);
        verdict.notices.extend(self.blocked(blocked));
        verdict
    }

    async fn tell(&self, target: &Target) -> Outcome {
        match self.try_tell(target).await {
            Ok(outcome) => outcome,
            Err(trouble) => {
                tracing::error!(outbox.id = self.item.id, error.chain = %trouble.chain(), "a notice was not sent");
                Outcome::Later("store")
            }
        }
    }

    /// Each contact has a link of its own, so that a link says where it was sent.
    fn thread(&self, point: ContactPointId) -> String {
        format!("{}.{point}", self.item.id)
    }

    fn token(&self, point: ContactPointId) -> domain::sign_in::LinkToken {
        secrets::link_token(&self.link_key, SecretPurpose::NoticeLink, &self.thread(point), 1)
    }

    /// When a contact may be told, if not now: a phone is left alone at night, by the practice's clocks and by the patient's.
    async fn waits_until(&self, to: &ContactValue) -> Result<Option<Timestamp>, Trouble> {
        if to.kind() == ContactKind::Email || self.practice.policies.texts_at_night {
            return Ok(None);
        }
        let app = &self.state.app;
        let sealer = app.sealer(&self.practice).await?;
        let patient = app.store.patient(self.item.practice, self.about.patient, &sealer).await?;
        let own = patient.and_then(|patient| patient.time_zone);
        let practice = ZoneName::parse(&self.practice.profile.time_zone).ok();
        let zones: Vec<ZoneName> = [own, practice].into_iter().flatten().collect();
        let clocks: Vec<Clock<'_>> =
            zones.iter().map(|zone| Clock { zone, hours: DayHours::WIDEST }).collect();
        // Where the days of two clocks never meet, telling at a bad hour is better than never.
        let open = quiet::next_open(Traffic::Care, self.now, &clocks).unwrap_or(self.now);
        Ok((open > self.now).then_some(open))
    }

    async fn try_tell(&self, target: &Target) -> Result<Outcome, Trouble> {
        let Some(point) = self.points.get(&target.point) else {
            return Ok(Outcome::Never(Cause::BadRecipient.as_str()));
        };
        if let Some(open) = self.waits_until(&point.value).await? {
            return Ok(Outcome::Wait(open));
        }
        let thread = self.thread(target.point);
        let token = self.token(target.point);
        let envelope = match point.value.kind() {
            ContactKind::Email => {
                Envelope::mail(&Mail::Notice { token: &token }, &self.letterhead, &target.language, &thread)?
            }
            ContactKind::Phone => {
                Envelope::text(&SmsTemplate::Notice { token: &token }, &self.letterhead, &target.language)?
            }
        };
        let link = NoticeLink {
            practice: self.item.practice,
            conversation: self.about.conversation,
            patient: self.about.patient,
            outbox: self.item.id.clone(),
            contact: target.point,
            candidates: target.candidates.clone(),
            created_at: self.now,
            used_at: None,
            bound_to: None,
        };
        let store = &self.state.app.store;
        store.create_notice_link(&link, &secrets::hash(token.expose())).await?;
        let posted =
            self.state.post(&self.practice, &point.value, &envelope, self.item.created_at, Spend::Notice);
        let failing = match posted.await {
            Ok(accepted) => {
                if point.failing_since.is_some() {
                    store.change(contact::failing(self.item.practice, point.id, None)).await?;
                }
                return Ok(Outcome::Accepted(accepted));
            }
            Err(error) if error.advice() != Advice::Fail => return Ok(Outcome::Later(error.cause.as_str())),
            Err(error) => error.cause,
        };
        if matches!(failing, Cause::BadRecipient | Cause::Suppressed | Cause::OptedOut) {
            store.change(contact::failing(self.item.practice, point.id, Some(self.now))).await?;
        }
        Ok(Outcome::Never(failing.as_str()))
    }

    /// Everybody reached: sent. Somebody may be reached later: again, for them alone. Nobody ever: failed.
    fn verdict(&self, outcomes: Vec<(Target, Outcome)>) -> Verdict {
        let mut verdict = Verdict::new(Then::End(Ending::Sent), "accepted").about(&self.about);
        let (mut later, mut never) = (None, None);
        let mut retries = false;
        for (target, outcome) in outcomes {
            let point = target.point;
            let Some(kind) = self.points.get(&point).map(|point| point.value.kind()) else { continue };
            let (state, why) = match outcome {
                Outcome::Accepted(accepted) => {
                    verdict.events.push(self.event(point));
                    verdict.told.push(point);
                    verdict.accepted.push(Accepted { id: accepted, contact: Some(point), kind });
                    (NoticeState::Sent, "accepted")
                }
                Outcome::Later(why) => {
                    (later, retries) = (Some(why), true);
                    (NoticeState::Deferred, why)
                }
                Outcome::Wait(open) => {
                    later = later.or(Some("quiet_hours"));
                    verdict.not_before = Some(verdict.not_before.map_or(open, |known| known.min(open)));
                    (NoticeState::Deferred, "quiet_hours")
                }
                Outcome::Never(why) => {
                    never = Some(why);
                    (NoticeState::Failed, why)
                }
            };
            let link = secrets::hash(self.token(point).expose());
            verdict.notices.push(self.notice((point, kind), state, why, Some(link)));
        }
        // Whom a provider refused for now is tried again before the night is over.
        verdict.not_before = verdict.not_before.filter(|_| !retries);
        let reached = !verdict.told.is_empty() || !self.item.told.is_empty();
        if let Some(why) = later {
            (verdict.then, verdict.why) = (Then::Later, why);
        } else if let (Some(why), false) = (never, reached) {
            (verdict.then, verdict.why) = (Then::End(Ending::Failed), why);
        }
        verdict
    }

    fn notice(
        &self,
        contact: (ContactPointId, ContactKind),
        state: NoticeState,
        why: &str,
        link: Option<String>,
    ) -> Notice {
        let at = self.item.created_at;
        Notice {
            id: Notice::id_of(at, &self.item.id, Some(contact.0)),
            at,
            outbox: self.item.id.clone(),
            conversation: self.about.conversation,
            contact: Some(contact),
            state,
            why: why.to_owned(),
            link,
            again_of: self.about.again_of.clone(),
        }
    }

    fn event(&self, point: ContactPointId) -> Event {
        let app = &self.state.app;
        let mut event = audit::event(
            &app.entropy,
            app.clock.now(),
            self.item.practice,
            ActorId::System,
            Verb::NoticeSent,
        );
        event.patient = Some(self.about.patient);
        event.conversation = Some(self.about.conversation);
        event.seqs = self.about.seq.map(|seq| (seq, seq));
        event.object = Some(point.to_string());
        event
    }
}
