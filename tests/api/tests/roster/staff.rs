//! Staff: listing, inviting, changing.

use api_tests::{World, people};
use domain::role::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{errors, events, ids, names, pairs, verbs};

fn new_staff(name: &str, email: &str) -> Value {
    json!({"name": name, "email": email, "roles": ["clinician", "front_desk"]})
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let world = World::start(41).await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let whole = ida.get("/v1/staff").await.expect(200).json();
    assert_eq!(ids(&whole).len(), 5);
    let ana = whole["items"].as_array().unwrap().iter().find(|s| s["name"] == "Ana Ruiz").unwrap();
    let expected = json!({
        "id": world.demo.staff["ana"], "name": "Ana Ruiz", "email": "ana@demo.test",
        "roles": ["admin", "clinician"], "language": "en", "active": true, "invitation": null,
    });
    assert_eq!(*ana, expected);
    let mut seen = Vec::new();
    let mut path = "/v1/staff?limit=2".to_owned();
    loop {
        let page = ida.get(&path).await.expect(200).json();
        seen.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        assert!(!cursor.contains("stf_") && !cursor.contains("PRACTICE"));
        path = format!("/v1/staff?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ids(&whole));
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let answer = ben.get(&path).await.expect(422);
    assert_eq!(errors(&answer), pairs(&[("/cursor", "invalid_cursor")]), "a cursor belongs to one viewer");
    for wrong in ["limit=0", "limit=101", "limit=x", "q=ana"] {
        ben.get(&format!("/v1/staff?{wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn somebody_is_invited_once() {
    let world = World::start(42).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let before = events(&world, &world.demo).await;
    let body = new_staff("Noa Lind", "Noa@demo.test");
    let made = ana.post_once("/v1/staff", "k", body.clone()).await.expect(201).json();
    let expected = json!({
        "id": made["id"], "name": "Noa Lind", "email": "noa@demo.test",
        "roles": ["clinician", "front_desk"], "language": "en", "active": true, "invitation": null,
    });
    assert_eq!(made, expected);
    assert_eq!(ana.post_once("/v1/staff", "k", body.clone()).await.expect(200).json(), made);
    let other = ana.post_once("/v1/staff", "k", new_staff("Noa Lund", "noa@demo.test")).await.expect(422);
    assert_eq!(other.problem(), "idempotency-key-reused");
    let taken = ana.post_once("/v1/staff", "k2", body.clone()).await.expect(422);
    assert_eq!(errors(&taken), pairs(&[("/email", "already_used")]));
    let keyless = ana.post("/v1/staff", body.clone()).await.expect(400);
    assert_eq!(keyless.problem(), "idempotency-key-missing");
    assert_eq!(
        verbs(&world, &world.demo, &before).await.iter().filter(|(verb, _)| verb == "staff_invited").count(),
        1
    );
    // A patient's address may be a member of staff's as well: they are never mixed.
    ana.post_once("/v1/staff", "k3", new_staff("Maria Lopez", "maria@patients.test")).await.expect(201);
    // The other practice has its own Noa.
    let mut foreign = world.signed_in(&world.other, "ana").await;
    foreign.post_once("/v1/staff", "k", body).await.expect(201);
}

#[tokio::test]
async fn eight_invitations_at_once_are_one_person() {
    let world = World::start(43).await;
    let ana = world.signed_in(&world.demo, "ana").await;
    let answers = join_all((0..8).map(|n| {
        let mut ana = ana.clone();
        let key = if n % 2 == 0 { "same".to_owned() } else { format!("k{n}") };
        async move {
            ana.post_once("/v1/staff", &key, new_staff("Noa Lind", "noa@demo.test")).await.status.as_u16()
        }
    }))
    .await;
    assert_eq!(answers.iter().filter(|s| **s == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|s| matches!(s, 200 | 201 | 422)), "{answers:?}");
}

#[tokio::test]
async fn an_invitation_says_what_is_wrong_with_it() {
    let world = World::start(44).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    for (body, expected) in [
        (
            json!({"name": "", "email": "x", "roles": []}),
            vec![("/name", "invalid_name"), ("/email", "invalid_email"), ("/roles", "out_of_range")],
        ),
        (
            json!({"name": "A", "email": "a@b.test", "roles": ["admin", "admin"]}),
            vec![("/roles/1", "duplicate")],
        ),
        (json!({"name": "A", "email": "a@b.test", "roles": ["root"]}), vec![("/roles/0", "unknown_value")]),
        (json!({"name": "A", "email": "a@b.test", "roles": "admin"}), vec![("/roles", "wrong_type")]),
        (
            json!({"name": "A", "email": "+15555550100", "roles": ["admin"]}),
            vec![("/email", "invalid_email")],
        ),
        (
            json!({"name": "A", "email": "a@b.test", "roles": ["admin"], "language": "??"}),
            vec![("/language", "invalid_language")],
        ),
        (json!({"name": "A", "email": "a@b.test"}), vec![("", "missing_member")]),
        (
            json!({"name": "A", "email": "a@b.test", "roles": ["admin"], "active": true}),
            vec![("", "unknown_member")],
        ),
    ] {
        let answer = ana.post_once("/v1/staff", "k", body.clone()).await.expect(422);
        assert_eq!(errors(&answer), pairs(&expected), "{body}");
    }
}

#[tokio::test]
async fn a_change_of_roles_ends_the_sessions_under_the_old_ones() {
    let world = World::start(45).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let path = format!("/v1/staff/{}", world.demo.staff["ben"]);
    let changed =
        ana.patch(&path, json!({"roles": ["auditor"], "name": "Ben Moss-Hall"})).await.expect(200).json();
    assert_eq!((&changed["roles"], &changed["name"]), (&json!(["auditor"]), &json!("Ben Moss-Hall")));
    ben.get("/v1/staff").await.expect(401);
    let mut ben = world.signed_in(&world.demo, "ben").await;
    ben.get("/v1/patients?q=maria").await.expect(403);
    // What changes nothing ends nothing.
    ana.patch(&path, json!({"active": true})).await.expect(200);
    ben.get("/v1/staff").await.expect(200);
    let off = ana.patch(&path, json!({"active": false})).await.expect(200).json();
    assert_eq!(off["active"], false);
    ben.get("/v1/staff").await.expect(401);
    for (change, expected) in [
        (json!({}), ("", "nothing_to_change")),
        (json!({"roles": []}), ("/roles", "out_of_range")),
        (json!({"roles": null}), ("/roles", "wrong_type")),
        (json!({"active": 1}), ("/active", "wrong_type")),
        (json!({"email": "x@y.test"}), ("", "unknown_member")),
        (json!({"epoch": 1}), ("", "unknown_member")),
    ] {
        assert_eq!(
            errors(&ana.patch(&path, change.clone()).await.expect(422)),
            pairs(&[expected]),
            "{change}"
        );
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let world = World::start(46).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = |who: &str| format!("/v1/staff/{}", world.demo.staff[who]);
    ana.patch(&path("max"), json!({"roles": ["clinician"]})).await.expect(200);
    for change in [json!({"active": false}), json!({"roles": ["clinician"]})] {
        let answer = ana.patch(&path("ana"), change).await.expect(409);
        assert_eq!(answer.problem(), "last-admin");
    }
    // Another name or more roles are no way out of the office.
    ana.patch(&path("ana"), json!({"roles": ["clinician", "admin", "front_desk"]})).await.expect(200);
    let mut ana = world.signed_in(&world.demo, "ana").await;
    ana.patch(&path("max"), json!({"roles": ["admin"], "active": false})).await.expect(200);
    ana.patch(&path("ana"), json!({"active": false})).await.expect(409);
    ana.patch(&path("max"), json!({"active": true})).await.expect(200);
    ana.patch(&path("ana"), json!({"active": false})).await.expect(200);
}

#[tokio::test]
async fn two_admins_cannot_remove_each_other() {
    for seed in 0..6 {
        let world = World::start(470 + seed).await;
        let (mut ana, mut max) =
            (world.signed_in(&world.demo, "ana").await, world.signed_in(&world.demo, "max").await);
        let path = |who: &str| format!("/v1/staff/{}", world.demo.staff[who]);
        let (of_max, of_ana) = (path("max"), path("ana"));
        let (a, b) = tokio::join!(
            ana.patch(&of_max, json!({"active": false})),
            max.patch(&of_ana, json!({"roles": ["clinician"]})),
        );
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        // The loser is told that they are the last, or that they are not signed in any more.
        assert!(matches!(statuses, [200, 401 | 409]), "{statuses:?}");
    }
}

#[tokio::test]
async fn many_staff_are_still_one_list() {
    let world = World::start(48).await;
    for n in 0..60 {
        let email = format!("p{n}@demo.test");
        people::invite(&world.operator, world.demo.id, &format!("Person {n}"), &email, vec![Role::Clinician])
            .await;
    }
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let page = ben.get("/v1/staff").await.expect(200).json();
    assert_eq!(names(&page).len(), 50);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = ben.get(&format!("/v1/staff?cursor={cursor}")).await.expect(200).json();
    assert_eq!((names(&rest).len(), &rest["next_cursor"]), (15, &Value::Null));
}
