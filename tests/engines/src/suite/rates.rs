//! Limits: exact, however many count at once.

use domain::limits::Rate;
use platform::store::{
    Store, Write,
    rate::{Counted, Counter},
};

use super::cases;
use crate::bench::Bench;

cases![
    a_limit_is_exact_among_a_hundred_at_once,
    a_limit_opens_again_with_its_next_window,
    subjects_scopes_and_practices_are_counted_apart,
    what_is_given_back_can_be_used_again,
];

fn counter<'a>(bench: &Bench, scope: &'static str, subject: &'a str, count: u32) -> Counter<'a> {
    Counter { practice: bench.practice, scope, subject, rate: Rate { count, seconds: 900 } }
}

async fn a_limit_is_exact_among_a_hundred_at_once(bench: Bench) {
    let counter = counter(&bench, "suite", "one", 37);
    let counted = bench.race((0..100).map(|_| bench.store.count(&counter, bench.now))).await;
    let within = counted.into_iter().filter(|counted| *counted.as_ref().unwrap() == Counted::Within).count();
    assert_eq!(within, 37);
    assert!(matches!(bench.store.count(&counter, bench.now).await.unwrap(), Counted::Over(_)));
}

async fn a_limit_opens_again_with_its_next_window(bench: Bench) {
    let counter = counter(&bench, "suite", "two", 1);
    let start = bench.now.as_seconds() / 900 * 900;
    let at = |seconds: i64| domain::time::Timestamp::from_millis((start + seconds) * 1000);
    assert_eq!(bench.store.count(&counter, at(0)).await.unwrap(), Counted::Within);
    assert_eq!(bench.store.count(&counter, at(10)).await.unwrap(), Counted::Over(890));
    assert_eq!(bench.store.count(&counter, at(899)).await.unwrap(), Counted::Over(1));
    assert_eq!(bench.store.count(&counter, at(900)).await.unwrap(), Counted::Within);
}

async fn subjects_scopes_and_practices_are_counted_apart(bench: Bench) {
    let other = Bench::new(bench.engine.clone(), "rates::other-practice").await.unwrap();
    for bench in [&bench, &other] {
        for (scope, subject) in [("a", "x"), ("a", "y"), ("b", "x")] {
            let counter = counter(bench, scope, subject, 1);
            assert_eq!(
                bench.store.count(&counter, bench.now).await.unwrap(),
                Counted::Within,
                "{scope} {subject}"
            );
            assert!(matches!(bench.store.count(&counter, bench.now).await.unwrap(), Counted::Over(_)));
        }
    }
}

async fn what_is_given_back_can_be_used_again(bench: Bench) {
    let counter = counter(&bench, "suite", "three", 1);
    assert_eq!(bench.store.count(&counter, bench.now).await.unwrap(), Counted::Within);
    bench.store.transact(vec![Write::Update(Store::uncount(&counter, bench.now))]).await.unwrap().unwrap();
    assert_eq!(bench.store.count(&counter, bench.now).await.unwrap(), Counted::Within);
    assert!(matches!(bench.store.count(&counter, bench.now).await.unwrap(), Counted::Over(_)));
}
