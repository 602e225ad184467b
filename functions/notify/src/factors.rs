//! Telling an admin that what somebody of the staff signs in with was taken away. Whose it was stands in the audit log,
//! not in the mail.

use domain::id::StaffId;
use platform::{
    delivery::Advice,
    letterhead::Letterhead,
    mail::Mail,
    store::outbox::{Ending, OutboxItem},
};

use crate::{
    State,
    post::{Envelope, Spend},
    work::{Then, Trouble, Verdict},
};

/// Sends the mail, while they are an admin.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn send(state: &State, item: &OutboxItem, admin: StaffId) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let practice = app.known_practice(item.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let admin = app.store.staff(practice.id, admin, &sealer).await?;
    let Some(admin) = admin.filter(|staff| staff.is_active_admin()) else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "no_admin"));
    };
    let letterhead =
        Letterhead::new(app.edge.origin.clone(), &practice.profile).map_err(Trouble::Letterhead)?;
    let envelope = Envelope::mail(&Mail::FactorsReset, &letterhead, &admin.language, &item.id)?;
    match state.post(&practice, &admin.email, &envelope, item.created_at, Spend::Notice).await {
        Ok(accepted) => {
            Ok(Verdict { accepted: vec![accepted], ..Verdict::new(Then::End(Ending::Sent), "accepted") })
        }
        Err(error) if error.advice() == Advice::Fail => {
            Ok(Verdict::new(Then::End(Ending::Failed), error.cause.as_str()))
        }
        Err(error) => Ok(Verdict::new(Then::Later, error.cause.as_str())),
    }
}
