//! Opening what was kept of a recalled message: for the auditor who asked, while a second person's word lasts.

use axum::Json;
use domain::{
    audit::{Event, Verb},
    evidence::{Reason, Standing},
    recall::RecallReason,
    time::Timestamp,
};
use platform::{
    http::Failure,
    sealing::FieldSealer,
    store::{
        audit::with_reason,
        evidence::{Evidence, OpenedEvidence},
        recall::Opening,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    desk::{Desk, EvidencePath, ReadEvidence, record},
    names::{Names, PersonView},
    refusals::{NoEvidence, Refused},
};

/// The first opening of the message on the patient's side.
#[derive(Serialize, ToSchema)]
pub(crate) struct FirstOpening {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Whose account.
    by: PersonView,
    /// The session, as the log names it.
    session: String,
}

/// A recalled message without its text: who sent, recalled and opened it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecalledView {
    /// `evd_…`
    pub(crate) evidence_id: String,
    /// `cnv_…`
    pub(crate) conversation_id: String,
    /// The patient of the conversation.
    pub(crate) patient: PersonView,
    /// Its place.
    pub(crate) seq: u64,
    /// `msg_…`
    pub(crate) message_id: String,
    /// `text` or `correction`.
    #[schema(example = "text")]
    pub(crate) kind: &'static str,
    /// Who sent it.
    pub(crate) sent_by: PersonView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) sent_at: Timestamp,
    /// Who recalled it.
    pub(crate) recalled_by: PersonView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) recalled_at: Timestamp,
    /// `wrong_patient`, `error`, `other` or `undo`.
    #[schema(value_type = String, example = "wrong_patient")]
    pub(crate) recall_reason: RecallReason,
    /// The first opening on the patient's side before that; `null` if there was none.
    #[schema(required = true)]
    pub(crate) opened: Option<FirstOpening>,
}

impl RecalledView {
    /// What is known of a message beside its text.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) async fn new(evidence: &Evidence, names: &mut Names<'_>) -> Result<Self, Failure> {
        let opened = match &evidence.opened {
            Some(Opening { at, by, session }) => {
                let by = names.of(&by.to_string()).await?;
                Some(FirstOpening { at: *at, by, session: session.clone() })
            }
            None => None,
        };
        Ok(Self {
            evidence_id: evidence.id.to_string(),
            conversation_id: evidence.conversation.to_string(),
            patient: names.of(&evidence.patient.to_string()).await?,
            seq: evidence.seq,
            message_id: evidence.message.to_string(),
            kind: evidence.kind.as_str(),
            sent_by: names.of(&evidence.sender.to_string()).await?,
            sent_at: evidence.sent_at,
            recalled_by: names.of(&evidence.recalled_by.to_string()).await?,
            recalled_at: evidence.recalled_at,
            recall_reason: evidence.reason,
            opened,
        })
    }
}

/// What was kept of a recalled message.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    /// Who sent, recalled and opened it.
    message: RecalledView,
    /// The text; `null` for a message that did not open any more when it was recalled.
    #[schema(required = true)]
    text: Option<String>,
    /// What whoever recalled it wanted the auditor to know.
    #[schema(required = true)]
    note: Option<String>,
    /// Until when it can be opened.
    #[schema(value_type = String, format = DateTime)]
    open_until: Timestamp,
}

/// What was kept of a recalled message, for the auditor who asked for it and was allowed to. Each opening is an event with
/// the reason that was stated.
#[utoipa::path(get, path = "/v1/evidence/{id}", operation_id = "readEvidence", tag = "audit",
    params(("id" = String, Path, description = "evd_…")),
    responses((status = 200, body = EvidenceView), Refused, NoEvidence))]
pub(crate) async fn read_evidence(
    desk: Desk<ReadEvidence>,
    EvidencePath(id): EvidencePath,
) -> Result<Json<EvidenceView>, Failure> {
    desk.must_be_fresh()?;
    let (app, practice) = (&desk.app, desk.practice.id);
    let sealer = app.sealer(&desk.practice).await?;
    let (evidence, request) = tokio::try_join!(
        app.store.evidence(practice, id),
        app.store.evidence_request(practice, id, &sealer)
    )?;
    let evidence = evidence.ok_or(Failure::NotFound)?;
    let request = request.filter(|request| request.request.asked_by == desk.staff);
    let request = request.ok_or(Failure::ApprovalRequired)?;
    let Standing::Open(open_until) = request.request.standing(app.clock.now()) else {
        return Err(Failure::ApprovalRequired);
    };
    // Without the reason that was allowed, nothing opens: it belongs beside the event.
    let reason = request.reason.as_deref().and_then(|reason| Reason::parse(reason).ok());
    let reason = reason.ok_or(Failure::ApprovalRequired)?;
    let event = Event {
        patient: Some(evidence.patient),
        conversation: Some(evidence.conversation),
        seqs: Some((evidence.seq, evidence.seq)),
        object: Some(id.to_string()),
        ..desk.event(Verb::EvidenceRead)
    };
    record(app, &with_reason(event, &reason, &sealer)).await?;
    let key = app.keys.unwrap(evidence.scope(), &evidence.wrapped_key).await?;
    let own = FieldSealer::new(practice, key, app.entropy.clone());
    let OpenedEvidence { text, note } = evidence.open(&own)?;
    let mut names = Names::new(app, &desk.practice, &sealer);
    let message = RecalledView::new(&evidence, &mut names).await?;
    Ok(Json(EvidenceView { message, text, note, open_until }))
}
