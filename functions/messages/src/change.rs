//! Closing, opening, assigning.

use axum::{Json, extract::State};
use domain::{
    audit::Verb,
    conversation::ConversationState,
    id::StaffId,
    role::{Act, may},
};
use platform::{
    App,
    http::{Failure, Fields, Json as Body, Problem},
    store::conversation::Changed,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{access::Access, show::conversation_view, view::ConversationView};

/// What to change. A member that is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeConversation {
    /// `open` or `closed`.
    #[schema(value_type = Option<String>)]
    state: Option<ConversationState>,
    /// `stf_…`, or `null` for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    assigned_to: Option<Option<String>>,
}

/// Tells `null` from a member that is left out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Closes, opens or assigns a conversation.
#[utoipa::path(patch, path = "/v1/conversations/{id}", operation_id = "changeConversation", tag = "conversations",
    params(("id" = String, Path, description = "cnv_…")),
    request_body = ChangeConversation,
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn change_conversation(
    State(app): State<App>,
    access: Access,
    Body(change): Body<ChangeConversation>,
) -> Result<Json<ConversationView>, Failure> {
    access.staff_may_write()?;
    let mut fields = Fields::new();
    if change.state.is_none() && change.assigned_to.is_none() {
        fields.add("", "nothing_to_change");
    }
    let wanted = match &change.assigned_to {
        Some(Some(text)) => fields.check("/assigned_to", StaffId::parse(text)),
        _ => None,
    };
    fields.done()?;
    if let Some(staff) = wanted {
        check_assignee(&app, &access, staff).await?;
    }
    let assignee = if change.assigned_to.is_some() { wanted } else { access.head.assignee };
    let state = change.state.unwrap_or(access.head.state);
    let mut event = access.session.event(&app.entropy, app.clock.now(), Verb::ConversationChanged);
    event.patient = Some(access.head.patient);
    event.conversation = Some(access.head.id);
    event.object = assignee.map(|id| id.to_string());
    let Changed::Done(head) = app.store.change_conversation(&access.head, state, assignee, &event).await?
    else {
        return Err(Failure::NotFound);
    };
    conversation_view(&app, &Access { head: *head, ..access }).await.map(Json)
}

/// Only somebody of this practice who may read conversations can be asked to answer one.
async fn check_assignee(app: &App, access: &Access, staff: StaffId) -> Result<(), Failure> {
    let practice = app.known_practice(access.head.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let staff = app.store.staff(practice.id, staff, &sealer).await?;
    let fits = staff.is_some_and(|s| s.active && may(&s.roles, Act::ReadConversations));
    if fits { Ok(()) } else { Err(Failure::field("/assigned_to", "unknown_staff")) }
}
