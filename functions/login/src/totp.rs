//! The code generator of a member of staff: a second factor after a link, for those whose roles allow it.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{audit::Verb, channel::Factor, id::StaffId};
use http::{StatusCode, header, request::Parts};
use platform::{
    App,
    http::{Failure, Json as Body, Problem, cookie, edge::OwnOrigin},
    sealing::FieldSealer,
    store::{
        Store, Write, audit, flow,
        keys::{self, ItemKey},
        practice::Practice,
        rate::{Counted, CountedAll, Counter},
        session::{Holder, Session},
        staff::{Staff, needs_passkey},
        table::Change,
        totp::RecoveryCodes,
    },
};
use qrcode::{QrCode, render::svg};
use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis},
    guesses::Proof,
    passkeys::{Adder, Empty, Means, staff_basis, told},
    visitor::Visitor,
};

/// Bytes of a secret: what RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Steps of thirty seconds that a clock may be off, both ways.
const SKEW_STEPS: u16 = 1;

/// A code generator to be set up. The secret is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTotp {
    /// In base 32, to type.
    secret: String,
    /// To open in an app.
    otpauth_url: String,
    /// To scan.
    qr_svg: String,
}

/// A code of the new generator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTotp {
    #[schema(example = "123456")]
    totp: String,
}

/// For the day on which the generator is lost. Shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewRecoveryCodes {
    #[schema(example = json!(["abcd-ef01-2345-6789"]))]
    recovery_codes: Vec<String>,
}

/// What whoever is signed in can show.
#[derive(Serialize, ToSchema)]
pub(crate) struct Factors {
    /// How many passkeys.
    passkeys: usize,
    /// Whether there is a code generator.
    totp: bool,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
}

/// What is offered in place of a passkey.
pub(crate) enum Offered<'a> {
    /// The code that the generator shows.
    Code(&'a str),
    /// A recovery code.
    Recovery(&'a str),
}

fn internal<E>(_: E) -> Failure {
    Failure::Internal("a code generator cannot be made".into())
}

fn generator(secret: &str, address: &str, practice: &str) -> Result<Totp, Failure> {
    // A colon parts the two in the address that apps read.
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_skew(SKEW_STEPS)
        .with_secret(Secret::try_from_base32(secret).map_err(internal)?)
        .with_account_name(plain(address))
        .with_issuer(Some(plain(practice)))
        .build()
        .map_err(internal)
}

/// The step that a code belongs to, by our own clock.
fn step(app: &App, secret: &str, code: &str) -> Result<Option<u64>, Failure> {
    let digits: String = code.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let now = u64::try_from(app.clock.now().as_seconds()).map_err(internal)?;
    Ok(generator(secret, "-", "-")?.check(&digits, now))
}

/// What a right code or recovery code uses up, for the transaction that it pays for. Tries are counted before anything
/// is compared, and a right one is given back.
pub(crate) async fn prove(
    app: &App,
    practice: &Practice,
    sealer: &FieldSealer,
    staff: StaffId,
    offered: &Offered<'_>,
    trying: Option<Change>,
) -> Result<Proof, Failure> {
    let now = app.clock.now();
    let subject = staff.to_string();
    let rate = practice.policies.limits().totp_per_staff;
    let counter = Counter { practice: practice.id, scope: "totp-staff", subject: &subject, rate };
    let counters = [counter];
    let writes: Vec<_> = trying.into_iter().map(Write::Update).collect();
    let (counted, stored) =
        tokio::try_join!(app.store.count_all(&counters, &writes, now), app.store.totp(practice.id, staff))?;
    match counted {
        CountedAll::Within => {}
        CountedAll::Over { seconds, .. } => return Err(Failure::TooMany(seconds)),
        CountedAll::Refused(_) => return Err(Failure::SignInFailed),
    }
    let used = match stored.filter(|stored| stored.is_confirmed() && practice.policies.totp) {
        None => None,
        Some(stored) => match offered {
            Offered::Recovery(code) => stored.recover(code).map(|used| {
                let actor = Holder::Staff(staff).actor();
                let event = audit::event(&app.entropy, now, practice.id, actor, Verb::RecoveryCodeUsed);
                vec![used, audit::write(&event)]
            }),
            Offered::Code(code) => {
                let sealed = stored.sealed_secret.as_deref().unwrap_or_default();
                let secret = sealer.open_bytes(stored.key(), "sealed_secret", sealed)?;
                step(app, &secret, code)?.map(|step| vec![stored.used(step)])
            }
        },
    };
    let Some(beside) = used else {
        let actor = domain::audit::ActorId::System;
        let mut event = audit::event(&app.entropy, now, practice.id, actor, Verb::SignInFailed);
        event.object = Some(subject);
        app.store.record(&event).await?;
        return Err(Failure::SignInFailed);
    };
    Ok(Proof { beside, back: vec![Store::uncount(&counter, now)] })
}

/// The member of staff who may have a code generator.
async fn eligible(app: &App, adder: &Adder, means: &Means) -> Result<Staff, Failure> {
    let Holder::Staff(id) = adder.holder() else { return Err(Failure::Forbidden) };
    let staff = match adder {
        Adder::Enrolling(_, staff) => (**staff).clone(),
        Adder::SignedIn(_) => {
            let staff = app.store.staff(means.practice.id, id, &means.sealer).await?;
            staff.ok_or(Failure::Unauthenticated)?
        }
    };
    if means.practice.policies.totp && !staff.needs_passkey() { Ok(staff) } else { Err(Failure::Forbidden) }
}

/// Begins to set up a code generator. Not for those whose roles ask for a passkey.
#[utoipa::path(post, path = "/v1/totp", operation_id = "proposeTotp", tag = "sign-in",
    request_body = Empty,
    responses(
        (status = 200, body = NewTotp),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn propose_totp(
    State(app): State<App>,
    _: OwnOrigin,
    mut parts: Parts,
    Body(_): Body<Empty>,
) -> Result<Json<NewTotp>, Failure> {
    let (adder, means) = Adder::of(&app, &mut parts).await?;
    let staff = eligible(&app, &adder, &means).await?;
    let drawn: [u8; SECRET_BYTES] = app.entropy.bytes();
    let secret = Secret::from(drawn).to_base32();
    let key = keys::totp(means.practice.id, staff.id);
    let sealed = means.sealer.seal_bytes(&key, "sealed_pending", &secret);
    app.store.propose_totp(means.practice.id, staff.id, sealed, app.clock.now()).await?;
    let generator = generator(&secret, staff.email.expose(), &means.practice.profile.name)?;
    let otpauth_url = generator.to_url().map_err(internal)?;
    let code = QrCode::new(otpauth_url.as_bytes()).map_err(internal)?;
    let qr_svg = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(Json(NewTotp { secret, otpauth_url, qr_svg }))
}

/// Confirms the code generator with its first code. Where it is the first factor, this signs in.
#[utoipa::path(put, path = "/v1/totp", operation_id = "confirmTotp", tag = "sign-in",
    request_body = ConfirmTotp,
    responses(
        (status = 200, body = NewRecoveryCodes),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn confirm_totp(
    State(app): State<App>,
    _: OwnOrigin,
    mut parts: Parts,
    Body(body): Body<ConfirmTotp>,
) -> Result<Response, Failure> {
    let (adder, means) = Adder::of(&app, &mut parts).await?;
    let staff = eligible(&app, &adder, &means).await?;
    let (practice, now) = (means.practice.id, app.clock.now());
    let subject = staff.id.to_string();
    let rate = means.practice.policies.limits().totp_per_staff;
    let counter = Counter { practice, scope: "totp-staff", subject: &subject, rate };
    let (counted, stored) =
        tokio::try_join!(app.store.count(&counter, now), app.store.totp(practice, staff.id))?;
    if let Counted::Over(seconds) = counted {
        return Err(Failure::TooMany(seconds));
    }
    let stored = stored.ok_or(Failure::SignInFailed)?;
    let sealed = stored.pending(now).ok_or(Failure::SignInFailed)?;
    let secret = means.sealer.open_bytes(stored.key(), "sealed_pending", sealed)?;
    let step = step(&app, &secret, &body.totp)?.ok_or(Failure::SignInFailed)?;
    let codes = RecoveryCodes::new(&app.entropy);
    let sealed = means.sealer.seal_bytes(stored.key(), "sealed_secret", &secret);
    let event = adder.event(&app, Verb::TotpAdded, None);
    let browser = crate::browser(&parts.headers);
    let news = told(practice, staff.id, (Factor::Generator, browser), &event);
    let mut writes = vec![stored.confirm(sealed, step, &codes), audit::write(&event), news];
    let back = vec![Store::uncount(&counter, now)];
    let answer = Json(NewRecoveryCodes { recovery_codes: codes.shown });
    match adder {
        Adder::Enrolling(flow, staff) => {
            writes.push(Write::Update(flow::consume(practice, flow.id, now)));
            let baker = Baker { app: &app, sealer: &means.sealer };
            let basis = Basis { back, ..staff_basis(browser) };
            let fresh = baker.for_enrolled(practice, &staff, basis, writes).await?;
            let visitor = Visitor::of(&parts, &app.entropy, false);
            let (mut headers, _) = fresh.into_parts(&app, Vec::new(), &visitor).await?;
            headers.append(header::SET_COOKIE, cookie::clear(cookie::FLOW));
            Ok((headers, answer).into_response())
        }
        Adder::SignedIn(session) => {
            writes.push(still_signed_in(session.key()));
            writes.push(Write::Update(Staff::has_factor(practice, staff.id, now)));
            let done = app.store.transact_giving_back(&writes, back).await?;
            done.map_err(|_| Failure::SignInFailed)?;
            Ok(answer.into_response())
        }
    }
}

fn still_signed_in(key: ItemKey) -> Write {
    Write::Check(Change::new(key, "").when("attribute_exists(PK)"))
}

/// Which factors whoever is signed in has.
#[utoipa::path(get, path = "/v1/factors", operation_id = "getFactors", tag = "sign-in",
    responses(
        (status = 200, body = Factors),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_factors(State(app): State<App>, session: Session) -> Result<Json<Factors>, Failure> {
    session.must_be_full()?;
    let passkeys = app.store.passkeys(session.practice, session.holder);
    let totp = async {
        match session.holder {
            Holder::Staff(staff) => app.store.totp(session.practice, staff).await,
            Holder::Account(_) => Ok(None),
        }
    };
    let (passkeys, totp) = tokio::try_join!(passkeys, totp)?;
    let totp = totp.filter(|totp| totp.is_confirmed());
    Ok(Json(Factors {
        passkeys: passkeys.len(),
        recovery_codes_left: totp.as_ref().map_or(0, |totp| totp.recovery_left()),
        totp: totp.is_some(),
    }))
}

/// Removes the code generator with its recovery codes. Staff keep at least one way to sign in.
#[utoipa::path(delete, path = "/v1/totp", operation_id = "removeTotp", tag = "sign-in",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove_totp(State(app): State<App>, session: Session) -> Result<StatusCode, Failure> {
    let practice = app.known_practice(session.practice).await?;
    let now = app.clock.now();
    session.must_be_fresh(&practice.policies, now)?;
    let Holder::Staff(staff) = session.holder else { return Err(Failure::NotFound) };
    let (totp, passkeys) = tokio::try_join!(
        app.store.totp(practice.id, staff),
        app.store.passkeys(practice.id, session.holder)
    )?;
    let totp = totp.filter(|totp| totp.is_confirmed()).ok_or(Failure::NotFound)?;
    let other = passkeys.first().ok_or(Failure::Conflict)?;
    let event = session.event(&app.entropy, now, Verb::TotpRemoved);
    let writes = || vec![totp.end(), other.still_there(practice.id, session.holder), audit::write(&event)];
    let done = app.store.transact_patiently(writes).await?;
    done.map(|()| StatusCode::NO_CONTENT).map_err(|_| Failure::Conflict)
}

/// With what a member of staff may go on after a link; nothing means that they have nothing yet.
pub(crate) async fn methods(
    app: &App,
    practice: &Practice,
    staff: &Staff,
) -> Result<Vec<&'static str>, Failure> {
    if !staff.enrolled {
        return Ok(Vec::new());
    }
    let (passkeys, totp) = tokio::try_join!(
        app.store.passkeys(practice.id, Holder::Staff(staff.id)),
        app.store.totp(practice.id, staff.id)
    )?;
    let totp = totp.filter(|totp| totp.is_confirmed() && practice.policies.totp);
    let mut methods = Vec::new();
    if !passkeys.is_empty() {
        methods.push("passkey");
    }
    if let Some(totp) = totp.filter(|_| passkeys.is_empty() || !needs_passkey(&staff.roles)) {
        methods.push("totp");
        if totp.recovery_left() > 0 {
            methods.push("recovery_code");
        }
    }
    Ok(methods)
}
