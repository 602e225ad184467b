//! Contacts that others use too: asked for before they are shared, and what opens behind many patients.

use api_tests::{
    World,
    messages::{ask, code_in, last_message, sign_in_by_code, token_in},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{events, new_patient, verbs};

const FAMILY: &str = "family@many.test";

fn at(name: &str, address: &str, confirmed: bool) -> Value {
    let mut body = new_patient(name);
    body["emails"] = json!([address]);
    if confirmed {
        body["shared_contact_confirmed"] = json!(true);
    }
    body
}

fn born(body: Value, day: usize) -> Value {
    let mut body = body;
    body["birth_date"] = json!(format!("1990-01-{day:02}"));
    body
}

#[tokio::test]
async fn a_contact_of_somebody_else_is_shared_only_when_that_was_said() {
    let world = World::start(301).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let before = events(&world, &world.demo).await;
    let mut body = at("Pedro Lopez", "maria@patients.test", false);
    body["phones"] = json!(["+15555550999"]);
    let asked = ben.post_once("/v1/patients", "k", body.clone()).await.expect(409);
    assert_eq!(asked.problem(), "contact-shared");
    let shared = json!([{"pointer": "/emails/0", "others": 1, "patients": 2, "opens_by_date": true}]);
    assert_eq!(asked.json()["contacts"], shared);
    let said = String::from_utf8(asked.bytes).unwrap();
    for name in ["Maria", "Lopez", "maria@", "acc_", "pat_", "cpt_"] {
        assert!(!said.contains(name), "{name}: {said}");
    }
    let told = verbs(&world, &world.demo, &before).await;
    assert_eq!(told, [("patients_searched".to_owned(), None)], "nothing was written but that it was asked");
    assert_eq!(ben.get("/v1/patients?q=pedro").await.json()["items"], json!([]));

    // Said under the same key, it is done, once.
    body["shared_contact_confirmed"] = json!(true);
    let made = ben.post_once("/v1/patients", "k", body.clone()).await.expect(201).json();
    assert_eq!(made["shared_contact"], true);
    assert_eq!(ben.post_once("/v1/patients", "k", body).await.expect(200).json(), made);

    // A new contact is nobody's question, nor is the repeat of what made it known.
    let own = at("Ada New", "ada@own.test", false);
    let first = ben.post_once("/v1/patients", "own", own.clone()).await.expect(201).json();
    assert_eq!(ben.post_once("/v1/patients", "own", own).await.expect(200).json(), first);
    let phone = json!({
        "name": "Eve Phone", "birth_date": "1991-01-01", "language": "en",
        "emails": ["eve@own.test"], "phones": ["+15555550999"],
    });
    let asked = ben.post_once("/v1/patients", "phone", phone).await.expect(409).json();
    assert_eq!(asked["contacts"][0]["pointer"], "/phones/0");
    assert_eq!(asked["contacts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_practice_is_not_asked_about_our_contacts() {
    let world = World::start(302).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.post_once("/v1/patients", "k", at("Ada Here", FAMILY, false)).await.expect(201);
    let mut theirs = world.signed_in(&world.other, "ben").await;
    theirs.post_once("/v1/patients", "k", at("Ada There", FAMILY, false)).await.expect(201);
}

#[tokio::test]
async fn of_many_at_once_with_one_new_address_one_comes_unasked() {
    let world = World::start(303).await;
    let ben = world.signed_in(&world.demo, "ben").await;
    let answers = join_all((0..6).map(|n| {
        let mut ben = ben.clone();
        let body = at(&format!("Fam Ily{n}"), FAMILY, false);
        async move { ben.post_once("/v1/patients", &format!("k{n}"), body).await.status.as_u16() }
    }))
    .await;
    let (made, asked): (Vec<_>, Vec<_>) = answers.iter().partition(|status| **status == 201);
    assert_eq!((made.len(), asked.as_slice()), (1, [&409; 5].as_slice()));
}

#[tokio::test]
async fn changed_contacts_are_asked_for_in_the_same_way() {
    let world = World::start(304).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let john = world.demo.patients["john"].id;
    let path = format!("/v1/patients/{john}/contacts");
    let mut body = json!({
        "emails": ["john@patients.test", "maria@patients.test"], "phones": ["+15555550101"], "reason": "id_seen",
    });
    let before = events(&world, &world.demo).await;
    let asked = ben.put(&path, body.clone()).await.expect(409).json();
    let shared =
        |pointer: &str| json!({"pointer": pointer, "others": 1, "patients": 2, "opens_by_date": true});
    assert_eq!(asked["contacts"], json!([shared("/emails/1"), shared("/phones/0")]));
    let told = verbs(&world, &world.demo, &before).await;
    assert_eq!(told, [("patients_searched".to_owned(), Some(john.to_string()))]);
    body["shared_contact_confirmed"] = json!(true);
    ben.put(&path, body.clone()).await.expect(200);
    // What is so already is no question any more, said or not.
    body.as_object_mut().unwrap().remove("shared_contact_confirmed");
    ben.put(&path, body).await.expect(200);
}

#[tokio::test]
async fn behind_five_patients_a_code_and_a_date_open_nothing_and_staff_see_why() {
    let world = World::start(305).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut last = String::new();
    for n in 1..=5 {
        let body = born(at(&format!("Fam Ily{n}"), FAMILY, false), n);
        let key = format!("k{n}");
        if n > 1 {
            let asked = ben.post_once("/v1/patients", &key, body).await.expect(409).json();
            let said = &asked["contacts"][0];
            assert_eq!((&said["patients"], &said["opens_by_date"]), (&json!(n), &json!(n < 5)));
        }
        let body = born(at(&format!("Fam Ily{n}"), FAMILY, n > 1), n);
        let made = ben.post_once("/v1/patients", &key, body).await.expect(201).json();
        last = made["id"].as_str().unwrap().to_owned();
        // Four may still be told apart.
        if n == 4 {
            sign_in_by_code(&world, &mut world.browser(), FAMILY, "1990-01-03").await;
        }
    }
    let find = format!("/v1/patients/{}/accounts/find", world.demo.patients["john"].id);
    let found = ben.post(&find, json!({"email": FAMILY})).await.expect(200).json();
    assert_eq!((found["items"].as_array().unwrap().len(), &found["opens_by_date"]), (5, &json!(false)));
    let found = ben.post(&find, json!({"email": "maria@patients.test"})).await.expect(200).json();
    assert_eq!(found["opens_by_date"], true);

    // A right date and a wrong one are refused alike.
    let by_code = async |date: &str| {
        let mut browser = world.browser();
        ask(&mut browser, "patient", FAMILY).await.expect(202);
        world.pump().await;
        let code = code_in(&last_message(&world, FAMILY).unwrap());
        browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
        browser.post("/v1/sessions/person", json!({"birth_date": date})).await.expect(401)
    };
    let (right, wrong) = (by_code("1990-01-05").await, by_code("1990-02-07").await);
    assert_eq!(right.bytes, wrong.bytes);
    let reach = format!("/v1/patients/{last}/reach");
    let seen = ben.get(&reach).await.expect(200).json();
    assert_eq!(
        (&seen["contacts"][0]["patients"], &seen["contacts"][0]["opens_by_date"]),
        (&json!(5), &json!(false))
    );
    assert_eq!(seen["contacts"][0]["doubt"], Value::Null, "a right date puts nobody in doubt");
    let tries: Vec<_> = seen["tries"].as_array().unwrap().iter().map(|t| &t["kind"]).collect();
    assert_eq!(tries, ["shared_contact"]);

    // A notice says whose it is, so its date still opens; so does the code of the desk, and the phone that it makes known.
    let body = json!({"patient_id": last, "topic": "other", "text": "Please call."});
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.post_once("/v1/conversations", &world.fresh_key(), body).await.expect(201);
    world.pump().await;
    let token = token_in(&last_message(&world, FAMILY).unwrap());
    let body = json!({"token": token, "birth_date": "1990-01-05"});
    world.browser().post("/v1/sessions/person", body).await.expect(201);
    let link = format!("/v1/patients/{last}/device-links");
    let made = ana.post(&link, json!({"id_seen": true})).await.expect(201).json();
    let token = made["url"].as_str().unwrap().split_once("#t=").unwrap().1.to_owned();
    let mut phone = world.browser();
    phone.post("/v1/devices/redeem", json!({"token": token})).await.expect(201);
    phone.delete("/v1/session").await.expect(204);
    ask(&mut phone, "patient", FAMILY).await.expect(202);
    world.pump().await;
    let code = code_in(&last_message(&world, FAMILY).unwrap());
    let session = phone.post("/v1/sessions", json!({"code": code})).await.expect(201).json();
    assert_eq!(session["patients"][0]["id"], json!(last));

    // A contact of their own opens by the date again.
    let own = json!({"emails": ["own@many.test"], "reason": "id_seen"});
    ben.put(&format!("/v1/patients/{last}/contacts"), own).await.expect(200);
    sign_in_by_code(&world, &mut world.browser(), "own@many.test", "1990-01-05").await;
    sign_in_by_code(&world, &mut world.browser(), FAMILY, "1990-01-03").await;
}
