//! The name index: which patients a hashed term leads to.

use domain::{
    id::{PatientId, PracticeId},
    search::Term,
};

use super::{
    Store, StoreError, Write,
    item::NewItem,
    keys,
    patient::RosterTools,
    table::{Query, Sort, Table},
};
use crate::{seal::Key, secrets};

/// Most patients that one term is followed to. A name that more patients share needs another word or the birth date.
const MOST_PATIENTS: u32 = 200;

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
    /// Patients under any of these terms, each once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn patients_under(
        &self,
        practice: PracticeId,
        index_key: &Key,
        terms: &[Term],
    ) -> Result<Vec<PatientId>, StoreError> {
        let mut found = Vec::new();
        for term in terms {
            let partition = keys::name_index_partition(practice, &secrets::blind_index(index_key, term.expose()));
            let query = Query { limit: Some(MOST_PATIENTS), ..Query::new(&partition, Sort::All) };
            for item in self.query(query).await?.items {
                let patient = PatientId::parse(&item.key()?.sk).map_err(|_| StoreError::Malformed("SK"))?;
                if !found.contains(&patient) {
                    found.push(patient);
                }
            }
        }
        Ok(found)
    }
}
