//! Patients who want their own devices alone: what no date or code opens, nobody earns by having a browser remembered or
//! adding a passkey after one.

use platform::{
    App,
    http::Failure,
    sealing::FieldSealer,
    store::{
        practice::Practice,
        session::{Grant, Holder, Session},
    },
};

/// Whether it rests on more than a code and a birth date: what opens everything.
pub(crate) const fn rests_on_more(session: &Session) -> bool {
    session.device.is_some() || session.passkey.is_some()
}

/// Those of `grants` that a remembered device opens. While the practice has none remembered, a birth date is asked for again;
/// but whom no date opens, their device goes on opening: without it nothing would.
pub(crate) async fn opened_by_device(
    app: &App,
    practice: &Practice,
    sealer: &FieldSealer,
    grants: Vec<Grant>,
) -> Result<Vec<Grant>, Failure> {
    if practice.policies.remember_devices {
        return Ok(grants);
    }
    let ids: Vec<_> = grants.iter().map(|grant| grant.patient).collect();
    let patients = app.store.patients(practice.id, &ids, sealer).await?;
    let alone = |grant: &Grant| patients.iter().any(|p| p.id == grant.patient && p.only_my_devices);
    Ok(grants.into_iter().filter(alone).collect())
}

/// Those of `grants` that a code beside a birth date opens, and those that were `held` before.
pub(crate) async fn opened_by_code(
    app: &App,
    sealer: &FieldSealer,
    session: &Session,
    grants: Vec<Grant>,
    held: &[Grant],
) -> Result<Vec<Grant>, Failure> {
    let is_held = |grant: &Grant| held.iter().any(|one| one.patient == grant.patient);
    let ids: Vec<_> = grants.iter().filter(|grant| !is_held(grant)).map(|grant| grant.patient).collect();
    if ids.is_empty() {
        return Ok(grants);
    }
    let patients = app.store.patients(session.practice, &ids, sealer).await?;
    let open = |grant: &Grant| {
        is_held(grant) || patients.iter().any(|p| p.id == grant.patient && !p.only_my_devices)
    };
    Ok(grants.into_iter().filter(open).collect())
}

/// That a session may have what signs in later: a device or a passkey opens everything that the account may see, so it is
/// for whoever sees all of that already.
///
/// # Errors
/// [`Failure::StepUpRequired`].
pub(crate) async fn must_open_everything(
    app: &App,
    sealer: &FieldSealer,
    session: &Session,
) -> Result<(), Failure> {
    let Holder::Account(account) = session.holder else { return Ok(()) };
    if rests_on_more(session) {
        return Ok(());
    }
    let mut grants = app.store.grants(session.practice, account).await?;
    // One that begins later counts: the device will be there by then.
    grants.retain(|grant| grant.is_not_over(app.clock.now()));
    let all = grants.len();
    let opened = opened_by_code(app, sealer, session, grants, &[]).await?;
    if opened.len() == all { Ok(()) } else { Err(Failure::StepUpRequired) }
}
