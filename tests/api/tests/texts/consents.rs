//! The ledger of what people agreed to.

use api_tests::{World, people};
use serde_json::json;

use super::{contact, say, state, verbs};

const MARIA: &str = "+15555550101";

#[tokio::test]
async fn every_line_is_kept_with_its_words_and_shown() {
    let world = World::start(700).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let path = format!("/v1/patients/{maria}/consents");
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    assert_eq!((phone["channel"].as_str(), phone["relation"].as_str()), (Some("sms"), Some("self")));
    for category in ["notices", "reminders", "marketing"] {
        assert_eq!(state(&phone, category), "none");
    }
    let mail = contact(&mut ben, &maria, "maria@patients.test").await;
    assert_eq!(mail["consents"].as_array().unwrap().len(), 1, "a mailbox gets notices alone");

    let given = json!({
        "contact_id": phone["contact_id"], "category": "reminders", "state": "given", "source": "paper",
        "wording": "reminders-1", "language": "es",
    });
    ben.put(&path, given).await.expect(200);
    world.clock.advance_seconds(60);
    say(&mut ben, &maria, &phone, "reminders", "withdrawn").await;
    world.clock.advance_seconds(60);
    say(&mut ben, &maria, &phone, "reminders", "given").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    assert_eq!(state(&phone, "reminders"), "given");
    assert_eq!((state(&phone, "notices"), state(&phone, "marketing")), ("none".into(), "none".into()));
    let history = phone["history"].as_array().unwrap();
    let said: Vec<_> = history.iter().map(|line| line["said"].as_str().unwrap()).collect();
    assert_eq!(said, ["given", "withdrawn", "given"]);
    assert_eq!(history[0]["source"], "paper");
    assert_eq!((&history[0]["wording"], &history[0]["language"]), (&json!("reminders-1"), &json!("es")));
    assert_eq!(history[1]["wording"], json!(null));

    let log = verbs(&world, &world.demo).await;
    let count = |verb: &str| log.iter().filter(|(v, p)| v == verb && p.as_ref() == Some(&maria)).count();
    assert_eq!((count("consent_given"), count("consent_withdrawn")), (2, 1));
    assert_eq!(count("consents_read"), 3);
}

#[tokio::test]
async fn marketing_is_agreed_to_by_the_patient_alone() {
    let world = World::start(701).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    let id = &phone["contact_id"];
    let body = json!({"contact_id": id, "category": "marketing", "state": "given", "source": "paper"});
    let refused = ben.put(&format!("/v1/patients/{maria}/consents"), body).await.expect(422);
    assert_eq!(refused.first_error(), ("/state".to_owned(), "only_by_the_patient".to_owned()));

    let mut herself = world.signed_in(&world.demo, "maria").await;
    let tick = json!({"contact_id": id, "category": "marketing", "state": "given"});
    let refused = herself.put("/v1/me/consents", tick).await.expect(422);
    assert_eq!(refused.first_error(), ("/wording".to_owned(), "missing_member".to_owned()));
    let tick = json!({"contact_id": id, "category": "marketing", "state": "given", "wording": "reminders-1"});
    let refused = herself.put("/v1/me/consents", tick).await.expect(422);
    assert_eq!(refused.first_error(), ("/wording".to_owned(), "unknown_wording".to_owned()));
    let tick = json!({"contact_id": id, "category": "marketing", "state": "given", "wording": "marketing-1"});
    herself.put("/v1/me/consents", tick).await.expect(200);
    let phone = contact(&mut ben, &maria, MARIA).await;
    assert_eq!(state(&phone, "marketing"), "given");
    assert_eq!(phone["history"][0]["source"], "signed_in");
    say(&mut ben, &maria, &phone, "marketing", "withdrawn").await;
    let mine = herself.get("/v1/me/consents").await.expect(200).json();
    assert_eq!(mine["items"].as_array().unwrap().len(), 2);
    let mine = mine["items"].as_array().unwrap().iter().find(|c| c["contact_id"] == *id).unwrap().clone();
    assert_eq!(state(&mine, "marketing"), "withdrawn");
    assert_eq!(mine["shared_with"], json!([]), "nobody else is named to a patient");
}

#[tokio::test]
async fn a_shared_number_is_stopped_for_all_and_staff_see_whom() {
    let world = World::start(702).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let contacts = [MARIA.to_owned()];
    let pedro =
        people::add(&world.operator, world.demo.id, "Pedro Lopez", "2010-01-02", "es", &contacts).await;
    let pedro = pedro.id.to_string();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    assert_eq!(phone["shared_with"], json!([{"patient_id": pedro, "name": "Pedro Lopez"}]));
    say(&mut ben, &maria, &phone, "reminders", "given").await;
    world.clock.advance_seconds(1);
    say(&mut ben, &maria, &phone, "reminders", "withdrawn").await;
    let his = contact(&mut ben, &pedro, MARIA).await;
    assert_eq!(state(&his, "reminders"), "withdrawn");
    let log = verbs(&world, &world.demo).await;
    let told = |who: &String| log.iter().any(|(v, p)| v == "consent_withdrawn" && p.as_ref() == Some(who));
    assert!(told(&maria) && told(&pedro), "the change stands in both logs");
}

#[tokio::test]
async fn only_staff_of_the_practice_and_the_patient_themselves_come_near() {
    let world = World::start(703).await;
    let maria = world.demo.patients["maria"].id.to_string();
    let john = world.demo.patients["john"].id.to_string();
    let path = format!("/v1/patients/{maria}/consents");
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let phone = contact(&mut ben, &maria, MARIA).await;
    let body = json!({
        "contact_id": phone["contact_id"], "category": "reminders", "state": "given", "source": "paper",
    });
    world.browser().get(&path).await.expect(401);
    world.browser().put(&path, body.clone()).await.expect(401);
    for who in ["ida", "maria"] {
        let mut browser = world.signed_in(&world.demo, who).await;
        browser.get(&path).await.expect(403);
        browser.put(&path, body.clone()).await.expect(403);
    }
    ben.get("/v1/me/consents").await.expect(403);
    let mut stranger = world.signed_in(&world.other, "ben").await;
    stranger.get(&path).await.expect(404);
    stranger.put(&path, body.clone()).await.expect(404);
    let refused = ben.put(&format!("/v1/patients/{john}/consents"), body.clone()).await.expect(422);
    assert_eq!(refused.first_error(), ("/contact_id".to_owned(), "not_theirs".to_owned()));
    let mut herself = world.signed_in(&world.demo, "john").await;
    let foreign = json!({"contact_id": phone["contact_id"], "category": "reminders", "state": "withdrawn"});
    let refused = herself.put("/v1/me/consents", foreign).await.expect(422);
    assert_eq!(refused.first_error(), ("/contact_id".to_owned(), "not_theirs".to_owned()));

    for (member, value, code) in [
        ("contact_id", "cpt_x", "invalid_id"),
        ("category", "everything", "unknown_value"),
        ("state", "lifted", "unknown_value"),
        ("state", "maybe", "unknown_value"),
        ("source", "sms", "unknown_value"),
        ("source", "signed_in", "unknown_value"),
        ("wording", "reminders-99", "unknown_wording"),
        ("language", "klingon!", "invalid_language"),
    ] {
        let mut wrong = body.clone();
        wrong[member] = json!(value);
        let refused = ben.put(&path, wrong).await.expect(422);
        assert_eq!(refused.first_error(), (format!("/{member}"), code.to_owned()));
    }
    assert_eq!(contact(&mut ben, &maria, MARIA).await["history"], json!([]), "nothing was written");
}
