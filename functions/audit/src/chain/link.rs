//! Linking events: each exactly once, at an index without gaps.

use std::{collections::HashSet, time::Duration};

use domain::id::{EventId, PracticeId};
use platform::store::{
    StoreError,
    chain::{SEGMENT_MAX, Segment, StoredEvent, TOLERANCE_SECONDS},
};

use super::State;

/// Tries of one segment while others add theirs.
const TRIES: u32 = 8;

/// Links those of the events that are not in the chain yet, in the order of their times, and answers how many.
///
/// Why none is linked twice: whoever adds a segment has seen every segment before it, because the item of its first
/// index did not exist; and it has looked for its events in all of these that are recent enough to hold them.
pub(super) async fn link(
    state: &State,
    practice: PracticeId,
    mut events: Vec<StoredEvent>,
) -> Result<usize, StoreError> {
    let now = state.clock.now();
    // What comes from a clock that is ahead waits: it is looked for again when its time has come.
    events.retain(|event| event.id.at() <= now.plus_seconds(TOLERANCE_SECONDS));
    events.sort_by_key(|event| event.id);
    events.dedup_by_key(|event| event.id);
    let (mut linked, mut tries) = (0, 0);
    while let Some(oldest) = events.first() {
        let chain = state.store.chain_since(practice, oldest.id.at()).await?;
        let known: HashSet<EventId> =
            chain.iter().flat_map(|segment| segment.events.iter().copied()).collect();
        events.retain(|event| !known.contains(&event.id));
        if events.is_empty() {
            break;
        }
        let head = chain.first();
        if head.is_none() {
            // A practice from before there was a chain: from its first segment on the schedule sees to it.
            state.store.watch_audit(practice).await?;
        }
        let taken = events.len().min(SEGMENT_MAX);
        let segment = Segment::after(head, practice, now, &events[..taken]);
        if state.store.add_segment(&segment).await? {
            events.drain(..taken);
            (linked, tries) = (linked + taken, 0);
        } else {
            tries += 1;
            if tries == TRIES {
                return Err(StoreError::Contended);
            }
            state.store.back_off(tries, Duration::from_millis(10)).await;
        }
    }
    Ok(linked)
}
