//! The name index: which patients a hashed term leads to.

use std::collections::BTreeSet;

use domain::{
    id::{PatientId, PracticeId},
    search::Term,
};
use futures_util::future::try_join_all;

use super::{
    Store, StoreError, Write,
    item::NewItem,
    keys,
    patient::RosterTools,
    table::{Query, Sort, Table},
};
use crate::{seal::Key, secrets};

/// Most entries of one term that are read. A practice with more patients under two letters has to type a third.
const MOST_ENTRIES: usize = 5_000;
/// Most candidates that are unsealed for one search.
const MOST_CANDIDATES: usize = 200;

/// Who may be meant by a search.
pub struct Candidates {
    /// Patients, each once. Whether they match is seen after unsealing.
    pub patients: Vec<PatientId>,
    /// Whether these are all. If not, the search has to say more.
    pub complete: bool,
}

/// The writes that add a patient under these terms.
pub fn writes(tools: &RosterTools<'_>, patient: PatientId, terms: &[Term]) -> Vec<Write> {
    let item = |term: &Term| {
        let blind = secrets::blind_index(tools.index_key, term.expose());
        NewItem::new(&keys::name_index(tools.practice, &blind, patient)).build()
    };
    terms.iter().map(|term| Write::Replace(Table::Chat, item(term))).collect()
}

/// The writes that take a patient out from under these terms.
pub fn removals(tools: &RosterTools<'_>, patient: PatientId, terms: &[Term]) -> Vec<Write> {
    let key = |term: &Term| {
        let blind = secrets::blind_index(tools.index_key, term.expose());
        keys::name_index(tools.practice, &blind, patient)
    };
    terms.iter().map(|term| Write::Delete(Table::Chat, key(term))).collect()
}

impl Store {
    /// Patients that stand, for at least one of these sets, under each of its terms.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn candidates(
        &self,
        practice: PracticeId,
        index_key: &Key,
        lookups: &[Vec<Term>],
    ) -> Result<Candidates, StoreError> {
        let sets = try_join_all(lookups.iter().map(|terms| {
            try_join_all(terms.iter().map(|term| self.patients_under(practice, index_key, term)))
        }))
        .await?;
        let mut complete = true;
        let mut patients = BTreeSet::new();
        for terms in sets {
            // A term that was not read to its end proves nothing about whom it lacks.
            let (whole, cut): (Vec<_>, Vec<_>) = terms.into_iter().partition(|(_, whole)| *whole);
            complete &= !whole.is_empty() || cut.is_empty();
            let mut lists = if whole.is_empty() { cut } else { whole };
            let Some((first, _)) = lists.pop() else { continue };
            patients.extend(first.into_iter().filter(|id| lists.iter().all(|(found, _)| found.contains(id))));
        }
        complete &= patients.len() <= MOST_CANDIDATES;
        // Of too many, the newest: an id begins with the time it was made.
        Ok(Candidates { patients: patients.into_iter().rev().take(MOST_CANDIDATES).collect(), complete })
    }

    /// Patients under one term, and whether these are all.
    async fn patients_under(
        &self,
        practice: PracticeId,
        index_key: &Key,
        term: &Term,
    ) -> Result<(BTreeSet<PatientId>, bool), StoreError> {
        let partition = keys::name_index_partition(practice, &secrets::blind_index(index_key, term.expose()));
        let mut found = BTreeSet::new();
        let mut start = None;
        loop {
            let page =
                self.query(Query { start, ascending: false, ..Query::new(&partition, Sort::All) }).await?;
            for item in page.items {
                found.insert(PatientId::parse(&item.key()?.sk).map_err(|_| StoreError::Malformed("SK"))?);
            }
            match page.next {
                Some(next) if found.len() < MOST_ENTRIES => start = Some(next),
                next => return Ok((found, next.is_none())),
            }
        }
    }
}
