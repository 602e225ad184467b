//! Who somebody is and what they may see at this moment, read in one step with what they show for it.

use domain::id::PracticeId;
use platform::{
    App,
    sealing::FieldSealer,
    store::{
        StoreError,
        account::Account,
        item::Item,
        keys::{self, ItemKey},
        session::{Grant, Holder},
        staff::Staff,
    },
};

/// A holder of sessions as they stand now.
pub(crate) enum Standing {
    /// An account with its live grants.
    Account(Box<Account>, Vec<Grant>),
    /// A member of staff who is active.
    Staff(Box<Staff>),
}

/// Reads a holder, nobody if they are gone, and the item of the passkey that is shown.
pub(crate) async fn standing(
    app: &App,
    sealer: &FieldSealer,
    practice: PracticeId,
    holder: Holder,
    passkey: Option<ItemKey>,
) -> Result<(Option<Standing>, Option<Item>), StoreError> {
    let profile = match holder {
        Holder::Account(id) => keys::account(practice, id),
        Holder::Staff(id) => keys::staff(practice, id),
    };
    let wanted: Vec<_> = std::iter::once(profile).chain(passkey).collect();
    let grants = async {
        match holder {
            Holder::Account(id) => app.store.grants(practice, id).await,
            Holder::Staff(_) => Ok(Vec::new()),
        }
    };
    let (items, mut grants) = tokio::try_join!(app.store.get_many(&wanted), grants)?;
    grants.retain(|grant| grant.is_live(app.clock.now()));
    let mut items = items.into_iter();
    let standing = match (holder, items.next().flatten()) {
        (Holder::Account(id), Some(item)) => {
            Some(Standing::Account(Box::new(Account::from_item(id, &item, sealer)?), grants))
        }
        (Holder::Staff(id), Some(item)) => {
            let staff = Some(Staff::from_item(id, &item, sealer)?).filter(|staff| staff.active);
            staff.map(Box::new).map(Standing::Staff)
        }
        (_, None) => None,
    };
    Ok((standing, items.next().flatten()))
}
