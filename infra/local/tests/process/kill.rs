//! SIGKILL while people write, again and again: every acknowledged message is there once and in order, a repeated
//! write is one message, and every conversation's notice goes out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::time::Timestamp;
use http_body_util::BodyExt as _;
use local::{Stack, StackOptions};
use platform::clock::Clock;
use platform::entropy::Entropy;
use platform::store::keys;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::client::{Client, sign_in};
use crate::server::Place as Home;
use crate::writer::{Desk, Dice, Write, Writer};

/// How often the program is killed while it works on writes.
const KILLS: u64 = 200;
/// Each so many kills, one more hits the start that follows.
const KILLED_START_EACH: u64 = 8;
/// A life under writes lasts from nothing to this.
const LIFE_MS: u64 = 300;
/// A start that is killed is killed after at most this.
const START_MS: u64 = 120;
const STAFF: [&str; 2] = ["ana@demo.test", "ben@demo.test"];
/// Several of them are one person on several screens.
const WRITERS: usize = 4;
/// Patients whose notices open with one birth date: who is asked for, where the notice goes, and the date.
const PATIENTS: [(&str, &str, &str); 5] = [
    ("Maria Lopez", "maria@patients.test", "1985-03-14"),
    ("John Carter", "john@patients.test", "1950-11-02"),
    ("Amal Haddad", "amal@patients.test", "1992-07-21"),
    ("Linh Tran", "+15555550104", "2001-01-30"),
    ("Luis Vega", "vega.family@patients.test", "2012-09-17"),
];
/// Longer than whatever a killed process held is held for: 60 s an outbox item, 180 s a queue message.
const LATER_SECONDS: i64 = 200;
const MINUTES_MAX: u32 = 10;
const SEED: u64 = 0x0200_4B11;

#[test]
fn what_was_acknowledged_outlives_200_kills() {
    let began = Instant::now();
    let home = Home::new("WARN");
    let (mut server, first_start) = home.start();
    let staff = STAFF.map(|address| home.client().with_token(&sign_in(&home.client(), address)));
    let reader = &staff[0];
    let patients = PATIENTS.map(|(name, ..)| patient_named(reader, name));
    let desk = Arc::new(Desk::default());
    let mut dice = Dice::new(SEED);
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| Writer {
            number,
            client: staff[number % STAFF.len()].clone(),
            patients: patients.to_vec(),
            desk: Arc::clone(&desk),
            dice: Dice::new(SEED + 1 + number as u64),
        })
        .map(Writer::start)
        .collect();

    let (mut slowest, mut killed_starts, mut looked_at) = (Duration::ZERO, 0, 0);
    for kill in 1..=KILLS {
        thread::sleep(Duration::from_millis(dice.below(LIFE_MS)));
        server.kill();
        if kill % KILLED_START_EACH == 0 {
            let starting = home.spawn();
            thread::sleep(Duration::from_millis(dice.below(START_MS)));
            starting.kill();
            killed_starts += 1;
        }
        // Whatever was acknowledged before is there now, while the others go on writing.
        let acknowledged = desk.writes.lock().unwrap().clone();
        let took;
        (server, took) = home.start();
        slowest = slowest.max(took);
        check(reader, &acknowledged, looked_at);
        looked_at = acknowledged.len();
    }
    desk.stop.store(true, Ordering::SeqCst);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let writes = desk.writes.lock().unwrap().clone();
    let conversations = check_all(reader, &writes);
    // The last one finds notices on their way.
    server.kill();

    let told = notices(&home, &conversations);
    let log = home.log();
    assert!(!log.contains("panicked"), "{log}");
    let count = |wanted: fn(&Write) -> bool| writes.iter().filter(|write| wanted(write)).count();
    // Past the harness, which keeps what a passing test prints.
    let _ = writeln!(
        std::io::stderr(),
        "{KILLS} kills under writes, {killed_starts} of a start, in {} s; {} messages acknowledged, {} of them after being \
         sent again, {} of those had been stored; {} given up; {} answers of 503; {} conversations, {} notices, {} \
         of them only after the last kill, {} twice; first start {} ms, slowest restart {} ms",
        began.elapsed().as_secs(),
        count(|write| write.place.is_some()),
        count(|write| write.place.is_some() && write.tries > 1),
        count(|write| write.was_there),
        count(|write| write.place.is_none()),
        desk.refusals.lock().unwrap(),
        conversations.len(),
        told.sent,
        told.late,
        told.again,
        first_start.as_millis(),
        slowest.as_millis(),
    );
    // The figures show that the test tested: writes were cut off before and after they were stored.
    assert!(count(|write| write.place.is_some()) >= 1_000);
    assert!(count(|write| write.was_there) > 0);
    assert!(count(|write| write.tries > 1) > count(|write| write.was_there));
    assert!(conversations.len() >= 20);
}

fn patient_named(reader: &Client, name: &str) -> String {
    let query = name.to_lowercase().replace(' ', "%20");
    let found = reader.get(&format!("/v1/patients?q={query}")).unwrap().expect(200).json();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

/// The texts of a conversation by seq; the seqs have no gap.
fn texts(reader: &Client, conversation: &str) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let path = format!("/v1/conversations/{conversation}/messages?after={}&limit=100", texts.len());
        let page = reader.get(&path).unwrap().expect(200).json();
        let items = page["items"].as_array().unwrap();
        for message in items {
            texts.push(message["body"]["text"].as_str().unwrap().to_owned());
            assert_eq!(message["seq"].as_u64(), Some(texts.len() as u64), "{conversation} has a gap");
        }
        if items.is_empty() {
            assert_eq!(page["last_seq"].as_u64(), Some(texts.len() as u64), "{conversation} promises more");
            return texts;
        }
    }
}

/// Checks the conversations in which something was acknowledged since the last look.
fn check(reader: &Client, acknowledged: &[Write], looked_at: usize) {
    let places = acknowledged[looked_at..].iter().filter_map(|write| write.place.as_ref());
    let touched: BTreeSet<&str> = places.map(|place| place.conversation.as_str()).collect();
    for conversation in touched {
        holds(conversation, &texts(reader, conversation), acknowledged);
    }
}

/// Every acknowledged message of a conversation is there once, where the answer said; each writer's are in order.
fn holds(conversation: &str, texts: &[String], writes: &[Write]) {
    let mut seqs: HashMap<&str, usize> = HashMap::new();
    for (index, text) in texts.iter().enumerate() {
        assert_eq!(seqs.insert(text, index + 1), None, "{text} is there twice");
    }
    let mut last = [0; WRITERS];
    for write in writes {
        let Some(place) = write.place.as_ref().filter(|place| place.conversation == conversation) else {
            continue;
        };
        let seq = seqs.get(write.text.as_str()).copied();
        assert_eq!(seq.map(|seq| seq as u64), Some(place.seq), "{write:?}");
        assert!(place.seq > last[write.writer], "{write:?} is out of order");
        last[write.writer] = place.seq;
    }
}

/// Checks every conversation that there is, and answers them. What was given up is there once or not at all, and
/// nothing is there that nobody wrote.
fn check_all(reader: &Client, writes: &[Write]) -> BTreeSet<String> {
    let mut conversations = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/conversations?limit=100{cursor}");
        let page = reader.get(&path).unwrap().expect(200).json();
        let ids =
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
        conversations.extend(ids);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut there = BTreeMap::new();
    for conversation in &conversations {
        let texts = texts(reader, conversation);
        holds(conversation, &texts, writes);
        for text in texts {
            assert_eq!(there.insert(text.clone(), conversation), None, "{text} is in two conversations");
        }
    }
    for write in writes {
        let stored = there.remove(&write.text);
        assert!(write.place.is_none() || stored.is_some(), "{write:?} is lost");
    }
    assert!(there.is_empty(), "nobody wrote {there:?}");
    conversations
}

struct Told {
    sent: usize,
    /// Of these, what was sent after the last kill.
    late: usize,
    /// Of these, what had been sent before.
    again: usize,
}

/// Opens what the killed program has left behind, some minutes later, moves what is to be moved, and follows the
/// link of every notice: together they lead to every conversation.
fn notices(home: &Home, conversations: &BTreeSet<String>) -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clock = Clock::manual(Clock::System.now().plus_seconds(LATER_SECONDS));
        let origin = format!("http://localhost:{}", home.port);
        let options = StackOptions {
            data: Some(home.data()),
            origin: origin.clone(),
            clock,
            entropy: Entropy::System,
            record: false,
            ..StackOptions::test(0)
        };
        let stack = Stack::start(options).await.unwrap();
        let before = outbox(&stack, &origin).await.len();
        let mut minutes = 0;
        stack.pump().await;
        while due(&stack).await > 0 {
            assert!(minutes < MINUTES_MAX, "{} outbox items stay due", due(&stack).await);
            assert_eq!(stack.tick().await, 0, "the sweeper works");
            stack.advance(60).await;
            minutes += 1;
        }
        for queue in ["NotifyQueue", "NoticeQueue"] {
            assert_eq!(stack.aws().queue_depth(queue).unwrap(), Default::default());
        }
        assert_eq!(stack.aws().queue_bodies("NotifyDeadLetters"), [""; 0]);
        assert_eq!(stack.aws().queue_bodies("RelayDeadLetters"), [""; 0]);
        assert_eq!(stack.aws().stream_backlog(), 0);

        let mut links: BTreeMap<(String, String), usize> = BTreeMap::new();
        let outbox = outbox(&stack, &origin).await;
        let late = outbox.len() - before;
        for sent in outbox {
            if let Some((_, token)) = sent["text"].as_str().unwrap().split_once(&format!("{origin}/n?l=")) {
                let token = token.split_once("#t=").unwrap().1.split_whitespace().next().unwrap();
                *links.entry((sent["to"].as_str().unwrap().to_owned(), token.to_owned())).or_default() += 1;
            }
        }
        let mut told = BTreeSet::new();
        for (to, token) in links.keys() {
            let (.., birth_date) = PATIENTS.iter().find(|(_, address, _)| address == to).unwrap();
            let body = json!({"token": token, "birth_date": birth_date});
            let (status, session) = ask(&stack, &origin, "POST", "/v1/sessions/person", Some(&body)).await;
            assert_eq!(status, StatusCode::CREATED, "{session}");
            let conversation = session["opens"]["conversation_id"].as_str().unwrap().to_owned();
            assert!(
                told.insert(conversation),
                "two links for one message: a repeated notice has the first one's"
            );
        }
        assert_eq!(&told, conversations, "every conversation has its notice");
        let sent: usize = links.values().sum();
        Told { sent, late, again: sent - links.len() }
    })
}

/// Outbox items that have not ended.
async fn due(stack: &Stack) -> usize {
    let store = stack.app("admin").unwrap().store;
    let mut due = 0;
    for shard in 0..keys::DUE_SHARDS {
        due += store
            .due_outbox(shard, Timestamp::from_millis(i64::MAX / 2), 100, None)
            .await
            .unwrap()
            .items
            .len();
    }
    due
}

async fn outbox(stack: &Stack, origin: &str) -> Vec<Value> {
    let mut sent: Vec<Value> = Vec::new();
    loop {
        let after = sent.last().map_or("0", |last| last["id"].as_str().unwrap());
        let (status, page) = ask(stack, origin, "GET", &format!("/outbox.json?after={after}"), None).await;
        assert_eq!(status, StatusCode::OK);
        let Value::Array(page) = page else { panic!("{page}") };
        if page.is_empty() {
            return sent;
        }
        sent.extend(page);
    }
}

async fn ask(
    stack: &Stack,
    origin: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", origin.trim_start_matches("http://"))
        .header("content-type", "application/json")
        .body(Body::from(body.map(Value::to_string).unwrap_or_default()))
        .unwrap();
    let response = stack.router().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}
