//! Adding, reading and changing patients.

use api_tests::World;
use domain::session::SessionKind;
use futures_util::future::join_all;
use http::Method;
use local::aws::{Fault, FaultPlan, Model, Rule, Service, When};
use serde_json::json;

use crate::{errors, events, ids, names, new_patient, pairs, verbs};

#[tokio::test]
async fn a_patient_is_added_read_and_found() {
    let world = World::start(1).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let before = events(&world, &world.demo).await;
    let body = json!({
        "name": "  Zoë  Quill ", "birth_date": "1971-12-31", "language": "ES-mx",
        "emails": ["Zoe@Quill.test"], "phones": ["+15555550777"],
        "time_zone": "america/chicago", "external_id": "A-77",
    });
    let made = ben.post_once("/v1/patients", "k", body).await.expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made,
        json!({
            "id": id, "name": "Zoë Quill", "birth_date": "1971-12-31", "language": "es-MX",
            "emails": ["zoe@quill.test"], "phones": ["+15555550777"], "shared_contact": false,
            "only_my_devices": false,
            "time_zone": "America/Chicago", "external_id": "A-77", "created_at": "2026-11-23T15:00:00.000Z",
        })
    );
    assert_eq!(ben.get(&format!("/v1/patients/{id}")).await.expect(200).json(), made);
    assert_eq!(
        verbs(&world, &world.demo, &before).await,
        [("patient_created".to_owned(), Some(id.clone())), ("patient_read".to_owned(), Some(id.clone()))]
    );
    for q in ["zoe", "QUILL", "qui%20zo", "1971-12-31", "0777", "555-0777", "a-77", "quill%201971-12-31"] {
        let found = ben.get(&format!("/v1/patients?q={q}")).await.expect(200).json();
        assert_eq!(ids(&found), [id.as_str()], "{q}");
        assert_eq!(found["complete"], true);
    }
    // The contact leads to an account of the patient's own.
    let accounts = ben.get(&format!("/v1/patients/{id}/accounts")).await.expect(200).json();
    assert_eq!(names(&accounts), ["Zoë Quill"]);
    assert_eq!(accounts["items"][0]["relation"], "self");
}

#[tokio::test]
async fn the_same_key_again_is_the_same_patient() {
    let world = World::start(2).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let first = ben.post_once("/v1/patients", "k", new_patient("Ada One")).await.expect(201).json();
    let again = ben.post_once("/v1/patients", "k", new_patient("Ada One")).await.expect(200).json();
    assert_eq!(again, first);
    let other = ben.post_once("/v1/patients", "k", new_patient("Ada Two")).await;
    assert_eq!((other.status.as_u16(), other.problem()), (422, "idempotency-key-reused".to_owned()));
    let missing = ben.post("/v1/patients", new_patient("Ada Three")).await;
    assert_eq!((missing.status.as_u16(), missing.problem()), (400, "idempotency-key-missing".to_owned()));
    assert_eq!(names(&ben.get("/v1/patients?q=ada").await.json()), ["Ada One"]);
    // Somebody else's key of the same spelling is another key.
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.post_once("/v1/patients", "k", new_patient("Ada Two")).await.expect(201);
}

#[tokio::test]
async fn sixteen_at_once_with_one_key_add_one_patient() {
    let world = World::start(3).await;
    let ben = world.signed_in(&world.demo, "ben").await;
    let answers = join_all((0..16).map(|_| {
        let mut ben = ben.clone();
        async move { ben.post_once("/v1/patients", "k", new_patient("Ada One")).await }
    }))
    .await;
    let made = answers.iter().filter(|a| a.status == 201).count();
    let repeated = answers.iter().filter(|a| a.status == 200).count();
    assert_eq!((made, repeated), (1, 15));
    assert!(answers.iter().all(|a| a.json()["id"] == answers[0].json()["id"]));
    let mut ben = ben;
    assert_eq!(names(&ben.get("/v1/patients?q=ada").await.json()), ["Ada One"]);
}

#[tokio::test]
async fn two_patients_at_once_share_a_new_address() {
    let world = World::start(4).await;
    let ben = world.signed_in(&world.demo, "ben").await;
    let answers = join_all((0..6).map(|n| {
        let mut ben = ben.clone();
        let mut body = new_patient(&format!("Fam Ily{n}"));
        body["emails"] = json!(["family@one.test"]);
        body["shared_contact_confirmed"] = json!(true);
        async move { ben.post_once("/v1/patients", &format!("k{n}"), body).await.expect(201).json() }
    }))
    .await;
    let mut ben = ben;
    for made in answers {
        let read =
            ben.get(&format!("/v1/patients/{}", made["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(read["emails"], json!(["family@one.test"]));
        assert_eq!(read["shared_contact"], true);
    }
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    let world = World::start(5).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let before = events(&world, &world.demo).await;
    let body = json!({
        "name": " ", "birth_date": "2026-11-26", "language": "klingon!",
        "emails": ["a@b.test", "nonsense", "A@B.test"], "phones": ["555"],
        "time_zone": "Mars/Olympus", "external_id": "x".repeat(65),
    });
    let answer = ben.post_once("/v1/patients", "k", body.clone()).await.expect(422);
    assert_eq!(answer.problem(), "invalid-input");
    assert_eq!(
        errors(&answer),
        pairs(&[
            ("/name", "invalid_name"),
            ("/birth_date", "in_the_future"),
            ("/language", "invalid_language"),
            ("/emails/1", "invalid_email"),
            ("/emails/2", "duplicate"),
            ("/phones/0", "invalid_phone"),
            ("/time_zone", "invalid_time_zone"),
            ("/external_id", "invalid_external_id"),
        ])
    );
    let text = String::from_utf8(answer.bytes).unwrap();
    for input in ["nonsense", "klingon", "Olympus", "2026-11-26"] {
        assert!(!text.contains(input), "the input is not repeated: {input}");
    }
    let mut many = new_patient("Ada Many");
    many["emails"] = json!(["a@b.test", "b@b.test", "c@b.test", "d@b.test"]);
    many["phones"] = json!(["+15555550001", "+15555550002"]);
    let answer = ben.post_once("/v1/patients", "k", many.clone()).await.expect(422);
    assert_eq!(errors(&answer), pairs(&[("/emails", "too_many")]));
    many["phones"] = json!(["+15555550001"]);
    ben.post_once("/v1/patients", "k", many).await.expect(201);
    assert_eq!(verbs(&world, &world.demo, &before).await.len(), 1, "a refused request stores nothing");
}

#[tokio::test]
async fn a_change_moves_what_the_patient_is_found_by() {
    let world = World::start(6).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let id = world.demo.patients["maria"].id.to_string();
    let path = format!("/v1/patients/{id}");
    let before = events(&world, &world.demo).await;
    let change = json!({
        "name": "María del Carmen Reyes", "birth_date": "1985-03-15", "language": "en",
        "time_zone": "Asia/Kolkata", "external_id": "MRN 12",
    });
    let changed = ben.patch(&path, change).await.expect(200).json();
    assert_eq!(changed["name"], "María del Carmen Reyes");
    assert_eq!(changed["emails"], json!(["maria@patients.test"]));
    assert_eq!(ben.get(&path).await.expect(200).json(), changed);
    for (q, found) in [
        ("lopez", false),
        ("1985-03-14", false),
        ("maria", true),
        ("reyes", true),
        ("carmen", true),
        ("1985-03-15", true),
        ("mrn%2012", true),
        ("0101", true),
    ] {
        let page = ben.get(&format!("/v1/patients?q={q}")).await.expect(200).json();
        assert_eq!(ids(&page).contains(&id), found, "{q}");
    }
    let accounts = ben.get(&format!("{path}/accounts")).await.expect(200).json();
    assert_eq!(names(&accounts), ["María del Carmen Reyes"], "the patient's own account has their name");

    let cleared = ben.patch(&path, json!({"time_zone": null, "external_id": null})).await.expect(200).json();
    assert_eq!((&cleared["time_zone"], &cleared["external_id"]), (&json!(null), &json!(null)));
    assert_eq!(ids(&ben.get("/v1/patients?q=mrn%2012").await.json()), [""; 0]);
    ben.patch(&path, json!({"time_zone": null})).await.expect(200);
    let changes = verbs(&world, &world.demo, &before).await;
    let changes = changes.iter().filter(|(verb, _)| verb == "patient_changed").count();
    assert_eq!(changes, 2, "what changes nothing is a read");
}

#[tokio::test]
async fn changes_at_the_same_time_all_count() {
    let world = World::start(7).await;
    let ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{}", world.demo.patients["john"].id);
    for round in 0..5 {
        let changes = [
            json!({"name": format!("John Round {round}")}),
            json!({"birth_date": format!("1950-11-1{round}")}),
            json!({"language": (["fr", "pt-BR", "vi", "es", "pl"][round])}),
            json!({"time_zone": (["UTC", "Asia/Tokyo", "Europe/Paris", "America/Lima", "Asia/Seoul"][round])}),
            json!({"external_id": format!("N-{round}")}),
        ];
        let answers = join_all(changes.iter().map(|change| {
            let (mut ben, path) = (ben.clone(), path.clone());
            async move { ben.patch(&path, change.clone()).await.expect(200) }
        }))
        .await;
        assert_eq!(answers.len(), 5);
        let mut ben = ben.clone();
        let now = ben.get(&path).await.expect(200).json();
        for change in &changes {
            let (member, value) = change.as_object().unwrap().iter().next().unwrap();
            assert_eq!(&now[member], value);
        }
    }
}

#[tokio::test]
async fn the_longest_names_fit_a_change() {
    let world = World::start(8).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let long = |letter: char| {
        let words: Vec<_> = ('a'..='h').map(|c| format!("{letter}{c}{letter}{c}{letter}{c}x")).collect();
        words.join(" ")
    };
    let made = ben.post_once("/v1/patients", "k", new_patient(&long('q'))).await.expect(201).json();
    let path = format!("/v1/patients/{}", made["id"].as_str().unwrap());
    ben.patch(&path, json!({"name": long('w'), "birth_date": "1991-01-01"})).await.expect(200);
    for (q, found) in [("qaqaqa", 0), ("qhqh", 0), ("wawawax", 1), ("whwh%20wb", 1), ("1990-01-02", 0)] {
        let page = ben.get(&format!("/v1/patients?q={q}")).await.expect(200).json();
        assert_eq!(ids(&page).len(), found, "{q}");
    }
}

#[tokio::test]
async fn a_change_says_what_is_wrong_with_it() {
    let world = World::start(9).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{}", world.demo.patients["john"].id);
    let before = ben.get(&path).await.expect(200).json();
    for (change, expected) in [
        (json!({}), ("", "nothing_to_change")),
        (json!({"name": null}), ("/name", "wrong_type")),
        (json!({"name": 7}), ("/name", "wrong_type")),
        (json!({"name": "x".repeat(201)}), ("/name", "invalid_name")),
        (json!({"birth_date": "14.03.1985"}), ("/birth_date", "invalid_date")),
        (json!({"birth_date": "2027-01-01"}), ("/birth_date", "in_the_future")),
        (json!({"language": null}), ("/language", "wrong_type")),
        (json!({"time_zone": "Etc/Unknown"}), ("/time_zone", "invalid_time_zone")),
        (json!({"external_id": ""}), ("/external_id", "invalid_external_id")),
        (json!({"emails": ["new@contact.test"]}), ("", "unknown_member")),
        (json!({"phones": []}), ("", "unknown_member")),
        (json!({"id": "pat_1"}), ("", "unknown_member")),
        (json!([]), ("", "wrong_type")),
        (json!("text"), ("", "wrong_type")),
    ] {
        let answer = ben.patch(&path, change.clone()).await.expect(422);
        assert_eq!(errors(&answer), pairs(&[expected]), "{change}");
    }
    assert_eq!(ben.get(&path).await.expect(200).json(), before);
}

#[tokio::test]
async fn nothing_is_shown_that_was_not_written_down() {
    let world = World::start(10).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let id = world.demo.patients["maria"].id;
    let rule = |fault| Rule::new(When::Always, fault).on(Service::DynamoDb, "PutItem").by("RosterFunction");
    for fault in [Fault::InternalError, Fault::Throttle] {
        world.aws.set_faults(Some(FaultPlan::new(1, vec![rule(fault)])));
        for path in [
            format!("/v1/patients/{id}"),
            format!("/v1/patients/{id}/accounts"),
            "/v1/patients?q=maria".to_owned(),
            "/v1/staff".to_owned(),
        ] {
            let answer = ben.get(&path).await.expect(503);
            assert_eq!(answer.problem(), "unavailable");
            assert_eq!(answer.headers["retry-after"], "1");
            assert!(!String::from_utf8(answer.bytes).unwrap().contains("Lopez"));
        }
    }
    // Not being allowed to write it down is no reason to show it either.
    world.aws.set_faults(None);
    assert!(world.aws.iam().without("RosterFunction", "RosterAudits"));
    ben.get(&format!("/v1/patients/{id}")).await.expect(503);
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_the_same_key() {
    let world = World::start(11).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let lost = Rule::new(When::Always, Fault::ResponseLost)
        .on(Service::DynamoDb, "TransactWriteItems")
        .by("RosterFunction");
    world.aws.set_faults(Some(FaultPlan::new(1, vec![lost])));
    let answer = ben.post_once("/v1/patients", "k", new_patient("Ada One")).await;
    assert!(matches!(answer.status.as_u16(), 200 | 503), "{}", answer.status);
    world.aws.set_faults(None);
    ben.post_once("/v1/patients", "k", new_patient("Ada One")).await.expect(200);
    assert_eq!(names(&ben.get("/v1/patients?q=ada").await.json()), ["Ada One"]);
}

#[tokio::test]
async fn patients_themselves_have_no_business_here() {
    let world = World::start(12).await;
    let token = world.session(&world.demo, "maria", SessionKind::PatientRemembered).await;
    let mut maria = world.browser();
    maria.cookies.insert("__Host-session".to_owned(), token.expose());
    let own = format!("/v1/patients/{}", world.demo.patients["maria"].id);
    for (method, path) in [
        (Method::GET, own.clone()),
        (Method::GET, format!("{own}/accounts")),
        (Method::GET, "/v1/patients?q=maria".to_owned()),
        (Method::GET, "/v1/staff".to_owned()),
        (Method::GET, "/v1/practice".to_owned()),
    ] {
        let answer = maria.send(method, &path, None, &[]).await.expect(403);
        assert_eq!(answer.problem(), "forbidden", "{path}");
    }
}

#[tokio::test]
async fn without_keys_nothing_is_read_or_written() {
    let world = World::start(13).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let before = events(&world, &world.demo).await;
    for operation in [Fault::InternalError, Fault::Throttle] {
        let rule = Rule::new(When::Always, operation).on(Service::Kms, "Decrypt").by("RosterFunction");
        world.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
        let path = format!("/v1/patients/{}", world.demo.patients["maria"].id);
        assert_eq!(ben.get(&path).await.expect(503).problem(), "unavailable");
        assert_eq!(ben.get("/v1/patients?q=maria").await.expect(503).problem(), "unavailable");
        ben.post_once("/v1/patients", "k", new_patient("Ada One")).await.expect(503);
        ben.patch(&path, json!({"language": "en"})).await.expect(503);
        ben.get("/v1/staff").await.expect(503);
    }
    world.aws.set_faults(None);
    assert_eq!(verbs(&world, &world.demo, &before).await, []);
    ben.post_once("/v1/patients", "k", new_patient("Ada One")).await.expect(201);
}

/// At the latencies of the real service, where transactions that overlap are refused.
#[tokio::test(start_paused = true)]
async fn at_real_latencies_nobody_is_added_twice_and_no_change_is_lost() {
    let world = World::start(14).await;
    world.aws.set_model(Some(Model::latencies(4, 12))).await.unwrap();
    let ben = world.signed_in(&world.demo, "ben").await;
    let answers = join_all((0..16).map(|n| {
        let mut ben = ben.clone();
        let mut body = new_patient(&format!("Fam Ily{}", n / 4));
        body["emails"] = json!(["family@one.test"]);
        body["shared_contact_confirmed"] = json!(true);
        let key = format!("key-{}", n / 4);
        async move { ben.post_once("/v1/patients", &key, body).await }
    }))
    .await;
    assert!(answers.iter().all(|a| matches!(a.status.as_u16(), 200 | 201 | 503)), "{answers:?}");
    let refused = answers.iter().filter(|a| a.status == 503).count();
    assert!(refused <= 1, "{refused} of 16 have to be sent again");
    let mut ben = ben;
    let found = ben.get("/v1/patients?q=fam").await.expect(200).json();
    assert_eq!(names(&found), ["Fam Ily0", "Fam Ily1", "Fam Ily2", "Fam Ily3"]);

    let path = format!("/v1/patients/{}", world.demo.patients["john"].id);
    let changes = [
        json!({"name": "John Late"}),
        json!({"birth_date": "1950-11-12"}),
        json!({"language": "fr"}),
        json!({"time_zone": "UTC"}),
        json!({"external_id": "N-1"}),
    ];
    let answers = join_all(changes.iter().map(|change| {
        let (mut ben, path) = (ben.clone(), path.clone());
        async move { ben.patch(&path, change.clone()).await.status.as_u16() }
    }))
    .await;
    assert_eq!(answers, [200; 5]);
    let now = ben.get(&path).await.expect(200).json();
    for change in &changes {
        let (member, value) = change.as_object().unwrap().iter().next().unwrap();
        assert_eq!(&now[member], value);
    }
}
