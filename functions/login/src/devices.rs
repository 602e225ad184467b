//! Remembered devices: a browser that its owner trusts skips the birth date. Nothing skips the link or code.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    audit::Verb,
    channel::WayIn,
    id::{AccountId, DeviceId, SessionId},
    limits::DEVICES_MAX,
    session::SessionKind,
    sign_in::{DEVICE_LIFE_SECONDS, LinkToken},
    time::Timestamp,
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use platform::{
    App,
    http::{BrowserView, Failure, Json as Body, Problem, cookie, edge::OwnOrigin, path_parameter},
    secrets,
    store::{
        Write, audit,
        device::{Device, DeviceToken},
        device_link,
        item::string,
        keys::ItemKey,
        outbox::{self, Subject},
        session::{Holder, Session, SessionToken},
        table::{Change, Table},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis},
    own_devices::{must_open_everything, opened_by_device},
    second_factor,
    view::SessionView,
    visitor::{self, Visitor},
};

/// Most sessions that end inside the transaction that forgets their device.
const MOST_SESSIONS: usize = 40;

/// Most devices that make room at once. An account has a few too many where several were remembered at the same moment.
const MOST_REPLACED: usize = 40;

/// A remembered device.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceView {
    /// `dev_…`
    id: String,
    /// The browser that is remembered.
    browser: BrowserView,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last stood in for a birth date.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it is forgotten.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

impl DeviceView {
    fn new(device: &Device, current: bool) -> Self {
        Self {
            id: device.id.to_string(),
            browser: device.browser.into(),
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            expires_at: device.expires_at,
            current,
        }
    }
}

/// Remembered devices, the one used last first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceList {
    items: Vec<DeviceView>,
    next_cursor: Option<String>,
}

/// What the person says of this device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remember {
    /// Whether others use it too. Then it cannot be remembered.
    shared: bool,
}

/// Remembers this browser for the account that is signed in.
#[utoipa::path(post, path = "/v1/devices", operation_id = "rememberDevice", tag = "sign-in",
    request_body = Remember,
    responses(
        (status = 201, body = DeviceView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remember_device(
    State(app): State<App>,
    session: Session,
    parts: Parts,
    Body(body): Body<Remember>,
) -> Result<Response, Failure> {
    let account = account_of(&session)?;
    let now = app.clock.now();
    let practice = app.known_practice(session.practice).await?;
    if !practice.policies.remember_devices {
        return Err(Failure::Forbidden);
    }
    session.must_be_full()?;
    if !session.is_fresh(now) {
        return Err(Failure::StepUpRequired);
    }
    if body.shared {
        return Err(Failure::field("/shared", "shared_device"));
    }
    let sealer = app.sealer(&practice).await?;
    must_open_everything(&app, &sealer, &session).await?;
    let devices = app.store.devices(session.practice, account, now).await?;
    let token = new_token(&app, &session, account);
    let id = DeviceId::new(now, app.entropy.id());
    let device = Device::new(id, crate::browser(&parts.headers), session.sign_in, now);
    let remembered = Change::new(session.key(), "SET session_kind = :kind, device = :device")
        .when("attribute_exists(PK)")
        .value(":kind", string(SessionKind::PatientRemembered.as_str()))
        .value(":device", string(device.id));
    let mut event = session.event(&app.entropy, now, Verb::DeviceRemembered);
    event.object = Some(device.id.to_string());
    let (browser, sign_in) = (device.browser, session.sign_in);
    let subject = Subject::WayInAdded { account, way: WayIn::Device, browser, sign_in };
    let news = outbox::passing_item(session.practice, &device.id.to_string(), &subject, now);
    let replaced = replaced(devices, visitor::device(&parts.headers).as_ref());
    let writes = || {
        let mut writes = vec![
            Write::Update(remembered.clone()),
            Write::Create(Table::Chat, device.to_item(&token.key())),
            audit::write(&event),
        ];
        writes.push(Write::Create(Table::Chat, news.clone()));
        writes.extend(replaced.iter().map(|key| Write::Delete(Table::Chat, key.clone())));
        writes
    };
    // The session was ended meanwhile.
    app.store.transact_patiently(writes).await?.map_err(|_| Failure::Unauthenticated)?;
    let mut headers = HeaderMap::new();
    for cookie in device_cookies(&token) {
        headers.append(header::SET_COOKIE, cookie);
    }
    headers.extend(lasting_session(&parts).map(|value| (header::SET_COOKIE, value)));
    Ok((StatusCode::CREATED, headers, Json(DeviceView::new(&device, true))).into_response())
}

fn account_of(session: &Session) -> Result<AccountId, Failure> {
    match session.holder {
        Holder::Account(account) => Ok(account),
        Holder::Staff(_) => Err(Failure::Forbidden),
    }
}

fn new_token(app: &App, session: &Session, account: AccountId) -> DeviceToken {
    DeviceToken { practice: session.practice, account, secret: secrets::browser_secret(&app.entropy) }
}

fn device_cookies(token: &DeviceToken) -> [HeaderValue; 2] {
    cookie::remember(&token.expose(), DEVICE_LIFE_SECONDS)
}

/// The cookie of the session, which now outlives the browser's own.
fn lasting_session(parts: &Parts) -> Option<HeaderValue> {
    let value = cookie::get(&parts.headers, cookie::SESSION)?;
    let token = SessionToken::parse(value).ok()?;
    let seconds = SessionKind::PatientRemembered.policy().absolute_seconds;
    Some(cookie::set(cookie::SESSION, &token.expose(), Some(seconds)))
}

/// Devices that a new one takes the place of: this browser's own, and the longest unused where there are too many. What is
/// more than one transaction takes goes with the next.
fn replaced(mut devices: Vec<(ItemKey, Device)>, own: Option<&DeviceToken>) -> Vec<ItemKey> {
    let own = own.map(DeviceToken::key);
    devices.sort_by_key(|(key, device)| (Some(key) != own.as_ref(), device.last_used_at));
    let too_many = (devices.len() + 1).saturating_sub(DEVICES_MAX);
    let mut keys = devices.into_iter().map(|(key, _)| key);
    let first = keys.next().into_iter().filter(|key| Some(key) == own.as_ref() || too_many > 0);
    first.chain(keys.take(too_many.saturating_sub(1))).take(MOST_REPLACED).collect()
}

/// The remembered devices of the account that is signed in.
#[utoipa::path(get, path = "/v1/devices", operation_id = "listDevices", tag = "sign-in",
    responses(
        (status = 200, body = DeviceList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_devices(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
) -> Result<Json<DeviceList>, Failure> {
    let account = account_of(&session)?;
    session.must_be_full()?;
    let mut devices = app.store.devices(session.practice, account, app.clock.now()).await?;
    devices.sort_by_key(|(_, device)| std::cmp::Reverse((device.last_used_at, device.id)));
    let own = visitor::device(&headers).map(|token| token.key());
    let is_current =
        |key: &ItemKey, device: &Device| Some(key) == own.as_ref() || session.device == Some(device.id);
    let items = devices.iter().map(|(key, device)| DeviceView::new(device, is_current(key, device)));
    Ok(Json(DeviceList { items: items.collect(), next_cursor: None }))
}

/// Forgets a device and ends the sessions that rest on it.
#[utoipa::path(delete, path = "/v1/devices/{id}", operation_id = "forgetDevice", tag = "sign-in",
    params(("id" = String, Path, description = "`dev_…`")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn forget_device(
    State(app): State<App>,
    session: Session,
    mut parts: Parts,
) -> Result<impl IntoResponse, Failure> {
    let account = account_of(&session)?;
    session.must_be_full()?;
    session.must_rest_on_confirmed()?;
    let id = path_parameter(&mut parts, "id", DeviceId::parse).await?;
    let now = app.clock.now();
    let devices = app.store.devices(session.practice, account, now).await?;
    let (key, device) = devices.into_iter().find(|(_, device)| device.id == id).ok_or(Failure::NotFound)?;
    let mut event = session.event(&app.entropy, now, Verb::DeviceForgotten);
    event.object = Some(device.id.to_string());
    let resting = async || {
        let sessions = app.store.sessions(session.practice, session.holder, now).await?;
        Ok::<_, Failure>(sessions.into_iter().filter(|one| one.device == Some(id)).collect::<Vec<_>>())
    };
    let sessions = resting().await?;
    let writes = || {
        let mut writes = vec![Write::End(Table::Chat, key.clone()), audit::write(&event)];
        let ends = sessions.iter().take(MOST_SESSIONS);
        writes.extend(ends.map(|one| Write::Delete(Table::Chat, one.key())));
        writes
    };
    app.store.transact_patiently(writes).await?.map_err(|_| Failure::NotFound)?;
    // A session that began meanwhile rests on a device that is gone; later ones cannot begin.
    for one in resting().await? {
        app.store.delete(&one.key()).await?;
    }
    let own = visitor::device(&parts.headers).is_some_and(|token| token.key() == key);
    let mut headers = HeaderMap::new();
    let gone = [(own, cookie::DEVICE), (own, cookie::KNOWN), (session.device == Some(id), cookie::SESSION)];
    for (gone, name) in gone {
        if gone {
            headers.append(header::SET_COOKIE, cookie::clear(name));
        }
    }
    Ok((StatusCode::NO_CONTENT, headers))
}

/// The token of a link that was made at the desk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemDeviceLink {
    /// From the link.
    token: String,
    /// Whether the answer shall hold the session token; for clients that are no browser.
    #[serde(default)]
    want_token: bool,
}

/// Connects the phone that scanned a link at the desk, where staff have seen who holds it: it is remembered and signed
/// in, once.
#[utoipa::path(post, path = "/v1/devices/redeem", operation_id = "redeemDeviceLink", tag = "sign-in",
    request_body = RedeemDeviceLink,
    responses(
        (status = 201, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn redeem_device_link(
    State(app): State<App>,
    _: OwnOrigin,
    parts: Parts,
    Body(body): Body<RedeemDeviceLink>,
) -> Result<Response, Failure> {
    let token = LinkToken::parse(&body.token).map_err(|_| Failure::SignInFailed)?;
    let visitor = Visitor::of(&parts, &app.entropy, body.want_token);
    let now = app.clock.now();
    let hash = secrets::hash(token.expose());
    let link = app.store.device_link(&hash).await?.ok_or(Failure::SignInFailed)?;
    let practice = app.known_practice(link.practice).await?;
    if !link.is_live(now) {
        return Err(Failure::SignInFailed);
    }
    let sealer = app.sealer(&practice).await?;
    let (account, grants, devices) = tokio::try_join!(
        app.store.account(practice.id, link.account, &sealer),
        app.store.grants(practice.id, link.account),
        app.store.devices(practice.id, link.account, now),
    )?;
    // Whoever was signed out everywhere since the link was made is not signed in by it.
    let account = account.filter(|account| account.epoch == link.epoch).ok_or(Failure::SignInFailed)?;
    let grants: Vec<_> = grants.into_iter().filter(|grant| grant.is_live(now)).collect();
    let grants = opened_by_device(&app, &practice, &sealer, grants).await?;
    if !grants.iter().any(|grant| grant.patient == link.patient) {
        return Err(Failure::SignInFailed);
    }
    let secret = secrets::browser_secret(&app.entropy);
    let device_token = DeviceToken { practice: practice.id, account: account.id, secret };
    let sign_in = SessionId::new(now, app.entropy.id());
    let device = Device::new(DeviceId::new(now, app.entropy.id()), visitor.browser, sign_in, now);
    let actor = Holder::Account(account.id).actor();
    let mut event = audit::event(&app.entropy, now, practice.id, actor, Verb::DeviceRemembered);
    event.patient = Some(link.patient);
    event.object = Some(device.id.to_string());
    let mut beside = vec![
        Write::Update(device_link::mark_used(&hash, now)),
        Write::Create(Table::Chat, device.to_item(&device_token.key())),
        audit::write(&event),
    ];
    beside.extend(second_factor::replaced(&app, &visitor, Holder::Account(account.id)).await?);
    let replaced = replaced(devices, visitor.device.as_ref());
    beside.extend(replaced.into_iter().map(|key| Write::Delete(Table::Chat, key)));
    let basis = Basis {
        id: Some(sign_in),
        patient: Some(link.patient),
        device: Some(device.id),
        fresh: true,
        mark: Some(visitor.mark.hash()),
        always_told: true,
        ..Basis::new(SessionKind::PatientRemembered, visitor.browser)
    };
    let baker = Baker { app: &app, sealer: &sealer };
    let fresh = baker.for_account(practice.id, &account, grants, basis, beside).await?;
    let mut answer = fresh.into_answer(&app, Vec::new(), &visitor).await?;
    for cookie in device_cookies(&device_token) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}
