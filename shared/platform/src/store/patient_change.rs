//! Changing a patient's record: what is found under it moves along, and two changes at once both count.

use std::time::Duration;

use domain::{
    audit::Event,
    id::{AccountId, PatientId},
    language::Language,
    minors::Ages,
    person::{BirthDate, ExternalId, PersonName},
    time::{Timestamp, ZoneName},
};

use super::{
    Store, StoreError, Write,
    account::{Account, grant_items},
    audit,
    grant::{raise_epoch, told_of_end},
    item::{binary, number, string},
    keys::{self, ItemKey},
    name_index,
    patient::{Patient, RosterTools, SEALED},
    session::{Grant, Holder, Relation},
    table::{Change, TRANSACTION_MAX, Table},
};

/// What to change about a patient. `None` leaves a member as it is.
#[derive(Default)]
pub struct PatientChange {
    /// The name.
    pub name: Option<PersonName>,
    /// The birth date.
    pub birth_date: Option<BirthDate>,
    /// The language of messages and notices.
    pub language: Option<Language>,
    /// The time zone; inside, `None` is the practice's.
    pub time_zone: Option<Option<ZoneName>>,
    /// The practice's own number; inside, `None` is none.
    pub external_id: Option<Option<ExternalId>>,
    /// Whether only a remembered device or a passkey opens it.
    pub only_my_devices: Option<bool>,
    /// At what ages, by which clocks, the grants of parents and guardians end; needed with a birth date or time zone.
    pub ages: Option<Ages>,
}

/// What became of changing a patient.
pub enum PatientChanged {
    /// The patient as they are now.
    Done(Box<Patient>),
    /// They were so already; nothing was written.
    Unchanged(Box<Patient>),
    /// There is no such patient.
    Missing,
}

impl PatientChange {
    fn apply(&self, before: &Patient) -> Patient {
        let mut after = before.clone();
        if let Some(name) = &self.name {
            after.name = name.clone();
        }
        if let Some(birth_date) = self.birth_date {
            after.birth_date = birth_date;
        }
        if let Some(language) = &self.language {
            after.language = language.clone();
        }
        if let Some(zone) = &self.time_zone {
            after.time_zone = zone.clone();
        }
        if let Some(id) = &self.external_id {
            after.external_id = id.clone();
        }
        if let Some(only) = self.only_my_devices {
            after.only_my_devices = only;
        }
        after
    }
}

impl Store {
    /// Changes a patient, the search terms and the patient's own account in one transaction. Somebody else's change
    /// of other members meanwhile is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_patient(
        &self,
        tools: &RosterTools<'_>,
        id: PatientId,
        change: &PatientChange,
        event: &Event,
    ) -> Result<PatientChanged, StoreError> {
        let key = keys::patient(tools.practice, id);
        for attempt in 1..=8 {
            let Some(item) = self.get(&key).await? else { return Ok(PatientChanged::Missing) };
            let before = Patient::from_item(id, &item, tools.sealer)?;
            let after = change.apply(&before);
            if after == before {
                return Ok(PatientChanged::Unchanged(Box::new(after)));
            }
            let mut writes =
                vec![Write::Update(update(tools, &after, item.bytes(SEALED)?)?), audit::write(event)];
            let shut = self.shut(tools, &before, &after).await?;
            writes.extend(self.own_account_writes(tools, &before, &after).await?);
            let parents = self.parents_ends(tools, &before, &after, change.ages.as_ref()).await?;
            for (account, grant) in &parents {
                writes.push(Write::Update(raise_epoch(tools, account)));
                let items = grant_items(tools.practice, account.id, *grant, tools.now);
                writes.extend(items.map(|item| Write::Replace(Table::Chat, item)));
                writes.extend(told_of_end(tools, account.id, *grant, event));
            }
            // Whoever is about to sign in by a date does so under the epoch from before.
            let others = shut.iter().filter(|(account, grant)| {
                grant.relation != Relation::Oneself
                    && !parents.iter().any(|(parent, _)| parent.id == *account)
            });
            writes.extend(others.map(|(account, _)| {
                let raised = Change::new(keys::account(tools.practice, *account), "ADD epoch :one");
                Write::Update(raised.when("attribute_exists(PK)").value(":one", number(1)))
            }));
            let (old, new) = (before.terms(&[]), after.terms(&[]));
            let gone: Vec<_> = old.iter().filter(|term| !new.contains(term)).cloned().collect();
            let added: Vec<_> = new.into_iter().filter(|term| !old.contains(term)).collect();
            writes.extend(name_index::removals(tools, id, &gone));
            let additions = name_index::writes(tools, id, &added);
            if writes.len() + additions.len() <= TRANSACTION_MAX {
                writes.extend(additions);
            } else if self.transact(additions).await?.is_err() {
                // Two very long names: the new terms go first. A term that leads to somebody who does not match is
                // harmless, one that is missing is not.
                self.back_off(attempt, Duration::from_millis(10)).await;
                continue;
            }
            // Their sessions carry the old end.
            for (account, _) in &parents {
                let ends = self.session_ends(tools.practice, Holder::Account(account.id)).await?;
                writes.extend(ends.into_iter().take(TRANSACTION_MAX.saturating_sub(writes.len())));
            }
            let by_date = self.sessions_by_dates(tools, id, &shut, &parents).await?;
            let ends = by_date.into_iter().map(|key| Write::Delete(Table::Chat, key));
            writes.extend(ends.take(TRANSACTION_MAX.saturating_sub(writes.len())));
            match self.transact(writes).await? {
                Ok(()) => {
                    let left = self.sessions_by_dates(tools, id, &shut, &[]).await?;
                    self.delete_all(&left).await?;
                    for (account, _) in &parents {
                        self.end_all_sessions(tools.practice, Holder::Account(account.id)).await?;
                    }
                    return Ok(PatientChanged::Done(Box::new(after)));
                }
                // Somebody changed the record or the account meanwhile: apply this change to what it is now.
                Err(_) => self.back_off(attempt, Duration::from_millis(10)).await,
            }
        }
        Err(StoreError::Contended)
    }

    /// The accounts that a birth date opens nothing for any more, because the patient wants their own devices alone.
    async fn shut(
        &self,
        tools: &RosterTools<'_>,
        before: &Patient,
        after: &Patient,
    ) -> Result<Vec<(AccountId, Grant)>, StoreError> {
        if before.only_my_devices || !after.only_my_devices {
            return Ok(Vec::new());
        }
        self.accounts_of(tools.practice, after.id).await
    }

    /// Their sessions that rest on a date; those of `parents` end anyway.
    async fn sessions_by_dates(
        &self,
        tools: &RosterTools<'_>,
        patient: PatientId,
        shut: &[(AccountId, Grant)],
        parents: &[(Account, Grant)],
    ) -> Result<Vec<ItemKey>, StoreError> {
        let mut sessions = Vec::new();
        for (account, _) in shut {
            if !parents.iter().any(|(parent, _)| parent.id == *account) {
                sessions.extend(self.sessions_by_date(tools.practice, *account, patient, tools.now).await?);
            }
        }
        Ok(sessions)
    }

    /// The grants of parents and guardians whose end follows from the birth date and the patient's clocks, with the end that
    /// follows from the right ones. An earlier end that staff have set stays.
    async fn parents_ends(
        &self,
        tools: &RosterTools<'_>,
        before: &Patient,
        after: &Patient,
        ages: Option<&Ages>,
    ) -> Result<Vec<(Account, Grant)>, StoreError> {
        let Some(ages) = ages else { return Ok(Vec::new()) };
        let end = |patient: &Patient| ages.end(patient.birth_date, patient.time_zone.as_ref());
        let (wrong, right) = (end(before), end(after));
        if wrong == right {
            return Ok(Vec::new());
        }
        let grants = self.accounts_of(tools.practice, after.id).await?;
        let parents = grants.into_iter().filter(|(_, grant)| grant.relation.ends_by_age());
        let moved: Vec<_> = parents
            .map(|(id, grant)| {
                (id, Grant { until: moved(grant.until, wrong, right, tools.now), ..grant }, grant)
            })
            .filter(|(_, new, old)| new != old)
            .collect();
        let ids: Vec<_> = moved.iter().map(|(id, ..)| *id).collect();
        let accounts = self.accounts(tools.practice, &ids, tools.sealer).await?;
        let with_grant = |account: Account| {
            let grant = moved.iter().find(|(id, ..)| *id == account.id).map(|(_, grant, _)| *grant);
            grant.map(|grant| (account, grant))
        };
        Ok(accounts.into_iter().filter_map(with_grant).collect())
    }

    /// The patient's own account carries their name and language as well, and is signed in to anew once a date opens nothing.
    async fn own_account_writes(
        &self,
        tools: &RosterTools<'_>,
        before: &Patient,
        after: &Patient,
    ) -> Result<Vec<Write>, StoreError> {
        let shut = !before.only_my_devices && after.only_my_devices;
        let update = match (before.name != after.name, before.language != after.language, shut) {
            (false, false, false) => return Ok(Vec::new()),
            (true, false, false) => "SET sealed_name = :name",
            (false, true, false) => "SET lang = :language",
            (true, true, false) => "SET sealed_name = :name, lang = :language",
            (false, false, true) => "ADD epoch :one",
            (true, false, true) => "SET sealed_name = :name ADD epoch :one",
            (false, true, true) => "SET lang = :language ADD epoch :one",
            (true, true, true) => "SET sealed_name = :name, lang = :language ADD epoch :one",
        };
        let accounts = self.accounts_of(tools.practice, after.id).await?;
        let own = accounts.into_iter().filter(|(_, grant)| grant.relation == Relation::Oneself);
        Ok(own
            .map(|(account, ..)| {
                let key = keys::account(tools.practice, account);
                let name = tools.sealer.seal(&key, "sealed_name", after.name.expose());
                let mut change = Change::new(key, update).when("attribute_exists(PK)");
                if update.contains(":name") {
                    change = change.value(":name", name);
                }
                if update.contains(":language") {
                    change = change.value(":language", string(&after.language));
                }
                if shut {
                    change = change.value(":one", number(1));
                }
                Write::Update(change)
            })
            .collect())
    }
}

/// When the grant of a parent ends, after the day on which the child is of age has moved. What rested on the wrong day
/// moves along, also into the past, and no grant for somebody who is a minor, or was taken for one, goes beyond the right one.
fn moved(until: Option<Timestamp>, wrong: Timestamp, right: Timestamp, now: Timestamp) -> Option<Timestamp> {
    if until == Some(wrong) {
        return Some(right);
    }
    let of_age = Some(right).filter(|right| now < wrong || now < *right);
    [until, of_age].into_iter().flatten().min()
}

fn update(tools: &RosterTools<'_>, after: &Patient, sealed_before: &[u8]) -> Result<Change, StoreError> {
    let update = if after.time_zone.is_some() {
        "SET sealed_record = :after, lang = :language, only_my_devices = :only, time_zone = :zone"
    } else {
        "SET sealed_record = :after, lang = :language, only_my_devices = :only REMOVE time_zone"
    };
    let change = Change::new(keys::patient(tools.practice, after.id), update)
        .when("sealed_record = :before")
        .value(":before", binary(sealed_before))
        .value(":after", after.seal(tools.practice, tools.sealer)?)
        .value(":language", string(&after.language))
        .value(":only", number(u8::from(after.only_my_devices)));
    Ok(match &after.time_zone {
        Some(zone) => change.value(":zone", string(zone)),
        None => change,
    })
}
