//! What ends when somebody's rights change: every session under them. A session item holds the rights that it was
//! created with, so that a request costs one read.

use domain::{
    audit::Event,
    id::{AccountId, PatientId, PracticeId},
    session::{SessionKind, SessionTimes},
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write, audit,
    item::{Item, number},
    keys::{self, ItemKey},
    session::{Holder, Session},
    table::{Change, Query, Sort, Table},
};

/// Most sessions that end inside the transaction that changes the rights.
const MOST_SESSIONS: u32 = 40;
/// Most sessions, devices and passkeys that end inside the transaction that signs somebody out. It raises the epoch and
/// writes the event too; what is more ends right after it.
const MOST_ENDS: usize = 90;
/// How many items end at once then.
const SWEEP: usize = 50;

/// What goes with the sessions when somebody is signed out everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AlsoEnds {
    /// Remembered devices.
    Devices,
    /// Those, and passkeys.
    DevicesAndPasskeys,
}

impl Store {
    /// The ends of the sessions that a holder has now, for the transaction that raises the holder's epoch. So a change
    /// of rights and the end of the sessions under the old ones cannot come apart. What is created in between is
    /// swept by [`Store::end_all_sessions`] afterwards; later ones are created under the new epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn session_ends(
        &self,
        practice: PracticeId,
        holder: Holder,
    ) -> Result<Vec<Write>, StoreError> {
        let partition = keys::holder_partition(practice, holder);
        let query = Query {
            limit: Some(MOST_SESSIONS),
            ..Query::new(&partition, Sort::Prefix(keys::SESSION_PREFIX))
        };
        let sessions = self.query(query).await?.items;
        sessions.iter().map(|item| Ok(Write::Delete(Table::Chat, item.key()?))).collect()
    }

    /// Ends every session of a holder and forgets every device that is remembered for them, with the audit event. Returns
    /// `false` if there is no such holder.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sign_out_everywhere(
        &self,
        practice: PracticeId,
        holder: Holder,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.sign_out(practice, holder, AlsoEnds::Devices, event).await
    }

    /// The same for an account, and its passkeys go too: whoever got into it keeps no way in that they made meanwhile.
    /// Its holder comes back by a message and the birth date, or at the desk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_every_way_in(
        &self,
        practice: PracticeId,
        account: AccountId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.sign_out(practice, Holder::Account(account), AlsoEnds::DevicesAndPasskeys, event).await
    }

    async fn sign_out(
        &self,
        practice: PracticeId,
        holder: Holder,
        also: AlsoEnds,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let profile = match holder {
            Holder::Account(account) => keys::account(practice, account),
            Holder::Staff(staff) => keys::staff(practice, staff),
        };
        let kept = self.ways_in(practice, holder, also, event.at).await?;
        let mut ends = self.session_ends(practice, holder).await?;
        ends.extend(kept.into_iter().map(|key| Write::Delete(Table::Chat, key)));
        ends.truncate(MOST_ENDS);
        let writes = || {
            let raised = Change::new(profile.clone(), "ADD epoch :one").when("attribute_exists(PK)");
            let mut writes = vec![Write::Update(raised.value(":one", number(1))), audit::write(event)];
            writes.extend(ends.iter().cloned());
            writes
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => {}
            Err(Cancelled::Condition(..)) => return Ok(false),
            Err(Cancelled::Conflict) => return Err(StoreError::Contended),
        }
        // The rest, and what came into being meanwhile under a session that has ended now. Where this fails, whoever asked
        // is told so and asks again.
        self.end_all_sessions(practice, holder).await?;
        let left = self.ways_in(practice, holder, also, event.at).await?;
        self.delete_all(&left).await?;
        Ok(true)
    }

    /// Ends every session of a holder: their rights have changed, or they asked for it. The epoch that a session
    /// is created under must have been raised before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_all_sessions(&self, practice: PracticeId, holder: Holder) -> Result<(), StoreError> {
        let partition = keys::holder_partition(practice, holder);
        let sessions = self.query_all(&partition, keys::SESSION_PREFIX).await?;
        let sessions = sessions.iter().map(Item::key).collect::<Result<Vec<_>, _>>()?;
        self.delete_all(&sessions).await
    }

    /// The live sessions of an account that may see a patient and rest on no remembered device and no passkey.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn sessions_by_date(
        &self,
        practice: PracticeId,
        account: AccountId,
        patient: PatientId,
        now: Timestamp,
    ) -> Result<Vec<ItemKey>, StoreError> {
        let sessions = self.sessions(practice, Holder::Account(account), now).await?;
        let by_date = |session: &&Session| {
            session.device.is_none() && session.passkey.is_none() && session.acts_for(patient, now)
        };
        Ok(sessions.iter().filter(by_date).map(Session::key).collect())
    }

    /// Deletes items, as many at once as one transaction takes.
    pub(super) async fn delete_all(&self, all: &[ItemKey]) -> Result<(), StoreError> {
        for some in all.chunks(SWEEP) {
            let writes = || some.iter().map(|key| Write::Delete(Table::Chat, key.clone())).collect();
            self.transact_patiently(writes).await?.map_err(|_| StoreError::Contended)?;
        }
        Ok(())
    }

    /// The keys of what an account may sign in with beside its contacts; staff's end by a reset alone.
    async fn ways_in(
        &self,
        practice: PracticeId,
        holder: Holder,
        also: AlsoEnds,
        now: Timestamp,
    ) -> Result<Vec<ItemKey>, StoreError> {
        let Holder::Account(account) = holder else { return Ok(Vec::new()) };
        let devices = self.devices(practice, account, now).await?;
        let mut ways: Vec<_> = devices.into_iter().map(|(key, _)| key).collect();
        if also == AlsoEnds::DevicesAndPasskeys {
            let passkeys = self.passkeys(practice, holder).await?;
            ways.extend(passkeys.iter().map(|passkey| passkey.key(practice, holder)));
        }
        Ok(ways)
    }

    /// [`Store::sign_out_everywhere`] for an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_access(
        &self,
        practice: PracticeId,
        account: AccountId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.sign_out_everywhere(practice, Holder::Account(account), event).await
    }

    /// How many live sessions an account has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_sessions(
        &self,
        practice: PracticeId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let partition = keys::holder_partition(practice, account);
        let mut live = 0;
        for item in self.query_all(&partition, keys::SESSION_PREFIX).await? {
            let kind = item.one_of("session_kind", SessionKind::from_stored)?;
            let times =
                SessionTimes { created_at: item.time("created_at")?, active_at: item.time("active_at")? };
            live += usize::from(times.is_live(kind, now));
        }
        Ok(live)
    }
}
