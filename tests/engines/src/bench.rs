//! What a case works with: the store on an engine, a practice that nobody else has, and short ways to act in it.

use std::{future::Future, sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    audit::{ActorId, Event, Verb},
    contact::ContactValue,
    conversation::{ConversationState, Side, Topic},
    id::{AccountId, ConversationId, PatientId, PracticeId, StaffId},
    idempotency::IdempotencyKey,
    language::Language,
    message::MessageText,
    person::{BirthDate, PersonName},
    time::Timestamp,
};
use futures_util::future::join_all;
use platform::{
    clock::Clock,
    config::Environment,
    entropy::Entropy,
    seal::Key,
    sealing::FieldSealer,
    store::{
        Store, StoreError,
        conversation::{Filter, Head, ReadMark},
        item::{Attributes, string},
        keys::{ItemKey, PK, SK},
        message::{Outcome, Range, Send, Sent},
        patient::{Added, NewPatient, Patient, RosterTools},
        session::Holder,
        table::Table,
    },
};

use crate::engine::{Engine, Gap, TableNames};

/// The setting of one case.
pub struct Bench {
    /// The engine.
    pub engine: Arc<Engine>,
    /// The store, as functions have it.
    pub store: Store,
    /// A practice of this case's own. It has no item unless the case makes one.
    pub practice: PracticeId,
    /// Randomness.
    pub entropy: Entropy,
    /// When the case began.
    pub now: Timestamp,
    /// The practice's key for personal fields.
    pub contact_key: Arc<Key>,
    /// The practice's key for blind indexes.
    pub index_key: Arc<Key>,
    /// Seals the practice's personal fields.
    pub sealer: FieldSealer,
    tables: TableNames,
    client: aws_sdk_dynamodb::Client,
}

/// A conversation with the key of its messages.
pub struct Talk {
    /// The head as it was when the conversation was started.
    pub head: Head,
    /// The key that its messages are sealed with.
    pub key: Arc<Key>,
}

/// What one side says.
#[derive(Clone, Copy)]
pub struct Says<'a> {
    /// Who.
    pub who: Holder,
    /// On which side.
    pub side: Side,
    /// The client's key.
    pub key: &'a str,
    /// The text.
    pub text: &'a str,
}

impl Bench {
    /// A setting of its own on the engine.
    ///
    /// # Errors
    /// A sentence, if the engine cannot make tables.
    pub async fn new(engine: Arc<Engine>, case: &str) -> Result<Self, String> {
        let tables = engine.tables(case).await?;
        let entropy = Entropy::System;
        let client = aws_sdk_dynamodb::Client::new(engine.sdk());
        let environment = Environment::from_map(tables.clone());
        let store =
            Store::new(&environment, client.clone(), entropy.clone()).map_err(|error| error.to_string())?;
        let now = Clock::System.now();
        let practice = PracticeId::new(now, entropy.id());
        let key = || Arc::new(Key::from_bytes(entropy.bytes()));
        let (contact_key, index_key) = (key(), key());
        let sealer = FieldSealer::new(practice, contact_key.clone(), entropy.clone());
        Ok(Self { engine, store, practice, now, contact_key, index_key, sealer, tables, client, entropy })
    }

    /// The environment of a function that works on these tables.
    pub fn environment(&self) -> TableNames {
        self.tables.clone()
    }

    /// So many seconds after the case began.
    pub fn at(&self, seconds: i64) -> Timestamp {
        self.now.plus_seconds(seconds)
    }

    /// What adding people needs.
    pub fn tools(&self) -> RosterTools<'_> {
        RosterTools {
            practice: self.practice,
            sealer: &self.sealer,
            index_key: &self.index_key,
            entropy: &self.entropy,
            now: self.now,
        }
    }

    /// An audit event of the product itself.
    pub fn event(&self, verb: Verb) -> Event {
        platform::store::audit::event(&self.entropy, self.now, self.practice, ActorId::System, verb)
    }

    /// Some account.
    pub fn account(&self) -> Holder {
        Holder::Account(AccountId::new(self.now, self.entropy.id()))
    }

    /// Some member of staff.
    pub fn staff(&self) -> StaffId {
        StaffId::new(self.now, self.entropy.id())
    }

    /// Lets all callers call at once; in turns on an engine that is wrong when calls overlap.
    pub async fn race<F: Future>(&self, callers: impl IntoIterator<Item = F>) -> Vec<F::Output> {
        if !self.engine.lacks(Gap::OneAtATime) {
            return join_all(callers).await;
        }
        let mut outputs = Vec::new();
        for caller in callers {
            outputs.push(caller.await);
        }
        outputs
    }

    /// Adds a patient with these contacts.
    pub async fn patient(&self, new: NewPatient) -> Patient {
        match self.store.add_patient(&self.tools(), new, |_| Vec::new()).await.unwrap() {
            Added::Created(patient) => *patient,
            Added::Repeated(_) | Added::Shared(_) => {
                panic!("there is nothing to repeat, and sharing was allowed")
            }
        }
    }

    /// Starts a conversation with a new patient, under a key that no KMS knows.
    pub async fn talk(&self) -> Talk {
        let patient = self.patient(somebody("Ana Reyes", &[])).await;
        self.talk_with(patient.id, self.now).await
    }

    /// Starts a conversation with a patient.
    pub async fn talk_with(&self, patient: PatientId, at: Timestamp) -> Talk {
        let talk = self.unsaved_talk(patient, at);
        self.store.transact(Store::start_writes(&talk.head)).await.unwrap().unwrap();
        talk
    }

    /// A conversation that has not been stored.
    pub fn unsaved_talk(&self, patient: PatientId, at: Timestamp) -> Talk {
        let head = Head {
            practice: self.practice,
            id: ConversationId::new(at, self.entropy.id()),
            patient,
            topic: Topic::Other,
            state: ConversationState::Open,
            assignee: None,
            last_seq: 0,
            epoch: 1,
            said_patient: 0,
            said_practice: 0,
            read_patient: ReadMark::default(),
            read_practice: ReadMark::default(),
            opened_through: 0,
            recalled: Vec::new(),
            wrapped_key: self.entropy.bytes::<32>().to_vec(),
            created_at: at,
            last_message_at: at,
            attention_since: None,
        };
        Talk { head, key: Arc::new(Key::from_bytes(self.entropy.bytes())) }
    }

    /// The head as it stands.
    pub async fn head(&self, talk: &Talk) -> Head {
        self.store.head(self.practice, talk.head.id).await.unwrap().expect("the conversation is there")
    }

    /// Sends from the head as it stands.
    ///
    /// # Errors
    /// As [`Store::send`].
    pub async fn try_say(&self, talk: &Talk, says: Says<'_>, at: Timestamp) -> Result<Outcome, StoreError> {
        let head = self.head(talk).await;
        self.say_after(head, talk, says, at).await
    }

    /// Sends from a head that may be old.
    ///
    /// # Errors
    /// As [`Store::send`].
    pub async fn say_after(
        &self,
        head: Head,
        talk: &Talk,
        says: Says<'_>,
        at: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let text = MessageText::parse(says.text).expect("a text");
        let key = IdempotencyKey::parse(says.key).expect("an idempotency key");
        let mut event = self.event(Verb::MessageSent);
        event.conversation = Some(head.id);
        let send = Send {
            sender: says.who,
            side: says.side,
            relation: None,
            sender_name: "Dr. Vera Lind",
            text: &text,
            corrects: None,
            key: &key,
            content_key: &talk.key,
            event,
        };
        self.store.send(head, &send, at).await
    }

    /// Sends what must be new.
    pub async fn say(&self, talk: &Talk, says: Says<'_>, at: Timestamp) -> Sent {
        match self.try_say(talk, says, at).await.unwrap() {
            Outcome::New(sent) => sent,
            _ => panic!("{} is not new", says.key),
        }
    }

    /// All messages as a reader gets them: sequence number and text, without the text where it does not open.
    pub async fn read_all(&self, talk: &Talk) -> Vec<(u64, Option<String>)> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(0, |(seq, _)| *seq);
            let page = self.read(talk, Range::After(after), 100).await;
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// One page as a reader gets it.
    pub async fn read(&self, talk: &Talk, range: Range, limit: u32) -> Vec<(u64, Option<String>)> {
        let id = talk.head.id;
        let page = self.store.messages(self.practice, id, range, limit).await.unwrap();
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Vec::new() };
        let secrets = self.store.message_secrets(self.practice, id, first.seq, last.seq).await.unwrap();
        let text = |message: &platform::store::message::StoredMessage| {
            let (_, secret) = secrets.iter().find(|(seq, _)| *seq == message.seq)?;
            message.open(self.practice, id, &talk.key, secret).map(|opened| opened.text)
        };
        page.iter().map(|message| (message.seq, text(message))).collect()
    }

    /// The whole list of a filter, page by page.
    pub async fn list(&self, filter: Filter, limit: u32) -> Vec<ConversationId> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let (page, next) = self.store.inbox(self.practice, filter, limit, start).await.unwrap();
            assert!(page.len() <= usize::try_from(limit).unwrap(), "a page keeps its limit");
            all.extend(page.into_iter().map(|listed| listed.conversation));
            match next {
                Some(next) => start = Some(next),
                None => return all,
            }
        }
    }

    /// Waits until a list is as expected: an index follows its table after a moment.
    pub async fn lists(&self, filter: Filter, expected: &[&Talk]) {
        let expected: Vec<_> = expected.iter().map(|talk| talk.head.id).collect();
        let mut found = Vec::new();
        for _ in 0..30 {
            found = self.list(filter, 2).await;
            if found == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{filter:?} lists {found:?} and not {expected:?}");
    }

    /// How many events of a kind the practice's log holds for the day on which the case began, and the next.
    pub async fn events(&self, verb: Verb) -> usize {
        let mut found = 0;
        for day in [self.now, self.at(24 * 3600)] {
            let partition = format!("EVENT#{}#{}", self.practice, day.utc_day());
            let items = self.raw_partition(Table::Audit, &partition).await;
            found += items.iter().filter(|item| item.get("verb") == Some(&string(verb.as_str()))).count();
        }
        found
    }

    /// An item as it is stored.
    pub async fn raw(&self, table: Table, key: &ItemKey) -> Option<Attributes> {
        let request = self.client.get_item().table_name(self.table(table)).consistent_read(true);
        request.key(PK, string(&key.pk)).key(SK, string(&key.sk)).send().await.unwrap().item
    }

    /// The items of a partition as they are stored.
    pub async fn raw_partition(&self, table: Table, partition: &str) -> Vec<Attributes> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let request =
                self.client.query().table_name(self.table(table)).key_condition_expression("PK = :pk");
            let request = request.expression_attribute_values(":pk", string(partition)).consistent_read(true);
            let answer = request.set_exclusive_start_key(start).send().await.unwrap();
            all.extend(answer.items.unwrap_or_default());
            match answer.last_evaluated_key {
                Some(next) => start = Some(next),
                None => return all,
            }
        }
    }

    /// Stores an item as it is, past the store.
    pub async fn raw_put(&self, table: Table, item: Attributes) {
        self.client.put_item().table_name(self.table(table)).set_item(Some(item)).send().await.unwrap();
    }

    /// Deletes an item, past the store.
    pub async fn raw_delete(&self, table: Table, key: &ItemKey) {
        let request = self.client.delete_item().table_name(self.table(table));
        request.key(PK, string(&key.pk)).key(SK, string(&key.sk)).send().await.unwrap();
    }

    fn table(&self, table: Table) -> &str {
        &self.tables[match table {
            Table::Chat => "CHAT_TABLE",
            Table::MessageKeys => "MESSAGE_KEYS_TABLE",
            Table::Audit => "AUDIT_TABLE",
        }]
    }
}

/// Somebody to be added, born on 1985-03-14.
pub fn somebody(name: &str, contacts: &[&str]) -> NewPatient {
    NewPatient {
        name: PersonName::parse(name).unwrap(),
        birth_date: BirthDate::parse("1985-03-14").unwrap(),
        language: Language::parse("es").unwrap(),
        time_zone: None,
        external_id: None,
        contacts: contacts.iter().map(|text| ContactValue::parse(text).unwrap()).collect(),
        may_share: true,
    }
}

/// Whether the bytes of a text stand in any attribute of an item.
pub fn holds(item: &Attributes, text: &str) -> bool {
    let inside = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    item.values().any(|value| match value {
        AttributeValue::S(value) => inside(value.as_bytes()),
        AttributeValue::B(value) => inside(value.as_ref()),
        _ => false,
    })
}
