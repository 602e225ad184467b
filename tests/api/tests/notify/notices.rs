//! "You have a message".

use api_tests::{World, people};
use domain::id::{AccountId, PatientId};
use local::aws::{Channel, Sent};
use platform::store::{
    Write,
    account::grant_items,
    audit,
    session::{Grant, Relation},
    table::{Query, Sort, Table},
};
use serde_json::json;

use crate::{
    sign_in::without_sms,
    support::{NOTIFY, Thread, read, relay, sent, state, states, token},
};

fn pair(state: &str, why: &str) -> (String, String) {
    (state.to_owned(), why.to_owned())
}

async fn grant(world: &World, account: AccountId, patient: PatientId, until: Option<i64>) {
    let now = world.clock.now();
    let until = until.map(|s| now.plus_seconds(s));
    let grant = Grant { patient, relation: Relation::Parent, from: None, until };
    let items = grant_items(world.demo.id, account, grant, now);
    let writes = || items.iter().cloned().map(|item| Write::Create(Table::Chat, item)).collect();
    world.operator.store.transact_patiently(writes).await.unwrap().unwrap();
}

/// Signs in by a notice and returns the conversation that opens.
async fn open(world: &World, notice: &Sent, birth_date: &str) -> Option<String> {
    let mut browser = world.browser();
    let token = token(notice);
    let first = browser.post("/v1/sessions", json!({"token": token})).await.expect(200);
    assert_eq!(first.json()["next"], "birth_date");
    let answer = browser.post("/v1/sessions/person", json!({"token": token, "birth_date": birth_date})).await;
    let opens = answer.json()["opens"]["conversation_id"].as_str().map(str::to_owned);
    assert_eq!(answer.status.as_u16(), if opens.is_some() { 201 } else { 401 });
    opens
}

#[tokio::test]
async fn a_notice_says_nothing_but_that_there_is_a_message() {
    let world = World::start(1).await;
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Zebra-7731: your pressure is 31, Maria").await;
    world.pump().await;
    let sent = sent(&world);
    assert_eq!(sent.len(), 1);
    let mail = &sent[0];
    assert_eq!((mail.channel, mail.to.as_str()), (Channel::Email, "maria@patients.test"));
    let all = [&mail.text, mail.html.as_ref().unwrap(), mail.subject.as_ref().unwrap(), &mail.from]
        .map(String::as_str);
    let patient = world.demo.patients["maria"].id.to_string();
    for telling in ["Zebra", "7731", "pressure", "Maria", "Lopez", "Ana", &thread.id, &patient, "medical"] {
        assert!(all.iter().all(|part| !part.contains(telling)), "{telling}");
    }
    assert!(mail.text.contains("https://chat.example.org/n?l=es#t="));
    assert_eq!(open(&world, mail, "1985-03-15").await, None);
    assert_eq!(open(&world, mail, "1985-03-14").await, Some(thread.id));
}

#[tokio::test]
async fn who_has_only_a_phone_gets_a_text_message() {
    let world = World::start(2).await;
    let mut thread = Thread::with(&world, "linh").await;
    thread.write("Zebra-7731").await;
    world.pump().await;
    let sent = sent(&world);
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].channel, sent[0].to.as_str()), (Channel::Sms, "+15555550104"));
    assert!(sent[0].text.contains("/n?l=vi#t=") && !sent[0].text.contains("Linh"));
    assert_eq!(open(&world, &sent[0], "2001-01-30").await, Some(thread.id));
}

#[tokio::test]
async fn with_text_messages_off_nobody_waits_for_one_and_mail_still_leaves() {
    let world = World::start(3).await;
    let off = without_sms(&world);
    let mut linh = Thread::with(&world, "linh").await;
    let mut maria = Thread::with(&world, "maria").await;
    linh.write("One").await;
    maria.write("One").await;
    let places = relay(&world).await;
    let batch = world.aws.take_for(NOTIFY).unwrap().unwrap();
    let answer = notify::handle(&off, batch.event.clone()).await;
    world.aws.settle(batch, answer.map_err(|e| e.to_string()));
    assert_eq!(state(&world, &places[0]).await, pair("SUPPRESSED", "sms_off"));
    assert_eq!(state(&world, &places[1]).await, pair("SENT", "accepted"));
    assert_eq!(sent(&world).len(), 1);
    // Switched on, the next message is a first one.
    linh.write("Two").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 2);
}

#[tokio::test]
async fn a_parent_is_told_of_a_childs_message_and_opens_it_by_either_date() {
    for (date, other) in [("2012-09-17", "1979-05-05"), ("1979-05-05", "2012-09-17")] {
        let world = World::start(4).await;
        let rosa = world.demo.patients["rosa"].account.unwrap();
        let sister = people::add(&world.operator, world.demo.id, "Eva Vega", "2015-06-01", "es", &[]).await;
        grant(&world, rosa, sister.id, None).await;
        let mut thread = Thread::with(&world, "luis").await;
        thread.write("Zebra-7731").await;
        world.pump().await;
        let sent = sent(&world);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].to, "vega.family@patients.test");
        assert_eq!(open(&world, &sent[0], "2015-06-01").await, None, "a sister's date opens nothing");
        assert_eq!(open(&world, &sent[0], date).await, Some(thread.id));
        assert_eq!(open(&world, &sent[0], other).await, None, "the first browser keeps it");
    }
}

#[tokio::test]
async fn everybody_who_acts_for_the_patient_today_has_a_link_of_their_own() {
    let world = World::start(5).await;
    let luis = world.demo.patients["luis"].id;
    grant(&world, world.demo.patients["john"].account.unwrap(), luis, Some(3_600)).await;
    grant(&world, world.demo.patients["maria"].account.unwrap(), luis, Some(-1)).await;
    let mut thread = Thread::with(&world, "luis").await;
    thread.write("Zebra-7731").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    let sent = sent(&world);
    let mut to: Vec<_> = sent.iter().map(|sent| sent.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["john@patients.test", "vega.family@patients.test"]);
    assert_ne!(token(&sent[0]), token(&sent[1]));
    let (of_john, of_rosa) = if sent[0].to.starts_with("john") { (0, 1) } else { (1, 0) };
    assert!(sent[of_john].text.contains("/n?l=en#") && sent[of_rosa].text.contains("/n?l=es#"));
    assert_eq!(open(&world, &sent[of_john], "1979-05-05").await, None, "John's link is not Rosa's");
    assert_eq!(open(&world, &sent[of_john], "1950-11-02").await, Some(thread.id));
    assert_eq!(state(&world, &place).await, pair("SENT", "accepted"));

    let now = world.clock.now();
    let event = audit::event(
        &world.operator.entropy,
        now,
        world.demo.id,
        domain::audit::ActorId::System,
        domain::audit::Verb::NoticeSent,
    );
    let partition = platform::store::keys::audit(world.demo.id, now, event.id).pk;
    let query = Query { table: Table::Audit, ..Query::new(&partition, Sort::All) };
    let events = world.operator.store.query(query).await.unwrap().items;
    let told: Vec<_> =
        events.iter().filter(|event| event.optional_text("verb") == Some("notice_sent")).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|event| event.optional_text("object").unwrap().starts_with("cpt_")));
    assert!(told.iter().all(|event| event.optional_text("patient") == Some(luis.to_string().as_str())));
}

#[tokio::test]
async fn a_burst_is_one_notice_and_reading_makes_the_next_message_a_first_one() {
    let world = World::start(6).await;
    let mut thread = Thread::with(&world, "maria").await;
    for n in 1..=10 {
        thread.write(&format!("Message {n}")).await;
    }
    let places = relay(&world).await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);
    assert_eq!(states(&world, &places).await, [("COLLAPSED".to_owned(), 9), ("SENT".to_owned(), 1)].into());
    // Still unread an hour later: the first notice says it all.
    world.clock.advance_seconds(3_600);
    thread.write("Message 11").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 1);

    read(&world, "maria", &thread.id, 11).await;
    thread.write("Message 12").await;
    world.pump().await;
    let notices = sent(&world);
    assert_eq!(notices.len(), 2);
    assert_ne!(token(&notices[0]), token(&notices[1]));
    // A day later the patient may have lost the first: the reminder says so, whatever else was written.
    world.clock.advance_seconds(24 * 3_600 + 1);
    thread.write("Message 13").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 2);
    world.tick().await;
    assert_eq!(sent(&world).len(), 3);
}

#[tokio::test]
async fn a_message_that_comes_while_the_patient_reads_is_told_of() {
    let world = World::start(10).await;
    let mut thread = Thread::with(&world, "maria").await;
    thread.write("Message 1").await;
    world.pump().await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let page = maria.get(&format!("/v1/conversations/{}/messages", thread.id)).await.expect(200);
    assert_eq!(page.json()["last_seq"], 1);
    // The page is open, its read mark is still on its way.
    thread.write("Message 2").await;
    world.pump().await;
    read(&world, "maria", &thread.id, 1).await;
    assert_eq!(sent(&world).len(), 2);
}

#[tokio::test]
async fn what_was_read_before_the_notice_left_needs_none() {
    let world = World::start(7).await;
    let mut thread = Thread::with(&world, "maria").await;
    let seq = thread.write("Hello").await;
    let place = relay(&world).await.remove(0);
    read(&world, "maria", &thread.id, seq).await;
    world.pump().await;
    assert!(sent(&world).is_empty());
    assert_eq!(state(&world, &place).await, pair("COLLAPSED", "noticed_or_read"));
}

#[tokio::test]
async fn conversations_are_told_of_each_on_its_own_and_patients_messages_of_nothing() {
    let world = World::start(8).await;
    let mut first = Thread::with(&world, "maria").await;
    let mut second = Thread::with(&world, "maria").await;
    first.write("One").await;
    second.write("Two").await;
    world.pump().await;
    assert_eq!(sent(&world).len(), 2);
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let path = format!("/v1/conversations/{}/messages", first.id);
    let _ = maria.post_once(&path, "k", people::text("Thank you")).await.expect(201);
    world.pump().await;
    assert_eq!(sent(&world).len(), 2);
}

#[tokio::test]
async fn nobody_to_tell_is_a_failure_that_a_new_contact_mends() {
    let world = World::start(9).await;
    let rosa = world.demo.patients["rosa"].account.unwrap();
    let mut alone = world.clone();
    let lonely = people::add(&world.operator, world.demo.id, "Lone Wolf", "1990-01-01", "en", &[]).await;
    alone.demo.patients.insert("lone".to_owned(), lonely.clone());
    let mut thread = Thread::with(&alone, "lone").await;
    thread.write("Hello").await;
    let place = relay(&world).await.remove(0);
    world.pump().await;
    assert_eq!(state(&world, &place).await, pair("FAILED", "no_contact"));
    grant(&world, rosa, lonely.id, None).await;
    thread.write("Hello again").await;
    world.pump().await;
    assert_eq!(sent(&world)[0].to, "vega.family@patients.test");
}
