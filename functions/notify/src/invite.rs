//! Inviting a member of staff: the mail says where to set up sign-in and until when. It holds no secret: whoever sets up
//! the first factor proves the mailbox in their own browser, as in every sign-in.

use domain::{contact::ContactKind, id::StaffId};
use platform::{
    delivery::Advice,
    mail::Mail,
    store::outbox::{Ending, OutboxItem},
};

use crate::{
    State,
    post::{Envelope, Spend},
    work::{Accepted, Then, Trouble, Verdict},
};

/// Sends the invitation, while it lasts.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn send(state: &State, item: &OutboxItem, staff: StaffId) -> Result<Verdict, Trouble> {
    let app = &state.app;
    let practice = app.known_practice(item.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let staff = app.store.staff(practice.id, staff, &sealer).await?;
    let invited = staff.filter(|staff| staff.active && staff.is_invited(app.clock.now()));
    let Some((staff, until)) = invited.and_then(|staff| staff.invited_until.map(|until| (staff, until)))
    else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "not_invited"));
    };
    let letterhead = app.letterhead(&practice).map_err(Trouble::Letterhead)?;
    let envelope = Envelope::mail(&Mail::StaffInvite { until }, &letterhead, &staff.language, &item.id)?;
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
