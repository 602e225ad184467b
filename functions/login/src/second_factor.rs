//! The strong proofs of a sign-in: a passkey by itself, or after a link what else a member of staff has.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    audit::{ActorId, Event, Verb},
    id::{FlowId, PasskeyId, StaffId},
    language::Language,
    limits::CEREMONY_SECONDS,
    practice::Slug,
    session::SessionKind,
    sign_in::{Audience, FlowCookie},
    time::Timestamp,
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use platform::{
    App,
    http::{
        Failure, Fields, Json as Body, Problem, cookie,
        edge::{ClientNetwork, OwnOrigin},
    },
    sealing::FieldSealer,
    secrets,
    store::{
        Write, audit,
        ceremony::{Asked, Ceremony},
        flow::{self, Adds, Flow, FlowTry, PasskeyFlow, Try},
        item::Item,
        keys,
        passkey::Passkey,
        practice::Practice,
        rate::{Counted, Counter},
        session::{Found, Holder, Session},
        staff::Staff,
        table::Table,
    },
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis},
    guesses::Proof,
    passkeys::{PublicKeyOptions, staff_basis, strong},
    standing::{Standing, standing},
    totp::{self, Offered},
    view::{NextStep, SessionView},
    visitor::Visitor,
    webauthn::{Assertion, Refused, RelyingParty},
};

/// Who wants to sign in by a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskForPasskey {
    /// Short name of the practice.
    #[schema(example = "demo")]
    practice: String,
    /// `patient` (if left out) or `staff`.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<String>, example = "patient")]
    audience: Audience,
}

/// Asks the browser for a passkey of the portal. The answer is the same whoever asks.
#[utoipa::path(post, path = "/v1/sessions/passkey-options", operation_id = "signInOptions", tag = "sign-in",
    request_body = AskForPasskey,
    responses(
        (status = 200, body = PublicKeyOptions),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn sign_in_options(
    State(app): State<App>,
    _: OwnOrigin,
    ClientNetwork(network): ClientNetwork,
    headers: HeaderMap,
    Body(body): Body<AskForPasskey>,
) -> Result<Response, Failure> {
    let mut fields = Fields::new();
    let slug = fields.check("/practice", Slug::parse(&body.practice));
    fields.done()?;
    let slug = slug.ok_or_else(|| Failure::field("/practice", "invalid_slug"))?;
    let practice = app.practice_by_slug(&slug).await?;
    let practice = practice.ok_or_else(|| Failure::field("/practice", "unknown_practice"))?;
    let now = app.clock.now();
    count_asked(&app, &practice, &network, now).await?;
    let question = RelyingParty::of(&app)?.ask()?;

    // Whoever waits for a code, or has proven a link and may show another factor too, keeps that chance.
    if let Some(cookie) = flow_cookie(&headers).filter(|cookie| cookie.practice == practice.id) {
        let hash = secrets::hash(cookie.secret.expose());
        let flow = app.store.flow(cookie.practice, cookie.flow).await?;
        let same = flow.is_some_and(|flow| {
            flow.audience == body.audience && flow.is_of(&hash) && !flow.is_step_up && !flow.is_over(now)
        });
        if same && app.store.keep_ceremony(&asked(&cookie), Ceremony::Assert, &question.state, now).await? {
            return Ok(Json(PublicKeyOptions { public_key: question.options }).into_response());
        }
    }
    let secret = secrets::browser_secret(&app.entropy);
    let cookie = FlowCookie { practice: practice.id, flow: FlowId::new(now, app.entropy.id()), secret };
    let flow = PasskeyFlow {
        id: cookie.flow,
        practice: practice.id,
        audience: body.audience,
        secret_hash: secrets::hash(cookie.secret.expose()),
        browser: crate::browser(&headers).to_string(),
        language: Language::english(),
        at: now,
    };
    app.store.create(Table::Chat, flow.to_item(&question.state)).await?;
    let value = cookie::set(cookie::FLOW, &cookie.expose(), Some(CEREMONY_SECONDS));
    let cookie = HeaderMap::from_iter([(header::SET_COOKIE, value)]);
    Ok((cookie, Json(PublicKeyOptions { public_key: question.options })).into_response())
}

/// Counts a question, apart from what is offered as an answer: nobody who only asks keeps others from signing in.
async fn count_asked(app: &App, practice: &Practice, network: &str, now: Timestamp) -> Result<(), Failure> {
    let rate = practice.policies.limits().passkey_questions_per_client;
    let counter = Counter { practice: practice.id, scope: "passkey-network", subject: network, rate };
    match app.store.count(&counter, now).await? {
        Counted::Within => Ok(()),
        Counted::Over(seconds) => Err(Failure::TooMany(seconds)),
    }
}

/// A strong proof, exactly one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondFactor {
    /// `AuthenticationResponseJSON` of a passkey.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
    /// The code that the generator shows.
    #[schema(example = "123456")]
    totp: Option<String>,
    /// A recovery code.
    #[schema(example = "abcd-ef01-2345-6789")]
    recovery_code: Option<String>,
    /// Whether the answer shall hold the session token; for clients that are no browser.
    #[serde(default)]
    want_token: bool,
}

/// Signs in by a passkey, or after a link by what else a member of staff has. Every cause of refusal looks alike.
#[utoipa::path(post, path = "/v1/sessions/second-factor", operation_id = "secondFactor", tag = "sign-in",
    request_body = SecondFactor,
    responses(
        (status = 200, body = NextStep),
        (status = 201, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn second_factor(
    State(app): State<App>,
    _: OwnOrigin,
    parts: Parts,
    Body(body): Body<SecondFactor>,
) -> Result<Response, Failure> {
    let shown = match (&body.passkey, &body.totp, &body.recovery_code) {
        (Some(_), None, None) => None,
        (None, Some(code), None) => Some(Offered::Code(code)),
        (None, None, Some(code)) => Some(Offered::Recovery(code)),
        _ => return Err(Failure::field("", "one_proof")),
    };
    let cookie = flow_cookie(&parts.headers).ok_or(Failure::SignInFailed)?;
    let practice = app.practice(cookie.practice).await?.ok_or(Failure::SignInFailed)?;
    let request = Request {
        app: &app,
        sealer: app.sealer(&practice).await?,
        practice,
        cookie,
        visitor: Visitor::of(&parts, &app.entropy, body.want_token),
    };
    match (&body.passkey, shown) {
        (Some(passkey), _) => request.by_passkey(passkey).await,
        (None, Some(offered)) => request.by_generator(&offered).await,
        (None, None) => Err(Failure::SignInFailed),
    }
}

struct Request<'a> {
    app: &'a App,
    practice: Arc<Practice>,
    sealer: FieldSealer,
    cookie: FlowCookie,
    visitor: Visitor,
}

fn flow_cookie(headers: &HeaderMap) -> Option<FlowCookie> {
    cookie::get(headers, cookie::FLOW).and_then(|text| FlowCookie::parse(text).ok())
}

fn asked(cookie: &FlowCookie) -> Asked {
    Asked::Flow(keys::flow(cookie.practice, cookie.flow), secrets::hash(cookie.secret.expose()))
}

impl Request<'_> {
    async fn by_passkey(&self, passkey: &Value) -> Result<Response, Failure> {
        let (app, practice) = (self.app, self.practice.id);
        let now = app.clock.now();
        // A signature cannot be guessed: the question is counted, its one answer is not.
        let taken = app.store.take_ceremony(&asked(&self.cookie), Ceremony::Assert, now).await?;
        let (state, item) = taken.ok_or(Failure::SignInFailed)?;
        let flow = Flow::from_item(practice, self.cookie.flow, item)?;
        let assertion = Assertion::parse(passkey).ok_or(Failure::SignInFailed)?;
        let holder = assertion.handle.holder;
        let fits = match holder {
            Holder::Account(_) => flow.audience == Audience::Patient,
            Holder::Staff(_) => flow.audience == Audience::Staff,
        };
        if !fits || assertion.handle.practice != practice {
            return Err(Failure::SignInFailed);
        }
        let whose = standing(app, &self.sealer, practice, holder, Some(assertion.key()));
        let ((whose, item), replaced) = tokio::try_join!(
            async { whose.await.map_err(Failure::from) },
            replaced(app, &self.visitor, holder)
        )?;
        let (proven, passkey) = prove(app, &state, &assertion, item).await?;
        let mut beside = vec![Write::Update(flow::consume(practice, flow.id, now)), proven];
        beside.extend(replaced);
        let baker = Baker { app, sealer: &self.sealer };
        let browser = self.visitor.browser;
        match whose.ok_or(Failure::SignInFailed)? {
            Standing::Staff(staff) => {
                let basis = Basis { passkey: Some(passkey), ..staff_basis(browser) };
                let fresh = baker.for_staff(practice, &staff, basis, beside).await?;
                fresh.into_answer(app, Vec::new(), &self.visitor).await
            }
            Standing::Account(_, grants) if grants.is_empty() => Err(Failure::SignInFailed),
            Standing::Account(account, grants) => {
                let mark = Some(self.visitor.mark.hash());
                let basis = Basis { passkey: Some(passkey), mark, ..strong(SessionKind::Patient, browser) };
                let patients: Vec<_> = grants.iter().map(|grant| grant.patient).collect();
                let (fresh, known) =
                    tokio::try_join!(baker.for_account(practice, &account, grants, basis, beside), async {
                        app.store.patients(practice, &patients, &self.sealer).await.map_err(Failure::from)
                    })?;
                fresh.into_answer(app, known, &self.visitor).await
            }
        }
    }

    /// A code of the generator or a recovery code, after a link that was proven in this browser.
    async fn by_generator(&self, offered: &Offered<'_>) -> Result<Response, Failure> {
        let (app, practice) = (self.app, self.practice.id);
        let now = app.clock.now();
        let hash = secrets::hash(self.cookie.secret.expose());
        let most = self.practice.policies.limits().tries_per_flow;
        let attempt = FlowTry { practice, flow: self.cookie.flow, secret_hash: &hash, most };
        let flow = app.store.flow(practice, self.cookie.flow).await?;
        let flow = flow.filter(|flow| flow.is_of(&hash) && !flow.is_over(now));
        let flow = flow.ok_or(Failure::SignInFailed)?;
        let id = flow.proven_staff().ok_or(Failure::SignInFailed)?;
        let staff = self.staff(id).await?;
        // Both limits are theirs alone: in a waiting room full of patients nobody uses up the sign-in of staff.
        let trying = Some(attempt.counting(Try::Factor, now));
        let Proof { mut beside, back } =
            totp::prove(app, &self.practice, &self.sealer, id, offered, trying).await?;
        if staff.needs_passkey() {
            // Enough to add the passkey that their roles ask for, if they have none yet; not to sign in.
            let passkeys = app.store.passkeys(practice, Holder::Staff(id)).await?;
            if !passkeys.is_empty() {
                return Err(Failure::SignInFailed);
            }
            beside.push(Write::Update(flow::let_add(&flow, Adds::Passkey, now)));
            let done = app.store.transact_giving_back(&beside, back).await?;
            done.map_err(|_| Failure::SignInFailed)?;
            return Ok((StatusCode::OK, Json(NextStep::new("enrol"))).into_response());
        }
        beside.push(Write::Update(flow::consume(practice, flow.id, now)));
        beside.extend(replaced(app, &self.visitor, Holder::Staff(id)).await?);
        let baker = Baker { app, sealer: &self.sealer };
        let basis = Basis { back, ..staff_basis(self.visitor.browser) };
        let fresh = baker.for_staff(practice, &staff, basis, beside).await?;
        fresh.into_answer(app, Vec::new(), &self.visitor).await
    }

    async fn staff(&self, id: StaffId) -> Result<Staff, Failure> {
        let staff = self.app.store.staff(self.practice.id, id, &self.sealer).await?;
        staff.filter(|staff| staff.active).ok_or(Failure::SignInFailed)
    }
}

/// The use of the passkey that answered, for the transaction that it pays for. A refusal is an event where the passkey
/// is known; `stored` is its item.
pub(crate) async fn prove(
    app: &App,
    state: &[u8],
    assertion: &Assertion,
    stored: Option<Item>,
) -> Result<(Write, PasskeyId), Failure> {
    let handle = assertion.handle;
    let passkey = Passkey::from_item(&stored.ok_or(Failure::SignInFailed)?)?;
    let now = app.clock.now();
    match RelyingParty::of(app)?.verify(state, assertion, &passkey) {
        Ok(used) => {
            let (state, count) = (used.dynamic_state, used.sign_count);
            Ok((passkey.used(handle.practice, handle.holder, state, count, now), passkey.id))
        }
        Err(refused) => {
            let event = audit::event(&app.entropy, now, handle.practice, ActorId::System, Verb::SignInFailed);
            let object = match refused {
                Refused::CounterWentBack => format!("{},counter_went_back", passkey.id),
                Refused::Wrong => passkey.id.to_string(),
            };
            app.store.record(&Event { object: Some(object), ..event }).await?;
            Err(Failure::SignInFailed)
        }
    }
}

/// The end of the session that this browser still holds, locked or not: the new one takes its place.
pub(crate) async fn replaced(app: &App, visitor: &Visitor, by: Holder) -> Result<Vec<Write>, Failure> {
    let Some(token) = &visitor.session else { return Ok(Vec::new()) };
    let now = app.clock.now();
    let old: Session = match app.store.session_with(token, &[], now).await? {
        Found::Live(session, _) | Found::Locked(session) => *session,
        Found::Nothing => return Ok(Vec::new()),
    };
    let event = old.event(&app.entropy, now, Verb::SessionRevoked);
    let event = Event { object: Some(by.to_string()), ..event };
    Ok(vec![Write::Delete(Table::Chat, old.key()), audit::write(&event)])
}
