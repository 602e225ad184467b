//! Opening what was kept: who asks, who decides, who opens, and what the log says of it.

use api_tests::{Answer, Browser, World, people};
use domain::role::Role;
use serde_json::{Value, json};

use crate::support::{Scene, WRONG, wrong_patient};

const WHY: &str = "Mr. Carter complained on the phone.";

fn why() -> Value {
    json!({"reason": WHY})
}

fn word(word: &str) -> Value {
    json!({"word": word})
}

/// A message to Maria that was read and recalled with a note; the auditor, an admin, and where the evidence is.
struct Kept {
    scene: Scene,
    ida: Browser,
    max: Browser,
    path: String,
    id: String,
}

impl Kept {
    async fn start(seed: u64) -> Self {
        let mut scene = Scene::start(seed).await;
        let seq = scene.writes(WRONG).await;
        scene.page().await;
        let body = json!({"reason": "wrong_patient", "note": "Meant for JOHN-CARTER."});
        let path = scene.recall(seq);
        let recalled = scene.ana.post(&path, body).await.expect(200).json();
        let id = recalled["evidence_id"].as_str().unwrap().to_owned();
        let world = &scene.world;
        let (ida, max) =
            (world.signed_in(&world.demo, "ida").await, world.signed_in(&world.demo, "max").await);
        Self { ida, max, path: format!("/v1/evidence/{id}"), id, scene }
    }

    async fn asks(&mut self) -> Answer {
        self.ida.post(&format!("{}/request", self.path), why()).await
    }

    async fn decides(&mut self, said: &str) -> Answer {
        self.max.post(&format!("{}/decision", self.path), word(said)).await
    }

    async fn opens(&mut self) -> Answer {
        let path = self.path.clone();
        self.ida.get(&path).await
    }

    async fn as_(&self, who: &str) -> Browser {
        self.scene.world.signed_in(&self.scene.world.demo, who).await
    }
}

async fn events(world: &World, verb: &str) -> Vec<Value> {
    let items = world.aws.items("AuditTable").await;
    items.into_iter().filter(|item| item["verb"]["S"] == verb).collect()
}

fn mails_of(world: &World, to: &str) -> usize {
    let all = world.aws.outbox().all();
    all.iter().filter(|m| m.to.contains(to) && m.text.contains("what was kept of a recalled message")).count()
}

#[tokio::test]
async fn the_auditor_opens_it_with_a_reason_and_a_second_persons_word() {
    let mut kept = Kept::start(260).await;
    let world = kept.scene.world.clone();
    assert_eq!(kept.opens().await.expect(403).problem(), "approval-required");
    let asked = kept.asks().await.expect(201).json();
    assert_eq!((&asked["state"], &asked["reason"]), (&json!("waiting"), &json!(WHY)));
    assert_eq!((&asked["asked_by"]["name"], &asked["opens_at"]), (&json!("Ida Wren"), &Value::Null));
    assert_eq!(kept.opens().await.expect(403).problem(), "approval-required", "nobody has decided");
    let again = kept.asks().await.expect(200).json();
    assert_eq!(again, asked, "asked twice is asked once");
    world.pump().await;
    assert_eq!((mails_of(&world, "max@"), mails_of(&world, "ana@")), (1, 1), "those who can decide are told");
    assert_eq!((mails_of(&world, "cleo@"), mails_of(&world, "ida@")), (0, 0));

    let listed = kept.max.get("/v1/evidence").await.expect(200).json();
    assert_eq!(listed["items"], json!([asked]));
    let decided = kept.decides("approved").await.expect(200).json();
    assert_eq!((&decided["state"], &decided["decided_by"]["name"]), (&json!("open"), &json!("Max Dorn")));
    assert_eq!(kept.decides("declined").await.expect(409).problem(), "conflict");

    let opened = kept.opens().await.expect(200).json();
    assert_eq!((&opened["text"], &opened["note"]), (&json!(WRONG), &json!("Meant for JOHN-CARTER.")));
    let message = &opened["message"];
    assert_eq!(message["patient"]["name"], "Maria Lopez");
    assert_eq!(
        (&message["sent_by"]["name"], &message["recalled_by"]["name"]),
        (&json!("Ana Ruiz"), &json!("Ana Ruiz"))
    );
    assert_eq!((&message["opened"]["by"]["name"], &message["seq"]), (&json!("Maria Lopez"), &json!(1)));

    // The log: who asked, decided, opened; the reason is sealed in it and in what leaves for checking, and opened for readers.
    let dump = json!(world.aws.items("AuditTable").await).to_string();
    assert!(!dump.contains("Carter"), "words lie open in the log");
    world.pump().await;
    let log = kept.ida.get("/v1/audit?limit=100").await.expect(200).json();
    let told = |verb: &str| {
        log["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["verb"] == verb)
            .unwrap_or_else(|| panic!("{verb}"))
            .clone()
    };
    assert_eq!(told("evidence_asked")["reason"], WHY);
    assert_eq!(told("evidence_read")["reason"], WHY);
    assert_eq!(told("evidence_read")["object"], kept.id.as_str());
    let approved = told("evidence_decided");
    assert!(approved["object"].as_str().unwrap().starts_with(&format!("{},approved,stf_", kept.id)));
    assert_eq!(approved["actor"], world.demo.staff["max"].to_string());
    let exported = kept.ida.get("/v1/audit/export").await.expect(200);
    let exported = String::from_utf8(exported.bytes).unwrap();
    assert!(exported.contains("sealed_reason") && !exported.contains("Carter"));

    // A day later it is closed; asked anew it waits anew.
    world.clock.advance_seconds(24 * 3600);
    kept.ida = kept.as_("ida").await;
    assert_eq!(kept.opens().await.expect(403).problem(), "approval-required");
    assert_eq!(kept.asks().await.expect(201).json()["state"], "waiting");
}

#[tokio::test]
async fn without_the_event_nothing_leaves() {
    let mut kept = Kept::start(261).await;
    kept.asks().await.expect(201);
    kept.decides("approved").await.expect(200);
    let world = kept.scene.world.clone();
    assert!(world.aws.iam().without("AuditFunction", "AuditRecords"));
    let incident = format!("{}/incident", kept.path);
    for answer in [kept.opens().await, kept.ida.get(&incident).await, kept.ida.get("/v1/evidence").await] {
        let text = String::from_utf8_lossy(&answer.expect(503).bytes).into_owned();
        assert!(!text.contains(WRONG) && !text.contains("Lopez") && !text.contains("evd_"));
    }
    kept.asks().await.expect(200);
}

#[tokio::test]
async fn nobody_else_asks_decides_or_opens() {
    let mut kept = Kept::start(262).await;
    let world = kept.scene.world.clone();
    kept.asks().await.expect(201);
    for who in ["ana", "max", "ben", "cleo", "maria"] {
        let mut browser = kept.as_(who).await;
        browser.get(&kept.path).await.expect(403);
        browser.get(&format!("{}/incident", kept.path)).await.expect(403);
        browser.post(&format!("{}/request", kept.path), why()).await.expect(403);
    }
    for who in ["ben", "cleo", "maria", "ida"] {
        kept.as_(who).await.post(&format!("{}/decision", kept.path), word("approved")).await.expect(403);
    }
    let mut foreign = world.signed_in(&world.other, "ida").await;
    foreign.get(&kept.path).await.expect(404);
    foreign.post(&format!("{}/request", kept.path), why()).await.expect(404);
    let mut foreign = world.signed_in(&world.other, "max").await;
    foreign.post(&format!("{}/decision", kept.path), word("approved")).await.expect(404);
    // Another auditor opens nothing by the word that was given to the first.
    people::invite(&world.operator, world.demo.id, "Udo Kern", "udo@demo.test", vec![Role::Auditor]).await;
    kept.decides("approved").await.expect(200);
    let udo =
        people::invite(&world.operator, world.demo.id, "Uma Kern", "uma@demo.test", vec![Role::Auditor])
            .await;
    let mut demo = world.demo.clone();
    demo.staff.insert("uma".to_owned(), udo);
    let mut uma = world.signed_in(&demo, "uma").await;
    assert_eq!(uma.get(&kept.path).await.expect(403).problem(), "approval-required");
    assert_eq!(uma.post(&format!("{}/request", kept.path), why()).await.expect(409).problem(), "conflict");
    assert!(events(&world, "evidence_read").await.is_empty());
}

#[tokio::test]
async fn one_person_with_both_roles_cannot_decide_for_themselves() {
    let mut kept = Kept::start(263).await;
    let world = kept.scene.world.clone();
    let roles = vec![Role::Auditor, Role::Admin];
    let both = people::invite(&world.operator, world.demo.id, "Bo Both", "bo@demo.test", roles).await;
    let mut demo = world.demo.clone();
    demo.staff.insert("bo".to_owned(), both);
    let mut bo = world.signed_in(&demo, "bo").await;
    bo.post(&format!("{}/request", kept.path), why()).await.expect(201);
    let own = bo.post(&format!("{}/decision", kept.path), word("approved")).await.expect(403);
    assert_eq!(own.problem(), "forbidden");
    kept.decides("declined").await.expect(200);
    assert_eq!(bo.get(&kept.path).await.expect(403).problem(), "approval-required");
    // Declined makes room for a better reason.
    assert_eq!(kept.asks().await.expect(201).json()["state"], "waiting");
}

#[tokio::test]
async fn where_nobody_else_can_decide_it_takes_three_days_and_everybody_is_told() {
    let mut kept = Kept::start(264).await;
    let world = kept.scene.world.clone();
    // Ida becomes the one admin that the practice has.
    let mut ana = kept.as_("ana").await;
    let ida = format!("/v1/staff/{}", world.demo.staff["ida"]);
    ana.patch(&ida, json!({"roles": ["auditor", "admin"]})).await.expect(200);
    let mut ida = kept.as_("ida").await;
    for who in ["ana", "max"] {
        let path = format!("/v1/staff/{}", world.demo.staff[who]);
        ida.patch(&path, json!({"roles": ["clinician"]})).await.expect(200);
    }
    let asked = ida.post(&format!("{}/request", kept.path), why()).await.expect(201).json();
    let opens_at = world.clock.now().plus_seconds(72 * 3600).to_string();
    assert_eq!((&asked["state"], &asked["opens_at"]), (&json!("waiting"), &json!(opens_at)));
    world.pump().await;
    for who in ["ana@", "max@", "ben@", "cleo@", "ida@"] {
        assert_eq!(mails_of(&world, who), 1, "{who}");
    }
    world.clock.advance_seconds(72 * 3600 - 1);
    let mut ida = kept.as_("ida").await;
    ida.get(&kept.path).await.expect(403);
    world.clock.advance_seconds(1);
    assert_eq!(ida.get(&kept.path).await.expect(200).json()["text"], WRONG);
    world.clock.advance_seconds(24 * 3600);
    kept.ida = kept.as_("ida").await;
    kept.opens().await.expect(403);
}

#[tokio::test]
async fn malformed_requests_change_nothing() {
    let mut kept = Kept::start(265).await;
    let ask = format!("{}/request", kept.path);
    for (body, code) in [
        (json!({}), "missing_member"),
        (json!({"reason": ""}), "too_short"),
        (json!({"reason": "because    "}), "too_short"),
        (json!({"reason": "x".repeat(501)}), "too_long"),
    ] {
        assert_eq!(kept.ida.post(&ask, body).await.expect(422).first_error().1, code);
    }
    kept.ida.get("/v1/evidence/evd_x").await.expect(404);
    kept.ida.get("/v1/evidence?cursor=x").await.expect(422);
    kept.decides("approved").await.expect(404);
    kept.asks().await.expect(201);
    let decide = format!("{}/decision", kept.path);
    kept.max.post(&decide, json!({"word": "perhaps"})).await.expect(422);
    assert_eq!(events(&kept.scene.world, "evidence_asked").await.len(), 1);
    assert!(events(&kept.scene.world, "evidence_decided").await.is_empty());
}

#[tokio::test]
async fn two_words_at_once_are_one() {
    let mut kept = Kept::start(266).await;
    kept.asks().await.expect(201);
    let (mut ana, path) = (kept.as_("ana").await, format!("{}/decision", kept.path));
    let (one, other) = tokio::join!(ana.post(&path, word("declined")), kept.decides("approved"));
    let mut both = [one.status.as_u16(), other.status.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    assert_eq!(events(&kept.scene.world, "evidence_decided").await.len(), 1);
}

#[tokio::test]
async fn the_incident_says_who_had_got_it_and_what_left() {
    let mut scene = Scene::start(267).await;
    let world = scene.world.clone();
    let earlier = scene.writes("This one stays.").await;
    let chart = format!("{}/export", scene.own);
    scene.ana.get(&chart).await.expect(200);
    let seq = scene.writes(WRONG).await;
    world.pump().await;
    world.clock.advance_seconds(60);
    scene.page().await;
    world.clock.advance_seconds(1);
    let mut cleo = world.signed_in(&world.demo, "cleo").await;
    cleo.get(&scene.path.clone()).await.expect(200);
    cleo.get(&chart).await.expect(200);
    world.clock.advance_seconds(60);
    let recalled = scene.recalls(seq).await.expect(200).json();
    world.clock.advance_seconds(1);
    scene.page().await;
    world.pump().await;
    world.tick().await;
    let mut ida = world.signed_in(&world.demo, "ida").await;
    let path = format!("/v1/evidence/{}/incident", recalled["evidence_id"].as_str().unwrap());
    let answer = ida.get(&path).await.expect(200);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains(WRONG), "no text in it");
    let incident = answer.json();
    let names = |list: &str| -> Vec<String> {
        let list = incident[list].as_array().unwrap();
        list.iter().map(|one| one["by"]["name"].as_str().unwrap_or("nobody").to_owned()).collect()
    };
    assert_eq!(names("readings"), ["Maria Lopez", "Cleo Park"], "{incident}");
    assert_eq!(names("exports"), ["Cleo Park"], "the earlier copy did not hold it: {incident}");
    assert_eq!(names("notices").len(), 1);
    assert_eq!(incident["message"]["opened"]["by"]["name"], "Maria Lopez");
    assert_eq!(incident["message"]["opened"]["session"], incident["readings"][0]["session"]);
    assert_eq!((&incident["complete"], &incident["message"]["seq"]), (&json!(true), &json!(seq)));
    assert!(earlier < seq);
    let told = events(&world, "incident_read").await;
    assert_eq!(told[0]["actor"]["S"], world.demo.staff["ida"].to_string());
}

#[tokio::test]
async fn what_was_destroyed_leaves_nothing_to_ask_for() {
    let mut scene = Scene::start(268).await;
    let world = scene.world.clone();
    let mut max = world.signed_in(&world.demo, "max").await;
    let body = json!({"policies": {"shred_unopened": true}});
    let changed = max.patch("/v1/practice", body).await.expect(200).json();
    assert_eq!(changed["policies"]["shred_unopened"], true);
    world.clock.advance_seconds(60);
    let seq = scene.writes(WRONG).await;
    let path = scene.recall(seq);
    let shred = json!({"reason": "wrong_patient", "keeping": "shred"});
    assert_eq!(scene.ana.post(&path, shred.clone()).await.expect(409).problem(), "not-shredded", "her own");
    let mut max = world.signed_in(&world.demo, "max").await;
    let recalled = max.post(&path, shred).await.expect(200).json();
    assert_eq!(recalled["evidence_id"], Value::Null);
    let items = world.aws.items("AuditTable").await;
    assert!(!items.iter().any(|item| item["PK"]["S"].as_str().unwrap().starts_with("EVIDENCE#")));
    let told = events(&world, "message_recalled").await;
    assert!(told[0]["object"]["S"].as_str().unwrap().contains("shredded"));
    // Switched off again, everything is kept.
    max.patch("/v1/practice", json!({"policies": {"shred_unopened": false}})).await.expect(200);
    world.clock.advance_seconds(60);
    let seq = scene.writes(WRONG).await;
    let path = scene.recall(seq);
    let shred = json!({"reason": "wrong_patient", "keeping": "shred"});
    let mut max = world.signed_in(&world.demo, "max").await;
    assert_eq!(max.post(&path, shred).await.expect(409).problem(), "not-shredded");
    assert!(max.post(&path, wrong_patient()).await.expect(200).json()["evidence_id"].is_string());
}

#[tokio::test]
async fn what_staff_do_among_themselves_is_not_in_the_patients_log() {
    let mut kept = Kept::start(269).await;
    let world = kept.scene.world.clone();
    let notes = format!("{}/notes", kept.scene.own);
    kept.scene.ana.post_once(&notes, &world.fresh_key(), json!({"text": "Called."})).await.expect(201);
    kept.scene.ana.get(&notes).await.expect(200);
    kept.asks().await.expect(201);
    kept.decides("approved").await.expect(200);
    kept.opens().await.expect(200);
    world.pump().await;
    world.tick().await;
    let log = kept.as_("maria").await.get("/v1/me/access-log?limit=100").await.expect(200).json();
    let verbs: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|item| item["verb"].as_str().unwrap()).collect();
    assert!(verbs.contains(&"evidence_read") && verbs.contains(&"messages_read"), "{verbs:?}");
    for hidden in ["notes_read", "note_written", "evidence_asked", "evidence_decided", "incident_read"] {
        assert!(!verbs.contains(&hidden), "{hidden}");
    }
}
