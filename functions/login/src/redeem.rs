//! The first proof: a link or a code.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    browser::Browser,
    sign_in::{Audience, Code, FlowCookie, LinkToken},
    time::Timestamp,
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use platform::{
    App,
    http::{
        Failure, Json as Body, Problem, cookie,
        edge::{ClientNetwork, OwnOrigin},
    },
    keys::Purpose,
    secrets::{self, SecretPurpose},
    store::{
        Write,
        flow::{self, Adds, Flow, FlowTry, LeadsTo, Try},
        practice::Practice,
        staff::Staff,
        table::Change,
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis},
    guesses::{Guesses, Offerer},
    notice,
    passkeys::staff_basis,
    remembered, totp,
    view::{NextStep, SessionView},
    visitor::Visitor,
};

/// A link or a code, exactly one of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeem {
    /// The token of a link, sign-in or notice.
    token: Option<String>,
    /// The code of a message.
    code: Option<String>,
    /// Whether the answer shall hold the session token; for clients that are no browser.
    #[serde(default)]
    want_token: bool,
}

/// Offers a link or code. Patients go on with the birth date; a notice link is answered alike whether it is real.
#[utoipa::path(post, path = "/v1/sessions", operation_id = "redeem", tag = "sign-in",
    request_body = Redeem,
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
pub(crate) async fn redeem(
    State(app): State<App>,
    _: OwnOrigin,
    ClientNetwork(network): ClientNetwork,
    parts: Parts,
    Body(body): Body<Redeem>,
) -> Result<Response, Failure> {
    let flow = cookie::get(&parts.headers, cookie::FLOW).and_then(|text| FlowCookie::parse(text).ok());
    let visitor = Visitor::of(&parts, &app.entropy, body.want_token);
    match (body.token, body.code) {
        (Some(token), None) => {
            let Ok(token) = LinkToken::parse(&token) else { return Ok(birth_date_next(Some(&visitor))) };
            if let Some(cookie) = &flow
                && let Some(first) = by_link(&app, cookie, &token).await?
            {
                return proven(&app, first, &visitor).await;
            }
            notice::open(&app, &parts, &token, &visitor).await
        }
        (None, Some(code)) => {
            let cookie = flow.ok_or(Failure::SignInFailed)?;
            let code = Code::parse(&code).map_err(|_| Failure::SignInFailed)?;
            let first = by_code(&app, &cookie, &network, &code, &visitor).await?;
            proven(&app, first.ok_or(Failure::SignInFailed)?, &visitor).await
        }
        _ => Err(Failure::field("", "token_or_code")),
    }
}

/// What comes next. Whoever opens a link of any kind gets the mark of this browser now, so that an answer that gets lost
/// after the birth date binds the link to a browser that still has it.
pub(crate) fn birth_date_next(visitor: Option<&Visitor>) -> Response {
    let mark = visitor.and_then(|visitor| visitor.mark.cookie());
    let headers: HeaderMap = mark.map(|value| (header::SET_COOKIE, value)).into_iter().collect();
    (StatusCode::OK, headers, Json(NextStep::new("birth_date"))).into_response()
}

/// A link or code that was right.
struct First {
    flow: Flow,
    /// The member of staff that it leads to.
    staff: Option<Staff>,
    /// What gives back what was counted for it.
    back: Vec<Change>,
}

/// The flow, if the link is of one of its messages and those are not too old. Nothing is counted: 128 bits are guessed by
/// nobody, and the link may be that of a notice, which leaves an attempt alone that this browser waits for.
async fn by_link(app: &App, cookie: &FlowCookie, token: &LinkToken) -> Result<Option<First>, Failure> {
    let Some(practice) = app.practice(cookie.practice).await? else { return Ok(None) };
    let now = app.clock.now();
    let hash = secrets::hash(cookie.secret.expose());
    let most = practice.policies.limits().tries_per_flow;
    let (flow, key) = tokio::try_join!(
        async { app.store.flow(practice.id, cookie.flow).await.map_err(Failure::from) },
        async { app.practice_key(&practice, Purpose::Link).await.map_err(Failure::from) }
    )?;
    let Some(flow) = flow else { return Ok(None) };
    let id = flow.id.to_string();
    let fits = flow.live_issues(now).into_iter().fold(false, |fits, issue| {
        let expected = secrets::link_token(&key, SecretPurpose::FlowLink, &id, issue);
        fits | secrets::equal(expected.expose(), token.expose())
    });
    // Too many wrong codes shut the link too.
    if !fits || !is_for_sign_in(&flow, &hash, now) || flow.tries >= most {
        return Ok(None);
    }
    let staff = staff_of(app, &practice, &flow).await?;
    Ok(Some(First { flow, staff, back: Vec::new() }))
}

/// Whether this browser began the flow, to sign in with, and it is not over.
fn is_for_sign_in(flow: &Flow, hash: &str, now: Timestamp) -> bool {
    flow.is_of(hash) && !flow.is_step_up && !flow.is_over(now)
}

/// The flow, if the code is of one of its messages and those are not too old. The try is counted before anything is compared;
/// without the cookie of the browser that asked nothing is counted at all.
async fn by_code(
    app: &App,
    cookie: &FlowCookie,
    network: &str,
    code: &Code,
    visitor: &Visitor,
) -> Result<Option<First>, Failure> {
    let Some(practice) = app.practice(cookie.practice).await? else { return Ok(None) };
    let now = app.clock.now();
    let hash = secrets::hash(cookie.secret.expose());
    let most = practice.policies.limits().tries_per_flow;
    let attempt = FlowTry { practice: practice.id, flow: cookie.flow, secret_hash: &hash, most };
    let trying = |audience| attempt.counting(Try::Code(audience), now);
    let who = Offerer::Browser { device: visitor.device.as_ref(), network };
    let guesses = Guesses { app, practice: &practice, who, now };
    // Most who come are patients: what they try is counted while it is read whose it is, and holds for nobody else.
    let (flow, counted) =
        tokio::join!(app.store.flow(practice.id, cookie.flow), guesses.one(trying(Audience::Patient)));
    // How many tries there were is for the count to say: what is read may hold this one already.
    let flow = flow?.filter(|flow| is_for_sign_in(flow, &hash, now));
    let (back, flow, staff) = match flow {
        None => return Ok(None),
        Some(flow) if flow.audience == Audience::Staff => {
            let guesses = Guesses { who: Offerer::Staff, ..guesses };
            let counting = guesses.one(trying(Audience::Staff));
            let (back, staff) = tokio::try_join!(counting, staff_of(app, &practice, &flow))?;
            (back, flow, staff)
        }
        Some(flow) => (counted?, flow, None),
    };
    let Some(back) = back else { return Ok(None) };
    let key = app.practice_key(&practice, Purpose::Link).await?;
    let id = flow.id.to_string();
    let fits = flow.live_issues(now).into_iter().fold(false, |fits, issue| {
        fits | secrets::equal(secrets::code(&key, &id, issue).expose(), code.expose())
    });
    Ok(fits.then_some(First { flow, staff, back }))
}

/// The member of staff that a flow leads to.
async fn staff_of(app: &App, practice: &Practice, flow: &Flow) -> Result<Option<Staff>, Failure> {
    let Some(LeadsTo::Staff(staff)) = flow.leads_to else { return Ok(None) };
    let sealer = app.sealer(practice).await?;
    Ok(app.store.staff(practice.id, staff, &sealer).await?.filter(|staff| staff.active))
}

/// What link or code has earned: patients the next question, staff a session where the practice allows that.
async fn proven(app: &App, first: First, visitor: &Visitor) -> Result<Response, Failure> {
    let First { flow, staff, back } = first;
    let now = app.clock.now();
    let practice = app.known_practice(flow.practice).await?;
    match (flow.audience, &flow.leads_to) {
        (Audience::Patient, Some(LeadsTo::Patients(candidates))) => {
            if let Some(answer) = remembered::by_flow(app, &flow, candidates, &back, visitor).await? {
                return Ok(answer);
            }
            if app.store.prove_flow(&flow, back, now).await? {
                Ok(birth_date_next(None))
            } else {
                Err(Failure::SignInFailed)
            }
        }
        (Audience::Staff, Some(LeadsTo::Staff(_))) => {
            let staff = staff.ok_or(Failure::SignInFailed)?;
            // A link alone opens nothing for whoever has a factor; whoever has none adds the first one with it.
            if staff.enrolled {
                let methods = totp::methods(app, &practice, &staff).await?;
                app.store.prove_flow(&flow, back, now).await?;
                let step = NextStep { next: "second_factor", methods: Some(methods) };
                return Ok((StatusCode::OK, Json(step)).into_response());
            }
            if !practice.policies.staff_link_sign_in {
                if !staff.is_invited(now) {
                    return Err(Failure::InvitationOver);
                }
                let adds = [Write::Update(flow::let_add(&flow, Adds::First, now))];
                app.store.transact_giving_back(&adds, back).await?.map_err(|_| Failure::SignInFailed)?;
                return Ok((StatusCode::OK, Json(NextStep::new("enrol"))).into_response());
            }
            let beside = vec![Write::Update(flow::consume(practice.id, flow.id, now))];
            let sealer = app.sealer(&practice).await?;
            let baker = Baker { app, sealer: &sealer };
            let basis = Basis { back, ..staff_basis(Browser::from_stored(&flow.browser)) };
            let fresh = baker.for_staff(practice.id, &staff, basis, beside).await?;
            fresh.into_answer(app, Vec::new(), visitor).await
        }
        _ => Err(Failure::SignInFailed),
    }
}
