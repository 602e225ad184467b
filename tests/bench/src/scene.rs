//! The people and conversations that are measured with: written through the store, as the functions do, and signed
//! in without the ceremony.

use std::sync::Arc;

use domain::{
    audit::{ActorId, Verb},
    contact::ContactValue,
    conversation::{ConversationState, Side, Topic},
    id::{ConversationId, PatientId},
    idempotency::IdempotencyKey,
    language::Language,
    message::MessageText,
    person::{BirthDate, PersonName},
    practice::Slug,
    session::{SessionKind, SessionTimes},
};
use local::Stack;
use platform::{
    App,
    keys::KeyScope,
    provision::Provisioner,
    sealing::FieldSealer,
    secrets,
    store::{
        Store, Write, audit,
        conversation::{Head, ReadMark},
        item::Attributes,
        keys::PK,
        message::Send,
        patient::NewPatient,
        practice::Practice,
        session::{Grant, Holder, Scope, Session, SessionToken},
        table::{TRANSACTION_MAX, Table},
    },
};

use crate::Result;

/// Characters of a message.
pub(crate) const TEXT_LENGTH: usize = 300;

/// Somebody with a session.
#[derive(Clone)]
pub(crate) struct Person {
    /// The patient; for staff nobody.
    pub(crate) patient: Option<PatientId>,
    /// Who holds the session.
    pub(crate) holder: Holder,
    /// The value of the session's cookie.
    pub(crate) token: String,
}

/// A practice in which something can be measured.
pub(crate) struct Scene {
    app: App,
    practice: Arc<Practice>,
    sealer: FieldSealer,
    /// A member of staff.
    pub(crate) staff: Person,
    /// Patients.
    pub(crate) patients: Vec<Person>,
}

impl Scene {
    /// The demo practice of a stack, with so many patients more.
    ///
    /// # Errors
    /// Where the store refuses.
    pub(crate) async fn set(stack: &Stack, patients: usize) -> Result<Self> {
        let app = stack.app("admin")?;
        let practice =
            app.practice_by_slug(&Slug::parse("demo").map_err(wrong)?).await?.ok_or("no demo practice")?;
        let sealer = app.sealer(&practice).await?;
        let staff = app.store.all_staff(practice.id, &sealer).await?;
        let staff = staff
            .into_iter()
            .find(|staff| staff.is_active_admin())
            .ok_or("the demo practice has no admin")?;
        let mut scene = Self {
            staff: Person { patient: None, holder: Holder::Staff(staff.id), token: String::new() },
            app,
            practice,
            sealer,
            patients: Vec::new(),
        };
        scene.staff.token = scene
            .sign_in(scene.staff.holder, SessionKind::Staff, staff.roles, Vec::new(), &staff.name)
            .await?;
        for n in 0..patients {
            let patient = scene.patient(n).await?;
            scene.patients.push(patient);
        }
        Ok(scene)
    }

    async fn patient(&self, n: usize) -> Result<Person> {
        let name = PersonName::parse(&format!("Patient Number{n}")).map_err(wrong)?;
        let new = NewPatient {
            name: name.clone(),
            birth_date: BirthDate::parse("1970-01-01").map_err(wrong)?,
            language: Language::english(),
            time_zone: None,
            external_id: None,
            contacts: vec![ContactValue::email(&format!("patient{n}@patients.test")).map_err(wrong)?],
            may_share: true,
        };
        let patient = Provisioner::from(&self.app).add_patient(&self.practice, new).await?;
        let accounts = self.app.store.accounts_of(self.practice.id, patient.id).await?;
        let account = accounts.first().ok_or("a patient without an account")?.0;
        let grants = self.app.store.grants(self.practice.id, account).await?;
        let holder = Holder::Account(account);
        let token = self.sign_in(holder, SessionKind::Patient, Vec::new(), grants, &name).await?;
        Ok(Person { patient: Some(patient.id), holder, token })
    }

    async fn sign_in(
        &self,
        holder: Holder,
        kind: SessionKind,
        roles: Vec<domain::role::Role>,
        grants: Vec<Grant>,
        name: &PersonName,
    ) -> Result<String> {
        let now = self.app.clock.now();
        let practice = self.practice.id;
        let token = SessionToken { practice, holder, secret: secrets::browser_secret(&self.app.entropy) };
        let id = domain::id::SessionId::new(now, self.app.entropy.id());
        let session = Session {
            id,
            sign_in: id,
            practice,
            holder,
            kind,
            times: SessionTimes { created_at: now, active_at: now },
            roles,
            grants,
            scope: Scope::Full,
            opens: None,
            sealed_name: self.sealer.seal_bytes(&token.key(), "sealed_name", name.expose()),
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
        self.app.store.create(Table::Chat, session.to_item()?).await?;
        Ok(token.expose())
    }

    /// The practice.
    pub(crate) fn practice_id(&self) -> domain::id::PracticeId {
        self.practice.id
    }

    /// A conversation with so many messages of the practice, whose notices have left long ago.
    ///
    /// # Errors
    /// Where the store refuses.
    pub(crate) async fn conversation(&self, patient: &Person, messages: u64) -> Result<ConversationId> {
        let (app, store) = (&self.app, &self.app.store);
        let now = app.clock.now();
        let id = ConversationId::new(now, app.entropy.id());
        let patient = patient.patient.ok_or("a conversation needs a patient")?;
        let content_key = app.keys.generate(KeyScope::of_conversation(self.practice.id, patient, id)).await?;
        let mut head = Head {
            practice: self.practice.id,
            id,
            patient,
            topic: Topic::MedicalQuestion,
            state: ConversationState::Open,
            assignee: None,
            last_seq: 0,
            epoch: 1,
            said_patient: 0,
            said_practice: 0,
            read_patient: ReadMark::default(),
            read_practice: ReadMark::default(),
            opened_through: messages,
            recalled: Vec::new(),
            wrapped_key: content_key.wrapped,
            created_at: now,
            last_message_at: now,
            attention_since: None,
        };
        let key = IdempotencyKey::parse("k").map_err(wrong)?;
        let mut writes = Vec::new();
        for n in 0..messages {
            let text = MessageText::parse(&text(n)).map_err(wrong)?;
            let event = audit::event(&app.entropy, now, self.practice.id, ActorId::System, Verb::MessageSent);
            let send = Send {
                sender: self.staff.holder,
                side: Side::Practice,
                relation: None,
                sender_name: "Ana Castillo",
                text: &text,
                corrects: None,
                key: &key,
                content_key: &content_key.key,
                event,
            };
            let (_, message) = store.next_message_writes(&mut head, &send, now)?;
            let message: Vec<_> = message.into_iter().filter(|write| !is_outbox(write)).collect();
            if writes.len() + message.len() > TRANSACTION_MAX {
                write(store, std::mem::take(&mut writes)).await?;
            }
            writes.extend(message);
        }
        if !writes.is_empty() {
            write(store, writes).await?;
        }
        write(store, Store::start_writes(&head)).await?;
        Ok(id)
    }
}

async fn write(store: &Store, writes: Vec<Write>) -> Result<()> {
    store.transact(writes).await?.map_err(|cancelled| format!("{cancelled:?}").into())
}

fn is_outbox(write: &Write) -> bool {
    let is = |item: &Attributes| {
        item.get(PK).and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk.starts_with("OUTBOX#"))
    };
    matches!(write, Write::Create(_, item) if is(item))
}

/// A message. Everybody writes differently, so that pages compress as much as real ones.
pub(crate) fn text(n: u64) -> String {
    let mut state = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::with_capacity(TEXT_LENGTH + 16);
    while text.len() < TEXT_LENGTH {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(WORDS[(state >> 33) as usize % WORDS.len()]);
        text.push(' ');
    }
    text.truncate(TEXT_LENGTH - 1);
    text.push('.');
    text
}

const WORDS: [&str; 96] = [
    "the",
    "a",
    "to",
    "and",
    "of",
    "is",
    "in",
    "you",
    "for",
    "we",
    "it",
    "that",
    "your",
    "with",
    "on",
    "are",
    "have",
    "please",
    "not",
    "be",
    "this",
    "as",
    "can",
    "if",
    "at",
    "or",
    "will",
    "was",
    "from",
    "our",
    "appointment",
    "eye",
    "drops",
    "morning",
    "evening",
    "pressure",
    "exam",
    "glasses",
    "lenses",
    "contact",
    "prescription",
    "pharmacy",
    "doctor",
    "nurse",
    "question",
    "pain",
    "red",
    "better",
    "worse",
    "since",
    "yesterday",
    "tomorrow",
    "week",
    "days",
    "twice",
    "daily",
    "left",
    "right",
    "both",
    "blurry",
    "vision",
    "light",
    "sensitive",
    "surgery",
    "cataract",
    "follow-up",
    "call",
    "office",
    "insurance",
    "referral",
    "results",
    "test",
    "normal",
    "thank",
    "thanks",
    "hello",
    "know",
    "let",
    "any",
    "more",
    "need",
    "should",
    "come",
    "back",
    "wear",
    "stop",
    "continue",
    "feel",
    "see",
    "when",
    "hours",
    "after",
    "before",
    "without",
    "itching",
    "still",
];

fn wrong(invalid: domain::Invalid) -> String {
    format!("{invalid:?}")
}
