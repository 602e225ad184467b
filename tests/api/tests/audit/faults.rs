//! Every call of linking, keeping and signing fails once in every way: no gap, no event twice, no fork.

use api_tests::World;
use local::aws::{Fault, FaultPlan, Rule, When};

use crate::support::{CHAIN, assert_whole, lose_the_stream, record_many, tick};

fn faults() -> [Fault; 6] {
    [
        Fault::Throttle,
        Fault::InternalError,
        Fault::Timeout,
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::TransactionConflict,
    ]
}

/// Events that the stream brings, some that it lost, and a tick: what a minute is made of.
async fn minute(world: &World) {
    record_many(world, world.demo.id, 3).await;
    world.pump().await;
    record_many(world, world.demo.id, 3).await;
    lose_the_stream(world).await;
    let _ = tick(world).await;
    record_many(world, world.demo.id, 2).await;
    world.pump().await;
    let _ = tick(world).await;
}

async fn calls(seed: u64) -> u64 {
    let world = World::start(seed).await;
    let (_, calls) = world.aws.recorder().scope("minute", minute(&world)).await;
    calls.0.iter().filter(|call| call.caller == CHAIN).count() as u64
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_leaves_the_log_whole() {
    let all = calls(9_100).await;
    let mut cases = 0;
    for nth in 1..=all {
        for fault in faults() {
            let world = World::start(9_100).await;
            let rule = Rule::new(When::Nth(nth), fault.clone()).by(CHAIN);
            world.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
            minute(&world).await;
            world.aws.set_faults(None);
            // What failed comes again; after that the next tick makes up for all of it.
            for _ in 0..3 {
                world.clock.advance_seconds(61);
                world.pump().await;
            }
            tick(&world).await.unwrap_or_else(|error| panic!("call {nth} {fault:?}: {error}"));
            let practices = [world.demo.id, world.other.id];
            for practice in practices {
                assert_whole(&world, practice).await;
            }
            cases += 1;
        }
    }
    println!(
        "| A3 | single faults in {all} calls of linking, keeping and signing: logs not whole | 0 of {cases} |"
    );
}

#[tokio::test(start_paused = true)]
async fn many_failures_by_chance_leave_the_log_whole() {
    let mut cases = 0;
    for seed in 0..40 {
        let world = World::start(9_200).await;
        let chance = |fault| Rule::new(When::Chance(0.06), fault).by(CHAIN);
        world.aws.set_faults(Some(FaultPlan::new(seed, faults().into_iter().map(chance).collect())));
        for _ in 0..3 {
            minute(&world).await;
            world.clock.advance_seconds(60);
        }
        world.aws.set_faults(None);
        for _ in 0..6 {
            world.clock.advance_seconds(61);
            world.pump().await;
        }
        tick(&world).await.expect("a tick");
        assert_whole(&world, world.demo.id).await;
        assert_whole(&world, world.other.id).await;
        cases += 1;
    }
    println!("| A3 | every call fails with a chance of 30 %: logs not whole | 0 of {cases} |");
}
