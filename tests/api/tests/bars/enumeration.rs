//! Nothing tells a known address from an unknown one: not the calls, not the bytes, not the answer.

use std::time::Instant;

use api_tests::World;
use local::aws::{Calls, Fault, FaultPlan, Rule, Service, When};

use crate::support::{ask, face, network_of, row, times};

/// Known addresses, each with an unknown one of the same length.
const PAIRS: [(&str, &str, &str); 4] = [
    ("patient", "maria@patients.test", "maris@patients.test"),
    ("patient", "+15555550104", "+15555550194"),
    ("patient", "vega.family@patients.test", "vera.family@patients.test"),
    ("staff", "ben@demo.test", "bem@demo.test"),
];

/// In which state both are asked about.
#[derive(Clone, Copy, Debug)]
enum State {
    Fresh,
    Again,
    Throttled,
    ProviderDown,
}

const STATES: [State; 4] = [State::Fresh, State::Again, State::Throttled, State::ProviderDown];

/// What somebody who watches the service from outside could see, and what it costs it inside.
fn trace(calls: &Calls) -> Vec<(String, String, usize, u32)> {
    calls
        .0
        .iter()
        .map(|call| (call.operation.clone(), format!("{:?}", call.parts), call.request_bytes, call.depth))
        .collect()
}

async fn prepare(world: &World, state: State, audience: &str, address: &str, n: usize) {
    let before = match state {
        State::Fresh | State::ProviderDown => 0,
        State::Again => 1,
        // More often than any address may be asked about.
        State::Throttled => 160,
    };
    for more in 0..before {
        let mut other = world.browser();
        other.address = network_of(20_000 + n * 400 + more);
        ask(&mut other, audience, address).await;
        if matches!(state, State::Again) {
            world.pump().await;
        }
    }
    if matches!(state, State::ProviderDown) {
        let rule = Rule::new(When::Always, Fault::Throttle).on(Service::Ses, "SendRawEmail");
        world.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
    }
}

#[tokio::test]
async fn known_and_unknown_addresses_make_the_same_calls() {
    let rounds = times(128, 512);
    let (mut pairs, mut equal) = (0, 0);
    for round in 0..rounds {
        let state = STATES[round % STATES.len()];
        let (audience, known, unknown) = PAIRS[round / STATES.len() % PAIRS.len()];
        // Two worlds of one seed differ in nothing but the address.
        let mut seen = Vec::new();
        for address in [known, unknown] {
            let world = World::start(7_000 + round as u64).await;
            prepare(&world, state, audience, address, round).await;
            for n in 0..4 {
                let mut browser = world.browser();
                browser.address = network_of(n);
                let recorder = world.aws.recorder();
                let (answer, calls) = recorder.scope("ask", ask(&mut browser, audience, address)).await;
                seen.push((n, face(&answer), trace(&calls)));
            }
        }
        let (of_known, of_unknown) = seen.split_at(4);
        for (one, other) in of_known.iter().zip(of_unknown) {
            pairs += 1;
            assert_eq!(one, other, "{state:?} {audience} {known}");
            equal += 1;
        }
    }
    row("L1", "call traces, bytes and answers, known against unknown", &format!("{equal} of {pairs} equal"));
}

#[tokio::test]
async fn and_take_the_same_time() {
    let world = World::start(7_100).await;
    let rounds = times(300, 5_000);
    let mut spent = [Vec::new(), Vec::new()];
    for n in 0..rounds {
        for (which, address) in ["maria@patients.test", "maris@patients.test"].into_iter().enumerate() {
            let mut browser = world.browser();
            browser.address = network_of(n);
            // Past the limits of one address nothing is written, which is another time, the same for both.
            if n % 100 == 0 {
                world.clock.advance_seconds(24 * 3600);
            }
            let start = Instant::now();
            ask(&mut browser, "patient", address).await;
            spent[which].push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [mut known, mut unknown] = spent;
    let better = known.iter().map(|one| unknown.iter().filter(|other| *other < one).count()).sum::<usize>()
        as f64
        / (known.len() * unknown.len()) as f64;
    known.sort_by(f64::total_cmp);
    unknown.sort_by(f64::total_cmp);
    let median = |sorted: &[f64]| sorted[sorted.len() / 2];
    let apart = (median(&known) - median(&unknown)).abs();
    // A timing is a figure, not a gate: what must be equal is the trace above.
    row("L2", "medians apart, and area under the curve", &format!("{apart:.3} ms, {better:.3}"));
}
