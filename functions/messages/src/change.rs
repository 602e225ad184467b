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
    store::conversation::{Changed, Head, Wanted},
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
    /// `false`: what the product has noticed was taken care of.
    attention: Option<bool>,
    /// What the conversation was when this was decided. Where it is something else by now, nothing is done: 409.
    seen: Option<Seen>,
}

/// State and assignee of a conversation as somebody saw it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// `open` or `closed`.
    #[schema(value_type = String)]
    state: ConversationState,
    /// `stf_…`, or `null` for nobody.
    assigned_to: Option<String>,
}

impl Seen {
    fn is_still(&self, head: &Head) -> bool {
        self.state == head.state && self.assigned_to == head.assignee.map(|id| id.to_string())
    }
}

/// Tells `null` from a member that is left out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Closes, opens or assigns a conversation. Asked for what is so already, it changes nothing.
#[utoipa::path(patch, path = "/v1/conversations/{id}", operation_id = "changeConversation", tag = "conversations",
    params(("id" = String, Path, description = "cnv_…")),
    request_body = ChangeConversation,
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "Somebody else changed it meanwhile"),
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
    if change.state.is_none() && change.assigned_to.is_none() && change.attention.is_none() {
        fields.add("", "nothing_to_change");
    }
    if change.attention == Some(true) {
        fields.add("/attention", "out_of_range");
    }
    let wanted = match &change.assigned_to {
        Some(Some(text)) => fields.check("/assigned_to", StaffId::parse(text)),
        _ => None,
    };
    fields.done()?;
    if let Some(staff) = wanted {
        check_assignee(&app, &access, staff).await?;
    }
    let head = &access.head;
    let wanted = Wanted {
        state: change.state.unwrap_or(head.state),
        assignee: if change.assigned_to.is_some() { wanted } else { head.assignee },
        settled: change.attention.is_some(),
    };
    let is_so = wanted.state == head.state
        && wanted.assignee == head.assignee
        && !(wanted.settled && head.attention_since.is_some());
    let verb = if is_so { Verb::ConversationsListed } else { Verb::ConversationChanged };
    let mut event = access.session.event(&app.entropy, app.clock.now(), verb);
    event.patient = Some(head.patient);
    event.conversation = Some(head.id);
    if is_so {
        app.store.record(&event).await?;
        return conversation_view(&app, &access).await.map(Json);
    }
    if change.seen.is_some_and(|seen| !seen.is_still(head)) {
        return Err(Failure::Conflict);
    }
    event.object = wanted.assignee.map(|id| id.to_string());
    let Changed::Done(head) = app.store.change_conversation(head, wanted, &event).await? else {
        return Err(Failure::Conflict);
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
