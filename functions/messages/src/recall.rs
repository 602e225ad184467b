//! Taking a message back, with proof of what became of it.

use axum::{
    Json, RequestPartsExt,
    extract::{FromRequestParts, RawPathParams, State},
};
use domain::{
    audit::Verb,
    conversation::Side,
    id::AccountId,
    message::MessageText,
    recall::{Asking, Keeping, NOTE_MAX_SCALARS, RecallReason, Refused},
    role::Act,
    time::Timestamp,
};
use http::request::Parts;
use platform::{
    App,
    http::{Credentials, Failure, Fields, Json as Body, Problem},
    keys::KeyScope,
    sealing::FieldSealer,
    store::{
        StoreError,
        conversation::Head,
        recall::{Opening, Outcome, Recall, Recalled},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Access, path_id};

/// Why a message is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecallBody {
    /// `wrong_patient`, `error`, `other`, or `undo`: within ten seconds, by the sender, before anybody opened it.
    #[schema(value_type = String, example = "wrong_patient")]
    reason: RecallReason,
    /// What the auditor should know, up to 1,000 characters. Sealed with the evidence, and destroyed with it.
    note: Option<String>,
    /// `keep_sealed`, or `shred`: an unopened message of a colleague, destroyed by an admin where the practice allows it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "keep_sealed")]
    keeping: Keeping,
}

/// Who on the patient's side had opened it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenedView {
    /// When first.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `acc_…`
    by: String,
    /// Their name; `null` if the account is gone.
    name: Option<String>,
    /// The session, as the audit log names it.
    session: String,
}

/// A message that was taken back. The same answer each time.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecallView {
    /// `recalled`.
    state: &'static str,
    /// Why.
    #[schema(value_type = String, example = "wrong_patient")]
    reason: RecallReason,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    recalled_at: Timestamp,
    /// Who had opened it before; `null` if nobody had.
    opened: Option<OpenedView>,
    /// `evd_…` of what was kept for the auditor; `null` if the text was destroyed.
    evidence_id: Option<String>,
}

/// Whoever may ask for a recall in the conversation of the path: who writes there, and an admin, who reads nothing.
pub(crate) struct MayAsk {
    access: Access,
    seq: Option<u64>,
}

impl FromRequestParts<App> for MayAsk {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let id = path_id(parts).await;
        let params = parts.extract::<RawPathParams>().await.ok();
        let seq = params.and_then(|params| {
            params.iter().find(|(name, _)| *name == "seq").and_then(|(_, seq)| seq.parse().ok())
        });
        let acts = [Act::WriteConversations, Act::RecallAnyMessage];
        let access = Access::authorize_any(app, Credentials::of(parts, app)?, id, &acts).await?;
        if access.session.side() == Side::Patient {
            return Err(Failure::Forbidden);
        }
        Ok(Self { access, seq })
    }
}

/// Takes a message of the practice back: the patient's side cannot read it any more, an open screen erases it with its
/// next poll, and the answer says whether it had been opened.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages/{seq}/recall", operation_id = "recallMessage",
    tag = "messages",
    params(("id" = String, Path, description = "cnv_…"), ("seq" = u64, Path, description = "Its place")),
    request_body = RecallBody,
    responses(
        (status = 200, body = RecallView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`/problems/step-up-required`, `/problems/recall-needs-admin`, or the role does not allow it"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`/problems/too-late-to-undo`: recall it instead; `/problems/not-shredded`"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn recall_message(
    State(app): State<App>,
    MayAsk { access: Access { session, head }, seq }: MayAsk,
    Body(body): Body<RecallBody>,
) -> Result<Json<RecallView>, Failure> {
    let note = body.note.as_deref().map(parse_note).transpose()?;
    let now = app.clock.now();
    let practice = app.known_practice(head.practice).await?;
    // Nobody finds a second proof within ten seconds, and an undo shows nothing and hurts nobody.
    if body.reason != RecallReason::Undo {
        session.must_be_fresh(&practice.policies, now)?;
    }
    let seq = seq.ok_or(Failure::NotFound)?;
    let content = KeyScope::of_conversation(head.practice, head.patient, head.id);
    let evidence = KeyScope::of_evidence(head.practice, head.patient, head.id);
    let (seen, sealer, content_key, evidence) = tokio::try_join!(
        async { app.store.seen(&head, seq).await.map_err(Failure::from) },
        async { app.sealer(&practice).await.map_err(Failure::from) },
        async { app.keys.unwrap(content, &head.wrapped_key).await.map_err(Failure::from) },
        async { app.keys.generate(evidence).await.map_err(Failure::from) },
    )?;
    let by_name = sealer.open_bytes(&session.key(), "sealed_name", &session.sealed_name)?;
    let mut event = session.event(&app.entropy, now, Verb::MessageRecalled);
    event.patient = Some(head.patient);
    event.conversation = Some(head.id);
    let recall = Recall {
        asking: Asking {
            reason: body.reason,
            keeping: body.keeping,
            may_write: session.may(Act::WriteConversations),
            may_recall_any: session.may(Act::RecallAnyMessage),
            practice_shreds: practice.policies.shred_unopened,
        },
        by: session.holder,
        by_name: &by_name,
        note: note.as_ref(),
        seq,
        content_key: &content_key,
        evidence: &evidence,
        event,
    };
    match app.store.recall(head.clone(), seen, &recall, now).await? {
        Outcome::Recalled(done) => Ok(Json(view(&app, &head, done, &sealer).await?)),
        Outcome::Missing => Err(Failure::NotFound),
        Outcome::NotRecallable => Err(Failure::field("", "not_recallable")),
        Outcome::Refused(Refused::Forbidden) => Err(Failure::Forbidden),
        Outcome::Refused(Refused::NeedsAdmin) => Err(Failure::RecallNeedsAdmin),
        Outcome::Refused(Refused::TooLateToUndo) => Err(Failure::TooLateToUndo),
        Outcome::Refused(Refused::NotShredded) => Err(Failure::NotShredded),
    }
}

fn parse_note(note: &str) -> Result<MessageText, Failure> {
    let mut fields = Fields::new();
    let short = note.chars().count() <= NOTE_MAX_SCALARS;
    let parsed = fields.check("/note", MessageText::parse(note));
    fields.done()?;
    parsed.filter(|_| short).ok_or_else(|| Failure::field("/note", "too_long"))
}

async fn view(
    app: &App,
    head: &Head,
    done: Recalled,
    sealer: &FieldSealer,
) -> Result<RecallView, StoreError> {
    let opened = match done.opened {
        Some(Opening { at, by, session }) => {
            let name = name_of(app, head, by, sealer).await?;
            Some(OpenedView { at, by: by.to_string(), name, session })
        }
        None => None,
    };
    Ok(RecallView {
        state: "recalled",
        reason: done.reason,
        recalled_at: done.at,
        opened,
        evidence_id: done.evidence.map(|id| id.to_string()),
    })
}

async fn name_of(
    app: &App,
    head: &Head,
    account: AccountId,
    sealer: &FieldSealer,
) -> Result<Option<String>, StoreError> {
    let accounts = app.store.accounts(head.practice, &[account], sealer).await?;
    Ok(accounts.into_iter().next().map(|account| account.name.expose().to_owned()))
}
