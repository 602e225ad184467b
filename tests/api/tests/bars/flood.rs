//! A flood of requests for sign-in messages: what leaves stays within the limits, and known browsers still get in.

use api_tests::World;
use domain::{limits::Limits, practice::Policies};

use crate::support::{ask, network_of, row};

#[tokio::test]
async fn a_flood_sends_no_more_than_the_limits() {
    let world = World::start(8_000).await;
    // The demonstration's limits are wide; a deployed practice has these.
    world.set_policies(&world.demo, Policies { limits_factor: 1, ..Policies::demonstration(1) }).await;
    let addresses: Vec<String> = ["maria@patients.test", "john@patients.test", "vega.family@patients.test"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..47).map(|n| format!("nobody{n}@patients.test")))
        .collect();
    let start = world.aws.outbox().all().len();
    let (requests, networks) = (10_000, 500);
    let mut accepted = 0;
    for n in 0..requests {
        // Spread over one day.
        if n % 20 == 0 {
            world.clock.advance_seconds(24 * 3600 * 20 / requests as i64);
        }
        let mut browser = world.browser();
        browser.address = network_of(n % networks);
        accepted +=
            usize::from(ask(&mut browser, "patient", &addresses[n % addresses.len()]).await.status == 202);
        if n % 100 == 0 {
            world.pump().await;
        }
    }
    world.pump().await;
    let sent = &world.aws.outbox().all()[start..];
    let daily = Limits::STRICT.sends_per_address_and_day.count as usize;
    for address in &addresses[..3] {
        let to_one = sent.iter().filter(|one| one.to.contains(address)).count();
        // The day of the limit and the day of the flood need not begin together.
        assert!(to_one <= 2 * daily, "{to_one} to {address}");
        assert!(to_one >= daily, "the limit is what held them: {to_one} to {address}");
    }
    assert!(accepted <= addresses.len() * 2 * daily, "{accepted}");
    row(
        "L10",
        "messages of a flood of 10,000 from 500 networks",
        &format!("{} to 3 people, at most {} each", sent.len(), 2 * daily),
    );
}
