//! Adding a patient.

use axum::Json;
use domain::{
    audit::Verb,
    contact::ContactValue,
    id::PatientId,
    language::Language,
    person::{BirthDate, ExternalId, PersonName},
    time::{Timestamp, ZoneName},
};
use http::StatusCode;
use platform::{
    http::{Failure, Fields, Json as Body, SharedContact, extract::RequiredKey},
    store::{
        StoreError, Write, audit,
        idempotency::{Attempt, Earlier},
        patient::{Added, NewPatient},
        sharing::Shared,
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{Desk, Means, WritePatients},
    refusals::{BadBody, NoKey, Refused, Shares},
    view::PatientView,
};

/// Most contacts of a new patient, mailboxes and phones together.
const CONTACTS_MAX: usize = 5;

/// A patient to be added.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPatientBody {
    /// 1 to 200 characters.
    #[schema(max_length = 200, example = "Maria Lopez")]
    name: String,
    /// `YYYY-MM-DD`, not in the future.
    #[schema(format = Date, example = "1985-03-14")]
    birth_date: String,
    /// BCP 47 language of messages and notices.
    #[schema(example = "es")]
    language: String,
    /// E-mail addresses; at most five contacts in all. Without any contact the patient has no account.
    #[serde(default)]
    emails: Vec<String>,
    /// Phones in E.164 that receive text messages.
    #[serde(default)]
    #[schema(example = json!(["+15555550101"]))]
    phones: Vec<String>,
    /// IANA time zone, where it is not the practice's.
    time_zone: Option<String>,
    /// The practice's own number for the patient.
    #[schema(max_length = 64)]
    external_id: Option<String>,
    /// That it is right to share a contact with others: needed where somebody else is reached there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shared_contact_confirmed: bool,
}

/// Adds a patient with an account of their own, reached at these contacts. One that others use too is shared from then
/// on, once that is confirmed.
#[utoipa::path(post, path = "/v1/patients", operation_id = "addPatient", tag = "patients",
    params(("Idempotency-Key" = String, Header, description = "1 to 64 visible ASCII characters, the same for a repeat")),
    request_body = NewPatientBody,
    responses(
        (status = 201, body = PatientView),
        (status = 200, body = PatientView, description = "The same request was answered before"),
        Refused, NoKey, BadBody, Shares,
    ))]
pub(crate) async fn add_patient(
    desk: Desk<WritePatients>,
    RequiredKey(key): RequiredKey,
    Body(body): Body<NewPatientBody>,
) -> Result<(StatusCode, Json<PatientView>), Failure> {
    let new = parse(&body, desk.app.clock.now())?;
    let means = desk.means().await?;
    let request = format!("add-patient\u{1f}{}", serde_json::to_string(&body).unwrap_or_default());
    let attempt = Attempt::new(desk.practice.id, desk.session.holder, &key, &means.index_key, &request);
    let tools = desk.tools(&means);
    let added = desk
        .app
        .store
        .add_patient(&tools, new, |patient| {
            let event = desk.event_about(Verb::PatientCreated, patient.id);
            vec![Write::Create(Table::Chat, attempt.to_item(patient.id, tools.now)), audit::write(&event)]
        })
        .await?;
    match added {
        Added::Created(patient) => {
            let view = PatientView::load(&desk.app, &desk.practice, &means.sealer, &patient).await?;
            Ok((StatusCode::CREATED, Json(view)))
        }
        Added::Shared(shared) => match desk.app.store.earlier(&attempt).await? {
            // It was this very request that made the contact known.
            Some(earlier) => answer_earlier(&desk, &means, earlier).await,
            None => Err(ask_to_share(&desk, None, &shared, body.emails.len()).await?),
        },
        Added::Repeated(item) => answer_earlier(&desk, &means, attempt.compare(&item)?).await,
    }
}

fn parse(body: &NewPatientBody, now: Timestamp) -> Result<NewPatient, Failure> {
    let mut fields = Fields::new();
    let name = fields.check("/name", PersonName::parse(&body.name));
    let birth_date = parse_birth_date(&mut fields, &body.birth_date, now);
    let language = fields.check("/language", Language::parse(&body.language));
    let contacts = parse_contacts(&mut fields, &body.emails, &body.phones);
    let zone = body.time_zone.as_deref().map(ZoneName::parse).transpose();
    let time_zone = fields.check("/time_zone", zone);
    let external_id =
        fields.check("/external_id", body.external_id.as_deref().map(ExternalId::parse).transpose());
    fields.done()?;
    let missing = || Failure::field("", "invalid_body");
    Ok(NewPatient {
        name: name.ok_or_else(missing)?,
        birth_date: birth_date.ok_or_else(missing)?,
        language: language.ok_or_else(missing)?,
        time_zone: time_zone.flatten(),
        external_id: external_id.flatten(),
        contacts,
        may_share: body.shared_contact_confirmed,
    })
}

/// A birth date that is not in the future.
pub(crate) fn parse_birth_date(fields: &mut Fields, text: &str, now: Timestamp) -> Option<BirthDate> {
    let date = fields.check("/birth_date", BirthDate::parse(text))?;
    if date.is_after(now) {
        fields.add("/birth_date", "in_the_future");
        return None;
    }
    Some(date)
}

/// Addresses, each once, and not too many.
pub(crate) fn parse_contacts(fields: &mut Fields, emails: &[String], phones: &[String]) -> Vec<ContactValue> {
    if emails.len() + phones.len() > CONTACTS_MAX {
        fields.add(if emails.len() > phones.len() { "/emails" } else { "/phones" }, "too_many");
        return Vec::new();
    }
    let mut contacts = Vec::new();
    let emails =
        emails.iter().enumerate().map(|(n, text)| (format!("/emails/{n}"), ContactValue::email(text)));
    let phones =
        phones.iter().enumerate().map(|(n, text)| (format!("/phones/{n}"), ContactValue::phone(text)));
    for (pointer, parsed) in emails.chain(phones) {
        match fields.check(&pointer, parsed) {
            Some(contact) if contacts.contains(&contact) => fields.add(&pointer, "duplicate"),
            contact => contacts.extend(contact),
        }
    }
    contacts
}

/// The question whether contacts may be shared. It tells that somebody is reached there, so it is an event.
pub(crate) async fn ask_to_share(
    desk: &Desk<WritePatients>,
    patient: Option<PatientId>,
    shared: &[Shared],
    emails: usize,
) -> Result<Failure, Failure> {
    let mut event = desk.event(Verb::PatientsSearched);
    event.patient = patient;
    event.object = Some(shared.iter().map(|one| one.contact.to_string()).collect::<Vec<_>>().join(","));
    desk.record(&event).await?;
    let view = |one: &Shared| SharedContact {
        pointer: match one.place.checked_sub(emails) {
            None => format!("/emails/{}", one.place),
            Some(phone) => format!("/phones/{phone}"),
        },
        others: one.others,
        patients: one.patients,
        opens_by_date: one.opens_by_date(),
    };
    Ok(Failure::ContactShared(shared.iter().map(view).collect()))
}

async fn answer_earlier(
    desk: &Desk<WritePatients>,
    means: &Means,
    earlier: Earlier,
) -> Result<(StatusCode, Json<PatientView>), Failure> {
    let Earlier::Same(created) = earlier else { return Err(Failure::IdempotencyKeyReused) };
    let id = PatientId::parse(&created).map_err(|_| StoreError::Malformed("created"))?;
    let patient =
        desk.app.store.patient(desk.practice.id, id, &means.sealer).await?.ok_or(Failure::NotFound)?;
    desk.record(&desk.event_about(Verb::PatientRead, id)).await?;
    let view = PatientView::load(&desk.app, &desk.practice, &means.sealer, &patient).await?;
    Ok((StatusCode::OK, Json(view)))
}
