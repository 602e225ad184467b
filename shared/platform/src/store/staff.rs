//! Staff of a practice.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    audit::Event,
    contact::ContactValue,
    id::{PracticeId, StaffId},
    language::Language,
    person::PersonName,
    role::Role,
    sign_in::INVITATION_LIFE_SECONDS,
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write, contact,
    item::{Attributes, Item, NewItem, names, number, string},
    keys,
    outbox::{self, Subject},
    patient::RosterTools,
    rate::{CountedAll, Counter},
    session::Holder,
    table::{Change, Query, Sort, Table},
};
use crate::{seal::Key, sealing::FieldSealer};

/// A member of staff.
#[derive(Clone, PartialEq, Eq)]
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
    /// Whether they have ever added a passkey or a code generator: then a link alone opens nothing for them.
    pub enrolled: bool,
    /// Until when somebody without a factor may add the first one.
    pub invited_until: Option<Timestamp>,
}

impl Staff {
    /// Until when somebody may add their first factor who is invited at this time.
    pub fn invitation_end(now: Timestamp) -> Timestamp {
        now.plus_seconds(INVITATION_LIFE_SECONDS)
    }

    /// Whether they may add their first factor.
    pub fn is_invited(&self, now: Timestamp) -> bool {
        !self.enrolled && self.invited_until.is_some_and(|until| now < until)
    }

    /// The item.
    pub fn to_item(&self, practice: PracticeId, sealer: &FieldSealer, created_at: Timestamp) -> Attributes {
        let key = keys::staff(practice, self.id);
        NewItem::new(&key)
            .with("sealed_name", sealer.seal(&key, "sealed_name", self.name.expose()))
            .with("sealed_email", sealer.seal(&key, "sealed_email", self.email.expose()))
            .with("roles", self.role_names())
            .with("lang", string(&self.language))
            .with("active", number(i128::from(self.active)))
            .with("epoch", number(self.epoch))
            .with("created_at", number(created_at.as_millis()))
            .with_some("invited_until", self.invited_until.map(|until| number(until.as_millis())))
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
            enrolled: item.optional_time("enrolled_at").is_some(),
            invited_until: item.optional_time("invited_until"),
        })
    }

    /// That they have the rights that were read.
    pub fn still(&self, practice: PracticeId) -> Change {
        Change::new(keys::staff(practice, self.id), "")
            .when("epoch = :epoch AND active = :one")
            .value(":epoch", number(self.epoch))
            .value(":one", number(1))
    }

    /// The same, and that they add their first factor while their invitation lasts.
    pub fn enrol(&self, practice: PracticeId, now: Timestamp) -> Change {
        Change::new(keys::staff(practice, self.id), "SET enrolled_at = :now")
            .when(
                "epoch = :epoch AND active = :one AND attribute_not_exists(enrolled_at) AND invited_until > :now",
            )
            .value(":epoch", number(self.epoch))
            .value(":one", number(1))
            .value(":now", number(now.as_millis()))
    }

    /// That they have a factor from now on, if they had none.
    pub fn has_factor(practice: PracticeId, id: StaffId, now: Timestamp) -> Change {
        Change::new(keys::staff(practice, id), "SET enrolled_at = if_not_exists(enrolled_at, :now)")
            .when("active = :one")
            .value(":one", number(1))
            .value(":now", number(now.as_millis()))
    }

    /// That they have no factor any more and everything under the old ones has ended: they are invited anew.
    pub fn begin_again(&self, practice: PracticeId, now: Timestamp) -> Change {
        let update = "SET epoch = :after, invited_until = :until REMOVE enrolled_at";
        Change::new(keys::staff(practice, self.id), update)
            .when("epoch = :before")
            .value(":until", number(Self::invitation_end(now).as_millis()))
            .value(":after", number(self.epoch + 1))
            .value(":before", number(self.epoch))
    }

    /// Whether their roles allow nothing but a passkey.
    pub fn needs_passkey(&self) -> bool {
        needs_passkey(&self.roles)
    }

    fn role_names(&self) -> AttributeValue {
        names(&self.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>())
    }

    /// The change from the epoch before to this state.
    fn update(&self, practice: PracticeId, sealer: &FieldSealer) -> Change {
        let key = keys::staff(practice, self.id);
        let name = sealer.seal(&key, "sealed_name", self.name.expose());
        Change::new(key, "SET sealed_name = :name, #roles = :roles, active = :active, epoch = :after")
            .when("epoch = :before")
            .value(":name", name)
            .value(":roles", self.role_names())
            .value(":active", number(i128::from(self.active)))
            .value(":after", number(self.epoch))
            .value(":before", number(self.epoch - 1))
    }

    /// Whether they can run the practice.
    pub fn is_active_admin(&self) -> bool {
        self.active && self.roles.contains(&Role::Admin)
    }

    /// The lookup from the address to the member of staff.
    pub fn lookup_item(&self, practice: PracticeId, index_key: &Key) -> Attributes {
        NewItem::new(&keys::staff_lookup(practice, &contact::blind(index_key, &self.email)))
            .with("staff", string(self.id))
            .build()
    }
}

/// What to change about a member of staff. `None` leaves a member as it is.
#[derive(Default)]
pub struct StaffChange {
    /// The name that patients see.
    pub name: Option<PersonName>,
    /// What they may do.
    pub roles: Option<Vec<Role>>,
    /// Whether they may sign in.
    pub active: Option<bool>,
}

/// What became of changing a member of staff.
pub enum StaffChanged {
    /// As they are now.
    Done(Box<Staff>),
    /// They were so already; nothing was written.
    Unchanged(Box<Staff>),
    /// There is no such member of staff.
    Missing,
    /// Nobody would be left to run the practice.
    LastAdmin,
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

/// What became of inviting somebody anew.
pub enum InvitedAgain {
    /// A new invitation is on its way.
    Done(Box<Staff>),
    /// There is no such member of staff.
    Missing,
    /// They have set up their sign-in already, or may not sign in.
    NotWaiting,
    /// It was sent often enough; more after so many seconds.
    TooOften(u32),
}

impl StaffChange {
    /// Every change raises the epoch, which therefore tells one state of a member of staff from every other.
    fn apply(&self, before: &Staff) -> Staff {
        let mut after = before.clone();
        if let Some(name) = &self.name {
            after.name = name.clone();
        }
        if let Some(roles) = &self.roles {
            after.roles = roles.clone();
        }
        if let Some(active) = self.active {
            after.active = active;
        }
        if after != *before {
            after.epoch += 1;
        }
        after
    }
}

/// Whether these roles allow nothing but a passkey: whoever runs the practice, and whoever reads its log.
pub fn needs_passkey(roles: &[Role]) -> bool {
    roles.iter().any(|role| matches!(role, Role::Admin | Role::Auditor))
}

fn from_listed(item: &Item, sealer: &FieldSealer) -> Result<Staff, StoreError> {
    let key = item.key()?;
    let id = key.sk.strip_prefix(keys::STAFF_PREFIX).and_then(|t| StaffId::parse(t).ok());
    Staff::from_item(id.ok_or(StoreError::Malformed("SK"))?, item, sealer)
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
    pub async fn all_staff(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
    ) -> Result<Vec<Staff>, StoreError> {
        let partition = keys::practice(practice).pk;
        let items = self.query_all(&partition, keys::STAFF_PREFIX).await?;
        items.iter().map(|item| from_listed(item, sealer)).collect()
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

    /// One page of the staff, in the order they were invited.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn staff_page(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<(Vec<Staff>, Option<Attributes>), StoreError> {
        let partition = keys::practice(practice).pk;
        let query =
            Query { limit: Some(limit), start, ..Query::new(&partition, Sort::Prefix(keys::STAFF_PREFIX)) };
        let page = self.query(query).await?;
        let staff = page.items.iter().map(|item| from_listed(item, sealer)).collect::<Result<_, _>>()?;
        Ok((staff, page.next))
    }

    /// Changes a member of staff and ends their sessions in one transaction. A practice keeps at least one active
    /// admin: the transaction holds only while another one is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_staff(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
        id: StaffId,
        change: &StaffChange,
        event: &Event,
    ) -> Result<StaffChanged, StoreError> {
        for attempt in 1..=8 {
            let Some(before) = self.staff(practice, id, sealer).await? else {
                return Ok(StaffChanged::Missing);
            };
            let after = change.apply(&before);
            if after == before {
                return Ok(StaffChanged::Unchanged(Box::new(after)));
            }
            let mut writes = vec![Write::Update(after.update(practice, sealer)), super::audit::write(event)];
            if before.is_active_admin() && !after.is_active_admin() {
                let staff = self.all_staff(practice, sealer).await?;
                let Some(other) = staff.into_iter().find(|s| s.id != id && s.is_active_admin()) else {
                    return Ok(StaffChanged::LastAdmin);
                };
                let check = Change::new(keys::staff(practice, other.id), "")
                    .when("epoch = :epoch")
                    .value(":epoch", number(other.epoch));
                writes.push(Write::Check(check));
            }
            writes.extend(self.session_ends(practice, Holder::Staff(id)).await?);
            if self.transact(writes).await?.is_ok() {
                self.end_all_sessions(practice, Holder::Staff(id)).await?;
                return Ok(StaffChanged::Done(Box::new(after)));
            }
            // Somebody changed one of the two meanwhile: look again.
            self.back_off(attempt, Duration::from_millis(10)).await;
        }
        Err(StoreError::Contended)
    }

    /// Invites somebody anew who has not set up their sign-in: the time begins again, and a mail says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invite_again(
        &self,
        practice: PracticeId,
        sealer: &FieldSealer,
        id: StaffId,
        counters: &[Counter<'_>],
        event: &Event,
    ) -> Result<InvitedAgain, StoreError> {
        let Some(mut staff) = self.staff(practice, id, sealer).await? else {
            return Ok(InvitedAgain::Missing);
        };
        if staff.enrolled || !staff.active {
            return Ok(InvitedAgain::NotWaiting);
        }
        let until = Staff::invitation_end(event.at);
        staff.invited_until = Some(until);
        let change = Change::new(keys::staff(practice, id), "SET invited_until = :until")
            .when("active = :one AND attribute_not_exists(enrolled_at)")
            .value(":one", number(1))
            .value(":until", number(until.as_millis()));
        let word = Subject::StaffInvited { staff: id };
        let mail = outbox::passing_item(practice, &event.id.to_string(), &word, event.at);
        let writes = [Write::Update(change), Write::Create(Table::Chat, mail), super::audit::write(event)];
        Ok(match self.count_all(counters, &writes, event.at).await? {
            CountedAll::Within => InvitedAgain::Done(Box::new(staff)),
            CountedAll::Over { seconds, .. } => InvitedAgain::TooOften(seconds),
            CountedAll::Refused(_) => InvitedAgain::NotWaiting,
        })
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
