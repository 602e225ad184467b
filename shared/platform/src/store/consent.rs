//! The ledger of what people agreed to: lines under a contact point that are put once and never changed.

use domain::{
    audit::Event,
    channel::Category,
    consent::{Entry, Ledger, Said, Source, Wording},
    id::{AccountId, ContactPointId, EventId, PatientId, PracticeId},
    language::Language,
    time::Timestamp,
};
use futures_util::future::try_join_all;

use super::{
    Cancelled, Store, StoreError, Write,
    account::Account,
    audit,
    contact::ContactPoint,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    session::{Grant, Relation},
    table::Table,
};
use crate::sealing::FieldSealer;

/// Most people at one contact whose log tells of a change.
const TOLD_MAX: usize = 20;

/// The item of a line. Its event makes the key, so that a line and what the log says of it have one name.
pub fn to_item(practice: PracticeId, point: ContactPointId, entry: &Entry, event: EventId) -> Attributes {
    NewItem::new(&keys::consent(practice, point, entry.at, event))
        .with("category", string(entry.category.as_str()))
        .with("said", string(entry.said.as_str()))
        .with("consent_source", string(entry.source.as_str()))
        .with_some("wording", entry.wording.as_ref().map(|wording| string(wording.as_str())))
        .with("lang", string(&entry.language))
        .with("at", number(entry.at.as_millis()))
        .build()
}

fn from_item(item: &Item) -> Result<Entry, StoreError> {
    Ok(Entry {
        at: item.time("at")?,
        category: item.one_of("category", Category::from_stored)?,
        said: item.one_of("said", Said::from_stored)?,
        source: item.one_of("consent_source", Source::from_stored)?,
        wording: item.optional_text("wording").map(Wording::from_stored),
        language: item.parsed("lang", Language::parse)?,
    })
}

/// An account that acts for a patient, with the ways to reach it.
pub struct Line {
    /// The account.
    pub account: Account,
    /// How it stands to the patient.
    pub relation: Relation,
    /// Where it is reached, in its own order.
    pub points: Vec<ContactPoint>,
}

impl Store {
    /// Everything that was said about a contact point.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn consents(&self, practice: PracticeId, point: ContactPointId) -> Result<Ledger, StoreError> {
        let partition = keys::contact_point_partition(practice, point);
        let items = self.query_all(&partition, keys::CONSENT_PREFIX).await?;
        items.iter().map(from_item).collect::<Result<_, _>>().map(Ledger::new)
    }

    /// Writes lines of the ledger, each with its events: one for every patient whom it concerns, the first of which names
    /// the line.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_consents(
        &self,
        practice: PracticeId,
        point: ContactPointId,
        lines: &[(Entry, Vec<Event>)],
    ) -> Result<(), StoreError> {
        let writes = || consent_writes(practice, point, lines);
        match self.transact_patiently(writes).await? {
            // The line is there: this is a repeat.
            Ok(()) | Err(Cancelled::Condition(..)) => Ok(()),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }

    /// Who acts for a patient now, with where they are reached: the patient's own account first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lines_of(
        &self,
        practice: PracticeId,
        patient: PatientId,
        sealer: &FieldSealer,
        now: Timestamp,
    ) -> Result<Vec<Line>, StoreError> {
        let mut granted: Vec<(AccountId, Grant)> = self.accounts_of(practice, patient).await?;
        granted.retain(|(_, grant)| grant.is_live(now));
        granted.sort_by_key(|(_, grant)| grant.relation != Relation::Oneself);
        let ids: Vec<AccountId> = granted.iter().map(|(id, _)| *id).collect();
        let accounts = self.accounts(practice, &ids, sealer).await?;
        let wanted: Vec<ContactPointId> =
            accounts.iter().flat_map(|account| account.contacts.clone()).collect();
        let points = self.contact_points(practice, &wanted, sealer).await?;
        let mut by_id: std::collections::HashMap<ContactPointId, Vec<ContactPoint>> = Default::default();
        for point in points {
            by_id.entry(point.id).or_default().push(point);
        }
        let lines = granted.iter().filter_map(|(id, grant)| {
            let account = accounts.iter().find(|account| account.id == *id)?.clone();
            let points =
                account.contacts.iter().filter_map(|point| by_id.get_mut(point).and_then(Vec::pop)).collect();
            Some(Line { account, relation: grant.relation, points })
        });
        Ok(lines.collect())
    }

    /// The patients whom a contact point leads to now, by whichever account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn patients_at(
        &self,
        practice: PracticeId,
        point: ContactPointId,
        now: Timestamp,
    ) -> Result<Vec<PatientId>, StoreError> {
        let accounts = self.accounts_at(practice, point).await?;
        let grants = try_join_all(accounts.iter().map(|account| self.grants(practice, *account))).await?;
        let mut patients: Vec<PatientId> =
            grants.iter().flatten().filter(|grant| grant.is_live(now)).map(|grant| grant.patient).collect();
        patients.sort_unstable();
        patients.dedup();
        patients.truncate(TOLD_MAX);
        Ok(patients)
    }
}

/// The writes of lines with their events.
pub fn consent_writes(
    practice: PracticeId,
    point: ContactPointId,
    lines: &[(Entry, Vec<Event>)],
) -> Vec<Write> {
    let mut writes = Vec::new();
    for (entry, events) in lines {
        if let Some(first) = events.first() {
            writes.push(Write::Create(Table::Chat, to_item(practice, point, entry, first.id)));
        }
        writes.extend(events.iter().map(audit::write));
    }
    writes
}
