//! A member of staff has lost what they sign in with: another admin lets them begin again.

use domain::audit::{Event, Verb};
use http::StatusCode;
use platform::{http::Failure, store::factors::FactorsReset};

use crate::{
    desk::{Desk, StaffPath, WriteStaff},
    refusals::{Refused, Unknown},
};

/// Takes away every passkey and the code generator of another member of staff, and ends their sessions. Every admin is
/// told by mail.
#[utoipa::path(delete, path = "/v1/staff/{id}/factors", operation_id = "resetFactors", tag = "staff",
    params(("id" = String, Path, description = "stf_…")),
    responses((status = 204), Refused, Unknown))]
pub(crate) async fn reset_factors(
    desk: Desk<WriteStaff>,
    StaffPath(id): StaffPath,
) -> Result<StatusCode, Failure> {
    desk.must_be_fresh()?;
    if desk.session.holder.actor() == domain::audit::ActorId::Staff(id) {
        return Err(Failure::Forbidden);
    }
    let sealer = desk.app.sealer(&desk.practice).await?;
    let event = Event { object: Some(id.to_string()), ..desk.event(Verb::FactorsReset) };
    match desk.app.store.reset_factors(desk.practice.id, &sealer, id, &event).await? {
        FactorsReset::Done => Ok(StatusCode::NO_CONTENT),
        FactorsReset::Missing => Err(Failure::NotFound),
    }
}
