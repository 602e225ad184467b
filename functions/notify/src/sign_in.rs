//! The message that somebody asked for to sign in. Only here is it found out whom an address belongs to; the request
//! that asked has been answered long ago, the same for everybody.

use domain::{
    browser::Browser,
    contact::{ContactKind, ContactValue},
    delivery::Fate,
    id::{AccountId, ContactPointId, FlowId, PatientId, PracticeId},
    language::Language,
    sign_in::Audience,
    time::Timestamp,
};
use futures_util::future::try_join_all;
use platform::{
    delivery::Advice,
    keys::Purpose,
    letterhead::Letterhead,
    mail::Mail,
    seal::Key,
    sealing::FieldSealer,
    secrets::{self, SecretPurpose},
    sms::SmsTemplate,
    store::{
        StoreError,
        contact::ContactPoint,
        flow::{Flow, LeadsTo},
        outbox::{Ending, OutboxItem},
        practice::Practice,
    },
};

use crate::{
    State,
    post::{Envelope, Spend},
    work::{Accepted, Then, Trouble, Verdict, surely},
};

/// Whom an address belongs to.
struct Found {
    contact: Option<ContactPointId>,
    leads_to: LeadsTo,
    /// Their language, where they are one.
    language: Option<Language>,
}

/// Sends the `issue`-th message of a flow, if its address belongs to somebody.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn send(
    state: &State,
    item: &OutboxItem,
    flow: FlowId,
    issue: u32,
) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let (flow, practice) =
        tokio::try_join!(app.store.flow(item.practice, flow), app.known_practice(item.practice))?;
    let now = app.clock.now();
    let Some(flow) = flow.filter(|flow| !flow.is_over(now)) else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "flow_over"));
    };
    let (sealer, index_key, link_key) = tokio::try_join!(
        app.sealer(&practice),
        app.practice_key(&practice, Purpose::Index),
        app.practice_key(&practice, Purpose::Link),
    )?;
    let address = flow.address(&sealer)?;
    let blocked = state.blocks(&practice, &address);
    let suppressed = |why| Ok(Verdict::new(Then::End(Ending::Suppressed), why));
    let letterhead = app.letterhead(&practice).map_err(Trouble::Letterhead)?;
    if flow.is_step_up {
        if let Some(why) = blocked {
            return suppressed(why);
        }
        // Whoever is signed in chose the address by being who they are: there is nobody to look for.
        let envelope = write_code(&flow, issue, &link_key, &letterhead, &address, &item.id)?;
        app.store.offer_flow_issue(&flow, issue, app.clock.now()).await?;
        let way = Way { flow: &flow, issue, address: &address, contact: flow.contact };
        return hand_over(state, item, &practice, &way, &envelope).await;
    }
    let found = match flow.audience {
        Audience::Staff => staff_at(state, practice.id, &index_key, &sealer, &address).await?,
        Audience::Patient => patients_at(state, practice.id, &index_key, &sealer, &address, now).await?,
    };
    let Some(found) = found else { return suppressed("unknown") };
    if let Some(why) = blocked {
        return suppressed(why);
    }
    if let Some(why) = gone(state, practice.id, found.contact, &sealer).await? {
        return suppressed(why);
    }
    let envelope = write(&flow, issue, &link_key, &letterhead, &found, &address, &item.id)?;
    // Before the message leaves: who holds its code must not find a flow that leads nowhere, nor a message that was
    // never sent.
    app.store.resolve_flow(&flow, issue, found.contact, &found.leads_to, app.clock.now()).await?;
    let way = Way { flow: &flow, issue, address: &address, contact: found.contact };
    hand_over(state, item, &practice, &way, &envelope).await
}

/// Why nothing goes to a contact, not even a code, if so. A mailbox that is not there would only be written to again and
/// again; staff see it, and another contact of the same person works.
async fn gone(
    state: &State,
    practice: PracticeId,
    contact: Option<ContactPointId>,
    sealer: &FieldSealer,
) -> Result<Option<&'static str>, StoreError> {
    let points = state.app.store.contact_points(practice, contact.as_slice(), sealer).await?;
    let stopped = points.first().and_then(ContactPoint::stopped);
    Ok(stopped.filter(|fate| fate.stops_codes()).map(Fate::as_str))
}

/// The message of a flow, and where it goes.
struct Way<'a> {
    flow: &'a Flow,
    issue: u32,
    address: &'a ContactValue,
    contact: Option<ContactPointId>,
}

async fn hand_over(
    state: &State,
    item: &OutboxItem,
    practice: &Practice,
    way: &Way<'_>,
    envelope: &Envelope,
) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let Way { flow, issue, address, contact } = *way;
    match state.post(practice, address, envelope, item.created_at, Spend::Code).await {
        Ok(accepted) => {
            let at = app.clock.now();
            surely(state, async || app.store.accept_flow_issue(flow, issue, at).await).await?;
            let accepted = Accepted { id: accepted, contact, kind: address.kind() };
            Ok(Verdict { accepted: vec![accepted], ..Verdict::new(Then::End(Ending::Sent), "accepted") })
        }
        Err(error) if error.advice() == Advice::Fail => {
            Ok(Verdict::new(Then::End(Ending::Failed), error.cause.as_str()))
        }
        Err(error) => Ok(Verdict::new(Then::Later, error.cause.as_str())),
    }
}

/// The code alone, for somebody who is signed in.
fn write_code(
    flow: &Flow,
    issue: u32,
    link_key: &Key,
    letterhead: &Letterhead,
    address: &ContactValue,
    outbox: &str,
) -> Result<Envelope, Trouble> {
    let code = secrets::code(link_key, &flow.id.to_string(), issue);
    let browser = Browser::from_stored(&flow.browser);
    Ok(match address.kind() {
        ContactKind::Email => {
            Envelope::mail(&Mail::Code { code: &code, browser }, letterhead, &flow.language, outbox)?
        }
        ContactKind::Phone => {
            Envelope::text(&SmsTemplate::Code { code: &code, browser }, letterhead, &flow.language)?
        }
    })
}

fn write(
    flow: &Flow,
    issue: u32,
    link_key: &Key,
    letterhead: &Letterhead,
    found: &Found,
    address: &ContactValue,
    outbox: &str,
) -> Result<Envelope, Trouble> {
    let id = flow.id.to_string();
    let token = secrets::link_token(link_key, SecretPurpose::FlowLink, &id, issue);
    let code = secrets::code(link_key, &id, issue);
    let browser = Browser::from_stored(&flow.browser);
    let language = found.language.as_ref().unwrap_or(&flow.language);
    let envelope = match (address.kind(), &found.leads_to) {
        (ContactKind::Email, LeadsTo::Patients(_)) => {
            let mail = Mail::SignIn { token: &token, code: &code, browser };
            Envelope::mail(&mail, letterhead, language, outbox)
        }
        (ContactKind::Email, LeadsTo::Staff(_)) => {
            let mail = Mail::StaffSignIn { token: &token, code: &code, browser };
            Envelope::mail(&mail, letterhead, language, outbox)
        }
        // Staff have no phones here: a phone number leads to patients alone.
        (ContactKind::Phone, _) => {
            Envelope::text(&SmsTemplate::Code { code: &code, browser }, letterhead, language)
        }
    };
    Ok(envelope?)
}

/// The member of staff with this address, while they may sign in.
async fn staff_at(
    state: &State,
    practice: PracticeId,
    index_key: &Key,
    sealer: &FieldSealer,
    address: &ContactValue,
) -> Result<Option<Found>, StoreError> {
    let store = &state.app.store;
    let Some(id) = store.find_staff(practice, index_key, address).await? else { return Ok(None) };
    let staff = store.staff(practice, id, sealer).await?.filter(|staff| staff.active);
    Ok(staff.map(|staff| Found {
        contact: None,
        leads_to: LeadsTo::Staff(id),
        language: Some(staff.language),
    }))
}

/// Every patient whom somebody behind this address may act for today. How many may be chosen among is for the
/// sign-in to decide.
async fn patients_at(
    state: &State,
    practice: PracticeId,
    index_key: &Key,
    sealer: &FieldSealer,
    address: &ContactValue,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    let store = &state.app.store;
    let Some(contact) = store.find_contact(practice, index_key, address).await? else { return Ok(None) };
    let accounts = store.accounts_at(practice, contact).await?;
    let (grants, holders) = tokio::try_join!(
        try_join_all(accounts.iter().map(|account| store.grants(practice, *account))),
        store.accounts(practice, &accounts, sealer),
    )?;
    let pairs: Vec<(AccountId, PatientId)> = accounts
        .iter()
        .zip(grants)
        .flat_map(|(account, grants)| grants.into_iter().map(move |grant| (*account, grant)))
        .filter(|(_, grant)| grant.is_live(now))
        .map(|(account, grant)| (account, grant.patient))
        .collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let language = match &holders[..] {
        [one] => Some(one.language.clone()),
        _ => None,
    };
    Ok(Some(Found { contact: Some(contact), leads_to: LeadsTo::Patients(pairs), language }))
}
