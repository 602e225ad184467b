//! Changing where an account is reached.

use api_tests::{Browser, World, people::text};
use serde_json::{Value, json};

use crate::{errors, events, pairs, verbs};

fn path(world: &World, rest: &str) -> String {
    format!("/v1/patients/{}{rest}", world.demo.patients["maria"].id)
}

fn new_mail(reason: &str) -> Value {
    json!({"emails": ["maria@new.test"], "phones": ["+15555550101"], "reason": reason})
}

async fn write(world: &World, conversation: &str, words: &str) {
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{conversation}/messages");
    let _ = ana.post_once(&path, &world.fresh_key(), text(words)).await.expect(201);
    world.pump().await;
}

/// Signs in by a code that goes to an address.
async fn by_code(world: &World, address: &str) -> Browser {
    let mut browser = world.browser();
    let ask = json!({"practice": "demo", "address": address});
    let _ = browser.post("/v1/login-links", ask).await.expect(202);
    world.pump().await;
    // In a mail the code stands alone on its line, in a text message at the end. What tells of an earlier sign-in comes
    // beside it and holds none.
    let word = |word: &&str| word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit());
    let sent = world.aws.outbox().all();
    let to_them = sent.iter().rev().filter(|sent| sent.to == address);
    let mut codes =
        to_them.filter_map(|sent| sent.text.split(|c: char| c.is_whitespace() || c == '#').find(word));
    let code = codes.next().expect("a code").to_owned();
    let _ = browser.post("/v1/sessions", json!({"code": code})).await.expect(200);
    let _ = browser.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    browser
}

fn seen(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|m| m["body"]["text"].as_str().unwrap_or("-")).collect()
}

async fn contact_id(world: &World, value: &str) -> String {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let reach = ben.get(&path(world, "/reach")).await.expect(200).json();
    let contact = reach["contacts"].as_array().unwrap().iter().find(|c| c["value"] == value).unwrap().clone();
    contact["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_contact_opens_nothing_from_before_until_an_old_one_confirms_it() {
    let world = World::start(91).await;
    let old = world.conversation(&world.demo, "ana", "maria").await;
    let both = world.conversation(&world.demo, "ana", "maria").await;
    write(&world, &old, "old secret").await;
    write(&world, &both, "old secret too").await;
    let old_link =
        world.aws.outbox().all().last().unwrap().text.split_once("#t=").unwrap().1[..22].to_owned();

    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut marias = world.signed_in(&world.demo, "maria").await;
    let drafts = [format!("/v1/conversations/{both}/draft"), "/v1/drafts/new".to_owned()];
    for draft in &drafts {
        let _ = marias.put(draft, json!({"text": "not sent yet"})).await.expect(204);
    }
    world.clock.advance_seconds(60);
    let before = events(&world, &world.demo).await;
    let changed = ben.put(&path(&world, "/contacts"), new_mail("called_back")).await.expect(200).json();
    assert_eq!(
        (&changed["emails"], &changed["phones"]),
        (&json!(["maria@new.test"]), &json!(["+15555550101"]))
    );
    assert_eq!(verbs(&world, &world.demo, &before).await[0].0, "contacts_changed");
    let _ = marias.get("/v1/conversations").await.expect(401);
    world.pump().await;
    let told: Vec<_> = world.aws.outbox().all().iter().rev().take(2).map(|sent| sent.to.clone()).collect();
    assert!(
        told.contains(&"maria@patients.test".to_owned()) && told.contains(&"+15555550101".to_owned()),
        "{told:?}"
    );
    let announced = world.aws.outbox().all().iter().rev().take(2).map(|s| s.text.clone()).collect::<String>();
    assert!(!announced.contains("new.test") && !announced.contains("#t="), "{announced}");

    // The mailbox that was taken away opens nothing any more, by link or by code.
    let body = json!({"token": old_link, "birth_date": "1985-03-14"});
    let _ = world.browser().post("/v1/sessions/person", body).await.expect(401);
    let count = world.aws.outbox().all().len();
    let ask = json!({"practice": "demo", "address": "maria@patients.test"});
    let _ = world.browser().post("/v1/login-links", ask).await.expect(202);
    world.pump().await;
    assert_eq!(world.aws.outbox().all().len(), count);

    world.clock.advance_seconds(60);
    write(&world, &both, "new words").await;
    let mut new = by_code(&world, "maria@new.test").await;
    let list = new.get("/v1/conversations").await.expect(200).json();
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [both.as_str()], "what has nothing new is not there");
    let _ = new.get(&format!("/v1/conversations/{old}/messages")).await.expect(404);
    let page = new.get(&format!("/v1/conversations/{both}/messages")).await.expect(200).json();
    assert_eq!(seen(&page), ["new words"]);
    let page = new.get(&format!("/v1/conversations/{both}/messages?before=2")).await.expect(200).json();
    assert!(seen(&page).is_empty());

    for draft in &drafts {
        assert_eq!(new.get(draft).await.expect(200).json()["text"], Value::Null);
    }

    let contact = contact_id(&world, "maria@new.test").await;
    let confirm = path(&world, &format!("/contacts/{contact}/confirm"));
    let itself = new.post(&confirm, json!({})).await.expect(403);
    assert_eq!(itself.problem(), "step-up-required");
    let mut john = world.signed_in(&world.demo, "john").await;
    let _ = john.post(&confirm, json!({})).await.expect(404);
    let mut phone = by_code(&world, "+15555550101").await;
    let page = phone.get(&format!("/v1/conversations/{both}/messages")).await.expect(200).json();
    assert_eq!(seen(&page), ["old secret too", "new words"]);
    // A session that was left open confirms nothing, whatever the practice asks of its staff.
    let mut stale = world.signed_in(&world.demo, "maria").await;
    world.clock.advance_seconds(599);
    let _ = stale.put(&format!("/v1/conversations/{both}/read"), json!({"seq": 2})).await.expect(204);
    world.clock.advance_seconds(2);
    let old = stale.post(&confirm, json!({})).await.expect(403);
    assert_eq!(old.problem(), "step-up-required");
    let mut phone = by_code(&world, "+15555550101").await;
    let _ = phone.post(&confirm, json!({})).await.expect(204);
    let mut new = by_code(&world, "maria@new.test").await;
    let page = new.get(&format!("/v1/conversations/{both}/messages")).await.expect(200).json();
    assert_eq!(seen(&page), ["old secret too", "new words"]);
    for draft in &drafts {
        assert_eq!(new.get(draft).await.expect(200).json()["text"], "not sent yet");
    }
}

#[tokio::test]
async fn an_account_at_a_new_address_opens_nothing_from_before_unless_an_id_was_seen() {
    let world = World::start(94).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    write(&world, &id, "old secret").await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let accounts = path(&world, "/accounts");
    world.clock.advance_seconds(60);
    let count = world.aws.outbox().all().len();
    let body = json!({"email": "second@new.test", "relation": "self"});
    let _ = ben.post(&accounts, body.clone()).await.expect(201);
    let _ = ben.post(&accounts, body).await.expect(200);
    world.pump().await;
    // Those who were there before hear of it, once.
    let told = world.aws.outbox().all().split_off(count);
    let mut to: Vec<_> = told.iter().map(|sent| sent.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["+15555550101", "maria@patients.test"]);
    assert!(told.iter().all(|sent| !sent.text.contains("new.test") && !sent.text.contains("#t=")));
    let reach = ben.get(&path(&world, "/reach")).await.expect(200).json();
    assert_eq!(reach["changes"][0]["reason"], "other");
    let contact = reach["contacts"].as_array().unwrap().iter().find(|c| c["value"] == "second@new.test");
    assert!(contact.unwrap()["restricted_since"].is_string());

    world.clock.advance_seconds(60);
    write(&world, &id, "new words").await;
    let mut new = by_code(&world, "second@new.test").await;
    let page = new.get(&format!("/v1/conversations/{id}/messages")).await.expect(200).json();
    assert_eq!(seen(&page), ["new words"]);
    let _ = new.post("/v1/devices", json!({"shared": false})).await.expect(403);

    let mut ben = world.signed_in(&world.demo, "ben").await;
    let body = json!({"email": "third@new.test", "relation": "self", "reason": "id_seen"});
    let _ = ben.post(&accounts, body).await.expect(201);
    let mut third = by_code(&world, "third@new.test").await;
    let page = third.get(&format!("/v1/conversations/{id}/messages")).await.expect(200).json();
    assert_eq!(seen(&page), ["old secret", "new words"]);
    let odd = json!({"email": "fourth@new.test", "relation": "self", "reason": "because"});
    let _ = ben.post(&accounts, odd).await.expect(422);
}

#[tokio::test]
async fn an_id_that_was_seen_opens_everything_at_once_and_the_reason_is_kept() {
    let world = World::start(92).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    write(&world, &id, "old words").await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let mut body = new_mail("id_seen");
    body["note"] = json!("Passport, at the desk");
    let _ = ben.put(&path(&world, "/contacts"), body.clone()).await.expect(200);
    let mut new = by_code(&world, "maria@new.test").await;
    let page = new.get(&format!("/v1/conversations/{id}/messages")).await.expect(200).json();
    assert_eq!(seen(&page), ["old words"]);
    let reach = ben.get(&path(&world, "/reach")).await.expect(200).json();
    let change = &reach["changes"][0];
    assert_eq!(
        (change["reason"].as_str(), change["note"].as_str()),
        (Some("id_seen"), Some("Passport, at the desk"))
    );
    // Again: nothing changes, nobody is told, nobody is signed out.
    let before = (events(&world, &world.demo).await, world.aws.outbox().all().len());
    let _ = ben.put(&path(&world, "/contacts"), body).await.expect(200);
    world.pump().await;
    assert_eq!(verbs(&world, &world.demo, &before.0).await[0].0, "patient_read");
    assert_eq!(world.aws.outbox().all().len(), before.1);
    let _ = new.get("/v1/conversations").await.expect(200);
    // The record is found by what it has now.
    let found = ben.get("/v1/patients?q=0101").await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_says_what_is_missing() {
    let world = World::start(93).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let contacts = path(&world, "/contacts");
    let answer = ben.put(&contacts, json!({})).await.expect(422);
    assert_eq!(errors(&answer), pairs(&[("", "no_contact"), ("/reason", "missing_member")]));
    let many: Vec<_> = (0..6).map(|n| format!("a{n}@new.test")).collect();
    let answer = ben.put(&contacts, json!({"emails": many, "reason": "other"})).await.expect(422);
    assert_eq!(errors(&answer), pairs(&[("/emails", "too_many")]));
    let john = world.demo.patients["john"].account.unwrap();
    let mut foreign = new_mail("other");
    foreign["account_id"] = json!(john);
    let answer = ben.put(&contacts, foreign).await.expect(422);
    assert_eq!(errors(&answer), pairs(&[("/account_id", "unknown_account")]));
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let _ = ida.put(&contacts, new_mail("id_seen")).await.expect(403);
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let _ = maria.put(&contacts, new_mail("id_seen")).await.expect(403);
}
