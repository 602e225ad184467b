//! Somebody who writes messages, and whom the end of the program does not discourage: what was not acknowledged is
//! sent again with the same key, until it is, or (sometimes) given up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Client;

/// Between two looks whether the program is there again.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Nobody types faster: leaves the machine some room, and the data a size that is checked fast.
const PAUSE_MS: u64 = 30;
/// One of so many writes starts a conversation.
const STARTS_ONE_IN: u64 = 16;
/// One of so many failed writes is given up instead of being tried again.
const GIVES_UP_ONE_IN: u64 = 16;
/// Writes go to one of the newest conversations, so that writers meet.
const NEWEST: usize = 6;

/// A small generator whose numbers repeat with its seed.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end` (splitmix64).
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

/// What was to be written, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// Unique, and in the order of its writer.
    pub(crate) text: String,
    pub(crate) writer: usize,
    /// Where it was acknowledged; `None` if it was given up.
    pub(crate) place: Option<Place>,
    /// Sent how often.
    pub(crate) tries: u32,
    /// The answer said that an earlier try, whose answer never came, had been stored.
    pub(crate) was_there: bool,
}

/// A message's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) conversation: String,
    pub(crate) seq: u64,
}

/// What all writers share.
#[derive(Default)]
pub(crate) struct Desk {
    /// Everything that is over: acknowledged or given up. In order of ending.
    pub(crate) writes: Mutex<Vec<Write>>,
    /// Acknowledged conversations, in order of their start.
    pub(crate) conversations: Mutex<Vec<String>>,
    /// Answers of 503.
    pub(crate) refusals: Mutex<u64>,
    pub(crate) stop: AtomicBool,
}

pub(crate) struct Writer {
    pub(crate) number: usize,
    pub(crate) client: Client,
    pub(crate) patients: Vec<String>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) dice: Dice,
}

impl Writer {
    /// Writes on a thread of its own until it is told to stop; what it has begun it ends.
    pub(crate) fn start(mut self) -> JoinHandle<()> {
        thread::spawn(move || {
            let mut count = 0;
            while !self.desk.stop.load(Ordering::SeqCst) {
                count += 1;
                self.write(count);
                thread::sleep(Duration::from_millis(self.dice.below(PAUSE_MS)));
            }
        })
    }

    fn write(&mut self, count: u64) {
        let text = format!("writer {} message {count:06}", self.number);
        let key = format!("w{}-{count}", self.number);
        let known = self.desk.conversations.lock().unwrap().clone();
        if known.is_empty() || self.dice.below(STARTS_ONE_IN) == 0 {
            let patient = &self.patients[self.dice.below(self.patients.len() as u64) as usize];
            let body = json!({"patient_id": patient, "topic": "medical_question", "text": text});
            let done = self.until_acknowledged("/v1/conversations", &key, &body);
            let place = done.answer.map(|answer| {
                let conversation = answer["id"].as_str().unwrap().to_owned();
                self.desk.conversations.lock().unwrap().push(conversation.clone());
                Place { conversation, seq: 1 }
            });
            self.note(text, done.tries, done.was_there, place);
        } else {
            let newest = &known[known.len().saturating_sub(NEWEST)..];
            let conversation = newest[self.dice.below(newest.len() as u64) as usize].clone();
            let body = json!({"kind": "text", "text": text});
            let done =
                self.until_acknowledged(&format!("/v1/conversations/{conversation}/messages"), &key, &body);
            let place = done.answer.map(|answer| {
                assert_eq!(answer["body"]["text"], text);
                assert_eq!(answer["conversation_id"], conversation);
                Place { conversation, seq: answer["seq"].as_u64().unwrap() }
            });
            self.note(text, done.tries, done.was_there, place);
        }
    }

    fn note(&self, text: String, tries: u32, was_there: bool, place: Option<Place>) {
        let write = Write { text, writer: self.number, place, tries, was_there };
        self.desk.writes.lock().unwrap().push(write);
    }

    fn until_acknowledged(&mut self, path: &str, key: &str, body: &Value) -> Done {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.client.post_once(path, key, body) {
                Ok(answer) if answer.status == 201 || answer.status == 200 => {
                    let was_there = answer.status == 200;
                    assert!(tries > 1 || !was_there, "an unused key was known: {answer:?}");
                    return Done { answer: Some(answer.json()), tries, was_there };
                }
                Ok(answer) if answer.status == 503 => {
                    *self.desk.refusals.lock().unwrap() += 1;
                    thread::sleep(LOOK_EVERY);
                }
                Ok(answer) => panic!("{path}: {answer:?}"),
                Err(_) if self.dice.below(GIVES_UP_ONE_IN) == 0 => {
                    return Done { answer: None, tries, was_there: false };
                }
                Err(_) => self.wait(),
            }
        }
    }

    fn wait(&self) {
        while !self.client.get("/v1/health").is_ok_and(|answer| answer.status == 200) {
            thread::sleep(LOOK_EVERY);
        }
    }
}

struct Done {
    /// `None`: given up.
    answer: Option<Value>,
    tries: u32,
    was_there: bool,
}
