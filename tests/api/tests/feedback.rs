//! What providers report of messages: noted once, in whatever order it comes, and followed by what helps the patient.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failing unwrap is a failing test"
)]

use api_tests::{World, messages::code_in, people::text};
use domain::delivery::Fate;
use local::aws::{Fault, FaultPlan, Rule, Sent, When, provider_id};
use serde_json::{Value, json};

const FEEDBACK: &str = "FeedbackFunction";
const MAIL: &str = "MailEventsTopic";
const TEXTS: &str = "SmsEventsTopic";
const MARIA: &str = "maria@patients.test";

fn mail_event(kind: &str, id: &str) -> Value {
    let mail = json!({"messageId": id, "timestamp": "2026-11-23T15:00:00.000Z", "destination": [MARIA]});
    let mut event = json!({"eventType": kind, "mail": mail});
    match kind {
        "Bounce" => {
            event["bounce"] = json!({"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": MARIA}]});
        }
        "Full" => {
            event["eventType"] = json!("Bounce");
            event["bounce"] =
                json!({"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": []});
        }
        "Complaint" => event["complaint"] = json!({"complaintFeedbackType": "abuse"}),
        _ => {}
    }
    event
}

fn text_event(kind: &str, id: &str) -> Value {
    json!({"eventType": kind, "eventVersion": "1.0", "messageId": id, "isFinal": true, "destinationPhoneNumber": "+15555550104"})
}

fn publish(world: &World, topic: &str, event: &Value) {
    assert!(world.aws.publish(topic, &event.to_string()));
}

/// A message of staff, and what was sent because of it.
async fn tell(world: &World, patient: &str) -> (String, Vec<Sent>) {
    let before = world.aws.outbox().all().len();
    let id = world.conversation(&world.demo, "ana", patient).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{id}/messages");
    let _ = ana.post_once(&path, &world.fresh_key(), text("Zebra-7731")).await.expect(201);
    world.pump().await;
    // Reports take a moment.
    world.clock.advance_seconds(1);
    (id, world.aws.outbox().all().split_off(before))
}

async fn reach(world: &World, patient: &str) -> Value {
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/patients/{}/reach", world.demo.patients[patient].id);
    ben.get(&path).await.expect(200).json()
}

async fn notes(world: &World, conversation: &str) -> Vec<String> {
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let page = ana.get(&format!("/v1/conversations/{conversation}/notes")).await.expect(200).json();
    let kind = |note: &Value| note["kind"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(kind).collect()
}

fn words(notice: &Value) -> (&str, &str, &str) {
    let word = |name: &str| notice[name].as_str().unwrap_or_default();
    (word("channel"), word("state"), word("why"))
}

/// Who got something after so many messages.
fn since(world: &World, count: usize) -> Vec<String> {
    world.aws.outbox().all().split_off(count).into_iter().map(|sent| sent.to).collect()
}

async fn ask(world: &World, address: &str) -> api_tests::Browser {
    let mut browser = world.browser();
    let body = json!({"practice": "demo", "address": address});
    let _ = browser.post("/v1/login-links", body).await.expect(202);
    world.pump().await;
    browser
}

#[tokio::test]
async fn a_mail_that_bounced_is_followed_by_a_text_and_staff_see_why() {
    let world = World::start(1).await;
    let (id, sent) = tell(&world, "maria").await;
    assert_eq!(sent[0].to, MARIA);
    publish(&world, MAIL, &mail_event("Bounce", &provider_id(&sent[0].id)));
    world.pump().await;
    assert_eq!(since(&world, 1), ["+15555550101"]);
    assert_eq!(notes(&world, &id).await, ["notice_came_back"]);
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let list = ana.get("/v1/conversations").await.expect(200).json();
    assert_eq!(list["items"][0]["attention"], true);

    let seen = reach(&world, "maria").await;
    let notices: Vec<_> = seen["notices"].as_array().unwrap().iter().map(words).collect();
    assert_eq!(notices, [("sms", "sent", "accepted"), ("email", "bounced", "no_recipient")]);
    assert_eq!(seen["notices"][1]["resent"], 0);
    let mail = &seen["contacts"][0];
    assert_eq!(
        (mail["state"].as_str(), mail["failing"]["why"].as_str()),
        (Some("failing"), Some("no_recipient"))
    );
    assert_eq!(mail["failing"]["next"], "use_other_contact");
    assert_eq!(seen["contacts"][1]["failing"], Value::Null);

    // No code goes to a mailbox that is not there; the phone still opens everything.
    ask(&world, MARIA).await;
    assert_eq!(since(&world, 2), [""; 0]);
    let mut phone = ask(&world, "+15555550101").await;
    let code = code_in(&world.aws.outbox().all().last().unwrap().text);
    let _ = phone.post("/v1/sessions", json!({"code": code})).await.expect(200);
    let _ = phone.post("/v1/sessions/person", json!({"birth_date": "1985-03-14"})).await.expect(201);
    let thread = phone.get(&format!("/v1/conversations/{id}/messages")).await.expect(200).json();
    assert_eq!(thread["items"][0]["body"]["text"], "Zebra-7731");

    // The next notice takes the phone at once; once the desk confirms the mailbox, it is used again.
    let (_, sent) = tell(&world, "maria").await;
    assert_eq!(sent.iter().map(|sent| sent.to.as_str()).collect::<Vec<_>>(), ["+15555550101"]);
    let contact = mail["id"].as_str().unwrap();
    let confirm = format!("/v1/patients/{}/contacts/{contact}/confirm", world.demo.patients["maria"].id);
    world.clock.advance_seconds(1);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let _ = ben.post(&confirm, json!({})).await.expect(204);
    assert_eq!(reach(&world, "maria").await["contacts"][0]["failing"], Value::Null);
    let (_, sent) = tell(&world, "maria").await;
    assert_eq!(sent[0].to, MARIA);
}

#[tokio::test]
async fn where_no_other_contact_is_left_staff_are_told_to_call() {
    let world = World::start(2).await;
    let (id, sent) = tell(&world, "linh").await;
    publish(&world, TEXTS, &text_event("TEXT_INVALID", &provider_id(&sent[0].id)));
    world.pump().await;
    assert_eq!(since(&world, 1), [""; 0]);
    assert_eq!(notes(&world, &id).await, ["notice_undelivered", "notice_came_back"]);
    let seen = reach(&world, "linh").await;
    assert_eq!(seen["contacts"][0]["failing"]["next"], "phone_only");
    let notices: Vec<_> = seen["notices"].as_array().unwrap().iter().map(words).collect();
    assert_eq!(notices, [("", "suppressed", "no_other_contact"), ("sms", "bounced", "no_recipient")]);

    // The phone of somebody whose mailbox failed fails too.
    let (id, sent) = tell(&world, "john").await;
    publish(&world, MAIL, &mail_event("Bounce", &provider_id(&sent[0].id)));
    world.pump().await;
    let second = world.aws.outbox().all().last().unwrap().clone();
    assert_eq!(second.to, "+15555550102");
    publish(&world, TEXTS, &text_event("TEXT_CARRIER_BLOCKED", &provider_id(&second.id)));
    world.pump().await;
    assert_eq!(notes(&world, &id).await, ["notice_undelivered", "notice_came_back"]);
    assert_eq!(reach(&world, "john").await["contacts"][0]["failing"]["next"], "phone_only");
}

#[tokio::test]
async fn what_was_read_meanwhile_asks_nothing_of_anybody() {
    let world = World::start(3).await;
    let (id, sent) = tell(&world, "maria").await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let _ = maria.put(&format!("/v1/conversations/{id}/read"), json!({"seq": 1})).await.expect(204);
    publish(&world, MAIL, &mail_event("Full", &provider_id(&sent[0].id)));
    world.pump().await;
    assert_eq!(world.aws.outbox().all().len(), 1);
    assert_eq!(notes(&world, &id).await, [""; 0]);
    assert_eq!(words(&reach(&world, "maria").await["notices"][0]), ("email", "bounced", "came_back"));
}

/// Every order of four reports.
fn orders() -> Vec<Vec<&'static str>> {
    let kinds = ["Delivery", "Full", "Bounce", "Complaint"];
    let mut all = Vec::new();
    for a in 0..4 {
        for b in (0..4).filter(|b| *b != a) {
            for c in (0..4).filter(|c| *c != a && *c != b) {
                all.push([a, b, c, 6 - a - b - c].map(|n| kinds[n]).to_vec());
            }
        }
    }
    all
}

#[tokio::test]
async fn reports_in_any_order_and_number_end_the_same() {
    let (mut right, mut total) = (0, 0);
    for (n, order) in orders().into_iter().enumerate() {
        let world = World::start(100 + n as u64).await;
        let (id, sent) = tell(&world, "maria").await;
        for kind in &order {
            for _ in 0..5 {
                publish(&world, MAIL, &mail_event(kind, &provider_id(&sent[0].id)));
                if n % 2 == 0 {
                    world.pump().await;
                }
            }
        }
        world.pump().await;
        let posted = world.operator.store.posted(&provider_id(&sent[0].id)).await.unwrap().unwrap();
        let seen = reach(&world, "maria").await;
        let ended = seen["notices"].as_array().unwrap().iter().map(words).collect::<Vec<_>>();
        let told = notes(&world, &id).await;
        total += 1;
        let is_right = posted.fate == Some(Fate::Complained)
            && ended == [("sms", "sent", "accepted"), ("email", "bounced", "complained")]
            && told == ["notice_came_back"]
            && since(&world, 1) == ["+15555550101"]
            && seen["contacts"][0]["failing"]["why"] == "complained"
            && world.aws.queue_depth("FeedbackQueue").unwrap().visible == 0;
        assert!(is_right, "{order:?}: {posted:?} {ended:?} {told:?} {:?}", since(&world, 1));
        right += usize::from(is_right);
    }
    println!(
        "| N2 | 4 reports of one mail in {total} orders, each 5 times: state right, one note, one text instead | {right} of {total} |"
    );
}

#[tokio::test]
async fn a_report_that_comes_before_its_message_is_written_down_waits_for_it() {
    let world = World::start(4).await;
    publish(&world, MAIL, &mail_event("Bounce", &provider_id("1")));
    world.pump().await;
    assert_eq!(world.aws.queue_depth("FeedbackQueue").unwrap().in_flight, 1);
    tell(&world, "maria").await;
    assert_eq!(world.aws.outbox().all().len(), 1);
    world.clock.advance_seconds(60);
    world.pump().await;
    assert_eq!(since(&world, 1), ["+15555550101"]);
    assert_eq!(words(&reach(&world, "maria").await["notices"][1]), ("email", "bounced", "no_recipient"));
    assert_eq!(world.aws.queue_depth("FeedbackQueue").unwrap().in_flight, 0);

    // What never finds its message is forgotten after ten minutes, and is no dead letter.
    publish(&world, MAIL, &mail_event("Bounce", "of-somebody-else"));
    for _ in 0..10 {
        world.pump().await;
        assert_eq!(world.aws.queue_depth("FeedbackQueue").unwrap().in_flight, 1);
        world.clock.advance_seconds(60);
    }
    world.pump().await;
    let left = world.aws.queue_depth("FeedbackQueue").unwrap();
    assert_eq!((left.visible, left.in_flight), (0, 0));
    assert_eq!(world.aws.queue_depth("FeedbackDeadLetters").unwrap().visible, 0);
}

#[tokio::test]
async fn tables_that_fail_lose_no_report_and_hold_up_no_other() {
    let world = World::start(5).await;
    let (_, maria) = tell(&world, "maria").await;
    let (_, john) = tell(&world, "john").await;
    let broken = Rule::new(When::Chance(0.5), Fault::InternalError).by(FEEDBACK);
    let lost = Rule::new(When::Chance(0.3), Fault::ResponseLost).by(FEEDBACK);
    world.aws.set_faults(Some(FaultPlan::new(9, vec![broken, lost])));
    for sent in [&maria[0], &john[0]] {
        publish(&world, MAIL, &mail_event("Bounce", &provider_id(&sent.id)));
    }
    for _ in 0..12 {
        world.pump().await;
        world.clock.advance_seconds(60);
    }
    world.aws.set_faults(None);
    world.pump().await;
    for patient in ["maria", "john"] {
        let seen = reach(&world, patient).await;
        let notices: Vec<_> = seen["notices"].as_array().unwrap().iter().map(words).collect();
        assert_eq!(notices, [("sms", "sent", "accepted"), ("email", "bounced", "no_recipient")], "{patient}");
    }
    let mut to = since(&world, 2);
    to.sort();
    assert_eq!(to, ["+15555550101", "+15555550102"]);
    assert_eq!(world.aws.queue_depth("FeedbackDeadLetters").unwrap().visible, 0);
}

/// Texts that were never SNS's, never of these topics, or never about a message.
fn forgeries(real: &str, topics: [&str; 2]) -> Vec<String> {
    let event = mail_event("Bounce", real).to_string();
    let text = text_event("TEXT_INVALID", real).to_string();
    let envelope = |kind: &str, topic: &str, message: &str| {
        json!({
            "Type": kind, "MessageId": "m", "TopicArn": topic, "Message": message, "SignatureVersion": "1",
            "Signature": "AAAA", "SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil.test/x.pem",
        })
        .to_string()
    };
    let mut forged: Vec<String> =
        ["", "null", "{}", "[]", "\"x\"", "{", "\u{0}\u{1}", &event, &text].map(str::to_owned).to_vec();
    forged.extend([65_537, 100_000, 200_000].map(|length| "x".repeat(length)));
    forged.push(envelope("Notification", topics[0], &"y".repeat(70_000)));
    for (n, topic) in topics.into_iter().enumerate() {
        let (right, wrong) = if n == 0 { (&event, &text) } else { (&text, &event) };
        // The right words from a topic that looks like ours.
        let (head, name) = topic.rsplit_once(':').unwrap();
        for place in 0..name.len() {
            forged.push(envelope(
                "Notification",
                &format!("{head}:{}{}", &name[..place], &name[place + 1..]),
                right,
            ));
            forged.push(envelope(
                "Notification",
                &format!("{head}:{}_{}", &name[..place], &name[place..]),
                right,
            ));
        }
        for account in ["000000000001", "111111111111", ""] {
            forged.push(envelope("Notification", &topic.replace("000000000000", account), right));
        }
        for region in ["us-east-2", "us-gov-west-1", "eu-west-1", ""] {
            forged.push(envelope("Notification", &topic.replace("us-east-1", region), right));
        }
        for case in [topic.to_uppercase(), format!(" {topic}"), format!("{topic} "), format!("{topic}\u{0}")]
        {
            forged.push(envelope("Notification", &case, right));
        }
        // Our topic with another kind of message, with the other's words, or with none that count.
        for kind in
            ["SubscriptionConfirmation", "UnsubscribeConfirmation", "notification", "", "Notification "]
        {
            forged.push(envelope(kind, topic, right));
        }
        forged.push(envelope("Notification", topic, wrong));
        for junk in [
            "",
            "null",
            "Successfully validated SNS topic for Amazon SES event publishing.",
            "{\"eventType\":\"Bounce\"}",
        ] {
            forged.push(envelope("Notification", topic, junk));
        }
        for id in [
            Value::Null,
            json!(1),
            json!(""),
            json!([real]),
            json!({"a": real}),
            json!(format!("{real} ")),
            json!("é"),
            json!("x".repeat(300)),
        ] {
            let mut bad = mail_event("Bounce", real);
            bad["mail"]["messageId"] = id.clone();
            let mut worse = text_event("TEXT_INVALID", real);
            worse["messageId"] = id;
            forged.push(envelope("Notification", topic, &bad.to_string()));
            forged.push(envelope("Notification", topic, &worse.to_string()));
        }
    }
    // Whole events, once more with a byte of the envelope missing.
    let whole = envelope("Notification", topics[0], &event);
    forged.extend((0..whole.len()).step_by(7).map(|at| whole[..at].to_owned()));
    forged
}

#[tokio::test]
async fn whatever_is_no_report_is_refused_and_counted() {
    let world = World::start(6).await;
    let (_, sent) = tell(&world, "maria").await;
    let real = provider_id(&sent[0].id);
    let arn = |logical: &str| {
        let topics = &world.aws.template().topics;
        topics.iter().find(|topic| topic.logical == logical).unwrap().arn.clone()
    };
    let forged = forgeries(&real, [&arn(MAIL), &arn(TEXTS)]);
    let before = world.aws.items("ChatTable").await;
    let mut crashed = 0;
    for (n, batch) in forged.chunks(10).enumerate() {
        let record = |(at, body): (usize, &String)| {
            let attributes = json!({"SentTimestamp": "0", "ApproximateReceiveCount": "1"});
            json!({"messageId": format!("m-{n}-{at}"), "body": body, "attributes": attributes})
        };
        let event = json!({"Records": batch.iter().enumerate().map(record).collect::<Vec<_>>()});
        match world.invoke(FEEDBACK, event).await {
            // None comes again: it would be as wrong the next time.
            Ok(answer) => assert_eq!(answer, json!({"batchItemFailures": []}), "{batch:?}"),
            Err(_) => crashed += 1,
        }
    }
    assert_eq!(world.aws.items("ChatTable").await, before, "a forged report changed something");
    assert!(forged.len() >= 200 && crashed == 0, "{} forged, {crashed} crashes", forged.len());
    println!(
        "| N3 | forged, foreign, oversize and broken reports | {} sent, 0 accepted, {crashed} crashes |",
        forged.len()
    );
    publish(&world, MAIL, &mail_event("Bounce", &real));
    world.pump().await;
    assert_eq!(since(&world, 1), ["+15555550101"], "and the real one counts");
}
