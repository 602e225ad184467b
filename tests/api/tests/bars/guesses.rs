//! Guessing: counted before it is compared.

use api_tests::World;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{MARIA, asked, gives_session, row, times};

#[tokio::test]
async fn guessing_a_code_gets_five_tries_however_many_guess() {
    let world = World::start(7_300).await;
    let flows = times(200, 2_000);
    let (mut guesses, mut sessions, mut proven) = (0, 0, 0);
    for n in 0..flows {
        world.clock.advance_seconds(24 * 3600);
        let flow = asked(&world, n, "patient", MARIA.0).await;
        let right: u32 = flow.code.parse().unwrap();
        let tries = (0..50_u32).map(|guess| {
            let mut browser = flow.browser.clone();
            // Every client its own network: no limit of networks helps.
            browser.address = crate::support::network_of(100_000 + n * 50 + guess as usize);
            let code = format!("{:08}", (right + 1 + guess) % 100_000_000);
            async move { browser.post("/v1/sessions", json!({"code": code})).await }
        });
        for answer in join_all(tries).await {
            guesses += 1;
            sessions += usize::from(gives_session(&answer));
            proven += usize::from(answer.status == 200);
            assert_eq!(answer.status, 401);
        }
        let cookie = flow.browser.cookies["__Host-flow"].split('.').nth(1).unwrap().to_owned();
        let items = world.aws.items("ChatTable").await;
        let item = items.iter().find(|item| item["PK"]["S"].as_str().is_some_and(|pk| pk.ends_with(&cookie)));
        let tries: u32 = item.unwrap()["tries"]["N"].as_str().unwrap().parse().unwrap();
        assert!(tries <= 5, "{tries} compared");
        // The right code comes too late now.
        let mut browser = flow.browser.clone();
        browser.post("/v1/sessions", json!({"code": flow.code})).await.expect(401);
    }
    assert_eq!((sessions, proven), (0, 0));
    row(
        "L4",
        "guesses of codes that got further",
        &format!("{proven} of {guesses}; at most 5 compared per flow"),
    );
}
