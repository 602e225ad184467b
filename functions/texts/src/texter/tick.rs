//! Each minute: every text that is due is taken up, considered, and sent or settled.

use std::collections::HashMap;

use domain::id::{PracticeId, TextId};
use futures_util::{StreamExt, stream};
use platform::{
    http::failure::Chain,
    store::{
        keys,
        text::{Considered, Outcome},
    },
};
use serde_json::{Value, json};

use super::{
    State, Trouble,
    consider::{Desk, Found, consider},
    send::{grouped, send},
};

/// Texts of one shard in one round.
const PAGE: u32 = 25;
/// Shards asked, and texts considered, at one time.
const AT_ONCE: usize = 8;
/// No round is begun this long after the tick began: the function ends at 60 s.
const SECONDS_MAX: i64 = 35;

#[derive(Default)]
struct Tally {
    considered: usize,
    sent: usize,
    failed: usize,
}

/// Takes up everything that is due, in rounds.
///
/// # Errors
/// If something could not be considered: it stays due.
pub(crate) async fn tick(state: &State) -> Result<Value, lambda_runtime::Error> {
    let began = state.app.clock.now();
    let mut tally = Tally::default();
    loop {
        let round = round(state, &mut tally).await;
        if round == 0 || state.app.clock.now() >= began.plus_seconds(SECONDS_MAX) {
            break;
        }
    }
    tracing::info!(
        texts.considered = tally.considered,
        texts.sent = tally.sent,
        texts.failed = tally.failed,
        "due texts were taken up"
    );
    if tally.failed > 0 {
        return Err("not every due text was considered".into());
    }
    Ok(json!({ "considered": tally.considered, "sent": tally.sent }))
}

/// One round over all shards. Returns how many texts were taken up.
async fn round(state: &State, tally: &mut Tally) -> usize {
    let now = state.app.clock.now();
    let due: Vec<_> = stream::iter(0..keys::DUE_SHARDS)
        .map(async |shard| state.app.store.due_texts(shard, now, PAGE).await)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut by_practice: HashMap<PracticeId, Vec<TextId>> = HashMap::new();
    for shard in due {
        match shard {
            Ok(texts) => texts.into_iter().for_each(|(p, id)| by_practice.entry(p).or_default().push(id)),
            Err(error) => {
                tracing::error!(error.chain = %Chain(&error), "a shard of due texts was not read");
                tally.failed += 1;
            }
        }
    }
    let mut taken = 0;
    for (practice, ids) in by_practice {
        let before = tally.considered;
        if let Err(error) = Box::pin(of_practice(state, practice, &ids, tally)).await {
            tracing::error!(practice.id = %practice, error.chain = %Chain(&error), "texts were not considered");
            tally.failed += 1;
        }
        taken += tally.considered - before;
    }
    taken
}

/// Sends one text at once: somebody waits for it. What does not work now, the next tick does.
pub(crate) async fn at_once(state: &State, practice: PracticeId, id: TextId) {
    let mut tally = Tally::default();
    if let Err(error) = Box::pin(of_practice(state, practice, &[id], &mut tally)).await {
        tracing::error!(error.chain = %Chain(&error), "an answer waits for the next tick");
    }
}

async fn of_practice(
    state: &State,
    practice: PracticeId,
    ids: &[TextId],
    tally: &mut Tally,
) -> Result<(), Trouble> {
    let desk = Desk::open(state, practice).await?;
    let found: Vec<Result<Option<Found>, Trouble>> = stream::iter(ids)
        .map(async |id| take_up(state, &desk, *id).await)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut ready = Vec::new();
    for one in found {
        match one {
            Ok(Some(Found::Leaves(one))) => {
                tally.considered += 1;
                ready.push(*one);
            }
            Ok(Some(_)) => tally.considered += 1,
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error.chain = %Chain(&error), "a text was not considered");
                tally.failed += 1;
            }
        }
    }
    let outcomes: Vec<_> = stream::iter(grouped(&desk, ready))
        .map(async |group| Box::pin(send(state, &desk, group)).await)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for outcome in outcomes {
        match outcome {
            Ok(sent) => tally.sent += sent,
            Err(error) => {
                tracing::error!(error.chain = %Chain(&error), "a text was not sent");
                tally.failed += 1;
            }
        }
    }
    Ok(())
}

/// Takes a text up and considers it. What does not leave is settled here.
async fn take_up(state: &State, desk: &Desk, id: TextId) -> Result<Option<Found>, Trouble> {
    let (store, now) = (&state.app.store, state.app.clock.now());
    let Some(text) = store.lease_text(desk.practice.id, id, &desk.sealer, now).await? else {
        return Ok(None);
    };
    let found = Box::pin(consider(state, desk, text)).await?;
    match &found {
        Found::Leaves(_) => {}
        Found::Waits(text, due, why, point) => {
            let deferred = domain::text::TextState::Deferred;
            let considered = Considered::not_sent(now, deferred, why, *point);
            store.settle_text(text, &Outcome { state: deferred, considered, due: Some(*due) }, &[]).await?;
        }
        Found::Ends(text, ending, why, point) => {
            let considered = Considered::not_sent(now, *ending, why, *point);
            store.settle_text(text, &Outcome { state: *ending, considered, due: None }, &[]).await?;
        }
    }
    Ok(Some(found))
}
