//! Inviting staff.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    contact::ContactValue,
    id::StaffId,
    language::Language,
    person::PersonName,
    role::Role,
};
use http::StatusCode;
use platform::{
    http::{Failure, Fields, Json as Body, extract::RequiredKey},
    store::{
        StoreError, Write, audit,
        idempotency::{Attempt, Earlier},
        outbox::{self, Subject},
        staff::{Invited, Staff},
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{Desk, Means, WriteStaff},
    member::given,
    refusals::{BadBody, NoKey, Refused},
    view::StaffView,
};

/// Somebody to be invited.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStaffBody {
    /// The name that patients see.
    #[schema(max_length = 200, example = "Ana Ruiz")]
    name: String,
    /// The address they sign in with.
    #[schema(example = "ana@example.org")]
    email: String,
    /// What they may do; at least one.
    #[schema(value_type = Vec<String>, example = json!(["clinician"]))]
    roles: Vec<Role>,
    /// BCP 47 language of the console and of mails; English if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    language: Option<String>,
}

/// Invites a member of staff. A mail says where they set up their sign-in, and until when.
#[utoipa::path(post, path = "/v1/staff", operation_id = "inviteStaff", tag = "staff",
    params(("Idempotency-Key" = String, Header, description = "1 to 64 visible ASCII characters, the same for a repeat")),
    request_body = NewStaffBody,
    responses(
        (status = 201, body = StaffView),
        (status = 200, body = StaffView, description = "The same request was answered before"),
        Refused, NoKey, BadBody,
    ))]
pub(crate) async fn invite_staff(
    desk: Desk<WriteStaff>,
    RequiredKey(key): RequiredKey,
    Body(body): Body<NewStaffBody>,
) -> Result<(StatusCode, Json<StaffView>), Failure> {
    desk.must_be_fresh()?;
    let staff = parse(&desk, &body)?;
    let means = desk.means().await?;
    let request = format!("invite-staff\u{1f}{}", serde_json::to_string(&body).unwrap_or_default());
    let attempt = Attempt::new(desk.practice.id, desk.session.holder, &key, &means.index_key, &request);
    let tools = desk.tools(&means);
    let event = Event { object: Some(staff.id.to_string()), ..desk.event(Verb::StaffInvited) };
    let writes = |staff: &Staff| {
        let word = Subject::StaffInvited { staff: staff.id };
        let mail = outbox::passing_item(desk.practice.id, &event.id.to_string(), &word, tools.now);
        vec![
            Write::Create(Table::Chat, attempt.to_item(staff.id, tools.now)),
            Write::Create(Table::Chat, mail),
            audit::write(&event),
        ]
    };
    match desk.app.store.add_staff(&tools, staff, writes).await? {
        Invited::Created(staff) => Ok((StatusCode::CREATED, Json(desk.staff_view(&staff)))),
        Invited::AddressTaken => Err(Failure::field("/email", "already_used")),
        Invited::Repeated(item) => answer_earlier(&desk, &means, attempt.compare(&item)?).await,
    }
}

fn parse(desk: &Desk<WriteStaff>, body: &NewStaffBody) -> Result<Staff, Failure> {
    let mut fields = Fields::new();
    let name = fields.check("/name", PersonName::parse(&body.name));
    let email = fields.check("/email", ContactValue::email(&body.email));
    let language = body.language.as_deref().map_or_else(|| Ok(Language::english()), Language::parse);
    let language = fields.check("/language", language);
    check_roles(&mut fields, &body.roles);
    fields.done()?;
    let missing = || Failure::field("", "invalid_body");
    Ok(Staff {
        id: StaffId::new(desk.app.clock.now(), desk.app.entropy.id()),
        name: name.ok_or_else(missing)?,
        email: email.ok_or_else(missing)?,
        roles: body.roles.clone(),
        language: language.ok_or_else(missing)?,
        active: true,
        epoch: 1,
        enrolled: false,
        invited_until: Some(Staff::invitation_end(desk.app.clock.now())),
    })
}

/// At least one role, each once.
pub(crate) fn check_roles(fields: &mut Fields, roles: &[Role]) {
    if roles.is_empty() {
        fields.add("/roles", "out_of_range");
    }
    for (place, role) in roles.iter().enumerate() {
        if roles[..place].contains(role) {
            fields.add(&format!("/roles/{place}"), "duplicate");
        }
    }
}

async fn answer_earlier(
    desk: &Desk<WriteStaff>,
    means: &Means,
    earlier: Earlier,
) -> Result<(StatusCode, Json<StaffView>), Failure> {
    let Earlier::Same(created) = earlier else { return Err(Failure::IdempotencyKeyReused) };
    let id = StaffId::parse(&created).map_err(|_| StoreError::Malformed("created"))?;
    let staff = desk.app.store.staff(desk.practice.id, id, &means.sealer).await?.ok_or(Failure::NotFound)?;
    desk.record(&Event { object: Some(created), ..desk.event(Verb::StaffListed) }).await?;
    Ok((StatusCode::OK, Json(desk.staff_view(&staff))))
}
