//! Whose an address is, before somebody there is let in to a patient's messages.

use std::collections::BTreeSet;

use axum::Json;
use domain::{Invalid, audit::Verb, contact::ContactValue, sign_in::opens_by_date};
use futures_util::future::try_join_all;
use platform::{
    http::{Failure, Fields, Json as Body},
    store::session::Relation,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{Desk, PatientPath, WritePatients},
    member::given,
    refusals::{BadBody, Refused, Unknown},
};

/// An address.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressBody {
    /// An e-mail address; or else `phone`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// E.164.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    phone: Option<String>,
}

/// An account that is reached at an address.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundAccount {
    /// `acc_…`
    id: String,
    /// Whose account it is.
    name: String,
    /// For how many patients it acts.
    patients: usize,
    /// How it acts for this patient; `null` if it does not.
    #[schema(required = true, value_type = Option<String>)]
    relation: Option<Relation>,
}

/// Who is reached at an address.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundAccounts {
    items: Vec<FoundAccount>,
    /// Whether a birth date after codes to this address would still open something, with this patient behind it too.
    opens_by_date: bool,
}

/// Whose an address is. Nothing is changed: staff see whom they would let in.
#[utoipa::path(post, path = "/v1/patients/{id}/accounts/find", operation_id = "findPatientAccounts", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    request_body = AddressBody,
    responses((status = 200, body = FoundAccounts), Refused, Unknown, BadBody))]
pub(crate) async fn find_accounts(
    desk: Desk<WritePatients>,
    PatientPath(patient): PatientPath,
    Body(body): Body<AddressBody>,
) -> Result<Json<FoundAccounts>, Failure> {
    let address = parse(&body)?;
    let means = desk.means().await?;
    let (store, practice, now) = (&desk.app.store, desk.practice.id, desk.app.clock.now());
    let (known, point) = tokio::try_join!(
        store.patient(practice, patient, &means.sealer),
        store.find_contact(practice, &means.index_key, &address),
    )?;
    known.ok_or(Failure::NotFound)?;
    let ids = match point {
        Some(point) => store.accounts_at(practice, point).await?,
        None => Vec::new(),
    };
    let mut event = desk.event_about(Verb::PatientsSearched, patient);
    event.object = Some(ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        .filter(|shown| !shown.is_empty());
    let (accounts, grants, ()) = tokio::try_join!(
        async { store.accounts(practice, &ids, &means.sealer).await.map_err(Failure::from) },
        async {
            let of = ids.iter().map(|account| store.grants(practice, *account));
            try_join_all(of).await.map_err(Failure::from)
        },
        desk.record(&event),
    )?;
    let view = |account: &platform::store::account::Account| {
        let grants = ids.iter().zip(&grants).find(|(id, _)| **id == account.id).map(|(_, grants)| grants);
        let live = || grants.into_iter().flatten().filter(|grant| grant.is_live(now));
        FoundAccount {
            id: account.id.to_string(),
            name: account.name.expose().to_owned(),
            patients: live().count(),
            relation: live().find(|grant| grant.patient == patient).map(|grant| grant.relation),
        }
    };
    let behind = grants.iter().flatten().filter(|grant| grant.is_live(now)).map(|grant| grant.patient);
    let patients: BTreeSet<_> = behind.chain([patient]).collect();
    let items = accounts.iter().map(view).collect();
    Ok(Json(FoundAccounts { items, opens_by_date: opens_by_date(patients.len()) }))
}

fn parse(body: &AddressBody) -> Result<ContactValue, Failure> {
    let mut fields = Fields::new();
    let address = match (&body.email, &body.phone) {
        (Some(email), None) => fields.check("/email", ContactValue::email(email)),
        (None, Some(phone)) => fields.check("/phone", ContactValue::phone(phone)),
        _ => fields.check("", Err(Invalid::new("exactly_one_of_email_phone"))),
    };
    fields.done()?;
    address.ok_or_else(|| Failure::field("", "invalid_body"))
}
