//! Connecting a phone at the desk: staff have seen who holds it, and it scans a link.

use axum::Json;
use domain::{
    Invalid,
    audit::Verb,
    id::{AccountId, PatientId},
    sign_in::DEVICE_LINK_LIFE_SECONDS,
};
use http::StatusCode;
use platform::{
    http::{Failure, Fields, Json as Body},
    secrets,
    store::{
        StoreError, Write, audit,
        device_link::DeviceLink,
        session::{Holder, Relation},
        table::Table,
    },
};
use qrcode::{EcLevel, QrCode, render::svg};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{ConnectPhones, Desk, LinkPath, PatientPath, Right},
    member::given,
    refusals::{BadBody, Refused, Unknown},
};

/// Side of the square that the code is drawn in, in pixels at the least.
const QR_SIDE: u32 = 240;

/// Whose phone is to be connected.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeviceLink {
    /// The account of whoever holds the phone; the patient's own if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    account_id: Option<String>,
    /// That staff have seen an ID of that person: `true`.
    id_seen: Option<bool>,
}

/// A link that connects a phone, for one use.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceLinkView {
    /// By which `GET …/device-links/{link}` tells what became of it. It opens nothing.
    id: String,
    /// Where the phone has to go.
    url: String,
    /// The same as a picture for the phone's camera.
    qr_svg: String,
    /// How long it works.
    expires_in_seconds: i64,
}

/// Makes a link by which a phone signs in once and is remembered. Whoever scans it reads the messages, so staff who may
/// read them make it for a person whose ID they have seen, and show it to nobody else.
#[utoipa::path(post, path = "/v1/patients/{id}/device-links", operation_id = "makeDeviceLink", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    request_body = NewDeviceLink,
    responses((status = 201, body = DeviceLinkView), Refused, Unknown, BadBody))]
pub(crate) async fn make_device_link(
    desk: Desk<ConnectPhones>,
    PatientPath(patient): PatientPath,
    Body(body): Body<NewDeviceLink>,
) -> Result<(StatusCode, Json<DeviceLinkView>), Failure> {
    desk.must_be_fresh()?;
    let mut fields = Fields::new();
    let named = fields.check("/account_id", body.account_id.as_deref().map(AccountId::parse).transpose());
    let seen = if body.id_seen == Some(true) { Ok(()) } else { Err(Invalid::new("must_be_true")) };
    fields.check("/id_seen", seen);
    fields.done()?;
    let account = acting_account(&desk, patient, named.flatten()).await?;
    let Holder::Staff(staff) = desk.session.holder else { return Err(Failure::Forbidden) };
    let sealer = desk.app.sealer(&desk.practice).await?;
    if !desk.practice.policies.remember_devices {
        // No phone is connected then, but of somebody whom nothing else lets in.
        let patient = desk.app.store.patient(desk.practice.id, patient, &sealer).await?;
        if !patient.is_some_and(|patient| patient.only_my_devices) {
            return Err(Failure::Forbidden);
        }
    }
    let stored = desk.app.store.account(desk.practice.id, account, &sealer).await?;
    let epoch = stored.ok_or(StoreError::Contended)?.epoch;
    let token = secrets::random_link_token(&desk.app.entropy);
    let link = DeviceLink {
        practice: desk.practice.id,
        account,
        patient,
        epoch,
        staff,
        expires_at: desk.app.clock.now().plus_seconds(DEVICE_LINK_LIFE_SECONDS),
        used_at: None,
    };
    let mut event = desk.event_about(Verb::DeviceLinkMade, patient);
    event.object = Some(account.to_string());
    let id = secrets::hash(token.expose());
    let item = link.to_item(&id);
    let writes = || vec![Write::Create(Table::Chat, item.clone()), audit::write(&event)];
    desk.app.store.transact_patiently(writes).await?.map_err(|_| StoreError::Contended)?;
    let letterhead = desk.app.letterhead(&desk.practice).map_err(|_| StoreError::Malformed("profile"))?;
    let url = letterhead.device_link(&token);
    let view = DeviceLinkView { id, qr_svg: qr(&url)?, url, expires_in_seconds: DEVICE_LINK_LIFE_SECONDS };
    Ok((StatusCode::CREATED, Json(view)))
}

/// What became of a link.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceLinkState {
    /// `waiting`, `used` or `over`.
    state: &'static str,
}

/// What became of a link, for staff who wait beside the phone. It tells nothing of the patient, so asking every few
/// seconds is no look at the record.
#[utoipa::path(get, path = "/v1/patients/{id}/device-links/{link}", operation_id = "getDeviceLink", tag = "patients",
    params(("id" = String, Path, description = "pat_…"), ("link" = String, Path)),
    responses((status = 200, body = DeviceLinkState), Refused, Unknown))]
pub(crate) async fn device_link_state(
    desk: Desk<ConnectPhones>,
    PatientPath(patient): PatientPath,
    LinkPath(id): LinkPath,
) -> Result<Json<DeviceLinkState>, Failure> {
    let link = desk.app.store.device_link(&id).await?;
    let link = link.filter(|link| link.practice == desk.practice.id && link.patient == patient);
    let link = link.ok_or(Failure::NotFound)?;
    let state = match link.used_at {
        Some(_) => "used",
        None if link.is_live(desk.app.clock.now()) => "waiting",
        None => "over",
    };
    Ok(Json(DeviceLinkState { state }))
}

/// The account that is named, if it acts for the patient today; without a name the patient's own.
pub(crate) async fn acting_account<R: Right>(
    desk: &Desk<R>,
    patient: PatientId,
    named: Option<AccountId>,
) -> Result<AccountId, Failure> {
    let (store, practice) = (&desk.app.store, desk.practice.id);
    let sealer = desk.app.sealer(&desk.practice).await?;
    let (found, accounts) =
        tokio::try_join!(store.patient(practice, patient, &sealer), store.accounts_of(practice, patient))?;
    found.ok_or(Failure::NotFound)?;
    let now = desk.app.clock.now();
    let mut live = accounts.into_iter().filter(|(_, grant)| grant.is_live(now));
    if let Some(named) = named {
        let account = live.find(|(account, _)| *account == named).map(|(account, _)| account);
        return account.ok_or_else(|| Failure::field("/account_id", "unknown_account"));
    }
    let mut own = live.filter(|(_, grant)| grant.relation == Relation::Oneself);
    match (own.next(), own.next()) {
        (Some((only, _)), None) => Ok(only),
        _ => Err(Failure::field("/account_id", "missing_member")),
    }
}

/// A QR code for a screen that a hand may half cover.
fn qr(url: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M);
    let code = code.map_err(|error| Failure::Internal(error.into()))?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(QR_SIDE, QR_SIDE).build();
    // A part of a page, not a document of its own.
    Ok(drawn.split_once("?>").map_or(drawn.clone(), |(_, svg)| svg.to_owned()))
}
