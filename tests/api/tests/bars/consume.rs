//! One token, many hands: one wins.

use api_tests::{Browser, World};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{MARIA, asked, count_items, date, gives_session, row, times};

async fn at_once(browser: &Browser, hands: usize, path: &str, body: &Value) -> usize {
    let requests = (0..hands).map(|_| {
        let (mut browser, body) = (browser.clone(), body.clone());
        async move { browser.post(path, body).await }
    });
    join_all(requests).await.iter().filter(|answer| gives_session(answer)).count()
}

#[tokio::test]
async fn a_hundred_hands_on_one_token_make_one_session() {
    let world = World::start(7_200).await;
    let rounds = times(50, 1_000);
    let mut winners = 0;
    for round in 0..rounds {
        // A new day for each, so that no limit decides.
        world.clock.advance_seconds(24 * 3600);
        let before = count_items(&world, "SESSION#").await;
        if round % 2 == 0 {
            let mut patient = asked(&world, round, "patient", MARIA.0).await;
            patient.browser.post("/v1/sessions", json!({"code": patient.code})).await.expect(200);
            winners += at_once(&patient.browser, 100, "/v1/sessions/person", &date(None, MARIA.1)).await;
        } else {
            let staff = asked(&world, round, "staff", "ben@demo.test").await;
            let body = json!({"token": staff.token});
            winners += at_once(&staff.browser, 100, "/v1/sessions", &body).await;
        }
        assert_eq!(count_items(&world, "SESSION#").await, before + 1, "round {round}");
        assert_eq!(winners, round + 1);
    }
    row("L3", "sessions out of 100 redeems of one secret at once", &format!("{winners} in {rounds} rounds"));
}
