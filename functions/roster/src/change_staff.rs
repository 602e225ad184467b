//! Changing staff: name, roles, whether they may sign in.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    person::PersonName,
    role::Role,
};
use platform::{
    http::{Failure, Fields, Json as Body},
    store::staff::{StaffChange, StaffChanged},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    desk::{Desk, StaffPath, WriteStaff},
    invite_staff::check_roles,
    member::given,
    refusals::{BadBody, Refused, Unknown},
    view::StaffView,
};

/// What to change. A member that is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeStaff {
    /// The name that patients see.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 200)]
    name: Option<String>,
    /// What they may do; at least one.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, value_type = Vec<String>)]
    roles: Option<Vec<Role>>,
    /// Whether they may sign in.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// Changes a member of staff and ends their sessions. The last active admin stays one.
#[utoipa::path(patch, path = "/v1/staff/{id}", operation_id = "changeStaff", tag = "staff",
    params(("id" = String, Path, description = "stf_…")),
    request_body = ChangeStaff,
    responses(
        (status = 200, body = StaffView),
        (status = 409, body = platform::http::Problem, content_type = "application/problem+json",
            description = "Nobody would be left to run the practice"),
        Refused, Unknown, BadBody,
    ))]
pub(crate) async fn change_staff(
    desk: Desk<WriteStaff>,
    StaffPath(id): StaffPath,
    Body(body): Body<ChangeStaff>,
) -> Result<Json<StaffView>, Failure> {
    desk.must_be_fresh()?;
    let change = parse(&body)?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let event = Event { object: Some(id.to_string()), ..desk.event(Verb::StaffChanged) };
    match desk.app.store.change_staff(desk.practice.id, &sealer, id, &change, &event).await? {
        StaffChanged::Done(staff) => Ok(Json(desk.staff_view(&staff))),
        StaffChanged::Unchanged(staff) => {
            desk.record(&Event { object: Some(id.to_string()), ..desk.event(Verb::StaffListed) }).await?;
            Ok(Json(desk.staff_view(&staff)))
        }
        StaffChanged::Missing => Err(Failure::NotFound),
        StaffChanged::LastAdmin => Err(Failure::LastAdmin),
    }
}

fn parse(body: &ChangeStaff) -> Result<StaffChange, Failure> {
    let mut fields = Fields::new();
    let name = fields.check("/name", body.name.as_deref().map(PersonName::parse).transpose()).flatten();
    if let Some(roles) = &body.roles {
        check_roles(&mut fields, roles);
    }
    if body.name.is_none() && body.roles.is_none() && body.active.is_none() {
        fields.add("", "nothing_to_change");
    }
    fields.done()?;
    Ok(StaffChange { name, roles: body.roles.clone(), active: body.active })
}
