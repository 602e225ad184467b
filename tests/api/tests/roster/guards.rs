//! What every route of the roster has in common: who gets in, and what gets in.

use api_tests::{Answer, Browser, World};
use domain::role::{Act, ROLES};
use http::Method;
use serde_json::{Value, json};

use crate::{errors, events, new_patient, pairs};

struct Route {
    method: Method,
    path: String,
    body: Option<Value>,
    needs: Act,
}

/// Every route, with a request that would succeed for somebody.
fn routes(world: &World) -> Vec<Route> {
    let (patient, staff) = (world.demo.patients["luis"].id, world.demo.staff["cleo"]);
    let account = world.demo.patients["maria"].account.unwrap();
    let rosa = world.demo.patients["rosa"].account.unwrap();
    let route = |method, path: &str, body, needs| Route { method, path: path.to_owned(), body, needs };
    let of_patient = format!("/v1/patients/{patient}");
    let accounts = format!("{of_patient}/accounts");
    vec![
        route(Method::GET, "/v1/patients?q=vega", None, Act::ReadPatients),
        route(Method::POST, "/v1/patients", Some(new_patient("Ada One")), Act::WritePatients),
        route(Method::GET, &of_patient, None, Act::ReadPatients),
        route(Method::PATCH, &of_patient, Some(json!({"language": "en"})), Act::WritePatients),
        route(Method::GET, &accounts, None, Act::ReadPatients),
        route(
            Method::POST,
            &accounts,
            Some(json!({"account_id": account, "relation": "carer", "reason": "id_seen"})),
            Act::WritePatients,
        ),
        route(Method::DELETE, &format!("{accounts}/{account}"), None, Act::WritePatients),
        route(Method::GET, &format!("{of_patient}/reach"), None, Act::ReadPatients),
        route(
            Method::POST,
            &format!("{of_patient}/device-links"),
            Some(json!({"account_id": rosa, "id_seen": true})),
            Act::ReadConversations,
        ),
        route(
            Method::PUT,
            &format!("{of_patient}/contacts"),
            Some(json!({"account_id": rosa, "emails": ["rosa@new.test"], "phones": [], "reason": "id_seen"})),
            Act::WritePatients,
        ),
        route(Method::POST, &format!("{of_patient}/tries/clear"), None, Act::WritePatients),
        route(Method::POST, &format!("{of_patient}/sign-out"), None, Act::WritePatients),
        route(Method::GET, "/v1/staff", None, Act::ReadStaff),
        route(
            Method::POST,
            "/v1/staff",
            Some(json!({"name": "Noa Lind", "email": "noa@demo.test", "roles": ["auditor"]})),
            Act::WriteStaff,
        ),
        route(
            Method::PATCH,
            &format!("/v1/staff/{staff}"),
            Some(json!({"name": "Cleo Parker"})),
            Act::WriteStaff,
        ),
        route(Method::GET, "/v1/practice", None, Act::ReadPractice),
        route(Method::PATCH, "/v1/practice", Some(json!({"hours": "Always"})), Act::WritePractice),
    ]
}

async fn call(browser: &mut Browser, route: &Route, headers: &[(&str, &str)]) -> Answer {
    let body = route.body.as_ref().map(|body| body.to_string().into_bytes());
    raw(browser, route, body, headers).await
}

async fn raw(
    browser: &mut Browser,
    route: &Route,
    body: Option<Vec<u8>>,
    headers: &[(&str, &str)],
) -> Answer {
    let key = route.path.replace('/', "-");
    let mut all = vec![("idempotency-key", &key[..key.len().min(64)])];
    all.extend_from_slice(headers);
    browser.send(route.method.clone(), &route.path, body, &all).await
}

fn names(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

#[tokio::test]
async fn nobody_gets_in_without_a_live_session() {
    let world = World::start(61).await;
    let stored = events(&world, &world.demo).await.len();
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let mut forged = ana.clone();
    let token = forged.cookies["__Host-session"].clone();
    let (start, _) = token.rsplit_once('.').unwrap();
    forged.cookies.insert("__Host-session".to_owned(), format!("{start}.{}", "A".repeat(43)));
    let mut stranger = world.browser();
    for route in routes(&world) {
        for browser in [&mut stranger, &mut forged] {
            let answer = call(browser, &route, &[]).await.expect(401);
            assert_eq!(answer.problem(), "unauthenticated", "{}", names(&route));
        }
        // Another practice in the token is another, empty place.
        let mut foreign = ana.clone();
        let moved = token.replace(&world.demo.id.to_string(), &world.other.id.to_string());
        foreign.cookies.insert("__Host-session".to_owned(), moved);
        call(&mut foreign, &route, &[]).await.expect(401);
    }
    world.clock.advance_seconds(15 * 60);
    for route in routes(&world) {
        call(&mut ana, &route, &[]).await.expect(401);
    }
    assert_eq!(events(&world, &world.demo).await.len(), stored);
}

#[tokio::test]
async fn roles_open_exactly_what_the_table_says() {
    let world = World::start(62).await;
    let people = [("max", ROLES[0]), ("cleo", ROLES[1]), ("ben", ROLES[2]), ("ida", ROLES[3])];
    for (who, role) in people {
        for route in routes(&world) {
            // Each on a session of its own: some of the acts end sessions.
            let mut browser = world.signed_in(&world.demo, who).await;
            let answer = call(&mut browser, &route, &[]).await;
            let opened = !matches!(answer.status.as_u16(), 401 | 403);
            assert_eq!(opened, role.may(route.needs), "{role:?}: {} {}", names(&route), answer.status);
            if !opened {
                assert_eq!((answer.status.as_u16(), answer.problem()), (403, "forbidden".to_owned()));
                // Whoever may not act is told so before anything is said about the input.
                if route.body.is_some() {
                    raw(&mut browser, &route, Some(b"{".to_vec()), &[]).await.expect(403);
                }
            }
        }
    }
}

#[tokio::test]
async fn only_our_own_pages_write_and_only_through_the_edge() {
    let world = World::start(63).await;
    let stored = events(&world, &world.demo).await.len();
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for route in routes(&world) {
        let around = call(&mut ana, &route, &[("x-origin-secret", "")]).await.expect(403);
        assert_eq!(around.problem(), "forbidden");
        call(&mut ana, &route, &[("x-origin-secret", "a-secret-that-is-not-it")]).await.expect(403);
        if route.method != Method::GET {
            for headers in [
                [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")],
                [("origin", ""), ("sec-fetch-site", "cross-site")],
                [("origin", ""), ("sec-fetch-site", "")],
            ] {
                let answer = call(&mut ana, &route, &headers).await.expect(403);
                assert_eq!(answer.problem(), "foreign-origin", "{}", names(&route));
            }
        }
    }
    assert_eq!(events(&world, &world.demo).await.len(), stored);
}

#[tokio::test]
async fn what_is_not_a_body_of_the_route_is_refused_and_nothing_is_stored() {
    let world = World::start(64).await;
    let stored = events(&world, &world.demo).await.len();
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for route in routes(&world).into_iter().filter(|route| route.body.is_some()) {
        let good = route.body.clone().unwrap();
        let text = good.to_string();
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
            let answer = call(&mut ana, &route, &[("content-type", media_type)]).await.expect(415);
            assert_eq!(answer.problem(), "unsupported-media-type", "{}", names(&route));
        }
        for (body, code) in [
            (b"".to_vec(), "invalid_json"),
            (b"{".to_vec(), "invalid_json"),
            (format!("{text} x").into_bytes(), "invalid_json"),
            (b"\xff\xfe{}".to_vec(), "not_utf8"),
            (
                text.replacen('{', "{\"name\":\"\u{e9}", 1)
                    .into_bytes()
                    .into_iter()
                    .filter(|b| *b != 0xc3)
                    .collect(),
                "not_utf8",
            ),
            (b"[]".to_vec(), "wrong_type"),
            (b"null".to_vec(), "wrong_type"),
            (b"7".to_vec(), "wrong_type"),
        ] {
            let answer = raw(&mut ana, &route, Some(body.clone()), &[]).await.expect(422);
            let shown = String::from_utf8_lossy(&body).into_owned();
            assert_eq!(errors(&answer), pairs(&[("", code)]), "{} {shown}", names(&route));
        }
        let mut unknown = good.clone();
        unknown["surprise"] = json!("Maria Lopez");
        let answer = raw(&mut ana, &route, Some(unknown.to_string().into_bytes()), &[]).await.expect(422);
        assert_eq!(errors(&answer), pairs(&[("", "unknown_member")]));
        assert!(!String::from_utf8(answer.bytes).unwrap().contains("surprise"), "input is not repeated");
        for member in good.as_object().unwrap().keys() {
            let wrong = [json!({"a": 1}), json!(12345), json!([[1]]), json!(true)];
            for wrong in wrong.into_iter().filter(|wrong| *wrong != good[member]) {
                let mut body = good.clone();
                body[member] = wrong;
                let answer =
                    raw(&mut ana, &route, Some(body.to_string().into_bytes()), &[]).await.expect(422);
                let (pointer, code) = answer.first_error();
                let whole = format!("{} {body} -> {pointer:?} {code}", names(&route));
                assert!(pointer.starts_with(&format!("/{member}")), "{whole}");
            }
            let mut body = good.clone();
            body[member] = json!("x".repeat(30_000));
            raw(&mut ana, &route, Some(body.to_string().into_bytes()), &[]).await.expect(422);
        }
        let mut large = text.clone().into_bytes();
        large.extend(vec![b' '; 64 * 1024]);
        let answer = raw(&mut ana, &route, Some(large), &[]).await.expect(413);
        assert_eq!(answer.problem(), "too-large");
        let twice = text.replacen('{', "{\"name\":\"A\",\"name\":\"B\",", 1);
        raw(&mut ana, &route, Some(twice.into_bytes()), &[]).await.expect(422);
    }
    assert_eq!(events(&world, &world.demo).await.len(), stored);
}

#[tokio::test]
async fn keys_are_short_and_visible() {
    let world = World::start(65).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for route in routes(&world).into_iter().filter(|r| r.path == "/v1/patients" || r.path == "/v1/staff") {
        if route.body.is_none() {
            continue;
        }
        let long = "k".repeat(65);
        for key in ["", "two words", "é", long.as_str()] {
            let answer = call(&mut ana, &route, &[("idempotency-key", key)]).await.expect(400);
            assert_eq!(answer.problem(), "idempotency-key-missing", "{key:?}");
        }
        let longest = format!("{:k<64}", route.path);
        call(&mut ana, &route, &[("idempotency-key", &longest)]).await.expect(201);
    }
}

#[tokio::test]
async fn somebody_elses_and_nobody_are_the_same_answer() {
    let world = World::start(66).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let of = |practice: &api_tests::Practice| {
        let luis = practice.patients["luis"].id.to_string();
        let account = practice.patients["rosa"].account.unwrap().to_string();
        (luis, account, practice.staff["ben"].to_string())
    };
    let (own, own_account, _) = of(&world.demo);
    let (foreign, foreign_account, foreign_staff) = of(&world.other);
    let random = "01jd9fx0000000000000000000";
    let patients = [
        foreign,
        format!("pat_{random}"),
        "pat_nonsense".to_owned(),
        own.to_uppercase(),
        own.replace("pat_", "acc_"),
        "%ff".to_owned(),
        "..%2f..".to_owned(),
        "a".repeat(2000),
    ];
    let mut answers = Vec::new();
    let relation = json!({"account_id": own_account, "relation": "carer", "reason": "id_seen"});
    for id in &patients {
        let path = format!("/v1/patients/{id}");
        answers.push(ana.get(&path).await);
        answers.push(ana.patch(&path, json!({"language": "en"})).await);
        answers.push(ana.get(&format!("{path}/accounts")).await);
        answers.push(ana.post(&format!("{path}/accounts"), relation.clone()).await);
        let address = json!({"email": "maria@patients.test"});
        answers.push(ana.post(&format!("{path}/accounts/find"), address).await);
        answers.push(ana.delete(&format!("{path}/accounts/{own_account}")).await);
        answers.push(ana.get(&format!("{path}/reach")).await);
        let link = json!({"account_id": own_account, "id_seen": true});
        answers.push(ana.post(&format!("{path}/device-links"), link).await);
        let contacts = json!({"account_id": own_account, "emails": ["a@new.test"], "reason": "other"});
        answers.push(ana.get(&format!("{path}/device-links/{}", "0".repeat(64))).await);
        answers.push(ana.put(&format!("{path}/contacts"), contacts).await);
        answers.push(ana.post(&format!("{path}/tries/clear"), json!({})).await);
        answers.push(ana.post(&format!("{path}/sign-out"), json!({})).await);
    }
    for account in [foreign_account, format!("acc_{random}"), "acc_x".to_owned()] {
        answers.push(ana.delete(&format!("/v1/patients/{own}/accounts/{account}")).await);
    }
    for staff in [foreign_staff, format!("stf_{random}"), "stf_x".to_owned(), own] {
        answers.push(ana.patch(&format!("/v1/staff/{staff}"), json!({"name": "X Y"})).await);
    }
    for path in ["/v1/patients/", "/v1/patients/x/y/z", "/v1/staff/a/b", "/v1/practice/x", "/v1/patientsx"] {
        answers.push(ana.get(path).await);
    }
    for answer in answers {
        let answer = answer.expect(404);
        let text = String::from_utf8(answer.bytes.clone()).unwrap();
        assert_eq!(text, r#"{"type":"/problems/not-found","title":"Not found.","status":404}"#);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    // The foreign practice is as it was.
    let mut other = world.signed_in(&world.other, "ana").await;
    let luis =
        other.get(&format!("/v1/patients/{}", world.other.patients["luis"].id)).await.expect(200).json();
    assert_eq!(luis["language"], "es");
}

#[tokio::test]
async fn a_method_that_is_not_there_is_a_problem_as_well() {
    let world = World::start(67).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let patient = world.demo.patients["luis"].id;
    for (method, path) in [
        (Method::DELETE, format!("/v1/patients/{patient}")),
        (Method::PUT, "/v1/patients".to_owned()),
        (Method::GET, format!("/v1/staff/{}", world.demo.staff["ben"])),
        (Method::DELETE, format!("/v1/staff/{}", world.demo.staff["ben"])),
        (Method::POST, "/v1/practice".to_owned()),
    ] {
        let answer = ana.send(method, &path, None, &[]).await.expect(405);
        assert_eq!(answer.problem(), "method-not-allowed");
    }
}

#[tokio::test]
async fn every_answer_is_kept_out_of_caches() {
    let world = World::start(68).await;
    for route in routes(&world) {
        let mut ana = world.signed_in(&world.demo, "ana").await;
        let answer = call(&mut ana, &route, &[]).await;
        assert_eq!(answer.headers["cache-control"], "no-store", "{}", names(&route));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert!(
            answer.status.is_success() || route.method == Method::DELETE,
            "{} {}",
            names(&route),
            answer.status
        );
    }
}
