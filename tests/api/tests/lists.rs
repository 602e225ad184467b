//! Lists of conversations over more than one page, and changes that meet another.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use api_tests::{Browser, World, people::text};
use serde_json::{Value, json};

/// The ids of all pages of a list, in order; every page but the last is full.
async fn all_pages(browser: &mut Browser, query: &str, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut path = format!("/v1/conversations?limit={limit}{query}");
    loop {
        let page = browser.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { return ids };
        assert_eq!(items.len(), limit, "a page is cut after it was filtered");
        path = format!("/v1/conversations?limit={limit}{query}&cursor={cursor}");
    }
}

#[tokio::test]
async fn a_patients_list_is_in_order_and_filtered_over_all_its_pages() {
    let world = World::start(150).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        world.clock.advance_seconds(1);
        ids.push(world.conversation(&world.demo, "ana", "maria").await);
    }
    let mut ana = world.signed_in(&world.demo, "ana").await;
    // Old ones become the newest; every second one is closed.
    for n in [0, 3] {
        world.clock.advance_seconds(1);
        let path = format!("/v1/conversations/{}/messages", ids[n]);
        ana.post_once(&path, &format!("k{n}"), text("hello")).await.expect(201);
    }
    for n in [1, 3, 5] {
        ana.patch(&format!("/v1/conversations/{}", ids[n]), json!({"state": "closed"})).await.expect(200);
    }
    let named = |order: &[usize]| order.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>();
    let whole = named(&[3, 0, 6, 5, 4, 2, 1]);
    let (open, closed) = (named(&[0, 6, 4, 2]), named(&[3, 5, 1]));
    let mut maria = world.signed_in(&world.demo, "maria").await;
    let patient = format!("&patient={}", world.demo.patients["maria"].id);
    for limit in [1, 2, 3, 100] {
        assert_eq!(all_pages(&mut maria, "", limit).await, whole, "{limit}");
        assert_eq!(all_pages(&mut maria, "&state=open", limit).await, open, "{limit}");
        assert_eq!(all_pages(&mut maria, "&state=closed", limit).await, closed, "{limit}");
        assert_eq!(all_pages(&mut ana, &patient, limit).await, whole, "{limit}");
        assert_eq!(all_pages(&mut ana, &format!("{patient}&state=open"), limit).await, open, "{limit}");
    }
    let first = maria.get("/v1/conversations?limit=2").await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    maria.get(&format!("/v1/conversations?limit=2&state=open&cursor={cursor}")).await.expect(422);
}

async fn last_event(world: &World, verb: &str) -> Option<Value> {
    let items = world.aws.items("AuditTable").await;
    let mut events: Vec<_> = items.iter().map(|item| serde_json::to_value(item).unwrap()).collect();
    events.retain(|item| item["verb"]["S"] == verb);
    events.sort_by_key(|item| item["SK"]["S"].as_str().unwrap_or_default().to_owned());
    events.pop()
}

#[tokio::test]
async fn the_events_of_lists_and_sessions_name_whose_names_were_shown() {
    let world = World::start(151).await;
    for who in ["maria", "john"] {
        let _ = world.conversation(&world.demo, "ana", who).await;
    }
    let mut shown = ["maria", "john"].map(|who| world.demo.patients[who].id.to_string());
    shown.sort();
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.get("/v1/conversations").await.expect(200);
    let event = last_event(&world, "conversations_listed").await.unwrap();
    assert_eq!(event["object"]["S"], shown.join(","));
    let mut john = world.signed_in(&world.demo, "john").await;
    john.get("/v1/conversations").await.expect(200);
    let event = last_event(&world, "conversations_listed").await.unwrap();
    assert_eq!(event["patient"]["S"], json!(world.demo.patients["john"].id));

    // Whoever acts for others sees their names with the session; a member of staff sees their own.
    assert_eq!(last_event(&world, "session_shown").await, None);
    ana.get("/v1/session").await.expect(200);
    assert_eq!(last_event(&world, "session_shown").await, None);
    world.signed_in(&world.demo, "rosa").await.get("/v1/session").await.expect(200);
    let event = last_event(&world, "session_shown").await.unwrap();
    let mut family = ["rosa", "luis"].map(|who| world.demo.patients[who].id.to_string());
    let mut named: Vec<_> = event["object"]["S"].as_str().unwrap().split(',').collect();
    named.sort_unstable();
    family.sort();
    assert_eq!(named, family);
}

#[tokio::test]
async fn what_somebody_else_has_changed_meanwhile_is_not_changed_again() {
    let world = World::start(152).await;
    let id = world.conversation(&world.demo, "ana", "maria").await;
    let path = format!("/v1/conversations/{id}");
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let [anas, bens] = ["ana", "ben"].map(|who| world.demo.staff[who].to_string());
    let seen = json!({"state": "open", "assigned_to": null});
    ana.patch(&path, json!({"assigned_to": anas, "seen": seen})).await.expect(200);
    // Ben still sees it as nobody's.
    for late in [json!({"assigned_to": bens, "seen": seen}), json!({"state": "closed", "seen": seen})] {
        assert_eq!(ben.patch(&path, late).await.expect(409).problem(), "conflict");
    }
    assert_eq!(ben.get(&path).await.expect(200).json()["assigned_to"], anas);
    // What is so already is no conflict, whatever was seen.
    ben.patch(&path, json!({"assigned_to": anas, "seen": seen})).await.expect(200);
    let fresh = json!({"state": "open", "assigned_to": anas});
    ben.patch(&path, json!({"assigned_to": bens, "seen": fresh})).await.expect(200);
    for bad in [json!({"state": "closed", "seen": {"state": "shut"}}), json!({"state": "closed", "seen": 1})]
    {
        ben.patch(&path, bad).await.expect(422);
    }
    // Eight at once: one of them does it.
    let seen = json!({"state": "open", "assigned_to": bens});
    let answers = futures_util::future::join_all((0..8).map(|n| {
        let (mut browser, path, seen) = (ana.clone(), path.clone(), seen.clone());
        let body = if n % 2 == 0 {
            json!({"state": "closed", "seen": seen})
        } else {
            json!({"assigned_to": null, "seen": seen})
        };
        async move { browser.patch(&path, body).await.status.as_u16() }
    }))
    .await;
    assert!(answers.iter().all(|status| matches!(status, 200 | 409)), "{answers:?}");
    assert!(answers.contains(&200));
    let head = ana.get(&path).await.expect(200).json();
    let closed = head["state"] == "closed";
    assert_eq!(head["assigned_to"].is_null(), !closed, "one of the two was done: {head}");
}
