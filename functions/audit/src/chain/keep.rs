//! Keeping what is linked in the locked store, and signing how far it goes.

use domain::time::Timestamp;
use platform::{
    chain::{self, Checkpoint, SignedCheckpoint},
    store::chain::{Progress, Segment, StoredEvent},
};

use super::{
    ChainError, State, cry,
    tick::{Tally, is_over},
};

/// Segments read at one time.
const PAGE: u32 = 10;
/// Lines of JSON.
const LINES: &str = "application/x-ndjson";
/// One JSON document.
const JSON: &str = "application/json";

/// Keeps every segment that is not kept yet, in order.
pub(super) async fn keep(
    state: &State,
    progress: &mut Progress,
    began: Timestamp,
    tally: &mut Tally,
) -> Result<(), ChainError> {
    loop {
        let segments = state.store.segments_from(progress.practice, progress.kept + 1, PAGE).await?;
        if segments.is_empty() {
            return Ok(());
        }
        for segment in segments {
            if is_over(state, began) {
                tally.cut_short = 1;
                return Ok(());
            }
            keep_one(state, &segment).await?;
            tally.kept += segment.last() - progress.kept;
            progress.kept = segment.last();
        }
    }
}

/// One object with the segment's events, one line each, as an export has them.
async fn keep_one(state: &State, segment: &Segment) -> Result<(), ChainError> {
    let stored = state.store.audit_run(segment.practice, &segment.events).await?;
    let (text, hash) = lines(segment, &stored);
    if hash != segment.hash {
        // What is there is kept all the same: checking it names the place.
        cry(1, "events of the audit log are not as they were linked");
    }
    let key = format!("events/{}/{:012}.jsonl", segment.practice, segment.first);
    state.archive.put(&key, LINES, &text).await?;
    Ok(())
}

/// The lines of a segment, and the link of the last. An event that is gone leaves a gap.
fn lines(segment: &Segment, stored: &[Option<StoredEvent>]) -> (String, chain::Hash) {
    let (mut text, mut hash) = (String::new(), segment.before);
    for (index, event) in (segment.first..).zip(stored) {
        let Some(event) = event else { continue };
        let canonical = event.canonical();
        hash = chain::link(&hash, &canonical);
        text.push_str(&chain::line(index, &hash, &canonical));
        text.push('\n');
    }
    (text, hash)
}

/// Signs the end of the chain, if it has moved and is kept.
pub(super) async fn sign(
    state: &State,
    progress: &mut Progress,
    tally: &mut Tally,
) -> Result<(), ChainError> {
    let practice = progress.practice;
    let Some(head) = state.store.segment_of(practice, progress.kept).await? else { return Ok(()) };
    let index = head.last();
    if index > progress.kept || index <= progress.signed {
        return Ok(());
    }
    // Others that were stored, and perhaps not put: putting one twice changes nothing.
    for standing in state.store.checkpoints(practice, index, 2).await? {
        if standing.checkpoint.index > progress.signed {
            put(state, &standing).await?;
            progress.signed = progress.signed.max(standing.checkpoint.index);
        }
    }
    if index <= progress.signed {
        return Ok(());
    }
    let checkpoint = Checkpoint { practice, index, hash: head.hash, at: state.clock.now() };
    let signature = state.signer.sign(&checkpoint.canonical()).await?;
    let signed = state.store.add_checkpoint(SignedCheckpoint { checkpoint, signature }).await?;
    put(state, &signed).await?;
    progress.signed = index;
    tally.signed = 1;
    Ok(())
}

async fn put(state: &State, signed: &SignedCheckpoint) -> Result<(), ChainError> {
    let Checkpoint { practice, index, .. } = signed.checkpoint;
    let key = format!("checkpoints/{practice}/{index:012}.json");
    Ok(state.archive.put(&key, JSON, &signed.line()).await?)
}
