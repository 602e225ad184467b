//! What is named at the doors: things that are one's own, another's, another practice's, gone, or were never there.

use std::collections::BTreeMap;

use api_tests::{Practice, World, people};
use domain::{
    browser::Browser,
    id::{AccountId, ConversationId, DeviceId, EvidenceId, PasskeyId, PatientId, SessionId, StaffId, TaskId},
    role::Role,
    session::SessionKind,
};
use platform::{
    secrets,
    store::{
        Write,
        device::{Device, DeviceToken},
        device_link::DeviceLink,
        keys,
        passkey::Passkey,
        session::Holder,
        table::Table,
        text_task::{Task, TaskKind},
    },
};
use serde_json::json;

use crate::people::Principal;

/// Which of them is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Whoever comes has it, or Maria where they have none.
    Own,
    /// John's.
    Other,
    /// One of the other practice.
    Foreign,
    /// One that was there.
    Deleted,
    /// One that never was.
    Never,
}

impl Target {
    /// All of them. What never was comes last: the others are compared with it.
    pub const ALL: [Self; 5] = [Self::Own, Self::Other, Self::Foreign, Self::Deleted, Self::Never];
}

/// What a path can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A conversation with one message.
    Conversation,
    /// A patient.
    Patient,
    /// A member of staff.
    Staff,
    /// A session of whoever comes.
    Session,
    /// A remembered device.
    Device,
    /// A passkey.
    Passkey,
    /// What was kept of a recalled message, which Ida may open.
    Evidence,
    /// A visit.
    Visit,
    /// A text that a visit has made.
    Text,
    /// What staff have to look at because of a text.
    Task,
}

/// The ids of everything.
pub struct Places {
    ids: BTreeMap<(Kind, &'static str), String>,
    /// The account and a contact point of each patient, by the patient's id.
    accounts: BTreeMap<String, (String, String)>,
}

/// An id that nothing has.
fn never(prefix: &str) -> String {
    format!("{prefix}_01jd6xk0000000000000000000")
}

impl Places {
    /// Makes everything that can be named.
    pub async fn make(world: &mut World) -> Self {
        let dora = people::invite(
            &world.operator,
            world.demo.id,
            "Dora Lund",
            "dora@demo.test",
            vec![Role::Clinician],
        )
        .await;
        world.demo.staff.insert("dora".to_owned(), dora);
        let mut places = Self { ids: BTreeMap::new(), accounts: BTreeMap::new() };
        for (name, who) in [("own", "maria"), ("child", "luis"), ("other", "john"), ("deleted", "linh")] {
            places.conversation(world, &world.demo, name, who).await;
        }
        places.conversation(world, &world.other, "foreign", "john").await;
        for (name, who) in [("own", "maria"), ("other", "john"), ("deleted", "linh")] {
            places.evidence(world, &world.demo, name, who).await;
        }
        places.evidence(world, &world.other, "foreign", "john").await;
        places.patients(world).await;
        places.staff(world).await;
        places.ways_in(world).await;
        for (name, who) in [("own", "maria"), ("other", "john")] {
            places.visit(world, &world.demo, name, who).await;
        }
        places.visit(world, &world.other, "foreign", "john").await;
        places.ids.insert((Kind::Visit, "deleted"), never("vis").replace("xk", "xm"));
        places.ids.insert((Kind::Task, "deleted"), never("tsk").replace("xk", "xm"));
        places.ids.insert((Kind::Text, "deleted"), never("txt").replace("xk", "xm"));
        for (kind, prefix) in [
            (Kind::Conversation, "cnv"),
            (Kind::Patient, "pat"),
            (Kind::Staff, "stf"),
            (Kind::Session, "ses"),
            (Kind::Device, "dev"),
            (Kind::Passkey, "pky"),
            (Kind::Evidence, "evd"),
            (Kind::Visit, "vis"),
            (Kind::Text, "txt"),
            (Kind::Task, "tsk"),
        ] {
            places.ids.insert((kind, "never"), never(prefix));
        }
        places
    }

    async fn visit(&mut self, world: &World, practice: &Practice, name: &'static str, who: &str) {
        let body = json!({"patient_id": practice.patients[who].id, "starts_at": "2026-12-24T15:00:00Z"});
        let mut ben = world.signed_in(practice, "ben").await;
        let visit = ben.post("/v1/visits", body).await.expect(201).json();
        self.ids.insert((Kind::Visit, name), visit["id"].as_str().unwrap().to_owned());
        self.ids.insert((Kind::Text, name), visit["texts"][0].as_str().unwrap().to_owned());
        let app = &world.operator;
        let stored = app.practice(practice.id).await.unwrap().unwrap();
        let sealer = app.sealer(&stored).await.unwrap();
        let task = Task {
            id: TaskId::new(app.clock.now(), app.entropy.id()),
            kind: TaskKind::Question,
            patients: vec![practice.patients[who].id],
            visit: None,
            phone: "+15555550102".to_owned(),
            words: "hello".to_owned(),
        };
        let write = || vec![Write::Create(Table::Chat, task.to_item(practice.id, &sealer))];
        app.store.transact_patiently(write).await.unwrap().unwrap();
        self.ids.insert((Kind::Task, name), task.id.to_string());
    }

    /// The id of what somebody names.
    pub fn id(&self, kind: Kind, target: Target, who: Principal) -> &str {
        let name = match target {
            Target::Own if who == Principal::Parent && matches!(kind, Kind::Conversation | Kind::Patient) => {
                "child"
            }
            Target::Own => "own",
            Target::Other => "other",
            Target::Foreign => "foreign",
            Target::Deleted => "deleted",
            Target::Never => "never",
        };
        &self.ids[&(kind, name)]
    }

    /// The account of a patient and one of its contact points; some that never were where there are none.
    pub fn account_of(&self, patient: &str) -> (String, String) {
        self.accounts.get(patient).cloned().unwrap_or_else(|| (never("acc"), never("cpt")))
    }

    /// The link of the desk of a patient, as its path names it.
    pub fn link_of(patient: &str) -> String {
        secrets::hash(patient)
    }

    async fn device_link(&self, world: &World, practice: &Practice, patient: PatientId, account: AccountId) {
        let link = DeviceLink {
            practice: practice.id,
            account,
            patient,
            epoch: 1,
            staff: practice.staff["cleo"],
            expires_at: world.clock.now().plus_seconds(600),
            used_at: None,
        };
        let item = link.to_item(&Self::link_of(&patient.to_string()));
        assert!(world.operator.store.create(Table::Chat, item).await.unwrap());
    }

    async fn conversation(&mut self, world: &World, practice: &Practice, name: &'static str, who: &str) {
        let id = world.conversation(practice, "cleo", who).await;
        let mut cleo = world.signed_in(practice, "cleo").await;
        let body = people::text("Please call us.");
        let path = format!("/v1/conversations/{id}/messages");
        cleo.post_once(&path, &world.fresh_key(), body).await.expect(201);
        let assign = json!({"assigned_to": practice.staff["cleo"]});
        cleo.patch(&format!("/v1/conversations/{id}"), assign).await.expect(200);
        if name == "deleted" {
            let conversation = ConversationId::parse(&id).unwrap();
            end(world, keys::conversation(practice.id, conversation)).await;
        }
        self.ids.insert((Kind::Conversation, name), id);
    }

    /// What was kept of a message: asked for and allowed, so that whoever may open it can.
    async fn evidence(&mut self, world: &World, practice: &Practice, name: &'static str, who: &str) {
        let id = world.conversation(practice, "cleo", who).await;
        let mut cleo = world.signed_in(practice, "cleo").await;
        let path = format!("/v1/conversations/{id}/messages");
        cleo.post_once(&path, &world.fresh_key(), people::text("For somebody else.")).await.expect(201);
        let recalled = cleo.post(&format!("{path}/1/recall"), json!({"reason": "wrong_patient"})).await;
        let id = recalled.expect(200).json()["evidence_id"].as_str().unwrap().to_owned();
        let path = format!("/v1/evidence/{id}");
        let mut ida = world.signed_in(practice, "ida").await;
        let why = json!({"reason": "The patient has complained."});
        ida.post(&format!("{path}/request"), why).await.expect(201);
        let mut max = world.signed_in(practice, "max").await;
        max.post(&format!("{path}/decision"), json!({"word": "approved"})).await.expect(200);
        if name == "deleted" {
            let evidence = EvidenceId::parse(&id).unwrap();
            end(world, keys::evidence_request(practice.id, evidence)).await;
            let gone = Write::Delete(Table::Audit, keys::evidence(practice.id, evidence));
            world.operator.store.transact_patiently(|| vec![gone.clone()]).await.unwrap().unwrap();
        }
        self.ids.insert((Kind::Evidence, name), id);
    }

    async fn patients(&mut self, world: &World) {
        let gone = people::add(&world.operator, world.demo.id, "Gone Away", "1970-02-03", "en", &[]).await;
        end(world, keys::patient(world.demo.id, gone.id)).await;
        for (name, practice, id) in [
            ("own", &world.demo, world.demo.patients["maria"].id),
            ("child", &world.demo, world.demo.patients["luis"].id),
            ("other", &world.demo, world.demo.patients["john"].id),
            ("foreign", &world.other, world.other.patients["john"].id),
            ("deleted", &world.demo, gone.id),
        ] {
            let id: PatientId = id;
            let reached = world.operator.store.accounts_of(practice.id, id).await.unwrap();
            if let Some((account, ..)) = reached.first() {
                let stored = world.operator.known_practice(practice.id).await.unwrap();
                let sealer = world.operator.sealer(&stored).await.unwrap();
                let account =
                    world.operator.store.account(practice.id, *account, &sealer).await.unwrap().unwrap();
                let point = account.contacts.first().map_or_else(|| never("cpt"), ToString::to_string);
                self.accounts.insert(id.to_string(), (account.id.to_string(), point));
                self.device_link(world, practice, id, account.id).await;
            }
            self.ids.insert((Kind::Patient, name), id.to_string());
        }
    }

    async fn staff(&mut self, world: &World) {
        let gone = people::invite(
            &world.operator,
            world.demo.id,
            "Gone Too",
            "gone@demo.test",
            vec![Role::FrontDesk],
        )
        .await;
        end(world, keys::staff(world.demo.id, gone)).await;
        let named: [(&'static str, StaffId); 4] = [
            ("own", world.demo.staff["dora"]),
            ("other", world.demo.staff["ben"]),
            ("foreign", world.other.staff["ben"]),
            ("deleted", gone),
        ];
        self.ids.extend(named.map(|(name, id)| ((Kind::Staff, name), id.to_string())));
    }

    /// A session, a device and a passkey each for Maria, for both Johns, and one of Maria's that is gone.
    async fn ways_in(&mut self, world: &World) {
        let now = world.clock.now();
        let entropy = &world.operator.entropy;
        for (name, practice, who) in [
            ("own", &world.demo, "maria"),
            ("other", &world.demo, "john"),
            ("foreign", &world.other, "john"),
            ("deleted", &world.demo, "maria"),
        ] {
            let account = practice.patients[who].account.unwrap();
            let token = world.session(practice, who, SessionKind::Patient).await;
            let holder = Holder::Account(account);
            let live = world.operator.store.sessions(practice.id, holder, now).await.unwrap();
            let session = live.into_iter().find(|session| session.hash == token.hash()).unwrap();
            let secret = secrets::browser_secret(entropy);
            let device_token = DeviceToken { practice: practice.id, account, secret };
            let id = DeviceId::new(now, entropy.id());
            let device = Device::new(id, Browser::default(), SessionId::new(now, entropy.id()), now);
            let passkey = Passkey {
                id: PasskeyId::new(now, entropy.id()),
                credential_id: id.to_string().into_bytes(),
                static_state: Vec::new(),
                dynamic_state: Vec::new(),
                transports: 0,
                sign_count: 0,
                browser: Browser::default(),
                sign_in: None,
                created_at: now,
                last_used_at: None,
                sealed_label: None,
            };
            let made = [device.to_item(&device_token.key()), passkey.to_item(practice.id, holder)];
            for item in made {
                assert!(world.operator.store.create(Table::Chat, item).await.unwrap());
            }
            if name == "deleted" {
                end(world, device_token.key()).await;
                end(world, passkey.key(practice.id, holder)).await;
                end(world, session.key()).await;
            }
            self.ids.insert((Kind::Session, name), session.id.to_string());
            self.ids.insert((Kind::Device, name), device.id.to_string());
            self.ids.insert((Kind::Passkey, name), passkey.id.to_string());
        }
    }
}

async fn end(world: &World, key: keys::ItemKey) {
    let writes = || vec![Write::Delete(Table::Chat, key.clone())];
    world.operator.store.transact_patiently(writes).await.unwrap().unwrap();
}
