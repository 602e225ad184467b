//! What parents and guardians of minors may see ends by two dates: the day from which the minor has access of their own, where
//! the practice has named a state that knows one, and the day on which they are of age.

use api_tests::{World, people::text};
use domain::{practice::Policies, time::Timestamp};
use serde_json::{Value, json};

use crate::new_patient;

/// Tells the world a time that is not earlier than its own.
fn at(world: &World, time: &str) {
    let ahead = Timestamp::parse(time).unwrap().millis_since(world.clock.now());
    assert!(ahead >= 0 && ahead % 1000 == 0, "{time}");
    world.clock.advance_seconds(ahead / 1000);
}

async fn child(world: &World, born: &str, zone: Option<&str>) -> String {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut body = new_patient("Lea Child");
    body["birth_date"] = json!(born);
    body["emails"] = json!([]);
    body["time_zone"] = json!(zone);
    let made = ben.post_once("/v1/patients", &world.fresh_key(), body).await.expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

/// Lets John act for a patient; answers the grant.
async fn let_in(world: &World, patient: &str, relation: &str, more: &[(&str, Value)]) -> Value {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut body =
        json!({"account_id": world.demo.patients["john"].account, "relation": relation, "reason": "id_seen"});
    for (name, value) in more {
        body[*name] = value.clone();
    }
    ben.post(&format!("/v1/patients/{patient}/accounts"), body).await.expect(201).json()
}

async fn conversation(world: &World, patient: &str) -> String {
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let body = json!({"patient_id": patient, "topic": "other", "text": "Please call."});
    let made = ana.post_once("/v1/conversations", &world.fresh_key(), body).await.expect(201).json();
    world.pump().await;
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn both_relations_end_on_the_first_of_both_days_by_the_patients_own_clocks() {
    let world = World::start(321).await;
    for (relation, zone, state, until) in [
        ("parent", None, None, "2030-02-28T05:00:00.000Z"),
        ("guardian", None, None, "2030-02-28T05:00:00.000Z"),
        ("guardian", Some("Pacific/Honolulu"), None, "2030-02-28T10:00:00.000Z"),
        ("parent", None, Some("OR"), "2027-02-28T05:00:00.000Z"),
        ("guardian", Some("Pacific/Apia"), Some("SC"), "2028-02-28T11:00:00.000Z"),
    ] {
        let policies = Policies {
            own_access_state: state.map(|state| domain::minors::State::parse(state).unwrap()),
            ..Policies::demonstration(50)
        };
        world.set_policies(&world.demo, policies).await;
        // Nobody waits for a 29 February that a year does not have; one that it has is waited for.
        let patient = child(&world, "2012-02-29", zone).await;
        let given = let_in(&world, &patient, relation, &[]).await;
        assert_eq!(given["until"], until, "{relation} {zone:?} {state:?}");
    }
    // Who cares for somebody, and who acts for somebody of age, does so without being a parent.
    world.set_policies(&world.demo, Policies::demonstration(50)).await;
    let minor = child(&world, "2012-02-29", None).await;
    assert_eq!(let_in(&world, &minor, "carer", &[]).await["until"], Value::Null);
    let grown = child(&world, "1990-01-02", None).await;
    assert_eq!(let_in(&world, &grown, "guardian", &[]).await["until"], Value::Null);
}

#[tokio::test]
async fn a_corrected_birth_date_or_zone_moves_the_end_of_guardians_too() {
    let world = World::start(322).await;
    let patient = child(&world, "2012-09-17", None).await;
    let_in(&world, &patient, "guardian", &[]).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{patient}");
    for (change, until) in [
        (json!({"time_zone": "Pacific/Honolulu"}), "2030-09-17T10:00:00.000Z"),
        (json!({"birth_date": "2013-09-17"}), "2031-09-17T10:00:00.000Z"),
        (json!({"time_zone": null}), "2031-09-17T04:00:00.000Z"),
    ] {
        ben.patch(&path, change).await.expect(200);
        let listed = ben.get(&format!("{path}/accounts")).await.expect(200).json();
        assert_eq!(listed["items"][0]["until"], until);
    }
}

#[tokio::test]
async fn on_the_day_nothing_is_open_any_more_and_staff_were_told_before() {
    let world = World::start(323).await;
    // 18 on 15 January 2027 in New York.
    let patient = child(&world, "2009-01-15", None).await;
    let given = let_in(&world, &patient, "parent", &[]).await;
    assert_eq!(given["until"], "2027-01-15T05:00:00.000Z");
    let id = conversation(&world, &patient).await;
    let notes = format!("/v1/conversations/{id}/notes");
    at(&world, "2026-12-16T04:59:00Z");
    world.tick().await;
    let mut staff = world.signed_in(&world.demo, "ana").await;
    assert_eq!(staff.get(&notes).await.expect(200).json()["items"], json!([]), "a minute too early");
    world.clock.advance_seconds(120);
    world.tick().await;
    world.tick().await;
    let told = staff.get(&notes).await.expect(200).json();
    let kinds: Vec<_> = told["items"].as_array().unwrap().iter().map(|note| &note["kind"]).collect();
    assert_eq!(kinds, ["access_ends"], "once");
    let head = staff.get(&format!("/v1/conversations/{id}")).await.expect(200).json();
    assert_eq!(head["attention"], true);

    // A session from the evening before holds its rights, and their end.
    at(&world, "2027-01-15T04:55:00Z");
    let messages = format!("/v1/conversations/{id}/messages");
    let mut john = world.signed_in(&world.demo, "john").await;
    john.get(&messages).await.expect(200);
    at(&world, "2027-01-15T05:00:00Z");
    john.get(&messages).await.expect(404);
    john.post_once(&messages, "k", text("Still here?")).await.expect(404);
    let session = john.get("/v1/session").await.expect(200).json();
    assert_eq!(session["patients"].as_array().unwrap().len(), 1, "himself");
    // Staff may let him in again, as a carer, and say why.
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let account = world.demo.patients["john"].account.unwrap();
    let accounts = format!("/v1/patients/{patient}/accounts");
    let unsaid = json!({"account_id": account, "relation": "carer"});
    let refused = ben.post(&accounts, unsaid).await.expect(422);
    assert_eq!(refused.first_error(), ("/reason".to_owned(), "missing_member".to_owned()));
    let_in(&world, &patient, "carer", &[]).await;
    let mut john = world.signed_in(&world.demo, "john").await;
    john.get(&messages).await.expect(200);
}

#[tokio::test]
async fn an_end_that_moved_is_told_of_at_its_own_time() {
    let world = World::start(324).await;
    let patient = child(&world, "2009-01-15", None).await;
    let_in(&world, &patient, "parent", &[]).await;
    let id = conversation(&world, &patient).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.patch(&format!("/v1/patients/{patient}"), json!({"birth_date": "2009-03-15"})).await.expect(200);
    let told = async || {
        world.tick().await;
        let mut ana = world.signed_in(&world.demo, "ana").await;
        ana.get(&format!("/v1/conversations/{id}/notes")).await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    at(&world, "2026-12-20T05:00:00Z");
    assert_eq!(told().await, 0, "that was the wrong day");
    at(&world, "2027-02-13T04:05:00Z");
    assert_eq!(told().await, 1);
}

#[tokio::test]
async fn no_session_is_made_on_a_grant_that_has_just_ended() {
    let world = World::start(325).await;
    let patient = child(&world, "2009-01-15", None).await;
    let_in(&world, &patient, "parent", &[]).await;
    conversation(&world, &patient).await;
    at(&world, "2027-01-15T04:58:00Z");
    let mut john = world.browser();
    api_tests::messages::ask(&mut john, "patient", "john@patients.test").await.expect(202);
    world.pump().await;
    let code = api_tests::messages::code_in(
        &api_tests::messages::last_message(&world, "john@patients.test").unwrap(),
    );
    john.post("/v1/sessions", json!({"code": code})).await.expect(200);
    at(&world, "2027-01-15T05:01:00Z");
    // The child's date was one of those that this code led to.
    john.post("/v1/sessions/person", json!({"birth_date": "2009-01-15"})).await.expect(401);
    let session =
        john.post("/v1/sessions/person", json!({"birth_date": "1950-11-02"})).await.expect(201).json();
    let relations: Vec<_> =
        session["patients"].as_array().unwrap().iter().map(|one| &one["relation"]).collect();
    assert_eq!(relations, ["self"]);
}
