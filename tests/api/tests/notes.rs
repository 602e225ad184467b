//! Internal notes beside a conversation: written by staff and by the product, seen by staff alone.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{World, people};
use domain::{
    id::{ConversationId, NoteId},
    practice::Policies,
};
use platform::{
    keys::KeyScope,
    sealing::FieldSealer,
    store::{conversation::Head, keys},
};
use serde_json::{Value, json};

const SECRET: &str = "HER-SISTER-CALLED-TWICE";

fn path(id: &str) -> String {
    format!("/v1/conversations/{id}/notes")
}

/// Verbs and objects of all events, oldest first.
async fn events(world: &World) -> Vec<(String, String)> {
    let items = world.aws.items("AuditTable").await;
    let mut events: Vec<_> = items.iter().map(|item| serde_json::to_value(item).unwrap()).collect();
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    events.sort_by_key(|item| text(item, "SK"));
    events.iter().map(|item| (text(item, "verb"), text(item, "object"))).collect()
}

#[tokio::test]
async fn staff_write_notes_that_no_patient_sees() {
    let world = World::start(140).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    assert_eq!(ana.get(&path(&id)).await.expect(200).json(), json!({"items": [], "next_cursor": null}));
    let body = json!({"text": SECRET});
    let made = ana.post_once(&path(&id), "k", body.clone()).await.expect(201).json();
    let ana_id = world.demo.staff["ana"];
    let expected = json!({
        "id": made["id"], "kind": "text", "at": world.clock.now(), "text": SECRET,
        "author": {"id": ana_id, "name": "Ana Ruiz"},
    });
    assert_eq!(made, expected);
    // Once for its key; another text under the same key is refused.
    assert_eq!(ana.post_once(&path(&id), "k", body.clone()).await.expect(200).json(), made);
    let other = ana.post_once(&path(&id), "k", json!({"text": "else"})).await.expect(422);
    assert_eq!(other.problem(), "idempotency-key-reused");
    ana.post(&path(&id), body.clone()).await.expect(400);
    for bad in [json!({}), json!({"text": ""}), json!({"text": 1}), json!({"text": "x", "kind": "text"})] {
        ana.post_once(&path(&id), &world.fresh_key(), bad).await.expect(422);
    }
    world.clock.advance_seconds(1);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.post_once(&path(&id), "k", json!({"text": "Done."})).await.expect(201);
    let listed = ben.get(&path(&id)).await.expect(200).json();
    let texts: Vec<_> = listed["items"].as_array().unwrap().iter().map(|note| &note["text"]).collect();
    assert_eq!(texts, ["Done.", SECRET], "newest first");
    let log = events(&world).await;
    let count = |verb: &str| log.iter().filter(|(v, _)| v == verb).count();
    assert_eq!((count("note_written"), count("notes_read")), (2, 2), "a repeat and a list are looks");
    assert!(log.iter().any(|(verb, object)| verb == "note_written" && made["id"] == json!(object)));

    // Patients: their own conversation says no, every other one is not there.
    let nothing = format!("cnv_{}", "0".repeat(26));
    let mut maria = world.signed_in(&world.demo, "maria").await;
    for answer in [maria.get(&path(&id)).await, maria.post_once(&path(&id), "k", body.clone()).await] {
        assert_eq!(answer.expect(403).problem(), "forbidden");
    }
    for who in ["john", "rosa"] {
        let mut other = world.signed_in(&world.demo, who).await;
        let missing = other.get(&path(&nothing)).await.expect(404).bytes;
        assert_eq!(other.get(&path(&id)).await.expect(404).bytes, missing);
        assert_eq!(other.post_once(&path(&id), "k", body.clone()).await.expect(404).bytes, missing);
    }
    let mut foreign = world.signed_in(&world.other, "ana").await;
    let missing = foreign.get(&path(&nothing)).await.expect(404).bytes;
    assert_eq!(foreign.get(&path(&id)).await.expect(404).bytes, missing);
    world.signed_in(&world.demo, "ida").await.get(&path(&id)).await.expect(403);
    world.browser().get(&path(&id)).await.expect(401);
    // Nothing of a note stands in what patients get, nor readable at rest.
    let thread = maria.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
    let head = maria.get(&format!("/v1/conversations/{id}")).await.expect(200).json();
    assert_eq!((thread.json()["last_seq"].clone(), &head["attention"]), (json!(0), &json!(false)));
    assert!(!json!(world.aws.items("ChatTable").await).to_string().contains(SECRET));
    assert!(!json!(world.aws.items("ChatTable").await).to_string().contains("Done."));
}

#[tokio::test]
async fn notes_come_in_pages_whose_cursors_belong_to_their_reader() {
    let world = World::start(141).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for n in 0..5 {
        world.clock.advance_seconds(1);
        ana.post_once(&path(&id), &format!("k{n}"), json!({"text": format!("note {n}")})).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut next = format!("{}?limit=2", path(&id));
    loop {
        let page = ana.get(&next).await.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|note| note["text"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{}?limit=2&cursor={cursor}", path(&id));
    }
    assert_eq!(seen, ["note 4", "note 3", "note 2", "note 1", "note 0"]);
    world.signed_in(&world.demo, "ben").await.get(&next).await.expect(422);
    for bad in ["limit=0", "limit=101", "after=1"] {
        ana.get(&format!("{}?{bad}", path(&id))).await.expect(422);
    }
}

#[tokio::test]
async fn a_note_opens_as_a_note_at_its_own_place_alone() {
    let world = World::start(142).await;
    let [id, other] = [
        world.conversation(&world.demo, "ana", "maria").await,
        world.conversation(&world.demo, "ana", "maria").await,
    ];
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let made = ana.post_once(&path(&id), "k", json!({"text": SECRET})).await.expect(201).json();
    let note = NoteId::parse(made["id"].as_str().unwrap()).unwrap();
    let head = async |id: &str| -> Head {
        let id = ConversationId::parse(id).unwrap();
        world.operator.store.head(world.demo.id, id).await.unwrap().unwrap()
    };
    let sealer = async |head: &Head| {
        let scope = KeyScope::of_conversation(head.practice, head.patient, head.id);
        let key = world.operator.keys.unwrap(scope, &head.wrapped_key).await.unwrap();
        FieldSealer::new(head.practice, key, world.operator.entropy.clone())
    };
    let (mine, theirs) = (head(&id).await, head(&other).await);
    let key = keys::note(world.demo.id, mine.id, note);
    let item = world.operator.store.get(&key).await.unwrap().unwrap();
    let sealed = item.bytes("sealed_note").unwrap();
    let own = sealer(&mine).await;
    assert!(own.open_bytes(&key, "sealed_note", sealed).unwrap().contains(SECRET));
    // Elsewhere, under another name, or with the key of another conversation it does not.
    let moved = keys::note(world.demo.id, theirs.id, note);
    assert!(own.open_bytes(&moved, "sealed_note", sealed).is_err());
    assert!(own.open_bytes(&key, "sealed_text", sealed).is_err());
    assert!(sealer(&theirs).await.open_bytes(&key, "sealed_note", sealed).is_err());
}

async fn kinds(world: &World, practice: &api_tests::Practice, id: &str) -> Vec<String> {
    let mut ben = world.signed_in(practice, "ben").await;
    let notes = ben.get(&path(id)).await.expect(200).json();
    let notes = notes["items"].as_array().unwrap().clone();
    assert!(notes.iter().all(|note| note["text"].is_null() && note["author"].is_null()));
    notes.iter().map(|note| note["kind"].as_str().unwrap().to_owned()).collect()
}

async fn guess(world: &World, token: &str, times: usize) {
    for _ in 0..times {
        let body = json!({"token": token, "birth_date": "1990-01-01"});
        world.browser().post("/v1/sessions/person", body).await.expect(401);
    }
}

#[tokio::test]
async fn wrong_dates_that_shut_a_patient_out_are_told_to_staff_once_and_never_in_the_thread() {
    let world = World::start(143).await;
    let strict = people::practice_with(&world.operator, "strict", "Strict Practice", Policies::STRICT).await;
    let id = world.conversation(&strict, "ana", "maria").await;
    let thread = format!("/v1/conversations/{id}/messages");
    let mut tokens = Vec::new();
    for day in 0..4 {
        if day == 2 {
            // Two days of them, and nothing goes there any more; the desk asks her, and confirms the address.
            assert!(kinds(&world, &strict, &id).await.contains(&"contact_in_doubt".to_owned()));
            let mut ben = world.signed_in(&strict, "ben").await;
            let maria = format!("/v1/patients/{}", strict.patients["maria"].id);
            let reach = ben.get(&format!("{maria}/reach")).await.expect(200).json();
            let contact = reach["contacts"][0]["id"].as_str().unwrap().to_owned();
            ben.post(&format!("{maria}/contacts/{contact}/confirm"), json!({})).await.expect(204);
        }
        let mut ana = world.signed_in(&strict, "ana").await;
        ana.post_once(&thread, &format!("k{day}"), people::text("Please call us.")).await.expect(201);
        world.pump().await;
        let mails = world.aws.outbox().all();
        tokens.push(api_tests::messages::token_in(&mails.last().unwrap().text));
        // Four are no more than typing badly.
        if day == 0 {
            guess(&world, &tokens[0], 4).await;
            assert_eq!(kinds(&world, &strict, &id).await, [""; 0]);
            guess(&world, &tokens[0], 1).await;
            assert_eq!(kinds(&world, &strict, &id).await, ["dates_locked_today"]);
        } else if day < 3 {
            guess(&world, &tokens[day], 5).await;
        }
        guess(&world, &tokens[day], 2).await;
        // Longer than a notice stands, so that the next message is told of again.
        world.clock.advance_seconds(97 * 3600);
    }
    let mut told = kinds(&world, &strict, &id).await;
    told.sort();
    told.dedup();
    assert_eq!(told, ["contact_in_doubt", "dates_locked", "dates_locked_today"]);
    let counted = kinds(&world, &strict, &id).await;
    let times = |kind: &str| counted.iter().filter(|one| *one == kind).count();
    assert_eq!((times("dates_locked"), times("contact_in_doubt")), (1, 1), "{counted:?}");

    // The list shows it to staff until somebody has taken care of it; the patient's side knows of nothing.
    let mut ben = world.signed_in(&strict, "ben").await;
    let head = format!("/v1/conversations/{id}");
    assert_eq!(ben.get("/v1/conversations").await.expect(200).json()["items"][0]["attention"], true);
    assert_eq!(ben.patch(&head, json!({"attention": true})).await.expect(422).problem(), "invalid-input");
    let settled = ben.patch(&head, json!({"attention": false})).await.expect(200).json();
    assert_eq!((&settled["attention"], &settled["state"]), (&json!(false), &json!("open")));
    let mut maria = world.signed_in(&strict, "maria").await;
    let messages = maria.get(&thread).await.expect(200).json();
    assert!(messages["items"].as_array().unwrap().iter().all(|one| one["sender"]["kind"] == "staff"));
    maria.get(&path(&id)).await.expect(403);
    let items = json!(world.aws.items("ChatTable").await).to_string();
    assert!(!items.contains("1990-01-01"), "no date stands anywhere");
}

#[tokio::test]
async fn a_notice_that_reaches_nobody_is_told_to_staff() {
    let world = World::start(144).await;
    // Nobody used her contacts for half a year: nothing is sent.
    world.clock.advance_seconds(180 * 24 * 3600);
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let thread = format!("/v1/conversations/{id}/messages");
    ana.post_once(&thread, "k", people::text("Please call us.")).await.expect(201);
    world.pump().await;
    assert_eq!(kinds(&world, &world.demo, &id).await, ["notice_undelivered"]);
    world.pump().await;
    assert_eq!(kinds(&world, &world.demo, &id).await.len(), 1, "once");
}
