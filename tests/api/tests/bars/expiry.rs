//! Nothing that has expired opens anything, though its item is still there: cleaning up is not what ends it.

use api_tests::World;
use serde_json::json;

use crate::support::{MARIA, asked, date, notice, row};

#[tokio::test]
async fn what_has_expired_is_refused_while_its_item_is_still_there() {
    let mut kinds = 0;
    let day = 24 * 3600;

    // A code and a link, from their message.
    for by_code in [true, false] {
        let world = World::start(7_800).await;
        let mut maria = asked(&world, 1, "patient", MARIA.0).await;
        world.clock.advance_seconds(601);
        let body = if by_code { json!({"code": maria.code}) } else { json!({"token": maria.token}) };
        maria.browser.post("/v1/sessions", body).await;
        maria.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(401);
        kinds += 1;
    }
    // A proven flow.
    let world = World::start(7_801).await;
    let mut maria = asked(&world, 1, "patient", MARIA.0).await;
    maria.browser.post("/v1/sessions", json!({"code": maria.code})).await.expect(200);
    world.clock.advance_seconds(3_601);
    maria.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(401);
    kinds += 1;
    // A notice, unread and read.
    let (_, token) = notice(&world, "maria", MARIA.0).await;
    world.clock.advance_seconds(7 * day + 1);
    world.browser().post("/v1/sessions/person", date(Some(&token), MARIA.1)).await.expect(401);
    kinds += 1;
    let (_, token) = notice(&world, "john", "john@patients.test").await;
    let mut john = world.browser();
    john.post("/v1/sessions/person", date(Some(&token), "1950-11-02")).await.expect(201);
    // A session, idle and at its end.
    world.clock.advance_seconds(601);
    john.get("/v1/session").await.expect(401);
    kinds += 1;
    world.clock.advance_seconds(day);
    john.post("/v1/sessions/person", date(Some(&token), "1950-11-02")).await.expect(401);
    kinds += 1;
    let mut ana = world.signed_in(&world.demo, "ana").await.with_header("x-user-active", "1");
    for _ in 0..59 {
        world.clock.advance_seconds(12 * 60);
        ana.get("/v1/session").await.expect(200);
    }
    world.clock.advance_seconds(14 * 60);
    ana.get("/v1/session").await.expect(401);
    kinds += 1;
    // Cleaning up has not run once.
    let items = world.aws.items("ChatTable").await;
    let now = world.clock.now().as_seconds();
    let over = |item: &&serde_json::Value| {
        item["ttl"]["N"].as_str().and_then(|ttl| ttl.parse::<i64>().ok()).is_some_and(|ttl| ttl < now)
    };
    assert!(items.iter().filter(over).count() > 3, "expired items are still stored");
    row("L9", "kinds of expired items refused, nothing cleaned up", &format!("{kinds} of {kinds}"));
}
