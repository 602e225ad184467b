//! What leaves: events as ids and verbs.

use domain::id::PracticeId;
use platform::{
    chain::SignedCheckpoint,
    sealing::FieldSealer,
    store::{audit::reason_of, chain::StoredEvent},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventView {
    /// `evt_…`
    id: String,
    /// When it happened.
    #[schema(format = DateTime)]
    at: String,
    /// `stf_…`, `acc_…`, or `system`: the operator or the product itself.
    actor: String,
    /// What was done; docs/audit.md lists the verbs.
    #[schema(example = "messages_read")]
    verb: String,
    /// `pat_…`, if it was done to or for one patient.
    #[schema(required = true)]
    patient_id: Option<String>,
    /// `cnv_…`
    #[schema(required = true)]
    conversation_id: Option<String>,
    /// The first message concerned.
    #[schema(required = true)]
    first_seq: Option<u64>,
    /// The last message concerned.
    #[schema(required = true)]
    last_seq: Option<u64>,
    /// What stands for the session that it was done in.
    #[schema(required = true)]
    session: Option<String>,
    /// The id of anything else it was done to; several with commas where a list was shown.
    #[schema(required = true)]
    object: Option<String>,
    /// Why, in the words of whoever acted, where they were asked. In the log itself and in exports it stays sealed.
    #[schema(required = true)]
    reason: Option<String>,
}

impl EventView {
    /// An event of a practice, with its reason opened.
    pub(crate) fn new(event: &StoredEvent, practice: PracticeId, sealer: &FieldSealer) -> Self {
        let text = |name: &str| event.members[name].as_str().map(str::to_owned);
        Self {
            id: event.id.to_string(),
            at: text("at").unwrap_or_default(),
            actor: text("actor").unwrap_or_default(),
            verb: text("verb").unwrap_or_default(),
            patient_id: text("patient"),
            conversation_id: text("conversation"),
            first_seq: event.members["first_seq"].as_u64(),
            last_seq: event.members["last_seq"].as_u64(),
            session: text("session"),
            object: text("object"),
            reason: event.sealed_reason().and_then(|sealed| reason_of(practice, event.id, &sealed, sealer)),
        }
    }
}

/// A signed checkpoint: exactly what `admin audit verify` takes.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckpointView {
    /// The index of the last event that it vouches for.
    index: u64,
    /// The link of that event, in hex.
    hash: String,
    /// When it was signed.
    #[schema(format = DateTime)]
    at: String,
    /// `prc_…`
    practice: String,
    /// ECDSA on P-256 with SHA-256, DER, base64; docs/audit.md says over what.
    signature: String,
    /// Version of the format.
    v: u64,
}

impl From<&SignedCheckpoint> for CheckpointView {
    fn from(signed: &SignedCheckpoint) -> Self {
        let line: Value = serde_json::from_str(&signed.line()).unwrap_or_default();
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        Self {
            index: signed.checkpoint.index,
            hash: text("hash"),
            at: text("at"),
            practice: text("practice"),
            signature: text("signature"),
            v: line["v"].as_u64().unwrap_or_default(),
        }
    }
}
