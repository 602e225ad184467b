//! Nothing that has expired opens anything, though its item is still there: cleaning up is not what ends it.

use api_tests::World;
use domain::practice::Policies;
use serde_json::json;

use crate::support::{MARIA, ask, asked, code_in, count_items, date, last, notice, row};

#[tokio::test]
async fn what_has_expired_is_refused_while_its_item_is_still_there() {
    let mut kinds = 0;
    let day = 24 * 3600;

    // A code and a link, from their message.
    for by_code in [true, false] {
        let world = World::start(7_800).await;
        let mut maria = asked(&world, 1, "patient", MARIA.0).await;
        world.clock.advance_seconds(601);
        let body = if by_code { json!({"code": maria.code}) } else { json!({"token": maria.token}) };
        maria.browser.post("/v1/sessions", body).await;
        maria.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(401);
        kinds += 1;
    }
    // A proven flow.
    let world = World::start(7_801).await;
    let mut maria = asked(&world, 1, "patient", MARIA.0).await;
    maria.browser.post("/v1/sessions", json!({"code": maria.code})).await.expect(200);
    world.clock.advance_seconds(3_601);
    maria.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(401);
    kinds += 1;
    // A notice, unread and read.
    let (_, token) = notice(&world, "maria", MARIA.0).await;
    world.clock.advance_seconds(7 * day + 1);
    world.browser().post("/v1/sessions/person", date(Some(&token), MARIA.1)).await.expect(401);
    kinds += 1;
    let (_, token) = notice(&world, "john", "john@patients.test").await;
    let mut john = world.browser();
    john.post("/v1/sessions/person", date(Some(&token), "1950-11-02")).await.expect(201);
    // A session, idle and at its end.
    world.clock.advance_seconds(601);
    john.get("/v1/session").await.expect(401);
    kinds += 1;
    world.clock.advance_seconds(day);
    john.post("/v1/sessions/person", date(Some(&token), "1950-11-02")).await.expect(401);
    kinds += 1;
    let mut ana = world.signed_in(&world.demo, "ana").await.with_header("x-user-active", "1");
    for _ in 0..59 {
        world.clock.advance_seconds(12 * 60);
        ana.get("/v1/session").await.expect(200);
    }
    world.clock.advance_seconds(14 * 60);
    ana.get("/v1/session").await.expect(401);
    kinds += 1;
    kinds += later(&world).await;
    // Cleaning up has not run once.
    let items = world.aws.items("ChatTable").await;
    let now = world.clock.now().as_seconds();
    let over = |item: &&serde_json::Value| {
        item["ttl"]["N"].as_str().and_then(|ttl| ttl.parse::<i64>().ok()).is_some_and(|ttl| ttl < now)
    };
    assert!(items.iter().filter(over).count() > 3, "expired items are still stored");
    row("L9", "kinds of expired items refused, nothing cleaned up", &format!("{kinds} of {kinds}"));
}

/// The kinds that live for weeks, or that staff make: a remembered device, a link of the desk, an invitation, a grant, and the
/// link of an announcement.
async fn later(world: &World) -> usize {
    let day = 24 * 3600;
    let demo = &world.demo;
    // The link of the desk: ten minutes.
    let mut ben = world.signed_in(demo, "ben").await;
    let links = format!("/v1/patients/{}/device-links", demo.patients["maria"].id);
    let made = ben.post(&links, json!({"id_seen": true})).await.expect(201).json();
    let desk = json!({"token": made["url"].as_str().unwrap().split_once("#t=").unwrap().1});
    world.clock.advance_seconds(601);
    world.browser().post("/v1/devices/redeem", desk).await.expect(401);
    // An invitation: 72 hours. Nia reads her mail after that.
    let mut ana = world.signed_in(demo, "ana").await;
    let nia = json!({"name": "Nia Holm", "email": "nia@demo.test", "roles": ["clinician"]});
    ana.post_once("/v1/staff", "nia", nia).await.expect(201);
    world.clock.advance_seconds(72 * 3600 + 1);
    let decided = Policies { staff_link_sign_in: false, ..Policies::demonstration(50) };
    world.set_policies(demo, decided).await;
    let mut nia = asked(world, 2, "staff", "nia@demo.test").await;
    nia.browser.post("/v1/sessions", json!({"code": nia.code})).await.expect(403);
    nia.browser.post("/v1/passkeys/options", json!({})).await.expect(401);
    // A grant, with the session that holds it: John acted for Maria until yesterday.
    let john = demo.patients["john"].account.unwrap();
    let grants = format!("/v1/patients/{}/accounts", demo.patients["maria"].id);
    let until = world.clock.now().plus_seconds(3_600);
    let body = json!({"account_id": john, "relation": "carer", "until": until, "reason": "id_seen"});
    world.signed_in(demo, "ben").await.post(&grants, body).await.expect(201);
    let conversation = world.conversation(demo, "ana", "maria").await;
    let mut carer = world.signed_in(demo, "john").await.with_header("x-user-active", "1");
    let thread = format!("/v1/conversations/{conversation}/messages");
    carer.get(&thread).await.expect(200);
    for _ in 0..9 {
        world.clock.advance_seconds(400);
        carer.get("/v1/session").await.expect(200);
    }
    world.clock.advance_seconds(1);
    assert_ne!(carer.get(&thread).await.status, 200);
    assert_ne!(world.signed_in(demo, "john").await.get(&thread).await.status, 200);
    // The link of an announcement: seven days. The sign-in that it names goes on.
    let mut known = asked(world, 3, "patient", MARIA.0).await;
    known.browser.post("/v1/sessions", json!({"code": known.code})).await.expect(200);
    known.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(201);
    known.browser.post("/v1/devices", json!({"shared": false})).await.expect(201);
    world.pump().await;
    let mut thief = asked(world, 4, "patient", MARIA.0).await;
    thief.browser.post("/v1/sessions", json!({"code": thief.code})).await.expect(200);
    thief.browser.post("/v1/sessions/person", date(None, MARIA.1)).await.expect(201);
    thief.browser.post("/v1/devices", json!({"shared": false})).await.expect(201);
    world.pump().await;
    let mails = world.aws.outbox().all();
    let news = mails.iter().rfind(|mail| mail.to == MARIA.0 && mail.text.contains("/r#t=")).unwrap();
    let token = news.text.split_once("/r#t=").unwrap().1[..22].to_owned();
    world.clock.advance_seconds(7 * day);
    world.browser().post("/v1/sessions/revoke", json!({"token": token})).await.expect(204);
    assert_eq!(count_items(world, "DEVICE#").await, 2, "a link that is over ends nothing");
    // A remembered device: 90 days. It needs the birth date again.
    let mut phone = known.browser;
    world.clock.advance_seconds(83 * day + 3_600);
    let again = ask(&mut phone, "patient", MARIA.0).await;
    again.expect(202);
    world.pump().await;
    let code = code_in(&last(world, MARIA.0));
    phone.post("/v1/sessions", json!({"code": code})).await.expect(200);
    phone.get("/v1/session").await.expect(401);
    assert_eq!(count_items(world, "DEVICE#").await, 2, "it is still stored");
    5
}
