//! Asking to open what was kept of a recalled message, and a second person's word about it.

use axum::{Json, response::IntoResponse};
use domain::{
    audit::{Event, Verb},
    evidence::{Decision, Reason, Standing, Word},
    time::Timestamp,
};
use http::StatusCode;
use platform::{
    http::{
        Failure, Json as Body, Query, cursor,
        page::{self, Page},
    },
    store::{
        audit::with_reason,
        evidence::{Asked, Decided, StoredRequest},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    desk::{DecideEvidence, Desk, EvidencePath, ReadEvidence, SeeRequests, record},
    names::{Names, PersonView},
    refusals::{BadBody, NoEvidence, Refused, TooLate},
};

/// What a cursor of this list is bound to.
const LIST: &str = "evidence-requests";

/// A request to open what was kept of one message.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestView {
    /// `evd_…`
    evidence_id: String,
    /// `cnv_…`
    conversation_id: String,
    /// `pat_…`
    patient_id: String,
    /// `waiting`, `open`, `declined` or `over`.
    #[schema(example = "waiting")]
    state: &'static str,
    /// Who asked, and alone opens it.
    asked_by: PersonView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    /// Why, in their words; `null` if that does not open any more.
    #[schema(required = true)]
    reason: Option<String>,
    /// When it opens by itself, where nobody else can decide.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    /// Until when it is open.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    open_until: Option<Timestamp>,
    /// Who has decided.
    #[schema(required = true)]
    decided_by: Option<PersonView>,
    /// When.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
}

async fn view(stored: StoredRequest, names: &mut Names<'_>, now: Timestamp) -> Result<RequestView, Failure> {
    let request = stored.request;
    let standing = request.standing(now);
    let decided_by = match request.decision {
        Some(decision) => Some(names.of(&decision.by.to_string()).await?),
        None => None,
    };
    Ok(RequestView {
        evidence_id: stored.evidence.to_string(),
        conversation_id: stored.conversation.to_string(),
        patient_id: stored.patient.to_string(),
        state: standing.as_str(),
        asked_by: names.of(&request.asked_by.to_string()).await?,
        asked_at: request.asked_at,
        reason: stored.reason,
        opens_at: request.opens_at().filter(|_| standing == Standing::Waiting),
        open_until: if let Standing::Open(until) = standing { Some(until) } else { None },
        decided_by,
        decided_at: request.decision.map(|decision| decision.at),
    })
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// The last request for each message that was kept, the one recalled last first.
#[utoipa::path(get, path = "/v1/evidence", operation_id = "listEvidenceRequests", tag = "audit",
    params(Which), responses((status = 200, body = Page<RequestView>), Refused))]
pub(crate) async fn list_requests(
    desk: Desk<SeeRequests>,
    Query(which): Query<Which>,
) -> Result<Json<Page<RequestView>>, Failure> {
    let limit = page::limit(which.limit)?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let viewer = desk.session.holder.to_string();
    let start = which.cursor.map(|sealed| cursor::open(&sealer, &viewer, LIST, &sealed)).transpose()?;
    let (requests, next) = desk.app.store.evidence_requests(desk.practice.id, &sealer, limit, start).await?;
    let ids: Vec<String> = requests.iter().map(|request| request.evidence.to_string()).collect();
    let object = (!ids.is_empty()).then(|| ids.join(","));
    record(&desk.app, &Event { object, ..desk.event(Verb::EvidenceListed) }).await?;
    let (now, mut names) = (desk.app.clock.now(), Names::new(&desk.app, &desk.practice, &sealer));
    let mut items = Vec::with_capacity(requests.len());
    for request in requests {
        items.push(view(request, &mut names, now).await?);
    }
    let next_cursor = next.map(|next| cursor::seal(&sealer, &viewer, LIST, &next));
    Ok(Json(Page { items, next_cursor }))
}

/// Why somebody wants to see it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskBody {
    /// In their own words, 10 to 500 characters. Kept sealed in the audit log.
    #[schema(min_length = 10, max_length = 500)]
    reason: String,
}

/// Asks to open what was kept of a recalled message, with a reason. An admin who is somebody else decides; where there is
/// none, it opens after 72 hours, and everybody of the staff is told at once. Asked again while it waits or is open, the
/// answer is the request that is there.
#[utoipa::path(post, path = "/v1/evidence/{id}/request", operation_id = "askForEvidence", tag = "audit",
    params(("id" = String, Path, description = "evd_…")), request_body = AskBody,
    responses((status = 201, body = RequestView), (status = 200, body = RequestView),
        Refused, NoEvidence, BadBody, TooLate))]
pub(crate) async fn ask_for_evidence(
    desk: Desk<ReadEvidence>,
    EvidencePath(id): EvidencePath,
    Body(body): Body<AskBody>,
) -> Result<impl IntoResponse, Failure> {
    desk.must_be_fresh()?;
    let reason = Reason::parse(&body.reason).map_err(|error| Failure::field("/reason", error.code))?;
    let evidence = desk.app.store.evidence(desk.practice.id, id).await?.ok_or(Failure::NotFound)?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let event = Event {
        patient: Some(evidence.patient),
        conversation: Some(evidence.conversation),
        seqs: Some((evidence.seq, evidence.seq)),
        object: Some(id.to_string()),
        ..desk.event(Verb::EvidenceAsked)
    };
    let event = with_reason(event, &reason, &sealer);
    let now = event.at;
    let mut names = Names::new(&desk.app, &desk.practice, &sealer);
    match desk.app.store.ask_for_evidence(&evidence, desk.staff, &reason, &sealer, &event).await? {
        Asked::Done(request) => Ok((StatusCode::CREATED, Json(view(request, &mut names, now).await?))),
        Asked::Before(there) if there.request.asked_by == desk.staff => {
            Ok((StatusCode::OK, Json(view(there, &mut names, now).await?)))
        }
        Asked::Before(_) => Err(Failure::Conflict),
    }
}

/// A second person's word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideBody {
    /// `approved` or `declined`.
    #[schema(value_type = String, example = "approved")]
    word: Word,
}

/// Allows or declines a request of somebody else. Allowed, whoever asked opens it within 24 hours.
#[utoipa::path(post, path = "/v1/evidence/{id}/decision", operation_id = "decideEvidence", tag = "audit",
    params(("id" = String, Path, description = "evd_…")), request_body = DecideBody,
    responses((status = 200, body = RequestView), Refused, NoEvidence, BadBody, TooLate))]
pub(crate) async fn decide_evidence(
    desk: Desk<DecideEvidence>,
    EvidencePath(id): EvidencePath,
    Body(body): Body<DecideBody>,
) -> Result<Json<RequestView>, Failure> {
    desk.must_be_fresh()?;
    let sealer = desk.app.sealer(&desk.practice).await?;
    let event = desk.event(Verb::EvidenceDecided);
    let now = event.at;
    let decision = Decision { word: body.word, by: desk.staff, at: now };
    match desk.app.store.decide_evidence(desk.practice.id, id, decision, &sealer, event).await? {
        Decided::Done(request) => {
            let mut names = Names::new(&desk.app, &desk.practice, &sealer);
            Ok(Json(view(request, &mut names, now).await?))
        }
        Decided::Missing => Err(Failure::NotFound),
        Decided::Own => Err(Failure::Forbidden),
        Decided::NotWaiting => Err(Failure::Conflict),
    }
}
