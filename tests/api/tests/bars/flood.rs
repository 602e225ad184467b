//! A flood of requests for sign-in messages: what leaves stays within the limits, and known browsers still get in.

use api_tests::World;
use domain::{limits::Limits, practice::Policies};
use serde_json::json;

use crate::support::{MARIA, ask, asked, code_in, date, gives_session, last, network_of, row};

/// How often the known phone signs in.
const KNOWN: usize = 50;

#[tokio::test]
async fn a_flood_sends_no_more_than_the_limits() {
    let world = World::start(8_000).await;
    // The demonstration's limits are wide; a deployed practice has these.
    world.set_policies(&world.demo, Policies { limits_factor: 1, ..Policies::demonstration(1) }).await;
    // A phone that is remembered, from before.
    let mut phone = asked(&world, 900, "patient", MARIA.0).await;
    phone.browser.post("/v1/sessions", json!({"code": phone.code})).await.expect(200);
    phone.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(201);
    phone.browser.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let mut phone = phone.browser;
    let addresses: Vec<String> = ["maria@patients.test", "john@patients.test", "vega.family@patients.test"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..47).map(|n| format!("nobody{n}@patients.test")))
        .collect();
    let start = world.aws.outbox().all().len();
    let (requests, networks) = (10_000, 500);
    let (mut accepted, mut let_in) = (0, 0);
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
        // Amid all this the phone signs in: with a code of its own, at the busiest network.
        if n % (requests / KNOWN) == 0 {
            phone.cookies.remove("__Host-session");
            phone.address = network_of(n % networks);
            ask(&mut phone, "patient", MARIA.0).await.expect(202);
            world.pump().await;
            let code = json!({"code": code_in(&last(&world, MARIA.0))});
            let_in += usize::from(gives_session(&phone.post("/v1/sessions", code).await));
        }
    }
    world.pump().await;
    let sent = &world.aws.outbox().all()[start..];
    let daily = Limits::STRICT.sends_per_address_and_day.count as usize;
    for address in &addresses[..3] {
        let own = if address == MARIA.0 { KNOWN } else { 0 };
        let to_one = sent.iter().filter(|one| one.to.contains(address)).count() - own;
        // The day of the limit and the day of the flood need not begin together.
        assert!(to_one <= 2 * daily, "{to_one} to {address}");
        assert!(to_one >= daily, "the limit is what held them: {to_one} to {address}");
    }
    assert!(accepted <= addresses.len() * 2 * daily, "{accepted}");
    assert_eq!(let_in, KNOWN);
    row(
        "L10",
        "messages of a flood of 10,000 from 500 networks",
        &format!(
            "{} to 3 people, at most {} each; a known phone got in {let_in} of {KNOWN} times",
            sent.len() - KNOWN,
            2 * daily
        ),
    );
}
