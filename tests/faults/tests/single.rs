//! Every call of every act on a conversation fails once in every way, and for sends every two of them. The act is done or it
//! is not, a repeat makes it whole, and nothing is there twice.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may do all of it"
)]

use api_tests::{Answer, Browser, people::text};
use faults_tests::{
    Findings, History, Scene, check, every_fault,
    scene::{MESSAGES, send},
};
use local::aws::{Rule, When};
use serde_json::json;

/// Calls beside those that are counted where nothing fails: the retries.
const RETRIES: u64 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Start,
    Send,
    Answer,
    Page,
    Recall,
    Mark,
    Close,
    Draft,
}

const ACTS: [Act; 8] =
    [Act::Start, Act::Send, Act::Answer, Act::Page, Act::Recall, Act::Mark, Act::Close, Act::Draft];

impl Act {
    fn who(self) -> &'static str {
        if matches!(self, Self::Answer | Self::Page | Self::Mark | Self::Draft) { "maria" } else { "cleo" }
    }

    /// Does it. The same `key` is the same wish.
    async fn run(self, browser: &mut Browser, patient: String, conversation: &str, key: &str) -> Answer {
        let path = format!("/v1/conversations/{conversation}");
        match self {
            Self::Start => {
                let body = json!({"patient_id": patient, "topic": "billing", "text": format!("start {key}")});
                browser.post_once("/v1/conversations", key, body).await
            }
            Self::Send | Self::Answer => browser.post_once(&format!("{path}/messages"), key, text(key)).await,
            Self::Page => browser.get(&format!("{path}/messages")).await,
            Self::Recall => {
                browser.post(&format!("{path}/messages/1/recall"), json!({"reason": "error"})).await
            }
            Self::Mark => browser.put(&format!("{path}/read"), json!({"seq": 1})).await,
            Self::Close => browser.patch(&path, json!({"state": "closed"})).await,
            Self::Draft => browser.put(&format!("{path}/draft"), json!({"text": key})).await,
        }
    }
}

/// Everything that is there of it, as text that can be compared.
async fn effect(scene: &Scene, act: Act, conversation: &str, key: &str) -> String {
    let mut cleo = scene.browser("cleo").await;
    let mut maria = scene.browser("maria").await;
    let path = format!("/v1/conversations/{conversation}");
    match act {
        Act::Start => {
            let list = maria.get("/v1/conversations?limit=100").await.expect(200).json();
            let items = list["items"].as_array().unwrap();
            items.iter().filter(|item| item["topic"] == "billing").count().to_string()
        }
        Act::Send | Act::Answer | Act::Recall => {
            let truth = scene.truth(conversation).await;
            format!(
                "{:?}",
                truth.messages.iter().filter(|m| m.kind != "text" || m.text.as_deref() == Some(key)).count()
            )
        }
        Act::Page => {
            let events = scene.world.aws.items("AuditTable").await;
            let read = events.iter().any(|event| {
                event["verb"]["S"] == "messages_read"
                    && event["conversation"]["S"] == conversation
                    && event["actor"]["S"].as_str().is_some_and(|actor| actor.starts_with("acc_"))
            });
            read.to_string()
        }
        Act::Mark => cleo.get(&path).await.expect(200).json()["read_up_to"]["patient"].to_string(),
        Act::Close => cleo.get(&path).await.expect(200).json()["state"].to_string(),
        Act::Draft => {
            let draft = maria.get(&format!("{path}/draft")).await;
            draft.json()["text"].to_string()
        }
    }
}

/// A conversation with one message of the practice, and its history.
async fn prepared(scene: &Scene) -> (String, History) {
    let conversation = scene.conversation().await;
    let history = History::default();
    let mut cleo = scene.browser("cleo").await;
    send(&mut cleo, &history, &conversation, &format!("first-of-{conversation}")).await.unwrap();
    (conversation, history)
}

/// How many calls it makes where nothing fails, on a conversation that no function has opened before.
async fn calls(scene: &Scene, act: Act) -> u64 {
    let (conversation, _) = prepared(scene).await;
    let mut browser = scene.browser(act.who()).await;
    let patient = scene.world.demo.patients["maria"].id.to_string();
    let run = act.run(&mut browser, patient, &conversation, "nothing-fails");
    let (answer, calls) = scene.world.aws.recorder().scope("act", run).await;
    assert!(answer.status.is_success(), "{act:?}: {answer:?}");
    calls.count() as u64
}

/// One case: the act under the rules, what is there then, and the act once more.
async fn case(scene: &Scene, act: Act, n: u64, rules: Option<Vec<Rule>>, crash_at: u64) -> Findings {
    let (conversation, history) = prepared(scene).await;
    let key = format!("k{n}");
    let patient = scene.world.demo.patients["maria"].id.to_string();
    let before = effect(scene, act, &conversation, &key).await;
    let mut browser = scene.browser(act.who()).await;
    let answer = match rules {
        Some(rules) => {
            scene.fail(1, rules);
            let answer = act.run(&mut browser, patient.clone(), &conversation, &key).await;
            scene.heal();
            Some(answer)
        }
        None => {
            let (mut browser, conversation, key) = (browser.clone(), conversation.clone(), key.clone());
            let patient = patient.clone();
            let run = async move { act.run(&mut browser, patient, &conversation, &key).await };
            scene.crashing(crash_at, MESSAGES, run).await
        }
    };
    let after = effect(scene, act, &conversation, &key).await;
    let mut found = Findings::default();
    if let Some(answer) = &answer {
        assert!(matches!(answer.status.as_u16(), 200..=204 | 503), "{act:?}: {answer:?}");
        if answer.status == 503 {
            // What is refused tells nothing.
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("first-of"), "{act:?}");
        } else {
            found.lost += u64::from(after == before);
        }
    }
    let again = act.run(&mut browser, patient, &conversation, &key).await;
    assert!(again.status.is_success(), "{act:?}, once more: {again:?}");
    let whole = effect(scene, act, &conversation, &key).await;
    found.lost += u64::from(whole == before);
    // What was done is not done twice.
    found.twice += u64::from(after != before && whole != after);
    if matches!(act, Act::Send | Act::Answer) {
        let acknowledged = again.json()["seq"].as_u64();
        history.sent(faults_tests::Sent {
            text: key,
            began: history.step(),
            ended: history.step(),
            acknowledged,
        });
    }
    if act == Act::Recall {
        history.recalled(1);
    }
    if act != Act::Start {
        found.add(check(&history, &scene.truth(&conversation).await));
    }
    found
}

#[tokio::test(start_paused = true)]
async fn any_one_call_may_fail_in_any_way() {
    let (mut cases, mut found) = (0, Findings::default());
    for act in ACTS {
        let scene = Scene::new(40).await;
        let calls = calls(&scene, act).await;
        for nth in 1..=calls + RETRIES {
            for fault in every_fault() {
                cases += 1;
                let rules = vec![Rule::new(When::Nth(nth), fault.clone()).by(MESSAGES)];
                let here = case(&scene, act, cases, Some(rules), 0).await;
                if !here.is_clean() {
                    println!("{act:?}, call {nth}, {fault:?}: {here}");
                }
                found.add(here);
            }
            cases += 1;
            let here = case(&scene, act, cases, None, nth).await;
            if !here.is_clean() {
                println!("{act:?}, crash after call {nth}: {here}");
            }
            found.add(here);
        }
    }
    println!("single faults: {cases} cases: {found}");
    assert!(found.is_clean());
}

#[tokio::test(start_paused = true)]
async fn any_two_calls_of_a_send_or_a_recall_may_fail_in_any_way() {
    let (mut cases, mut found) = (0, Findings::default());
    for act in [Act::Send, Act::Recall] {
        let mut scene = Scene::new(41).await;
        let calls = calls(&scene, act).await;
        for first in 1..=calls {
            for second in first + 1..=calls + RETRIES {
                // The audit log is looked through in each case: a new world keeps it short.
                scene = Scene::new(41 + first + second).await;
                for one in every_fault() {
                    for other in every_fault() {
                        cases += 1;
                        let rules = vec![
                            Rule::new(When::Nth(first), one.clone()).by(MESSAGES),
                            Rule::new(When::Nth(second), other.clone()).by(MESSAGES),
                        ];
                        let here = case(&scene, act, cases, Some(rules), 0).await;
                        if !here.is_clean() {
                            println!("{act:?}, {one:?} at {first}, {other:?} at {second}: {here}");
                        }
                        found.add(here);
                    }
                }
            }
        }
    }
    println!("pairs of faults: {cases} cases: {found}");
    assert!(found.is_clean());
}
