//! Telling staff what somebody beside them did: that what somebody signs in with was taken away, that somebody wants to
//! open what was kept of a recalled message. Whose and what stands in the audit log, not in the mail. And telling whoever got
//! another factor of that.

use domain::{browser::Browser, channel::Factor, contact::ContactKind, id::StaffId};
use platform::{
    delivery::Advice,
    mail::Mail,
    store::{
        outbox::{Ending, OutboxItem},
        staff::Staff,
    },
};

use crate::{
    State,
    post::{Envelope, Spend},
    work::{Accepted, Then, Trouble, Verdict},
};

/// Tells an admin of a reset, while they are one.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn reset(state: &State, item: &OutboxItem, admin: StaffId) -> Result<Verdict, Trouble> {
    send(state, item, admin, &Mail::FactorsReset, Staff::is_active_admin).await
}

/// Tells a member of staff of a request to open evidence.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn evidence(state: &State, item: &OutboxItem, staff: StaffId) -> Result<Verdict, Trouble> {
    send(state, item, staff, &Mail::EvidenceAsked, |staff| staff.active).await
}

/// Tells a member of staff of a factor that they got.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn added(
    state: &State,
    item: &OutboxItem,
    staff: StaffId,
    (factor, browser): (Factor, Browser),
) -> Result<Verdict, Trouble> {
    let mail = Mail::FactorAdded { at: item.created_at, browser, factor };
    send(state, item, staff, &mail, |staff| staff.active).await
}

async fn send(
    state: &State,
    item: &OutboxItem,
    to: StaffId,
    mail: &Mail<'_>,
    is_told: impl FnOnce(&Staff) -> bool,
) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let practice = app.known_practice(item.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let staff = app.store.staff(practice.id, to, &sealer).await?;
    let Some(staff) = staff.filter(is_told) else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "no_admin"));
    };
    let letterhead = app.letterhead(&practice).map_err(Trouble::Letterhead)?;
    let envelope = Envelope::mail(mail, &letterhead, &staff.language, &item.id)?;
    match state.post(&practice, &staff.email, &envelope, item.created_at, Spend::Notice).await {
        Ok(accepted) => {
            let accepted = Accepted { id: accepted, contact: None, kind: ContactKind::Email };
            Ok(Verdict { accepted: vec![accepted], ..Verdict::new(Then::End(Ending::Sent), "accepted") })
        }
        Err(error) if error.advice() == Advice::Fail => {
            Ok(Verdict::new(Then::End(Ending::Failed), error.cause.as_str()))
        }
        Err(error) => Ok(Verdict::new(Then::Later, error.cause.as_str())),
    }
}
