//! The second proof: the birth date. It also chooses the patient behind a shared address.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    audit::{ActorId, Verb},
    id::{AccountId, ContactPointId, ConversationId, PatientId},
    person::{BirthDate, PersonName, Slip},
    session::SessionKind,
    sign_in::{FlowCookie, LinkToken, opens_by_date},
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
        StoreError, Write, audit, contact,
        flow::{self, Flow, FlowTry, LeadsTo, Try},
        keys,
        note::Occurrence,
        notice_link,
        practice::Practice,
        session::{Holder, Scope},
        table::{Change, Table},
        tries::{self, DateTry, Miss, WrongDate},
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    bake::{Baker, Basis},
    guesses::{Counted, Guesses, Offerer},
    people::{People, Typed, distinct, people},
    second_factor::replaced,
    view::{NextStep, SessionView},
    visitor::Visitor,
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

/// Proves who it is, and signs in. Every cause of refusal looks alike. A browser that opened a notice and did not keep the
/// cookie of that step is told so (400 `cookies-needed`), whatever the token.
#[utoipa::path(post, path = "/v1/sessions/person", operation_id = "provePerson", tag = "sign-in",
    request_body = Person,
    responses(
        (status = 200, body = NextStep),
        (status = 201, body = SessionView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
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
    let visitor = Visitor::of(&parts, &app.entropy, body.want_token);
    // The link alone came first, and its answer set the mark. Bound to a browser that has lost it, the link would open in no
    // browser any more; so nothing is looked at, whatever the token is.
    if body.token.is_some() && visitor.keeps_no_cookies {
        return Err(Failure::CookiesNeeded);
    }
    let way = match &body.token {
        Some(token) => by_notice(&app, token, &visitor).await?,
        None => by_flow(&app, &parts).await?,
    };
    let way = way.ok_or(Failure::SignInFailed)?;
    let typed = Typed { date, first_name: first_name.flatten() };
    Attempt { app: &app, way, typed, network: &network, visitor: &visitor }.decide().await
}

/// The first proof.
struct Way {
    practice: Arc<Practice>,
    contact: ContactPointId,
    candidates: Vec<(AccountId, PatientId)>,
    /// The notice that it came by.
    notice: Option<Notice>,
    /// What counts a try, together with every other limit.
    trying: Change,
    /// What ends the first proof, as part of the session's transaction.
    end: Change,
}

/// A notice link as a way in.
struct Notice {
    conversation: ConversationId,
    patient: PatientId,
    outbox: String,
    /// Whether it is another browser's. Then it is refused as a wrong date is, with the same calls.
    is_foreign: bool,
}

/// A live notice link.
async fn by_notice(app: &App, token: &str, visitor: &Visitor) -> Result<Option<Way>, Failure> {
    let Ok(token) = LinkToken::parse(token) else { return Ok(None) };
    let now = app.clock.now();
    let hash = secrets::hash(token.expose());
    let link = app.store.notice_link(&hash).await?.filter(|link| link.is_live(now));
    let Some(link) = link else { return Ok(None) };
    let practice = app.known_practice(link.practice).await?;
    let browser = visitor.mark.hash();
    let is_foreign = !link.is_open_in(&browser);
    let most = practice.policies.limits().dates_per_flow;
    Ok(Some(Way {
        practice,
        contact: link.contact,
        trying: notice_link::trying(&hash, is_foreign, most),
        notice: Some(Notice {
            conversation: link.conversation,
            patient: link.patient,
            outbox: link.outbox.clone(),
            is_foreign,
        }),
        candidates: link.candidates,
        end: notice_link::bind(&hash, &browser, now),
    }))
}

/// The flow of this browser, with link or code proven.
async fn by_flow(app: &App, parts: &Parts) -> Result<Option<Way>, Failure> {
    let cookie = cookie::get(&parts.headers, cookie::FLOW).and_then(|text| FlowCookie::parse(text).ok());
    let Some(cookie) = cookie else { return Ok(None) };
    let Some(practice) = app.practice(cookie.practice).await? else { return Ok(None) };
    let now = app.clock.now();
    let hash = secrets::hash(cookie.secret.expose());
    let most = practice.policies.limits().dates_per_flow;
    let attempt = FlowTry { practice: practice.id, flow: cookie.flow, secret_hash: &hash, most };
    // Where there is none, nothing is compared and nothing counted.
    let is_proven = |flow: &Flow| flow.is_of(&hash) && !flow.is_over(now) && flow.proven_at.is_some();
    let flow = app.store.flow(practice.id, cookie.flow).await?.filter(is_proven);
    let Some(flow) = flow else { return Ok(None) };
    Ok(match (flow.leads_to, flow.contact) {
        (Some(LeadsTo::Patients(candidates)), Some(contact)) => Some(Way {
            end: flow::consume(practice.id, flow.id, now),
            trying: attempt.counting(Try::Date, now),
            practice,
            contact,
            candidates,
            notice: None,
        }),
        _ => None,
    })
}

/// Why a birth date opens nothing.
enum Refusal {
    /// It is nobody's, so far off; nothing is kept of one that is somebody's or came when the tries were used up.
    Wrong(Option<Slip>),
    /// It is right, in another browser than the one that opened the link first. What was counted of the date is given back.
    Foreign(Vec<Change>),
    /// It is right, after a message to a contact with too many patients. It counts, so that nobody finds out by trying.
    Shared,
}

/// One birth date, typed after one first proof.
struct Attempt<'a> {
    app: &'a App,
    way: Way,
    typed: Typed,
    network: &'a str,
    visitor: &'a Visitor,
}

impl Attempt<'_> {
    async fn decide(&self) -> Result<Response, Failure> {
        let (app, way) = (self.app, &self.way);
        let now = app.clock.now();
        let practice = &way.practice;
        let sealer = app.sealer(practice).await?;
        let contact = way.contact.to_string();
        let patients = distinct(way.candidates.iter().map(|(_, patient)| *patient));
        let too_shared = !opens_by_date(patients.len());
        let patients: Vec<_> =
            patients.into_iter().filter(|_| !too_shared).map(|id| (id, id.to_string())).collect();
        let limits = practice.policies.limits();
        let tried = DateTry { practice: practice.id, contact: &contact, patients: &patients, limits };
        let (counted, people) = tokio::try_join!(self.count(&tried, now), async {
            let people = people(app, practice.id, &way.candidates, way.contact, &sealer, now);
            people.await.map_err(Failure::from)
        })?;
        let is_within = counted.is_some();
        let only = way.notice.as_ref().map(|notice| notice.patient);
        let fitting = people.fitting(&self.typed, only);
        let is_foreign = way.notice.as_ref().is_some_and(|notice| notice.is_foreign);
        let considered = is_within && !too_shared;
        let given_back = || [tried.giving_back(now), counted.clone().unwrap_or_default()].concat();
        match fitting[..] {
            [(account, patient)] if considered && !is_foreign => {
                self.sign_in(&people, &sealer, account, patient, given_back()).await
            }
            // The date was right; only whose it is remains to be said.
            [_, _, ..] if considered && !is_foreign && self.typed.first_name.is_none() => {
                let back = app.store.transact_giving_back(&[], given_back()).await?;
                back.map_err(|_| StoreError::Contended)?;
                Ok((StatusCode::OK, Json(NextStep::new("first_name"))).into_response())
            }
            // The date was right, and this is not the browser that the link belongs to.
            [(_, patient), ..] if considered => {
                self.refuse(Some(patient), Refusal::Foreign(tried.giving_back(now)), &tried).await
            }
            [(_, patient), ..] if too_shared && is_within => {
                self.refuse(Some(patient), Refusal::Shared, &tried).await
            }
            _ => {
                let nearest = people.nearest(self.typed.date);
                let slip = nearest.filter(|_| considered).map(|(_, slip)| slip);
                self.refuse(nearest.map(|(patient, _)| patient), Refusal::Wrong(slip), &tried).await
            }
        }
    }

    /// Counts the date at every limit before anything is compared: the network, the tries of the first proof, the contact, and
    /// everybody whom it might be of. What gives the network back, or `None` if the date is not to be looked at: so often it was
    /// wrong. Then only the first two are counted, so that this has an end as well.
    async fn count(&self, tried: &DateTry<'_>, now: Timestamp) -> Result<Option<Vec<Change>>, Failure> {
        let who = Offerer::Browser { device: self.visitor.device.as_ref(), network: self.network };
        let guesses = Guesses { app: self.app, practice: &self.way.practice, who, now };
        let mut writes = vec![Write::Update(self.way.trying.clone())];
        writes.extend(tried.counting());
        match guesses.count(&tried.counters(), &writes).await? {
            Counted::Within(back) => Ok(Some(back)),
            Counted::Refused(0) => Err(Failure::SignInFailed),
            Counted::Over | Counted::Refused(_) => {
                guesses.one(self.way.trying.clone()).await?.ok_or(Failure::SignInFailed)?;
                Ok(None)
            }
        }
    }

    /// Says no, as to everybody and with the same calls, and keeps for staff what happened.
    async fn refuse(
        &self,
        patient: Option<PatientId>,
        refusal: Refusal,
        tried: &DateTry<'_>,
    ) -> Result<Response, Failure> {
        let (app, way) = (self.app, &self.way);
        let now = app.clock.now();
        let practice = way.practice.id;
        let mut event = audit::event(&app.entropy, now, practice, ActorId::System, Verb::SignInFailed);
        event.conversation = way.notice.as_ref().map(|notice| notice.conversation);
        event.object = Some(way.contact.to_string());
        event.patient = patient.or(way.notice.as_ref().map(|notice| notice.patient));
        let (miss, doubted, back) = match refusal {
            // What was counted stays counted.
            Refusal::Wrong(None) => (None, None, Vec::new()),
            Refusal::Wrong(Some(slip)) => {
                (Some(Miss::Date(slip)), Some(contact::doubted(practice, way.contact)), Vec::new())
            }
            Refusal::Shared => (Some(Miss::SharedContact), None, Vec::new()),
            Refusal::Foreign(back) => (Some(Miss::OtherBrowser), None, back),
        };
        let kept = patient.zip(miss).map(|(patient, miss)| {
            let (by, outbox) = match &way.notice {
                Some(notice) => (tries::Way::Notice, Some(notice.outbox.clone())),
                None => (tries::Way::Code, None),
            };
            WrongDate { at: now, miss, way: by, outbox }.to_item(practice, patient, event.id)
        });
        let mut writes = vec![audit::write(&event)];
        writes.extend(kept.map(|item| Write::Create(Table::Chat, item)));
        writes.extend(doubted.map(Write::Update));
        app.store.transact_giving_back(&writes, back).await?.map_err(|_| StoreError::Contended)?;
        if let Some(notice) = &way.notice {
            self.tell_staff(notice, tried, now).await?;
        }
        Err(Failure::SignInFailed)
    }

    /// Notes beside the conversation of a notice, once, that its patient cannot get in any more: staff have to know, and
    /// nobody else may see it.
    async fn tell_staff(&self, notice: &Notice, tried: &DateTry<'_>, now: Timestamp) -> Result<(), Failure> {
        let (store, practice) = (&self.app.store, self.way.practice.id);
        for (kind, told) in store.limits_reached(tried, notice.patient, self.way.contact, now).await? {
            let occurrence = Occurrence { practice, conversation: notice.conversation, kind };
            let mut event =
                audit::event(&self.app.entropy, now, practice, ActorId::System, Verb::NoteWritten);
            event.patient = Some(notice.patient);
            event.conversation = Some(notice.conversation);
            event.object = Some(kind.as_str().to_owned());
            store.note_once(occurrence, &told, &event).await?;
        }
        Ok(())
    }

    async fn sign_in(
        &self,
        people: &People,
        sealer: &FieldSealer,
        account: AccountId,
        patient: PatientId,
        back: Vec<Change>,
    ) -> Result<Response, Failure> {
        let (app, way) = (self.app, &self.way);
        let practice = way.practice.id;
        let (account, _) =
            people.accounts.iter().find(|(a, _)| a.id == account).ok_or(Failure::SignInFailed)?;
        let grants = people.opened(account.id, way.notice.as_ref().map(|notice| notice.patient));
        let since = people.since(account.id);
        let still_theirs = keys::contact_account(practice, way.contact, account.id);
        let mut beside = vec![
            Write::Update(way.end.clone()),
            Write::Check(contact::still_leads(still_theirs, since)),
            Write::Update(contact::verified(practice, way.contact, app.clock.now())),
        ];
        beside.extend(replaced(app, self.visitor, Holder::Account(account.id)).await?);
        let basis = Basis {
            opens: way.notice.as_ref().map(|notice| notice.conversation),
            patient: Some(patient),
            contact: Some(way.contact),
            since,
            // A link and a birth date alone open what the link leads to; a code opens everything.
            scope: if way.notice.is_some() { Scope::Conversation } else { Scope::Full },
            fresh: way.notice.is_none(),
            mark: Some(self.visitor.mark.hash()),
            back,
            ..Basis::new(SessionKind::Patient, self.visitor.browser)
        };
        let baker = Baker { app, sealer };
        let fresh = baker.for_account(practice, account, grants, basis, beside).await?;
        fresh.into_answer(app, people.patients.clone(), self.visitor).await
    }
}
