//! "You have a message": to whoever acts for the patient, with a link and nothing else.

use std::collections::HashMap;

use domain::{
    audit::{ActorId, Event, Verb},
    contact::ContactKind,
    id::{AccountId, ContactPointId, ConversationId, PatientId, PracticeId},
    time::Timestamp,
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
        contact::ContactPoint,
        notice_link::NoticeLink,
        outbox::{Ending, OutboxItem},
        session::Relation,
    },
};

use crate::{
    State,
    choose::{Nobody, Reader, Target, targets},
    post::Envelope,
    work::{Then, Trouble, Verdict},
};

/// Notices of one message on their way at one time.
const AT_ONCE: usize = 4;

/// What a notice is about.
pub(crate) struct About {
    pub(crate) conversation: ConversationId,
    pub(crate) patient: PatientId,
    pub(crate) seq: u64,
}

/// Tells everybody who acts for the patient, unless an earlier notice says the same or the message was read.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn send(state: &State, item: &OutboxItem, about: &About) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let now = app.clock.now();
    let claimed = app.store.claim_notice(item.practice, about.conversation, &item.id, about.seq, now).await?;
    if !claimed {
        return Ok(Verdict::new(Then::End(Ending::Collapsed), "noticed_or_read"));
    }
    let (practice, granted) = tokio::try_join!(
        app.known_practice(item.practice),
        app.store.accounts_of(item.practice, about.patient),
    )?;
    let (sealer, link_key) =
        tokio::try_join!(app.sealer(&practice), app.practice_key(&practice, Purpose::Link))?;
    let letterhead =
        Letterhead::new(app.edge.origin.clone(), &practice.profile).map_err(Trouble::Letterhead)?;
    let live = |until: &Option<Timestamp>| until.is_none_or(|until| now < until);
    let acting: Vec<(AccountId, Relation)> = granted
        .into_iter()
        .filter(|(_, _, until)| live(until))
        .map(|(id, relation, _)| (id, relation))
        .collect();
    let (readers, points) = readers(state, item.practice, about.patient, &acting, &sealer, now).await?;
    let targets = match targets(about.patient, &readers, state.sms.is_on()) {
        Ok(targets) => targets,
        Err(Nobody::NoContact) => return Ok(Verdict::new(Then::End(Ending::Failed), "no_contact")),
        Err(Nobody::SmsOff) => return Ok(Verdict::new(Then::End(Ending::Suppressed), "sms_off")),
    };
    let round =
        Round { state, item, about, link_key: &link_key, letterhead: &letterhead, points: &points, now };
    let outcomes: Vec<Outcome> =
        stream::iter(targets.iter().filter(|target| !item.told.contains(&target.point)))
            .map(async |target| round.tell(target).await)
            .buffered(AT_ONCE)
            .collect()
            .await;
    Ok(round.verdict(outcomes))
}

/// The accounts with their contacts, and every contact point among these.
async fn readers(
    state: &State,
    practice: PracticeId,
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
            let grants = store.grants(practice, *id).await?;
            let own = grants.iter().find(|grant| grant.relation == Relation::Oneself && grant.is_live(now));
            Ok(own.map(|grant| grant.patient))
        }
    });
    let (accounts, own) = tokio::try_join!(store.accounts(practice, &ids, sealer), try_join_all(own))?;
    let wanted: Vec<ContactPointId> = accounts.iter().flat_map(|account| account.contacts.clone()).collect();
    let points: HashMap<ContactPointId, ContactPoint> = store
        .contact_points(practice, &wanted, sealer)
        .await?
        .into_iter()
        .map(|point| (point.id, point))
        .collect();
    let kind_of = |id: &ContactPointId| points.get(id).map(|point| (*id, point.value.kind()));
    let readers = acting
        .iter()
        .zip(own)
        .filter_map(|((id, relation), own)| {
            let account = accounts.iter().find(|account| account.id == *id)?;
            let contacts = account.contacts.iter().filter_map(kind_of).collect();
            Some(Reader {
                account: *id,
                relation: *relation,
                language: account.language.clone(),
                contacts,
                own,
            })
        })
        .collect();
    Ok((readers, points))
}

/// What became of one notice.
enum Outcome {
    /// A provider took it.
    Accepted(ContactPointId, ProviderId),
    /// It may work later.
    Later(&'static str),
    /// It will never work.
    Never(&'static str),
}

/// One try of all notices of a message.
struct Round<'a> {
    state: &'a State,
    item: &'a OutboxItem,
    about: &'a About,
    link_key: &'a Key,
    letterhead: &'a Letterhead,
    points: &'a HashMap<ContactPointId, ContactPoint>,
    now: Timestamp,
}

impl Round<'_> {
    async fn tell(&self, target: &Target) -> Outcome {
        match self.try_tell(target).await {
            Ok(outcome) => outcome,
            Err(trouble) => {
                tracing::error!(outbox.id = self.item.id, error.chain = %trouble.chain(), "a notice was not sent");
                Outcome::Later("store")
            }
        }
    }

    async fn try_tell(&self, target: &Target) -> Result<Outcome, Trouble> {
        let Some(point) = self.points.get(&target.point) else {
            return Ok(Outcome::Never(Cause::BadRecipient.as_str()));
        };
        // Each contact has a link of its own, so that a link says where it was sent.
        let thread = format!("{}.{}", self.item.id, target.point);
        let token = secrets::link_token(self.link_key, SecretPurpose::NoticeLink, &thread, 1);
        let envelope = match point.value.kind() {
            ContactKind::Email => {
                Envelope::mail(&Mail::Notice { token: &token }, self.letterhead, &target.language, &thread)?
            }
            ContactKind::Phone => {
                Envelope::text(&SmsTemplate::Notice { token: &token }, self.letterhead, &target.language)?
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
        self.state.app.store.create_notice_link(&link, &secrets::hash(token.expose())).await?;
        Ok(match self.state.post(&point.value, &envelope, self.item.created_at).await {
            Ok(accepted) => Outcome::Accepted(target.point, accepted),
            Err(error) if error.advice() == Advice::Fail => Outcome::Never(error.cause.as_str()),
            Err(error) => Outcome::Later(error.cause.as_str()),
        })
    }

    /// Everybody reached: sent. Somebody may be reached later: again, for them alone. Nobody ever: failed.
    fn verdict(&self, outcomes: Vec<Outcome>) -> Verdict {
        let mut verdict = Verdict::new(Then::End(Ending::Sent), "accepted");
        let (mut later, mut never) = (None, None);
        for outcome in outcomes {
            match outcome {
                Outcome::Accepted(point, accepted) => {
                    verdict.events.push(self.event(point));
                    verdict.told.push(point);
                    verdict.accepted.push(accepted);
                }
                Outcome::Later(why) => later = Some(why),
                Outcome::Never(why) => never = Some(why),
            }
        }
        let reached = !verdict.told.is_empty() || !self.item.told.is_empty();
        if let Some(why) = later {
            (verdict.then, verdict.why) = (Then::Later, why);
        } else if let (Some(why), false) = (never, reached) {
            (verdict.then, verdict.why) = (Then::End(Ending::Failed), why);
        }
        verdict
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
        event.seqs = Some((self.about.seq, self.about.seq));
        event.object = Some(point.to_string());
        event
    }
}
