//! Starting conversations and changing what staff see of them.

use domain::{
    audit::Verb,
    conversation::{ConversationState, Side},
    id::PatientId,
    idempotency::IdempotencyKey,
    message::MessageText,
};
use platform::store::{
    Cancelled, Store,
    conversation::{Changed, Wanted},
    message::Send,
    table::Table,
};

use super::cases;
use crate::bench::{Bench, Says, Talk, somebody};

cases![
    a_new_conversation_is_there_and_in_its_patients_list,
    no_conversation_starts_without_its_patient,
    a_first_message_comes_with_its_conversation,
    a_patients_conversations_are_listed_newest_first,
    a_change_is_stored_with_its_event,
    a_change_of_what_is_not_there_makes_nothing,
];

async fn a_new_conversation_is_there_and_in_its_patients_list(bench: Bench) {
    let talk = bench.talk().await;
    let head = bench.head(&talk).await;
    assert_eq!(
        (head.patient, head.topic, head.state),
        (talk.head.patient, talk.head.topic, ConversationState::Open)
    );
    assert_eq!((head.last_seq, head.epoch, head.assignee), (0, 1, None));
    assert_eq!((&head.wrapped_key, head.created_at), (&talk.head.wrapped_key, bench.now));
    assert_eq!((head.unread(Side::Patient), head.unread(Side::Practice)), (0, 0));
    let own = bench.store.conversations_of(bench.practice, head.patient).await.unwrap();
    assert_eq!(own, [talk.head.id]);
    let again = bench.store.transact(Store::start_writes(&talk.head)).await.unwrap();
    assert!(matches!(again, Err(Cancelled::Condition(0, Some(_)))), "it starts once");
}

async fn no_conversation_starts_without_its_patient(bench: Bench) {
    let nobody = PatientId::new(bench.now, bench.entropy.id());
    let talk = bench.unsaved_talk(nobody, bench.now);
    let refused = bench.store.transact(Store::start_writes(&talk.head)).await.unwrap();
    assert!(matches!(refused, Err(Cancelled::Condition(2, _))), "{refused:?}");
    assert!(bench.store.head(bench.practice, talk.head.id).await.unwrap().is_none());
    assert!(bench.store.conversations_of(bench.practice, nobody).await.unwrap().is_empty());
}

async fn a_first_message_comes_with_its_conversation(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &[])).await;
    for side in [Side::Practice, Side::Patient] {
        let Talk { mut head, key } = bench.unsaved_talk(patient.id, bench.now);
        let (text, client) =
            (MessageText::parse("Good morning").unwrap(), IdempotencyKey::parse("k1").unwrap());
        let send = Send {
            sender: bench.account(),
            side,
            relation: None,
            sender_name: "Dr. Vera Lind",
            text: &text,
            corrects: None,
            key: &client,
            content_key: &key,
            event: bench.event(Verb::MessageSent),
        };
        let (sent, mut writes) = bench.store.next_message_writes(&mut head, &send, bench.now).unwrap();
        writes.extend(Store::start_writes(&head));
        bench.store.transact(writes).await.unwrap().unwrap();
        let talk = Talk { head, key };
        assert_eq!(bench.read_all(&talk).await, [(sent.seq, Some("Good morning".to_owned()))]);
        let read = bench.head(&talk).await;
        let expected = if side == Side::Patient { (0, 1) } else { (1, 0) };
        assert_eq!((read.last_seq, (read.unread(Side::Patient), read.unread(Side::Practice))), (1, expected));
        // The next one continues it.
        let says = Says { who: bench.account(), side, key: "k2", text: "One more thing" };
        assert_eq!(bench.say(&talk, says, bench.at(1)).await.seq, 2);
        assert_eq!(bench.read_all(&talk).await.len(), 2);
    }
    assert_eq!(bench.events(Verb::MessageSent).await, 4);
}

async fn a_patients_conversations_are_listed_newest_first(bench: Bench) {
    let (first, second) =
        (bench.patient(somebody("Ana Reyes", &[])).await, bench.patient(somebody("Ben Ito", &[])).await);
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(bench.talk_with(first.id, bench.at(n)).await.head.id);
    }
    bench.talk_with(second.id, bench.at(9)).await;
    expected.reverse();
    assert_eq!(bench.store.conversations_of(bench.practice, first.id).await.unwrap(), expected);
}

async fn a_change_is_stored_with_its_event(bench: Bench) {
    let talk = bench.talk().await;
    let staff = bench.staff();
    for (state, assignee) in [
        (ConversationState::Open, Some(staff)),
        (ConversationState::Closed, Some(staff)),
        (ConversationState::Closed, None),
        (ConversationState::Open, None),
    ] {
        let event = bench.event(Verb::ConversationChanged);
        let head = bench.head(&talk).await;
        let changed = bench
            .store
            .change_conversation(&head, Wanted { state, assignee, settled: false }, &event)
            .await
            .unwrap();
        let Changed::Done(answered) = changed else { panic!("it is there") };
        let stored = bench.head(&talk).await;
        assert_eq!((stored.state, stored.assignee), (state, assignee));
        assert_eq!(
            (answered.state, answered.assignee, answered.last_seq),
            (state, assignee, stored.last_seq)
        );
    }
    assert_eq!(bench.events(Verb::ConversationChanged).await, 4);

    // What was decided on an older look is not done.
    let old = bench.head(&talk).await;
    let mine = Wanted { state: ConversationState::Open, assignee: Some(staff), settled: false };
    let event = bench.event(Verb::ConversationChanged);
    bench.store.change_conversation(&old, mine, &event).await.unwrap();
    for late in [
        Wanted { assignee: Some(bench.staff()), ..mine },
        Wanted { state: ConversationState::Closed, ..mine },
    ] {
        let event = bench.event(Verb::ConversationChanged);
        let changed = bench.store.change_conversation(&old, late, &event).await.unwrap();
        assert!(matches!(changed, Changed::Meanwhile));
    }
    let stored = bench.head(&talk).await;
    assert_eq!((stored.state, stored.assignee), (mine.state, mine.assignee));
    assert_eq!(bench.events(Verb::ConversationChanged).await, 5);
}

async fn a_change_of_what_is_not_there_makes_nothing(bench: Bench) {
    let talk = bench.unsaved_talk(PatientId::new(bench.now, bench.entropy.id()), bench.now);
    let event = bench.event(Verb::ConversationChanged);
    let closed = bench
        .store
        .change_conversation(
            &talk.head,
            Wanted { state: ConversationState::Closed, assignee: None, settled: false },
            &event,
        )
        .await
        .unwrap();
    assert!(matches!(closed, Changed::Meanwhile));
    assert!(bench.raw(Table::Chat, &talk.head.key()).await.is_none());
    assert_eq!(bench.events(Verb::ConversationChanged).await, 0);
}
