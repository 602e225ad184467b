//! Practices and the people in them.

use std::collections::BTreeMap;

use domain::{
    audit::{ActorId, Verb},
    contact::ContactValue,
    id::{AccountId, PatientId, PracticeId, StaffId},
    language::Language,
    person::{BirthDate, PersonName},
    practice::{Policies, PublicProfile, Slug},
    role::Role,
    session::{SessionKind, SessionTimes},
};
use platform::{
    App,
    keys::{KeyScope, Purpose},
    secrets,
    store::{
        Write, audit,
        item::string,
        keys,
        patient::{Added, NewPatient, RosterTools},
        practice::WrappedKeys,
        session::{Grant, Holder, Relation, Scope, Session, SessionToken},
        staff::{Invited, Staff},
        table::{Change, Table},
    },
};
use serde_json::{Value, json};

use crate::{browser::Browser, world::World};

/// A practice with its people.
#[derive(Clone)]
pub struct Practice {
    /// Its id.
    pub id: PracticeId,
    /// Its short name.
    pub slug: String,
    /// By first name, in lower case.
    pub staff: BTreeMap<String, StaffId>,
    /// By first name, in lower case.
    pub patients: BTreeMap<String, Person>,
}

/// A patient.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub id: PatientId,
    /// The account that reaches them.
    pub account: Option<AccountId>,
    /// Where it is reached.
    pub address: Option<String>,
    /// Their birth date.
    pub birth_date: String,
}

/// Sets up a practice with the people of the demonstration.
pub async fn practice(app: &App, slug: &str, name: &str, limits_factor: u32) -> Practice {
    practice_with(app, slug, name, Policies::demonstration(limits_factor)).await
}

/// Sets up a practice with the same people and policies of its own.
pub async fn practice_with(app: &App, slug: &str, name: &str, policies: Policies) -> Practice {
    let now = app.clock.now();
    let id = PracticeId::new(now, app.entropy.id());
    let key = |purpose| async move {
        app.keys.generate(KeyScope::of_practice(id, purpose)).await.expect("a key").wrapped
    };
    let wrapped = WrappedKeys {
        contact: key(Purpose::Contact).await,
        index: key(Purpose::Index).await,
        link: key(Purpose::Link).await,
    };
    let practice = platform::store::practice::Practice {
        id,
        slug: Slug::parse(slug).expect("a slug"),
        profile: PublicProfile {
            name: name.to_owned(),
            sender_name: "Bright Eyes".to_owned(),
            phone: "+15555550100".to_owned(),
            emergency_number: "911".to_owned(),
            hours: "Mon-Fri 8-17".to_owned(),
            time_zone: "America/New_York".to_owned(),
            languages: vec!["en".to_owned(), "es".to_owned()],
        },
        policies,
        wrapped,
    };
    let event = audit::event(&app.entropy, now, id, ActorId::System, Verb::PracticeCreated);
    assert!(
        app.store.create_practice(&practice, now, audit::to_item(&event)).await.expect("the store works")
    );

    let mut made = Practice { id, slug: slug.to_owned(), staff: BTreeMap::new(), patients: BTreeMap::new() };
    let domain = if slug == "demo" { "demo.test".to_owned() } else { format!("{slug}.test") };
    for (name, roles) in [
        ("Ana Ruiz", vec![Role::Admin, Role::Clinician]),
        ("Ben Moss", vec![Role::FrontDesk]),
        ("Ida Wren", vec![Role::Auditor]),
        ("Cleo Park", vec![Role::Clinician]),
        ("Max Dorn", vec![Role::Admin]),
    ] {
        let first = name.split(' ').next().unwrap().to_lowercase();
        let staff = invite(app, id, name, &format!("{first}@{domain}"), roles).await;
        made.staff.insert(first, staff);
    }
    for (name, birth_date, language, emails, phones) in [
        ("Maria Lopez", "1985-03-14", "es", vec!["maria"], vec!["+15555550101"]),
        ("John Carter", "1950-11-02", "en", vec!["john"], vec!["+15555550102"]),
        ("Linh Tran", "2001-01-30", "vi", vec![], vec!["+15555550104"]),
        ("Rosa Vega", "1979-05-05", "es", vec!["vega.family"], vec![]),
        ("Luis Vega", "2012-09-17", "es", vec![], vec![]),
    ] {
        let domain =
            if slug == "demo" { "patients.test".to_owned() } else { format!("patients.{slug}.test") };
        let mut contacts: Vec<String> = emails.iter().map(|local| format!("{local}@{domain}")).collect();
        contacts.extend(phones.into_iter().map(str::to_owned));
        let person = add(app, id, name, birth_date, language, &contacts).await;
        made.patients.insert(name.split(' ').next().unwrap().to_lowercase(), person);
    }
    let parent = made.patients["rosa"].account.expect("Rosa has an account");
    let child = made.patients["luis"].id;
    let grant = Grant { patient: child, relation: Relation::Parent, from: None, until: None };
    let items = platform::store::account::grant_items(id, parent, grant, now);
    let writes = || items.iter().cloned().map(|item| Write::Create(Table::Chat, item)).collect();
    app.store.transact_patiently(writes).await.expect("the store works").expect("a new grant");
    made
}

/// Adds a member of staff.
pub async fn invite(app: &App, practice: PracticeId, name: &str, email: &str, roles: Vec<Role>) -> StaffId {
    let stored = app.practice(practice).await.expect("the store works").expect("a practice");
    let (sealer, index_key) =
        tokio::try_join!(app.sealer(&stored), app.practice_key(&stored, Purpose::Index)).expect("keys");
    let now = app.clock.now();
    let tools = RosterTools { practice, sealer: &sealer, index_key: &index_key, entropy: &app.entropy, now };
    let staff = Staff {
        id: StaffId::new(now, app.entropy.id()),
        name: PersonName::parse(name).expect("a name"),
        email: ContactValue::email(email).expect("an address"),
        roles,
        language: Language::english(),
        active: true,
        epoch: 1,
        enrolled: false,
        invited_until: Some(Staff::invitation_end(now)),
    };
    match app.store.add_staff(&tools, staff, |_| Vec::new()).await.expect("the store works") {
        Invited::Created(staff) => staff.id,
        _ => panic!("{name} is staff already"),
    }
}

/// Adds a patient with an account of their own where there are contacts.
pub async fn add(
    app: &App,
    practice: PracticeId,
    name: &str,
    birth_date: &str,
    language: &str,
    contacts: &[String],
) -> Person {
    let stored = app.practice(practice).await.expect("the store works").expect("a practice");
    let (sealer, index_key) =
        tokio::try_join!(app.sealer(&stored), app.practice_key(&stored, Purpose::Index)).expect("keys");
    let now = app.clock.now();
    let tools = RosterTools { practice, sealer: &sealer, index_key: &index_key, entropy: &app.entropy, now };
    let new = NewPatient {
        name: PersonName::parse(name).expect("a name"),
        birth_date: BirthDate::parse(birth_date).expect("a date"),
        language: Language::parse(language).expect("a language"),
        time_zone: None,
        external_id: None,
        contacts: contacts.iter().map(|c| ContactValue::parse(c).expect("an address")).collect(),
        may_share: true,
    };
    let Added::Created(patient) =
        app.store.add_patient(&tools, new, |_| Vec::new()).await.expect("the store works")
    else {
        panic!("{name} is a patient already")
    };
    let accounts = app.store.accounts_of(practice, patient.id).await.expect("the store works");
    Person {
        id: patient.id,
        account: accounts.first().map(|(account, ..)| *account),
        address: contacts.first().cloned(),
        birth_date: birth_date.to_owned(),
    }
}

impl World {
    /// A browser with a session that was not signed in for: for tests of everything but sign-in.
    pub async fn signed_in(&self, practice: &Practice, who: &str) -> Browser {
        let token = self.session(practice, who, SessionKind::Patient).await;
        let mut browser = self.browser();
        browser.cookies.insert("__Host-session".to_owned(), token.expose());
        browser
    }

    /// A session of somebody, by first name.
    pub async fn session(&self, practice: &Practice, who: &str, kind: SessionKind) -> SessionToken {
        let app = &self.operator;
        let stored = app.known_practice(practice.id).await.expect("a practice");
        let sealer = app.sealer(&stored).await.expect("keys");
        let now = self.clock.now();
        let (holder, kind, roles, grants, name) = match practice.staff.get(who) {
            Some(id) => {
                let staff = app.store.staff(practice.id, *id, &sealer).await.expect("works").expect("staff");
                (Holder::Staff(*id), SessionKind::Staff, staff.roles, Vec::new(), staff.name)
            }
            None => {
                let id = practice.patients[who].account.expect("an account");
                let account =
                    app.store.account(practice.id, id, &sealer).await.expect("works").expect("account");
                let grants = app.store.grants(practice.id, id).await.expect("works");
                (Holder::Account(id), kind, Vec::new(), grants, account.name)
            }
        };
        let token =
            SessionToken { practice: practice.id, holder, secret: secrets::browser_secret(&app.entropy) };
        let id = domain::id::SessionId::new(now, app.entropy.id());
        let session = Session {
            id,
            sign_in: id,
            practice: practice.id,
            holder,
            kind,
            times: SessionTimes { created_at: now, active_at: now },
            roles,
            grants,
            scope: Scope::Full,
            opens: None,
            sealed_name: sealer.seal_bytes(&token.key(), "sealed_name", name.expose()),
            language: Language::english(),
            browser: domain::browser::Browser::default(),
            device: None,
            passkey: None,
            contact: None,
            step_up: None,
            proven_at: Some(now),
            since: None,
            hash: token.hash(),
        };
        let item = session.to_item().expect("an item");
        assert!(app.store.create(Table::Chat, item).await.expect("the store works"));
        token
    }

    /// Starts a conversation of staff with a patient, and returns its id.
    pub async fn conversation(&self, practice: &Practice, staff: &str, patient: &str) -> String {
        let mut browser = self.signed_in(practice, staff).await;
        let key = self.fresh_key();
        let body = json!({"patient_id": practice.patients[patient].id, "topic": "medical_question"});
        let answer = browser.post_once("/v1/conversations", &key, body).await.expect(201);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// What a practice decides from now on. Functions remember the old for a minute, so a minute passes.
    pub async fn set_policies(&self, practice: &Practice, policies: Policies) {
        let text = serde_json::to_string(&policies).expect("policies are JSON");
        let change = Change::new(keys::practice(practice.id), "SET policies = :policies")
            .when("attribute_exists(PK)")
            .value(":policies", string(text));
        assert!(self.operator.store.change(change).await.expect("the store works").is_some());
        self.operator.forget_practice(practice.id);
        self.clock.advance_seconds(61);
    }

    /// A key that was not used before.
    pub fn fresh_key(&self) -> String {
        format!("key-{}", self.operator.entropy.below(u64::MAX))
    }
}

/// The body of a text message.
pub fn text(text: &str) -> Value {
    json!({"kind": "text", "text": text})
}
