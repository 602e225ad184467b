//! Signing in on a remembered device: its secret stands in for the birth date. The first proof is needed all the same.

use axum::response::Response;
use domain::{
    id::{AccountId, ContactPointId, ConversationId, PatientId},
    session::SessionKind,
};
use platform::{
    App,
    http::Failure,
    store::{
        Write,
        account::Account,
        contact::{self, Reached},
        device::{self, Device, DeviceToken},
        flow::{self, Flow},
        keys,
        session::Holder,
        table::Change,
    },
};

use crate::{
    bake::{Baker, Basis},
    own_devices::opened_by_device,
    second_factor::replaced,
    visitor::Visitor,
};

/// A first proof and the device that goes with it.
pub(crate) struct Remembered<'a> {
    pub(crate) token: &'a DeviceToken,
    /// The conversation that the first proof leads to, and its patient.
    pub(crate) opens: Option<(ConversationId, PatientId)>,
    pub(crate) contact: Option<ContactPointId>,
    /// What ends the first proof, as part of the session's transaction.
    pub(crate) end: Write,
    /// What gives back what was counted for it.
    pub(crate) back: Vec<Change>,
}

/// After a link or code: a session, if this browser is a remembered device of one of the candidates.
pub(crate) async fn by_flow(
    app: &App,
    flow: &Flow,
    candidates: &[(AccountId, PatientId)],
    back: &[Change],
    visitor: &Visitor,
) -> Result<Option<Response>, Failure> {
    let Some(token) = &visitor.device else { return Ok(None) };
    if token.practice != flow.practice || !candidates.iter().any(|(account, _)| *account == token.account) {
        return Ok(None);
    }
    let end = Write::Update(flow::consume(flow.practice, flow.id, app.clock.now()));
    let remembered = Remembered { token, opens: None, contact: flow.contact, end, back: back.to_vec() };
    sign_in(app, &remembered, visitor).await
}

/// A session of the device's account, unless the device or the account's rights are over.
pub(crate) async fn sign_in(
    app: &App,
    by: &Remembered<'_>,
    visitor: &Visitor,
) -> Result<Option<Response>, Failure> {
    let now = app.clock.now();
    let DeviceToken { practice, account, .. } = *by.token;
    let practice = app.known_practice(practice).await?;
    let sealer = app.sealer(&practice).await?;
    let mut wanted = vec![by.token.key(), keys::account(practice.id, account)];
    let leads = by.contact.map(|contact| keys::contact_account(practice.id, contact, account));
    wanted.extend(leads.clone());
    let (items, grants, old) = tokio::try_join!(
        async { app.store.get_many(&wanted).await.map_err(Failure::from) },
        async { app.store.grants(practice.id, account).await.map_err(Failure::from) },
        replaced(app, visitor, Holder::Account(account)),
    )?;
    let [Some(device), Some(holder), reached @ ..] = &items[..] else { return Ok(None) };
    let since = match reached {
        [Some(reached)] => Reached::from_item(reached)?.restricted_since,
        [] => None,
        _ => return Ok(None),
    };
    let device = Device::from_item(device)?;
    let holder = Account::from_item(account, holder, &sealer)?;
    let grants: Vec<_> = grants.into_iter().filter(|grant| grant.is_live(now)).collect();
    let grants = opened_by_device(app, &practice, &sealer, grants).await?;
    if grants.is_empty() && !practice.policies.remember_devices {
        return Ok(None);
    }
    let acts_for = |patient| grants.iter().any(|grant| grant.patient == patient);
    if !device.is_live(now) || by.opens.is_some_and(|(_, patient)| !acts_for(patient)) {
        return Ok(None);
    }
    let mut beside = vec![Write::Update(device::mark_used(by.token.key(), now))];
    beside.push(by.end.clone());
    beside.extend(old);
    beside.extend(leads.map(|leads| Write::Check(contact::still_leads(leads, since))));
    beside.extend(by.contact.map(|point| Write::Update(contact::verified(practice.id, point, now))));
    let basis = Basis {
        opens: by.opens.map(|(conversation, _)| conversation),
        patient: by.opens.map(|(_, patient)| patient),
        contact: by.contact,
        device: Some(device.id),
        since,
        mark: Some(visitor.mark.hash()),
        back: by.back.clone(),
        ..Basis::new(SessionKind::PatientRemembered, visitor.browser)
    };
    let baker = Baker { app, sealer: &sealer };
    let patients: Vec<_> = grants.iter().map(|grant| grant.patient).collect();
    let (fresh, known) =
        tokio::try_join!(baker.for_account(practice.id, &holder, grants, basis, beside), async {
            app.store.patients(practice.id, &patients, &sealer).await.map_err(Failure::from)
        },)?;
    fresh.into_answer(app, known, visitor).await.map(Some)
}
