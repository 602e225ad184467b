//! What was used, is over, or belongs to somebody else opens nothing.

use api_tests::{Browser, World};
use serde_json::{Value, json};

use crate::support::{Asked, MARIA, asked, date, gives_session, notice, row, times};

/// Offers a flow's secrets in every way and counts what got further than a question.
async fn offer(browser: &mut Browser, asked: &Asked, birth_date: &str) -> (usize, usize) {
    let mut accepted = 0;
    let tries: [(&str, Value); 4] = [
        ("/v1/sessions", json!({"code": asked.code})),
        ("/v1/sessions", json!({"token": asked.token})),
        ("/v1/sessions/person", date(None, birth_date)),
        ("/v1/sessions/person", date(Some(&asked.token), birth_date)),
    ];
    let count = tries.len();
    for (path, body) in tries {
        accepted += usize::from(gives_session(&browser.post(path, body).await));
    }
    (count, accepted)
}

#[tokio::test]
async fn nothing_is_taken_twice_or_from_another() {
    let world = World::start(7_700).await;
    let rounds = times(100, 320);
    let (mut tried, mut accepted) = (0, 0);
    let mut add = |(n, got): (usize, usize)| {
        tried += n;
        accepted += got;
    };
    for round in 0..rounds {
        world.clock.advance_seconds(24 * 3600);
        let mut maria = asked(&world, round * 2, "patient", MARIA.0).await;
        let john = asked(&world, round * 2 + 1, "patient", "john@patients.test").await;
        // Another's secret in one's own flow, and one's own date for it.
        let mut crossed = maria.browser.clone();
        add(offer(&mut crossed, &john, MARIA.1).await);
        add(offer(&mut john.browser.clone(), &maria, "1950-11-02").await);
        // A cookie that was planted before, and kept by whoever planted it.
        let planted = maria.browser.clone();
        match round % 4 {
            // Too late.
            0 => {
                world.clock.advance_seconds(3_601);
                add(offer(&mut maria.browser.clone(), &maria, MARIA.1).await);
            }
            // From another site.
            1 => {
                let mut foreign = maria.browser.clone().with_header("origin", "https://evil.test");
                add(offer(&mut foreign, &maria, MARIA.1).await);
                let mut hidden = maria.browser.clone().with_header("sec-fetch-site", "cross-site");
                hidden.headers.push(("origin".to_owned(), String::new()));
                add(offer(&mut hidden, &maria, MARIA.1).await);
            }
            // Used, then again, with and without the session that came of it; then signed out.
            _ => {
                maria.browser.post("/v1/sessions", json!({"code": maria.code})).await.expect(200);
                let before = maria.browser.cookies.clone();
                maria.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(201);
                let session = maria.browser.cookies["__Host-session"].clone();
                assert_ne!(before.get("__Host-session"), Some(&session), "a session of its own");
                add(offer(&mut planted.clone(), &maria, MARIA.1).await);
                add(offer(&mut maria.browser.clone(), &maria, MARIA.1).await);
                maria.browser.delete("/v1/session").await.expect(204);
                let mut late = world.browser();
                late.cookies.insert("__Host-session".to_owned(), session);
                late.get("/v1/session").await.expect(401);
                add((1, usize::from(late.get("/v1/conversations").await.status == 200)));
                add(offer(&mut planted.clone(), &maria, MARIA.1).await);
            }
        }
    }
    // Notice links of others, dead ones, and ones that another browser opened first.
    let clear = format!("/v1/patients/{}/tries/clear", world.demo.patients["maria"].id);
    for _ in 0..rounds / 2 {
        world.clock.advance_seconds(24 * 3600);
        // So many wrong dates shut a patient's ways in until staff clear them.
        world.signed_in(&world.demo, "ana").await.post(&clear, json!({})).await.expect(204);
        let (_, token) = notice(&world, "maria", MARIA.0).await;
        let open = |token: &str, day: &str| {
            let (mut browser, body) = (world.browser(), date(Some(token), day));
            async move { gives_session(&browser.post("/v1/sessions/person", body).await) }
        };
        for day in ["1950-11-02", "2012-09-17", "1979-05-05"] {
            add((1, usize::from(open(&token, day).await)));
        }
        assert!(open(&token, MARIA.1).await, "the first browser opens it");
        for _ in 0..4 {
            add((1, usize::from(open(&token, MARIA.1).await)));
        }
        world.clock.advance_seconds(8 * 24 * 3600);
        add((1, usize::from(open(&token, MARIA.1).await)));
    }
    assert_eq!(accepted, 0);
    assert!(tried >= 2_000, "{tried}");
    row(
        "L6",
        "replay, cross-flow, fixation, sign-in CSRF, dead and foreign links",
        &format!("{accepted} of {tried}"),
    );
}
