//! Calls, their depth and their price, counted for one warm request. A budget that is missed fails here.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use std::future::Future;

use api_tests::{Answer, Authenticator, World, messages::code_in, people::text};
use local::aws::{Calls, Invocation, PriceFile};
use serde_json::json;

/// Milliseconds that Lambda bills for a request: mostly waiting for DynamoDB.
const BILLED_MS: f64 = 10.0;
/// Memory of the functions in template.yaml.
const MEMORY_MB: f64 = 256.0;

struct Counted {
    calls: Calls,
    usd: f64,
    usd_out: f64,
}

async fn counted(world: &World, name: &str, request: impl Future<Output = Answer>) -> (Answer, Counted) {
    let (answer, calls) = world.aws.recorder().scope(name, request).await;
    let prices = PriceFile::shipped().expect("prices");
    let invocation =
        Invocation { billed_ms: BILLED_MS, memory_mb: MEMORY_MB, out_bytes: answer.bytes.len() as f64 };
    let usd = prices.invocation_usd_per_million(invocation) + prices.calls_usd_per_million(&calls.0);
    let usd_out = prices.data_out_usd_per_million(invocation);
    let (count, depth) = (calls.count(), calls.depth());
    println!(
        "{name}: {count} calls, depth {depth}, ${usd:.2} a million, ${usd_out:.2} data out: {:?}",
        calls.names()
    );
    (answer, Counted { calls, usd, usd_out })
}

impl Counted {
    fn within(&self, count: usize, depth: u32) -> &Self {
        let (c, d) = (self.calls.count(), self.calls.depth());
        assert!(c <= count && d <= depth, "{c} calls, depth {d}: {:?}", self.calls.names());
        self
    }

    fn costs_at_most(&self, usd: f64) {
        assert!(
            self.usd <= usd,
            "${:.3} a million requests, budget ${usd}: {:?}",
            self.usd,
            self.calls.names()
        );
    }
}

#[tokio::test]
async fn signing_in_stays_within_its_calls() {
    let world = World::start(40).await;
    let ask = json!({"practice": "demo", "address": "maria@patients.test"});
    world.browser().post("/v1/login-links", ask.clone()).await.expect(202);
    let mut browser = world.browser();
    let (answer, links) = counted(&world, "login-links", browser.post("/v1/login-links", ask)).await;
    answer.expect(202);
    links.within(6, 2);
    world.pump().await;
    let code = code_in(&world.aws.outbox().all().last().unwrap().text);
    let (answer, redeem) =
        counted(&world, "redeem a code", browser.post("/v1/sessions", json!({"code": code}))).await;
    answer.expect(200);
    redeem.within(6, 3);
    let date = json!({"birth_date": "1985-03-14"});
    let (answer, person) = counted(&world, "birth date", browser.post("/v1/sessions/person", date)).await;
    answer.expect(201);
    person.within(6, 3);

    let mut ana = world.signed_in(&world.demo, "ana").await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    ana.post_once(&format!("/v1/conversations/{id}/messages"), "k", text("hello")).await.expect(201);
    world.pump().await;
    let mail = world.aws.outbox().all().last().unwrap().text.clone();
    let token = mail.split_once("#t=").unwrap().1[..22].to_owned();
    let body = json!({"token": token, "birth_date": "1985-03-14"});
    let mut phone = world.browser();
    let (answer, notice) = counted(&world, "notice", phone.post("/v1/sessions/person", body)).await;
    answer.expect(201);
    notice.within(6, 3);

    let mut staff = world.browser();
    let ask = json!({"practice": "demo", "for": "staff", "address": "ana@demo.test"});
    staff.post("/v1/login-links", ask).await.expect(202);
    world.pump().await;
    let code = code_in(&world.aws.outbox().all().last().unwrap().text);
    let (answer, redeem) =
        counted(&world, "redeem as staff", staff.post("/v1/sessions", json!({"code": code}))).await;
    answer.expect(201);
    redeem.within(6, 3);
}

#[tokio::test]
async fn passkeys_stay_within_their_calls() {
    let world = World::start(43).await;
    let mut key = Authenticator::default();
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let asked = ana.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    ana.post("/v1/passkeys", json!({"credential": key.create(&asked)})).await.expect(201);
    let mut phone = Authenticator::default();
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let asked = maria.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    maria.post("/v1/passkeys", json!({"credential": phone.create(&asked)})).await.expect(201);
    let warm = json!({"practice": "demo"});
    world.browser().post("/v1/sessions/passkey-options", warm).await.expect(200);
    for (who, device) in [("staff", &mut key), ("patient", &mut phone)] {
        let mut browser = world.browser();
        let ask = browser.post("/v1/sessions/passkey-options", json!({"practice": "demo", "for": who}));
        let (answer, asking) = counted(&world, &format!("ask for a passkey of {who}"), ask).await;
        let passkey = device.get(&answer.expect(200).json());
        asking.within(2, 2);
        let shown = browser.post("/v1/sessions/second-factor", json!({"passkey": passkey}));
        let (answer, signed_in) = counted(&world, &format!("passkey of {who}"), shown).await;
        answer.expect(201);
        signed_in.within(6, 3);
    }
    // A browser that still holds a session ends it with the same calls.
    let asked =
        maria.post("/v1/sessions/passkey-options", json!({"practice": "demo"})).await.expect(200).json();
    let shown = json!({"passkey": phone.get(&asked)});
    let shown = maria.post("/v1/sessions/second-factor", shown);
    let (answer, signed_in) = counted(&world, "passkey of patient, signed in", shown).await;
    answer.expect(201);
    signed_in.within(6, 3);
    for (who, browser, device) in [("staff", &mut ana, &mut key), ("patient", &mut maria, &mut phone)] {
        let (answer, asking) =
            counted(&world, "ask to step up", browser.post("/v1/session/passkey-options", json!({}))).await;
        let passkey = device.get(&answer.expect(200).json());
        asking.within(2, 2);
        let shown = browser.post("/v1/session/step-up", json!({"passkey": passkey}));
        let (answer, stepped_up) = counted(&world, &format!("step up by passkey of {who}"), shown).await;
        answer.expect(200);
        stepped_up.within(6, 3);
    }
}

#[tokio::test]
async fn messages_stay_within_their_calls_and_their_price() {
    let world = World::start(41).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}/messages");
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let body = "x".repeat(300);
    for n in 0..60 {
        ana.post_once(&path, &format!("k{n}"), text(&body)).await.expect(201);
    }
    maria.get(&path).await.expect(200);

    for (who, browser) in [("staff", &mut ana.clone()), ("patient", &mut maria)] {
        // Without this the message would come in the same millisecond as the one before, and move no index.
        world.clock.advance_seconds(1);
        // The first message of each minute also notes that somebody is there; the others do not.
        let (answer, post) =
            counted(&world, &format!("post by {who}"), browser.post_once(&path, who, text(&body))).await;
        answer.expect(201);
        post.within(4, 2).costs_at_most(12.0);
    }
    let (answer, page) = counted(&world, "page of 50 again", maria.get(&path)).await;
    answer.expect(200);
    let (answer, page_again) = counted(&world, "page of 50", maria.get(&path)).await;
    let answer = answer.expect(200);
    assert_eq!(answer.json()["items"].as_array().unwrap().len(), 50);
    page.within(6, 3);
    page_again.within(6, 3).costs_at_most(3.5);
    assert!(page_again.usd_out < 3.0, "data out");
    let etag = answer.headers["etag"].to_str().unwrap().to_owned();
    let mut poller = maria.clone().with_header("if-none-match", &etag);
    let (answer, poll) = counted(&world, "poll", poller.get(&format!("{path}?after=62"))).await;
    answer.expect(304);
    poll.within(2, 1).costs_at_most(1.5);
    let (answer, inbox) = counted(&world, "inbox", ana.get("/v1/conversations")).await;
    answer.expect(200);
    inbox.within(4, 3);
    let again = json!({"kind": "correction", "of": 1, "text": body});
    let (answer, correction) =
        counted(&world, "post a correction", ana.post_once(&path, "correction", again)).await;
    answer.expect(201);
    correction.within(3, 3);
    for (what, seq, calls, depth) in [("unopened", 63, 5, 3), ("opened", 1, 7, 4)] {
        let place = format!("{path}/{seq}/recall");
        let recall = ana.post(&place, json!({"reason": "wrong_patient"}));
        let (answer, recall) = counted(&world, &format!("recall what is {what}"), recall).await;
        let answer = answer.expect(200).json();
        assert_eq!(answer["opened"].is_object(), what == "opened");
        recall.within(calls, depth);
    }
}

#[tokio::test]
async fn a_cold_function_adds_one_key_and_one_step() {
    let world = World::start(42).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}/messages");
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.post_once(&path, "k1", text("hello")).await.expect(201);
    ana.get(&path).await.expect(200);
    let (_, warm) = counted(&world, "warm page", ana.get(&path)).await;
    // Keys leave the memory after five minutes; the practice has left it before.
    world.clock.advance_seconds(301);
    let (answer, cold) = counted(&world, "page with a cold key", ana.get(&path)).await;
    answer.expect(200);
    assert_eq!(cold.calls.count(), warm.calls.count() + 1, "{:?}", cold.calls.names());
    assert!(cold.calls.depth() <= warm.calls.depth() + 1);
}
