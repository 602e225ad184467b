//! One more proof from somebody who is signed in: a code to another of their contacts.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Event, Verb},
    contact::{ContactKind, ContactValue},
    id::{ContactPointId, FlowId},
    sign_in::{Audience, CODE_DIGITS, Code, SECRET_LIFE_SECONDS},
    time::Timestamp,
};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Json as Body, LockableSession, Problem},
    keys::Purpose,
    sealing::FieldSealer,
    secrets,
    store::{
        Write,
        contact::ContactPoint,
        flow::{self, Flow, FlowTry, NewFlow, Try},
        item::string,
        outbox,
        practice::Practice,
        session::{Holder, Session},
        table::{Change, Table},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    guesses::{Guesses, Offerer, Proof},
    passkeys::Means,
    sends::{Sender, Sends, Sent},
};

/// Nothing: everything is in the session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskForCode {}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeAsked {
    /// Digits of the code.
    code_length: usize,
    /// Life of the code, from when the message leaves.
    expires_in_seconds: i64,
    /// Where it goes, for its owner to recognise.
    #[schema(example = "m***@p***.test")]
    sent_to: String,
}

/// Sends a code to somebody who is signed in, to a contact that they did not sign in by, if they have one.
#[utoipa::path(post, path = "/v1/session/step-up-codes", operation_id = "askForStepUpCode", tag = "sign-in",
    request_body = AskForCode,
    responses(
        (status = 202, body = CodeAsked),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask_for_step_up_code(
    State(app): State<App>,
    LockableSession { session, .. }: LockableSession,
    Body(AskForCode {}): Body<AskForCode>,
) -> Result<Response, Failure> {
    let practice = app.known_practice(session.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let address = address(&app, &session, &practice, &sealer).await?;
    // Where every contact is gone, only the desk can help.
    let address = address.ok_or(Failure::Conflict)?;
    let asking = Asking { app: &app, session: &session, practice: &practice, now: app.clock.now() };
    if !asking.again(&sealer, &address).await? {
        asking.anew(&sealer, &address).await?;
    }
    let answer = CodeAsked {
        code_length: CODE_DIGITS,
        expires_in_seconds: SECRET_LIFE_SECONDS,
        sent_to: address.masked(),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// Where the code goes.
async fn address(
    app: &App,
    session: &Session,
    practice: &Practice,
    sealer: &FieldSealer,
) -> Result<Option<ContactValue>, Failure> {
    match session.holder {
        Holder::Account(account) => {
            let account = app.store.account(practice.id, account, sealer).await?;
            let account = account.ok_or(Failure::Unauthenticated)?;
            // What was changed and not confirmed may be anybody's.
            let confirmed = app.store.confirmed_contacts(practice.id, &account).await?;
            let points = app.store.contact_points(practice.id, &confirmed, sealer).await?;
            let reachable = |point: &&ContactPoint| reaches(app, practice, &point.value);
            let points: Vec<_> = points.iter().filter(reachable).collect();
            Ok(choose(points, session.contact, app.clock.now()).map(|point| point.value.clone()))
        }
        // Everywhere else staff have a second factor, and a mail is none.
        Holder::Staff(staff) if practice.policies.staff_link_sign_in => {
            let staff = app.store.staff(practice.id, staff, sealer).await?;
            Ok(staff.map(|staff| staff.email))
        }
        Holder::Staff(_) => Err(Failure::Forbidden),
    }
}

/// Whether a code can go to an address at all: text messages may be off, or do not go there.
fn reaches(app: &App, practice: &Practice, to: &ContactValue) -> bool {
    match to.kind() {
        ContactKind::Email => true,
        ContactKind::Phone => app.sends_texts && practice.policies.sms_regions.contain(to),
    }
}

/// A contact that somebody has proved to read, that is not the one of the sign-in and that nothing speaks against; else the
/// one of the sign-in, which arrives for certain; else the one that least speaks against. Mail before text messages.
fn choose(
    mut points: Vec<&ContactPoint>,
    used: Option<ContactPointId>,
    now: Timestamp,
) -> Option<&ContactPoint> {
    points.sort_by_key(|point| point.value.kind() != ContactKind::Email);
    let against = |point: &&ContactPoint| {
        (point.failing().is_some(), point.doubt(now).is_some(), point.verified_at.is_none())
    };
    let other = points.iter().find(|point| Some(point.id) != used && against(point) == (false, false, false));
    let same = || points.iter().find(|point| Some(point.id) == used);
    other.or_else(same).or_else(|| points.iter().min_by_key(|point| against(point))).copied()
}

struct Asking<'a> {
    app: &'a App,
    session: &'a Session,
    practice: &'a Practice,
    now: Timestamp,
}

impl Asking<'_> {
    /// One more message of the attempt that the session has begun, while that can have one to the same address.
    async fn again(&self, sealer: &FieldSealer, address: &ContactValue) -> Result<bool, Failure> {
        let Some(id) = self.session.step_up else { return Ok(false) };
        let flow = self.app.store.flow(self.practice.id, id).await?;
        let most = self.practice.policies.limits().tries_per_flow;
        // A message of an attempt whose tries are used up would open nothing.
        let takes_more = |flow: &Flow| flow.is_step_up && !flow.is_over(self.now) && flow.tries < most;
        let Some(flow) = flow.filter(takes_more) else { return Ok(false) };
        if flow.address(sealer)? != *address {
            return Ok(false);
        }
        let message = outbox::sign_in_item(self.practice.id, flow.id, flow.issues + 1, self.now);
        let issue = flow::issue_again(&flow, &self.session.hash, self.now);
        self.send(&[Write::Update(issue), Write::Create(Table::Chat, message)]).await
    }

    async fn anew(&self, sealer: &FieldSealer, address: &ContactValue) -> Result<(), Failure> {
        let id = FlowId::new(self.now, self.app.entropy.id());
        let flow = NewFlow {
            id,
            practice: self.practice.id,
            audience: match self.session.holder {
                Holder::Account(_) => Audience::Patient,
                Holder::Staff(_) => Audience::Staff,
            },
            address,
            secret_hash: self.session.hash.clone(),
            browser: self.session.browser.to_string(),
            language: self.session.language.clone(),
            at: self.now,
        };
        let begun = Change::new(self.session.key(), "SET step_up = :flow")
            .when("attribute_exists(PK)")
            .value(":flow", string(id));
        let writes = [
            Write::Update(begun),
            Write::Create(Table::Chat, flow.to_step_up_item(sealer)),
            Write::Create(Table::Chat, outbox::sign_in_item(self.practice.id, id, 1, self.now)),
        ];
        // The session was ended meanwhile.
        if self.send(&writes).await? { Ok(()) } else { Err(Failure::Unauthenticated) }
    }

    async fn send(&self, writes: &[Write]) -> Result<bool, Failure> {
        let sends = Sends { app: self.app, practice: self.practice, now: self.now };
        Ok(sends.count(&Sender::Holder(self.session.holder), writes).await? == Sent::Begun)
    }
}

/// The end of the attempt, if the code is of one of its messages. The try is counted before anything is compared.
pub(crate) async fn by_code(
    app: &App,
    means: &Means,
    session: &Session,
    code: &str,
) -> Result<Proof, Failure> {
    let code = Code::parse(code).map_err(|_| Failure::SignInFailed)?;
    let id = session.step_up.ok_or(Failure::SignInFailed)?;
    let (practice, now) = (&means.practice, app.clock.now());
    let most = practice.policies.limits().tries_per_flow;
    let attempt = FlowTry { practice: practice.id, flow: id, secret_hash: &session.hash, most };
    // What is compared does not change by being tried: it is read beside the count.
    let guesses = Guesses { app, practice, who: Offerer::Holder(session.holder), now };
    let (flow, back) = tokio::try_join!(
        async { app.store.flow(practice.id, id).await.map_err(Failure::from) },
        guesses.one(attempt.counting(Try::StepUp, now)),
    )?;
    let (flow, back) = flow.zip(back).ok_or(Failure::SignInFailed)?;
    let key = app.practice_key(practice, Purpose::Link).await?;
    let fits = flow.live_issues(now).into_iter().fold(false, |fits, issue| {
        fits | secrets::equal(secrets::code(&key, &flow.id.to_string(), issue).expose(), code.expose())
    });
    if fits {
        Ok(Proof { beside: vec![Write::Update(flow::consume(practice.id, flow.id, now))], back })
    } else {
        let event = session.event(&app.entropy, now, Verb::SignInFailed);
        app.store.record(&Event { object: Some(flow.id.to_string()), ..event }).await?;
        Err(Failure::SignInFailed)
    }
}
