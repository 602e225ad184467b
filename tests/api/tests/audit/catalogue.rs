//! Every route says in docs/audit.md which events it writes, or why it writes none; and those that read keep their word.

use std::collections::{BTreeMap, BTreeSet};

use api_tests::{World, people::text};
use domain::audit::Verb;
use serde_json::json;

use crate::support::stored_ids;

/// By the id of the operation: its verbs, none where there is a reason.
fn catalogue() -> BTreeMap<String, BTreeSet<String>> {
    let document = include_str!("../../../../docs/audit.md");
    let (_, part) = document.split_once("## What each route writes").expect("the part");
    let rows = part.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    rows.take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [operation, said] = cells[..] else { panic!("{row}") };
            let verbs: BTreeSet<String> = match said.strip_prefix('–') {
                Some(reason) => {
                    assert!(reason.len() > 5, "{operation} gives no reason");
                    BTreeSet::new()
                }
                None => said.split_whitespace().map(|verb| verb.trim_matches('`').to_owned()).collect(),
            };
            for verb in &verbs {
                serde_json::from_str::<Verb>(&format!("\"{verb}\""))
                    .unwrap_or_else(|_| panic!("{operation}: {verb}"));
            }
            (operation.to_owned(), verbs)
        })
        .collect()
}

/// Method, path and id of every operation of every router.
fn operations() -> Vec<(String, String, String)> {
    let document = serde_json::to_value(local::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| {
            (method.to_uppercase(), path.clone(), operation["operationId"].as_str().unwrap().to_owned())
        })
    });
    all.collect()
}

#[test]
fn every_route_declares_its_events() {
    let declared: BTreeSet<String> = catalogue().into_keys().collect();
    let routes: BTreeSet<String> = operations().into_iter().map(|(_, _, id)| id).collect();
    let missing: Vec<_> = routes.difference(&declared).collect();
    let stale: Vec<_> = declared.difference(&routes).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "docs/audit.md lacks {missing:?} and has {stale:?} too many"
    );
    println!("| A1 | routes that declare their audit events | {} of {} |", declared.len(), routes.len());
}

#[tokio::test]
async fn every_route_that_reads_writes_what_it_declares() {
    let (world, catalogue) = (World::start(9_500).await, catalogue());
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let messages = format!("/v1/conversations/{id}/messages");
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.post_once(&messages, &world.fresh_key(), text("Please call.")).await.expect(201);
    let note = json!({"text": "Called her."});
    ana.post_once(&format!("/v1/conversations/{id}/notes"), &world.fresh_key(), note).await.expect(201);
    // Something recalled, kept, asked for and allowed.
    let wrong = ana.post_once(&messages, &world.fresh_key(), text("For John.")).await.expect(201).json();
    let recall = format!("{messages}/{}/recall", wrong["seq"]);
    let recalled = ana.post(&recall, json!({"reason": "wrong_patient"})).await.expect(200).json();
    let evidence = recalled["evidence_id"].as_str().unwrap().to_owned();
    let why = json!({"reason": "The patient has complained."});
    let mut ida = world.signed_in(&world.demo, "ida").await;
    ida.post(&format!("/v1/evidence/{evidence}/request"), why).await.expect(201);
    ana.post(&format!("/v1/evidence/{evidence}/decision"), json!({"word": "approved"})).await.expect(200);
    let maria = world.demo.patients["maria"].id.to_string();
    let due = json!({"patient_id": maria, "kind": "pickup_notice"});
    let due = ana.post_once("/v1/texts", &world.fresh_key(), due).await.expect(201).json();
    let due = due["id"].as_str().unwrap().to_owned();
    let mut called = 0;
    for (method, path, operation) in operations() {
        // What is read back of a link needs the link; the rest needs nothing but ids.
        if method != "GET" || operation == "getDeviceLink" {
            continue;
        }
        let who = match path.as_str() {
            path if path.starts_with("/v1/audit") || path.starts_with("/v1/evidence") => "ida",
            "/v1/session" => "maria",
            path if path.starts_with("/v1/me") || path.starts_with("/v1/devices") => "maria",
            _ => "ana",
        };
        let thing = match path.as_str() {
            path if path.starts_with("/v1/conversations") => &id,
            path if path.starts_with("/v1/evidence") => &evidence,
            path if path.starts_with("/v1/texts") => &due,
            _ => &maria,
        };
        let url = path.replace("{id}", thing).replace("{slug}", "demo");
        let url = if operation == "searchPatients" { format!("{url}?q=maria") } else { url };
        let mut browser = world.signed_in(&world.demo, who).await;
        let before = stored_ids(&world, world.demo.id).await;
        let answer = browser.get(&url).await;
        assert!(answer.status.is_success(), "{operation}: {}", answer.status);
        let items = world.aws.items("AuditTable").await;
        let new = items.iter().filter(|item| item["PK"]["S"].as_str().unwrap().starts_with("EVENT#"));
        let new = new.filter(|item| !before.contains(item["SK"]["S"].as_str().unwrap()));
        let new = new.filter(|item| item["PK"]["S"].as_str().unwrap().contains(&world.demo.id.to_string()));
        let verbs: BTreeSet<String> =
            new.map(|item| item["verb"]["S"].as_str().unwrap().to_owned()).collect();
        let declared = &catalogue[&operation];
        assert!(verbs.is_subset(declared), "{operation} wrote {verbs:?}, and declares {declared:?}");
        assert_eq!(
            verbs.is_empty(),
            declared.is_empty(),
            "{operation} wrote {verbs:?}, and declares {declared:?}"
        );
        called += 1;
    }
    println!("| A1 | routes that read, called: wrote what they declare | {called} of {called} |");
}
