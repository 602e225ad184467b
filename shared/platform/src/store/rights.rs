//! What ends when somebody's rights change: every session under them. A session item holds the rights that it was
//! created with, so that a request costs one read.

use domain::id::PracticeId;

use super::{
    Store, StoreError, Write, keys,
    session::Holder,
    table::{Query, Sort, Table},
};

/// Most sessions that end inside the transaction that changes the rights.
const MOST_SESSIONS: u32 = 40;

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
}
