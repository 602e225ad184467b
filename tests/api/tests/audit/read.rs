//! Reading the log: who may, what they see, page by page; and what patients see of it.

use std::collections::BTreeSet;

use api_tests::{Answer, Browser, World, people::text};
use domain::audit::{ActorId, Event, Verb};
use platform::{chain::SignedCheckpoint, store::audit};
use serde_json::{Value, json};

use crate::support::{conversation, public_key, record_many, stored_ids, tick, verify};

const LISTS: [&str; 3] = ["/v1/audit", "/v1/audit/checkpoints", "/v1/audit/export"];

fn text_of(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.clone()).expect("text")
}

fn ids(answer: &Value) -> Vec<String> {
    answer["items"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap().to_owned()).collect()
}

/// All pages of a list.
async fn pages(browser: &mut Browser, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..200 {
        let separator = if path.contains('?') { '&' } else { '?' };
        let at = cursor.map_or(path.to_owned(), |cursor| format!("{path}{separator}cursor={cursor}"));
        let page = browser.get(&at).await.expect(200).json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
    panic!("no end of {path}");
}

/// Everything settled: linked, kept, signed.
async fn settle(world: &World) {
    world.pump().await;
    tick(world).await.expect("a tick");
}

#[tokio::test]
async fn auditors_and_admins_read_it_and_nobody_else() {
    let world = World::start(9_400).await;
    conversation(&world).await;
    settle(&world).await;
    for (who, status) in
        [("ida", 200), ("max", 200), ("ana", 200), ("ben", 403), ("cleo", 403), ("maria", 403)]
    {
        for path in LISTS {
            let answer = world.signed_in(&world.demo, who).await.get(path).await;
            assert_eq!(answer.status, status, "{who} {path}");
        }
    }
    for path in LISTS.into_iter().chain(["/v1/me/access-log"]) {
        world.browser().get(path).await.expect(401);
    }
    // Another practice's auditor sees another practice's events alone.
    let mut foreign = world.signed_in(&world.other, "ida").await;
    let patient = world.demo.patients["maria"].id;
    let seen = foreign.get(&format!("/v1/audit?patient={patient}")).await.expect(200).json();
    assert_eq!(seen["items"], json!([]));
    let own: BTreeSet<String> = stored_ids(&world, world.other.id).await;
    let mut seen = ids(&foreign.get("/v1/audit").await.expect(200).json());
    seen.retain(|id| !own.contains(id));
    assert!(seen.is_empty(), "{seen:?}");
    let text = text_of(&foreign.get("/v1/audit/export").await.expect(200));
    assert!(!text.contains(&world.demo.id.to_string()));
}

#[tokio::test]
async fn it_is_read_by_patient_actor_and_time_page_by_page() {
    let world = World::start(9_401).await;
    conversation(&world).await;
    world.clock.advance_seconds(86_400);
    record_many(&world, world.demo.id, 30).await;
    world.clock.advance_seconds(2 * 86_400);
    conversation(&world).await;
    settle(&world).await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let before = stored_ids(&world, world.demo.id).await;
    let all = ida.get("/v1/audit?limit=100").await.expect(200).json();
    assert_eq!(ids(&all).iter().cloned().collect::<BTreeSet<_>>(), before, "everything of a week");
    let times: Vec<_> = all["items"].as_array().unwrap().iter().map(|e| e["at"].to_string()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first");

    // Page by page the same, but for the readings themselves.
    let mut paged = pages(&mut ida, "/v1/audit?limit=7").await;
    paged.retain(|event| event["verb"] != "audit_read");
    assert_eq!(paged.len(), before.len());

    let (maria, ana) = (world.demo.patients["maria"].id, world.demo.staff["ana"]);
    for limit in [1, 3, 100] {
        let hers = pages(&mut ida, &format!("/v1/audit?patient={maria}&limit={limit}")).await;
        let verbs: Vec<_> = hers.iter().map(|event| event["verb"].as_str().unwrap()).collect();
        assert_eq!(verbs.iter().filter(|verb| **verb == "messages_read").count(), 2, "{verbs:?}");
        assert!(hers.iter().all(|event| event["patient_id"] == maria.to_string()));
        let distinct: BTreeSet<_> = hers.iter().map(|event| event["id"].to_string()).collect();
        assert_eq!(distinct.len(), hers.len(), "none twice");
        settle(&world).await;
    }
    let by_ana = pages(&mut ida, &format!("/v1/audit?actor={ana}&limit=2")).await;
    assert!(by_ana.len() >= 4 && by_ana.iter().all(|event| event["actor"] == ana.to_string()));
    let sent = format!("/v1/audit?patient={maria}&actor={ana}");
    assert!(pages(&mut ida, &sent).await.iter().all(|event| event["actor"] == ana.to_string()));
    // The second day alone: thirty readings by nobody.
    let day = &world.clock.now().plus_seconds(-2 * 86_400).utc_day();
    let that_day = pages(&mut ida, &format!("/v1/audit?from={day}&to={day}&limit=100")).await;
    assert_eq!(that_day.len(), 30, "{day}");
    let at = that_day[10]["at"].as_str().unwrap();
    let until = pages(&mut ida, &format!("/v1/audit?from={day}&to={at}&limit=100")).await;
    assert_eq!(until.len(), 19, "before, not at");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_a_cursor_is_its_owners() {
    let world = World::start(9_402).await;
    record_many(&world, world.demo.id, 5).await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    for wrong in [
        "patient=x",
        "patient=stf_01k8zzzzzz0000000000000000",
        "actor=me",
        "from=yesterday",
        "to=2026-13-01",
        "limit=0",
        "limit=101",
        "cursor=x",
        "more=1",
    ] {
        ida.get(&format!("/v1/audit?{wrong}")).await.expect(422);
    }
    ida.get("/v1/audit/export?after=-1").await.expect(422);
    ida.get("/v1/audit/checkpoints?cursor=x").await.expect(422);
    let page = ida.get("/v1/audit?limit=1").await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    ida.get(&format!("/v1/audit?limit=1&cursor={cursor}")).await.expect(200);
    ida.get(&format!("/v1/audit?limit=1&actor=system&cursor={cursor}")).await.expect(422);
    let mut max = world.signed_in(&world.demo, "max").await;
    max.get(&format!("/v1/audit?limit=1&cursor={cursor}")).await.expect(422);
}

#[tokio::test]
async fn whoever_reads_it_is_in_it_and_without_the_event_nothing_leaves() {
    let world = World::start(9_403).await;
    conversation(&world).await;
    settle(&world).await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let maria = world.demo.patients["maria"].id;
    ida.get(&format!("/v1/audit?patient={maria}")).await.expect(200);
    ida.get("/v1/audit/checkpoints").await.expect(200);
    ida.get("/v1/audit/export").await.expect(200);
    world.signed_in(&world.demo, "maria").await.get("/v1/me/access-log").await.expect(200);
    let events = ida.get("/v1/audit").await.expect(200).json();
    for (verb, who) in [
        ("audit_read", world.demo.staff["ida"].to_string()),
        ("checkpoints_read", world.demo.staff["ida"].to_string()),
        ("audit_exported", world.demo.staff["ida"].to_string()),
        ("access_log_read", world.demo.patients["maria"].account.unwrap().to_string()),
    ] {
        let found = events["items"].as_array().unwrap().iter().find(|event| event["verb"] == verb);
        assert_eq!(found.unwrap_or_else(|| panic!("{verb}"))["actor"], who);
    }
    assert!(world.aws.iam().without("AuditFunction", "AuditRecords"));
    for path in LISTS {
        let answer = ida.get(path).await.expect(503);
        assert!(!text_of(&answer).contains("evt_"), "{path}");
    }
    let answer = world.signed_in(&world.demo, "maria").await.get("/v1/me/access-log").await.expect(503);
    assert!(!text_of(&answer).contains("evt_"));
}

async fn exported(browser: &mut Browser) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    loop {
        let page =
            text_of(&browser.get(&format!("/v1/audit/export?after={}", lines.len())).await.expect(200));
        if page.is_empty() {
            return lines;
        }
        lines.extend(page.lines().map(str::to_owned));
    }
}

#[tokio::test]
async fn an_export_is_whole_and_is_checked_against_the_checkpoints() {
    let world = World::start(9_404).await;
    world.pump().await;
    record_many(&world, world.demo.id, 1_700).await;
    settle(&world).await;
    for _ in 0..5 {
        world.clock.advance_seconds(60);
        conversation(&world).await;
        settle(&world).await;
    }
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let lines = exported(&mut ida).await;
    let items = pages(&mut ida, "/v1/audit/checkpoints?limit=2").await;
    assert_eq!(items.len(), 6);
    let checkpoints: Vec<_> =
        items.iter().map(|item| SignedCheckpoint::parse(&item.to_string()).expect("a checkpoint")).collect();
    let whole = verify(&lines, checkpoints, &public_key(&world).await).expect("whole");
    assert_eq!((whole.last, whole.signed), (lines.len() as u64, lines.len() as u64));
    // From the middle of a segment: the rest of it, and what follows.
    let rest = ida.get("/v1/audit/export?after=1234").await.expect(200);
    assert_eq!(rest.headers["content-type"], "application/x-ndjson");
    assert_eq!(text_of(&rest).lines().next(), Some(lines[1234].as_str()));
}

fn said(answer: &Answer) -> Vec<(String, String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let items = answer.json()["items"].as_array().unwrap().clone();
    let one = |item: &Value| {
        (text(&item["verb"]).unwrap(), text(&item["actor"]["kind"]).unwrap(), text(&item["actor"]["name"]))
    };
    items.iter().map(one).collect()
}

fn has(said: &[(String, String, Option<String>)], verb: &str, kind: &str, name: Option<&str>) -> bool {
    said.iter().any(|(v, k, n)| v == verb && k == kind && n.as_deref() == name)
}

#[tokio::test]
async fn patients_see_who_opened_what_of_theirs() {
    let world = World::start(9_405).await;
    conversation(&world).await;
    let maria = world.demo.patients["maria"].id;
    // A colleague who has not written to her, and somebody else's patient.
    world.signed_in(&world.demo, "ben").await.get(&format!("/v1/patients/{maria}")).await.expect(200);
    let john = world.demo.patients["john"].id;
    world.signed_in(&world.demo, "ben").await.get(&format!("/v1/patients/{john}")).await.expect(200);
    settle(&world).await;
    let mut browser = world.signed_in(&world.demo, "maria").await;
    let log = browser.get("/v1/me/access-log").await.expect(200);
    let seen = said(&log);
    assert!(has(&seen, "message_sent", "staff", Some("Ana Ruiz")), "{seen:?}");
    assert!(has(&seen, "messages_read", "you", None), "{seen:?}");
    assert!(has(&seen, "patient_read", "staff", None), "not named: he never wrote to her: {seen:?}");
    assert!(!text_of(&log).contains("Ben") && !text_of(&log).contains("stf_"), "nobody else's name or id");
    assert_eq!(seen.iter().filter(|(verb, ..)| verb == "patient_read").count(), 1, "not John's");
    // Page by page.
    settle(&world).await;
    let paged = pages(&mut browser, "/v1/me/access-log?limit=2").await;
    assert!(paged.len() >= seen.len());
    // Staff have no such log, and another patient's is not there.
    world.signed_in(&world.demo, "ana").await.get("/v1/me/access-log").await.expect(403);
    browser.get(&format!("/v1/me/access-log?patient={john}")).await.expect(404);
    browser.get("/v1/me/access-log?patient=nonsense").await.expect(404);
}

#[tokio::test]
async fn a_parent_sees_the_childs_log_while_the_grant_lasts() {
    let world = World::start(9_406).await;
    let luis = world.demo.patients["luis"].id;
    world.signed_in(&world.demo, "ben").await.get(&format!("/v1/patients/{luis}")).await.expect(200);
    settle(&world).await;
    let mut rosa = world.signed_in(&world.demo, "rosa").await;
    let path = format!("/v1/me/access-log?patient={luis}");
    let seen = said(&rosa.get(&path).await.expect(200));
    assert!(has(&seen, "patient_read", "staff", None), "{seen:?}");
    let own = said(&rosa.get("/v1/me/access-log").await.expect(200));
    assert!(!own.iter().any(|(verb, ..)| verb == "patient_read"), "her own is another: {own:?}");
    world.signed_in(&world.demo, "john").await.get(&path).await.expect(404);
}

#[tokio::test]
async fn long_empty_times_end_a_page_early_with_a_place_to_go_on() {
    let world = World::start(9_407).await;
    world.pump().await;
    let at = world.clock.now();
    world.clock.advance_seconds(300 * 86_400);
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let from = at.plus_seconds(-86_400).utc_day();
    let first = ida.get(&format!("/v1/audit?from={from}&limit=100")).await.expect(200).json();
    assert!(first["next_cursor"].is_string(), "forty days at a time");
    let all = pages(&mut ida, &format!("/v1/audit?from={from}&limit=100")).await;
    assert!(all.iter().any(|event| event["verb"] == "practice_created"));
}

#[tokio::test]
async fn an_event_of_a_verb_that_is_not_known_here_is_shown_as_it_is() {
    let world = World::start(9_408).await;
    let event = audit::event(
        &platform::entropy::Entropy::seeded(1),
        world.clock.now(),
        world.demo.id,
        ActorId::System,
        Verb::PatientRead,
    );
    let mut item = audit::to_item(&Event { object: Some("x".to_owned()), ..event });
    item.insert("verb".to_owned(), platform::store::item::string("from_the_future"));
    item.insert("purpose".to_owned(), platform::store::item::string("treatment"));
    let table = platform::store::table::Table::Audit;
    assert!(world.operator.store.create(table, item).await.unwrap());
    settle(&world).await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let events = text_of(&ida.get("/v1/audit").await.expect(200));
    assert!(events.contains("from_the_future"));
    let lines = exported(&mut ida).await;
    assert!(lines.iter().any(|line| line.contains(r#""purpose":"treatment""#)), "and is linked whole");
}

#[tokio::test]
async fn sending_a_text_leaves_nothing_of_it_in_the_log() {
    let world = World::start(9_409).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{id}/messages");
    ana.post_once(&path, &world.fresh_key(), text("Canary-4711 of the practice")).await.expect(201);
    ana.get("/v1/patients?q=lopez").await.expect(200);
    settle(&world).await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    for path in ["/v1/audit", "/v1/audit/export"] {
        let answer = text_of(&ida.get(path).await.expect(200));
        for word in ["Canary", "Lopez", "lopez", "Maria", "patients.test", "1985-03-14"] {
            assert!(!answer.contains(word), "{word} in {path}");
        }
    }
}
