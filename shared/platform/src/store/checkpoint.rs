//! Signed checkpoints of the audit chain, to be listed. The locked store has the same.

use domain::id::PracticeId;

use super::{
    Store, StoreError,
    item::{Item, NewItem, string},
    keys,
    table::{Query, Sort, Table},
};
use crate::chain::SignedCheckpoint;

impl Store {
    /// Stores a checkpoint, and answers with the one that stands at its index: the first is the one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_checkpoint(&self, signed: SignedCheckpoint) -> Result<SignedCheckpoint, StoreError> {
        let (practice, index) = (signed.checkpoint.practice, signed.checkpoint.index);
        let item =
            NewItem::new(&keys::checkpoint(practice, index)).with("line", string(signed.line())).build();
        if self.create(Table::Audit, item).await? {
            return Ok(signed);
        }
        let standing = self.checkpoints(practice, index, 1).await?.pop();
        standing.ok_or(StoreError::Malformed("checkpoint"))
    }

    /// Checkpoints up to an index, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checkpoints(
        &self,
        practice: PracticeId,
        up_to: u64,
        limit: u32,
    ) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let partition = keys::checkpoint_partition(practice);
        let query = Query {
            table: Table::Audit,
            ascending: false,
            limit: Some(limit),
            ..Query::new(&partition, Sort::Between(keys::chain_sort_key(0), keys::chain_sort_key(up_to)))
        };
        let read =
            |item: &Item| SignedCheckpoint::parse(item.text("line")?).ok_or(StoreError::Malformed("line"));
        self.query(query).await?.items.iter().map(read).collect()
    }
}
