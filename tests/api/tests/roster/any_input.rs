//! Whatever is sent, the answer is one of those that the routes declare.

use api_tests::World;
use http::Method;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,80}",
        "[a-z]{1,8}@[a-z]{1,8}\\.test",
        "\\+[0-9]{5,17}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[a-zA-Z]{2,3}(-[A-Z]{2})?",
        "(pat|acc|stf)_[0-9a-z]{26}",
        Just("America/New_York".to_owned()),
        Just("parent".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 6, |inner| {
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            1 => prop::collection::hash_map("[a-z_]{1,10}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// A body of mostly these members.
fn body(members: &[&'static str]) -> impl Strategy<Value = Value> + use<> {
    let member = prop_oneof![
        9 => prop::sample::select(members.to_vec()).prop_map(str::to_owned),
        1 => "[a-z_]{1,10}",
    ];
    let value = prop_oneof![3 => text().prop_map(Value::from), 1 => value()];
    prop_oneof![
        8 => prop::collection::hash_map(member, value, 0..5).prop_map(|map| json!(map)),
        1 => self::value(),
    ]
}

const PATIENT: [&str; 7] = ["name", "birth_date", "language", "emails", "phones", "time_zone", "external_id"];
const GRANT: [&str; 7] = ["account_id", "email", "phone", "name", "language", "relation", "until"];
const STAFF: [&str; 5] = ["name", "email", "roles", "language", "active"];
const PRACTICE: [&str; 7] =
    ["name", "sender_name", "phone", "emergency_number", "hours", "time_zone", "languages"];

#[tokio::test]
async fn any_body_and_any_search_get_an_answer_of_the_contract() {
    let world = World::start(71).await;
    let patient = format!("/v1/patients/{}", world.demo.patients["luis"].id);
    let staff = format!("/v1/staff/{}", world.demo.staff["cleo"]);
    let routes: [(Method, &str, &[&str]); 6] = [
        (Method::POST, "/v1/patients", &PATIENT),
        (Method::PATCH, &patient, &PATIENT),
        (Method::POST, &format!("{patient}/accounts"), &GRANT),
        (Method::POST, "/v1/staff", &STAFF),
        (Method::PATCH, &staff, &STAFF),
        (Method::PATCH, "/v1/practice", &PRACTICE),
    ];
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let mut seen = std::collections::BTreeMap::<u16, u32>::new();
    for n in 0..400 {
        for (method, path, members) in &routes {
            let body = body(members).new_tree(&mut runner).unwrap().current();
            let key = format!("any-{n}");
            let bytes = Some(body.to_string().into_bytes());
            let answer = ana.send(method.clone(), path, bytes, &[("idempotency-key", &key)]).await;
            assert!(matches!(answer.status.as_u16(), 200 | 201 | 422), "{method} {path} {body}: {answer:?}");
            *seen.entry(answer.status.as_u16()).or_default() += 1;
        }
        let q: String = text().new_tree(&mut runner).unwrap().current();
        let q: String = q.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = ana.get(&format!("/v1/patients?q={q}")).await;
        assert!(matches!(answer.status.as_u16(), 200 | 422), "{q}: {answer:?}");
    }
    assert!(seen[&422] > 0 && seen.contains_key(&200), "{seen:?}");
}
