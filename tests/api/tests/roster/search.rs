//! Finding patients.

use api_tests::{World, people};
use serde_json::Value;

use crate::{errors, events, events_since, ids, names, pairs};

async fn add(world: &World, name: &str) {
    people::add(&world.operator, world.demo.id, name, "1999-09-09", "en", &[]).await;
}

#[tokio::test]
async fn pages_lead_through_the_results_by_name() {
    let world = World::start(21).await;
    for name in ["Tom Zander", "Tom Abel", "tom Émile", "Tom Eder", "Tom Quist", "Tomás Bo", "Tim Abel"] {
        add(&world, name).await;
    }
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let all = ["Tom Abel", "Tom Eder", "tom Émile", "Tom Quist", "Tom Zander", "Tomás Bo"];
    let whole = ben.get("/v1/patients?q=tom").await.expect(200).json();
    assert_eq!(names(&whole), all);
    assert_eq!(whole["next_cursor"], Value::Null);
    for limit in 1..=6 {
        let mut seen = Vec::new();
        let mut path = format!("/v1/patients?q=tom&limit={limit}");
        loop {
            let page = ben.get(&path).await.expect(200).json();
            assert!(ids(&page).len() <= limit);
            seen.extend(names(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/patients?q=tom&limit={limit}&cursor={cursor}");
        }
        assert_eq!(seen, all, "{limit}");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_one_viewer_and_one_search() {
    let world = World::start(22).await;
    for name in ["Tom One", "Tom Two", "Tom Three"] {
        add(&world, name).await;
    }
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let ana = world.signed_in(&world.demo, "ana").await;
    let foreign = world.signed_in(&world.other, "ben").await;
    let page = ben.get("/v1/patients?q=tom&limit=1").await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    assert!(!cursor.contains("tom") && !cursor.contains("pat_"), "a cursor says nothing");
    ben.get(&format!("/v1/patients?q=tom&cursor={cursor}")).await.expect(200);
    let flipped: String = cursor
        .char_indices()
        .map(|(n, c)| if n == 20 { if c == 'A' { 'B' } else { 'A' } } else { c })
        .collect();
    for (browser, q, cursor) in [
        (&ana, "tom", cursor.clone()),
        (&foreign, "tom", cursor.clone()),
        (&ben, "to", cursor.clone()),
        (&ben, "tom", flipped),
        (&ben, "tom", "AAAA".to_owned()),
        (&ben, "tom", "%25%25".to_owned()),
    ] {
        let mut browser = browser.clone();
        let answer = browser.get(&format!("/v1/patients?q={q}&cursor={cursor}")).await.expect(422);
        assert_eq!(errors(&answer), pairs(&[("/cursor", "invalid_cursor")]));
    }
}

#[tokio::test]
async fn the_whole_practice_is_never_listed() {
    let world = World::start(23).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    for (query, error) in [
        ("", ("/q", "missing_member")),
        ("?limit=10", ("/q", "missing_member")),
        ("?q=", ("/q", "too_short")),
        ("?q=m", ("/q", "too_short")),
        ("?q=m%20l", ("/q", "too_short")),
        ("?q=%20%20", ("/q", "too_short")),
        ("?q=%25", ("/q", "too_short")),
        ("?q=maria&limit=0", ("/limit", "out_of_range")),
        ("?q=maria&limit=101", ("/limit", "out_of_range")),
        ("?q=maria&limit=x", ("", "invalid_query")),
        ("?q=maria&limit=-1", ("", "invalid_query")),
        ("?q=maria&page=2", ("", "invalid_query")),
        ("?q=maria&q=john", ("", "invalid_query")),
    ] {
        let answer = ben.get(&format!("/v1/patients{query}")).await.expect(422);
        assert_eq!(errors(&answer), pairs(&[error]), "{query}");
    }
    let long = format!("/v1/patients?q={}", "a".repeat(201));
    assert_eq!(errors(&ben.get(&long).await.expect(422)), pairs(&[("/q", "too_long")]));
    // Bytes that are no UTF-8 are compared as what they are not; they find nobody.
    let answer = ben.get("/v1/patients?q=%ff%fe%fd").await;
    assert!(matches!(answer.status.as_u16(), 200 | 422), "{}", answer.status);
}

#[tokio::test]
async fn another_practice_is_another_world() {
    let world = World::start(24).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let found = ben.get("/v1/patients?q=maria%20lopez").await.expect(200).json();
    assert_eq!(ids(&found), [world.demo.patients["maria"].id.to_string()]);
    people::add(&world.operator, world.other.id, "Only There", "1999-09-09", "en", &[]).await;
    assert_eq!(ids(&ben.get("/v1/patients?q=only").await.expect(200).json()), [""; 0]);
}

#[tokio::test]
async fn of_too_many_it_says_so_and_more_words_find_the_one() {
    let world = World::start(25).await;
    add(&world, "Maria Abacus").await;
    for n in 0..210 {
        add(&world, &format!("Maria N{}x", char::from(b'a' + (n % 26) as u8))).await;
    }
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let page = ben.get("/v1/patients?q=maria&limit=100").await.expect(200).json();
    assert_eq!((page["complete"].as_bool(), ids(&page).len()), (Some(false), 100));
    let page = ben.get("/v1/patients?q=maria%20aba").await.expect(200).json();
    assert_eq!(names(&page), ["Maria Abacus"], "the oldest of them all is found by two words");
    assert_eq!(page["complete"], true);
    let page = ben.get("/v1/patients?q=maria%201985-03-14").await.expect(200).json();
    assert_eq!((names(&page), page["complete"].as_bool()), (vec!["Maria Lopez".to_owned()], Some(true)));
}

#[tokio::test]
async fn the_log_says_who_was_shown() {
    let world = World::start(26).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let before = events(&world, &world.demo).await;
    let vegas = ben.get("/v1/patients?q=vega").await.expect(200).json();
    ben.get("/v1/patients?q=carter").await.expect(200);
    ben.get("/v1/patients?q=nobody").await.expect(200);
    let searches: Vec<_> = events_since(&world, &world.demo, &before)
        .await
        .iter()
        .map(|event| {
            assert_eq!(event.text("verb").unwrap(), "patients_searched");
            assert_eq!(event.text("actor").unwrap(), world.demo.staff["ben"].to_string());
            let text = |name: &str| event.optional_text(name).map(str::to_owned);
            (text("patient"), text("object"))
        })
        .collect();
    assert_eq!(ids(&vegas).len(), 2);
    let john = world.demo.patients["john"].id.to_string();
    assert_eq!(searches.len(), 3);
    for expected in [(None, Some(ids(&vegas).join(","))), (Some(john), None), (None, None)] {
        assert!(searches.contains(&expected), "{expected:?}");
    }
}
