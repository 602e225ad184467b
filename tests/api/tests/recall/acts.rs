//! What a recall does, who may do it, and what it says of itself.

use api_tests::{World, people, people::text};
use domain::{practice::Policies, session::SessionKind};
use serde_json::{Value, json};

use crate::support::{Scene, WRONG, because, events, wrong_patient};

#[tokio::test]
async fn a_recalled_message_is_gone_for_everybody_and_says_so() {
    let mut scene = Scene::start(200).await;
    scene.writes("This one stays.").await;
    let seq = scene.writes(WRONG).await;
    let own = scene.own.clone();
    assert_eq!(scene.maria.get(&own).await.expect(200).json()["unread"], 2);
    let before = scene.ana.get(&scene.path).await.expect(200);
    let etag = before.headers["etag"].to_str().unwrap().to_owned();

    let answer = scene.recalls(seq).await.expect(200).json();
    assert_eq!((&answer["state"], &answer["reason"]), (&json!("recalled"), &json!("wrong_patient")));
    assert_eq!(answer["opened"], Value::Null);
    assert!(answer["evidence_id"].as_str().unwrap().starts_with("evd_"));

    assert_eq!(scene.maria.get(&own).await.expect(200).json()["unread"], 1, "nobody waits for what is gone");
    for browser in [&mut scene.maria, &mut scene.ana] {
        let answer = browser.get(&scene.path).await.expect(200);
        assert!(!String::from_utf8_lossy(&answer.bytes).contains(WRONG));
        let page = answer.json();
        let gone = &page["items"][1];
        assert_eq!(
            (&gone["seq"], &gone["state"], &gone["body"]),
            (&json!(2), &json!("recalled"), &Value::Null)
        );
        assert_eq!(gone["sender"]["name"], Value::Null);
        assert!(gone["recalled_at"].is_string());
        let event = &page["items"][2];
        assert_eq!(event["body"], json!({"kind": "recall", "of": 2}));
        assert_eq!((&event["seq"], &event["sender"]["name"]), (&json!(3), &json!("Ana Ruiz")));
        assert_eq!(page["items"][0]["body"]["text"], "This one stays.");
    }
    // An open screen learns of it with its next poll.
    let mut poller = scene.ana.clone().with_header("if-none-match", &etag);
    let news = poller.get(&format!("{}?after=2", scene.path)).await.expect(200).json();
    assert_eq!(events(&news), [2]);
}

#[tokio::test]
async fn again_is_the_same_answer_and_one_event() {
    let mut scene = Scene::start(201).await;
    let seq = scene.writes(WRONG).await;
    scene.page().await;
    let first = scene.recalls(seq).await.expect(200).json();
    scene.world.clock.advance_seconds(100);
    assert_eq!(scene.recalls(seq).await.expect(200).json(), first);
    for (who, reason) in [("cleo", "error"), ("max", "other"), ("ben", "undo")] {
        let mut other = scene.world.signed_in(&scene.world.demo, who).await;
        assert_eq!(other.post(&scene.recall(seq), because(reason)).await.expect(200).json(), first, "{who}");
    }
    assert_eq!(events(&scene.page().await), [1]);
}

#[tokio::test]
async fn it_says_who_had_opened_it_first_and_when() {
    let mut scene = Scene::start(202).await;
    let seq = scene.writes(WRONG).await;
    let first = scene.world.clock.now().to_string();
    scene.page().await;
    scene.world.clock.advance_seconds(300);
    scene.writes("Something later.").await;
    scene.page().await;
    let answer = scene.recalls(seq).await.expect(200).json();
    let account = scene.world.demo.patients["maria"].account.unwrap().to_string();
    assert_eq!((&answer["opened"]["at"], &answer["opened"]["by"]), (&json!(first), &json!(account)));
    assert_eq!(answer["opened"]["name"], "Maria Lopez");
    assert_eq!(answer["opened"]["session"].as_str().unwrap().len(), 16);
    // What was only polled for, or read by staff, was not opened.
    let seq = scene.writes(WRONG).await;
    let path = scene.path.clone();
    scene.ana.get(&path).await.expect(200);
    let own = scene.own.clone();
    scene.maria.get(&own).await.expect(200);
    assert_eq!(scene.recalls(seq).await.expect(200).json()["opened"], Value::Null);
}

#[tokio::test]
async fn who_may_recall_what() {
    let scene = Scene::start(203).await;
    let demo = scene.world.demo.clone();
    let mut cleo = scene.world.signed_in(&demo, "cleo").await;
    let mut maria = scene.maria.clone();
    let write = async |cleo: &mut api_tests::Browser| {
        let answer = cleo.post_once(&scene.path, &scene.world.fresh_key(), text(WRONG)).await.expect(201);
        answer.json()["seq"].as_u64().unwrap()
    };
    // A colleague, without an admin's role.
    let mut ben = scene.world.signed_in(&demo, "ben").await;
    let seq = write(&mut cleo).await;
    let refused = ben.post(&scene.recall(seq), wrong_patient()).await.expect(403);
    assert_eq!(refused.problem(), "recall-needs-admin");
    assert_eq!(ben.post(&scene.recall(seq), because("undo")).await.expect(403).problem(), "forbidden");
    cleo.post(&scene.recall(seq), wrong_patient()).await.expect(200);
    // Opened: the sender no longer, an admin without the right to read does.
    let seq = write(&mut cleo).await;
    maria.get(&scene.path).await.expect(200);
    let refused = cleo.post(&scene.recall(seq), wrong_patient()).await.expect(403);
    assert_eq!(refused.problem(), "recall-needs-admin");
    let mut max = scene.world.signed_in(&demo, "max").await;
    max.get(&scene.path).await.expect(403);
    let answer = max.post(&scene.recall(seq), wrong_patient()).await.expect(200).json();
    assert_eq!(answer["opened"]["name"], "Maria Lopez");
    // After a day.
    let seq = write(&mut cleo).await;
    scene.world.clock.advance_seconds(24 * 3600);
    let mut cleo = scene.world.signed_in(&demo, "cleo").await;
    let refused = cleo.post(&scene.recall(seq), wrong_patient()).await.expect(403);
    assert_eq!(refused.problem(), "recall-needs-admin");
    let mut ana = scene.world.signed_in(&demo, "ana").await;
    ana.post(&scene.recall(seq), because("error")).await.expect(200);
    // Roles that neither write nor run the practice, and the patient.
    let mut ida = scene.world.signed_in(&demo, "ida").await;
    assert_eq!(ida.post(&scene.recall(1), wrong_patient()).await.expect(403).problem(), "forbidden");
    let mut maria = scene.world.signed_in(&demo, "maria").await;
    assert_eq!(maria.post(&scene.recall(1), wrong_patient()).await.expect(403).problem(), "forbidden");
    scene.world.browser().post(&scene.recall(1), wrong_patient()).await.expect(401);
}

#[tokio::test]
async fn undo_works_for_ten_seconds_and_not_once_opened() {
    let mut scene = Scene::start(204).await;
    let seq = scene.writes(WRONG).await;
    scene.world.clock.advance_seconds(9);
    let path = scene.recall(seq);
    let answer = scene.ana.post(&path, because("undo")).await.expect(200).json();
    assert_eq!((&answer["reason"], &answer["opened"]), (&json!("undo"), &Value::Null));
    let seq = scene.writes(WRONG).await;
    scene.world.clock.advance_seconds(10);
    let path = scene.recall(seq);
    assert_eq!(scene.ana.post(&path, because("undo")).await.expect(409).problem(), "too-late-to-undo");
    let seq = scene.writes(WRONG).await;
    scene.page().await;
    let path = scene.recall(seq);
    assert_eq!(scene.ana.post(&path, because("undo")).await.expect(409).problem(), "too-late-to-undo");
    assert!(scene.recalls(seq).await.expect(200).json()["opened"].is_object(), "a recall still works");
}

#[tokio::test]
async fn what_is_not_theirs_and_what_is_not_there_are_the_same_bytes() {
    let mut scene = Scene::start(205).await;
    let seq = scene.writes(WRONG).await;
    let world = scene.world.clone();
    let mut foreign = world.signed_in(&world.other, "ana").await;
    let mut john = world.signed_in(&world.demo, "john").await;
    let gone = scene.own.replace(&scene.own[scene.own.len() - 4..], "0000");
    let missing = [
        foreign.post(&scene.recall(seq), wrong_patient()).await,
        john.post(&scene.recall(seq), wrong_patient()).await,
        scene.ana.post(&format!("{gone}/messages/1/recall"), wrong_patient()).await,
        scene.ana.post("/v1/conversations/nothing/messages/1/recall", wrong_patient()).await,
        scene.ana.post(&scene.recall(seq + 1), wrong_patient()).await,
        scene.ana.post(&scene.recall(0), wrong_patient()).await,
        scene.ana.post(&format!("{}/x/recall", scene.path), wrong_patient()).await,
        scene.ana.post(&format!("{}/{}/recall", scene.path, u64::MAX), wrong_patient()).await,
    ];
    for answer in &missing {
        assert_eq!((answer.status.as_u16(), &answer.bytes), (404, &missing[0].bytes), "{answer:?}");
    }
    assert_eq!(scene.page().await["items"][0]["body"]["text"], WRONG);
}

#[tokio::test]
async fn malformed_requests_change_nothing() {
    let mut scene = Scene::start(206).await;
    let seq = scene.writes(WRONG).await;
    let path = scene.path.clone();
    let answer = scene.maria.post_once(&path, "k", text("from Maria")).await.expect(201);
    let own = scene.recall(answer.json()["seq"].as_u64().unwrap());
    let long = "x".repeat(1_001);
    let path = scene.recall(seq);
    for (body, pointer, code) in [
        (json!({}), "", "missing_member"),
        (json!({"reason": "error", "note": ""}), "/note", "empty"),
        (json!({"reason": "error", "note": long}), "/note", "too_long"),
    ] {
        let answer = scene.ana.post(&path, body).await.expect(422);
        assert_eq!(answer.first_error(), (pointer.to_owned(), code.to_owned()));
    }
    for body in [json!({"reason": "because"}), json!({"reason": "error", "why": 1}), json!({"reason": 1})] {
        assert_eq!(scene.ana.post(&path, body).await.expect(422).problem(), "invalid-input");
    }
    let answer = scene.ana.post(&own, wrong_patient()).await.expect(422);
    assert_eq!(answer.first_error().1, "not_recallable", "the patient's own words");
    assert_eq!(scene.page().await["items"][0]["body"]["text"], WRONG);
    scene.recalls(seq).await.expect(200);
    let event = scene.recall(3);
    let answer = scene.ana.post(&event, wrong_patient()).await.expect(422);
    assert_eq!(answer.first_error().1, "not_recallable", "a recall is not recalled");
}

#[tokio::test]
async fn a_recall_asks_for_a_fresh_proof_and_an_undo_does_not() {
    let world = World::start(207).await;
    let strict = people::practice_with(&world.operator, "strict", "Strict Practice", Policies::STRICT).await;
    let id = world.conversation(&strict, "cleo", "maria").await;
    let path = format!("/v1/conversations/{id}/messages");
    let token = world.session(&strict, "cleo", SessionKind::Staff).await.expose();
    let mut cleo = world.browser().with_header("authorization", &format!("Bearer {token}"));
    world.clock.advance_seconds(800);
    for seq in [1, 2] {
        cleo.post_once(&path, &format!("k{seq}"), text(WRONG)).await.expect(201);
    }
    let refused = cleo.post(&format!("{path}/1/recall"), wrong_patient()).await.expect(403);
    assert_eq!(refused.problem(), "step-up-required");
    let missing = cleo.post(&format!("{path}/9/recall"), wrong_patient()).await.expect(403);
    assert_eq!(missing.bytes, refused.bytes, "without the proof nobody learns what is there");
    cleo.post(&format!("{path}/2/recall"), because("undo")).await.expect(200);
    let fresh = world.session(&strict, "cleo", SessionKind::Staff).await.expose();
    let mut cleo = world.browser().with_header("authorization", &format!("Bearer {fresh}"));
    cleo.post(&format!("{path}/1/recall"), wrong_patient()).await.expect(200);
}

#[tokio::test]
async fn a_correction_names_what_it_stands_for() {
    let mut scene = Scene::start(208).await;
    let seq = scene.writes("Take two tablets.").await;
    let path = scene.path.clone();
    let correction = json!({"kind": "correction", "of": seq, "text": "Take one tablet."});
    let sent = scene.ana.post_once(&path, "c", correction.clone()).await.expect(201).json();
    assert_eq!(sent["body"], correction);
    assert_eq!(scene.ana.post_once(&path, "c", correction.clone()).await.expect(200).json(), sent);
    let other = json!({"kind": "correction", "of": sent["seq"], "text": "Take one tablet."});
    assert_eq!(scene.ana.post_once(&path, "c", other).await.problem(), "idempotency-key-reused");
    assert_eq!(scene.page().await["items"][1], sent);
    // Of a recalled one too; not of nothing, of the patient's words or of an event, and not by a patient.
    scene.recalls(seq).await.expect(200);
    scene.ana.post_once(&path, "c2", correction.clone()).await.expect(201);
    scene.maria.post_once(&path, "m", text("Thank you")).await.expect(201);
    for of in [0, 3, 5, 99] {
        let body = json!({"kind": "correction", "of": of, "text": "x"});
        let answer = scene.ana.post_once(&path, "c3", body).await.expect(422);
        assert_eq!(answer.first_error(), ("/of".to_owned(), "no_such_message".to_owned()), "{of}");
    }
    let without =
        scene.ana.post_once(&path, "c4", json!({"kind": "correction", "text": "x"})).await.expect(422);
    assert_eq!(without.first_error(), ("/of".to_owned(), "missing_member".to_owned()));
    let beside = json!({"kind": "text", "of": 1, "text": "x"});
    let answer = scene.ana.post_once(&path, "c5", beside).await.expect(422);
    assert_eq!(answer.first_error(), ("/of".to_owned(), "not_with_text".to_owned()));
    scene.maria.post_once(&path, "c6", correction).await.expect(403);
}

#[tokio::test]
async fn a_send_that_is_repeated_after_its_recall_makes_no_second_message() {
    let mut scene = Scene::start(209).await;
    let path = scene.path.clone();
    let first = scene.ana.post_once(&path, "again", text(WRONG)).await.expect(201).json();
    scene.recalls(1).await.expect(200);
    let again = scene.ana.post_once(&path, "again", text(WRONG)).await.expect(200).json();
    assert_eq!((&again["id"], &again["seq"]), (&first["id"], &first["seq"]));
    assert_eq!(scene.page().await["last_seq"], 2);
}

#[tokio::test]
async fn read_marks_and_counts_stay_right_around_a_recall() {
    let mut scene = Scene::start(210).await;
    let own = scene.own.clone();
    for _ in 0..3 {
        scene.writes(WRONG).await;
    }
    scene.maria.put(&format!("{own}/read"), json!({"seq": 1})).await.expect(204);
    scene.recalls(1).await.expect(200);
    scene.recalls(3).await.expect(200);
    let unread = |answer: api_tests::Answer| answer.expect(200).json()["unread"].as_u64().unwrap();
    assert_eq!(unread(scene.maria.get(&own).await), 1);
    scene.writes("the right one").await;
    assert_eq!(unread(scene.maria.get(&own).await), 2);
    scene.maria.put(&format!("{own}/read"), json!({"seq": 5})).await.expect(204);
    assert_eq!(unread(scene.maria.get(&own).await), 1);
    scene.maria.put(&format!("{own}/read"), json!({"seq": 6})).await.expect(204);
    assert_eq!(unread(scene.maria.get(&own).await), 0);
    assert_eq!(unread(scene.ana.get(&own).await), 0);
}
