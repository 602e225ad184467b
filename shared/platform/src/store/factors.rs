//! Taking away everything that a member of staff signs in with, because it is lost: they begin again with a link.

use std::time::Duration;

use domain::{
    audit::Event,
    id::{PracticeId, StaffId},
};

use super::{
    Store, StoreError, Write, audit, keys,
    outbox::{self, Subject},
    session::Holder,
    staff::Staff,
    table::Table,
};
use crate::sealing::FieldSealer;

/// Most admins who are told by mail. With twenty passkeys and forty sessions the transaction stays below its limit.
const TOLD_MAX: usize = 30;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorsReset {
    /// Nothing is left; every admin will be told.
    Done,
    /// There is no such member of staff.
    Missing,
}

impl Store {
    /// Takes away the passkeys and the code generator of a member of staff, ends their sessions, invites
    /// them anew, and writes to every active admin: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reset_factors(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
        id: StaffId,
        event: &Event,
    ) -> Result<FactorsReset, StoreError> {
        let holder = Holder::Staff(id);
        for attempt in 1..=8 {
            let all = self.all_staff(practice, sealer).await?;
            let Some(staff) = all.iter().find(|staff| staff.id == id) else {
                return Ok(FactorsReset::Missing);
            };
            let (passkeys, totp, sessions) = tokio::try_join!(
                self.passkeys(practice, holder),
                self.totp(practice, id),
                self.session_ends(practice, holder)
            )?;
            let mut writes = vec![Write::Update(staff.begin_again(practice, event.at)), audit::write(event)];
            writes.extend(passkeys.iter().map(|passkey| passkey.end(practice, holder)));
            writes.extend(totp.map(|_| Write::Delete(Table::Chat, keys::totp(practice, id))));
            writes.extend(sessions);
            let word = Subject::StaffInvited { staff: id };
            let item = outbox::passing_item(practice, &event.id.to_string(), &word, event.at);
            writes.push(Write::Create(Table::Chat, item));
            let admins = all.iter().filter(|staff| staff.is_active_admin()).take(TOLD_MAX);
            writes.extend(admins.map(|admin: &Staff| {
                let outbox = format!("{}-{}", event.id, admin.id);
                let subject = Subject::FactorsReset { admin: admin.id };
                Write::Create(Table::Chat, outbox::passing_item(practice, &outbox, &subject, event.at))
            }));
            if self.transact(writes).await?.is_ok() {
                self.end_all_sessions(practice, holder).await?;
                return Ok(FactorsReset::Done);
            }
            // Somebody changed them meanwhile: look again.
            self.back_off(attempt, Duration::from_millis(10)).await;
        }
        Err(StoreError::Contended)
    }
}
