//! Texts that come in: what they mean, the one answer, and that they only reduce.

use api_tests::{World, people};
use serde_json::{Value, json};

use super::{
    contact, say,
    scheduled::{agrees, texts_to},
    state,
};

const MARIA: &str = "+15555550101";
const JOHN: &str = "+15555550102";
const STRANGER: &str = "+15555550177";

/// A phone writes, as End User Messaging publishes it.
async fn writes_as(world: &World, id: &str, from: &str, words: &str) {
    let payload = json!({
        "originationNumber": from, "destinationNumber": "+15555550100", "messageKeyword": "KEYWORD_1",
        "messageBody": words, "inboundMessageId": id, "previousPublishedMessageId": "before",
    });
    assert!(world.aws.publish("InboundSmsTopic", &payload.to_string()));
    world.pump().await;
}

async fn writes(world: &World, from: &str, words: &str) {
    world.clock.advance_seconds(200);
    let id = format!("in-{}", world.fresh_key());
    writes_as(world, &id, from, words).await;
}

async fn tasks(world: &World) -> Vec<(String, String)> {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let all = ben.get("/v1/texts/tasks").await.expect(200).json();
    let pair =
        |task: &Value| (task["kind"].as_str().unwrap().to_owned(), task["text"].as_str().unwrap().to_owned());
    all["items"].as_array().unwrap().iter().map(pair).collect()
}

/// A visit tomorrow at ten that its patient was reminded of.
async fn reminded(world: &World, patient: &str, at: &str) -> Value {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let visit =
        ben.post("/v1/visits", json!({"patient_id": patient, "starts_at": at})).await.expect(201).json();
    world.tick().await;
    visit
}

async fn visit_state(world: &World, visit: &Value) -> String {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let all =
        ben.get("/v1/visits?from=2026-11-20T00:00:00Z&to=2026-12-10T00:00:00Z").await.expect(200).json();
    let found = all["items"].as_array().unwrap().iter().find(|v| v["id"] == visit["id"]).unwrap().clone();
    found["state"].as_str().unwrap().to_owned()
}

fn last(world: &World, phone: &str) -> String {
    texts_to(world, phone).last().cloned().unwrap_or_default()
}

#[tokio::test]
async fn c_confirms_and_x_asks_until_staff_press() {
    let world = World::start(730).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let visit = reminded(&world, &maria, "2026-11-24T15:00:00Z").await;
    assert!(last(&world, MARIA).starts_with("Bright Eyes: visita mar 24 nov, 10:00 AM."));
    writes(&world, MARIA, "Sí").await;
    assert_eq!(visit_state(&world, &visit).await, "confirmed");
    assert_eq!(last(&world, MARIA), "Bright Eyes: gracias, su visita mar 24 nov, 10:00 AM queda confirmada.");
    assert_eq!(tasks(&world).await, []);
    writes(&world, MARIA, "X").await;
    assert_eq!(visit_state(&world, &visit).await, "cancel_requested");
    assert!(last(&world, MARIA).contains("tenemos su pedido de cancelar mar 24 nov, 10:00 AM"));
    assert_eq!(tasks(&world).await, [("cancel_requested".into(), "X".into())]);
    // A text does not take the wish back: that would not be to reduce.
    writes(&world, MARIA, "C").await;
    assert_eq!(visit_state(&world, &visit).await, "cancel_requested");
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/visits/{}", visit["id"].as_str().unwrap());
    ben.patch(&path, json!({"state": "cancelled"})).await.expect(200);
    assert_eq!(visit_state(&world, &visit).await, "cancelled");
    let open = ben.get("/v1/texts/tasks").await.expect(200).json();
    for task in open["items"].as_array().unwrap() {
        let path = format!("/v1/texts/tasks/{}", task["id"].as_str().unwrap());
        ben.delete(&path).await.expect(204);
        ben.delete(&path).await.expect(404);
    }
    assert_eq!(tasks(&world).await, []);
}

#[tokio::test]
async fn where_two_visits_are_open_it_asks_which() {
    let world = World::start(731).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let contacts = [MARIA.to_owned()];
    let pedro =
        people::add(&world.operator, world.demo.id, "Pedro Lopez", "2010-01-02", "es", &contacts).await;
    let first = reminded(&world, &maria, "2026-11-24T15:00:00Z").await;
    let second = reminded(&world, &pedro.id.to_string(), "2026-11-24T16:00:00Z").await;
    writes(&world, MARIA, "c").await;
    assert_eq!(
        last(&world, MARIA),
        "Bright Eyes: ¿qué visita? 1: mar 24 nov, 10:00 AM. 2: mar 24 nov, 11:00 AM. Responda C1, C2, X1 o X2"
    );
    assert_eq!(visit_state(&world, &first).await, "scheduled");
    writes(&world, MARIA, "C2").await;
    assert_eq!(
        (visit_state(&world, &first).await, visit_state(&world, &second).await),
        ("scheduled".into(), "confirmed".into())
    );
    // The numbers stay those of the question.
    writes(&world, MARIA, "X1").await;
    assert_eq!(
        (visit_state(&world, &first).await, visit_state(&world, &second).await),
        ("cancel_requested".into(), "confirmed".into())
    );
    writes(&world, JOHN, "C").await;
    assert_eq!(
        last(&world, JOHN),
        "Bright Eyes: there is no open visit for this phone. Call +1 555-555-0100"
    );
}

#[tokio::test]
async fn a_stop_ends_its_category_and_a_code_still_comes() {
    let world = World::start(732).await;
    let maria = agrees(&world, "maria", MARIA).await;
    writes(&world, MARIA, "STOP").await;
    assert_eq!(
        last(&world, MARIA),
        "Bright Eyes: este numero no recibe mas recordatorios. Responda START para volver."
    );
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    assert_eq!((state(&phone, "reminders"), state(&phone, "notices")), ("withdrawn".into(), "none".into()));
    let before = texts_to(&world, MARIA).len();
    let visit = reminded(&world, &maria, "2026-11-24T15:00:00Z").await;
    let text =
        ben.get(&format!("/v1/texts/{}", visit["texts"][0].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&text["state"], &text["why"]), (&json!("blocked"), &json!(["withdrawn"])));
    assert_eq!(texts_to(&world, MARIA).len(), before);
    // Whoever stopped reminders can still sign in by a code.
    let ask = json!({"practice": "demo", "address": MARIA});
    world.browser().post("/v1/login-links", ask).await.expect(202);
    world.pump().await;
    assert!(last(&world, MARIA).contains("es su codigo"), "{}", last(&world, MARIA));
    writes(&world, MARIA, "START").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    assert_eq!(state(&phone, "reminders"), "given");
    writes(&world, MARIA, "START").await;
    assert_eq!(
        last(&world, MARIA),
        "Bright Eyes: desde este numero no se paro nada. Llame al +1 555-555-0100"
    );
}

#[tokio::test]
async fn a_start_brings_back_nothing_that_staff_or_nobody_had_said() {
    let world = World::start(733).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    world.clock.advance_seconds(5);
    say(&mut ben, &maria, &phone, "reminders", "withdrawn").await;
    writes(&world, MARIA, "start").await;
    assert_eq!(state(&contact(&mut ben, &maria, MARIA).await, "reminders"), "withdrawn");
    let john = world.demo.patients["john"].id.to_string();
    writes(&world, JOHN, "STOPALL").await;
    let phone = contact(&mut ben, &john, JOHN).await;
    for category in ["notices", "reminders", "marketing"] {
        assert_eq!(state(&phone, category), "withdrawn");
    }
    writes(&world, JOHN, "start").await;
    let phone = contact(&mut ben, &john, JOHN).await;
    assert_eq!((state(&phone, "reminders"), state(&phone, "marketing")), ("none".into(), "withdrawn".into()));
}

#[tokio::test]
async fn other_words_are_for_a_person_and_get_one_answer() {
    let world = World::start(734).await;
    writes(&world, JOHN, "my eye hurts, can I come today?").await;
    assert_eq!(
        last(&world, JOHN),
        "Bright Eyes: write at https://chat.example.org or call +1 555-555-0100. Emergency 911"
    );
    writes(&world, JOHN, "hello?").await;
    writes(&world, JOHN, "please stop texting me").await;
    writes(&world, JOHN, "\u{1f4f7}").await;
    assert_eq!(texts_to(&world, JOHN).len(), 1, "one automatic answer a day");
    writes(&world, STRANGER, "who is this?").await;
    assert_eq!(texts_to(&world, STRANGER).len(), 1);
    let kinds: Vec<String> = tasks(&world).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["question", "question", "asks_to_stop", "photo", "unknown_sender"]);
    // What patients write is for those who read messages.
    for who in ["max", "ida", "maria"] {
        world.signed_in(&world.demo, who).await.get("/v1/texts/tasks").await.expect(403);
    }
    let mut stranger = world.signed_in(&world.other, "ben").await;
    assert_eq!(stranger.get("/v1/texts/tasks").await.expect(200).json()["items"], json!([]));
    writes(&world, JOHN, "HELP").await;
    assert!(
        last(&world, JOHN).starts_with("Bright Eyes: help +1 555-555-0100 https://chat.example.org STOP")
    );
}

#[tokio::test]
async fn a_wrong_number_is_blocked_and_looked_at() {
    let world = World::start(735).await;
    let linh = world.demo.patients["linh"].id.to_string();
    let phone = "+15555550104";
    writes(&world, phone, "Sorry, wrong number").await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let point = contact(&mut ben, &linh, phone).await;
    assert_eq!(
        (state(&point, "notices"), state(&point, "reminders")),
        ("withdrawn".into(), "withdrawn".into())
    );
    assert_eq!(point["history"][0]["source"], "wrong_number");
    let kinds: Vec<String> = tasks(&world).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&"wrong_number".into()) && kinds.contains(&"phone_only".into()), "{kinds:?}");
    writes(&world, phone, "START").await;
    assert_eq!(state(&contact(&mut ben, &linh, phone).await, "notices"), "withdrawn");
}

#[tokio::test]
async fn twice_is_once_and_junk_is_no_crash() {
    let world = World::start(736).await;
    let maria = agrees(&world, "maria", MARIA).await;
    for _ in 0..5 {
        writes_as(&world, "same-id", MARIA, "hello there").await;
    }
    writes_as(&world, "another-id", MARIA, "hello there").await;
    assert_eq!(tasks(&world).await.len(), 1, "the same text under two ids is one");
    world.clock.advance_seconds(600);
    writes_as(&world, "third-id", MARIA, "hello there").await;
    assert_eq!(tasks(&world).await.len(), 2, "said again later is said again");
    let _ = maria;
    let long = json!({
        "originationNumber": MARIA, "destinationNumber": "+15555550100",
        "messageBody": "x".repeat(64 * 1024), "inboundMessageId": "long",
    });
    for junk in [
        "junk".to_owned(),
        "{}".to_owned(),
        "[1,2]".to_owned(),
        json!({"originationNumber": "abc", "destinationNumber": "x", "inboundMessageId": "1"}).to_string(),
        json!({"originationNumber": MARIA, "destinationNumber": "x", "inboundMessageId": ""}).to_string(),
        long.to_string(),
    ] {
        assert!(world.aws.publish("InboundSmsTopic", &junk));
    }
    for _ in 0..8 {
        world.pump().await;
        world.clock.advance_seconds(400);
    }
    assert_eq!(world.aws.queue_depth("InboundSmsDeadLetters").unwrap().visible, 6);
    assert_eq!(tasks(&world).await.len(), 2);
}
