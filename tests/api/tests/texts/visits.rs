//! Visits and the texts that they make.

use api_tests::World;
use serde_json::{Value, json};

use super::{
    scheduled::{agrees, texts_to},
    verbs,
};

const MARIA: &str = "+15555550101";

async fn states(world: &World) -> Vec<(String, String)> {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let all = ben.get("/v1/texts").await.expect(200).json();
    let pair = |text: &Value| {
        let text = |name: &str| text[name].as_str().unwrap().to_owned();
        (text("state"), text("send_at"))
    };
    all["items"].as_array().unwrap().iter().map(pair).collect()
}

#[tokio::test]
async fn a_visit_makes_moves_and_ends_its_texts() {
    let world = World::start(720).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let new = json!({"external_id": "A-1", "patient_id": maria, "starts_at": "2026-11-30T15:00:00Z", "place": "Room 5"});
    let visit = ben.post("/v1/visits", new.clone()).await.expect(201).json();
    assert_eq!((&visit["state"], &visit["place"]), (&json!("scheduled"), &json!("Room 5")));
    assert_eq!(states(&world).await, [("scheduled".into(), "2026-11-29T15:00:00.000Z".into())]);
    // The same number again is the same visit, and changes nothing.
    let again = ben.post("/v1/visits", new).await.expect(200).json();
    assert_eq!(again, visit);
    let path = format!("/v1/visits/{}", visit["id"].as_str().unwrap());
    let moved = ben.patch(&path, json!({"starts_at": "2026-12-02T15:00:00Z"})).await.expect(200).json();
    assert_ne!(moved["texts"], visit["texts"]);
    assert_eq!(
        states(&world).await,
        [
            ("scheduled".into(), "2026-12-01T15:00:00.000Z".into()),
            ("cancelled".into(), "2026-11-29T15:00:00.000Z".into()),
        ]
    );
    let week = ben.get("/v1/visits?from=2026-12-02T00:00:00Z&to=2026-12-03T00:00:00Z").await.expect(200);
    assert_eq!(week.json()["items"][0]["id"], visit["id"]);
    let old = ben.get("/v1/visits?from=2026-11-30T00:00:00Z&to=2026-12-01T00:00:00Z").await.expect(200);
    assert_eq!(old.json()["items"], json!([]));
    ben.patch(&path, json!({"state": "cancelled"})).await.expect(200);
    assert!(states(&world).await.iter().all(|(state, _)| state == "cancelled"));
    world.clock.advance_seconds(9 * 24 * 3600);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA), Vec::<String>::new(), "a visit that is cancelled is not reminded of");
}

#[tokio::test]
async fn the_practice_says_when_visits_are_reminded_of_and_which_places_have_a_name() {
    let world = World::start(721).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let settings = json!({
        "hours": "09:00-20:00", "places": ["Main Street 5"], "confirm": true,
        "reminders": [{"days_before": 2, "hour": 9}, {"days_before": 1, "hour": 17}], "columns": {},
    });
    ana.put("/v1/texts/settings", settings.clone()).await.expect(200);
    assert_eq!(ana.get("/v1/texts/settings").await.expect(200).json(), settings);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.put("/v1/texts/settings", settings.clone()).await.expect(403);
    for (member, value, pointer) in [
        ("hours", json!("00:00-24:00"), "/hours"),
        ("places", json!(["http://x.test"]), "/places/0"),
        ("reminders", json!([{"days_before": 40, "hour": 9}]), "/reminders"),
        ("columns", json!({"name": "Name"}), "/columns"),
    ] {
        let mut wrong = settings.clone();
        wrong[member] = value;
        assert_eq!(ana.put("/v1/texts/settings", wrong).await.expect(422).first_error().0, pointer);
    }
    let visit = json!({"patient_id": maria, "starts_at": "2026-11-30T15:00:00Z", "place": "Main Street 5"});
    let visit = ben.post("/v1/visits", visit).await.expect(201).json();
    assert_eq!(visit["texts"].as_array().unwrap().len(), 3);
    let secret = json!({"patient_id": maria, "starts_at": "2026-12-14T15:00:00Z", "place": "Glaucoma room"});
    ben.post("/v1/visits", secret).await.expect(201);
    world.tick().await;
    assert_eq!(
        texts_to(&world, MARIA),
        [
            "Bright Eyes: su visita es el lun 30 nov, 10:00 AM, Main Street 5. Cambios: +1 555-555-0100. STOP: no mas",
            "Bright Eyes: su visita es el lun 14 dic, 10:00 AM. Cambios: +1 555-555-0100. STOP: no recibir mas",
        ]
    );
}

#[tokio::test]
async fn a_visit_that_changes_at_the_last_moment_is_looked_at_once_more() {
    let world = World::start(722).await;
    let maria = agrees(&world, "maria", MARIA).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let new = json!({"patient_id": maria, "starts_at": "2026-11-24T15:00:00Z"});
    let visit = ben.post("/v1/visits", new).await.expect(201).json();
    let path = format!("/v1/visits/{}", visit["id"].as_str().unwrap());
    ben.patch(&path, json!({"state": "cancel_requested"})).await.expect(200);
    world.tick().await;
    assert_eq!(texts_to(&world, MARIA), Vec::<String>::new());
    ben.patch(&path, json!({"state": "scheduled"})).await.expect(200);
    let log = verbs(&world, &world.demo).await;
    let count = |verb: &str| log.iter().filter(|(v, p)| v == verb && p.as_ref() == Some(&maria)).count();
    assert_eq!((count("visit_created"), count("visit_changed")), (1, 2));
}

#[tokio::test]
async fn visits_are_of_one_practice_and_for_staff() {
    let world = World::start(723).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let new = json!({"external_id": "A-1", "patient_id": maria, "starts_at": "2026-11-30T15:00:00Z"});
    let visit = ben.post("/v1/visits", new.clone()).await.expect(201).json();
    let path = format!("/v1/visits/{}", visit["id"].as_str().unwrap());
    world.browser().get("/v1/visits").await.expect(401);
    for who in ["ida", "maria"] {
        let mut browser = world.signed_in(&world.demo, who).await;
        browser.get("/v1/visits").await.expect(403);
        browser.post("/v1/visits", new.clone()).await.expect(403);
        browser.patch(&path, json!({"state": "cancelled"})).await.expect(403);
    }
    let mut stranger = world.signed_in(&world.other, "ben").await;
    stranger.patch(&path, json!({"state": "cancelled"})).await.expect(404);
    let refused = stranger.post("/v1/visits", new.clone()).await.expect(422);
    assert_eq!(refused.first_error(), ("/patient_id".to_owned(), "unknown_patient".to_owned()));
    let john = world.demo.patients["john"].id.to_string();
    let taken = json!({"external_id": "A-1", "patient_id": john, "starts_at": "2026-11-30T15:00:00Z"});
    let refused = ben.post("/v1/visits", taken).await.expect(422);
    assert_eq!(refused.first_error(), ("/external_id".to_owned(), "other_patient".to_owned()));
    for (member, value, code) in [
        ("starts_at", json!("monday"), "invalid_time"),
        ("place", json!("a\u{0}b"), "invalid_place"),
        ("state", json!("lost"), "unknown_value"),
        ("external_id", json!(""), "invalid_external_id"),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let refused = ben.post("/v1/visits", wrong).await.expect(422);
        assert_eq!(refused.first_error(), (format!("/{member}"), code.to_owned()));
    }
    ben.patch(&path, json!({})).await.expect(422);
    ben.get("/v1/visits?from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z").await.expect(422);
}
