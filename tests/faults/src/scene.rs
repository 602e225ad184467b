//! A world with conversations in it, what was asked of them, and what is there.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use api_tests::{Answer, Browser, World, people::text};
use local::aws::{Fault, FaultPlan, Rule, When};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

/// The function whose calls fail.
pub const MESSAGES: &str = "MessagesFunction";
/// Tries of a client that gets no answer or "later".
const CLIENT_TRIES: usize = 4;

/// Everything that can happen to a call, but for the crash.
pub fn every_fault() -> [Fault; 6] {
    [
        Fault::Throttle,
        Fault::InternalError,
        Fault::Timeout,
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::TransactionConflict,
    ]
}

/// One message that somebody wanted to send.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What it says; no other says the same.
    pub text: String,
    /// When the first request left, in steps of the history.
    pub began: u64,
    /// When the last answer came.
    pub ended: u64,
    /// Its place, if an answer said so.
    pub acknowledged: Option<u64>,
}

/// What was asked of one conversation.
#[derive(Default)]
pub struct History {
    step: AtomicU64,
    sends: Mutex<Vec<Sent>>,
    recalls: Mutex<Vec<u64>>,
    readings: Mutex<Vec<Vec<Seen>>>,
}

impl History {
    /// The next step.
    pub fn step(&self) -> u64 {
        self.step.fetch_add(1, Ordering::SeqCst)
    }

    /// Every send.
    pub fn sends(&self) -> Vec<Sent> {
        self.sends.lock().unwrap().clone()
    }

    /// Places of the messages whose recall was acknowledged.
    pub fn recalls(&self) -> Vec<u64> {
        self.recalls.lock().unwrap().clone()
    }

    /// What each reader saw, in the order in which it came.
    pub fn readings(&self) -> Vec<Vec<Seen>> {
        self.readings.lock().unwrap().clone()
    }

    /// Notes a send.
    pub fn sent(&self, sent: Sent) {
        self.sends.lock().unwrap().push(sent);
    }

    /// Notes a recall.
    pub fn recalled(&self, seq: u64) {
        self.recalls.lock().unwrap().push(seq);
    }

    /// Notes what a reader saw.
    pub fn read(&self, reading: Vec<Seen>) {
        self.readings.lock().unwrap().push(reading);
    }
}

/// A message as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its place.
    pub seq: u64,
    /// Its kind; `recalled` where it was taken back.
    pub kind: String,
    /// What it says.
    pub text: Option<String>,
}

impl Seen {
    fn of(item: &Value) -> Self {
        let kind = item["body"]["kind"].as_str().unwrap_or("recalled").to_owned();
        let text = item["body"]["text"].as_str().map(str::to_owned);
        Self { seq: item["seq"].as_u64().unwrap(), kind, text }
    }
}

/// What is there in the end.
pub struct Truth {
    /// The messages, by place.
    pub messages: Vec<Seen>,
    /// The last place that the head counts.
    pub last_seq: u64,
    /// Places of sends in the audit log.
    pub audited_sends: Vec<u64>,
    /// Places of recalls in the audit log.
    pub audited_recalls: Vec<u64>,
}

/// A world in which conversations begin.
pub struct Scene {
    /// It.
    pub world: World,
}

impl Scene {
    /// A world that repeats itself for a seed.
    pub async fn new(seed: u64) -> Self {
        Self { world: World::start(seed).await }
    }

    /// A new conversation with Maria.
    pub async fn conversation(&self) -> String {
        self.world.conversation(&self.world.demo, "cleo", "maria").await
    }

    /// A browser of somebody of the practice or its patients.
    pub async fn browser(&self, who: &str) -> Browser {
        self.world.signed_in(&self.world.demo, who).await
    }

    /// Lets the calls of a function fail by these rules.
    pub fn fail(&self, seed: u64, rules: Vec<Rule>) {
        self.world.aws.set_faults(Some(FaultPlan::new(seed, rules)));
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.world.aws.set_faults(None);
    }

    /// What is there of a conversation, as staff read it and as the audit log tells it.
    pub async fn truth(&self, conversation: &str) -> Truth {
        let mut browser = self.browser("cleo").await;
        let mut messages = Vec::new();
        let mut last_seq;
        loop {
            let page = page(&mut browser, conversation, messages.last()).await.expect(200).json();
            last_seq = page["last_seq"].as_u64().unwrap();
            let items = page["items"].as_array().unwrap();
            if items.is_empty() {
                break;
            }
            messages.extend(items.iter().map(Seen::of));
        }
        let events = self.world.aws.items("AuditTable").await;
        let of = |verb: &str| {
            let ours = events
                .iter()
                .filter(|event| event["verb"]["S"] == verb && event["conversation"]["S"] == conversation);
            let mut seqs: Vec<u64> =
                ours.map(|event| event["first_seq"]["N"].as_str().unwrap().parse().unwrap()).collect();
            seqs.sort_unstable();
            seqs
        };
        let (audited_sends, audited_recalls) = (of("message_sent"), of("message_recalled"));
        Truth { messages, last_seq, audited_sends, audited_recalls }
    }

    /// Runs something as Lambda runs it, which the rule may end in the middle: the work of the call is done, the answer
    /// comes back to nobody, and nothing after it happens. `None` if it ended so.
    pub async fn crashing<T: Send + 'static>(
        &self,
        nth: u64,
        caller: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let handle: Arc<Mutex<Option<AbortHandle>>> = Arc::default();
        let seen = Arc::clone(&handle);
        let crash = Fault::CrashAfter(Arc::new(move || {
            if let Some(handle) = seen.lock().unwrap().as_ref() {
                handle.abort();
            }
        }));
        self.fail(1, vec![Rule::new(When::Nth(nth), crash).by(caller)]);
        let task = tokio::spawn(work);
        *handle.lock().unwrap() = Some(task.abort_handle());
        let result = task.await.ok();
        self.heal();
        result
    }
}

/// The page after what was seen last.
pub async fn page(browser: &mut Browser, conversation: &str, last: Option<&Seen>) -> Answer {
    let after = last.map_or(0, |seen| seen.seq);
    browser.get(&format!("/v1/conversations/{conversation}/messages?after={after}&limit=100")).await
}

/// Reads on from what was seen; whether there was anything.
pub async fn read_on(browser: &mut Browser, conversation: &str, seen: &mut Vec<Seen>) -> bool {
    let answer = page(browser, conversation, seen.last()).await;
    assert!(matches!(answer.status.as_u16(), 200 | 503), "{answer:?}");
    let json = answer.json();
    let new: Vec<_> = json["items"].as_array().into_iter().flatten().map(Seen::of).collect();
    let any = !new.is_empty();
    seen.extend(new);
    any
}

/// Sends a text as a client does: with one key, again where there was no answer or "later".
pub async fn send(browser: &mut Browser, history: &History, conversation: &str, words: &str) -> Option<u64> {
    let path = format!("/v1/conversations/{conversation}/messages");
    let began = history.step();
    let mut acknowledged = None;
    for _ in 0..CLIENT_TRIES {
        let answer = browser.post_once(&path, words, text(words)).await;
        assert!(matches!(answer.status.as_u16(), 200 | 201 | 503), "{answer:?}");
        if answer.status.is_success() {
            acknowledged = answer.json()["seq"].as_u64();
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let ended = history.step();
    history.sent(Sent { text: words.to_owned(), began, ended, acknowledged });
    acknowledged
}

/// Takes a message back, as a client does.
pub async fn recall(browser: &mut Browser, history: &History, conversation: &str, seq: u64) -> bool {
    let path = format!("/v1/conversations/{conversation}/messages/{seq}/recall");
    for _ in 0..CLIENT_TRIES {
        let answer = browser.post(&path, json!({"reason": "error"})).await;
        match answer.status.as_u16() {
            200 => {
                history.recalled(seq);
                return true;
            }
            // Opened by the patient meanwhile: only an admin takes it back.
            403 => return false,
            503 => {}
            _ => panic!("{answer:?}"),
        }
    }
    false
}
