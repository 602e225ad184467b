//! Visits, each with the texts that it has made. A visit and its texts change in one transaction.

use std::time::Duration;

use domain::{
    audit::Event,
    id::{ContactPointId, PatientId, PracticeId, TextId, VisitId},
    person::ExternalId,
    text::{Place, TextSettings, Variables},
    time::{Timestamp, ZoneName},
    visit::VisitState,
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Write, audit,
    item::{Attributes, Item, NewItem, names, number, string},
    keys,
    table::{Change, Query, Sort, Table},
    text::{Content, Text, cancel_write},
};
use crate::{entropy::Entropy, seal::Key, sealing::FieldSealer, secrets};

/// Name of the sealed attribute.
const SEALED: &str = "sealed_visit";
/// Tries while others write to the same items.
const TRIES: u32 = 8;
/// Most visits of one day that are looked at.
const DAY_MAX: u32 = 1_000;

/// A visit.
#[derive(Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Who is expected.
    pub patient: PatientId,
    /// The number that the practice's own system has for it.
    pub external_id: Option<ExternalId>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// Where, as staff write it.
    pub place: Option<String>,
    /// How it stands.
    pub state: VisitState,
    /// Since when a list of the whole day no longer has it. It is flagged for that, and never cancelled.
    pub missing_since: Option<Timestamp>,
    /// The texts that it has made and that may still leave.
    pub texts: Vec<TextId>,
    /// Raised with every change.
    pub version: u64,
    /// When it was written down.
    pub created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    external_id: Option<String>,
    place: Option<String>,
}

impl Visit {
    fn to_item(&self, practice: PracticeId, sealer: &FieldSealer) -> Result<Attributes, StoreError> {
        let key = keys::visit(practice, self.id);
        let sealed = Sealed {
            external_id: self.external_id.as_ref().map(|id| id.expose().to_owned()),
            place: self.place.clone(),
        };
        let sealed = serde_json::to_string(&sealed).map_err(|_| StoreError::Malformed(SEALED))?;
        Ok(NewItem::new(&key)
            .with("patient", string(self.patient))
            .with(SEALED, sealer.seal(&key, SEALED, &sealed))
            .with("starts_at", number(self.starts_at.as_millis()))
            .with("visit_state", string(self.state.as_str()))
            .with_some("missing_since", self.missing_since.map(|at| number(at.as_millis())))
            .with("texts", names(&self.texts))
            .with("version", number(self.version))
            .with("created_at", number(self.created_at.as_millis()))
            .build())
    }

    fn from_item(id: VisitId, item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        const WRONG: StoreError = StoreError::Malformed(SEALED);
        let sealed: Sealed = serde_json::from_str(&sealer.open(item, SEALED)?).map_err(|_| WRONG)?;
        let external_id = sealed.external_id.as_deref().map(ExternalId::parse).transpose();
        Ok(Self {
            id,
            patient: item.parsed("patient", PatientId::parse)?,
            external_id: external_id.map_err(|_| WRONG)?,
            starts_at: item.time("starts_at")?,
            place: sealed.place,
            state: item.one_of("visit_state", VisitState::from_stored)?,
            missing_since: item.optional_time("missing_since"),
            texts: item.names("texts").into_iter().filter_map(|id| TextId::parse(id).ok()).collect(),
            version: item.number("version")?,
            created_at: item.time("created_at")?,
        })
    }

    /// Whether its patient is still expected.
    pub fn stands(&self) -> bool {
        self.state != VisitState::Cancelled
    }
}

/// What saving visits works with.
pub struct Calendar<'a> {
    /// The practice.
    pub practice: PracticeId,
    /// For what is personal.
    pub sealer: &'a FieldSealer,
    /// For the numbers of the practice's own system.
    pub index_key: &'a Key,
    /// What the practice has decided.
    pub settings: &'a TextSettings,
    /// The practice's clock.
    pub zone: &'a ZoneName,
    /// For ids.
    pub entropy: &'a Entropy,
    /// The time.
    pub now: Timestamp,
}

/// What became of saving a visit.
pub enum Saved {
    /// It is so now.
    Done(Box<Visit>),
    /// It was so already; nothing was written.
    Unchanged(Box<Visit>),
    /// There is no such visit.
    Missing,
    /// The number of the practice's own system is another patient's visit.
    OtherPatient,
}

/// A visit as it is to be.
pub struct Wanted {
    /// Who is expected.
    pub patient: PatientId,
    /// The practice's own number.
    pub external_id: Option<ExternalId>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// Where.
    pub place: Option<String>,
    /// How it stands; as it does if left out.
    pub state: Option<VisitState>,
}

impl Calendar<'_> {
    fn blind(&self, id: &ExternalId) -> keys::ItemKey {
        let blind = secrets::blind_index(self.index_key, &format!("visit:{}", id.expose()));
        keys::visit_lookup(self.practice, &blind)
    }

    /// The texts that a visit makes by the practice's schedule.
    fn texts(&self, visit: &Visit, moved: bool) -> Vec<Text> {
        if matches!(visit.state, VisitState::Cancelled | VisitState::CancelRequested)
            || visit.starts_at <= self.now
        {
            return Vec::new();
        }
        let listed =
            visit.place.as_deref().and_then(|place| Place::listed(place, &self.settings.places).ok());
        let text = |variables, send_at| {
            let id = TextId::new(self.now, self.entropy.id());
            let about = (Some(visit.patient), Some(visit.id));
            Text::new(id, self.practice, Content::Scheduled(variables), about, (self.now, send_at))
        };
        let mut texts = Vec::new();
        if self.settings.confirm && moved {
            let booked =
                Variables::AppointmentConfirmation { starts_at: visit.starts_at, place: listed.clone() };
            texts.push(text(booked, self.now));
        }
        for send_at in self.settings.reminders_of(visit.starts_at, self.zone, self.now) {
            let reminder =
                Variables::AppointmentReminder { starts_at: visit.starts_at, place: listed.clone() };
            texts.push(text(reminder, send_at));
        }
        texts
    }
}

impl Store {
    /// A visit.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn visit(
        &self,
        practice: PracticeId,
        id: VisitId,
        sealer: &FieldSealer,
    ) -> Result<Option<Visit>, StoreError> {
        let item = self.get(&keys::visit(practice, id)).await?;
        item.map(|item| Visit::from_item(id, &item, sealer)).transpose()
    }

    /// The visit that the practice's own system knows under this number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn visit_by_number(
        &self,
        calendar: &Calendar<'_>,
        number: &ExternalId,
    ) -> Result<Option<Visit>, StoreError> {
        let Some(item) = self.get(&calendar.blind(number)).await? else { return Ok(None) };
        self.visit(calendar.practice, item.parsed("visit", VisitId::parse)?, calendar.sealer).await
    }

    /// The visits that begin from one moment to before another, in order; at most a thousand of each day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn visits_between(
        &self,
        practice: PracticeId,
        (from, until): (Timestamp, Timestamp),
        sealer: &FieldSealer,
    ) -> Result<Vec<Visit>, StoreError> {
        let mut ids = Vec::new();
        let mut day = from;
        while day < until.plus_seconds(24 * 3600) {
            let partition = keys::visit_day_partition(practice, day);
            let query = Query { limit: Some(DAY_MAX), ..Query::new(&partition, Sort::All) };
            let items = self.query(query).await?.items;
            ids.extend(items.iter().filter_map(|item| keys::parse_visit_day(&item.key().ok()?.sk)));
            if day.utc_day() == until.utc_day() {
                break;
            }
            day = day.plus_seconds(24 * 3600);
        }
        ids.retain(|(at, _)| (from..until).contains(at));
        let wanted: Vec<_> = ids.iter().map(|(_, id)| keys::visit(practice, *id)).collect();
        let items = self.get_many(&wanted).await?;
        let visits = ids
            .iter()
            .zip(items)
            .filter_map(|((_, id), item)| item.map(|item| Visit::from_item(*id, &item, sealer)));
        visits.collect()
    }

    /// Writes down a visit, with the texts that it makes. One that the practice's own system knows by number already is
    /// brought to what is wanted instead.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_visit(
        &self,
        calendar: &Calendar<'_>,
        wanted: &Wanted,
        event: impl Fn(bool, VisitId) -> Event,
    ) -> Result<Saved, StoreError> {
        for attempt in 1..=TRIES {
            let known = match &wanted.external_id {
                Some(number) => self.visit_by_number(calendar, number).await?,
                None => None,
            };
            if let Some(known) = known {
                if known.patient != wanted.patient {
                    return Ok(Saved::OtherPatient);
                }
                let change = |visit: &Visit| Visit {
                    starts_at: wanted.starts_at,
                    place: wanted.place.clone(),
                    state: wanted.state.unwrap_or(visit.state),
                    missing_since: None,
                    ..visit.clone()
                };
                return self.change_visit(calendar, known.id, change, event).await;
            }
            let mut visit = Visit {
                id: VisitId::new(calendar.now, calendar.entropy.id()),
                patient: wanted.patient,
                external_id: wanted.external_id.clone(),
                starts_at: wanted.starts_at,
                place: wanted.place.clone(),
                state: wanted.state.unwrap_or(VisitState::Scheduled),
                missing_since: None,
                texts: Vec::new(),
                version: 1,
                created_at: calendar.now,
            };
            let texts = calendar.texts(&visit, true);
            visit.texts = texts.iter().map(|text| text.id).collect();
            let mut writes = vec![
                Write::Create(Table::Chat, visit.to_item(calendar.practice, calendar.sealer)?),
                Write::Create(Table::Chat, day_item(calendar.practice, &visit)),
                audit::write(&event(true, visit.id)),
            ];
            if let Some(number) = &visit.external_id {
                let lookup = NewItem::new(&calendar.blind(number)).with("visit", string(visit.id)).build();
                writes.push(Write::Create(Table::Chat, lookup));
            }
            for text in &texts {
                writes.push(Write::Create(Table::Chat, text.to_item(calendar.sealer)?));
            }
            match self.transact(writes).await? {
                Ok(()) => return Ok(Saved::Done(Box::new(visit))),
                // Somebody wrote down the same number meanwhile: look again.
                Err(_) => self.back_off(attempt, Duration::from_millis(10)).await,
            }
        }
        Err(StoreError::Contended)
    }

    /// Changes a visit; its open texts end, and those that it makes now begin, in the same transaction. A text that is on
    /// its way at that moment is waited for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_visit(
        &self,
        calendar: &Calendar<'_>,
        id: VisitId,
        change: impl Fn(&Visit) -> Visit,
        event: impl Fn(bool, VisitId) -> Event,
    ) -> Result<Saved, StoreError> {
        let practice = calendar.practice;
        for attempt in 1..=TRIES {
            let Some(before) = self.visit(practice, id, calendar.sealer).await? else {
                return Ok(Saved::Missing);
            };
            let mut after = change(&before);
            if after == before {
                return Ok(Saved::Unchanged(Box::new(before)));
            }
            let moved = after.starts_at != before.starts_at;
            if moved && after.state != VisitState::Cancelled && after.state == before.state {
                // What was said about another time says nothing about this one.
                after.state = VisitState::Scheduled;
            }
            let open = self.texts(practice, &before.texts, calendar.sealer).await?;
            let retimed = moved || after.place != before.place || before.stands() != after.stands();
            let asked = after.state == VisitState::CancelRequested;
            let mut writes = Vec::new();
            if retimed || asked {
                let why = if after.stands() { "visit_moved" } else { "visit_cancelled" };
                let why = if asked { "cancel_requested" } else { why };
                let ends = open.iter().filter(|text| text.state.is_open());
                writes.extend(
                    ends.map(|text| Write::Update(cancel_write(practice, text.id, calendar.now, why))),
                );
                let texts = calendar.texts(&after, moved || before.stands() != after.stands());
                after.texts = texts.iter().map(|text| text.id).collect();
                for text in &texts {
                    writes.push(Write::Create(Table::Chat, text.to_item(calendar.sealer)?));
                }
            }
            if moved {
                let old = keys::visit_day(practice, before.starts_at, id);
                writes.push(Write::Delete(Table::Chat, old));
                writes.push(Write::Replace(Table::Chat, day_item(practice, &after)));
            }
            after.version = before.version + 1;
            let item = after.to_item(practice, calendar.sealer)?;
            // The item is replaced as a whole, and only while it is as it was read.
            writes.push(Write::Update(replace(practice, &after, &item, before.version)?));
            writes.push(audit::write(&event(false, id)));
            match self.transact(writes).await? {
                Ok(()) => return Ok(Saved::Done(Box::new(after))),
                Err(_) => self.back_off(attempt, Duration::from_millis(25)).await,
            }
        }
        Err(StoreError::Contended)
    }

    /// Notes at a phone that it was reminded of a visit: it may answer now.
    pub fn asked_write(
        practice: PracticeId,
        point: ContactPointId,
        (visit, starts_at): (VisitId, Timestamp),
    ) -> Write {
        let item = NewItem::new(&keys::asked(practice, point, visit))
            .with("starts_at", number(starts_at.as_millis()))
            .with("ttl", number(starts_at.as_seconds() + 7 * 24 * 3600));
        Write::Replace(Table::Chat, item.build())
    }

    /// The visits that a phone was reminded of and whose time is still to come, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asked_at(
        &self,
        practice: PracticeId,
        point: ContactPointId,
        sealer: &FieldSealer,
        now: Timestamp,
    ) -> Result<Vec<Visit>, StoreError> {
        let partition = keys::contact_point_partition(practice, point);
        let items = self.query_all(&partition, keys::ASKED_PREFIX).await?;
        let ids = items.iter().filter_map(|item| keys::parse_asked(&item.key().ok()?.sk));
        let ids: Vec<VisitId> = ids.collect();
        let visits = try_join_all(ids.iter().map(|id| self.visit(practice, *id, sealer))).await?;
        let mut visits: Vec<Visit> =
            visits.into_iter().flatten().filter(|visit| visit.starts_at > now && visit.stands()).collect();
        visits.sort_by_key(|visit| (visit.starts_at, visit.id));
        Ok(visits)
    }
}

fn day_item(practice: PracticeId, visit: &Visit) -> Attributes {
    NewItem::new(&keys::visit_day(practice, visit.starts_at, visit.id)).build()
}

fn replace(
    practice: PracticeId,
    after: &Visit,
    item: &Attributes,
    version: u64,
) -> Result<Change, StoreError> {
    let sealed = item.get(SEALED).cloned().ok_or(StoreError::Malformed(SEALED))?;
    let change = Change::new(
        keys::visit(practice, after.id),
        match after.missing_since {
            Some(_) => {
                "SET sealed_visit = :sealed, starts_at = :starts, visit_state = :visit_state, texts = :texts, \
                 version = :after, missing_since = :missing"
            }
            None => {
                "SET sealed_visit = :sealed, starts_at = :starts, visit_state = :visit_state, texts = :texts, \
                 version = :after REMOVE missing_since"
            }
        },
    )
    .when("version = :before")
    .value(":sealed", sealed)
    .value(":starts", number(after.starts_at.as_millis()))
    .value(":visit_state", string(after.state.as_str()))
    .value(":texts", names(&after.texts))
    .value(":before", number(version))
    .value(":after", number(after.version));
    Ok(match after.missing_since {
        Some(at) => change.value(":missing", number(at.as_millis())),
        None => change,
    })
}

/// Whether a text about a visit still says what is so.
///
/// # Errors
/// Why not, as one word of a closed set.
pub fn is_current(visit: &Visit, variables: &Variables) -> Result<(), &'static str> {
    let (Variables::AppointmentReminder { starts_at, .. }
    | Variables::AppointmentConfirmation { starts_at, .. }) = variables
    else {
        return Ok(());
    };
    match visit.state {
        VisitState::Cancelled => Err("visit_cancelled"),
        VisitState::CancelRequested => Err("cancel_requested"),
        _ if visit.starts_at != *starts_at => Err("visit_moved"),
        _ => Ok(()),
    }
}
