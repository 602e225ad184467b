//! Programs that open, follow and submit what is in a mail, forms included. None burns a link, none gets in.

use api_tests::{Browser, World};
use http::Method;
use serde_json::json;

use crate::support::{MARIA, asked, date, gives_session, notice, row, times};

/// One visit of a program that read the mail.
async fn visit(browser: &mut Browser, kind: usize, token: &str, code: &str) -> usize {
    let mut sessions = 0;
    let mut note = |answer: &api_tests::Answer| sessions += usize::from(gives_session(answer));
    match kind {
        0..=2 => {
            let method = [Method::GET, Method::HEAD, Method::OPTIONS][kind].clone();
            let headers: &[(&str, &str)] = if kind == 0 { &[("purpose", "prefetch")] } else { &[] };
            for path in ["/v1/sessions", "/v1/sessions/person", "/v1/session", "/v1/health"] {
                note(
                    &browser
                        .send(method.clone(), &format!("{path}?t={token}&token={token}"), None, headers)
                        .await,
                );
            }
        }
        // Runs the script and presses every button, without the cookie of the browser that asked.
        3 => {
            note(&browser.post("/v1/sessions", json!({"token": token})).await);
            note(&browser.post("/v1/sessions", json!({"code": code})).await);
            note(&browser.post("/v1/sessions/person", json!({"birth_date": "1990-01-01"})).await);
            note(&browser.post("/v1/sessions/person", date(Some(token), "1990-01-01")).await);
            note(&browser.post("/v1/notices/resend", json!({"notice": token})).await);
        }
        // The same, having asked for itself: with a flow cookie of its own, and every cookie kept.
        _ => {
            crate::support::ask(browser, "patient", "scanner@gateway.test").await;
            note(&browser.post("/v1/sessions", json!({"token": token})).await);
            note(&browser.post("/v1/sessions", json!({"code": code})).await);
            note(&browser.post("/v1/sessions/person", date(Some(token), "1990-01-01")).await);
            note(&browser.post("/v1/sessions/person", date(None, "1990-01-01")).await);
            note(&browser.post("/v1/login-links/again", json!({})).await);
            note(&browser.post("/v1/devices/redeem", json!({"token": token})).await);
        }
    }
    sessions
}

#[tokio::test]
async fn scanners_burn_nothing_and_get_nothing() {
    let world = World::start(7_400).await;
    let rounds = times(40, 200);
    let (mut sessions, mut burned, mut visits, mut most) = (0, 0, 0, 0);
    // It looks at every mail of the mailbox, with one jar of cookies.
    let mut hoarder = world.browser();
    for round in 0..rounds {
        world.clock.advance_seconds(24 * 3600);
        let mut person = asked(&world, round, "patient", MARIA.0).await;
        let before = world.aws.outbox().all().len();
        for kind in 0..5 {
            let mut fresh = world.browser();
            let browser = if kind == 4 { &mut hoarder } else { &mut fresh };
            browser.address = crate::support::network_of(50_000 + round * 5 + kind);
            sessions += visit(browser, kind, &person.token, &person.code).await;
            visits += 1;
        }
        world.pump().await;
        most = most.max(world.aws.outbox().all().len() - before);
        let by = if round % 2 == 0 { json!({"token": person.token}) } else { json!({"code": person.code}) };
        let proven = person.browser.post("/v1/sessions", by).await;
        let signed_in = person.browser.post("/v1/sessions/person", date(None, MARIA.1)).await;
        burned += usize::from(proven.status != 200 || signed_in.status != 201);
    }
    for round in 0..rounds.min(20) {
        world.clock.advance_seconds(24 * 3600);
        let (_, token) = notice(&world, "maria", MARIA.0).await;
        let before = world.aws.outbox().all().len();
        for kind in 0..5 {
            let mut fresh = world.browser();
            let browser = if kind == 4 { &mut hoarder } else { &mut fresh };
            browser.address = crate::support::network_of(60_000 + round * 5 + kind);
            sessions += visit(browser, kind, &token, "12345678").await;
            visits += 1;
        }
        world.pump().await;
        most = most.max(world.aws.outbox().all().len() - before);
        let opened = world.browser().post("/v1/sessions/person", date(Some(&token), MARIA.1)).await;
        burned += usize::from(opened.status != 201);
    }
    assert_eq!((sessions, burned), (0, 0));
    assert!(most <= 1, "a scanner made {most} messages leave");
    row(
        "L5",
        "scanner visits: sessions, links burned, most sends caused by one mail's",
        &format!("{sessions}, {burned}, {most} in {visits}"),
    );
}
