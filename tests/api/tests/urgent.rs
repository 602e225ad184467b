//! A patient writes words that may mean an emergency: staff find the conversation marked, with a note, and the message is as
//! every other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may do all of it"
)]

use api_tests::{Browser, World, people::text};
use serde_json::{Value, json};

async fn marked(staff: &mut Browser, path: &str) -> (bool, Vec<Value>) {
    let attention = staff.get(path).await.expect(200).json()["attention"] == true;
    let notes = staff.get(&format!("{path}/notes")).await.expect(200).json();
    let urgent = notes["items"].as_array().unwrap().iter().filter(|note| note["kind"] == "may_be_urgent");
    (attention, urgent.cloned().collect())
}

#[tokio::test]
async fn staff_find_it_marked_and_settle_it() {
    let world = World::start(280).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}");
    let messages = format!("{path}/messages");
    let (mut ana, mut maria) =
        (world.signed_in(&world.demo, "ana").await, world.signed_in(&world.demo, "maria").await);
    maria.post_once(&messages, "a", text("Gracias, hasta el lunes.")).await.expect(201);
    ana.post_once(&messages, "b", text("Do you have chest pain?")).await.expect(201);
    assert_eq!(marked(&mut ana, &path).await, (false, vec![]), "what staff write marks nothing");
    let body = text("Sí, tengo DOLOR EN EL PECHO desde ayer.");
    maria.post_once(&messages, "c", body.clone()).await.expect(201);
    let (attention, notes) = marked(&mut ana, &path).await;
    assert!(attention);
    assert_eq!((notes.len(), &notes[0]["author"]), (1, &Value::Null), "by the product");
    // Sent again by a phone that got no answer, it is the same message and the same note.
    maria.post_once(&messages, "c", body).await.expect(200);
    assert_eq!(marked(&mut ana, &path).await.1.len(), 1);
    assert_eq!(maria.get(&path).await.expect(200).json()["attention"], false, "patients see no mark");
    maria.get(&format!("{path}/notes")).await.expect(403);
    // Settled, until the next one.
    ana.patch(&path, json!({"attention": false})).await.expect(200);
    assert!(!marked(&mut ana, &path).await.0);
    maria.post_once(&messages, "d", text("No puedo respirar")).await.expect(201);
    let (attention, notes) = marked(&mut ana, &path).await;
    assert_eq!((attention, notes.len()), (true, 2));
    // The log says that the product has written; not what.
    let items = world.aws.items("AuditTable").await;
    let told: Vec<_> = items.iter().filter(|item| item["verb"]["S"] == "note_written").collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|item| item["actor"]["S"] == "system" && item["conversation"]["S"] == id.as_str())
    );
    assert!(!json!(items).to_string().to_lowercase().contains("pecho"));
}

#[tokio::test]
async fn so_is_a_conversation_that_begins_with_it() {
    let world = World::start(281).await;
    let mut john = world.signed_in(&world.demo, "john").await;
    let body = json!({"topic": "medical_question", "text": "I can\u{2019}t breathe"});
    let started = john.post_once("/v1/conversations", "k", body).await.expect(201).json();
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/conversations/{}", started["id"].as_str().unwrap());
    let (attention, notes) = marked(&mut ben, &path).await;
    assert_eq!((attention, notes.len()), (true, 1));
    let listed = ben.get("/v1/conversations?unread=true").await.expect(200).json();
    assert_eq!(listed["items"][0]["attention"], true);
}

#[tokio::test]
async fn beside_other_writers_none_is_lost() {
    let world = World::start(282).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}");
    let messages = format!("{path}/messages");
    let (ana, maria) =
        (world.signed_in(&world.demo, "ana").await, world.signed_in(&world.demo, "maria").await);
    let writes = (0..8).map(|n| {
        let (mut browser, words) =
            if n % 2 == 0 { (maria.clone(), "I passed out") } else { (ana.clone(), "Good morning") };
        let (messages, key) = (messages.clone(), format!("k{n}"));
        async move { browser.post_once(&messages, &key, text(words)).await.expect(201) }
    });
    futures_util::future::join_all(writes).await;
    let (attention, notes) = marked(&mut ana.clone(), &path).await;
    assert_eq!((attention, notes.len()), (true, 4));
}
