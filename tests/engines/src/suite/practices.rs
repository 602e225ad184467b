//! Practices and their short names.

use domain::{
    audit::Verb,
    practice::{Policies, PublicProfile, Slug},
};
use platform::store::{
    audit,
    practice::{Practice, WrappedKeys},
};

use super::cases;
use crate::bench::Bench;

cases![
    a_practice_is_found_by_its_id_and_its_short_name,
    a_short_name_that_is_taken_makes_no_second_practice,
    one_of_many_at_once_gets_a_short_name,
    two_changes_of_a_profile_at_once_both_count,
];

/// A short name that nobody else has: the id's own text.
fn slug(bench: &Bench) -> Slug {
    Slug::parse(&bench.practice.to_string().replace('_', "-")).unwrap()
}

fn practice(bench: &Bench) -> Practice {
    Practice {
        id: domain::id::PracticeId::new(bench.now, bench.entropy.id()),
        slug: slug(bench),
        profile: PublicProfile {
            name: "Bright Eyes Clinic".to_owned(),
            sender_name: "Bright Eyes".to_owned(),
            phone: "+15555550100".to_owned(),
            emergency_number: "911".to_owned(),
            hours: "Mon-Fri 9-17".to_owned(),
            time_zone: "America/New_York".to_owned(),
            languages: vec!["en".to_owned(), "es".to_owned()],
        },
        policies: Policies::STRICT,
        wrapped: WrappedKeys { contact: vec![1; 180], index: vec![2; 180], link: vec![3; 180] },
    }
}

async fn create(bench: &Bench, practice: &Practice) -> bool {
    let mut event = bench.event(Verb::PracticeCreated);
    event.practice = practice.id;
    bench.store.create_practice(practice, bench.now, audit::to_item(&event)).await.unwrap()
}

async fn a_practice_is_found_by_its_id_and_its_short_name(bench: Bench) {
    let made = practice(&bench);
    assert_eq!(bench.store.practice_id(&made.slug).await.unwrap(), None);
    assert!(create(&bench, &made).await);
    assert_eq!(bench.store.practice_id(&made.slug).await.unwrap(), Some(made.id));
    let read = bench.store.practice(made.id).await.unwrap().expect("it is there");
    assert_eq!((read.profile, read.policies, read.slug), (made.profile, made.policies, made.slug));
    assert_eq!(
        [read.wrapped.contact, read.wrapped.index, read.wrapped.link],
        [vec![1; 180], vec![2; 180], vec![3; 180]]
    );
    assert!(bench.store.practice(bench.practice).await.unwrap().is_none());
}

async fn a_short_name_that_is_taken_makes_no_second_practice(bench: Bench) {
    let (first, second) = (practice(&bench), practice(&bench));
    assert!(create(&bench, &first).await);
    assert!(!create(&bench, &second).await);
    assert_eq!(bench.store.practice_id(&first.slug).await.unwrap(), Some(first.id));
    assert!(bench.store.practice(second.id).await.unwrap().is_none(), "nothing of it stays");
}

async fn one_of_many_at_once_gets_a_short_name(bench: Bench) {
    let all: Vec<Practice> = (0..8).map(|_| practice(&bench)).collect();
    let created = bench.race(all.iter().map(|practice| create(&bench, practice))).await;
    let winner = created.iter().position(|created| *created).expect("one of them");
    assert_eq!(created.iter().filter(|created| **created).count(), 1);
    assert_eq!(bench.store.practice_id(&slug(&bench)).await.unwrap(), Some(all[winner].id));
    for (practice, created) in all.iter().zip(created) {
        assert_eq!(bench.store.practice(practice.id).await.unwrap().is_some(), created);
    }
}

async fn two_changes_of_a_profile_at_once_both_count(bench: Bench) {
    let made = practice(&bench);
    assert!(create(&bench, &made).await);
    let change = async |change: fn(&mut PublicProfile)| {
        let event = bench.event(Verb::PracticeChanged);
        let apply = |mut profile: PublicProfile, policies| {
            change(&mut profile);
            Ok::<_, ()>((profile, policies))
        };
        assert!(bench.store.change_practice(made.id, apply, &event).await.unwrap().is_some());
    };
    let changes: [fn(&mut PublicProfile); 3] = [
        |profile| profile.hours = "Mon-Sat 8-20".to_owned(),
        |profile| profile.emergency_number = "112".to_owned(),
        |profile| profile.languages.push("vi".to_owned()),
    ];
    bench.race(changes.map(change)).await;
    let profile = bench.store.practice(made.id).await.unwrap().unwrap().profile;
    assert_eq!((profile.hours.as_str(), profile.emergency_number.as_str()), ("Mon-Sat 8-20", "112"));
    assert_eq!(profile.languages, ["en", "es", "vi"]);
    assert_eq!(bench.events(Verb::PracticeChanged).await, 3);
}
