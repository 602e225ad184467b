//! A new invitation for somebody who did not follow the one before in time.

use axum::Json;
use domain::audit::{Event, Verb};
use http::StatusCode;
use platform::{
    http::{Failure, Problem},
    store::{rate::Counter, staff::InvitedAgain},
};

use crate::{
    desk::{Desk, StaffPath, WriteStaff},
    refusals::{Limited, Refused, Unknown},
    view::StaffView,
};

/// Sends a new invitation to a member of staff who has not set up their sign-in. Its time begins anew.
#[utoipa::path(post, path = "/v1/staff/{id}/invitations", operation_id = "inviteStaffAgain", tag = "staff",
    params(("id" = String, Path, description = "stf_…")),
    responses(
        (status = 202, body = StaffView),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "They have set up their sign-in, or may not sign in"),
        Refused, Unknown, Limited,
    ))]
pub(crate) async fn invite_again(
    desk: Desk<WriteStaff>,
    StaffPath(id): StaffPath,
) -> Result<(StatusCode, Json<StaffView>), Failure> {
    desk.must_be_fresh()?;
    let practice = desk.practice.id;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let event = Event { object: Some(id.to_string()), ..desk.event(Verb::StaffInvited) };
    let (limits, subject) = (desk.practice.policies.limits(), id.to_string());
    let counter = |scope, rate| Counter { practice, scope, subject: &subject, rate };
    let counters = [
        counter("invite-day", limits.sends_per_address_and_day),
        counter("invite", limits.sends_per_address),
    ];
    match desk.app.store.invite_again(practice, &sealer, id, &counters, &event).await? {
        InvitedAgain::Done(staff) => Ok((StatusCode::ACCEPTED, Json(desk.staff_view(&staff)))),
        InvitedAgain::Missing => Err(Failure::NotFound),
        InvitedAgain::NotWaiting => Err(Failure::Conflict),
        InvitedAgain::TooOften(seconds) => Err(Failure::TooMany(seconds)),
    }
}
