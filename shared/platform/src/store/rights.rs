//! What ends when somebody's rights change: every session under them. A session item holds the rights that it was
//! created with, so that a request costs one read.

use domain::{
    audit::Event,
    id::{AccountId, PracticeId},
    session::{SessionKind, SessionTimes},
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write, audit,
    item::number,
    keys,
    session::Holder,
    table::{Change, Query, Sort, Table},
};

/// Most sessions that end inside the transaction that changes the rights.
const MOST_SESSIONS: u32 = 40;
/// Most devices that are forgotten inside it.
const MOST_DEVICES: u32 = 40;

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

    /// Ends every session of an account and forgets its devices, with the audit event. Returns `false` if there is no
    /// such account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_access(
        &self,
        practice: PracticeId,
        account: AccountId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let holder = Holder::Account(account);
        let partition = keys::holder_partition(practice, account);
        let query =
            Query { limit: Some(MOST_DEVICES), ..Query::new(&partition, Sort::Prefix(keys::DEVICE_PREFIX)) };
        let (sessions, devices) = tokio::try_join!(self.session_ends(practice, holder), self.query(query))?;
        // Sessions are created under the epoch that was read, so those that are about to be end as well.
        let epoch = Change::new(keys::account(practice, account), "SET epoch = epoch + :one")
            .when("attribute_exists(PK)")
            .value(":one", number(1));
        let mut ends = vec![Write::Update(epoch), audit::write(event)];
        ends.extend(sessions);
        for device in &devices.items {
            ends.push(Write::Delete(Table::Chat, device.key()?));
        }
        match self.transact_patiently(|| ends.clone()).await? {
            Ok(()) => {}
            Err(Cancelled::Condition(..)) => return Ok(false),
            Err(Cancelled::Conflict) => return Err(StoreError::Contended),
        }
        self.end_all_sessions(practice, holder).await?;
        Ok(true)
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
