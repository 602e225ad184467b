//! The practice's own settings.

use api_tests::World;
use futures_util::future::join_all;
use serde_json::json;

use crate::{errors, events, pairs, verbs};

#[tokio::test]
async fn the_profile_is_read_and_changed() {
    let world = World::start(51).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let before = events(&world, &world.demo).await;
    let practice = ana.get("/v1/practice").await.expect(200).json();
    let expected = json!({
        "id": world.demo.id, "slug": "demo", "name": "Bright Eyes Clinic", "sender_name": "Bright Eyes",
        "phone": "+15555550100", "emergency_number": "911", "hours": "Mon-Fri 8-17",
        "time_zone": "America/New_York", "languages": ["en", "es"],
        "policies": {
            "staff_link_sign_in": true, "limits_factor": 50, "step_up": false, "totp": true, "remember_devices": true,
            "proxy_ends_at_age": 18, "own_access_state": null, "own_access_age": null, "own_access_source": null,
            "shred_unopened": false, "sms_regions": "north_america",
        },
    });
    assert_eq!(practice, expected);
    let change = json!({
        "name": "Bright  Eyes", "sender_name": "Eyes & Co.", "phone": "+442079460000", "emergency_number": "112",
        "hours": "Every day", "time_zone": "europe/london", "languages": ["EN", "zh-hant"],
    });
    let changed = ana.patch("/v1/practice", change).await.expect(200).json();
    assert_eq!(changed["name"], "Bright Eyes");
    assert_eq!(changed["time_zone"], "Europe/London");
    assert_eq!(changed["languages"], json!(["en", "zh-Hant"]));
    assert_eq!(changed["policies"], expected["policies"]);
    let mut ida = world.signed_in(&world.demo, "ida").await;
    assert_eq!(ida.get("/v1/practice").await.expect(200).json(), changed);
    ana.patch("/v1/practice", json!({"hours": "Every day"})).await.expect(200);
    assert_eq!(verbs(&world, &world.demo, &before).await, [("practice_changed".to_owned(), None)]);
    let mut foreign = world.signed_in(&world.other, "ana").await;
    assert_eq!(foreign.get("/v1/practice").await.expect(200).json()["name"], "Other Practice");
}

#[tokio::test]
async fn an_admin_decides_about_access_one_thing_at_a_time() {
    let world = World::start(57).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let before = ana.get("/v1/practice").await.expect(200).json()["policies"].clone();
    for (change, name, value) in [
        (json!({"policies": {"totp": false}}), "totp", json!(false)),
        (json!({"policies": {"remember_devices": false}}), "remember_devices", json!(false)),
        (json!({"policies": {"proxy_ends_at_age": 14}}), "proxy_ends_at_age", json!(14)),
        (json!({"policies": {"own_access_state": "OR"}}), "own_access_state", json!("OR")),
        (json!({"policies": {"sms_regions": "everywhere"}}), "sms_regions", json!("everywhere")),
    ] {
        let after = ana.patch("/v1/practice", change).await.expect(200).json()["policies"].clone();
        assert_eq!(after[name], value);
        assert_eq!(after["staff_link_sign_in"], before["staff_link_sign_in"]);
    }
    let after = ana.get("/v1/practice").await.expect(200).json()["policies"].clone();
    assert_eq!((&after["totp"], &after["proxy_ends_at_age"]), (&json!(false), &json!(14)), "each stays");
    assert_eq!(
        (&after["own_access_age"], &after["own_access_source"]),
        (&json!(15), &json!("Or. Rev. Stat. § 109.640"))
    );
    let none =
        ana.patch("/v1/practice", json!({"policies": {"own_access_state": null}})).await.expect(200).json();
    assert_eq!(
        (&none["policies"]["own_access_state"], &none["policies"]["own_access_age"]),
        (&json!(null), &json!(null))
    );
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.patch("/v1/practice", json!({"policies": {"totp": true}})).await.expect(403);
}

#[tokio::test]
async fn a_change_says_what_is_wrong_with_it_and_never_touches_policies() {
    let world = World::start(52).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let before = ana.get("/v1/practice").await.expect(200).json();
    for (change, expected) in [
        (json!({}), vec![("", "nothing_to_change")]),
        (json!({"staff_link_sign_in": true}), vec![("", "unknown_member")]),
        (json!({"limits_factor": 1000}), vec![("", "unknown_member")]),
        (json!({"policies": {"limits_factor": 1000}}), vec![("/policies", "unknown_member")]),
        (json!({"policies": {"staff_link_sign_in": true}}), vec![("/policies", "unknown_member")]),
        (json!({"policies": {"step_up": false}}), vec![("/policies", "unknown_member")]),
        (json!({"policies": {}}), vec![("", "nothing_to_change")]),
        (json!({"policies": {"totp": 1}}), vec![("/policies/totp", "wrong_type")]),
        (
            json!({"policies": {"proxy_ends_at_age": 11}}),
            vec![("/policies/proxy_ends_at_age", "out_of_range")],
        ),
        (
            json!({"policies": {"proxy_ends_at_age": 19}}),
            vec![("/policies/proxy_ends_at_age", "out_of_range")],
        ),
        (
            json!({"policies": {"own_access_state": "ZZ"}}),
            vec![("/policies/own_access_state", "unknown_state")],
        ),
        (json!({"slug": "other"}), vec![("", "unknown_member")]),
        (json!({"name": null}), vec![("/name", "wrong_type")]),
        (json!({"languages": "en"}), vec![("/languages", "wrong_type")]),
        (json!({"languages": []}), vec![("/languages", "out_of_range")]),
        (
            json!({"sender_name": "Eyes\r\nBcc: a@b.test", "time_zone": "EST5EDT4", "emergency_number": "call", "phone": "555"}),
            vec![
                ("/sender_name", "invalid_sender_name"),
                ("/phone", "invalid_phone"),
                ("/emergency_number", "invalid_emergency_number"),
                ("/time_zone", "invalid_time_zone"),
            ],
        ),
        (json!({"languages": ["en", "EN"]}), vec![("/languages/1", "duplicate")]),
        (json!({"hours": "x".repeat(401)}), vec![("/hours", "invalid_hours")]),
    ] {
        let answer = ana.patch("/v1/practice", change.clone()).await.expect(422);
        assert_eq!(errors(&answer), pairs(&expected), "{change}");
    }
    assert_eq!(ana.get("/v1/practice").await.expect(200).json(), before);
}

#[tokio::test]
async fn changes_at_the_same_time_all_count() {
    let world = World::start(53).await;
    let ana = world.signed_in(&world.demo, "ana").await;
    let changes = [
        json!({"name": "One"}),
        json!({"sender_name": "Two"}),
        json!({"hours": "Three"}),
        json!({"emergency_number": "112"}),
        json!({"time_zone": "UTC"}),
    ];
    join_all(changes.iter().map(|change| {
        let mut ana = ana.clone();
        async move { ana.patch("/v1/practice", change.clone()).await.expect(200) }
    }))
    .await;
    let mut ana = ana;
    let now = ana.get("/v1/practice").await.expect(200).json();
    for change in &changes {
        let (member, value) = change.as_object().unwrap().iter().next().unwrap();
        assert_eq!(&now[member], value);
    }
}
