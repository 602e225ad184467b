//! The second proof: the birth date. It also chooses the patient behind a shared address.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    audit::{ActorId, Verb},
    browser::Browser,
    id::{AccountId, ContactPointId, ConversationId, PatientId, PracticeId},
    person::{BirthDate, PersonName, fold},
    session::SessionKind,
    sign_in::{FlowCookie, LinkToken, PATIENTS_PER_CONTACT_MAX},
    time::Timestamp,
};
use http::{StatusCode, request::Parts};
use platform::{
    App,
    http::{
        Failure, Fields, Json as Body, Problem, cookie,
        edge::{ClientNetwork, OwnOrigin},
    },
    sealing::FieldSealer,
    secrets,
    store::{
        Store, StoreError, Write,
        account::Account,
        audit,
        flow::{self, FlowTry, LeadsTo},
        keys, notice_link,
        patient::Patient,
        practice::Practice,
        rate::{Counted, Counter},
        session::{Grant, Scope},
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis, token_wanted},
    redeem::count_redeem,
    view::{NextStep, SessionView},
};

/// A birth date, after a link or code or together with the token of a notice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    /// `YYYY-MM-DD`
    #[schema(example = "1985-03-14")]
    birth_date: String,
    /// The token of a notice link.
    token: Option<String>,
    /// Asked for where two people share address and birth date.
    first_name: Option<String>,
    /// Whether the answer shall hold the session token; for clients that are no browser.
    #[serde(default)]
    want_token: bool,
}

/// Proves who it is, and signs in. Every cause of refusal looks alike.
#[utoipa::path(post, path = "/v1/sessions/person", operation_id = "provePerson", tag = "sign-in",
    request_body = Person,
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
pub(crate) async fn prove_person(
    State(app): State<App>,
    _: OwnOrigin,
    ClientNetwork(network): ClientNetwork,
    parts: Parts,
    Body(body): Body<Person>,
) -> Result<Response, Failure> {
    let mut fields = Fields::new();
    let date = fields.check("/birth_date", BirthDate::parse(&body.birth_date));
    let first_name =
        body.first_name.as_deref().map(|text| fields.check("/first_name", PersonName::parse(text)));
    fields.done()?;
    let date = date.ok_or_else(|| Failure::field("/birth_date", "invalid_date"))?;
    let way = match &body.token {
        Some(token) => by_notice(&app, token, network).await?,
        None => by_flow(&app, &parts, &network).await?,
    };
    let way = way.ok_or(Failure::SignInFailed)?;
    let person = Asked {
        date,
        first_name: first_name.flatten(),
        with_token: token_wanted(&parts, body.want_token),
        browser: crate::browser(&parts.headers),
    };
    sign_in(&app, way, &person).await
}

struct Asked {
    date: BirthDate,
    first_name: Option<PersonName>,
    with_token: bool,
    browser: Browser,
}

/// The first proof, with its try counted.
struct Way {
    practice: std::sync::Arc<Practice>,
    contact: ContactPointId,
    candidates: Vec<(AccountId, PatientId)>,
    opens: Option<ConversationId>,
    /// What ends the first proof, as part of the session's transaction.
    end: platform::store::table::Change,
    /// The network that is still to be counted: the practice that counts it is known from the link only.
    uncounted_network: Option<String>,
}

/// A notice link, live and with tries left.
async fn by_notice(app: &App, token: &str, network: String) -> Result<Option<Way>, Failure> {
    let Ok(token) = LinkToken::parse(token) else { return Ok(None) };
    let now = app.clock.now();
    let hash = secrets::hash(token.expose());
    let most = domain::limits::Limits::STRICT.dates_per_flow;
    let Some(link) = app.store.try_notice_date(&hash, most).await? else { return Ok(None) };
    let practice = app.known_practice(link.practice).await?;
    if !link.is_live(now) {
        return Ok(None);
    }
    Ok(Some(Way {
        practice,
        contact: link.contact,
        candidates: link.candidates,
        opens: Some(link.conversation),
        end: notice_link::mark_used(&hash, now),
        uncounted_network: Some(network),
    }))
}

/// The flow of this browser, with link or code proven and tries left.
async fn by_flow(app: &App, parts: &Parts, network: &str) -> Result<Option<Way>, Failure> {
    let cookie = cookie::get(&parts.headers, cookie::FLOW).and_then(|text| FlowCookie::parse(text).ok());
    let Some(cookie) = cookie else { return Ok(None) };
    let Some(practice) = app.practice(cookie.practice).await? else { return Ok(None) };
    let now = app.clock.now();
    let hash = secrets::hash(cookie.secret.expose());
    let most = practice.policies.limits().dates_per_flow;
    let attempt = FlowTry { practice: practice.id, flow: cookie.flow, secret_hash: &hash, most };
    let (flow, ()) = tokio::try_join!(
        async { app.store.try_flow_date(&attempt, now).await.map_err(Failure::from) },
        count_redeem(app, &practice, network, now),
    )?;
    Ok(flow.and_then(|flow| match (flow.leads_to, flow.contact) {
        (Some(LeadsTo::Patients(candidates)), Some(contact)) => Some(Way {
            end: flow::consume(practice.id, flow.id, now),
            practice,
            contact,
            candidates,
            opens: None,
            uncounted_network: None,
        }),
        _ => None,
    }))
}

async fn sign_in(app: &App, way: Way, asked: &Asked) -> Result<Response, Failure> {
    let now = app.clock.now();
    let practice = &way.practice;
    let sealer = app.sealer(practice).await?;
    let subject = way.contact.to_string();
    let rate = practice.policies.limits().wrong_dates_per_contact;
    let counter = Counter { practice: practice.id, scope: "birth-date", subject: &subject, rate };
    let by_network = async {
        match &way.uncounted_network {
            Some(network) => count_redeem(app, practice, network, now).await,
            None => Ok(()),
        }
    };
    let (counted, people, ()) = tokio::try_join!(
        async { app.store.count(&counter, now).await.map_err(Failure::from) },
        async { people(app, practice.id, &way.candidates, &sealer, now).await.map_err(Failure::from) },
        by_network,
    )?;
    let fitting = people.fitting(asked);
    let too_shared = people.patients.len() > PATIENTS_PER_CONTACT_MAX;
    if counted != Counted::Within || too_shared || fitting.is_empty() {
        let mut event = audit::event(&app.entropy, now, practice.id, ActorId::System, Verb::SignInFailed);
        event.conversation = way.opens;
        event.object = Some(subject);
        app.store.record(&event).await?;
        return Err(Failure::SignInFailed);
    }
    let [account] = fitting[..] else {
        if asked.first_name.is_some() {
            return Err(Failure::SignInFailed);
        }
        // The date was right; only whose it is remains to be said.
        app.store.change(Store::uncount(&counter, now)).await?;
        return Ok((StatusCode::OK, Json(NextStep { next: "first_name" })).into_response());
    };
    let person = people.accounts.iter().find(|(a, _)| a.id == account).ok_or(Failure::SignInFailed)?;
    let beside = vec![Write::Update(way.end), Write::Update(Store::uncount(&counter, now))];
    let baker = Baker { app, sealer: &sealer };
    // A link and a birth date alone open the conversation that the link leads to; a code opens everything.
    let basis = Basis {
        kind: SessionKind::Patient,
        scope: Scope::Full,
        opens: way.opens,
        browser: asked.browser,
        device: None,
        fresh: way.opens.is_none(),
    };
    let fresh = baker.for_account(practice.id, &person.0, person.1.clone(), basis, beside).await?;
    fresh.into_answer(app, people.patients, asked.with_token).await
}

/// Everybody that a first proof may lead to, as they stand now.
struct People {
    accounts: Vec<(Account, Vec<Grant>)>,
    patients: Vec<Patient>,
    pairs: Vec<(AccountId, PatientId)>,
}

async fn people(
    app: &App,
    practice: PracticeId,
    candidates: &[(AccountId, PatientId)],
    sealer: &FieldSealer,
    now: Timestamp,
) -> Result<People, StoreError> {
    let mut accounts: Vec<AccountId> = candidates.iter().map(|(account, _)| *account).collect();
    accounts.sort();
    accounts.dedup();
    let mut patients: Vec<PatientId> = candidates.iter().map(|(_, patient)| *patient).collect();
    patients.sort();
    patients.dedup();
    let mut wanted: Vec<_> = accounts.iter().map(|id| keys::account(practice, *id)).collect();
    wanted.extend(patients.iter().map(|id| keys::patient(practice, *id)));
    let grants = accounts.iter().map(|id| app.store.grants(practice, *id));
    let (items, grants) =
        tokio::try_join!(app.store.get_many(&wanted), futures_util::future::try_join_all(grants))?;
    let (account_items, patient_items) = items.split_at(accounts.len());
    let mut people = People { accounts: Vec::new(), patients: Vec::new(), pairs: Vec::new() };
    for ((id, item), mut grants) in accounts.iter().zip(account_items).zip(grants) {
        if let Some(item) = item {
            grants.retain(|grant| grant.is_live(now));
            people.accounts.push((Account::from_item(*id, item, sealer)?, grants));
        }
    }
    for (id, item) in patients.iter().zip(patient_items) {
        if let Some(item) = item {
            people.patients.push(Patient::from_item(*id, item, sealer)?);
        }
    }
    // A pair counts only while its grant does.
    people.pairs = candidates
        .iter()
        .filter(|(account, patient)| {
            people
                .accounts
                .iter()
                .any(|(a, grants)| a.id == *account && grants.iter().any(|g| g.patient == *patient))
        })
        .copied()
        .collect();
    Ok(people)
}

impl People {
    /// The accounts that the birth date leads to, and where it fits several people, the first name too. Every
    /// patient is compared, so that the time does not tell which one fits.
    fn fitting(&self, asked: &Asked) -> Vec<AccountId> {
        let date = asked.date.expose();
        let mut fitting: Vec<(AccountId, &Patient)> = Vec::new();
        for (account, patient) in &self.pairs {
            let patient = self.patients.iter().find(|p| p.id == *patient);
            let fits = patient.is_some_and(|p| secrets::equal(&p.birth_date.expose(), &date));
            if let (true, Some(patient)) = (fits, patient) {
                fitting.push((*account, patient));
            }
        }
        if let Some(name) = &asked.first_name {
            let first = fold(name.first_word());
            fitting.retain(|(_, patient)| fold(patient.name.first_word()) == first);
        }
        let mut accounts: Vec<AccountId> = fitting.into_iter().map(|(account, _)| account).collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }
}
