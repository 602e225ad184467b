//! Failures at random, for as many seeds as there is time: `SEED=n` repeats one, `FROM=n TO=m` does a part of many.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test may do all of it")]

use faults_tests::{Figures, Findings, Scene, explore};

/// Seeds that share a world: the first of them sets it up.
const SHARED: u64 = 10;

async fn explore_from(first: u64, last: u64) -> (Findings, Figures) {
    let scene = Scene::new(first).await;
    let (mut findings, mut figures) = (Findings::default(), Figures::default());
    for seed in first..=last {
        let (found, done) = explore(&scene, seed).await;
        if !found.is_clean() {
            println!("SEED={seed}: {found}");
        }
        findings.add(found);
        figures.sends += done.sends;
        figures.acknowledged += done.acknowledged;
        figures.recalls += done.recalls;
        figures.seen += done.seen;
    }
    (findings, figures)
}

#[test]
fn nothing_is_lost_doubled_or_out_of_place() {
    let named = |name: &str| std::env::var(name).ok().and_then(|seed| seed.parse::<u64>().ok());
    let only = named("SEED");
    let (from, to) = (named("FROM").unwrap_or(0), named("TO").unwrap_or(2_000));
    let groups: Vec<(u64, u64)> = match only {
        Some(seed) => vec![(seed / SHARED * SHARED, seed)],
        None => (from / SHARED..to / SHARED).map(|n| (n * SHARED, (n + 1) * SHARED - 1)).collect(),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut workers = Vec::new();
    for part in 0..threads {
        let groups: Vec<_> = groups.iter().copied().skip(part).step_by(threads).collect();
        workers.push(std::thread::spawn(move || {
            let mut all = (Findings::default(), Figures::default());
            for (first, last) in groups {
                // The clock stands, and jumps to where something waits for it.
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
                let (found, done) = runtime.expect("a runtime").block_on(explore_from(first, last));
                all.0.add(found);
                all.1.sends += done.sends;
                all.1.acknowledged += done.acknowledged;
                all.1.recalls += done.recalls;
                all.1.seen += done.seen;
            }
            all
        }));
    }
    let (mut findings, mut figures) = (Findings::default(), Figures::default());
    for worker in workers {
        let (found, done) = worker.join().expect("no explorer is refused");
        findings.add(found);
        figures.sends += done.sends;
        figures.acknowledged += done.acknowledged;
        figures.recalls += done.recalls;
        figures.seen += done.seen;
    }
    println!(
        "faults at random: {} sends, {} acknowledged, {} recalls, {} messages seen by readers: {findings}",
        figures.sends, figures.acknowledged, figures.recalls, figures.seen
    );
    assert!(figures.acknowledged > 0 && figures.recalls > 0 || only.is_some());
    assert!(findings.is_clean());
}
