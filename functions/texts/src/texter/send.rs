//! Handing texts to the provider: one message for several visits of a family on one day.

use domain::{
    audit::{ActorId, Verb},
    contact::ContactKind,
    id::TextId,
    limits::Rate,
    text::{TextState, Variables},
    time::Timestamp,
};
use platform::{
    delivery::{Advice, Cause, ProviderId, SendError},
    sms::{self, SmsBody},
    store::{
        Store, Write, audit,
        posted::Posted,
        rate::Counter,
        table::Table,
        text::{Considered, Content, Outcome, TRIES_MAX, Text},
    },
};

use super::{
    State, Trouble,
    consider::{Desk, Ready, begins},
};

/// Texts that one message stands for: to one phone, in one language.
pub(crate) type Group = Vec<Ready>;

/// Puts together what one message can say: reminders of visits of one day, to one phone. Everything else goes alone.
pub(crate) fn grouped(desk: &Desk, ready: Vec<Ready>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in ready {
        let day = reminded(&one.text).map(|at| at.local_day(&desk.zone));
        let fits = |group: &&mut Group| {
            let first = &group[0];
            day.is_some()
                && first.phone == one.phone
                && first.language == one.language
                && group.len() < sms::VISITS_MAX
                && reminded(&first.text).map(|at| at.local_day(&desk.zone)) == day
                // A visit is reminded of in one message once, however many reminders of it are due.
                && !group.iter().any(|other| other.text.visit == one.text.visit)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    for group in &mut groups {
        group.sort_by_key(|one| reminded(&one.text));
    }
    groups
}

fn reminded(text: &Text) -> Option<Timestamp> {
    match &text.content {
        Content::Scheduled(Variables::AppointmentReminder { starts_at, .. }) => Some(*starts_at),
        _ => None,
    }
}

fn body(desk: &Desk, group: &Group) -> Result<SmsBody, Trouble> {
    let (first, letterhead) = (&group[0], &desk.letterhead);
    let body = match (&first.text.content, group.len()) {
        (Content::Scheduled(variables), 1) => sms::render_text(variables, letterhead, &first.language),
        (Content::Scheduled(_), _) => {
            let visits: Vec<Timestamp> = group.iter().filter_map(|one| reminded(&one.text)).collect();
            sms::render_family(&visits, letterhead, &first.language)
        }
        (Content::Reply { reply, .. }, _) => sms::render_reply(*reply, letterhead, &first.language),
    };
    body.map_err(|error| Trouble::Writing(error.key))
}

/// Sends a group and settles each of its texts.
///
/// # Errors
/// [`Trouble`]: the texts stay due.
pub(crate) async fn send(state: &State, desk: &Desk, group: Group) -> Result<usize, Trouble> {
    let body = body(desk, &group)?;
    let first = &group[0];
    let is_reply = matches!(first.text.content, Content::Reply { .. });
    let answer = match pay(state, desk, is_reply).await {
        Ok(()) => state.sms.send(first.pool, &first.phone, &body).await,
        Err(error) => Err(error),
    };
    let ids: Vec<TextId> = group.iter().map(|one| one.text.id).collect();
    let mut sent = 0;
    for one in &group {
        let with: Vec<TextId> = ids.iter().copied().filter(|id| *id != one.text.id).collect();
        let (outcome, beside) = match &answer {
            Ok(provider) => {
                let mut beside = writes(state, desk, one);
                // Once for each message: a report names the message, whatever texts it stands for.
                beside.extend((one.text.id == first.text.id).then(|| posted(state, desk, one, provider)));
                (accepted(state, one, provider, with)?, beside)
            }
            Err(error) => (refused(state, one, error), Vec::new()),
        };
        sent += usize::from(answer.is_ok());
        if !state.app.store.settle_text(&one.text, &outcome, &beside).await? {
            tracing::error!(text.id = %one.text.id, "a text was no longer in the hands of its sender");
        }
    }
    Ok(sent)
}

fn accepted(
    state: &State,
    one: &Ready,
    provider: &ProviderId,
    with: Vec<TextId>,
) -> Result<Outcome, Trouble> {
    let now = state.app.clock.now();
    let fallback = sms::fallback(&one.language).map_err(|error| Trouble::Writing(error.key))?;
    let language = fallback.unwrap_or_else(|| one.language.clone());
    let considered = Considered::sent(now, one.point, language, provider, with);
    Ok(Outcome { state: TextState::Sent, considered, due: None })
}

fn refused(state: &State, one: &Ready, error: &SendError) -> Outcome {
    let now = state.app.clock.now();
    let cause = error.cause.as_str();
    let over = one.text.tries >= TRIES_MAX || error.advice() == Advice::Fail;
    tracing::warn!(
        send.cause = cause,
        error.code = error.code(),
        send.over = over,
        "a text was not accepted"
    );
    let state = if over { TextState::Failed } else { TextState::Deferred };
    let due = (!over).then(|| now.plus_seconds(platform::store::outbox::retry_after(one.text.tries)));
    Outcome { state, considered: Considered::not_sent(now, state, cause, one.point), due }
}

/// What is written beside a text that left: who may answer about which visit, and the audit event.
fn writes(state: &State, desk: &Desk, one: &Ready) -> Vec<Write> {
    let now = state.app.clock.now();
    let (practice, store) = (desk.practice.id, &state.app.entropy);
    let mut writes = Vec::new();
    if let (Content::Scheduled(variables), Some(point), Some(visit)) =
        (&one.text.content, one.point, one.text.visit)
        && let (true, Some(at)) = (sms::asks(variables.kind()), begins(variables))
    {
        writes.push(Store::asked_write(practice, point, (visit, at)));
    }
    let mut event = audit::event(store, now, practice, ActorId::System, Verb::TextSent);
    event.patient = one.text.patient;
    event.object = Some(one.text.id.to_string());
    writes.push(audit::write(&event));
    writes
}

/// What a provider's report finds the message by.
fn posted(state: &State, desk: &Desk, one: &Ready, provider: &ProviderId) -> Write {
    let posted = Posted {
        practice: desk.practice.id,
        outbox: one.text.id.to_string(),
        contact: one.point,
        kind: ContactKind::Phone,
        at: state.app.clock.now(),
        notice: None,
        fate: None,
    };
    Write::Create(Table::Chat, posted.to_item(provider))
}

/// Takes one text off the practice's budget of the day; codes keep their part of it.
async fn pay(state: &State, desk: &Desk, is_reply: bool) -> Result<(), SendError> {
    let limits = desk.practice.policies.limits();
    let day = limits.sms_per_day;
    let rate = Rate { count: day.count.saturating_sub(limits.sms_for_codes), ..day };
    let counter = Counter { practice: desk.practice.id, scope: "sms", subject: "all", rate };
    match state.app.store.count_up(&counter, state.app.clock.now()).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            tracing::error!(practice.id = %desk.practice.id, text.is_reply = is_reply, "the budget of texts is used up");
            Err(SendError::local(Cause::BudgetUsedUp))
        }
        Err(_) => Err(SendError::local(Cause::Unavailable)),
    }
}
