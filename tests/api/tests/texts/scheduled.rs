//! Texts by their time: what leaves, what waits, what is blocked, and why.

use api_tests::{World, people};
use local::aws::{Fault, FaultPlan, Rule, Service, When, provider_id};
use serde_json::{Value, json};

use super::{contact, say};

const MARIA: &str = "+15555550101";
const JOHN: &str = "+15555550102";

pub(crate) fn texts_to(world: &World, phone: &str) -> Vec<String> {
    world.aws.outbox().all().into_iter().filter(|sent| sent.to == phone).map(|sent| sent.text).collect()
}

/// A patient who agrees to reminders.
pub(crate) async fn agrees(world: &World, who: &str, phone: &str) -> String {
    let id = world.demo.patients[who].id.to_string();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let point = contact(&mut ben, &id, phone).await;
    say(&mut ben, &id, &point, "reminders", "given").await;
    id
}

async fn schedule(world: &World, body: Value) -> Value {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.post_once("/v1/texts", &world.fresh_key(), body).await.expect(201).json()
}

async fn text(world: &World, id: &Value) -> Value {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.get(&format!("/v1/texts/{}", id.as_str().unwrap())).await.expect(200).json()
}

#[tokio::test]
async fn nothing_more_goes_to_a_phone_whose_provider_says_that_nobody_is_there() {
    let world = World::start(719).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let body = json!({"patient_id": maria, "kind": "pickup_notice"});
    schedule(&world, body.clone()).await;
    world.tick().await;
    let sent = world.aws.outbox().all().into_iter().rfind(|sent| sent.to == MARIA).unwrap();
    let report = json!({"eventType": "TEXT_INVALID", "messageId": provider_id(&sent.id), "isFinal": true});
    assert!(world.aws.publish("SmsEventsTopic", &report.to_string()));
    world.pump().await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let seen = ben.get(&format!("/v1/patients/{maria}/reach")).await.expect(200).json();
    assert_eq!(seen["contacts"][1]["failing"]["why"], "no_recipient");
    world.clock.advance_seconds(60);
    let next = schedule(&world, body).await;
    world.tick().await;
    let next = text(&world, &next["id"]).await;
    assert_eq!((&next["state"], &next["why"]), (&json!("blocked"), &json!(["no_recipient"])));
    assert_eq!(texts_to(&world, MARIA).len(), 1);
}

#[tokio::test]
async fn a_text_leaves_at_its_time_in_the_language_of_its_reader_once() {
    let world = World::start(710).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let body = json!({"patient_id": maria, "kind": "pickup_notice", "send_at": "2026-11-23T16:00:00Z"});
    let made = schedule(&world, body.clone()).await;
    assert_eq!((made["state"].as_str(), made["why"].clone()), (Some("scheduled"), json!([])));
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA), Vec::<String>::new(), "an hour too early");
    world.clock.advance_seconds(3600);
    world.tick().await;
    world.tick().await;
    let sent = texts_to(&world, MARIA);
    assert_eq!(
        sent,
        ["Bright Eyes: su pedido ya se puede recoger. Preguntas: +1 555-555-0100. STOP: no recibir mas"]
    );
    let text = text(&world, &made["id"]).await;
    assert_eq!((&text["state"], &text["attempts"][0]["why"]), (&json!("sent"), &json!("accepted")));
    assert_eq!(text["attempts"][0]["language"], "es");

    // The same request again is the same text; another under its key is refused.
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let key = world.fresh_key();
    let first = ben.post_once("/v1/texts", &key, body.clone()).await.expect(201).json();
    assert_eq!(ben.post_once("/v1/texts", &key, body.clone()).await.expect(200).json()["id"], first["id"]);
    let other = json!({"patient_id": maria, "kind": "reorder_reminder"});
    assert_eq!(ben.post_once("/v1/texts", &key, other).await.expect(422).problem(), "idempotency-key-reused");
    ben.post("/v1/texts", body).await.expect(400);
}

#[tokio::test]
async fn nothing_leaves_without_a_live_yes() {
    let world = World::start(711).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let body = json!({"patient_id": maria, "kind": "reorder_reminder"});
    let made = schedule(&world, body.clone()).await;
    assert_eq!((&made["state"], &made["why"]), (&json!("blocked"), &json!(["no_consent"])));
    agrees(&world, "maria", MARIA).await;
    let made = schedule(&world, body.clone()).await;
    assert_eq!(made["state"], "scheduled");
    let marketing = json!({"patient_id": maria, "kind": "marketing", "variables": {"campaign": "openings"}});
    assert_eq!(schedule(&world, marketing).await["why"], json!(["no_consent"]), "reminders are no marketing");
    // The yes ends between scheduling and sending.
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let point = contact(&mut ben, &maria, MARIA).await;
    world.clock.advance_seconds(5);
    say(&mut ben, &maria, &point, "reminders", "withdrawn").await;
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA), Vec::<String>::new());
    let text = text(&world, &made["id"]).await;
    assert_eq!((&text["state"], &text["why"]), (&json!("blocked"), &json!(["withdrawn"])));
    let rosa = world.demo.patients["rosa"].id;
    let body = json!({"patient_id": rosa, "kind": "reorder_reminder"});
    assert_eq!(schedule(&world, body).await["why"], json!(["no_phone"]));
}

#[tokio::test]
async fn at_night_a_text_waits_for_the_morning() {
    let world = World::start(712).await;
    let maria = agrees(&world, "maria", MARIA).await;
    // 22:30 in New York.
    let body = json!({"patient_id": maria, "kind": "reorder_reminder", "send_at": "2026-11-24T03:30:00Z"});
    let made = schedule(&world, body).await;
    world.clock.advance_seconds(12 * 3600 + 1800);
    world.tick().await;
    let waiting = text(&world, &made["id"]).await;
    assert_eq!((&waiting["state"], &waiting["why"]), (&json!("deferred"), &json!(["quiet_hours"])));
    world.clock.advance_seconds(9 * 3600);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA).len(), 0, "7:30 in the morning");
    world.clock.advance_seconds(1800);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA).len(), 1);
    assert_eq!(text(&world, &made["id"]).await["attempts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_refused_when_it_is_scheduled() {
    let world = World::start(713).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    for kind in ["medical_question", "form", "education", "sign_in", "", "anything"] {
        let body = json!({"patient_id": maria, "kind": kind, "variables": {"text": "Your HIV result"}});
        let refused = ben.post_once("/v1/texts", &world.fresh_key(), body).await.expect(422);
        assert_eq!(refused.problem(), "channel-not-allowed", "{kind}");
    }
    for (kind, variables, pointer, code) in [
        ("pickup_notice", json!({"place": "a\u{7}b"}), "/variables/place", "invalid_place"),
        ("pickup_notice", json!({"place": "see bit.ly"}), "/variables/place", "invalid_place"),
        ("pickup_notice", json!({"place": "http://x.test"}), "/variables/place", "invalid_place"),
        ("pickup_notice", json!({"place": "x".repeat(25)}), "/variables/place", "invalid_place"),
        ("pickup_notice", json!({"place": "Maria glaucoma"}), "/variables/place", "unknown_place"),
        ("pickup_notice", json!({"place": 5}), "/variables/place", "wrong_type"),
        ("pickup_notice", json!({"text": "hello"}), "/variables", "unknown_member"),
        ("reorder_reminder", json!({"place": "Main"}), "/variables", "unknown_member"),
        ("marketing", json!({}), "/variables/campaign", "missing_member"),
        ("marketing", json!({"campaign": "50% off"}), "/variables/campaign", "unknown_value"),
        ("appointment_reminder", json!({}), "/variables/starts_at", "missing_member"),
        ("appointment_reminder", json!({"starts_at": "tomorrow"}), "/variables/starts_at", "invalid_time"),
    ] {
        let body = json!({"patient_id": maria, "kind": kind, "variables": variables});
        let refused = ben.post_once("/v1/texts", &world.fresh_key(), body).await.expect(422);
        assert_eq!(refused.first_error(), (pointer.to_owned(), code.to_owned()));
    }
    for (body, pointer, code) in [
        (json!({"patient_id": "pat_x", "kind": "reorder_reminder"}), "/patient_id", "invalid_id"),
        (
            json!({"patient_id": world.other.patients["maria"].id, "kind": "reorder_reminder"}),
            "/patient_id",
            "unknown_patient",
        ),
        (
            json!({"patient_id": maria, "kind": "reorder_reminder", "send_at": "2036-01-01T00:00:00Z"}),
            "/send_at",
            "too_far_ahead",
        ),
    ] {
        let refused = ben.post_once("/v1/texts", &world.fresh_key(), body).await.expect(422);
        assert_eq!(refused.first_error(), (pointer.to_owned(), code.to_owned()));
    }
    let listed = ben.get("/v1/texts").await.expect(200).json();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn texts_are_listed_by_state_and_taken_back() {
    let world = World::start(714).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let later = json!({"patient_id": maria, "kind": "reorder_reminder", "send_at": "2026-12-01T16:00:00Z"});
    let (first, second) = (schedule(&world, later.clone()).await, schedule(&world, later).await);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.delete(&format!("/v1/texts/{}", first["id"].as_str().unwrap())).await.expect(204);
    ben.delete(&format!("/v1/texts/{}", first["id"].as_str().unwrap())).await.expect(204);
    for (query, ids) in [
        ("?state=scheduled", vec![&second["id"]]),
        ("?state=cancelled", vec![&first["id"]]),
        ("?state=sent", vec![]),
    ] {
        let page = ben.get(&format!("/v1/texts{query}")).await.expect(200).json();
        let found: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|text| &text["id"]).collect();
        assert_eq!(found, ids, "{query}");
    }
    let all = ben.get("/v1/texts").await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert_eq!(all["items"][0]["patient_name"], "Maria Lopez");
    ben.get("/v1/texts?state=lost").await.expect(422);
    world.clock.advance_seconds(9 * 24 * 3600);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA).len(), 1, "the one that was not taken back");
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.delete(&format!("/v1/texts/{}", second["id"].as_str().unwrap())).await.expect(409);
    let mut stranger = world.signed_in(&world.other, "ben").await;
    stranger.get(&format!("/v1/texts/{}", second["id"].as_str().unwrap())).await.expect(404);
    stranger.delete(&format!("/v1/texts/{}", second["id"].as_str().unwrap())).await.expect(404);
    assert_eq!(stranger.get("/v1/texts").await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn a_provider_that_refuses_is_asked_again() {
    let world = World::start(715).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let made = schedule(&world, json!({"patient_id": maria, "kind": "reorder_reminder"})).await;
    let down = Rule::new(When::Always, Fault::Throttle).on(Service::Sns, "Publish").by("TexterFunction");
    world.aws.set_faults(Some(FaultPlan::new(1, vec![down])));
    world.tick().await;
    let waiting = text(&world, &made["id"]).await;
    assert_eq!(
        (&waiting["state"], &waiting["attempts"][0]["outcome"]),
        (&json!("deferred"), &json!("deferred"))
    );
    world.aws.set_faults(None);
    world.clock.advance_seconds(120);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA).len(), 1);
    assert_eq!(text(&world, &made["id"]).await["state"], "sent");
}

#[tokio::test]
async fn one_text_for_a_family_and_a_day() {
    let world = World::start(716).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let john = agrees(&world, "john", JOHN).await;
    let contacts = [MARIA.to_owned()];
    let pedro =
        people::add(&world.operator, world.demo.id, "Pedro Lopez", "2010-01-02", "es", &contacts).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut ids = Vec::new();
    for (patient, at) in [
        (maria.clone(), "2026-11-25T15:30:00Z"),
        (pedro.id.to_string(), "2026-11-25T15:00:00Z"),
        (john, "2026-11-25T15:00:00Z"),
        (maria, "2026-11-26T15:00:00Z"),
    ] {
        let visit = ben.post("/v1/visits", json!({"patient_id": patient, "starts_at": at})).await.expect(201);
        ids.push(visit.json()["texts"][0].clone());
    }
    world.clock.advance_seconds(24 * 3600);
    world.tick().await;
    assert_eq!(
        texts_to(&world, MARIA),
        [
            "Bright Eyes: 2 visitas mie 25 nov: 10:00 AM, 10:30 AM. Responda C: confirmar, X: cancelar, STOP: no mas"
        ]
    );
    assert_eq!(
        texts_to(&world, JOHN),
        ["Bright Eyes: visit Wed, Nov 25, 10:00 AM. Reply C to confirm, X to cancel, STOP to end"]
    );
    let one = text(&world, &ids[0]).await;
    assert_eq!((&one["state"], &one["attempts"][0]["with"]), (&json!("sent"), &json!([ids[1]])));
    world.clock.advance_seconds(24 * 3600);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA).len(), 2, "another day is another text");
}
