//! Names beside ids, for readers of evidence: who they were at the time stands in the ids alone.

use std::collections::BTreeMap;

use domain::id::{AccountId, PatientId, StaffId};
use platform::{App, http::Failure, sealing::FieldSealer, store::practice::Practice};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who acted.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PersonView {
    /// `stf_…`, `acc_…`, or `system`.
    pub(crate) id: String,
    /// Their name now; `null` if they are gone, or it is nobody's.
    #[schema(required = true)]
    pub(crate) name: Option<String>,
}

/// Opens names, each once.
pub(crate) struct Names<'a> {
    app: &'a App,
    practice: &'a Practice,
    sealer: &'a FieldSealer,
    known: BTreeMap<String, Option<String>>,
}

impl<'a> Names<'a> {
    pub(crate) const fn new(app: &'a App, practice: &'a Practice, sealer: &'a FieldSealer) -> Self {
        Self { app, practice, sealer, known: BTreeMap::new() }
    }

    /// Whoever has this id, with their name.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) async fn of(&mut self, id: &str) -> Result<PersonView, Failure> {
        let name = match self.known.get(id) {
            Some(name) => name.clone(),
            None => {
                let name = self.look_up(id).await?;
                self.known.insert(id.to_owned(), name.clone());
                name
            }
        };
        Ok(PersonView { id: id.to_owned(), name })
    }

    async fn look_up(&self, id: &str) -> Result<Option<String>, Failure> {
        let (store, practice) = (&self.app.store, self.practice.id);
        if let Ok(staff) = StaffId::parse(id) {
            let staff = store.staff(practice, staff, self.sealer).await?;
            return Ok(staff.map(|staff| staff.name.expose().to_owned()));
        }
        if let Ok(account) = AccountId::parse(id) {
            let account = store.account(practice, account, self.sealer).await?;
            return Ok(account.map(|account| account.name.expose().to_owned()));
        }
        if let Ok(patient) = PatientId::parse(id) {
            let patient = store.patient(practice, patient, self.sealer).await?;
            return Ok(patient.map(|patient| patient.name.expose().to_owned()));
        }
        Ok(None)
    }
}
