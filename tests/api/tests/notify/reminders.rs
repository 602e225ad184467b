//! What follows a notice while its message is unread, and which hours a phone is left alone.

use api_tests::World;
use domain::time::Timestamp;
use platform::clock::Clock;
use serde_json::json;

use crate::support::{Thread, minutes, read, relay, sent, state};

const DAY: i64 = 24 * 3600;

async fn notes(world: &World, conversation: &str) -> Vec<String> {
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let page = ana.get(&format!("/v1/conversations/{conversation}/notes")).await.expect(200).json();
    let kinds =
        page["items"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap().to_owned());
    kinds.collect()
}

/// How many messages had left after each day.
async fn days(world: &World, count: usize) -> Vec<usize> {
    let mut seen = Vec::new();
    for _ in 0..count {
        world.clock.advance_seconds(DAY - 60);
        minutes(world, 3).await;
        world.clock.advance_seconds(-120);
        seen.push(sent(world).len());
    }
    seen
}

#[tokio::test]
async fn an_unread_message_is_reminded_of_after_one_day_and_three_and_then_staff_are_told() {
    let world = World::start(1).await;
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Hello").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(days(&world, 3).await, [2, 2, 3]);
    assert_eq!(notes(&world, &thread.id).await, [""; 0]);
    assert_eq!(days(&world, 4).await, [3, 3, 3, 3]);
    assert_eq!(notes(&world, &thread.id).await, ["notice_unread"]);
    let mails = sent(&world);
    assert!(mails.iter().all(|mail| mail.subject == mails[0].subject && mail.to == "maria@patients.test"));
    // A link of its own each time; staff see each, and the next message is told of anew.
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{}/reach", world.demo.patients["maria"].id);
    let seen = ben.get(&path).await.expect(200).json();
    assert_eq!(seen["notices"].as_array().unwrap().len(), 3);
    assert_eq!(seen["notices"][2]["resent"], 2);
    thread.write("Hello again").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 4);
}

#[tokio::test]
async fn reading_ends_the_reminders_and_later_messages_have_their_own() {
    let world = World::start(2).await;
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("One").await;
    // It is silent beside the notice that is out, and so is its reminder.
    let last = thread.write("Two").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(days(&world, 2).await, [2, 2]);
    read(&world, "maria", &thread.id, last).await;
    assert_eq!(days(&world, 3).await, [2, 2, 2]);
    assert_eq!(notes(&world, &thread.id).await, [""; 0]);
    thread.write("Three").await;
    world.pump().await;
    assert_eq!(days(&world, 1).await, [4]);
}

#[tokio::test]
async fn a_recalled_message_is_not_reminded_of() {
    let world = World::start(3).await;
    let mut thread = Thread::with(&world, "maria").await;
    let seq = thread.write("Hello").await;
    world.pump().await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{}/messages/{seq}/recall", thread.id);
    let _ = ana.post(&path, json!({"reason": "wrong_patient"})).await.expect(200);
    let before = sent(&world).len();
    assert_eq!(days(&world, 5).await, [before; 5]);
    assert_eq!(notes(&world, &thread.id).await, [""; 0]);
}

#[tokio::test]
async fn a_phone_is_left_alone_at_night_and_a_mailbox_is_not() {
    // Half past two at night in New York; the clocks are set back this very night.
    let night = Timestamp::parse("2026-11-01T07:30:00Z").unwrap();
    let world = World::on(4, Clock::manual(night), None).await;
    let mut maria = Thread::with(&world, "maria").await;
    maria.write("Hello").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
    let mut linh = Thread::with(&world, "linh").await;
    linh.write("Hello").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(state(&world, &place).await, ("NEW".to_owned(), "quiet_hours".to_owned()));
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{}/reach", world.demo.patients["linh"].id);
    let seen = ben.get(&path).await.expect(200).json();
    assert_eq!(
        (&seen["notices"][0]["state"], &seen["notices"][0]["why"]),
        (&json!("deferred"), &json!("quiet_hours"))
    );
    // A code is asked for: it comes at once.
    let mut browser = world.browser();
    let body = json!({"practice": "demo", "address": "+15555550104"});
    let _ = browser.post("/v1/login-links", body).await.expect(202);
    world.pump().await;
    assert_eq!(sent(&world).len(), 2);
    // Eight o'clock, an hour later by the sun than the day before.
    let eight = Timestamp::parse("2026-11-01T13:00:00Z").unwrap();
    world.clock.advance_seconds(eight.as_seconds() - night.as_seconds() - 60);
    world.tick().await;
    assert_eq!(sent(&world).len(), 2);
    minutes(&world, 2).await;
    assert_eq!(sent(&world).len(), 3);
    assert_eq!(state(&world, &place).await.0, "SENT");
}

#[tokio::test]
async fn the_patients_own_clocks_count_as_much_as_the_practices() {
    // Nine in the morning in New York, at night in Honolulu: four.
    let world = World::on(5, Clock::manual(Timestamp::parse("2026-11-23T14:00:00Z").unwrap()), None).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{}", world.demo.patients["linh"].id);
    let _ = ben.patch(&path, json!({"time_zone": "Pacific/Honolulu"})).await.expect(200);
    let mut linh = Thread::with(&world, "linh").await;
    linh.write("Hello").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(state(&world, &place).await.1, "quiet_hours");
    // Eight in Honolulu is one in the afternoon in New York.
    world.clock.advance_seconds(4 * 3600 - 60);
    world.tick().await;
    assert_eq!(sent(&world).len(), 0);
    minutes(&world, 2).await;
    assert_eq!(sent(&world).len(), 1);
}
