//! Notes about whom the events are, by which what was done about a patient is found again.
//!
//! They are written together for an hour or [`TOGETHER`] events, since each costs a write: what is newer is found by looking
//! at the events themselves. Which events belong together follows from the chain alone, so whoever notes them again
//! notes the same.

use domain::time::Timestamp;
use platform::store::chain::{Progress, Segment, TOLERANCE_SECONDS};

use super::{ChainError, State, tick::is_over};

/// Events that are noted together, at most.
const TOGETHER: u64 = 2_000;
/// Segments read at one time.
const PAGE: u32 = 100;
/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// Notes what is complete: an hour that is over, or as many events as are noted together.
pub(super) async fn note(state: &State, progress: &mut Progress, began: Timestamp) -> Result<(), ChainError> {
    while progress.noted < progress.kept && !is_over(state, began) {
        let next = state.store.segments_from(progress.practice, progress.noted + 1, 1).await?.pop();
        let Some(next) = next else { return Ok(()) };
        let is_over = hour_ended(&next, began);
        if !is_over && progress.kept - progress.noted < TOGETHER {
            return Ok(());
        }
        let Some(together) = together(state, progress, is_over).await? else { return Ok(()) };
        let mut events = Vec::new();
        for segment in &together {
            let stored = state.store.audit_run(segment.practice, &segment.events).await?;
            events.extend((segment.first..).zip(stored).filter_map(|(index, event)| Some((index, event?))));
        }
        state.store.note_subjects(progress.practice, progress.noted + 1, &events).await?;
        progress.noted = together.last().map_or(progress.noted, Segment::last);
    }
    Ok(())
}

/// No segment is linked any more in the hour of this one.
fn hour_ended(segment: &Segment, began: Timestamp) -> bool {
    let end = Timestamp::from_millis((hour(segment) + 1) * HOUR);
    began >= end.plus_seconds(TOLERANCE_SECONDS)
}

const fn hour(segment: &Segment) -> i64 {
    segment.at.as_millis().div_euclid(HOUR)
}

/// The segments that are noted together next, if no other can belong to them.
async fn together(
    state: &State,
    progress: &Progress,
    is_over: bool,
) -> Result<Option<Vec<Segment>>, ChainError> {
    let mut together: Vec<Segment> = Vec::new();
    let mut count = 0;
    loop {
        let from = together.last().map_or(progress.noted, Segment::last) + 1;
        let page = state.store.segments_from(progress.practice, from, PAGE).await?;
        if page.is_empty() {
            return Ok(Some(together).filter(|together| is_over && !together.is_empty()));
        }
        for segment in page {
            count += segment.events.len() as u64;
            let fits = together.first().is_none_or(|first| hour(first) == hour(&segment));
            if !fits || count > TOGETHER {
                return Ok(Some(together));
            }
            if segment.last() > progress.kept {
                return Ok(None);
            }
            together.push(segment);
        }
    }
}
