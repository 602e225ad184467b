//! Telling staff in time that what a parent or guardian may see ends: a note beside the patient's last conversation, and the
//! mark in the list until somebody has taken care. Nobody else is told.

use domain::{
    audit::{ActorId, Verb},
    id::{AccountId, PatientId},
    note::NoteKind,
    time::Timestamp,
};
use platform::store::{
    audit, grant,
    note::Occurrence,
    outbox::{Ending, OutboxItem},
};

use crate::{
    State,
    work::{Then, Trouble, Verdict},
};

/// Notes that the grant ends then, if it still does. Where there is no conversation yet, the patient's page alone says so.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn note(
    state: &State,
    item: &OutboxItem,
    account: AccountId,
    patient: PatientId,
    end: Timestamp,
) -> Result<Verdict, Trouble> {
    let (store, now) = (&state.app.store, state.app.clock.now());
    let suppressed = |why| Ok(Verdict::new(Then::End(Ending::Suppressed), why));
    let (grants, conversation) = tokio::try_join!(
        store.accounts_of(item.practice, patient),
        store.conversation_to_tell(item.practice, patient),
    )?;
    if !grants.iter().any(|(id, grant)| *id == account && grant.until == Some(end) && now < end) {
        return suppressed("changed");
    }
    let Some(conversation) = conversation else { return suppressed("no_conversation") };
    let kind = NoteKind::AccessEnds;
    let mut event = audit::event(&state.app.entropy, now, item.practice, ActorId::System, Verb::NoteWritten);
    event.patient = Some(patient);
    event.conversation = Some(conversation);
    event.object = Some(kind.as_str().to_owned());
    let told = grant::end_told(item.practice, account, patient, end);
    store.note_once(Occurrence { practice: item.practice, conversation, kind }, &told, &event).await?;
    Ok(Verdict::new(Then::End(Ending::Sent), "noted"))
}
