//! The passkeys of whoever is signed in: adding one, seeing them, removing one. A member of staff without any factor
//! adds their first one with a proven link in place of a session.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Event, Verb},
    browser::Browser,
    channel::{Factor, WayIn},
    id::{PasskeyId, PracticeId, SessionId, StaffId},
    limits::PASSKEYS_MAX,
    session::SessionKind,
    sign_in::FlowCookie,
    time::Timestamp,
};
use http::{StatusCode, request::Parts};
use platform::{
    App,
    http::{BrowserView, Failure, Json as Body, Problem, cookie, edge::OwnOrigin, path_parameter},
    sealing::FieldSealer,
    secrets,
    store::{
        Write, audit,
        ceremony::{Asked, Ceremony},
        flow::{self, Adds, Flow},
        keys,
        outbox::{self, Subject},
        passkey::{Handle, Passkey},
        practice::Practice,
        session::{Holder, Session},
        staff::{Staff, needs_passkey},
        table::{Change, Table},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis},
    own_devices::must_open_everything,
    view::SessionView,
    visitor::Visitor,
    webauthn::{For, RelyingParty},
};

/// Longest name that somebody gives a passkey, in Unicode scalar values.
const LABEL_MAX_SCALARS: usize = 60;

/// What a page hands to the browser (Web Authentication, Level 3).
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicKeyOptions {
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    #[serde(rename = "publicKey")]
    #[schema(value_type = Object)]
    pub(crate) public_key: Value,
}

/// Nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// A passkey that was made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    /// `RegistrationResponseJSON`.
    #[schema(value_type = Object)]
    credential: Value,
    /// What its holder calls it.
    #[schema(max_length = 60)]
    name: Option<String>,
    /// Whether an answer with a session shall hold its token; for clients that are no browser.
    #[serde(default)]
    want_token: bool,
}

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyView {
    /// `pky_…`
    id: String,
    /// What its holder calls it.
    name: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// The browser it was made in.
    browser: BrowserView,
}

/// Passkeys, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyList {
    items: Vec<PasskeyView>,
    /// Always `null`: there are never more than one page holds.
    next_cursor: Option<String>,
}

/// What adding a passkey comes to: for staff whose first factor it is, the session that it opens.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "describes the two shapes of an answer")]
pub(crate) enum Added {
    /// Added to an account that is signed in.
    Passkey(PasskeyView),
    /// Signed in by it.
    Session(Box<SessionView>),
}

/// Whose factors a request may add to.
pub(crate) enum Adder {
    /// Whoever is signed in.
    SignedIn(Box<Session>),
    /// A member of staff who is signing in and has none that their roles allow.
    Enrolling(Box<Flow>, Box<Staff>),
}

impl Adder {
    /// The proven link of this browser comes first: whoever holds one is in the middle of signing in.
    pub(crate) async fn of(app: &App, parts: &mut Parts) -> Result<(Self, Means), Failure> {
        let now = app.clock.now();
        let flow = cookie::get(&parts.headers, cookie::FLOW).and_then(|text| FlowCookie::parse(text).ok());
        if let Some(cookie) = flow
            && let Some(flow) = app.store.flow(cookie.practice, cookie.flow).await?
            && let (Some(adds), Some(staff)) = (flow.adds, flow.proven_staff())
            && flow.is_of(&secrets::hash(cookie.secret.expose()))
            && !flow.is_over(now)
        {
            let means = Means::of(app, cookie.practice).await?;
            let staff = app.store.staff(cookie.practice, staff, &means.sealer).await?;
            // Whoever has added a first one meanwhile, with the same mail, ends the others' chance.
            let fits = |staff: &Staff| staff.active && (adds == Adds::Passkey || !staff.enrolled);
            if let Some(staff) = staff.filter(fits) {
                return Ok((Self::Enrolling(Box::new(flow), Box::new(staff)), means));
            }
        }
        let session = Session::from_request_parts(parts, app).await?;
        let means = Means::of(app, session.practice).await?;
        session.must_be_full()?;
        session.must_be_fresh(&means.practice.policies, now)?;
        must_open_everything(app, &means.sealer, &session).await?;
        Ok((Self::SignedIn(Box::new(session)), means))
    }

    pub(crate) fn holder(&self) -> Holder {
        match self {
            Self::SignedIn(session) => session.holder,
            Self::Enrolling(_, staff) => Holder::Staff(staff.id),
        }
    }

    fn sign_in(&self) -> Option<SessionId> {
        match self {
            Self::SignedIn(session) => Some(session.sign_in),
            Self::Enrolling(..) => None,
        }
    }

    fn asked(&self) -> Asked {
        match self {
            Self::SignedIn(session) => Asked::Session(session.key()),
            Self::Enrolling(flow, _) => {
                let hash = flow.item.optional_text("secret_hash").unwrap_or_default();
                Asked::Flow(keys::flow(flow.practice, flow.id), hash.to_owned())
            }
        }
    }

    fn name(&self, means: &Means) -> Result<String, Failure> {
        Ok(match self {
            Self::SignedIn(session) => {
                means.sealer.open_bytes(&session.key(), "sealed_name", &session.sealed_name)?
            }
            Self::Enrolling(_, staff) => staff.name.expose().to_owned(),
        })
    }

    pub(crate) fn event(&self, app: &App, verb: Verb, object: Option<String>) -> Event {
        let now = app.clock.now();
        let event = match self {
            Self::SignedIn(session) => session.event(&app.entropy, now, verb),
            Self::Enrolling(flow, _) => {
                audit::event(&app.entropy, now, flow.practice, self.holder().actor(), verb)
            }
        };
        Event { object, ..event }
    }
}

/// What adding a factor works with.
pub(crate) struct Means {
    pub(crate) practice: std::sync::Arc<Practice>,
    pub(crate) sealer: FieldSealer,
}

impl Means {
    pub(crate) async fn of(app: &App, practice: PracticeId) -> Result<Self, Failure> {
        let practice = app.known_practice(practice).await?;
        let sealer = app.sealer(&practice).await?;
        Ok(Self { practice, sealer })
    }
}

/// Asks the browser for a new passkey.
#[utoipa::path(post, path = "/v1/passkeys/options", operation_id = "passkeyOptions", tag = "sign-in",
    request_body = Empty,
    responses(
        (status = 200, body = PublicKeyOptions),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn passkey_options(
    State(app): State<App>,
    _: OwnOrigin,
    mut parts: Parts,
    Body(_): Body<Empty>,
) -> Result<Json<PublicKeyOptions>, Failure> {
    let (adder, means) = Adder::of(&app, &mut parts).await?;
    let practice = &means.practice;
    let known = app.store.passkeys(practice.id, adder.holder()).await?;
    if known.len() >= PASSKEYS_MAX {
        return Err(Failure::Conflict);
    }
    let handle = Handle { practice: practice.id, holder: adder.holder() };
    let name = adder.name(&means)?;
    let person = For { handle, name: &name, practice: &practice.profile.name };
    let question = RelyingParty::of(&app)?.register(&person, &known)?;
    let now = app.clock.now();
    if !app.store.keep_ceremony(&adder.asked(), Ceremony::Register, &question.state, now).await? {
        return Err(Failure::Unauthenticated);
    }
    Ok(Json(PublicKeyOptions { public_key: question.options }))
}

/// Adds a passkey. Where it is the first factor of a member of staff, it signs them in.
#[utoipa::path(post, path = "/v1/passkeys", operation_id = "addPasskey", tag = "sign-in",
    request_body = NewPasskey,
    responses(
        (status = 201, body = Added),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn add_passkey(
    State(app): State<App>,
    _: OwnOrigin,
    mut parts: Parts,
    Body(body): Body<NewPasskey>,
) -> Result<Response, Failure> {
    let label = body.name.as_deref().map(label).transpose()?;
    let (adder, means) = Adder::of(&app, &mut parts).await?;
    let now = app.clock.now();
    let asked = adder.asked();
    // An answer cannot be guessed: the question was its holder's, and it has one.
    let taken = app.store.take_ceremony(&asked, Ceremony::Register, now).await?;
    let (state, _) = taken.ok_or(Failure::SignInFailed)?;
    let key = RelyingParty::of(&app)?.registered(&state, &body.credential).ok_or(Failure::SignInFailed)?;
    let (practice, holder) = (means.practice.id, adder.holder());
    // Several sessions may have asked while there was room for one more.
    if app.store.passkeys(practice, holder).await?.len() >= PASSKEYS_MAX {
        return Err(Failure::Conflict);
    }
    let browser = crate::browser(&parts.headers);
    let mut passkey = Passkey {
        id: PasskeyId::new(now, app.entropy.id()),
        credential_id: key.credential_id,
        static_state: key.static_state,
        dynamic_state: key.dynamic_state,
        transports: key.transports,
        sign_count: key.sign_count,
        browser,
        sign_in: adder.sign_in(),
        created_at: now,
        last_used_at: None,
        sealed_label: None,
    };
    let item_key = passkey.key(practice, holder);
    passkey.sealed_label =
        label.as_ref().map(|text| means.sealer.seal_bytes(&item_key, "sealed_label", text));
    let event = adder.event(&app, Verb::PasskeyAdded, Some(passkey.id.to_string()));
    let mut writes =
        vec![Write::Create(Table::Chat, passkey.to_item(practice, holder)), audit::write(&event)];
    match adder {
        Adder::Enrolling(flow, staff) => {
            writes.push(Write::Update(flow::consume(practice, flow.id, now)));
            writes.push(told(practice, staff.id, (Factor::Passkey, browser), &event));
            let baker = Baker { app: &app, sealer: &means.sealer };
            let basis = staff_basis(browser);
            let fresh = if staff.enrolled {
                baker.for_staff(practice, &staff, basis, writes).await?
            } else {
                baker.for_enrolled(practice, &staff, basis, writes).await?
            };
            let visitor = Visitor::of(&parts, &app.entropy, body.want_token);
            fresh.into_answer(&app, Vec::new(), &visitor).await
        }
        Adder::SignedIn(session) => {
            writes.push(Write::Check(Change::new(session.key(), "").when("attribute_exists(PK)")));
            match holder {
                Holder::Staff(id) => {
                    writes.push(Write::Update(Staff::has_factor(practice, id, now)));
                    writes.push(told(practice, id, (Factor::Passkey, browser), &event));
                }
                Holder::Account(account) => {
                    let (way, sign_in) = (WayIn::Passkey, session.sign_in);
                    let subject = Subject::WayInAdded { account, way, browser, sign_in };
                    let news = outbox::passing_item(practice, &passkey.id.to_string(), &subject, now);
                    writes.push(Write::Create(Table::Chat, news));
                }
            }
            let done = app.store.transact_patiently(|| writes.clone()).await?;
            done.map_err(|_| Failure::Conflict)?;
            Ok((StatusCode::CREATED, Json(view(practice, holder, &passkey, &means.sealer)?)).into_response())
        }
    }
}

/// That a member of staff is told of a factor that they got.
pub(crate) fn told(
    practice: PracticeId,
    staff: StaffId,
    (factor, browser): (Factor, Browser),
    event: &Event,
) -> Write {
    let subject = Subject::FactorAdded { staff, factor, browser };
    Write::Create(Table::Chat, outbox::passing_item(practice, &event.id.to_string(), &subject, event.at))
}

/// A staff session by a strong proof.
pub(crate) const fn staff_basis(browser: Browser) -> Basis {
    strong(SessionKind::Staff, browser)
}

/// A session by a strong proof: it opens everything, and is fresh.
pub(crate) const fn strong(kind: SessionKind, browser: Browser) -> Basis {
    let mut basis = Basis::new(kind, browser);
    basis.fresh = true;
    basis
}

fn label(text: &str) -> Result<String, Failure> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=LABEL_MAX_SCALARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text) } else { Err(Failure::field("/name", "invalid_name")) }
}

fn view(
    practice: PracticeId,
    holder: Holder,
    passkey: &Passkey,
    sealer: &FieldSealer,
) -> Result<PasskeyView, Failure> {
    let key = passkey.key(practice, holder);
    let name = passkey
        .sealed_label
        .as_ref()
        .map(|sealed| sealer.open_bytes(&key, "sealed_label", sealed))
        .transpose()?;
    Ok(PasskeyView {
        id: passkey.id.to_string(),
        name,
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
        browser: passkey.browser.into(),
    })
}

/// The passkeys of whoever is signed in.
#[utoipa::path(get, path = "/v1/passkeys", operation_id = "listPasskeys", tag = "sign-in",
    responses(
        (status = 200, body = PasskeyList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_passkeys(
    State(app): State<App>,
    session: Session,
) -> Result<Json<PasskeyList>, Failure> {
    session.must_be_full()?;
    let means = Means::of(&app, session.practice).await?;
    let passkeys = app.store.passkeys(session.practice, session.holder).await?;
    let items = passkeys
        .iter()
        .map(|passkey| view(session.practice, session.holder, passkey, &means.sealer))
        .collect::<Result<_, _>>()?;
    Ok(Json(PasskeyList { items, next_cursor: None }))
}

/// The passkey of the path.
pub(crate) struct PasskeyPath(PasskeyId);

impl FromRequestParts<App> for PasskeyPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        path_parameter(parts, "id", PasskeyId::parse).await.map(Self)
    }
}

/// Removes a passkey. Staff keep at least one way to sign in.
#[utoipa::path(delete, path = "/v1/passkeys/{id}", operation_id = "removePasskey", tag = "sign-in",
    params(("id" = String, Path, description = "`pky_…`")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove_passkey(
    State(app): State<App>,
    session: Session,
    PasskeyPath(id): PasskeyPath,
) -> Result<StatusCode, Failure> {
    let practice = app.known_practice(session.practice).await?;
    let now = app.clock.now();
    session.must_be_full()?;
    session.must_be_fresh(&practice.policies, now)?;
    let passkeys = app.store.passkeys(practice.id, session.holder).await?;
    let (mut gone, others): (Vec<_>, Vec<_>) = passkeys.into_iter().partition(|passkey| passkey.id == id);
    let passkey = gone.pop().ok_or(Failure::NotFound)?;
    let mut writes = vec![passkey.end(practice.id, session.holder)];
    if let Holder::Staff(staff) = session.holder {
        // Of two factors that are removed at the same time one stays.
        writes.push(match others.first() {
            Some(other) => other.still_there(practice.id, session.holder),
            None if needs_passkey(&session.roles) || !practice.policies.totp => {
                return Err(Failure::Conflict);
            }
            None => app.store.totp(practice.id, staff).await?.ok_or(Failure::Conflict)?.still_there(),
        });
    }
    let event = session.event(&app.entropy, now, Verb::PasskeyRemoved);
    writes.push(audit::write(&Event { object: Some(id.to_string()), ..event }));
    let done = app.store.transact_patiently(|| writes.clone()).await?;
    done.map(|()| StatusCode::NO_CONTENT).map_err(|_| Failure::Conflict)
}
