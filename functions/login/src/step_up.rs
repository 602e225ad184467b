//! Showing once more who holds a session: for acts that need it, and to open a locked screen. The session goes on under
//! a new secret.

use axum::{Json, extract::State, response::Response};
use domain::audit::Verb;
use http::request::Parts;
use platform::{
    App,
    http::{Failure, Json as Body, LockableSession, Problem},
    store::{
        ceremony::{Asked, Ceremony},
        session::{Holder, Session},
        staff::needs_passkey,
    },
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Shown},
    guesses::Proof,
    passkeys::{Empty, Means, PublicKeyOptions},
    second_factor,
    standing::standing,
    step_up_code::by_code,
    totp::{self, Offered},
    view::SessionView,
    visitor::Visitor,
    webauthn::{Assertion, RelyingParty},
};

/// A proof, exactly one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUp {
    /// `AuthenticationResponseJSON` of a passkey.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
    /// The code that the generator of a member of staff shows.
    #[schema(example = "123456")]
    totp: Option<String>,
    /// The code of a message.
    #[schema(example = "12345678")]
    code: Option<String>,
    /// Whether the answer shall hold the session token; for clients that are no browser.
    #[serde(default)]
    want_token: bool,
}

/// Asks the browser for a passkey, to step up or to unlock.
#[utoipa::path(post, path = "/v1/session/passkey-options", operation_id = "stepUpOptions", tag = "sign-in",
    request_body = Empty,
    responses(
        (status = 200, body = PublicKeyOptions),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn step_up_options(
    State(app): State<App>,
    LockableSession { session, .. }: LockableSession,
    Body(_): Body<Empty>,
) -> Result<Json<PublicKeyOptions>, Failure> {
    let question = RelyingParty::of(&app)?.ask()?;
    let asked = Asked::Session(session.key());
    if !app.store.keep_ceremony(&asked, Ceremony::Assert, &question.state, app.clock.now()).await? {
        return Err(Failure::Unauthenticated);
    }
    Ok(Json(PublicKeyOptions { public_key: question.options }))
}

/// Steps up, or unlocks: the session goes on full and fresh, under a new secret.
#[utoipa::path(post, path = "/v1/session/step-up", operation_id = "stepUp", tag = "sign-in",
    request_body = StepUp,
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn step_up(
    State(app): State<App>,
    LockableSession { session, locked }: LockableSession,
    parts: Parts,
    Body(body): Body<StepUp>,
) -> Result<Response, Failure> {
    let means = Means::of(&app, session.practice).await?;
    // Whoever they are is read while the proof is looked at.
    let whose = async |passkey| {
        let (practice, holder) = (session.practice, session.holder);
        let (whose, item) = standing(&app, &means.sealer, practice, holder, passkey).await?;
        Ok::<_, Failure>((whose.ok_or(Failure::SignInFailed)?, item))
    };
    let (proof, whose) = match (&body.passkey, &body.totp, &body.code) {
        (Some(passkey), None, None) => {
            let (asked, assertion) = (Asked::Session(session.key()), Assertion::parse(passkey));
            let theirs = assertion.filter(|assertion| {
                assertion.handle.practice == session.practice && assertion.handle.holder == session.holder
            });
            let key = theirs.as_ref().map(Assertion::key);
            // A signature cannot be guessed, and a desk of many unlocks many screens from one network: nothing is counted.
            let taken = async {
                app.store
                    .take_ceremony(&asked, Ceremony::Assert, app.clock.now())
                    .await
                    .map_err(Failure::from)
            };
            let (taken, (whose, item)) = tokio::try_join!(taken, whose(key))?;
            let ((state, _), assertion) = taken.zip(theirs).ok_or(Failure::SignInFailed)?;
            let (used, id) = second_factor::prove(&app, &state, &assertion, item).await?;
            ((Proof { beside: vec![used], back: Vec::new() }, Shown::Passkey(id)), whose)
        }
        (None, Some(code), None) => {
            let (proven, (whose, _)) =
                tokio::try_join!(by_generator(&app, &means, &session, code), whose(None))?;
            ((proven, Shown::Generator), whose)
        }
        (None, None, Some(code)) => {
            let (proven, (whose, _)) = tokio::try_join!(by_code(&app, &means, &session, code), whose(None))?;
            ((proven, Shown::Code), whose)
        }
        _ => return Err(Failure::field("", "one_proof")),
    };
    let verb = if locked { Verb::SessionUnlocked } else { Verb::SteppedUp };
    let baker = Baker { app: &app, sealer: &means.sealer };
    let visitor = Visitor::of(&parts, &app.entropy, body.want_token);
    let (fresh, known) = baker.renew(&session, whose, verb, proof, &visitor).await?;
    fresh.into_renewal(&app, known, &visitor).await
}

async fn by_generator(app: &App, means: &Means, session: &Session, code: &str) -> Result<Proof, Failure> {
    let Holder::Staff(staff) = session.holder else { return Err(Failure::SignInFailed) };
    if needs_passkey(&session.roles) {
        return Err(Failure::SignInFailed);
    }
    totp::prove(app, &means.practice, &means.sealer, staff, &Offered::Code(code), None).await
}
