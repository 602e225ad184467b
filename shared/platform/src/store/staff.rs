//! Staff of a practice.

use domain::{
    contact::ContactValue,
    id::{PracticeId, StaffId},
    language::Language,
    person::PersonName,
    role::Role,
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write, contact,
    item::{Attributes, Item, NewItem, number, string},
    keys,
    patient::RosterTools,
    table::Table,
};
use crate::{seal::Key, sealing::FieldSealer};

/// A member of staff.
pub struct Staff {
    /// The id.
    pub id: StaffId,
    /// The name that patients see.
    pub name: PersonName,
    /// The address they sign in with.
    pub email: ContactValue,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The language of the console and of mails.
    pub language: Language,
    /// Whether they may sign in.
    pub active: bool,
    /// Raised whenever every session must end.
    pub epoch: u64,
}

impl Staff {
    /// The item.
    pub fn to_item(&self, practice: PracticeId, sealer: &FieldSealer, created_at: Timestamp) -> Attributes {
        let key = keys::staff(practice, self.id);
        let roles = self.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(",");
        NewItem::new(&key)
            .with("sealed_name", sealer.seal(&key, "sealed_name", self.name.expose()))
            .with("sealed_email", sealer.seal(&key, "sealed_email", self.email.expose()))
            .with("roles", string(roles))
            .with("lang", string(&self.language))
            .with("active", number(i128::from(self.active)))
            .with("epoch", number(self.epoch))
            .with("created_at", number(created_at.as_millis()))
            .build()
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(id: StaffId, item: &Item, sealer: &FieldSealer) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            name: PersonName::parse(&sealer.open(item, "sealed_name")?)
                .map_err(|_| StoreError::Malformed("sealed_name"))?,
            email: ContactValue::email(&sealer.open(item, "sealed_email")?)
                .map_err(|_| StoreError::Malformed("sealed_email"))?,
            roles: item.names("roles").into_iter().filter_map(Role::from_stored).collect(),
            language: item.parsed("lang", Language::parse)?,
            active: item.number::<u8>("active")? == 1,
            epoch: item.number("epoch")?,
        })
    }

    /// The lookup from the address to the member of staff.
    pub fn lookup_item(&self, practice: PracticeId, index_key: &Key) -> Attributes {
        NewItem::new(&keys::staff_lookup(practice, &contact::blind(index_key, &self.email)))
            .with("staff", string(self.id))
            .build()
    }
}

/// What became of inviting somebody.
pub enum Invited {
    /// They are staff now.
    Created(Box<Staff>),
    /// Somebody of the staff has this address already.
    AddressTaken,
    /// An item of the caller's own (idempotency) exists already.
    Repeated(Box<Item>),
}

impl Store {
    /// A member of staff.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn staff(
        &self,
        practice: PracticeId,
        id: StaffId,
        sealer: &FieldSealer,
    ) -> Result<Option<Staff>, StoreError> {
        let item = self.get(&keys::staff(practice, id)).await?;
        item.map(|item| Staff::from_item(id, &item, sealer)).transpose()
    }

    /// All staff of a practice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_staff(&self, practice: PracticeId, sealer: &FieldSealer) -> Result<Vec<Staff>, StoreError> {
        let partition = keys::practice(practice).pk;
        let items = self.query_all(&partition, keys::STAFF_PREFIX).await?;
        let staff = |item: &Item| {
            let key = item.key()?;
            let id = key.sk.strip_prefix(keys::STAFF_PREFIX).and_then(|t| StaffId::parse(t).ok());
            Staff::from_item(id.ok_or(StoreError::Malformed("SK"))?, item, sealer)
        };
        items.iter().map(staff).collect()
    }

    /// The member of staff with this address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_staff(
        &self,
        practice: PracticeId,
        index_key: &Key,
        email: &ContactValue,
    ) -> Result<Option<StaffId>, StoreError> {
        let item = self.get(&keys::staff_lookup(practice, &contact::blind(index_key, email))).await?;
        item.map(|item| item.parsed("staff", StaffId::parse)).transpose()
    }

    /// Adds a member of staff in one transaction. `extra` are writes of the caller, idempotency first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_staff(
        &self,
        tools: &RosterTools<'_>,
        staff: Staff,
        extra: impl Fn(&Staff) -> Vec<Write>,
    ) -> Result<Invited, StoreError> {
        let own = extra(&staff).len();
        let writes = || {
            let mut writes = extra(&staff);
            let lookup = staff.lookup_item(tools.practice, tools.index_key);
            writes.push(Write::Create(Table::Chat, lookup));
            writes.push(Write::Create(Table::Chat, staff.to_item(tools.practice, tools.sealer, tools.now)));
            writes
        };
        Ok(match self.transact_patiently(writes).await? {
            Ok(()) => Invited::Created(Box::new(staff)),
            Err(Cancelled::Condition(place, Some(item))) if place < own => {
                Invited::Repeated(Box::new(Item::from(*item)))
            }
            Err(_) => Invited::AddressTaken,
        })
    }
}
