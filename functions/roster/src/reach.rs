//! How a patient can be reached, and what became of it.

use std::collections::HashMap;

use axum::Json;
use domain::{
    audit::Verb,
    contact::ContactKind,
    id::{AccountId, ContactPointId, PatientId},
    sign_in::opens_by_date,
    time::Timestamp,
};
use futures_util::future::try_join_all;
use http::StatusCode;
use platform::{
    http::{BrowserView, Failure, Fields, Json as Body},
    sealing::FieldSealer,
    store::{
        StoreError, Write,
        account::Account,
        audit,
        contact::{ContactPoint, Doubt, Reached},
        outbox::{self, Again, Subject},
        rate::{CountedAll, Counter},
        reach::{Notice, Reach},
        session::{Grant, Holder, Relation},
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{Desk, PatientPath, ReadPatients, WritePatients},
    refusals::{BadBody, Limited, Refused, Unknown},
};

/// Most notices that are shown.
const NOTICES_MAX: usize = 50;
/// Most wrong dates that are shown.
const TRIES_MAX: usize = 100;

/// An account behind a contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReachedAccount {
    /// `acc_…`
    id: String,
    /// Whose account it is.
    name: String,
    /// How it stands to the patient; `null` if it does not act for them.
    #[schema(required = true, value_type = Option<String>)]
    relation: Option<Relation>,
    /// How many passkeys it may sign in with; `null` if it does not act for them.
    #[schema(required = true)]
    passkeys: Option<usize>,
}

/// A contact of somebody who acts for the patient.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactView {
    /// `cpt_…`
    id: String,
    /// `email` or `phone`.
    kind: &'static str,
    /// The address.
    value: String,
    /// `unverified`: nobody has signed in through it, or there is a doubt. `verified`. `failing`: no provider takes
    /// messages to it, or they do not get through.
    state: &'static str,
    /// Why messages do not get through, if so.
    #[schema(required = true)]
    failing: Option<FailingView>,
    /// Why no notices go there, although it is the patient's: `wrong_dates` or `unused`. The desk ends the doubt by
    /// confirming the contact.
    #[schema(required = true)]
    doubt: Option<&'static str>,
    /// When somebody first signed in through it.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    verified_at: Option<Timestamp>,
    /// The accounts that it leads to.
    accounts: Vec<ReachedAccount>,
    /// How many patients these act for.
    patients: usize,
    /// Whether a birth date after its codes opens something: behind more than four patients none does.
    opens_by_date: bool,
    /// It opens only what was sent after this time: it was changed then, and nobody has confirmed it.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    restricted_since: Option<Timestamp>,
}

/// Why messages do not get through to a contact, and what to do about it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct FailingView {
    /// `no_recipient`: nobody is there. `complained`: its reader called a message unwanted. `blocked`: a carrier's filter
    /// stops messages. `came_back`: the last one came back, the next may not. `refused`: the provider takes none.
    why: &'static str,
    /// When the message left that got lost.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// `use_other_contact`: notices go to another one meanwhile. `call`: there is another one, over a channel that its holder
    /// does not want: ask. `phone_only`: no message gets to them, so call, and ask for another contact.
    next: &'static str,
}

/// A notice, and what became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeView {
    /// `evt_…`
    id: String,
    /// When it was first to leave.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `cnv_…`, where it leads.
    conversation_id: String,
    /// `cpt_…`; `null` where nobody was to be told.
    #[schema(required = true)]
    contact_id: Option<String>,
    /// `email` or `sms`.
    #[schema(required = true)]
    channel: Option<&'static str>,
    /// `sent`, `delivered`, `failed`, `bounced`, `deferred`, `collapsed` or `suppressed`.
    state: &'static str,
    /// One word of a closed set.
    why: String,
    /// When its link first opened something.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    opened_at: Option<Timestamp>,
    /// Birth dates that opened nothing at its link: `day_month_swapped`, `one_digit_off`, `different`, or for a right one
    /// `other_browser`.
    tries: Vec<&'static str>,
    /// How often it was sent again.
    resent: usize,
}

/// A birth date that did not fit.
#[derive(Serialize, ToSchema)]
pub(crate) struct TryView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `day_month_swapped`, `one_digit_off`, `different`; for a right date in another browser `other_browser`, behind
    /// too many patients `shared_contact`.
    kind: &'static str,
    /// After a `notice` or a `code`.
    way: &'static str,
}

/// A change of contacts.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `acc_…`, whose contacts they are.
    account_id: String,
    /// `id_seen`, `called_back` or `other`.
    reason: String,
    /// What staff noted.
    #[schema(required = true)]
    note: Option<String>,
}

/// A remembered device.
#[derive(Serialize, ToSchema)]
pub(crate) struct PatientDeviceView {
    /// `acc_…`
    account_id: String,
    /// `dev_…`
    id: String,
    browser: BrowserView,
    /// When it last stood in for a birth date.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
}

/// How a patient can be reached.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReachView {
    /// Whether no birth date opens the record.
    only_my_devices: bool,
    /// Whether so many wrong dates were tried that none opens it until staff clear the count.
    locked: bool,
    contacts: Vec<ContactView>,
    /// Newest first, at most fifty.
    notices: Vec<NoticeView>,
    /// Newest first, at most a hundred.
    tries: Vec<TryView>,
    /// How many wrong dates count since staff last cleared them.
    tries_counted: u32,
    /// When staff cleared the count, newest first: wrong dates before that count no more.
    #[schema(value_type = Vec<String>, format = DateTime)]
    tries_cleared: Vec<Timestamp>,
    devices: Vec<PatientDeviceView>,
    /// Changes of contacts, newest first.
    changes: Vec<ChangeView>,
    /// How many sessions act for the patient now.
    sessions: usize,
}

/// How a patient can be reached, and what became of the last notices.
#[utoipa::path(get, path = "/v1/patients/{id}/reach", operation_id = "getReach", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    responses((status = 200, body = ReachView), Refused, Unknown))]
pub(crate) async fn get_reach(
    desk: Desk<ReadPatients>,
    PatientPath(id): PatientPath,
) -> Result<Json<ReachView>, Failure> {
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let now = desk.app.clock.now();
    let sealer = desk.app.sealer(&desk.practice).await?;
    let (patient, granted, reach, wrong) = tokio::try_join!(
        store.patient(practice, id, &sealer),
        store.accounts_of(practice, id),
        store.reach(practice, id),
        store.wrong_dates(practice, id),
    )?;
    let patient = patient.ok_or(Failure::NotFound)?;
    let granted: Vec<_> = granted.into_iter().filter(|(_, grant)| grant.is_live(now)).collect();
    let ids: Vec<AccountId> = granted.iter().map(|(account, _)| *account).collect();
    let event = desk.event_about(Verb::ReachRead, id);
    let (contacts, notices, devices, sessions, ()) = tokio::try_join!(
        contacts(&desk, &sealer, &granted, now),
        notices(&desk, &reach),
        async {
            let of = ids.iter().map(|account| store.devices(practice, *account, now));
            try_join_all(of).await.map_err(Failure::from)
        },
        async {
            let of = ids.iter().map(|account| store.live_sessions(practice, *account, now));
            try_join_all(of).await.map_err(Failure::from)
        },
        desk.record(&event),
    )?;
    let device = |account: &AccountId, device: platform::store::device::Device| PatientDeviceView {
        account_id: account.to_string(),
        id: device.id.to_string(),
        browser: device.browser.into(),
        last_used_at: device.last_used_at,
    };
    Ok(Json(ReachView {
        only_my_devices: patient.only_my_devices,
        locked: wrong >= desk.practice.policies.limits().wrong_dates_in_all,
        contacts,
        notices,
        tries: tries(&reach),
        tries_counted: wrong,
        tries_cleared: reach.cleared.clone(),
        devices: ids
            .iter()
            .zip(devices)
            .flat_map(|(account, of)| of.into_iter().map(move |(_, d)| device(account, d)))
            .collect(),
        changes: changes(&reach, &sealer)?,
        sessions: sessions.into_iter().sum(),
    }))
}

/// Every contact of everybody who acts for the patient, with everybody else whom it leads to.
async fn contacts(
    desk: &Desk<ReadPatients>,
    sealer: &FieldSealer,
    granted: &[(AccountId, Grant)],
    now: Timestamp,
) -> Result<Vec<ContactView>, Failure> {
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let ids: Vec<AccountId> = granted.iter().map(|(account, _)| *account).collect();
    let (accounts, passkeys) = tokio::try_join!(
        store.accounts(practice, &ids, sealer),
        try_join_all(ids.iter().map(|account| store.passkeys(practice, Holder::Account(*account)))),
    )?;
    let passkeys: HashMap<AccountId, usize> =
        ids.iter().copied().zip(passkeys.iter().map(Vec::len)).collect();
    let mut points: Vec<ContactPointId> = Vec::new();
    for point in accounts.iter().flat_map(|account| &account.contacts) {
        if !points.contains(point) {
            points.push(*point);
        }
    }
    let (points, reached) = tokio::try_join!(
        store.contact_points(practice, &points, sealer),
        try_join_all(points.iter().map(|point| store.reached_at(practice, *point))),
    )?;
    let mut behind: Vec<AccountId> = reached.iter().flatten().map(|reached| reached.account).collect();
    behind.sort();
    behind.dedup();
    let (everybody, grants) = tokio::try_join!(
        store.accounts(practice, &behind, sealer),
        try_join_all(behind.iter().map(|account| store.grants(practice, *account))),
    )?;
    let grants: HashMap<AccountId, Vec<Grant>> = behind.into_iter().zip(grants).collect();
    let view = |(point, reached): (&ContactPoint, &Vec<Reached>)| {
        let mut patients: Vec<PatientId> = reached
            .iter()
            .filter_map(|reached| grants.get(&reached.account))
            .flatten()
            .filter(|grant| grant.is_live(now))
            .map(|grant| grant.patient)
            .collect();
        patients.sort();
        patients.dedup();
        let account = |account: &Account| ReachedAccount {
            id: account.id.to_string(),
            name: account.name.expose().to_owned(),
            relation: granted.iter().find(|(id, _)| *id == account.id).map(|(_, grant)| grant.relation),
            passkeys: passkeys.get(&account.id).copied(),
        };
        let of = |account: &&Account| reached.iter().any(|reached| reached.account == account.id);
        ContactView {
            id: point.id.to_string(),
            kind: point.value.kind().as_str(),
            value: point.value.expose().to_owned(),
            state: state(point, now),
            failing: point.failing().map(|failing| FailingView {
                why: failing.why(),
                since: failing.since,
                next: next_step(desk.app.sends_texts, point.id, &points, &accounts, now),
            }),
            doubt: point.doubt(now).map(Doubt::as_str),
            verified_at: point.verified_at,
            accounts: everybody.iter().filter(of).map(account).collect(),
            patients: patients.len(),
            opens_by_date: opens_by_date(patients.len()),
            restricted_since: reached
                .iter()
                .filter(|reached| ids.contains(&reached.account))
                .filter_map(|reached| reached.restricted_since)
                .max(),
        }
    };
    Ok(points.iter().zip(&reached).map(view).collect())
}

/// What to do about a contact that does not work: it depends on what else there is.
fn next_step(
    sends_texts: bool,
    failing: ContactPointId,
    points: &[ContactPoint],
    accounts: &[Account],
    now: Timestamp,
) -> &'static str {
    let works = |id: &ContactPointId| {
        let point = points.iter().find(|point| point.id == *id && point.id != failing)?;
        let is_sent_to = point.value.kind() == ContactKind::Email || sends_texts;
        (is_sent_to && point.failing().is_none() && point.doubt(now).is_none()).then(|| point.value.kind())
    };
    let behind = accounts.iter().filter(|account| account.contacts.contains(&failing));
    let others: Vec<bool> = behind
        .flat_map(|account| {
            let kinds = account.contacts.iter().filter_map(works);
            kinds.map(|kind| account.channels.place(kind).is_some())
        })
        .collect();
    if others.contains(&true) {
        "use_other_contact"
    } else if others.is_empty() {
        "phone_only"
    } else {
        "call"
    }
}

fn state(point: &ContactPoint, now: Timestamp) -> &'static str {
    if point.failing().is_some() {
        "failing"
    } else if point.verified_at.is_some() && point.doubt(now).is_none() {
        "verified"
    } else {
        "unverified"
    }
}

/// The last notices, each with what came of its link.
async fn notices(desk: &Desk<ReadPatients>, reach: &Reach) -> Result<Vec<NoticeView>, Failure> {
    let shown = || reach.notices.iter().take(NOTICES_MAX);
    let hashes: Vec<&str> = shown().filter_map(|notice| notice.link.as_deref()).collect();
    let links = desk.app.store.notice_links(&hashes).await?;
    let view = |notice: &Notice| {
        let link = notice.link.as_deref().and_then(|hash| links.iter().find(|(known, _)| known == hash));
        let tried = reach.tries.iter().filter(|tried| tried.outbox.as_ref() == Some(&notice.outbox));
        let again = reach.notices.iter().filter(|other| other.again_of.as_ref() == Some(&notice.outbox));
        let again = again.filter(|other| other.contact == notice.contact);
        NoticeView {
            id: notice.id.to_string(),
            at: notice.at,
            conversation_id: notice.conversation.to_string(),
            contact_id: notice.contact.map(|(point, _)| point.to_string()),
            channel: notice.contact.map(|(_, kind)| kind.channel()),
            state: notice.state.as_str(),
            why: notice.why.clone(),
            opened_at: link.and_then(|(_, link)| link.used_at),
            tries: tried.map(|tried| tried.miss.as_str()).collect(),
            resent: again.count(),
        }
    };
    Ok(shown().map(view).collect())
}

fn changes(reach: &Reach, sealer: &FieldSealer) -> Result<Vec<ChangeView>, Failure> {
    let view = |change: &platform::store::contact_change::PastChange| {
        let note = change.item.optional_bytes("sealed_note").is_some();
        let note = note.then(|| sealer.open(&change.item, "sealed_note")).transpose()?;
        let (account_id, reason) = (change.account.to_string(), change.reason.clone());
        Ok(ChangeView { at: change.at, account_id, reason, note })
    };
    reach.changes.iter().map(view).collect()
}

fn tries(reach: &Reach) -> Vec<TryView> {
    let view = |tried: &platform::store::tries::WrongDate| TryView {
        at: tried.at,
        kind: tried.miss.as_str(),
        way: tried.way.as_str(),
    };
    reach.tries.iter().take(TRIES_MAX).map(view).collect()
}

/// Which contact is to be told again.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotice {
    /// `cpt_…` of somebody who acts for the patient.
    contact_id: Option<String>,
}

/// Sends a fresh notice to a contact, not more often than the practice's limits say: of the conversation with something unread that was written to last, or else of
/// the last one.
#[utoipa::path(post, path = "/v1/patients/{id}/notices", operation_id = "sendNotice", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    request_body = NewNotice,
    responses((status = 202), Refused, Unknown, BadBody, Limited))]
pub(crate) async fn send_notice(
    desk: Desk<WritePatients>,
    PatientPath(patient): PatientPath,
    Body(body): Body<NewNotice>,
) -> Result<StatusCode, Failure> {
    let mut fields = Fields::new();
    let named = body.contact_id.as_deref().unwrap_or_default();
    let contact = fields.check("/contact_id", ContactPointId::parse(named));
    fields.done()?;
    let contact = contact.ok_or_else(|| Failure::field("/contact_id", "invalid_id"))?;
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let now = desk.app.clock.now();
    let sealer = desk.app.sealer(&desk.practice).await?;
    let (found, accounts, behind, conversation) = tokio::try_join!(
        store.patient(practice, patient, &sealer),
        store.accounts_of(practice, patient),
        store.accounts_at(practice, contact),
        store.conversation_to_tell(practice, patient),
    )?;
    found.ok_or(Failure::NotFound)?;
    if !accounts.iter().any(|(account, grant)| grant.is_live(now) && behind.contains(account)) {
        return Err(Failure::field("/contact_id", "unknown_contact"));
    }
    let conversation = conversation.ok_or_else(|| Failure::field("", "no_conversation"))?;
    let mut event = desk.event_about(Verb::NoticeResent, patient);
    event.conversation = Some(conversation);
    event.object = Some(contact.to_string());
    let subject = Subject::NoticeAgain(Again::Contact { conversation, contact });
    let item = outbox::passing_item(practice, &event.id.to_string(), &subject, now);
    // The desk has counts of its own: whoever holds a link of the contact uses none of them up.
    let (limits, subject) = (desk.practice.policies.limits(), contact.to_string());
    let counter = |scope, rate| Counter { practice, scope, subject: &subject, rate };
    let counters = [
        counter("desk-resend-day", limits.resends_per_contact_and_day),
        counter("desk-resend", limits.resends_per_contact),
    ];
    let writes = [Write::Create(Table::Chat, item), audit::write(&event)];
    match store.count_all(&counters, &writes, now).await? {
        CountedAll::Within => Ok(StatusCode::ACCEPTED),
        CountedAll::Over { seconds, .. } => Err(Failure::TooMany(seconds)),
        CountedAll::Refused(_) => Err(StoreError::Contended.into()),
    }
}

/// Lets birth dates open the record again after too many wrong ones.
#[utoipa::path(post, path = "/v1/patients/{id}/tries/clear", operation_id = "clearTries", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    responses((status = 204), Refused, Unknown))]
pub(crate) async fn clear_tries(
    desk: Desk<WritePatients>,
    PatientPath(patient): PatientPath,
) -> Result<StatusCode, Failure> {
    desk.must_be_fresh()?;
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let sealer = desk.app.sealer(&desk.practice).await?;
    let (found, accounts) =
        tokio::try_join!(store.patient(practice, patient, &sealer), store.accounts_of(practice, patient))?;
    found.ok_or(Failure::NotFound)?;
    let ids: Vec<AccountId> = accounts.iter().map(|(account, _)| *account).collect();
    let accounts = store.accounts(practice, &ids, &sealer).await?;
    let mut contacts: Vec<_> = accounts.iter().flat_map(|account| account.contacts.iter().copied()).collect();
    contacts.sort();
    contacts.dedup();
    let event = desk.event_about(Verb::TriesCleared, patient);
    store.clear_tries(patient, &contacts, desk.practice.policies.limits(), &event).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs everybody out who acts for the patient, forgets their devices and takes their passkeys away. They come back by
/// a message and the birth date, or at the desk.
#[utoipa::path(post, path = "/v1/patients/{id}/sign-out", operation_id = "signPatientOut", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    responses((status = 204), Refused, Unknown))]
pub(crate) async fn sign_patient_out(
    desk: Desk<WritePatients>,
    PatientPath(patient): PatientPath,
) -> Result<StatusCode, Failure> {
    desk.must_be_fresh()?;
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let sealer = desk.app.sealer(&desk.practice).await?;
    let (found, accounts) =
        tokio::try_join!(store.patient(practice, patient, &sealer), store.accounts_of(practice, patient))?;
    found.ok_or(Failure::NotFound)?;
    for (account, _) in accounts {
        let mut event = desk.event_about(Verb::SessionsRevoked, patient);
        event.object = Some(account.to_string());
        store.end_every_way_in(practice, account, &event).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
