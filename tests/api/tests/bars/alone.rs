//! No route gives a session for a link or a code alone, whatever the practice has decided.

use api_tests::{Browser, World};
use domain::practice::Policies;
use http::Method;
use serde_json::{Value, json};

use crate::support::{MARIA, asked, gives_session, is_deep, notice, row};

/// Ids of what there is, by the start of the path that leads to it, for `{id}`; and for every other place in a path.
struct Ids {
    of: Vec<(&'static str, String)>,
    others: Vec<(&'static str, String)>,
}

impl Ids {
    /// Of Maria: her conversation, devices, passkeys and sessions; and of the staff.
    async fn of(world: &World, conversation: &str) -> Self {
        let demo = &world.demo;
        let text = |id: &dyn std::fmt::Display| id.to_string();
        let mut ben = world.signed_in(demo, "ben").await;
        let patient = demo.patients["maria"].id;
        let path = format!("/v1/patients/{patient}/device-links");
        let made = ben.post(&path, json!({"id_seen": true})).await.expect(201).json();
        let token = made["url"].as_str().unwrap().split_once("#t=").unwrap().1.to_owned();
        let mut phone = world.browser();
        phone.post("/v1/devices/redeem", json!({"token": token})).await.expect(201);
        let mut key = api_tests::Authenticator::default();
        let options = phone.post("/v1/passkeys/options", json!({})).await.expect(200).json();
        let passkey = json!({"credential": key.create(&options)});
        let passkey = phone.post("/v1/passkeys", passkey).await.expect(201).json();
        let devices = phone.get("/v1/devices").await.expect(200).json();
        let sessions = phone.get("/v1/sessions").await.expect(200).json();
        let contacts = ben.get(&format!("/v1/patients/{patient}")).await.expect(200).json();
        let first = |list: &Value| list["items"][0]["id"].as_str().unwrap().to_owned();
        let contact = contacts["contacts"][0]["id"].as_str().map(str::to_owned);
        Self {
            of: vec![
                ("/v1/conversations", conversation.to_owned()),
                ("/v1/patients", text(&patient)),
                ("/v1/devices", first(&devices)),
                ("/v1/sessions", first(&sessions)),
                ("/v1/passkeys", passkey["id"].as_str().unwrap().to_owned()),
                ("/v1/staff", text(&demo.staff["ben"])),
            ],
            others: vec![
                ("{seq}", "1".to_owned()),
                ("{slug}", "demo".to_owned()),
                ("{account_id}", text(&demo.patients["maria"].account.unwrap())),
                ("{contact_id}", contact.unwrap_or_else(|| "ctp_01jd6xk0000000000000000000".to_owned())),
                ("{link}", made["id"].as_str().unwrap_or("lnk").to_owned()),
            ],
        }
    }

    fn put_into(&self, path: &str) -> String {
        let own = self.of.iter().find(|(start, _)| path.starts_with(start));
        let path = own.map_or_else(|| path.to_owned(), |(_, id)| path.replace("{id}", id));
        let path = self.others.iter().fold(path, |path, (name, id)| path.replace(name, id));
        // Where there is nothing yet, an id that is spelled like one.
        path.replace("{id}", "cnv_01jd6xk0000000000000000000")
    }
}

/// Every route of the API, with its method, leading to what there is.
fn routes(ids: &Ids) -> Vec<(Method, String)> {
    let api: Value = serde_json::from_str(include_str!("../../../../docs/api/openapi.json")).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            routes.push((method, ids.put_into(path)));
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

async fn try_all(browser: &Browser, ids: &Ids, bodies: &[Value]) -> (usize, usize) {
    let (mut tried, mut sessions) = (0, 0);
    for (method, path) in routes(ids) {
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
    let mut add = |(n, gave): (usize, usize)| {
        tried += n;
        sessions += gave;
    };
    for policies in 0..8_u64 {
        // The short run has everything switched on and everything off.
        if !is_deep() && !matches!(policies, 0 | 7) {
            continue;
        }
        let world = World::start(7_600 + policies).await;
        let (conversation, _) = notice(&world, "maria", MARIA.0).await;
        let ids = Ids::of(&world, &conversation).await;
        let decided = Policies {
            step_up: policies & 1 != 0,
            totp: policies & 2 != 0,
            remember_devices: policies & 4 != 0,
            // As deployed: the demonstration alone lets staff in by a link.
            staff_link_sign_in: false,
            ..Policies::demonstration(5_000)
        };
        world.set_policies(&world.demo, decided).await;
        let (_, of_john) = notice(&world, "john", "john@patients.test").await;
        let fresh = asked(&world, 1, "patient", MARIA.0).await;
        let offered = bodies(&fresh.token, &fresh.code, &of_john);
        // The browser that asked, and one that never did.
        for browser in [fresh.browser.clone(), world.browser()] {
            add(try_all(&browser, &ids, &offered).await);
        }
        // The same again, one step further: the link is proven, and nothing else is. And staff, who have a factor.
        let mut ana = world.signed_in(&world.demo, "ana").await;
        let mut key = api_tests::Authenticator::default();
        let options = ana.post("/v1/passkeys/options", json!({})).await.expect(200).json();
        ana.post("/v1/passkeys", json!({"credential": key.create(&options)})).await.expect(201);
        for (n, audience, address) in [(2, "patient", MARIA.0), (3, "staff", "ana@demo.test")] {
            world.clock.advance_seconds(24 * 3600);
            let mut proven = asked(&world, n, audience, address).await;
            proven.browser.post("/v1/sessions", json!({"token": proven.token})).await.expect(200);
            let offered = bodies(&proven.token, &proven.code, &of_john);
            add(try_all(&proven.browser, &ids, &offered).await);
        }
        // Whom no date opens: with the right one, by link, code and notice.
        let path = format!("/v1/patients/{}", world.demo.patients["maria"].id);
        let mut ben = world.signed_in(&world.demo, "ben").await;
        ben.patch(&path, json!({"only_my_devices": true})).await.expect(200);
        world.clock.advance_seconds(24 * 3600);
        let (_, of_maria) = notice(&world, "maria", MARIA.0).await;
        let mut proven = asked(&world, 4, "patient", MARIA.0).await;
        proven.browser.post("/v1/sessions", json!({"code": proven.code})).await.expect(200);
        let offered = [
            json!({"birth_date": MARIA.1}),
            json!({"birth_date": MARIA.1, "first_name": "Maria"}),
            json!({"token": of_maria, "birth_date": MARIA.1}),
            json!({"token": of_maria, "birth_date": MARIA.1, "want_token": true}),
        ];
        add(try_all(&proven.browser, &ids, &offered).await);
    }
    assert_eq!(sessions, 0);
    row("L6a", "sessions for a link or code alone, over every route", &format!("{sessions} of {tried}"));
}
