//! The practice's lists: each filter is an index, and a conversation moves between them.

use domain::{
    audit::Verb,
    conversation::{ConversationState, Side},
    id::StaffId,
};
use platform::store::{
    conversation::{Changed, Filter, Wanted},
    message::Outcome,
};

use super::cases;
use crate::bench::{Bench, Says, Talk, somebody};

cases![
    the_inbox_is_in_the_order_of_last_activity,
    closing_and_opening_moves_between_the_lists,
    assigning_moves_between_the_queues,
    a_patients_message_opens_again_and_returns_to_its_queue,
    a_practices_message_leaves_a_closed_conversation_closed,
    unread_lists_what_waits_by_how_long,
    a_message_lands_in_the_queue_of_whoever_was_just_assigned,
    a_practice_lists_its_own_only,
];

const OPEN: Filter = Filter::State(ConversationState::Open);
const CLOSED: Filter = Filter::State(ConversationState::Closed);

async fn talks(bench: &Bench, count: i64) -> Vec<Talk> {
    let patient = bench.patient(somebody("Ana Reyes", &[])).await;
    let mut talks = Vec::new();
    for n in 0..count {
        talks.push(bench.talk_with(patient.id, bench.at(n)).await);
    }
    talks
}

async fn say(bench: &Bench, talk: &Talk, side: Side, seconds: i64) {
    let says = Says { who: bench.account(), side, key: "k", text: "Hello" };
    bench.say(talk, says, bench.at(seconds)).await;
}

async fn change(bench: &Bench, talk: &Talk, state: ConversationState, assignee: Option<StaffId>) {
    let head = bench.head(talk).await;
    let event = bench.event(Verb::ConversationChanged);
    let changed = bench
        .store
        .change_conversation(&head, Wanted { state, assignee, settled: false }, &event)
        .await
        .unwrap();
    assert!(matches!(changed, Changed::Done(_)));
}

async fn the_inbox_is_in_the_order_of_last_activity(bench: Bench) {
    let talks = talks(&bench, 5).await;
    let [a, b, c, d, e] = talks.as_slice() else { unreachable!() };
    bench.lists(OPEN, &[e, d, c, b, a]).await;
    say(&bench, b, Side::Practice, 10).await;
    say(&bench, d, Side::Patient, 11).await;
    bench.lists(OPEN, &[d, b, e, c, a]).await;
    bench.lists(Filter::Assigned(None), &[d, b, e, c, a]).await;
    let (page, next) = bench.store.inbox(bench.practice, OPEN, 3, None).await.unwrap();
    assert_eq!((page.len(), next.is_some()), (3, true));
    assert!(page.iter().all(|listed| listed.patient == a.head.patient));
}

async fn closing_and_opening_moves_between_the_lists(bench: Bench) {
    let talks = talks(&bench, 3).await;
    let [a, b, c] = talks.as_slice() else { unreachable!() };
    change(&bench, b, ConversationState::Closed, None).await;
    bench.lists(OPEN, &[c, a]).await;
    bench.lists(CLOSED, &[b]).await;
    bench.lists(Filter::Assigned(None), &[c, a]).await;
    change(&bench, b, ConversationState::Open, None).await;
    bench.lists(OPEN, &[c, b, a]).await;
    bench.lists(CLOSED, &[]).await;
    bench.lists(Filter::Assigned(None), &[c, b, a]).await;
}

async fn assigning_moves_between_the_queues(bench: Bench) {
    let talks = talks(&bench, 2).await;
    let [a, b] = talks.as_slice() else { unreachable!() };
    let (vera, tom) = (bench.staff(), bench.staff());
    change(&bench, a, ConversationState::Open, Some(vera)).await;
    bench.lists(Filter::Assigned(Some(vera)), &[a]).await;
    bench.lists(Filter::Assigned(None), &[b]).await;
    bench.lists(OPEN, &[b, a]).await;
    change(&bench, a, ConversationState::Open, Some(tom)).await;
    bench.lists(Filter::Assigned(Some(tom)), &[a]).await;
    bench.lists(Filter::Assigned(Some(vera)), &[]).await;
    change(&bench, a, ConversationState::Closed, Some(tom)).await;
    bench.lists(Filter::Assigned(Some(tom)), &[]).await;
    change(&bench, a, ConversationState::Open, None).await;
    bench.lists(Filter::Assigned(None), &[b, a]).await;
}

async fn a_patients_message_opens_again_and_returns_to_its_queue(bench: Bench) {
    let talks = talks(&bench, 2).await;
    let [a, b] = talks.as_slice() else { unreachable!() };
    let vera = bench.staff();
    change(&bench, a, ConversationState::Closed, Some(vera)).await;
    change(&bench, b, ConversationState::Closed, None).await;
    bench.lists(OPEN, &[]).await;
    say(&bench, a, Side::Patient, 10).await;
    say(&bench, b, Side::Patient, 11).await;
    bench.lists(OPEN, &[b, a]).await;
    bench.lists(CLOSED, &[]).await;
    bench.lists(Filter::Assigned(Some(vera)), &[a]).await;
    bench.lists(Filter::Assigned(None), &[b]).await;
    let head = bench.head(a).await;
    assert_eq!((head.state, head.assignee), (ConversationState::Open, Some(vera)));
}

async fn a_practices_message_leaves_a_closed_conversation_closed(bench: Bench) {
    let talks = talks(&bench, 1).await;
    change(&bench, &talks[0], ConversationState::Closed, None).await;
    say(&bench, &talks[0], Side::Practice, 10).await;
    bench.lists(CLOSED, &[&talks[0]]).await;
    bench.lists(OPEN, &[]).await;
    bench.lists(Filter::Assigned(None), &[]).await;
    bench.lists(Filter::Unread, &[]).await;
}

async fn unread_lists_what_waits_by_how_long(bench: Bench) {
    let talks = talks(&bench, 3).await;
    let [a, b, c] = talks.as_slice() else { unreachable!() };
    bench.lists(Filter::Unread, &[]).await;
    for (talk, seconds) in [(b, 10), (a, 20), (c, 30)] {
        say(&bench, talk, Side::Patient, seconds).await;
    }
    bench.lists(Filter::Unread, &[c, a, b]).await;
    let says = Says { who: bench.account(), side: Side::Patient, key: "again", text: "Still there?" };
    bench.say(b, says, bench.at(40)).await;
    bench.lists(Filter::Unread, &[c, a, b]).await;
    for (seq, expected) in [(1, vec![c, a, b]), (2, vec![c, a])] {
        let head = bench.head(b).await;
        let mark = bench.store.read_mark(&head, Side::Practice, seq).await.unwrap().unwrap();
        bench.store.mark_read(&head, Side::Practice, mark).await.unwrap();
        bench.lists(Filter::Unread, &expected).await;
    }
    change(&bench, a, ConversationState::Closed, None).await;
    bench.lists(Filter::Unread, &[c, a]).await;
    bench.say(b, Says { key: "third", ..says }, bench.at(50)).await;
    bench.lists(Filter::Unread, &[b, c, a]).await;
}

async fn a_message_lands_in_the_queue_of_whoever_was_just_assigned(bench: Bench) {
    let talks = talks(&bench, 1).await;
    let talk = &talks[0];
    let (vera, tom) = (bench.staff(), bench.staff());
    // The patient's request has read the head; before it writes, staff assign the conversation.
    for (assignee, key) in [(Some(vera), "k1"), (Some(tom), "k2"), (None, "k3")] {
        let head = bench.head(talk).await;
        change(&bench, talk, ConversationState::Open, assignee).await;
        let says = Says { who: bench.account(), side: Side::Patient, key, text: "Hello" };
        let sent = bench.say_after(head, talk, says, bench.at(5)).await.unwrap();
        assert!(matches!(sent, Outcome::New(_)));
        assert_eq!(bench.head(talk).await.assignee, assignee);
        for queue in [Some(vera), Some(tom), None] {
            let expected = if queue == assignee { vec![talk] } else { Vec::new() };
            bench.lists(Filter::Assigned(queue), &expected).await;
        }
    }
}

async fn a_practice_lists_its_own_only(bench: Bench) {
    let other = Bench::new(bench.engine.clone(), "lists::other-practice").await.unwrap();
    let (mine, theirs) = (talks(&bench, 2).await, talks(&other, 1).await);
    say(&other, &theirs[0], Side::Patient, 5).await;
    bench.lists(OPEN, &[&mine[1], &mine[0]]).await;
    bench.lists(Filter::Unread, &[]).await;
    other.lists(OPEN, &[&theirs[0]]).await;
    other.lists(Filter::Unread, &[&theirs[0]]).await;
    assert!(bench.store.head(bench.practice, theirs[0].head.id).await.unwrap().is_none());
}
