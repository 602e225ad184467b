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
        flow::NewFlow,
        outbox,
        practice::Practice,
        rate::{Counted, Counter, SHARED_SHARDS},
        table::Table,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    count(&app, &practice, &contact::blind(&index_key, &address), &network).await?;

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
    let (flow, message) = (flow.to_item(&sealer), outbox::sign_in_item(practice.id, cookie.flow, 1, now));
    let writes =
        || vec![Write::Create(Table::Chat, flow.clone()), Write::Create(Table::Chat, message.clone())];
    app.store.transact_patiently(writes).await?.map_err(|_| StoreError::Contended)?;

    let value = cookie::set(cookie::FLOW, &cookie.expose(), Some(FLOW_LIFE_SECONDS));
    let answer = LinkAsked { code_length: CODE_DIGITS, expires_in_seconds: SECRET_LIFE_SECONDS };
    Ok((StatusCode::ACCEPTED, HeaderMap::from_iter([(header::SET_COOKIE, value)]), Json(answer)))
}

fn first_language(practice: &Practice) -> Language {
    let first = practice.profile.languages.first();
    first.and_then(|text| Language::parse(text).ok()).unwrap_or_else(Language::english)
}

/// The limits of asking: by address (known or not), by network, by practice. All are counted, whichever is over.
async fn count(app: &App, practice: &Practice, address: &str, network: &str) -> Result<(), Failure> {
    let limits = practice.policies.limits();
    let now = app.clock.now();
    let shard = app.entropy.below(u64::from(SHARED_SHARDS)).to_string();
    let counter = |scope, subject, rate| Counter { practice: practice.id, scope, subject, rate };
    let mut shared = limits.sends_per_practice;
    shared.count = shared.count.div_ceil(SHARED_SHARDS);
    let (by_address, by_network, by_practice) = (
        counter("send-address", address, limits.sends_per_address),
        counter("send-network", network, limits.sends_per_client),
        counter("send-practice", shard.as_str(), shared),
    );
    let (address, network, practice) = tokio::try_join!(
        app.store.count(&by_address, now),
        app.store.count(&by_network, now),
        app.store.count(&by_practice, now),
    )?;
    let longest = [address, network, practice].into_iter().filter_map(|counted| match counted {
        Counted::Within => None,
        Counted::Over(seconds) => Some(seconds),
    });
    longest.max().map_or(Ok(()), |seconds| Err(Failure::TooMany(seconds)))
}
