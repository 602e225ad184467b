//! Who may act for a patient: giving and taking it.
//!
//! Both raise the account's epoch and end its sessions in the same transaction, because a session carries the grants
//! that it was created with.

use std::time::Duration;

use domain::{
    Invalid,
    audit::Event,
    contact::ContactValue,
    id::{AccountId, ContactPointId, PatientId, PracticeId},
    language::Language,
    minors::{self, Ages},
    person::PersonName,
    time::{Timestamp, ZoneName},
};

use super::{
    Store, StoreError, Write,
    account::{Account, grant_from_item, grant_items},
    audit,
    contact_change::past,
    item::{Item, names, number, string},
    keys, name_index,
    outbox::{self, Subject},
    patient::{Patient, RosterTools},
    practice::Practice,
    session::{Grant, Holder, Relation},
    table::{Change, Table},
};

/// Most patients of one account, and most accounts of one patient.
const GRANTS_MAX: usize = 50;
/// Most accounts that are told of a new way to a patient's record.
const TOLD_MAX: usize = 10;
/// Tries while others write to the same items.
const TRIES: u32 = 8;

/// Who is to act for a patient.
pub enum Grantee {
    /// An account.
    Account(AccountId),
    /// Whoever is reached there. Where nobody is, an account of this name is made.
    At {
        /// Where.
        contact: ContactValue,
        /// Whose account a new one is; the patient's own needs none.
        name: Option<PersonName>,
        /// The language of a new account; else the patient's.
        language: Option<Language>,
    },
}

/// How somebody is to act for a patient.
pub struct Terms {
    /// How they stand to each other.
    pub relation: Relation,
    /// When it begins; at once if left out.
    pub from: Option<Timestamp>,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The grant of a parent or guardian ends at these ages of the minor at the latest.
    pub ages: Ages,
    /// Why staff let somebody in. `None` where nobody has to say: a practice is set up.
    pub reason: Option<NewWay>,
}

/// Why staff open a patient's record to somebody at a new address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NewWay {
    /// One word of a closed set.
    pub reason: &'static str,
    /// Whether it opens everything at once: staff have seen an ID. Else it opens what is sent from then on.
    pub opens_all: bool,
    /// Whether they have said so. An account that the practice knows is let in only then, and by its id.
    pub is_said: bool,
}

impl Terms {
    /// Terms under the policies of a practice.
    ///
    /// # Errors
    /// `invalid_time_zone` if the practice's profile was stored by something that does not check.
    pub fn under(
        practice: &Practice,
        relation: Relation,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Self, Invalid> {
        Ok(Self { relation, from, until, ages: ages(practice)?, reason: None })
    }

    /// The grant. Parents and guardians of a minor act until the minor has access of their own, or is of age.
    fn of(&self, patient: &Patient, now: Timestamp) -> Grant {
        let Self { relation, from, until, ages, reason: _ } = self;
        let end = Some(ages.end(patient.birth_date, patient.time_zone.as_ref()))
            .filter(|end| relation.ends_by_age() && now < *end);
        let until = [*until, end].into_iter().flatten().min();
        Grant { patient: patient.id, relation: *relation, from: *from, until }
    }
}

/// What became of giving a grant.
pub enum Granted {
    /// The account acts for the patient from now on.
    Created(Box<Account>, Grant),
    /// It did before, and relation or end have changed.
    Changed(Box<Account>, Grant),
    /// It did before, and so.
    Unchanged(Box<Account>, Grant),
    /// There is no such patient.
    NoPatient,
    /// There is no such account.
    NoAccount,
    /// Somebody's account is reached there, who does not act for the patient: it has to be named, so that a mistyped
    /// address lets nobody in.
    Known,
    /// Nobody has said why an account that the practice knows is let in.
    ReasonMissing,
    /// More than one account is reached there; one has to be named.
    Shared,
    /// Nobody is reached there, and a new account needs a name.
    NameMissing,
    /// The account or the patient has as many grants as there may be.
    Full,
    /// It would end before it begins.
    NeverLive,
}

/// A word to each of these accounts. A shared mailbox hears it once.
fn words(
    tools: &RosterTools<'_>,
    accounts: Vec<Account>,
    event: &Event,
    subject: impl Fn(AccountId, Vec<ContactPointId>) -> Subject,
) -> Vec<Write> {
    let mut told = Vec::new();
    let mut writes = Vec::new();
    for account in accounts {
        let fresh: Vec<_> = account.contacts.into_iter().filter(|point| !told.contains(point)).collect();
        told.extend(&fresh);
        let id = format!("{}-{}", event.id, account.id);
        let item = outbox::passing_item(tools.practice, &id, &subject(account.id, fresh), tools.now);
        writes.push(Write::Create(Table::Chat, item));
    }
    writes
}

enum Found {
    Known(Box<Account>),
    New(Box<Account>, Vec<Write>),
    Not(Granted),
}

/// The record of the patient that a grant is about.
struct Record {
    item: Item,
    patient: Patient,
}

impl Store {
    /// Lets an account act for a patient. `event` gets the account as its object.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn grant(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        grantee: &Grantee,
        terms: &Terms,
        event: &Event,
    ) -> Result<Granted, StoreError> {
        for attempt in 1..=TRIES {
            let Some(record) = self.record_of(tools, patient).await? else { return Ok(Granted::NoPatient) };
            let grant = terms.of(&record.patient, tools.now);
            if grant.from.is_some_and(|from| !grant.is_not_over(from)) {
                return Ok(Granted::NeverLive);
            }
            let relation = grant.relation;
            let (account, new) = match self.find_grantee(tools, &record.patient, grantee, relation).await? {
                Found::Known(account) => (account, None),
                Found::New(account, writes) => (account, Some(writes)),
                Found::Not(why) => return Ok(why),
            };
            let new_contact = match grantee {
                Grantee::At { contact, .. } if new.is_some() => Some(contact),
                _ => None,
            };
            let before = self.get(&keys::account_grant(tools.practice, account.id, patient)).await?;
            let before = before.map(|item| grant_from_item(&item)).transpose()?;
            // What has ended is as if it had never been: who is let in again is let in anew.
            let before = before.filter(|before| before.is_not_over(tools.now));
            if before == Some(grant) {
                return Ok(Granted::Unchanged(account, grant));
            }
            if before.is_none() && new.is_none() && terms.reason.is_some() {
                if matches!(grantee, Grantee::At { .. }) {
                    return Ok(Granted::Known);
                }
                if !terms.reason.is_some_and(|way| way.is_said) {
                    return Ok(Granted::ReasonMissing);
                }
            }
            if before.is_none() && self.is_full(tools, account.id, patient).await? {
                return Ok(Granted::Full);
            }
            let mut event = event.clone();
            event.object = Some(account.id.to_string());
            let mut writes = vec![audit::write(&event)];
            let own = relation == Relation::Oneself;
            writes.extend(self.record_writes(tools, &record, &account, own, new_contact).await?);
            if let Some(new) = new {
                writes.extend(new);
                let since = terms.reason.filter(|way| !way.opens_all).map(|_| tools.now);
                writes.extend(account.create_writes(tools, grant, since));
                writes.extend(told_of_end(tools, account.id, grant, &event));
                if let Some(way) = terms.reason {
                    writes.push(past(tools, patient, account.id, way.reason, None, &event));
                    writes.extend(self.word_to_others(tools, patient, &event).await?);
                }
            } else {
                writes.push(Write::Update(raise_epoch(tools, &account)));
                let items = grant_items(tools.practice, account.id, grant, tools.now);
                writes.extend(items.map(|item| Write::Replace(Table::Chat, item)));
                writes.extend(self.session_ends(tools.practice, Holder::Account(account.id)).await?);
                writes.extend(told_of_end(tools, account.id, grant, &event));
                if let (Some(way), true) = (terms.reason, before.is_none()) {
                    writes.push(past(tools, patient, account.id, way.reason, None, &event));
                    writes.extend(self.word_of_access(tools, patient, &account, &event).await?);
                }
            }
            if self.transact(writes).await?.is_ok() {
                self.end_all_sessions(tools.practice, Holder::Account(account.id)).await?;
                let done = if before.is_some() { Granted::Changed } else { Granted::Created };
                return Ok(done(account, grant));
            }
            self.back_off(attempt, Duration::from_millis(10)).await;
        }
        Err(StoreError::Contended)
    }

    /// The word to everybody who acts for a patient already that there is a new way to the record.
    async fn word_to_others(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        event: &Event,
    ) -> Result<Vec<Write>, StoreError> {
        let all = self.acting(tools, patient).await?;
        Ok(words(tools, all, event, |account, old| Subject::ContactsChanged { account, old }))
    }

    /// The word to an account that is let in, first, and to everybody who acts for the patient already.
    async fn word_of_access(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        new: &Account,
        event: &Event,
    ) -> Result<Vec<Write>, StoreError> {
        let mut all = vec![new.clone()];
        all.extend(self.acting(tools, patient).await?.into_iter().filter(|account| account.id != new.id));
        Ok(words(tools, all, event, |account, to| Subject::AccessGiven { account, to }))
    }

    /// Who acts for a patient now, as far as they are told of news.
    async fn acting(&self, tools: &RosterTools<'_>, patient: PatientId) -> Result<Vec<Account>, StoreError> {
        let grants = self.accounts_of(tools.practice, patient).await?;
        let live = grants.into_iter().filter(|(_, grant)| grant.is_live(tools.now));
        let ids: Vec<_> = live.map(|(account, _)| account).take(TOLD_MAX).collect();
        self.accounts(tools.practice, &ids, tools.sealer).await
    }

    /// Ends an account's grant. Returns `false` if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        account: AccountId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let grant_key = keys::account_grant(tools.practice, account, patient);
        for attempt in 1..=TRIES {
            let items = self.get_many(&[grant_key.clone(), keys::account(tools.practice, account)]).await?;
            let [Some(grant), Some(item)] = items.as_slice() else { return Ok(false) };
            let account = Account::from_item(account, item, tools.sealer)?;
            let mut event = event.clone();
            event.object = Some(account.id.to_string());
            let mut writes = vec![audit::write(&event), Write::Update(raise_epoch(tools, &account))];
            writes.extend([
                Write::Delete(Table::Chat, grant_key.clone()),
                Write::Delete(Table::Chat, keys::patient_grant(tools.practice, patient, account.id)),
            ]);
            if grant_from_item(grant)?.relation == Relation::Oneself
                && let Some(record) = self.record_of(tools, patient).await?
            {
                writes.extend(self.record_writes(tools, &record, &account, false, None).await?);
            }
            writes.extend(self.session_ends(tools.practice, Holder::Account(account.id)).await?);
            if self.transact(writes).await?.is_ok() {
                self.end_all_sessions(tools.practice, Holder::Account(account.id)).await?;
                return Ok(true);
            }
            self.back_off(attempt, Duration::from_millis(10)).await;
        }
        Err(StoreError::Contended)
    }

    async fn record_of(&self, tools: &RosterTools<'_>, id: PatientId) -> Result<Option<Record>, StoreError> {
        let Some(item) = self.get(&keys::patient(tools.practice, id)).await? else { return Ok(None) };
        let patient = Patient::from_item(id, &item, tools.sealer)?;
        Ok(Some(Record { item, patient }))
    }

    async fn find_grantee(
        &self,
        tools: &RosterTools<'_>,
        patient: &Patient,
        grantee: &Grantee,
        relation: Relation,
    ) -> Result<Found, StoreError> {
        let (contact, name, language) = match grantee {
            Grantee::At { contact, name, language } => (contact, name.as_ref(), language.as_ref()),
            Grantee::Account(id) => {
                let account = self.account(tools.practice, *id, tools.sealer).await?;
                return Ok(account.map_or(Found::Not(Granted::NoAccount), |a| Found::Known(Box::new(a))));
            }
        };
        let point = self.find_contact(tools.practice, tools.index_key, contact).await?;
        let accounts = match point {
            Some(point) => self.accounts_at(tools.practice, point).await?,
            None => Vec::new(),
        };
        if let [only] = accounts.as_slice() {
            let account = self.account(tools.practice, *only, tools.sealer).await?;
            return Ok(Found::Known(Box::new(account.ok_or(StoreError::Malformed("account"))?)));
        }
        if !accounts.is_empty() {
            return Ok(Found::Not(Granted::Shared));
        }
        let own = (relation == Relation::Oneself).then_some(&patient.name);
        let Some(name) = own.or(name) else { return Ok(Found::Not(Granted::NameMissing)) };
        let points = self.contact_points_for(tools, std::slice::from_ref(contact)).await?;
        let account =
            Account::new(tools, name.clone(), language.unwrap_or(&patient.language).clone(), points.ids);
        Ok(Found::New(Box::new(account), points.writes))
    }

    async fn is_full(
        &self,
        tools: &RosterTools<'_>,
        account: AccountId,
        patient: PatientId,
    ) -> Result<bool, StoreError> {
        let (patients, accounts) = tokio::try_join!(
            self.grants(tools.practice, account),
            self.accounts_of(tools.practice, patient)
        )?;
        Ok(patients.len() >= GRANTS_MAX || accounts.len() >= GRANTS_MAX)
    }

    /// The patient's record names the contacts of the patient's own accounts, and their phones are search terms.
    /// Whatever happens to the contacts, the transaction holds only while the record is as it was read.
    async fn record_writes(
        &self,
        tools: &RosterTools<'_>,
        record: &Record,
        account: &Account,
        own: bool,
        new_contact: Option<&ContactValue>,
    ) -> Result<Vec<Write>, StoreError> {
        let Record { item, patient } = record;
        let others = self.other_own_contacts(tools, patient.id, account.id).await?;
        let before = &patient.contacts;
        let mut after: Vec<ContactPointId> = before
            .iter()
            .filter(|p| own || others.contains(p) || !account.contacts.contains(p))
            .copied()
            .collect();
        if own {
            after.extend(account.contacts.iter().filter(|p| !before.contains(p)));
        }
        let unchanged = item.optional_text("contacts").map(string).unwrap_or_else(|| string(""));
        let key = keys::patient(tools.practice, patient.id);
        if after == *before {
            let check = Change::new(key, "").when("contacts = :before").value(":before", unchanged);
            return Ok(vec![Write::Check(check)]);
        }
        let mut new = self.contact_values(tools, &after).await?;
        new.extend(new_contact.cloned());
        self.replace_contacts(tools, record, &after, &new).await
    }

    /// The writes that put these contacts into the record, with the search terms that come and go with them.
    async fn replace_contacts(
        &self,
        tools: &RosterTools<'_>,
        record: &Record,
        after: &[ContactPointId],
        values: &[ContactValue],
    ) -> Result<Vec<Write>, StoreError> {
        let Record { item, patient } = record;
        let unchanged = item.optional_text("contacts").map(string).unwrap_or_else(|| string(""));
        let change = Change::new(keys::patient(tools.practice, patient.id), "SET contacts = :after")
            .when("contacts = :before")
            .value(":before", unchanged)
            .value(":after", names(after));
        let old = self.contact_values(tools, &patient.contacts).await?;
        let (old, new) = (patient.terms(&old), patient.terms(values));
        let gone: Vec<_> = old.iter().filter(|term| !new.contains(term)).cloned().collect();
        let added: Vec<_> = new.into_iter().filter(|term| !old.contains(term)).collect();
        let mut writes = vec![Write::Update(change)];
        writes.extend(name_index::removals(tools, patient.id, &gone));
        writes.extend(name_index::writes(tools, patient.id, &added));
        Ok(writes)
    }

    /// What changes in the record of a patient whose own account gets these contacts.
    pub(super) async fn contacts_writes(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        account: &Account,
        points: &[ContactPointId],
        values: &[ContactValue],
    ) -> Result<Vec<Write>, StoreError> {
        let Some(record) = self.record_of(tools, patient).await? else { return Ok(Vec::new()) };
        let others = self.other_own_contacts(tools, patient, account.id).await?;
        let before = &record.patient.contacts;
        let mut after: Vec<ContactPointId> = before
            .iter()
            .filter(|point| others.contains(point) && !points.contains(point))
            .copied()
            .collect();
        let mut all = self.contact_values(tools, &after).await?;
        after.extend(points);
        all.extend_from_slice(values);
        self.replace_contacts(tools, &record, &after, &all).await
    }

    /// Contacts of the patient's own accounts but this one.
    async fn other_own_contacts(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        but: AccountId,
    ) -> Result<Vec<ContactPointId>, StoreError> {
        let accounts = self.accounts_of(tools.practice, patient).await?;
        let own: Vec<_> = accounts
            .into_iter()
            .filter(|(id, grant)| *id != but && grant.relation == Relation::Oneself)
            .map(|(id, ..)| id)
            .collect();
        let accounts = self.accounts(tools.practice, &own, tools.sealer).await?;
        Ok(accounts.into_iter().flat_map(|account| account.contacts).collect())
    }

    async fn contact_values(
        &self,
        tools: &RosterTools<'_>,
        points: &[ContactPointId],
    ) -> Result<Vec<ContactValue>, StoreError> {
        let points = self.contact_points(tools.practice, points, tools.sealer).await?;
        Ok(points.into_iter().map(|point| point.value).collect())
    }
}

/// At what ages, by which clocks, a practice's patients speak for themselves.
///
/// # Errors
/// `invalid_time_zone` if the practice's profile was stored by something that does not check.
pub fn ages(practice: &Practice) -> Result<Ages, Invalid> {
    let zone = ZoneName::parse(&practice.profile.time_zone)?;
    Ok(Ages { own_access: practice.policies.own_access_age(), of_age: practice.policies.of_age(), zone })
}

/// That staff are told in time before the grant of a parent or guardian ends.
pub(super) fn told_of_end(
    tools: &RosterTools<'_>,
    account: AccountId,
    grant: Grant,
    event: &Event,
) -> Option<Write> {
    let end = grant.until.filter(|end| grant.relation.ends_by_age() && tools.now < *end)?;
    let subject = Subject::AccessEnds { account, patient: grant.patient, end };
    let id = format!("{}-{account}-ends", event.id);
    let times = (tools.now, minors::told_at(end));
    Some(Write::Create(Table::Chat, outbox::later_item(tools.practice, &id, &subject, times)))
}

/// That staff were told that the grant ends then, as a write that holds once for each end.
pub fn end_told(practice: PracticeId, account: AccountId, patient: PatientId, end: Timestamp) -> Change {
    Change::new(keys::account_grant(practice, account, patient), "SET end_told = :end")
        .when("#until = :end AND (attribute_not_exists(end_told) OR end_told <> :end)")
        .value(":end", number(end.as_millis()))
}

/// Every session is created under the epoch that was read, so raising it ends those that are about to be.
pub(super) fn raise_epoch(tools: &RosterTools<'_>, account: &Account) -> Change {
    Change::new(keys::account(tools.practice, account.id), "SET epoch = :after")
        .when("epoch = :before")
        .value(":before", number(account.epoch))
        .value(":after", number(account.epoch + 1))
}
