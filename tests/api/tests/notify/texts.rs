//! What text messages may cost, and where they go.

use api_tests::{World, people};
use platform::store::{
    item::{NewItem, number},
    keys,
    table::Table,
};

use crate::support::{Thread, ask, minutes, place_of, relay, sent, state};

/// A world in which so many of today's text messages are used up.
async fn used_up(seed: u64, count: u32) -> World {
    let world = World::start(seed).await;
    let day = world.clock.now().as_seconds() / (24 * 3600);
    let item =
        NewItem::new(&keys::rate(world.demo.id, "sms", "all", day)).with("used", number(count)).build();
    assert!(world.operator.store.create(Table::Chat, item).await.unwrap());
    world
}

fn pair(state: &str, why: &str) -> (String, String) {
    (state.to_owned(), why.to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_last_part_of_the_budget_is_for_codes_alone() {
    let world = used_up(1, 1_499).await;
    let mut thread = Thread::with(&world, "linh").await;
    thread.write("One").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1, "the last notice of the day");
    let mut other = Thread::with(&world, "linh").await;
    other.write("Two").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(state(&world, &place).await, pair("NEW", "budget_used_up"));
    let _ = ask(&world, "patient", "+15555550104").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 2, "somebody can still sign in");
    // The next day it leaves by itself.
    world.clock.advance_seconds(9 * 3600);
    minutes(&world, 1).await;
    assert_eq!(sent(&world).len(), 3);
    assert_eq!(state(&world, &place).await, pair("SENT", "accepted"));
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_is_used_up_ends_codes_too() {
    let world = used_up(2, 2_000).await;
    let browser = ask(&world, "patient", "+15555550104").await;
    world.pump().await;
    assert!(sent(&world).is_empty());
    assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("NEW", "budget_used_up"));
}

#[tokio::test]
async fn text_messages_go_where_the_practice_sends_them() {
    let mut world = World::start(3).await;
    let phone = "+442079460000".to_owned();
    let person = people::add(
        &world.operator,
        world.demo.id,
        "Ada King",
        "1990-01-01",
        "en",
        std::slice::from_ref(&phone),
    )
    .await;
    world.demo.patients.insert("ada".to_owned(), person);
    let mut thread = Thread::with(&world, "ada").await;
    thread.write("Hello").await;
    let place = relay(&world).await.remove(0);
    let browser = ask(&world, "patient", &phone).await;
    world.pump().await;
    assert!(sent(&world).is_empty());
    assert_eq!(state(&world, &place).await, pair("SUPPRESSED", "region"));
    assert_eq!(state(&world, &place_of(&world, &browser)).await, pair("SUPPRESSED", "region"));
}
