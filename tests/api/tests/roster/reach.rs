//! The ways to a patient, as staff see and mend them.

use api_tests::{
    Authenticator, Browser, World,
    people::{self, text},
};
use domain::practice::Policies;
use serde_json::{Value, json};

use crate::{errors, events, pairs, verbs};

async fn tell(world: &World, patient: &str) -> String {
    let id = world.conversation(&world.demo, "ana", patient).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{id}/messages");
    let _ = ana.post_once(&path, &world.fresh_key(), text("Zebra-7731")).await.expect(201);
    world.pump().await;
    id
}

fn path(world: &World, patient: &str, rest: &str) -> String {
    format!("/v1/patients/{}/{rest}", world.demo.patients[patient].id)
}

async fn reach(world: &World, patient: &str) -> Value {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.get(&path(world, patient, "reach")).await.expect(200).json()
}

fn last_token(world: &World) -> String {
    let mail = world.aws.outbox().all().last().unwrap().text.clone();
    mail.split_once("#t=").unwrap().1[..22].to_owned()
}

async fn open(world: &World, token: &str, date: &str, status: u16) -> Browser {
    let mut browser = world.browser();
    let body = json!({"token": token, "birth_date": date});
    let _ = browser.post("/v1/sessions/person", body).await.expect(status);
    browser
}

#[tokio::test]
async fn staff_see_what_became_of_each_notice_and_how_dates_missed() {
    let world = World::start(81).await;
    let id = tell(&world, "maria").await;
    let token = last_token(&world);
    for wrong in ["1985-03-15", "1990-01-01"] {
        open(&world, &token, wrong, 401).await;
    }
    let before = events(&world, &world.demo).await;
    let seen = reach(&world, "maria").await;
    assert_eq!(verbs(&world, &world.demo, &before).await[0].0, "reach_read");
    let maria = world.demo.patients["maria"].account.unwrap();
    assert_eq!(seen["contacts"].as_array().unwrap().len(), 2);
    let mail = &seen["contacts"][0];
    assert_eq!((mail["kind"].as_str(), mail["value"].as_str()), (Some("email"), Some("maria@patients.test")));
    assert_eq!((mail["state"].as_str(), &mail["doubt"]), (Some("unverified"), &Value::Null));
    assert_eq!(
        mail["accounts"],
        json!([{"id": maria, "name": "Maria Lopez", "relation": "self", "passkeys": 0}])
    );
    assert_eq!((&mail["patients"], &mail["restricted_since"]), (&json!(1), &Value::Null));
    assert_eq!(seen["notices"].as_array().unwrap().len(), 1);
    let notice = &seen["notices"][0];
    assert_eq!(notice["contact_id"], mail["id"]);
    assert_eq!(notice["conversation_id"], id.as_str());
    let word = |name: &str| notice[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (word("channel"), word("state"), word("why")),
        ("email".into(), "sent".into(), "accepted".into())
    );
    assert_eq!(notice["opened_at"], Value::Null);
    let mut tries: Vec<_> = notice["tries"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
    tries.sort_unstable();
    assert_eq!(tries, ["different", "one_digit_off"]);
    assert_eq!(seen["tries"].as_array().unwrap().len(), 2);
    assert_eq!(seen["tries"][0]["way"], "notice");
    assert_eq!((&seen["locked"], &seen["sessions"]), (&json!(false), &json!(0)));
    let text = seen.to_string();
    assert!(!text.contains("1985") && !text.contains("1990-01"), "no date is told: {text}");

    open(&world, &token, "1985-03-14", 201).await;
    let seen = reach(&world, "maria").await;
    assert_eq!(seen["contacts"][0]["state"], "verified");
    assert!(seen["notices"][0]["opened_at"].is_string());
    assert_eq!(seen["sessions"], 1);
}

#[tokio::test]
async fn staff_send_a_notice_again_to_a_contact_of_the_patient_and_to_nobody_else() {
    let world = World::start(82).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let johns = reach(&world, "john").await["contacts"][0]["id"].clone();
    let marias = reach(&world, "maria").await["contacts"][0]["id"].clone();
    let again = path(&world, "maria", "notices");
    let none = ben.post(&again, json!({"contact_id": marias})).await.expect(422);
    assert_eq!(errors(&none), pairs(&[("", "no_conversation")]));
    tell(&world, "maria").await;
    let first = last_token(&world);
    let foreign = ben.post(&again, json!({"contact_id": johns})).await.expect(422);
    assert_eq!(errors(&foreign), pairs(&[("/contact_id", "unknown_contact")]));
    let _ = ben.post(&again, json!({"contact_id": marias})).await.expect(202);
    world.pump().await;
    let sent = world.aws.outbox().all();
    assert_eq!(sent.iter().filter(|mail| mail.to == "maria@patients.test").count(), 2);
    assert_ne!(last_token(&world), first);
    open(&world, &last_token(&world), "1985-03-14", 201).await;
    let seen = reach(&world, "maria").await;
    assert_eq!(seen["notices"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tries_that_were_cleared_stay_to_be_seen_and_count_no_more() {
    let world = World::start(95).await;
    tell(&world, "maria").await;
    let token = last_token(&world);
    for _ in 0..3 {
        open(&world, &token, "1990-01-01", 401).await;
    }
    let seen = reach(&world, "maria").await;
    assert_eq!((&seen["tries_counted"], &seen["tries_cleared"]), (&json!(3), &json!([])));
    world.clock.advance_seconds(60);
    let cleared = world.clock.now();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let _ = ben.post(&path(&world, "maria", "tries/clear"), json!({})).await.expect(204);
    world.clock.advance_seconds(60);
    open(&world, &token, "1985-03-15", 401).await;
    let seen = reach(&world, "maria").await;
    assert_eq!((&seen["tries_counted"], &seen["tries_cleared"]), (&json!(1), &json!([cleared])));
    let tries = seen["tries"].as_array().unwrap();
    let after = tries.iter().filter(|one| one["at"].as_str() > seen["tries_cleared"][0].as_str());
    assert_eq!((tries.len(), after.count()), (4, 1));
}

#[tokio::test]
async fn after_ten_wrong_dates_nothing_is_sent_until_the_desk_confirms_the_contact() {
    let world = World::start(83).await;
    for _ in 0..2 {
        tell(&world, "maria").await;
        let token = last_token(&world);
        for _ in 0..5 {
            open(&world, &token, "1990-01-01", 401).await;
        }
    }
    let before = world.aws.outbox().all().len();
    tell(&world, "maria").await;
    let seen = reach(&world, "maria").await;
    assert_eq!(seen["contacts"][0]["doubt"], "wrong_dates");
    // The phone is in no doubt.
    let sent = world.aws.outbox().all();
    assert_eq!((sent.len(), sent.last().unwrap().to.as_str()), (before + 1, "+15555550101"));
    let contact = seen["contacts"][0]["id"].as_str().unwrap().to_owned();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let _ =
        ben.post(&path(&world, "maria", &format!("contacts/{contact}/confirm")), json!({})).await.expect(204);
    tell(&world, "maria").await;
    assert_eq!(world.aws.outbox().all().last().unwrap().to, "maria@patients.test");
}

#[tokio::test]
async fn a_contact_that_nobody_used_for_half_a_year_is_asked_for_before_it_is_written_to() {
    let world = World::start(84).await;
    world.clock.advance_seconds(180 * 24 * 3600);
    tell(&world, "maria").await;
    assert!(world.aws.outbox().all().is_empty());
    let seen = reach(&world, "maria").await;
    let whys: Vec<_> = seen["notices"].as_array().unwrap().iter().map(|n| (&n["state"], &n["why"])).collect();
    assert_eq!(whys, [(&json!("suppressed"), &json!("unverified")); 2]);
    assert_eq!(seen["contacts"][0]["doubt"], "unused");
}

#[tokio::test]
async fn the_desk_signs_a_patient_out_everywhere() {
    let world = World::start(85).await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let _ = maria.get("/v1/conversations").await.expect(200);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let before = events(&world, &world.demo).await;
    let _ = ben.post(&path(&world, "maria", "sign-out"), json!({})).await.expect(204);
    let _ = maria.get("/v1/conversations").await.expect(401);
    assert_eq!(verbs(&world, &world.demo, &before).await[0].0, "sessions_revoked");
    let _ = ben.post(&path(&world, "maria", "tries/clear"), json!({})).await.expect(204);
}

#[tokio::test]
async fn signing_a_patient_out_takes_passkeys_and_devices_away() {
    let world = World::start(88).await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let mut phone = Authenticator::default();
    let options = maria.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let made = json!({"credential": phone.create(&options), "name": "My phone"});
    let _ = maria.post("/v1/passkeys", made).await.expect(201);
    let _ = maria.post("/v1/devices", json!({"shared": false})).await.expect(201);
    let before = reach(&world, "maria").await;
    assert_eq!(before["contacts"][0]["accounts"][0]["passkeys"], 1);
    assert_eq!((&before["devices"].as_array().unwrap().len(), &before["sessions"]), (&1, &json!(1)));

    // Nobody else's go with them.
    let mut john = world.signed_in(&world.demo, "john").await;
    let mut johns = Authenticator::default();
    let options = john.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let made = json!({"credential": johns.create(&options), "name": "Mine"});
    let _ = john.post("/v1/passkeys", made).await.expect(201);

    let mut ben = world.signed_in(&world.demo, "ben").await;
    let _ = ben.post(&path(&world, "maria", "sign-out"), json!({})).await.expect(204);
    let after = reach(&world, "maria").await;
    assert_eq!(after["contacts"][0]["accounts"][0]["passkeys"], 0);
    assert_eq!((&after["devices"], &after["sessions"]), (&json!([]), &json!(0)));
    let _ = maria.get("/v1/conversations").await.expect(401);
    for (mut device, status) in [(phone, 401), (johns, 201)] {
        let mut browser = world.browser();
        let body = json!({"practice": "demo", "for": "patient"});
        let asked = browser.post("/v1/sessions/passkey-options", body).await.expect(200).json();
        let answer = json!({"passkey": device.get(&asked)});
        let _ = browser.post("/v1/sessions/second-factor", answer).await.expect(status);
    }
}

#[tokio::test]
async fn who_may_not_read_messages_connects_no_phone() {
    let world = World::start(89).await;
    let links = path(&world, "maria", "device-links");
    for (who, status) in [("max", 403), ("ida", 403), ("maria", 403), ("ana", 201), ("ben", 201)] {
        let mut asker = world.signed_in(&world.demo, who).await;
        let _ = asker.post(&links, json!({"id_seen": true})).await.expect(status);
    }
}

#[tokio::test]
async fn staff_send_a_contact_no_more_notices_than_the_limits_say() {
    let world = World::start(90).await;
    let strict = people::practice_with(&world.operator, "strict", "Strict Practice", Policies::STRICT).await;
    let _ = world.conversation(&strict, "ana", "maria").await;
    let maria = format!("/v1/patients/{}", strict.patients["maria"].id);
    let notices = format!("{maria}/notices");
    let mut ben = world.signed_in(&strict, "ben").await;
    let reach = ben.get(&format!("{maria}/reach")).await.expect(200).json();
    let [mail, phone] = [0, 1].map(|n| json!({"contact_id": reach["contacts"][n]["id"]}));
    for hour in 0..3 {
        let mut ben = world.signed_in(&strict, "ben").await;
        let _ = ben.post(&notices, mail.clone()).await.expect(202);
        let over = ben.post(&notices, mail.clone()).await.expect(429);
        assert_eq!(over.problem(), "too-many-requests", "{hour}");
        assert!(over.headers.contains_key("retry-after"));
        world.clock.advance_seconds(3600);
    }
    let mut ben = world.signed_in(&strict, "ben").await;
    let _ = ben.post(&notices, mail).await.expect(429);
    // Another contact has a count of its own.
    let _ = ben.post(&notices, phone).await.expect(202);
}

#[tokio::test]
async fn a_phone_is_connected_by_a_code_on_the_screen_after_an_id_was_seen() {
    let world = World::start(86).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let links = path(&world, "maria", "device-links");
    let unseen = ben.post(&links, json!({"id_seen": false})).await.expect(422);
    assert_eq!(errors(&unseen), pairs(&[("/id_seen", "must_be_true")]));
    let john = world.demo.patients["john"].account.unwrap();
    let foreign = ben.post(&links, json!({"account_id": john, "id_seen": true})).await.expect(422);
    assert_eq!(errors(&foreign), pairs(&[("/account_id", "unknown_account")]));
    let made = ben.post(&links, json!({"id_seen": true})).await.expect(201).json();
    let url = made["url"].as_str().unwrap();
    let token = url.strip_prefix("https://chat.example.org/d#t=").unwrap();
    assert_eq!((token.len(), &made["expires_in_seconds"]), (22, &json!(600)));
    // The page that waits beside the phone asks often: that tells nothing of the patient, and is no event.
    let state = format!("{links}/{}", made["id"].as_str().unwrap());
    assert!(!state.contains(token));
    let before = events(&world, &world.demo).await;
    for _ in 0..3 {
        assert_eq!(ben.get(&state).await.expect(200).json(), json!({"state": "waiting"}));
    }
    assert_eq!(verbs(&world, &world.demo, &before).await, []);
    let missing = ben.get(&format!("{links}/{}", "0".repeat(64))).await.expect(404).bytes;
    let mut foreign = world.signed_in(&world.other, "ben").await;
    assert_eq!(foreign.get(&state).await.expect(404).bytes, missing, "another practice's link is none");
    assert_eq!(ben.get(&format!("{links}/{token}")).await.expect(404).bytes, missing);
    let of_luis = format!("{}/{}", path(&world, "luis", "device-links"), made["id"].as_str().unwrap());
    assert_eq!(ben.get(&of_luis).await.expect(404).bytes, missing);
    world.browser().get(&state).await.expect(401);
    world.signed_in(&world.demo, "maria").await.get(&state).await.expect(403);
    let _ = world.browser().post("/v1/devices/redeem", json!({"token": token})).await.expect(201);
    assert_eq!(ben.get(&state).await.expect(200).json(), json!({"state": "used"}));
    let late = ben.post(&links, json!({"id_seen": true})).await.expect(201).json();
    let late = format!("{links}/{}", late["id"].as_str().unwrap());
    world.clock.advance_seconds(600);
    assert_eq!(ben.get(&late).await.expect(200).json(), json!({"state": "over"}));
    let svg = made["qr_svg"].as_str().unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{svg}");
    // A child has no account of their own: whose phone it is has to be said.
    let luis = path(&world, "luis", "device-links");
    let whose = ben.post(&luis, json!({"id_seen": true})).await.expect(422);
    assert_eq!(errors(&whose), pairs(&[("/account_id", "missing_member")]));
    let rosa = world.demo.patients["rosa"].account.unwrap();
    let _ = ben.post(&luis, json!({"account_id": rosa, "id_seen": true})).await.expect(201);
}

#[tokio::test]
async fn what_changes_who_can_read_asks_for_a_fresh_proof() {
    let world = World::start(87).await;
    let strict = people::practice_with(&world.operator, "strict", "Strict Practice", Policies::STRICT).await;
    let mut ben = world.signed_in(&strict, "ben").await;
    let maria = format!("/v1/patients/{}", strict.patients["maria"].id);
    let contact = ben.get(&format!("{maria}/reach")).await.expect(200).json()["contacts"][0]["id"].clone();
    let confirm = format!("contacts/{}/confirm", contact.as_str().unwrap());
    world.clock.advance_seconds(601);
    for (rest, body) in [
        ("device-links", json!({"id_seen": true})),
        (confirm.as_str(), json!({})),
        ("tries/clear", json!({})),
        ("sign-out", json!({})),
    ] {
        let answer = ben.post(&format!("{maria}/{rest}"), body).await.expect(403);
        assert_eq!(answer.problem(), "step-up-required", "{rest}");
    }
    let contacts = json!({"emails": ["maria@new.test"], "reason": "id_seen"});
    let _ = ben.put(&format!("{maria}/contacts"), contacts).await.expect(403);
    for change in [json!({"birth_date": "1985-03-15"}), json!({"only_my_devices": true})] {
        let answer = ben.patch(&maria, change).await.expect(403);
        assert_eq!(answer.problem(), "step-up-required");
    }
    let _ = ben.patch(&maria, json!({"language": "en"})).await.expect(200);
    let mut fresh = world.signed_in(&strict, "ben").await;
    let changed = fresh.patch(&maria, json!({"only_my_devices": true})).await.expect(200).json();
    assert_eq!(changed["only_my_devices"], true);
}
