//! Texts that come in: what they mean, what follows, and the one answer.
//!
//! A text may only reduce. It confirms what was booked, asks to cancel it, stops what is sent; the rest is for a person.

use std::sync::Arc;

use domain::{
    audit::{ActorId, Event, Verb},
    channel::{CATEGORIES, Category, Pool},
    consent::{Entry, Said, Source},
    contact::ContactValue,
    id::{ContactPointId, PatientId, TaskId, TextId, VisitId},
    inbound::{self, Meaning},
    language::Language,
    limits::Rate,
    practice::Slug,
    time::Timestamp,
    visit::VisitState,
};
use platform::{
    keys::Purpose,
    seal::Key,
    secrets,
    sms::Reply,
    store::{
        Store, Write, audit,
        consent::consent_writes,
        rate::Counter,
        table::Table,
        text::{Content, Text},
        text_task::{Arrival, Task, TaskKind},
        visit::{Calendar, Saved, Visit},
    },
};
use serde::Deserialize;

use super::{State, Trouble, consider::Desk, tick};

/// Longest text that is read, in bytes: ten parts.
const WORDS_MAX_BYTES: usize = 1_600;
/// One automatic answer to a phone in so many seconds: two machines must not talk to each other for ever.
const AUTO: Rate = Rate { count: 1, seconds: 24 * 3600 };

/// A text as End User Messaging publishes it
/// (<https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    origination_number: String,
    destination_number: String,
    #[serde(default)]
    message_body: String,
    inbound_message_id: String,
}

/// A number that the service writes from: whose it is, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    number: String,
    pool: Pool,
    practice: Option<Slug>,
}

/// Reads `reminders=+15555550191,access@bright-eyes=+15555550190`.
pub(crate) fn numbers(text: &str) -> Option<Vec<Own>> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let (name, number) = entry.split_once('=')?;
            let (pool, practice) = match name.split_once('@') {
                Some((pool, slug)) => (pool, Some(Slug::parse(slug).ok()?)),
                None => (name, None),
            };
            ContactValue::phone(number).ok()?;
            Some(Own { number: number.to_owned(), pool: Pool::from_stored(pool)?, practice })
        })
        .collect()
}

/// What came of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was taken in.
    Done,
    /// It was here before.
    Before,
    /// It is no text of this service: nobody here has that number.
    Foreign,
}

/// Takes in one message of the queue. `None` if it is no text at all.
///
/// # Errors
/// [`Trouble`]: it comes again.
pub(crate) async fn take(state: &State, body: &str) -> Result<Option<Taken>, Trouble> {
    let Ok(payload) = serde_json::from_str::<Payload>(body) else { return Ok(None) };
    let fits = payload.message_body.len() <= WORDS_MAX_BYTES && payload.inbound_message_id.len() <= 256;
    let Ok(phone) = ContactValue::phone(&payload.origination_number) else { return Ok(None) };
    if !fits || payload.inbound_message_id.is_empty() {
        return Ok(None);
    }
    let own = state.numbers.iter().find(|own| own.number == payload.destination_number);
    let pool = own.map_or(Pool::Reminders, |own| own.pool);
    let slug = own.and_then(|own| own.practice.as_ref()).or(state.app.default_practice.as_ref());
    let Some(slug) = slug else { return Ok(Some(Taken::Foreign)) };
    let Some(practice) = state.app.practice_by_slug(slug).await? else { return Ok(Some(Taken::Foreign)) };
    let desk = Desk::open(state, practice.id).await?;
    let index_key = state.app.practice_key(&practice, Purpose::Index).await?;
    let point = state.app.store.find_contact(practice.id, &index_key, &phone).await?;
    let now = state.app.clock.now();
    let patients = match point {
        Some(point) => state.app.store.patients_at(practice.id, point, now).await?,
        None => Vec::new(),
    };
    let from = From { state, desk: &desk, index_key, phone, point, patients, pool, now };
    Box::pin(from.take(&payload)).await.map(Some)
}

/// A phone that has written.
struct From<'a> {
    state: &'a State,
    desk: &'a Desk,
    index_key: Arc<Key>,
    phone: ContactValue,
    point: Option<ContactPointId>,
    patients: Vec<PatientId>,
    pool: Pool,
    now: Timestamp,
}

/// What follows from a text.
#[derive(Default)]
struct Follows {
    writes: Vec<Write>,
    reply: Option<Reply>,
    tasks: Vec<(TaskKind, Option<VisitId>)>,
}

impl From<'_> {
    async fn take(&self, payload: &Payload) -> Result<Taken, Trouble> {
        let words = payload.message_body.as_str();
        let mut follows = self.follows(inbound::read(words)).await?;
        let store = &self.state.app.store;
        for (kind, visit) in std::mem::take(&mut follows.tasks) {
            let task = Task {
                id: TaskId::new(self.now, self.state.app.entropy.id()),
                kind,
                patients: self.patients.clone(),
                visit,
                phone: self.phone.expose().to_owned(),
                words: words.to_owned(),
            };
            let item = task.to_item(self.desk.practice.id, &self.desk.sealer);
            follows.writes.push(Write::Create(Table::Chat, item));
        }
        let reply = match follows.reply {
            Some(reply) => Some(self.reply(reply).await?),
            None => None,
        };
        if let Some(reply) = &reply {
            follows.writes.push(Write::Create(Table::Chat, reply.to_item(&self.desk.sealer)?));
        }
        follows.writes.push(audit::write(&self.event(
            Verb::TextReceived,
            self.patients.first().copied(),
            None,
        )));
        let arrival = Arrival {
            practice: self.desk.practice.id,
            provider_id: &payload.inbound_message_id,
            phone: &self.phone,
            words,
            at: self.now,
        };
        if !store.take_in(&arrival, &self.index_key, &follows.writes).await? {
            return Ok(Taken::Before);
        }
        if let Some(reply) = reply {
            tick::at_once(self.state, self.desk.practice.id, reply.id).await;
        }
        Ok(Taken::Done)
    }

    fn event(&self, verb: Verb, patient: Option<PatientId>, object: Option<String>) -> Event {
        let (entropy, practice) = (&self.state.app.entropy, self.desk.practice.id);
        let event = audit::event(entropy, self.now, practice, ActorId::System, verb);
        Event { patient, object, ..event }
    }

    async fn follows(&self, meaning: Meaning) -> Result<Follows, Trouble> {
        let mut follows = Follows::default();
        match meaning {
            Meaning::Confirm(number) | Meaning::Cancel(number) => {
                let confirms = matches!(meaning, Meaning::Confirm(_));
                self.answered(&mut follows, confirms, number).await?;
            }
            Meaning::Stop => self.stopped(&mut follows, &[self.pool.category()], Source::Sms).await?,
            Meaning::StopOrCancel => {
                self.stopped(&mut follows, &[self.pool.category()], Source::Sms).await?;
                follows.tasks.push((TaskKind::StopOrCancel, None));
            }
            Meaning::StopAll => self.stopped(&mut follows, &CATEGORIES, Source::Sms).await?,
            Meaning::WrongNumber => {
                self.stopped(&mut follows, &CATEGORIES, Source::WrongNumber).await?;
                follows.tasks.push((TaskKind::WrongNumber, None));
            }
            Meaning::Start => self.started(&mut follows).await?,
            Meaning::Help => follows.reply = Some(Reply::Help),
            Meaning::AsksToStop => self.for_a_person(&mut follows, TaskKind::AsksToStop).await?,
            Meaning::Nothing => self.for_a_person(&mut follows, TaskKind::Photo).await?,
            Meaning::Words => self.for_a_person(&mut follows, TaskKind::Question).await?,
        }
        Ok(follows)
    }

    /// A task, and the automatic answer if this phone has not had it today.
    async fn for_a_person(&self, follows: &mut Follows, kind: TaskKind) -> Result<(), Trouble> {
        let kind = if self.point.is_none() { TaskKind::UnknownSender } else { kind };
        follows.tasks.push((kind, None));
        let subject = secrets::blind_index(&self.index_key, &format!("auto:{}", self.phone.expose()));
        let practice = self.desk.practice.id;
        let counter = Counter { practice, scope: "auto-reply", subject: &subject, rate: AUTO };
        if self.state.app.store.count_up(&counter, self.now).await?.is_some() {
            follows.reply = Some(Reply::Auto);
        }
        Ok(())
    }

    /// Ends categories for this phone, and for all who share it.
    async fn stopped(
        &self,
        follows: &mut Follows,
        categories: &[Category],
        source: Source,
    ) -> Result<(), Trouble> {
        let one = (categories.len() == 1).then(|| categories[0]);
        follows.reply = Some(Reply::Stopped(one));
        let Some(point) = self.point else {
            follows.tasks.push((TaskKind::UnknownSender, None));
            return Ok(());
        };
        let language = self.language().await?;
        let lines: Vec<_> = categories
            .iter()
            .map(|category| {
                let entry = Entry {
                    at: self.now,
                    category: *category,
                    said: Said::Withdrawn,
                    source,
                    wording: None,
                    language: language.clone(),
                };
                self.line(point, entry)
            })
            .collect();
        follows.writes.extend(consent_writes(self.desk.practice.id, point, &lines));
        if categories.contains(&Category::Notices) && self.is_only_way(point).await? {
            follows.tasks.push((TaskKind::PhoneOnly, None));
        }
        Ok(())
    }

    fn line(&self, point: ContactPointId, entry: Entry) -> (Entry, Vec<Event>) {
        let verb = if entry.said == Said::Withdrawn { Verb::ConsentWithdrawn } else { Verb::ConsentRestored };
        let object = Some(format!("{point},{}", entry.category.as_str()));
        let mut events: Vec<Event> =
            self.patients.iter().map(|patient| self.event(verb, Some(*patient), object.clone())).collect();
        if events.is_empty() {
            events.push(self.event(verb, None, object));
        }
        (entry, events)
    }

    /// Whether some patient here is reached nowhere else.
    async fn is_only_way(&self, point: ContactPointId) -> Result<bool, Trouble> {
        for patient in &self.patients {
            let store = &self.state.app.store;
            let lines = store.lines_of(self.desk.practice.id, *patient, &self.desk.sealer, self.now).await?;
            if lines.iter().flat_map(|line| &line.points).all(|other| other.id == point) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn started(&self, follows: &mut Follows) -> Result<(), Trouble> {
        follows.reply = Some(Reply::NothingToStart);
        let Some(point) = self.point else { return Ok(()) };
        let ledger = self.state.app.store.consents(self.desk.practice.id, point).await?;
        if let Some(entry) = ledger.restored(self.pool.category(), self.now) {
            let lines = [self.line(point, entry)];
            follows.writes.extend(consent_writes(self.desk.practice.id, point, &lines));
            follows.reply = Some(Reply::Started);
        }
        Ok(())
    }

    /// C or X. Where two visits are open, the phone is asked which one.
    async fn answered(
        &self,
        follows: &mut Follows,
        confirms: bool,
        number: Option<usize>,
    ) -> Result<(), Trouble> {
        follows.reply = Some(Reply::NoVisit);
        let Some(point) = self.point else {
            follows.tasks.push((TaskKind::UnknownSender, None));
            return Ok(());
        };
        let (store, practice) = (&self.state.app.store, self.desk.practice.id);
        let asked = store.asked_at(practice, point, &self.desk.sealer, self.now).await?;
        let offered = if number.is_some() { store.offered(practice, point).await? } else { Vec::new() };
        let wanted = if confirms { VisitState::Confirmed } else { VisitState::CancelRequested };
        let is_open = |visit: &&Visit| match visit.state {
            VisitState::Scheduled => true,
            VisitState::Confirmed => !confirms,
            _ => false,
        };
        let named = number.and_then(|n| offered.get(n - 1)).and_then(|id| asked.iter().find(|v| v.id == *id));
        let open: Vec<&Visit> = asked.iter().filter(is_open).collect();
        let chosen = match (named, open.as_slice()) {
            (Some(named), _) => Some(named),
            (None, [one]) => Some(*one),
            // What was said before is said again.
            (None, []) => asked.iter().find(|visit| visit.state == wanted),
            (None, _) => None,
        };
        if let Some(chosen) = chosen {
            let now_is = self.set(chosen, wanted).await?;
            follows.reply = Some(match now_is {
                VisitState::Confirmed => Reply::Confirmed(chosen.starts_at),
                _ => Reply::CancelAsked(chosen.starts_at),
            });
            if !confirms {
                follows.tasks.push((TaskKind::CancelRequested, Some(chosen.id)));
            }
        } else if let [first, second, rest @ ..] = open.as_slice() {
            follows.reply = Some(Reply::Which(first.starts_at, second.starts_at));
            follows.writes.push(Store::offered_write(practice, point, &[first.id, second.id], self.now));
            if !rest.is_empty() {
                follows.tasks.push((TaskKind::Question, None));
            }
        } else {
            follows.tasks.push((TaskKind::Question, None));
        }
        Ok(())
    }

    /// Brings a visit to what was said, if that only reduces. Returns how it stands then.
    async fn set(&self, visit: &Visit, wanted: VisitState) -> Result<VisitState, Trouble> {
        let calendar = Calendar {
            practice: self.desk.practice.id,
            sealer: &self.desk.sealer,
            index_key: &self.index_key,
            settings: &self.desk.settings,
            zone: &self.desk.zone,
            entropy: &self.state.app.entropy,
            now: self.now,
        };
        let change = |before: &Visit| {
            let reduces = matches!(
                (before.state, wanted),
                (VisitState::Scheduled, _) | (VisitState::Confirmed, VisitState::CancelRequested)
            );
            Visit { state: if reduces { wanted } else { before.state }, ..before.clone() }
        };
        let event =
            |_, id: VisitId| self.event(Verb::VisitChanged, Some(visit.patient), Some(id.to_string()));
        match Box::pin(self.state.app.store.change_visit(&calendar, visit.id, change, event)).await? {
            Saved::Done(visit) | Saved::Unchanged(visit) => Ok(visit.state),
            Saved::Missing | Saved::OtherPatient => Ok(VisitState::Cancelled),
        }
    }

    async fn language(&self) -> Result<Language, Trouble> {
        let Some(first) = self.patients.first() else { return Ok(Language::english()) };
        let patient = self.state.app.store.patient(self.desk.practice.id, *first, &self.desk.sealer).await?;
        Ok(patient.map_or_else(Language::english, |patient| patient.language))
    }

    async fn reply(&self, reply: Reply) -> Result<Text, Trouble> {
        let content = Content::Reply {
            reply,
            to: self.phone.expose().to_owned(),
            language: self.language().await?,
            pool: self.pool.as_str().to_owned(),
        };
        let id = TextId::new(self.now, self.state.app.entropy.id());
        Ok(Text::new(id, self.desk.practice.id, content, (None, None), (self.now, self.now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_their_pool_and_practice() {
        let own = numbers("reminders=+15555550191, access@bright-eyes=+15555550190").expect("two numbers");
        assert_eq!((own[0].pool, own[0].practice.is_none()), (Pool::Reminders, true));
        assert_eq!((own[1].pool, own[1].number.as_str()), (Pool::Access, "+15555550190"));
        assert_eq!(numbers(""), Some(Vec::new()));
        for bad in ["reminders", "reminders=5555", "other=+15555550191", "access@A b=+15555550191"] {
            assert_eq!(numbers(bad), None, "{bad}");
        }
    }
}
