//! Everybody at every door, naming everything: each cell is tried, and what is not there for somebody looks the same
//! whether it is another's, another practice's, gone, or never was.
#![allow(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use api_tests::{Answer, World};
use http::{HeaderMap, StatusCode, header};
use security_tests::{Door, Places, Principal, Target, Visitors, Who, doors};
use serde_json::Value;

const API: &str = include_str!("../../../docs/api/openapi.json");

/// A world with everything that can be named.
struct Scene {
    world: World,
    places: Places,
    visitors: Visitors,
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let mut world = World::start(seed).await;
        let visitors = Visitors::prepare(&world).await;
        let places = Places::make(&mut world).await;
        Self { world, places, visitors }
    }

    async fn ask(&self, door: &Door, target: Target, who: Principal) -> Answer {
        let mut browser = self.visitors.browser(&self.world, who).await;
        let (path, body) = door.request(&self.places, target, who);
        let body = body.map(|body| body.to_string().into_bytes());
        let key = self.world.fresh_key();
        browser.send(door.method.clone(), &path, body, &[("idempotency-key", &key)]).await
    }
}

/// What can be told apart from outside.
fn seen(answer: &Answer) -> (StatusCode, &HeaderMap, &[u8]) {
    (answer.status, &answer.headers, &answer.bytes)
}

#[test]
fn every_route_of_the_api_is_a_door() {
    let api: Value = serde_json::from_str(API).unwrap();
    let mut routes = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        routes
            .extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let known: BTreeSet<_> =
        doors().iter().map(|door| (door.method.to_string(), door.path.to_owned())).collect();
    assert_eq!(routes, known);
}

#[tokio::test]
async fn everybody_gets_in_where_they_may_and_sees_nothing_elsewhere() {
    let (mut cells, mut open, mut alike) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (n, door) in (0..).zip(doors()) {
        let mut scene = Scene::new(9_000 + n).await;
        for who in Principal::ALL {
            let nothing = scene.ask(&door, Target::Never, who).await;
            for &target in door.targets() {
                let answer = scene.ask(&door, target, who).await;
                cells += 1;
                let cell = format!("{} {} {who:?} {target:?}: {}", door.method, door.path, answer.status);
                let status = answer.status.as_u16();
                let fits = if door.who == Who::Everyone {
                    status < 500
                } else if !who.is_signed_in() {
                    status == 401
                } else if !door.opens(who) && !door.looks_first {
                    status == 403 && seen(&answer) == seen(&nothing)
                } else if !door.finds(target, who) {
                    alike += 1;
                    let refused = if door.may_see(who) { 404 } else { 403 };
                    status == refused && seen(&answer) == seen(&nothing)
                } else if !door.opens(who) {
                    status == 403
                } else {
                    open += 1;
                    let nobody = status == 401 && answer.problem() == "unauthenticated";
                    // A door that names nothing may lead to something that nobody has set up.
                    let missing = status == 404 && door.names.is_some();
                    !nobody && !missing && status != 403 && status < 500
                };
                if !fits {
                    wrong.push(cell);
                }
                if status == 500 || !answer.headers.contains_key(header::CACHE_CONTROL) {
                    wrong
                        .push(format!("{} {} {who:?} {target:?}: no careful answer", door.method, door.path));
                }
                // What somebody was let in to take away is there again for the next.
                if door.takes_away() && answer.status.is_success() {
                    scene = Scene::new(9_000 + n).await;
                }
            }
        }
    }
    println!(
        "attack matrix: {cells} cells, {open} let in, {alike} alike with what never was, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
