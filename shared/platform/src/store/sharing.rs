//! Contacts that more than one person uses. An address is not a person: families share a mailbox, couples a phone. So
//! whoever joins a known one is asked for first, and behind too many patients no birth date opens anything.

use std::collections::BTreeSet;

use domain::{
    id::{AccountId, ContactPointId, PatientId, PracticeId},
    sign_in,
    time::Timestamp,
};
use futures_util::future::try_join_all;

use super::{Store, StoreError};

/// A contact that somebody would come to share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Its place among the contacts that were asked for.
    pub place: usize,
    /// The contact point.
    pub contact: ContactPointId,
    /// How many others are reached there.
    pub others: usize,
    /// How many patients it would lead to.
    pub patients: usize,
}

impl Shared {
    /// Whether a birth date after its codes would still open something.
    pub const fn opens_by_date(&self) -> bool {
        sign_in::opens_by_date(self.patients)
    }
}

/// Who comes to a contact.
pub(super) struct Joining {
    /// The account, where there is one already: it is none of the others.
    pub(super) account: Option<AccountId>,
    /// Whom it acts for, so far as that is not stored yet.
    pub(super) patients: Vec<PatientId>,
}

/// Who is behind a contact point today.
pub struct Behind {
    /// The accounts that it leads to.
    pub accounts: Vec<AccountId>,
    /// The patients for whom these act.
    pub patients: BTreeSet<PatientId>,
}

impl Store {
    /// Everybody behind a contact point.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn behind(
        &self,
        practice: PracticeId,
        point: ContactPointId,
        now: Timestamp,
    ) -> Result<Behind, StoreError> {
        let accounts = self.accounts_at(practice, point).await?;
        let grants = try_join_all(accounts.iter().map(|account| self.grants(practice, *account))).await?;
        let live = grants.into_iter().flatten().filter(|grant| grant.is_live(now));
        Ok(Behind { accounts, patients: live.map(|grant| grant.patient).collect() })
    }

    /// Those of the `known` contact points, each with its place, that others use too.
    pub(super) async fn shared(
        &self,
        practice: PracticeId,
        known: &[(usize, ContactPointId)],
        joining: &Joining,
        now: Timestamp,
    ) -> Result<Vec<Shared>, StoreError> {
        let behind = try_join_all(known.iter().map(|(_, point)| self.behind(practice, *point, now))).await?;
        let all = known.iter().zip(behind).map(|((place, contact), behind)| {
            let others = behind.accounts.iter().filter(|one| Some(**one) != joining.account).count();
            let mut patients = behind.patients;
            patients.extend(&joining.patients);
            Shared { place: *place, contact: *contact, others, patients: patients.len() }
        });
        Ok(all.filter(|shared| shared.others > 0).collect())
    }
}
