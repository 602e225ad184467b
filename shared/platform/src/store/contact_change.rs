//! Changing where an account is reached, and confirming it.

use std::time::Duration;

use domain::{
    audit::Event,
    contact::ContactValue,
    id::{AccountId, ContactPointId, PatientId},
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write,
    account::Account,
    audit, contact,
    item::{Item, NewItem, names, number, string},
    keys,
    outbox::{self, Subject},
    patient::{Points, RosterTools},
    session::{Holder, Relation},
    sharing::{Joining, Shared},
    table::{Change, Table},
};

/// Tries while others write to the same items.
const TRIES: u32 = 8;
/// What `reach` says in the item of a change.
pub(super) const CHANGE: &str = "change";

/// Where an account is to be reached from now on.
pub struct ContactChange<'a> {
    /// The patient at whose record it is done.
    pub patient: PatientId,
    /// The account.
    pub account: AccountId,
    /// All its contacts.
    pub contacts: &'a [ContactValue],
    /// Why, as one word of a closed set.
    pub reason: &'static str,
    /// Whether that opens everything to the new contacts at once: staff have seen an ID.
    pub opens_all: bool,
    /// Whether staff have said that others may use these addresses too.
    pub may_share: bool,
    /// A word on the reason.
    pub note: Option<&'a str>,
}

/// What became of it.
pub enum ContactsChanged {
    /// It is so now.
    Done,
    /// It was so already; nothing was written.
    Unchanged,
    /// Others use some of the new addresses, and nobody has said that this is right. Nothing was written.
    Shared(Vec<Shared>),
    /// There is no such account.
    Missing,
}

/// A change of contacts, as staff see it.
pub struct PastChange {
    /// When.
    pub at: Timestamp,
    /// Whose contacts.
    pub account: AccountId,
    /// Why.
    pub reason: String,
    /// The sealed note is in here.
    pub item: Item,
}

impl PastChange {
    pub(super) fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            at: item.time("at")?,
            account: item.parsed("account", AccountId::parse)?,
            reason: item.text("reason")?.to_owned(),
            item: item.clone(),
        })
    }
}

impl Store {
    /// Changes the contacts of an account: its ways in, the record and the search terms of the patient whose own it is,
    /// the word to the old contacts, and the end of its sessions, in one transaction. `event` names the account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_contacts(
        &self,
        tools: &RosterTools<'_>,
        change: &ContactChange<'_>,
        event: &Event,
    ) -> Result<ContactsChanged, StoreError> {
        let practice = tools.practice;
        let holder = Holder::Account(change.account);
        for attempt in 1..=TRIES {
            let Some(account) = self.account(practice, change.account, tools.sealer).await? else {
                return Ok(ContactsChanged::Missing);
            };
            let Points { ids: points, mut known, writes: new } =
                self.contact_points_for(tools, change.contacts).await?;
            if points == account.contacts {
                return Ok(ContactsChanged::Unchanged);
            }
            // What was this account's before is nobody's question.
            known.retain(|(_, point)| !account.contacts.contains(point));
            if !change.may_share && !known.is_empty() {
                let grants = self.grants(practice, account.id).await?;
                let live = grants.iter().filter(|grant| grant.is_live(tools.now));
                let patients = live.map(|grant| grant.patient).collect();
                let joining = Joining { account: Some(account.id), patients };
                let shared = self.shared(practice, &known, &joining, tools.now).await?;
                if !shared.is_empty() {
                    return Ok(ContactsChanged::Shared(shared));
                }
            }
            let mut writes =
                vec![Write::Update(account_change(tools, &account, &points)), audit::write(event)];
            writes.extend(new);
            let since = (!change.opens_all).then_some(tools.now);
            let added = points.iter().filter(|point| !account.contacts.contains(point));
            writes.extend(added.map(|point| {
                Write::Create(Table::Chat, contact::link_item(practice, *point, account.id, since))
            }));
            let gone = account.contacts.iter().filter(|point| !points.contains(point));
            writes.extend(gone.map(|point| {
                Write::Delete(Table::Chat, keys::contact_account(practice, *point, account.id))
            }));
            let subject = Subject::ContactsChanged { account: account.id, old: account.contacts.clone() };
            let told = outbox::passing_item(practice, &event.id.to_string(), &subject, tools.now);
            writes.push(Write::Create(Table::Chat, told));
            writes.push(past(tools, change.patient, change.account, change.reason, change.note, event));
            writes.extend(self.own_record_writes(tools, &account, &points, change.contacts).await?);
            writes.extend(self.session_ends(practice, holder).await?);
            if self.transact(writes).await?.is_ok() {
                self.end_all_sessions(practice, holder).await?;
                return Ok(ContactsChanged::Done);
            }
            // Somebody changed the account or one of the addresses meanwhile: look again.
            self.back_off(attempt, Duration::from_millis(10)).await;
        }
        Err(StoreError::Contended)
    }

    /// The record of the patient whose own account it is.
    async fn own_record_writes(
        &self,
        tools: &RosterTools<'_>,
        account: &Account,
        points: &[ContactPointId],
        values: &[ContactValue],
    ) -> Result<Vec<Write>, StoreError> {
        let grants = self.grants(tools.practice, account.id).await?;
        let mut writes = Vec::new();
        for grant in grants.iter().filter(|grant| grant.relation == Relation::Oneself) {
            writes.extend(self.contacts_writes(tools, grant.patient, account, points, values).await?);
        }
        Ok(writes)
    }

    /// Confirms a contact point for these accounts: it opens everything, and nothing is in doubt about it. Returns
    /// `false` if it leads to none of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirm_contact(
        &self,
        point: ContactPointId,
        accounts: &[AccountId],
        event: &Event,
    ) -> Result<bool, StoreError> {
        let practice = event.practice;
        let reached = self.reached_at(practice, point).await?;
        let theirs = reached.iter().filter(|reached| accounts.contains(&reached.account));
        let confirm: Vec<Write> = theirs
            .map(|reached| {
                let key = keys::contact_account(practice, point, reached.account);
                let change = Change::new(key, "REMOVE restricted_since").when("attribute_exists(PK)");
                Write::Update(change)
            })
            .collect();
        if confirm.is_empty() {
            return Ok(false);
        }
        let trusted = Change::new(
            keys::contact_point(practice, point),
            "SET used_at = :now, wrong_dates = :none REMOVE failing_since, noted",
        )
        .when("attribute_exists(PK)")
        .value(":now", number(event.at.as_millis()))
        .value(":none", number(0));
        let writes = || {
            let mut writes = confirm.clone();
            writes.extend([Write::Update(trusted.clone()), audit::write(event)]);
            writes
        };
        match self.transact_patiently(writes).await? {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..)) => Ok(false),
            Err(Cancelled::Conflict) => Err(StoreError::Contended),
        }
    }
}

/// The new contacts, under an epoch that ends every session and every sign-in on its way.
fn account_change(tools: &RosterTools<'_>, account: &Account, points: &[ContactPointId]) -> Change {
    Change::new(keys::account(tools.practice, account.id), "SET contacts = :after, epoch = :next")
        .when("epoch = :epoch AND contacts = :before")
        .value(":before", names(&account.contacts))
        .value(":after", names(points))
        .value(":epoch", number(account.epoch))
        .value(":next", number(account.epoch + 1))
}

/// What staff see of a new way to a patient's record.
pub(super) fn past(
    tools: &RosterTools<'_>,
    patient: PatientId,
    account: AccountId,
    reason: &str,
    note: Option<&str>,
    event: &Event,
) -> Write {
    let key = keys::reach(tools.practice, patient, tools.now, event.id);
    let note = note.map(|note| tools.sealer.seal(&key, "sealed_note", note));
    let item = NewItem::new(&key)
        .with("reach", string(CHANGE))
        .with("at", number(tools.now.as_millis()))
        .with("account", string(account))
        .with("reason", string(reason))
        .with_some("sealed_note", note);
    Write::Create(Table::Chat, item.build())
}
