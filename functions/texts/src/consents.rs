//! What was agreed to for a patient's contacts, as staff see and write it down.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    channel::{CATEGORIES, Category, Consent},
    consent::{Entry, Ledger, Said, Source, Wording},
    contact::ContactKind,
    id::{ContactPointId, PatientId},
    language::Language,
    time::Timestamp,
};
use futures_util::future::try_join_all;
use platform::{
    App,
    http::{Failure, Fields, Json as Body},
    sealing::FieldSealer,
    store::{consent::Line, contact::ContactPoint, practice::Practice},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{Desk, PatientPath, ReadPatients, WritePatients},
    refusals::{BadBody, Refused, Unknown},
};

/// What holds for a category at a contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentView {
    /// `notices`, `reminders` or `marketing`.
    #[schema(value_type = String, example = "reminders")]
    category: Category,
    /// `none`: nobody has said anything. `given`, `withdrawn`.
    #[schema(value_type = String, example = "given")]
    state: Consent,
    /// When that was said.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// How: `paper`, `in_person`, `by_phone`, `signed_in`, `sms`, `wrong_number`.
    #[schema(required = true, value_type = Option<String>)]
    source: Option<Source>,
    /// Which words were agreed to.
    #[schema(required = true)]
    wording: Option<String>,
    /// In which language, BCP 47.
    #[schema(required = true)]
    language: Option<String>,
}

/// One line of the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentLine {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// About what.
    #[schema(value_type = String)]
    category: Category,
    /// `given`, `withdrawn`, or `lifted`: what had been stopped is as if it had not been.
    said: &'static str,
    /// How.
    #[schema(value_type = String)]
    source: Source,
    /// Which words.
    #[schema(required = true)]
    wording: Option<String>,
    /// In which language.
    language: String,
}

/// A patient who shares a contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sharing {
    /// `pat_…`
    patient_id: String,
    /// Name.
    name: String,
}

/// A contact with what was agreed to.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactConsents {
    /// `cpt_…`
    contact_id: String,
    /// `email` or `sms`.
    channel: &'static str,
    /// The address or number.
    address: String,
    /// Whose account it reaches, and how they stand to the patient.
    relation: &'static str,
    /// When somebody last proved to read it.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    verified_at: Option<Timestamp>,
    /// Everybody else who is reached there: what is stopped here is stopped for them too.
    shared_with: Vec<Sharing>,
    /// One for each category.
    consents: Vec<ConsentView>,
    /// Everything that was said, oldest first.
    history: Vec<ConsentLine>,
}

/// The contacts of a patient with what was agreed to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consents {
    /// The patient's own account first.
    items: Vec<ContactConsents>,
}

/// What somebody has said about one category at one contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutConsent {
    /// `cpt_…`
    contact_id: String,
    /// `notices`, `reminders` or `marketing`.
    #[schema(example = "reminders")]
    category: String,
    /// `given` or `withdrawn`. Only patients themselves agree to marketing, signed in.
    #[schema(example = "given")]
    state: String,
    /// How they said it: `paper`, `in_person` or `by_phone`.
    #[schema(example = "paper")]
    source: String,
    /// Which words they agreed to; those of today if left out.
    wording: Option<String>,
    /// In which language; the patient's if left out.
    language: Option<String>,
}

/// A change that was read from a body.
pub(crate) struct Wanted {
    pub(crate) contact: ContactPointId,
    pub(crate) entry: Entry,
}

/// Reads what both staff and patients send.
pub(crate) fn read(
    fields: &mut Fields,
    (contact, category, state): (&str, &str, &str),
    (wording, language): (Option<&str>, Language),
    source: Source,
    now: Timestamp,
) -> Option<Wanted> {
    let contact = fields.check("/contact_id", ContactPointId::parse(contact));
    let unknown = domain::Invalid::new("unknown_value");
    let category = fields.check("/category", Category::from_stored(category).ok_or(unknown));
    let said = Said::from_stored(state).filter(|said| *said != Said::Lifted).ok_or(unknown);
    let (said, category) = (fields.check("/state", said)?, category?);
    let wording = match (said, wording) {
        (Said::Given, Some(text)) => Some(fields.check("/wording", Wording::parse(text, category))?),
        (Said::Given, None) => Some(Wording::current(category)),
        _ => None,
    };
    let entry = Entry { at: now, category, said, source, wording, language };
    Some(Wanted { contact: contact?, entry })
}

/// What was agreed to for every contact that reaches a patient.
#[utoipa::path(get, path = "/v1/patients/{id}/consents", operation_id = "getConsents", tag = "texts",
    params(("id" = String, Path, description = "pat_…")),
    responses((status = 200, body = Consents), Refused, Unknown))]
pub(crate) async fn get_consents(
    desk: Desk<ReadPatients>,
    PatientPath(id): PatientPath,
) -> Result<Json<Consents>, Failure> {
    let view = view(&desk.app, &desk.practice, id).await?;
    desk.record(&desk.event_about(Verb::ConsentsRead, id)).await?;
    Ok(Json(view))
}

/// Writes down what somebody has said to staff. The ledger keeps every line; nothing is changed or removed in it.
#[utoipa::path(put, path = "/v1/patients/{id}/consents", operation_id = "putConsent", tag = "texts",
    params(("id" = String, Path, description = "pat_…")),
    request_body = PutConsent,
    responses((status = 200, body = Consents), Refused, Unknown, BadBody))]
pub(crate) async fn put_consent(
    desk: Desk<WritePatients>,
    PatientPath(id): PatientPath,
    Body(body): Body<PutConsent>,
) -> Result<Json<Consents>, Failure> {
    let sealer = desk.app.sealer(&desk.practice).await?;
    let patient = desk.app.store.patient(desk.practice.id, id, &sealer).await?.ok_or(Failure::NotFound)?;
    let mut fields = Fields::new();
    let unknown = domain::Invalid::new("unknown_value");
    let source = Source::from_stored(&body.source).filter(|source| source.is_of_staff()).ok_or(unknown);
    let source = fields.check("/source", source);
    let language = body.language.as_deref().map(Language::parse).transpose();
    let language = fields.check("/language", language).flatten().unwrap_or(patient.language);
    let now = desk.app.clock.now();
    let named = (body.contact_id.as_str(), body.category.as_str(), body.state.as_str());
    let said = (body.wording.as_deref(), language);
    let wanted = read(&mut fields, named, said, source.unwrap_or(Source::InPerson), now);
    if let Some(Entry { category: Category::Marketing, said: Said::Given, .. }) =
        wanted.as_ref().map(|wanted| &wanted.entry)
    {
        fields.add("/state", "only_by_the_patient");
    }
    fields.done()?;
    let Some(wanted) = wanted else { return Err(Failure::field("", "invalid_body")) };
    let lines = desk.app.store.lines_of(desk.practice.id, id, &sealer, now).await?;
    let theirs = lines.iter().flat_map(|line| &line.points).any(|point| point.id == wanted.contact);
    if !theirs {
        return Err(Failure::field("/contact_id", "not_theirs"));
    }
    write(&desk.app, &desk.practice, &wanted, |verb| desk.event_about(verb, id)).await?;
    view(&desk.app, &desk.practice, id).await.map(Json)
}

/// Writes a line with one event for each patient at the contact.
pub(crate) async fn write(
    app: &App,
    practice: &Practice,
    wanted: &Wanted,
    event: impl Fn(Verb) -> Event,
) -> Result<(), Failure> {
    let verb = match wanted.entry.said {
        Said::Given => Verb::ConsentGiven,
        Said::Withdrawn => Verb::ConsentWithdrawn,
        Said::Lifted => Verb::ConsentRestored,
    };
    let patients = app.store.patients_at(practice.id, wanted.contact, wanted.entry.at).await?;
    let object = format!("{},{}", wanted.contact, wanted.entry.category.as_str());
    let events = patients.iter().map(|patient| Event {
        patient: Some(*patient),
        object: Some(object.clone()),
        ..event(verb)
    });
    let line = (wanted.entry.clone(), events.collect());
    Ok(app.store.record_consents(practice.id, wanted.contact, &[line]).await?)
}

async fn view(app: &App, practice: &Practice, id: PatientId) -> Result<Consents, Failure> {
    let sealer = app.sealer(practice).await?;
    let now = app.clock.now();
    app.store.patient(practice.id, id, &sealer).await?.ok_or(Failure::NotFound)?;
    let lines = app.store.lines_of(practice.id, id, &sealer, now).await?;
    let items = lines.iter().flat_map(|line| line.points.iter().map(move |point| (line, point)));
    let items = items.map(|(line, point)| contact(app, practice, &sealer, (line, point), Some(id)));
    Ok(Consents { items: try_join_all(items).await? })
}

/// One contact. `of` is the patient who is looked at: everybody else at the contact is named.
pub(crate) async fn contact(
    app: &App,
    practice: &Practice,
    sealer: &FieldSealer,
    (line, point): (&Line, &ContactPoint),
    of: Option<PatientId>,
) -> Result<ContactConsents, Failure> {
    let now = app.clock.now();
    let others = async {
        let Some(of) = of else { return Ok(Vec::new()) };
        let mut ids = app.store.patients_at(practice.id, point.id, now).await?;
        ids.retain(|id| *id != of);
        app.store.patients(practice.id, &ids, sealer).await
    };
    let (ledger, others) = tokio::try_join!(app.store.consents(practice.id, point.id), others)?;
    let shared = others.iter().map(|patient| Sharing {
        patient_id: patient.id.to_string(),
        name: patient.name.expose().to_owned(),
    });
    Ok(ContactConsents {
        contact_id: point.id.to_string(),
        channel: point.value.kind().channel(),
        address: point.value.expose().to_owned(),
        relation: line.relation.as_str(),
        verified_at: point.verified_at,
        shared_with: shared.collect(),
        consents: consents(&ledger, point.value.kind()),
        history: ledger.entries().iter().map(ConsentLine::from).collect(),
    })
}

/// A mailbox gets notices alone: every other category travels as a text.
fn consents(ledger: &Ledger, kind: ContactKind) -> Vec<ConsentView> {
    let of = |category: &Category| kind == ContactKind::Phone || *category == Category::Notices;
    CATEGORIES.into_iter().filter(of).map(|category| ConsentView::new(ledger, category)).collect()
}

impl ConsentView {
    fn new(ledger: &Ledger, category: Category) -> Self {
        let last = ledger.last(category);
        Self {
            category,
            state: ledger.consent(category),
            at: last.map(|entry| entry.at),
            source: last.map(|entry| entry.source),
            wording: last.and_then(|entry| entry.wording.as_ref()).map(|w| w.as_str().to_owned()),
            language: last.map(|entry| entry.language.to_string()),
        }
    }
}

impl From<&Entry> for ConsentLine {
    fn from(entry: &Entry) -> Self {
        Self {
            at: entry.at,
            category: entry.category,
            said: entry.said.as_str(),
            source: entry.source,
            wording: entry.wording.as_ref().map(|wording| wording.as_str().to_owned()),
            language: entry.language.to_string(),
        }
    }
}
