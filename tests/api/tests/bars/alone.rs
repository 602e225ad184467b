//! No route gives a session for a link or a code alone, whatever the practice has decided.

use api_tests::{Browser, World};
use domain::practice::Policies;
use http::Method;
use serde_json::{Value, json};

use crate::support::{MARIA, asked, gives_session, is_deep, notice, row};

/// Every route of the API, with its method.
fn routes() -> Vec<(Method, String)> {
    let api: Value = serde_json::from_str(include_str!("../../../../docs/api/openapi.json")).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            routes.push((method, path.replace("{id}", "cnv_01jd6xk0000000000000000000")));
        }
    }
    routes
}

/// Bodies that offer the secret under every name that some route knows.
fn bodies(token: &str, code: &str, notice: &str) -> Vec<Value> {
    let mut bodies = vec![json!({}), json!({"birth_date": "1901-01-01"})];
    for secret in [token, notice] {
        bodies.push(json!({"token": secret}));
        bodies.push(json!({"token": secret, "want_token": true}));
        bodies.push(json!({"token": secret, "code": code}));
        bodies.push(json!({"notice": secret}));
        bodies.push(json!({"token": secret, "birth_date": "1901-01-01"}));
    }
    for name in ["code", "totp", "recovery_code", "secret"] {
        bodies.push(json!({name: code}));
        bodies.push(json!({name: code, "want_token": true}));
    }
    bodies.push(json!({"passkey": {"id": token}, "code": code}));
    bodies.push(json!({"shared": false, "token": token}));
    bodies
}

async fn try_all(browser: &Browser, bodies: &[Value]) -> (usize, usize) {
    let (mut tried, mut sessions) = (0, 0);
    for (method, path) in routes() {
        // Signing out is no way in; without a session it is refused like the rest.
        let safe = method.is_safe();
        for body in if safe { &bodies[..1] } else { bodies } {
            let mut browser = browser.clone();
            let body = (!safe).then(|| body.to_string().into_bytes());
            let answer = browser.send(method.clone(), &path, body, &[("idempotency-key", "k")]).await;
            tried += 1;
            if gives_session(&answer) {
                sessions += 1;
                println!("{method} {path} gave a session");
            }
        }
    }
    (tried, sessions)
}

#[tokio::test]
async fn no_route_gives_a_session_for_a_link_or_code_alone() {
    let (mut tried, mut sessions) = (0, 0);
    for policies in 0..8_u64 {
        // The short run has everything switched on and everything off.
        if !is_deep() && !matches!(policies, 0 | 7) {
            continue;
        }
        let world = World::start(7_600 + policies).await;
        let decided = Policies {
            step_up: policies & 1 != 0,
            totp: policies & 2 != 0,
            remember_devices: policies & 4 != 0,
            ..Policies::demonstration(5_000)
        };
        world.set_policies(&world.demo, decided).await;
        let (_, notice) = notice(&world, "john", "john@patients.test").await;
        let fresh = asked(&world, 1, "patient", MARIA.0).await;
        let offered = bodies(&fresh.token, &fresh.code, &notice);
        // The browser that asked, and one that never did.
        for browser in [fresh.browser.clone(), world.browser()] {
            let (n, gave) = try_all(&browser, &offered).await;
            (tried, sessions) = (tried + n, sessions + gave);
        }
        // The same again, one step further: the link is proven, and nothing else is.
        world.clock.advance_seconds(24 * 3600);
        let mut proven = asked(&world, 2, "patient", MARIA.0).await;
        proven.browser.post("/v1/sessions", json!({"token": proven.token})).await.expect(200);
        let offered = bodies(&proven.token, &proven.code, &notice);
        let (n, gave) = try_all(&proven.browser, &offered).await;
        (tried, sessions) = (tried + n, sessions + gave);
    }
    assert_eq!(sessions, 0);
    row("L6a", "sessions for a link or code alone, over every route", &format!("{sessions} of {tried}"));
}
