//! Changing a patient's record. Contacts are not part of it: whoever changes them changes who can read.

use axum::Json;
use domain::{
    audit::Verb,
    language::Language,
    person::{ExternalId, PersonName},
    time::{Timestamp, ZoneName},
};
use platform::{
    http::{Failure, Fields, Json as Body},
    store::{
        StoreError,
        grant::ages,
        patient_change::{PatientChange, PatientChanged},
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    add_patient::parse_birth_date,
    desk::{Desk, PatientPath, WritePatients},
    member::{given, nullable},
    refusals::{BadBody, Refused, Unknown},
    view::PatientView,
};

/// What to change. A member that is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePatient {
    /// 1 to 200 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 200)]
    name: Option<String>,
    /// `YYYY-MM-DD`, not in the future.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, format = Date)]
    birth_date: Option<String>,
    /// BCP 47 language of messages and notices.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    language: Option<String>,
    /// IANA time zone; `null` for the practice's.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// The practice's own number; `null` for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 64)]
    external_id: Option<Option<String>>,
    /// Whether only a remembered device or a passkey opens the record: no birth date does.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    only_my_devices: Option<bool>,
}

/// Changes a patient's record. Changes of different members at the same time all count. With the birth date and the
/// time zone the ends of parents' and guardians' grants move that follow from them.
#[utoipa::path(patch, path = "/v1/patients/{id}", operation_id = "changePatient", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    request_body = ChangePatient,
    responses((status = 200, body = PatientView), Refused, Unknown, BadBody))]
pub(crate) async fn change_patient(
    desk: Desk<WritePatients>,
    PatientPath(id): PatientPath,
    Body(body): Body<ChangePatient>,
) -> Result<Json<PatientView>, Failure> {
    let mut change = parse(&body, desk.app.clock.now())?;
    change.ages = Some(ages(&desk.practice).map_err(|_| StoreError::Malformed("profile"))?);
    if change.birth_date.is_some() || change.only_my_devices.is_some() {
        desk.must_be_fresh()?;
    }
    let means = desk.means().await?;
    let event = desk.event_about(Verb::PatientChanged, id);
    let patient = match desk.app.store.change_patient(&desk.tools(&means), id, &change, &event).await? {
        PatientChanged::Done(patient) => patient,
        PatientChanged::Unchanged(patient) => {
            desk.record(&desk.event_about(Verb::PatientRead, id)).await?;
            patient
        }
        PatientChanged::Missing => return Err(Failure::NotFound),
    };
    PatientView::load(&desk.app, &desk.practice, &means.sealer, &patient).await.map(Json)
}

fn parse(body: &ChangePatient, now: Timestamp) -> Result<PatientChange, Failure> {
    let mut fields = Fields::new();
    let name = body.name.as_deref().map(PersonName::parse).transpose();
    let language = body.language.as_deref().map(Language::parse).transpose();
    let time_zone = optional(body.time_zone.as_ref(), ZoneName::parse);
    let external_id = optional(body.external_id.as_ref(), ExternalId::parse);
    let change = PatientChange {
        name: fields.check("/name", name).flatten(),
        birth_date: body.birth_date.as_deref().and_then(|text| parse_birth_date(&mut fields, text, now)),
        language: fields.check("/language", language).flatten(),
        time_zone: fields.check("/time_zone", time_zone).flatten(),
        external_id: fields.check("/external_id", external_id).flatten(),
        only_my_devices: body.only_my_devices,
        ages: None,
    };
    let given = [
        body.name.is_some(),
        body.birth_date.is_some(),
        body.language.is_some(),
        body.time_zone.is_some(),
        body.external_id.is_some(),
        body.only_my_devices.is_some(),
    ];
    if !given.contains(&true) {
        fields.add("", "nothing_to_change");
    }
    fields.done()?;
    Ok(change)
}

/// Parses inside a member that may be left out, or be `null`.
fn optional<T, E>(
    member: Option<&Option<String>>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<Option<T>>, E> {
    member.map(|text| text.as_deref().map(parse).transpose()).transpose()
}
