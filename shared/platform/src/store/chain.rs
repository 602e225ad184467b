//! Segments of the audit chain: which events stand at which index. A segment is one item that is created and never
//! changed, so whoever comes second learns it from the condition; everything else about the chain follows from it.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    id::{EventId, PatientId, PracticeId},
    time::Timestamp,
};
use serde_json::{Map, Value};

use super::{
    Store, StoreError,
    item::{Attributes, Item, NewItem, binary, number},
    keys::{self, ItemKey},
    table::{Change, Query, Sort, Table},
};
use crate::chain::{self, Hash};

/// Most events of a segment.
pub const SEGMENT_MAX: usize = 500;
/// How far an event may lie in the future of whoever links it. One that lies further waits until its time has come: so
/// an event is always in a segment that is at most this much older than itself, and is found there.
pub const TOLERANCE_SECONDS: i64 = 300;
/// Bytes of an id in a segment or note.
const ID_BYTES: usize = 16;
/// Bytes of an entry of a note: patient, event, and how many indexes it lies behind the first (big-endian).
const NOTE_BYTES: usize = 2 * ID_BYTES + 4;

/// An audit event as the chain sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its id, which holds its time.
    pub id: EventId,
    /// Whom it is about.
    pub patient: Option<PatientId>,
    /// Its members.
    pub members: Value,
}

impl StoredEvent {
    /// Reads the item of an event. Every attribute is part of the event, so that none can be changed unseen, also one
    /// that this version does not know. `None` if the key is not that of an event.
    pub fn from_item(item: &Item) -> Option<Self> {
        let key = item.key().ok()?;
        let (practice, id) = keys::parse_audit(&key.pk, &key.sk)?;
        let attributes = item.attributes().filter(|(name, _)| *name != keys::PK && *name != keys::SK);
        let mut members: Map<String, Value> =
            attributes.map(|(name, value)| (name.to_owned(), plain(value))).collect();
        if let Some(at) = item.optional_time("at") {
            members.insert("at".to_owned(), at.to_string().into());
        }
        members.insert("id".to_owned(), id.to_string().into());
        members.insert("practice".to_owned(), practice.to_string().into());
        let patient = item.optional_text("patient").and_then(|text| PatientId::parse(text).ok());
        Some(Self { id, patient, members: members.into() })
    }

    /// The sealed words of whoever acted, if there are any.
    pub fn sealed_reason(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.members[super::audit::REASON].as_str()?).ok()
    }

    /// Its canonical bytes.
    pub fn canonical(&self) -> String {
        chain::canonical(&self.members)
    }
}

/// An attribute as JSON. Events are made of texts and whole numbers; the rest is only spelled somehow, and always alike.
fn plain(value: &AttributeValue) -> Value {
    use AttributeValue as A;
    match value {
        A::S(text) => text.as_str().into(),
        A::N(number) => number.parse::<i64>().map_or_else(|_| number.as_str().into(), Value::from),
        A::Bool(flag) => (*flag).into(),
        A::B(bytes) => STANDARD.encode(bytes).into(),
        A::L(items) => items.iter().map(plain).collect(),
        A::M(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        A::Ss(texts) | A::Ns(texts) => {
            let mut texts = texts.clone();
            texts.sort_unstable();
            texts.into()
        }
        _ => Value::Null,
    }
}

/// Some consecutive events of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The practice.
    pub practice: PracticeId,
    /// Index of the first event, from 1.
    pub first: u64,
    /// When they were linked; never earlier than the segment before.
    pub at: Timestamp,
    /// The link before the first event.
    pub before: Hash,
    /// The link of the last event.
    pub hash: Hash,
    /// The events in their order; never none.
    pub events: Vec<EventId>,
}

impl Segment {
    /// The segment that follows `head` with these events.
    pub fn after(head: Option<&Self>, practice: PracticeId, now: Timestamp, events: &[StoredEvent]) -> Self {
        let before = head.map_or_else(|| chain::genesis(practice), |head| head.hash);
        Self {
            practice,
            first: head.map_or(1, |head| head.last() + 1),
            at: head.map_or(now, |head| now.max(head.at)),
            before,
            hash: events.iter().fold(before, |hash, event| chain::link(&hash, &event.canonical())),
            events: events.iter().map(|event| event.id).collect(),
        }
    }

    /// Index of the last event.
    pub fn last(&self) -> u64 {
        self.first + self.events.len() as u64 - 1
    }

    fn to_item(&self) -> Attributes {
        let ids: Vec<u8> = self.events.iter().flat_map(|id| id.to_bytes()).collect();
        NewItem::new(&keys::chain(self.practice, self.first))
            .with("first", number(self.first))
            .with("at", number(self.at.as_millis()))
            .with("before", binary(self.before))
            .with("hash", binary(self.hash))
            .with("events", binary(ids))
            .build()
    }

    fn from_item(practice: PracticeId, item: &Item) -> Result<Self, StoreError> {
        let hash = |name| Hash::try_from(item.bytes(name)?).map_err(|_| StoreError::Malformed(name));
        let events = ids(item.bytes("events")?);
        if events.is_empty() {
            return Err(StoreError::Malformed("events"));
        }
        Ok(Self {
            practice,
            first: item.number("first")?,
            at: item.time("at")?,
            before: hash("before")?,
            hash: hash("hash")?,
            events,
        })
    }
}

fn ids(bytes: &[u8]) -> Vec<EventId> {
    bytes.chunks_exact(ID_BYTES).filter_map(|id| id.try_into().ok()).map(EventId::from_bytes).collect()
}

/// How far the log of a practice was looked through, kept and signed. All of it can be found out again: without it,
/// everything is looked at and kept once more, which changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The practice.
    pub practice: PracticeId,
    /// Every event that was stored before this time is in the chain.
    pub looked: Timestamp,
    /// The index of the last event that is in the locked store.
    pub kept: u64,
    /// The index of the last checkpoint that is in the locked store.
    pub signed: u64,
    /// The index of the last event of which it is noted about whom it is.
    pub noted: u64,
}

impl Progress {
    fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            practice: item.parsed(keys::SK, PracticeId::parse)?,
            looked: item.time("looked")?,
            kept: item.number("kept")?,
            signed: item.number("signed")?,
            noted: item.optional_number("noted").unwrap_or(0),
        })
    }
}

/// Which part of a day's events.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first.
    pub from: EventId,
    /// The last.
    pub to: EventId,
    /// Oldest first.
    pub ascending: bool,
}

impl Store {
    /// The last segment of a practice's chain.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn chain_head(&self, practice: PracticeId) -> Result<Option<Segment>, StoreError> {
        Ok(self.segments_back(practice, Sort::All, 1, |_| false).await?.pop())
    }

    /// The last segment and all in which an event of `oldest` or later can stand, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn chain_since(
        &self,
        practice: PracticeId,
        oldest: Timestamp,
    ) -> Result<Vec<Segment>, StoreError> {
        let may_hold = |segment: &Segment| segment.at.plus_seconds(TOLERANCE_SECONDS) >= oldest;
        self.segments_back(practice, Sort::All, 20, may_hold).await
    }

    /// The segment in which an index stands, or the last one before it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn segment_of(&self, practice: PracticeId, index: u64) -> Result<Option<Segment>, StoreError> {
        let up_to = Sort::Between(keys::chain_sort_key(0), keys::chain_sort_key(index));
        Ok(self.segments_back(practice, up_to, 1, |_| false).await?.pop())
    }

    async fn segments_back(
        &self,
        practice: PracticeId,
        sort: Sort<'_>,
        limit: u32,
        go_on: impl Fn(&Segment) -> bool,
    ) -> Result<Vec<Segment>, StoreError> {
        let partition = keys::chain_partition(practice);
        let mut segments = Vec::new();
        let mut start = None;
        loop {
            let query = Query {
                table: Table::Audit,
                ascending: false,
                limit: Some(limit),
                start,
                ..Query::new(&partition, sort.clone())
            };
            let page = self.query(query).await?;
            for item in &page.items {
                let segment = Segment::from_item(practice, item)?;
                let last = !go_on(&segment);
                segments.push(segment);
                if last {
                    return Ok(segments);
                }
            }
            match page.next {
                Some(next) => start = Some(next),
                None => return Ok(segments),
            }
        }
    }

    /// Segments from the one that begins at `first`, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn segments_from(
        &self,
        practice: PracticeId,
        first: u64,
        limit: u32,
    ) -> Result<Vec<Segment>, StoreError> {
        let partition = keys::chain_partition(practice);
        let from = Sort::Between(keys::chain_sort_key(first), keys::chain_sort_key(999_999_999_999));
        let query = Query { table: Table::Audit, limit: Some(limit), ..Query::new(&partition, from) };
        let page = self.query(query).await?;
        page.items.iter().map(|item| Segment::from_item(practice, item)).collect()
    }

    /// Adds a segment. `false` if another one stands there: then the chain has to be read again.
    ///
    /// # Errors
    /// [`StoreError`]: it may have been added.
    pub async fn add_segment(&self, segment: &Segment) -> Result<bool, StoreError> {
        self.create(Table::Audit, segment.to_item()).await
    }

    /// Events by their ids, in this order; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_events(
        &self,
        practice: PracticeId,
        ids: &[EventId],
    ) -> Result<Vec<Option<StoredEvent>>, StoreError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::audit(practice, id.at(), *id)).collect();
        let items = self.get_many_of(Table::Audit, &wanted).await?;
        Ok(items.into_iter().map(|item| StoredEvent::from_item(&item?)).collect())
    }

    /// [`Store::audit_events`] of events that stand close together, as those of a segment do: what lies between the first
    /// and the last of a day comes in one read, which costs a tenth of asking for each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_run(
        &self,
        practice: PracticeId,
        ids: &[EventId],
    ) -> Result<Vec<Option<StoredEvent>>, StoreError> {
        let mut days: BTreeMap<Timestamp, (EventId, EventId, u32)> = BTreeMap::new();
        for id in ids {
            let (first, last, count) = days.entry(next_day(id.at())).or_insert((*id, *id, 0));
            (*first, *last, *count) = ((*first).min(*id), (*last).max(*id), *count + 1);
        }
        let mut found = HashMap::new();
        for (from, to, count) in days.into_values() {
            // Others may stand between them. Where they are many, what is left is asked for by its id.
            let span = Span { from, to, ascending: true };
            let (events, _) = self.audit_day(practice, span, count * 2, None).await?;
            found.extend(events.into_iter().map(|event| (event.id, event)));
        }
        let missing: Vec<EventId> = ids.iter().filter(|id| !found.contains_key(id)).copied().collect();
        if !missing.is_empty() {
            let events = self.audit_events(practice, &missing).await?;
            found.extend(events.into_iter().flatten().map(|event| (event.id, event)));
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// Events of the day of `span.from`, and where the page ended if there are more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_day(
        &self,
        practice: PracticeId,
        span: Span,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<(Vec<StoredEvent>, Option<Attributes>), StoreError> {
        let partition = keys::audit_partition(practice, span.from.at());
        let query = Query {
            table: Table::Audit,
            ascending: span.ascending,
            limit: Some(limit),
            start,
            ..Query::new(&partition, Sort::Between(span.from.to_string(), span.to.to_string()))
        };
        let page = self.query(query).await?;
        Ok((page.items.iter().filter_map(StoredEvent::from_item).collect(), page.next))
    }

    /// The last segments that begin before an index, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn segments_before(
        &self,
        practice: PracticeId,
        index: u64,
        limit: u32,
    ) -> Result<Vec<Segment>, StoreError> {
        let Some(last) = index.checked_sub(1) else { return Ok(Vec::new()) };
        let partition = keys::chain_partition(practice);
        let before = Sort::Between(keys::chain_sort_key(0), keys::chain_sort_key(last));
        let query = Query {
            table: Table::Audit,
            ascending: false,
            limit: Some(limit),
            ..Query::new(&partition, before)
        };
        let page = self.query(query).await?;
        page.items.iter().map(|item| Segment::from_item(practice, item)).collect()
    }

    /// Notes about whom the events from `first` on are. Whoever noted them before noted the same.
    ///
    /// # Errors
    /// [`StoreError`]: some may be noted.
    pub async fn note_subjects(
        &self,
        practice: PracticeId,
        first: u64,
        events: &[(u64, StoredEvent)],
    ) -> Result<(), StoreError> {
        let mut notes: BTreeMap<String, (ItemKey, Vec<u8>)> = BTreeMap::new();
        for (index, event) in events {
            let Some(patient) = event.patient else { continue };
            let offset = u32::try_from(index - first).map_err(|_| StoreError::Malformed("first"))?;
            let key = keys::subject(practice, patient, first);
            let (_, entries) = notes.entry(key.pk.clone()).or_insert_with(|| (key, Vec::new()));
            entries.extend(patient.to_bytes());
            entries.extend(event.id.to_bytes());
            entries.extend(offset.to_be_bytes());
        }
        let items = notes.into_values().map(|(key, entries)| {
            let item = NewItem::new(&key).with("events", binary(entries)).build();
            self.create(Table::Audit, item)
        });
        futures_util::future::try_join_all(items).await.map(drop)
    }

    /// What is noted about a patient before an index, newest first: for each of the last `limit` notes where it begins,
    /// and the indexes and ids of the patient's events in it, newest first too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn subject_notes(
        &self,
        practice: PracticeId,
        patient: PatientId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<(u64, EventId)>)>, StoreError> {
        let Some(last) = before.checked_sub(1) else { return Ok(Vec::new()) };
        let partition = keys::subject_partition(practice, patient);
        let sort = Sort::Between(keys::chain_sort_key(0), keys::chain_sort_key(last));
        let query = Query {
            table: Table::Audit,
            ascending: false,
            limit: Some(limit),
            ..Query::new(&partition, sort)
        };
        let items = self.query(query).await?.items;
        let note = |item: &Item| {
            let first: u64 = item.text(keys::SK)?.parse().map_err(|_| StoreError::Malformed(keys::SK))?;
            let mut events: Vec<_> = item
                .bytes("events")?
                .chunks_exact(NOTE_BYTES)
                .filter_map(|entry| {
                    let (whom, rest) = entry.split_first_chunk::<ID_BYTES>()?;
                    let (event, offset) = rest.split_first_chunk::<ID_BYTES>()?;
                    let index = first + u64::from(u32::from_be_bytes(offset.try_into().ok()?));
                    (*whom == patient.to_bytes() && index < before)
                        .then(|| (index, EventId::from_bytes(*event)))
                })
                .collect();
            events.reverse();
            Ok((first, events))
        };
        items.iter().map(note).collect()
    }

    /// Lets the schedule know of a practice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn watch_audit(&self, practice: PracticeId) -> Result<(), StoreError> {
        self.create(Table::Chat, watch_item(practice)).await.map(drop)
    }

    /// Every practice that has audit events.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn watched_audits(&self) -> Result<Vec<Progress>, StoreError> {
        self.query_all(keys::AUDITED, "").await?.iter().map(Progress::from_item).collect()
    }

    /// How far the log of a practice has come, if it has events.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_progress(&self, practice: PracticeId) -> Result<Option<Progress>, StoreError> {
        let item = self.get(&keys::audited(practice)).await?;
        item.as_ref().map(Progress::from_item).transpose()
    }

    /// Notes how far a practice's log has come. Somebody else may be further.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn advance_audit(&self, progress: &Progress) -> Result<(), StoreError> {
        let change = Change::new(
            keys::audited(progress.practice),
            "SET looked = :looked, kept = :kept, signed = :signed, noted = :noted",
        )
        .when(
            "looked <= :looked AND kept <= :kept AND signed <= :signed \
             AND (attribute_not_exists(noted) OR noted <= :noted)",
        )
        .value(":looked", number(progress.looked.as_millis()))
        .value(":kept", number(progress.kept))
        .value(":signed", number(progress.signed))
        .value(":noted", number(progress.noted));
        self.change(change).await.map(drop)
    }
}

/// How far the log of a new practice has come: it has no events from before it was made, and its id says when that was.
pub fn watch_item(practice: PracticeId) -> Attributes {
    NewItem::new(&keys::audited(practice))
        .with("looked", number(practice.at().as_millis()))
        .with("kept", number(0_u64))
        .with("signed", number(0_u64))
        .with("noted", number(0_u64))
        .build()
}

/// The first id that an event of this time can have.
pub fn first_id(at: Timestamp) -> EventId {
    EventId::new(at, [0; 10])
}

/// The last id that an event of this time can have.
pub fn last_id(at: Timestamp) -> EventId {
    EventId::new(at, [0xff; 10])
}

/// Midnight (UTC) after a time.
pub const fn next_day(at: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000;
    Timestamp::from_millis((at.as_millis().div_euclid(DAY) + 1) * DAY)
}
