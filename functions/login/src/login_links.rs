//! Asking for a sign-in message.

use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    contact::ContactValue,
    id::FlowId,
    language::Language,
    practice::Slug,
    sign_in::{Audience, CODE_DIGITS, FLOW_LIFE_SECONDS, FlowCookie, SECRET_LIFE_SECONDS},
};
use http::{HeaderMap, StatusCode, header};
use platform::{
    App,
    http::{
        Failure, Fields, Json as Body, Problem, cookie,
        edge::{ClientNetwork, OwnOrigin},
    },
    keys::Purpose,
    secrets,
    store::{
        StoreError, Write, contact,
        device::DeviceToken,
        flow::{self, Flow, NewFlow},
        outbox,
        practice::Practice,
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    sends::{Sender, Sends, Sent},
    visitor,
};

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskForLink {
    /// Short name of the practice.
    #[schema(example = "demo")]
    practice: String,
    /// `patient` (if left out) or `staff`.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<String>, example = "patient")]
    audience: Audience,
    /// E-mail address, or phone in E.164.
    #[schema(example = "maria@patients.test")]
    address: String,
    /// BCP 47 language of the page, for the message.
    language: Option<String>,
}

/// What happens now. The same for every address.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkAsked {
    /// Digits of the code.
    code_length: usize,
    /// Life of link and code, from when the message leaves.
    expires_in_seconds: i64,
}

const LINK_ASKED: LinkAsked = LinkAsked { code_length: CODE_DIGITS, expires_in_seconds: SECRET_LIFE_SECONDS };

/// Sends a sign-in message, if the address belongs to somebody. The answer never says whether it does.
#[utoipa::path(post, path = "/v1/login-links", operation_id = "askForLink", tag = "sign-in",
    request_body = AskForLink,
    responses(
        (status = 202, body = LinkAsked),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask_for_link(
    State(app): State<App>,
    _: OwnOrigin,
    ClientNetwork(network): ClientNetwork,
    headers: HeaderMap,
    Body(body): Body<AskForLink>,
) -> Result<impl IntoResponse, Failure> {
    let mut fields = Fields::new();
    let slug = fields.check("/practice", Slug::parse(&body.practice));
    let address = fields.check("/address", ContactValue::parse(&body.address));
    let language = body.language.as_deref().map(|text| fields.check("/language", Language::parse(text)));
    fields.done()?;
    let (Some(slug), Some(address)) = (slug, address) else { return Err(Failure::field("", "invalid")) };
    let practice = app.practice_by_slug(&slug).await?;
    let practice = practice.ok_or_else(|| Failure::field("/practice", "unknown_practice"))?;
    let language = language.flatten().unwrap_or_else(|| first_language(&practice));

    let (sealer, index_key) =
        tokio::try_join!(app.sealer(&practice), app.practice_key(&practice, Purpose::Index))?;
    let now = app.clock.now();
    let secret = secrets::browser_secret(&app.entropy);
    let cookie = FlowCookie { practice: practice.id, flow: FlowId::new(now, app.entropy.id()), secret };
    let flow = NewFlow {
        id: cookie.flow,
        practice: practice.id,
        audience: body.audience,
        address: &address,
        secret_hash: secrets::hash(cookie.secret.expose()),
        browser: crate::browser(&headers).to_string(),
        language,
        at: now,
    };
    let (blind, device) = (contact::blind(&index_key, &address), device_at(&headers, &practice));
    let message = outbox::sign_in_item(practice.id, cookie.flow, 1, now);
    let writes = [Write::Create(Table::Chat, flow.to_item(&sealer)), Write::Create(Table::Chat, message)];
    let sender = Sender::Browser { address: &blind, network: &network, device: device.as_ref() };
    // Nothing but a limit can be in the way of a new id.
    if (Sends { app: &app, practice: &practice, now }).count(&sender, &writes).await? == Sent::Refused {
        return Err(StoreError::Contended.into());
    }
    let value = cookie::set(cookie::FLOW, &cookie.expose(), Some(FLOW_LIFE_SECONDS));
    Ok((StatusCode::ACCEPTED, HeaderMap::from_iter([(header::SET_COOKIE, value)]), Json(LINK_ASKED)))
}

/// Nothing: everything is in the cookie.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskAgain {}

/// Sends one more message of the attempt that this browser began. The answer never says whether it began one.
#[utoipa::path(post, path = "/v1/login-links/again", operation_id = "askForLinkAgain", tag = "sign-in",
    request_body = AskAgain,
    responses(
        (status = 202, body = LinkAsked),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask_for_link_again(
    State(app): State<App>,
    _: OwnOrigin,
    ClientNetwork(network): ClientNetwork,
    headers: HeaderMap,
    Body(AskAgain {}): Body<AskAgain>,
) -> Result<impl IntoResponse, Failure> {
    if let Some(cookie) = cookie::get(&headers, cookie::FLOW).and_then(|text| FlowCookie::parse(text).ok()) {
        again(&app, &cookie, &network, &headers).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(LINK_ASKED)))
}

async fn again(app: &App, cookie: &FlowCookie, network: &str, headers: &HeaderMap) -> Result<(), Failure> {
    let now = app.clock.now();
    let Some(practice) = app.practice(cookie.practice).await? else { return Ok(()) };
    let hash = secrets::hash(cookie.secret.expose());
    let flow = app.store.flow(practice.id, cookie.flow).await?;
    let most = practice.policies.limits().tries_per_flow;
    // A message of an attempt whose tries are used up would open nothing: the page begins another.
    let takes_more = |flow: &Flow| {
        flow.is_of(&hash) && !flow.is_step_up && !flow.is_over(now) && flow.issues > 0 && flow.tries < most
    };
    let Some(flow) = flow.filter(takes_more) else { return Ok(()) };
    let (sealer, index_key) =
        tokio::try_join!(app.sealer(&practice), app.practice_key(&practice, Purpose::Index))?;
    let blind = contact::blind(&index_key, &flow.address(&sealer)?);
    let device = device_at(headers, &practice);
    let message = outbox::sign_in_item(practice.id, flow.id, flow.issues + 1, now);
    let writes = [Write::Update(flow::issue_again(&flow, &hash, now)), Write::Create(Table::Chat, message)];
    let sender = Sender::Browser { address: &blind, network, device: device.as_ref() };
    // The last of its messages is out, or somebody pressed twice: what was sent is all there is.
    Sends { app, practice: &practice, now }.count(&sender, &writes).await.map(drop)
}

fn device_at(headers: &HeaderMap, practice: &Practice) -> Option<DeviceToken> {
    visitor::device(headers).filter(|device| device.practice == practice.id)
}

fn first_language(practice: &Practice) -> Language {
    let first = practice.profile.languages.first();
    first.and_then(|text| Language::parse(text).ok()).unwrap_or_else(Language::english)
}
