//! Who may act for a patient.

use api_tests::{Practice, World};
use domain::{id::AccountId, session::SessionKind};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{errors, events, ids, names, pairs, verbs};

fn accounts_path(practice: &Practice, patient: &str) -> String {
    format!("/v1/patients/{}/accounts", practice.patients[patient].id)
}

async fn epoch(world: &World, practice: &Practice, account: AccountId) -> u64 {
    let stored = world.operator.known_practice(practice.id).await.unwrap();
    let sealer = world.operator.sealer(&stored).await.unwrap();
    world.operator.store.account(practice.id, account, &sealer).await.unwrap().unwrap().epoch
}

#[tokio::test]
async fn a_grant_is_given_and_taken_and_sessions_end_with_it() {
    let world = World::start(31).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let (john, maria) = (accounts_path(&world.demo, "john"), world.demo.patients["maria"].clone());
    let account = maria.account.unwrap();
    let before = events(&world, &world.demo).await;
    let epoch_before = epoch(&world, &world.demo, account).await;
    let mut marias = world.signed_in(&world.demo, "maria").await;
    marias.get("/v1/conversations").await.expect(200);

    let body = json!({
        "account_id": account, "relation": "carer", "until": "2027-01-01T00:00:00Z", "reason": "id_seen",
    });
    let given = ben.post(&john, body.clone()).await.expect(201).json();
    let expected = json!({
        "account_id": account, "name": "Maria Lopez", "relation": "carer", "from": null,
        "until": "2027-01-01T00:00:00.000Z",
    });
    assert_eq!(given, expected);
    marias.get("/v1/conversations").await.expect(401);
    assert_eq!(epoch(&world, &world.demo, account).await, epoch_before + 1);
    let list = ben.get(&john).await.expect(200).json();
    // In the order of account ids.
    let mut listed = names(&list);
    listed.sort();
    assert_eq!(listed, ["John Carter", "Maria Lopez"]);
    assert!(list["items"].as_array().unwrap().contains(&expected));

    // Repeating it changes nothing and ends nothing.
    let mut marias = world.signed_in(&world.demo, "maria").await;
    assert_eq!(ben.post(&john, body).await.expect(200).json(), expected);
    marias.get("/v1/conversations").await.expect(200);

    let end = format!("{john}/{account}");
    let gone = ben.delete(&end).await.expect(204);
    assert!(gone.bytes.is_empty());
    marias.get("/v1/conversations").await.expect(401);
    assert_eq!(epoch(&world, &world.demo, account).await, epoch_before + 2);
    assert_eq!(names(&ben.get(&john).await.json()), ["John Carter"]);
    ben.delete(&end).await.expect(404);
    let verbs: Vec<_> = verbs(&world, &world.demo, &before).await.into_iter().map(|(verb, _)| verb).collect();
    for verb in ["grant_created", "grant_removed"] {
        assert_eq!(verbs.iter().filter(|v| *v == verb).count(), 1, "{verb}: {verbs:?}");
    }
}

#[tokio::test]
async fn sessions_end_even_if_nothing_after_the_transaction_happens() {
    use local::aws::{Fault, FaultPlan, Rule, Service, When};
    let world = World::start(32).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let account = world.demo.patients["rosa"].account.unwrap();
    let mut rosas = world.signed_in(&world.demo, "rosa").await;
    // The sweep after the transaction asks for sessions once more: the second query of sessions fails.
    let sweep = Rule::new(When::Always, Fault::InternalError)
        .on(Service::DynamoDb, "DeleteItem")
        .by("RosterFunction");
    world.aws.set_faults(Some(FaultPlan::new(1, vec![sweep])));
    ben.delete(&format!("{luis}/{account}")).await.expect(204);
    world.aws.set_faults(None);
    rosas.get("/v1/conversations").await.expect(401);
}

#[tokio::test]
async fn an_address_that_nobody_is_reached_at_gets_an_account() {
    let world = World::start(33).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let nameless = ben.post(&luis, json!({"email": "dad@vega.test", "relation": "parent"})).await.expect(422);
    assert_eq!(errors(&nameless), pairs(&[("/name", "missing_member")]));
    let body =
        json!({"email": "dad@vega.test", "relation": "parent", "name": "Hugo Vega", "language": "pt-br"});
    let made = ben.post(&luis, body.clone()).await.expect(201).json();
    assert_eq!(made["name"], "Hugo Vega");
    assert_eq!(ben.post(&luis, body).await.expect(200).json(), made);
    let rosa = accounts_path(&world.demo, "rosa");
    let known = ben.post(&rosa, json!({"email": "dad@vega.test", "relation": "carer"})).await.expect(422);
    assert_eq!(errors(&known), pairs(&[("/email", "known_address")]), "one mailbox, one account");
    let named = json!({"account_id": made["account_id"], "relation": "carer", "reason": "called_back"});
    assert_eq!(ben.post(&rosa, named).await.expect(201).json()["account_id"], made["account_id"]);
    // It can be named by its id as well.
    let john = accounts_path(&world.demo, "john");
    let by_id = json!({"account_id": made["account_id"], "relation": "guardian", "reason": "other"});
    assert_eq!(ben.post(&john, by_id).await.expect(201).json()["name"], "Hugo Vega");
    let luis = ben.get(&format!("/v1/patients/{}", world.demo.patients["luis"].id)).await.json();
    assert_eq!(luis["emails"], json!([]), "a parent's address is not the child's");
}

#[tokio::test]
async fn an_account_of_ones_own_brings_its_contacts_into_the_record() {
    let world = World::start(34).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let record = format!("/v1/patients/{}", world.demo.patients["luis"].id);
    let id = world.demo.patients["luis"].id.to_string();
    let made = ben.post(&luis, json!({"phone": "+15555559876", "relation": "self"})).await.expect(201).json();
    assert_eq!(made["name"], "Luis Vega");
    assert_eq!(ben.get(&record).await.json()["phones"], json!(["+15555559876"]));
    assert_eq!(ids(&ben.get("/v1/patients?q=9876").await.json()), [id.as_str()]);
    // Another relation, or none, and the record lets go of it.
    let account = made["account_id"].as_str().unwrap();
    ben.post(&luis, json!({"account_id": account, "relation": "carer"})).await.expect(200);
    assert_eq!(ben.get(&record).await.json()["phones"], json!([]));
    assert_eq!(ids(&ben.get("/v1/patients?q=9876").await.json()), [""; 0]);
    ben.post(&luis, json!({"account_id": account, "relation": "self"})).await.expect(200);
    assert_eq!(ids(&ben.get("/v1/patients?q=9876").await.json()), [id]);
    ben.delete(&format!("{luis}/{account}")).await.expect(204);
    assert_eq!(ben.get(&record).await.json()["phones"], json!([]));
    assert_eq!(ids(&ben.get("/v1/patients?q=9876").await.json()), [""; 0]);
}

#[tokio::test]
async fn a_shared_address_needs_an_account_to_be_named() {
    let world = World::start(35).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut second = crate::new_patient("Marta Lopez");
    second["emails"] = json!(["maria@patients.test"]);
    second["shared_contact_confirmed"] = json!(true);
    ben.post_once("/v1/patients", "k", second).await.expect(201);
    let luis = accounts_path(&world.demo, "luis");
    let answer =
        ben.post(&luis, json!({"email": "maria@patients.test", "relation": "carer"})).await.expect(422);
    assert_eq!(errors(&answer), pairs(&[("/email", "shared_contact")]));
}

#[tokio::test]
async fn a_grant_says_what_is_wrong_with_it() {
    let world = World::start(36).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = accounts_path(&world.demo, "luis");
    let foreign = world.other.patients["maria"].account.unwrap().to_string();
    let nobody = "acc_01jd9fx0000000000000000000";
    let one = "exactly_one_of_account_id_email_phone";
    for (body, expected) in [
        (json!({"relation": "parent"}), ("", one)),
        (json!({"email": "a@b.test", "phone": "+15555550001", "relation": "parent"}), ("", one)),
        (json!({"email": "a@b.test"}), ("/relation", "missing_member")),
        (json!({"email": "a@b.test", "relation": "friend"}), ("/relation", "unknown_value")),
        (json!({"email": "nonsense", "relation": "parent"}), ("/email", "invalid_email")),
        (json!({"phone": "555", "relation": "parent"}), ("/phone", "invalid_phone")),
        (json!({"account_id": "pat_1", "relation": "parent"}), ("/account_id", "invalid_id")),
        (json!({"account_id": nobody, "relation": "parent"}), ("/account_id", "unknown_account")),
        (json!({"account_id": foreign, "relation": "parent"}), ("/account_id", "unknown_account")),
        (json!({"email": "a@b.test", "relation": "parent", "until": "tomorrow"}), ("/until", "invalid_time")),
        (
            json!({"email": "a@b.test", "relation": "parent", "until": "2026-11-23T15:00:00Z"}),
            ("/until", "in_the_past"),
        ),
        (json!({"email": null, "relation": "parent"}), ("/email", "wrong_type")),
        (json!({"email": "a@b.test", "relation": "parent", "scopes": []}), ("", "unknown_member")),
    ] {
        let answer = ben.post(&path, body.clone()).await.expect(422);
        assert_eq!(errors(&answer), pairs(&[expected]), "{body}");
    }
    assert_eq!(names(&ben.get(&path).await.json()), ["Rosa Vega"]);
}

#[tokio::test]
async fn what_has_ended_by_itself_is_not_listed() {
    let world = World::start(37).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = accounts_path(&world.demo, "john");
    let account = world.demo.patients["maria"].account.unwrap();
    let body = |until: &str| json!({"account_id": account, "relation": "carer", "until": until, "reason": "id_seen"});
    ben.post(&path, body("2026-11-23T15:05:00Z")).await.expect(201);
    assert_eq!(ids_of_accounts(&ben.get(&path).await.json()).len(), 2);
    world.clock.advance_seconds(301);
    assert_eq!(names(&ben.get(&path).await.json()), ["John Carter"]);
    ben.post(&path, body("2026-11-23T16:00:00Z")).await.expect(201);
    assert_eq!(ids_of_accounts(&ben.get(&path).await.json()).len(), 2);
}

#[tokio::test]
async fn the_ends_of_parents_move_with_the_birth_date_but_not_an_earlier_end_of_the_desk() {
    let world = World::start(40).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let record = format!("/v1/patients/{}", world.demo.patients["luis"].id);
    let [john, maria] = ["john", "maria"].map(|who| world.demo.patients[who].account.unwrap().to_string());
    let _ = ben
        .post(&luis, json!({"account_id": john, "relation": "parent", "reason": "id_seen"}))
        .await
        .expect(201);
    let early = json!({"account_id": maria, "relation": "parent", "until": "2027-01-01T00:00:00Z", "reason": "id_seen"});
    let _ = ben.post(&luis, early).await.expect(201);
    let until = |page: &Value, account: &str| {
        let items = page["items"].as_array().unwrap();
        items.iter().find(|item| item["account_id"] == account).map(|item| item["until"].clone())
    };
    let mut johns = world.signed_in(&world.demo, "john").await;
    let mut marias = world.signed_in(&world.demo, "maria").await;
    let _ = ben.patch(&record, json!({"birth_date": "2014-09-17"})).await.expect(200);
    let listed = ben.get(&luis).await.expect(200).json();
    assert_eq!(until(&listed, &john), Some(json!("2032-09-17T04:00:00.000Z")));
    assert_eq!(until(&listed, &maria), Some(json!("2027-01-01T00:00:00.000Z")));
    // A session carries the end that it began with, so it ends; nobody else's does.
    let _ = johns.get("/v1/conversations").await.expect(401);
    let _ = marias.get("/v1/conversations").await.expect(200);
    let epoch_before = epoch(&world, &world.demo, world.demo.patients["john"].account.unwrap()).await;
    let _ = ben.patch(&record, json!({"name": "Luis A. Vega"})).await.expect(200);
    assert_eq!(epoch(&world, &world.demo, world.demo.patients["john"].account.unwrap()).await, epoch_before);
    // Of age since three years: nobody acts as a parent any more.
    let _ = ben.patch(&record, json!({"birth_date": "2005-09-17"})).await.expect(200);
    assert_eq!(names(&ben.get(&luis).await.expect(200).json()), [""; 0]);
}

fn ids_of_accounts(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["account_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_same_grant_eight_times_at_once_is_one_account() {
    let world = World::start(38).await;
    let ben = world.signed_in(&world.demo, "ben").await;
    let path = accounts_path(&world.demo, "luis");
    let body = json!({"email": "dad@vega.test", "relation": "parent", "name": "Hugo Vega"});
    let answers = join_all((0..8).map(|_| {
        let (mut ben, path, body) = (ben.clone(), path.clone(), body.clone());
        async move { ben.post(&path, body).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 7);
    let mut ben = ben;
    assert_eq!(ids_of_accounts(&ben.get(&path).await.json()).len(), 2);

    let account = answers[0].json()["account_id"].as_str().unwrap().to_owned();
    let ends = join_all((0..4).map(|_| {
        let (mut ben, path) = (ben.clone(), format!("{path}/{account}"));
        async move { ben.delete(&path).await.status.as_u16() }
    }))
    .await;
    assert_eq!(ends.iter().filter(|s| **s == 204).count(), 1, "{ends:?}");
    assert_eq!(ends.iter().filter(|s| **s == 404).count(), 3, "{ends:?}");
}

#[tokio::test]
async fn every_session_of_the_account_ends_however_many() {
    let world = World::start(39).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut browsers = Vec::new();
    for _ in 0..60 {
        let token = world.session(&world.demo, "rosa", SessionKind::Patient).await;
        let mut browser = world.browser();
        browser.cookies.insert("__Host-session".to_owned(), token.expose());
        browsers.push(browser);
    }
    let account = world.demo.patients["rosa"].account.unwrap();
    ben.delete(&format!("{}/{account}", accounts_path(&world.demo, "luis"))).await.expect(204);
    for browser in &mut browsers {
        browser.get("/v1/conversations").await.expect(401);
    }
}

#[tokio::test]
async fn a_grant_begins_and_ends_by_date_and_a_parents_ends_when_the_child_is_of_age() {
    let world = World::start(39).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let account = world.demo.patients["john"].account.unwrap();
    let given = ben
        .post(&luis, json!({"account_id": account, "relation": "parent", "reason": "id_seen"}))
        .await
        .expect(201)
        .json();
    assert_eq!(given["until"], "2030-09-17T04:00:00.000Z", "born 2012-09-17, by the clocks of New York");
    let earlier = json!({"account_id": account, "relation": "parent", "until": "2027-01-01T00:00:00Z"});
    assert_eq!(ben.post(&luis, earlier).await.expect(200).json()["until"], "2027-01-01T00:00:00.000Z");
    let guardian = json!({"account_id": account, "relation": "guardian"});
    let until = &ben.post(&luis, guardian).await.expect(200).json()["until"];
    assert_eq!(*until, "2030-09-17T04:00:00.000Z", "a guardian's too");
    let never = json!({"account_id": account, "relation": "parent", "from": "2031-01-01T00:00:00Z"});
    let answer = ben.post(&luis, never).await.expect(422);
    assert_eq!(crate::errors(&answer), crate::pairs(&[("/from", "after_the_end")]));
    // Nobody of age has parents that act for them for good, but staff may say that somebody does.
    let maria = accounts_path(&world.demo, "maria");
    let grown = ben
        .post(&maria, json!({"account_id": account, "relation": "parent", "reason": "id_seen"}))
        .await
        .expect(201)
        .json();
    assert_eq!(grown["until"], Value::Null);

    let carer = json!({"account_id": account, "relation": "carer", "from": "2026-11-24T00:00:00Z"});
    assert_eq!(ben.post(&luis, carer).await.expect(200).json()["from"], "2026-11-24T00:00:00.000Z");
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let id = world.conversation(&world.demo, "ana", "luis").await;
    let path = format!("/v1/conversations/{id}");
    let _ = ana.get(&path).await.expect(200);
    let mut john = world.signed_in(&world.demo, "john").await;
    let _ = john.get(&path).await.expect(404);
    world.clock.advance_seconds(24 * 3600);
    let mut john = world.signed_in(&world.demo, "john").await;
    let _ = john.get(&path).await.expect(200);
}

#[tokio::test]
async fn whoever_comes_back_after_the_end_is_let_in_anew() {
    let world = World::start(48).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let account = world.demo.patients["john"].account.unwrap();
    let carer = json!({"account_id": account, "relation": "carer"});
    let with = |name: &str, value: &str| {
        let mut body = carer.clone();
        body[name] = json!(value);
        body
    };
    let mut short = with("until", "2026-11-24T00:00:00Z");
    short["reason"] = json!("id_seen");
    ben.post(&luis, short).await.expect(201);
    // While it lasts nobody has to say again why.
    ben.post(&luis, with("until", "2026-11-24T12:00:00Z")).await.expect(200);
    world.clock.advance_seconds(2 * 24 * 3600);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let by_address = json!({"email": "john@patients.test", "relation": "carer"});
    let refused = ben.post(&luis, by_address).await.expect(422);
    assert_eq!(errors(&refused), pairs(&[("/email", "known_address")]));
    let unsaid = ben.post(&luis, carer.clone()).await.expect(422);
    assert_eq!(unsaid.first_error().0, "/reason");
    world.pump().await;
    let told = api_tests::messages::messages_to(&world, "john@patients.test");
    ben.post(&luis, with("reason", "id_seen")).await.expect(201);
    world.pump().await;
    assert_eq!(api_tests::messages::messages_to(&world, "john@patients.test"), told + 1);
}

#[tokio::test]
async fn a_mistyped_address_that_is_somebody_elses_lets_nobody_in() {
    let world = World::start(37).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let luis = accounts_path(&world.demo, "luis");
    let maria = world.demo.patients["maria"].clone();
    let id = world.conversation(&world.demo, "ana", "luis").await;
    // Staff mean maria.v@…, and type the address of another patient.
    for reason in [None, Some("id_seen")] {
        let mut slip = json!({"email": "Maria@patients.test", "relation": "parent", "name": "Marisol Vega"});
        if let Some(reason) = reason {
            slip["reason"] = json!(reason);
        }
        let refused = ben.post(&luis, slip).await.expect(422);
        assert_eq!(errors(&refused), pairs(&[("/email", "known_address")]));
    }
    let mut marias = world.signed_in(&world.demo, "maria").await;
    marias.get(&format!("/v1/conversations/{id}")).await.expect(404);

    // Whose it is can be seen before, and is an event.
    let before = events(&world, &world.demo).await;
    let find = format!("{luis}/find");
    let found = ben.post(&find, json!({"email": "maria@patients.test"})).await.expect(200).json();
    let account = maria.account.unwrap();
    let whose = json!({"id": account, "name": "Maria Lopez", "patients": 1, "relation": null});
    assert_eq!(found, json!({"items": [whose], "opens_by_date": true}));
    assert_eq!(verbs(&world, &world.demo, &before).await[0].0, "patients_searched");
    let rosa = ben.post(&find, json!({"email": "vega.family@patients.test"})).await.expect(200).json();
    assert_eq!((&rosa["items"][0]["relation"], &rosa["items"][0]["patients"]), (&json!("parent"), &json!(2)));
    let nobody = ben.post(&find, json!({"phone": "+15555559876"})).await.expect(200).json();
    assert_eq!(nobody, json!({"items": [], "opens_by_date": true}));
    for (body, error) in [
        (json!({}), ("", "exactly_one_of_email_phone")),
        (json!({"email": "nonsense"}), ("/email", "invalid_email")),
        (json!({"phone": "555"}), ("/phone", "invalid_phone")),
    ] {
        assert_eq!(errors(&ben.post(&find, body).await.expect(422)), pairs(&[error]));
    }
    let address = json!({"email": "maria@patients.test"});
    world.browser().post(&find, address.clone()).await.expect(401);
    for (who, status) in [("ida", 403), ("maria", 403)] {
        world.signed_in(&world.demo, who).await.post(&find, address.clone()).await.expect(status);
    }
    world.signed_in(&world.other, "ana").await.post(&find, address.clone()).await.expect(404);

    // Her account is let in only by its id, with a reason; she hears of it, and so does who acted already.
    let unsaid = ben.post(&luis, json!({"account_id": account, "relation": "carer"})).await.expect(422);
    assert_eq!(errors(&unsaid), pairs(&[("/reason", "missing_member")]));
    let count = world.aws.outbox().all().len();
    let said = json!({"account_id": account, "relation": "carer", "reason": "called_back"});
    ben.post(&luis, said.clone()).await.expect(201);
    ben.post(&luis, said).await.expect(200);
    world.pump().await;
    let told = world.aws.outbox().all().split_off(count);
    let mut to: Vec<_> = told.iter().map(|sent| sent.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["+15555550101", "maria@patients.test", "vega.family@patients.test"]);
    assert!(told.iter().all(|sent| !sent.text.contains("Luis") && !sent.text.contains("#t=")));
    let path = format!("/v1/patients/{}/reach", world.demo.patients["luis"].id);
    let reach = ben.get(&path).await.expect(200).json();
    assert_eq!(reach["changes"][0]["reason"], "called_back");
    assert_eq!(reach["changes"][0]["account_id"], json!(account));
    world.signed_in(&world.demo, "maria").await.get(&format!("/v1/conversations/{id}")).await.expect(200);
}
