//! Everybody that a first proof may lead to, as they stand at the moment of the second.

use domain::{
    id::{AccountId, ContactPointId, PatientId, PracticeId},
    person::{BirthDate, PersonName, Slip, fold},
    time::Timestamp,
};
use platform::{
    App,
    sealing::FieldSealer,
    secrets,
    store::{StoreError, account::Account, contact::Reached, keys, patient::Patient, session::Grant},
};

/// What somebody typed to prove who they are.
pub(crate) struct Typed {
    pub(crate) date: BirthDate,
    pub(crate) first_name: Option<PersonName>,
}

pub(crate) struct People {
    /// Accounts with their live grants.
    pub(crate) accounts: Vec<(Account, Vec<Grant>)>,
    /// Patients.
    pub(crate) patients: Vec<Patient>,
    /// The accounts that the contact leads to, with what it opens.
    reached: Vec<Reached>,
    /// Candidates whose grant holds today.
    pairs: Vec<(AccountId, PatientId)>,
}

/// Each once, in order.
pub(crate) fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    all.dedup();
    all
}

/// Reads the candidates of a first proof.
pub(crate) async fn people(
    app: &App,
    practice: PracticeId,
    candidates: &[(AccountId, PatientId)],
    contact: ContactPointId,
    sealer: &FieldSealer,
    now: Timestamp,
) -> Result<People, StoreError> {
    let accounts = distinct(candidates.iter().map(|(account, _)| *account));
    let patients = distinct(candidates.iter().map(|(_, patient)| *patient));
    let mut wanted: Vec<_> = accounts.iter().map(|id| keys::account(practice, *id)).collect();
    wanted.extend(patients.iter().map(|id| keys::patient(practice, *id)));
    wanted.extend(accounts.iter().map(|id| keys::contact_account(practice, contact, *id)));
    let grants = accounts.iter().map(|id| app.store.grants(practice, *id));
    let (items, grants) =
        tokio::try_join!(app.store.get_many(&wanted), futures_util::future::try_join_all(grants))?;
    let (account_items, items) = items.split_at(accounts.len());
    let (patient_items, reached) = items.split_at(patients.len());
    let mut people = People {
        accounts: Vec::new(),
        patients: Vec::new(),
        reached: reached.iter().flatten().map(Reached::from_item).collect::<Result<_, _>>()?,
        pairs: Vec::new(),
    };
    for ((id, item), mut grants) in accounts.iter().zip(account_items).zip(grants) {
        if let Some(item) = item {
            grants.retain(|grant| grant.is_live(now));
            people.accounts.push((Account::from_item(*id, item, sealer)?, grants));
        }
    }
    for (id, item) in patients.iter().zip(patient_items) {
        if let Some(item) = item {
            people.patients.push(Patient::from_item(*id, item, sealer)?);
        }
    }
    people.pairs = candidates
        .iter()
        .filter(|(account, patient)| people.grant(*account, *patient).is_some())
        .copied()
        .collect();
    Ok(people)
}

impl People {
    /// What an account may see through the contact begins after this time: it was changed then, and nobody has
    /// confirmed it.
    pub(crate) fn since(&self, account: AccountId) -> Option<Timestamp> {
        self.reached(account)?.restricted_since
    }

    /// The live grant of an account for a patient.
    fn grant(&self, account: AccountId, patient: PatientId) -> Option<Grant> {
        let (_, grants) = self.accounts.iter().find(|(a, _)| a.id == account)?;
        grants.iter().find(|grant| grant.patient == patient).copied()
    }

    /// How the contact leads to an account today; whoever reads its mail is let in only while it does.
    fn reached(&self, account: AccountId) -> Option<Reached> {
        self.reached.iter().find(|reached| reached.account == account).copied()
    }

    /// The grants that a birth date opens for an account: those for one patient where the way leads to their
    /// conversation, else for all who were candidates. Never for a patient who wants their own devices alone.
    pub(crate) fn opened(&self, account: AccountId, only: Option<PatientId>) -> Vec<Grant> {
        self.patients
            .iter()
            .filter(|patient| only.is_none_or(|only| only == patient.id) && !patient.only_my_devices)
            .filter_map(|patient| self.grant(account, patient.id))
            .collect()
    }

    /// The accounts that the birth date leads to, each with the patient whose it is, and where it fits several people,
    /// the first name too. Every patient is compared, so that the time does not tell which one fits.
    pub(crate) fn fitting(&self, typed: &Typed, only: Option<PatientId>) -> Vec<(AccountId, PatientId)> {
        let date = typed.date.expose();
        let mut fitting: Vec<(AccountId, &Patient)> = Vec::new();
        for (account, patient) in &self.pairs {
            let patient = self.patients.iter().find(|p| p.id == *patient);
            let fits = patient.is_some_and(|p| secrets::equal(&p.birth_date.expose(), &date));
            if let (true, Some(patient)) = (fits, patient) {
                fitting.push((*account, patient));
            }
        }
        fitting.retain(|(account, patient)| {
            !patient.only_my_devices
                && self.reached(*account).is_some()
                && !self.opened(*account, only).is_empty()
        });
        if let Some(name) = &typed.first_name {
            let first = fold(name.first_word());
            fitting.retain(|(_, patient)| fold(patient.name.first_word()) == first);
        }
        let mut fitting: Vec<_> =
            fitting.into_iter().map(|(account, patient)| (account, patient.id)).collect();
        fitting.sort_unstable();
        fitting.dedup_by_key(|(account, _)| *account);
        fitting
    }

    /// Whom a wrong date comes nearest to, and how far off it is; `None` if it is somebody's.
    pub(crate) fn nearest(&self, date: BirthDate) -> Option<(PatientId, Slip)> {
        let of = |(_, id): &(AccountId, PatientId)| self.patients.iter().find(|p| p.id == *id);
        let slips: Option<Vec<_>> = self
            .pairs
            .iter()
            .filter_map(of)
            .map(|patient| patient.birth_date.slip(date).map(|slip| (slip, patient.id)))
            .collect();
        slips?.into_iter().min().map(|(slip, id)| (id, slip))
    }
}
