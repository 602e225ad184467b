//! Who may act for a patient.

use axum::Json;
use domain::{
    Invalid, audit::Verb, contact::ContactValue, id::AccountId, language::Language, person::PersonName,
    time::Timestamp,
};
use http::StatusCode;
use platform::{
    http::{Failure, Fields, Json as Body},
    store::{
        StoreError,
        grant::{Granted, Grantee, NewWay, Terms},
        practice::Practice,
        session::{Grant, Relation},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    contacts::Reason,
    desk::{AccountPath, Desk, PatientPath, ReadPatients, WritePatients},
    member::given,
    refusals::{BadBody, Refused, Unknown},
    view::GrantView,
};

/// The accounts that may act for a patient.
#[derive(Serialize, ToSchema)]
pub(crate) struct Grants {
    /// Those whose time has not ended.
    items: Vec<GrantView>,
    /// Always `null`: a patient has at most fifty.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which accounts may act for a patient.
#[utoipa::path(get, path = "/v1/patients/{id}/accounts", operation_id = "listPatientAccounts", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    responses((status = 200, body = Grants), Refused, Unknown))]
pub(crate) async fn list_grants(
    desk: Desk<ReadPatients>,
    PatientPath(id): PatientPath,
) -> Result<Json<Grants>, Failure> {
    let sealer = desk.app.sealer(&desk.practice).await?;
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let (patient, grants) =
        tokio::try_join!(store.patient(practice, id, &sealer), store.accounts_of(practice, id))?;
    patient.ok_or(Failure::NotFound)?;
    let now = desk.app.clock.now();
    let grants: Vec<(AccountId, Grant)> =
        grants.into_iter().filter(|(_, grant)| grant.is_not_over(now)).collect();
    let ids: Vec<_> = grants.iter().map(|(account, _)| *account).collect();
    let event = desk.event_about(Verb::PatientRead, id);
    let accounts = async { store.accounts(practice, &ids, &sealer).await.map_err(Failure::from) };
    let (accounts, ()) = tokio::try_join!(accounts, desk.record(&event))?;
    let view = |(id, grant): &(AccountId, Grant)| {
        accounts.iter().find(|account| account.id == *id).map(|account| GrantView::new(account, *grant))
    };
    Ok(Json(Grants { items: grants.iter().filter_map(view).collect(), next_cursor: None }))
}

/// Who is to act for the patient: an account, or whoever is reached at an address.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrant {
    /// `acc_…`; or else `email`, or else `phone`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    account_id: Option<String>,
    /// Where nobody is reached yet: a new account is made. Whoever is reached there already is named by `account_id`,
    /// so that a mistyped address lets nobody in (`known_address`, `shared_contact`).
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// The same by phone, E.164.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    phone: Option<String>,
    /// Whose account a new one is; the patient's own has the patient's name.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 200)]
    name: Option<String>,
    /// BCP 47 language of a new account; the patient's if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    language: Option<String>,
    /// `self`, `parent`, `guardian` or `carer`.
    #[schema(value_type = String, example = "parent")]
    relation: Option<Relation>,
    /// When it begins; at once if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, format = DateTime)]
    from: Option<String>,
    /// When it ends by itself. A parent's or guardian's of a minor ends in any case on the day from which the minor has
    /// access of their own, by the state that the practice has named, or is of age; staff are told 30 days before.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, format = DateTime)]
    until: Option<String>,
    /// How staff know whom they let in: `id_seen`, `called_back` or `other`. Without `id_seen` a new account opens only
    /// what is sent from now on, until its contact is confirmed. An account that the practice knows needs a reason.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false, example = "id_seen")]
    reason: Option<Reason>,
}

/// Lets an account act for a patient, or changes how. Repeating it changes nothing. It ends the account's sessions:
/// the next sign-in opens what it may see by then. Whoever acts for the patient already is told, and so is the holder of
/// an account that the practice knew.
#[utoipa::path(post, path = "/v1/patients/{id}/accounts", operation_id = "addPatientAccount", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    request_body = NewGrant,
    responses(
        (status = 201, body = GrantView),
        (status = 200, body = GrantView, description = "The account acted for the patient before"),
        Refused, Unknown, BadBody,
    ))]
pub(crate) async fn create_grant(
    desk: Desk<WritePatients>,
    PatientPath(id): PatientPath,
    Body(body): Body<NewGrant>,
) -> Result<(StatusCode, Json<GrantView>), Failure> {
    desk.must_be_fresh()?;
    let (grantee, terms) = parse(&body, &desk.practice, desk.app.clock.now())?;
    let means = desk.means().await?;
    let event = desk.event_about(Verb::GrantCreated, id);
    let tools = desk.tools(&means);
    let (status, account, grant) = match desk.app.store.grant(&tools, id, &grantee, &terms, &event).await? {
        Granted::Created(account, grant) => (StatusCode::CREATED, account, grant),
        Granted::Changed(account, grant) => (StatusCode::OK, account, grant),
        Granted::Unchanged(account, grant) => {
            desk.record(&desk.event_about(Verb::PatientRead, id)).await?;
            (StatusCode::OK, account, grant)
        }
        Granted::NoPatient => return Err(Failure::NotFound),
        Granted::NoAccount => return Err(Failure::field("/account_id", "unknown_account")),
        Granted::Known => return Err(Failure::field(address_pointer(&body), "known_address")),
        Granted::ReasonMissing => return Err(Failure::field("/reason", "missing_member")),
        Granted::Shared => return Err(Failure::field(address_pointer(&body), "shared_contact")),
        Granted::NameMissing => return Err(Failure::field("/name", "missing_member")),
        Granted::NeverLive => return Err(Failure::field("/from", "after_the_end")),
        Granted::Full => return Err(Failure::field("", "too_many_grants")),
    };
    Ok((status, Json(GrantView::new(&account, grant))))
}

fn address_pointer(body: &NewGrant) -> &'static str {
    if body.email.is_some() { "/email" } else { "/phone" }
}

fn parse(body: &NewGrant, practice: &Practice, now: Timestamp) -> Result<(Grantee, Terms), Failure> {
    let mut fields = Fields::new();
    let name = fields.check("/name", body.name.as_deref().map(PersonName::parse).transpose()).flatten();
    let language =
        fields.check("/language", body.language.as_deref().map(Language::parse).transpose()).flatten();
    let grantee = match (&body.account_id, &body.email, &body.phone) {
        (Some(id), None, None) => fields.check("/account_id", AccountId::parse(id)).map(Grantee::Account),
        (None, Some(email), None) => fields
            .check("/email", ContactValue::email(email))
            .map(|contact| Grantee::At { contact, name, language }),
        (None, None, Some(phone)) => fields
            .check("/phone", ContactValue::phone(phone))
            .map(|contact| Grantee::At { contact, name, language }),
        _ => fields.check("", Err(Invalid::new("exactly_one_of_account_id_email_phone"))),
    };
    let relation = fields.check("/relation", body.relation.ok_or(Invalid::new("missing_member")));
    let from = fields.check("/from", body.from.as_deref().map(Timestamp::parse).transpose()).flatten();
    let until = fields.check("/until", body.until.as_deref().map(Timestamp::parse).transpose()).flatten();
    if until.is_some_and(|until| until <= now) {
        fields.add("/until", "in_the_past");
    }
    fields.done()?;
    let missing = || Failure::field("", "invalid_body");
    // What begins now has begun.
    let from = from.filter(|from| *from > now);
    let terms = Terms::under(practice, relation.ok_or_else(missing)?, from, until);
    let reason = body.reason.unwrap_or(Reason::Other);
    let way = NewWay {
        reason: reason.as_str(),
        opens_all: reason == Reason::IdSeen,
        is_said: body.reason.is_some(),
    };
    let terms = Terms { reason: Some(way), ..terms.map_err(|_| StoreError::Malformed("profile"))? };
    Ok((grantee.ok_or_else(missing)?, terms))
}

/// Ends what an account may do for a patient, and the account's sessions.
#[utoipa::path(delete, path = "/v1/patients/{id}/accounts/{account_id}", operation_id = "removePatientAccount",
    tag = "patients",
    params(("id" = String, Path, description = "pat_…"), ("account_id" = String, Path, description = "acc_…")),
    responses((status = 204), Refused, Unknown))]
pub(crate) async fn end_grant(
    desk: Desk<WritePatients>,
    PatientPath(patient): PatientPath,
    AccountPath(account): AccountPath,
) -> Result<StatusCode, Failure> {
    desk.must_be_fresh()?;
    let means = desk.means().await?;
    let event = desk.event_about(Verb::GrantRemoved, patient);
    let ended = desk.app.store.revoke(&desk.tools(&means), patient, account, &event).await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::NotFound) }
}
