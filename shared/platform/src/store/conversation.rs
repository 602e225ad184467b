//! Conversations: the head, which counts, and the lists.

use domain::{
    conversation::{ConversationState, Side, Topic},
    id::{ConversationId, PatientId, PracticeId, StaffId},
    time::Timestamp,
};

use super::{
    Cancelled, Store, StoreError, Write,
    item::{Attributes, Item, NewItem, binary, number, string},
    keys,
    outbox::NOTICE_STANDS_SECONDS,
    table::{Change, Index, Query, Sort, Table},
};

/// How far one side has read: a sequence number, and how many messages of the other side lie up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadMark {
    /// Up to this sequence number.
    pub seq: u64,
    /// Messages of the other side up to there.
    pub said: u64,
}

/// The head of a conversation.
#[derive(Clone)]
pub struct Head {
    /// The practice.
    pub practice: PracticeId,
    /// The conversation.
    pub id: ConversationId,
    /// The patient.
    pub patient: PatientId,
    /// What it is about.
    pub topic: Topic,
    /// Whether work remains.
    pub state: ConversationState,
    /// Who answers it.
    pub assignee: Option<StaffId>,
    /// The last sequence number that was given.
    pub last_seq: u64,
    /// Raised by a restore, so that clients that are ahead start again.
    pub epoch: u64,
    /// Messages of the patient's side so far.
    pub said_patient: u64,
    /// Messages of the practice's side so far.
    pub said_practice: u64,
    /// How far the patient's side has read.
    pub read_patient: ReadMark,
    /// How far the practice has read.
    pub read_practice: ReadMark,
    /// Up to where the patient's side has opened messages in a signed-in session.
    pub opened_through: u64,
    /// Messages of the practice that were recalled, by sequence number.
    pub recalled: Vec<u64>,
    /// The content key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When the last message came, or when it was started.
    pub last_message_at: Timestamp,
    /// Since when something waits that the product has noticed and nobody has taken care of.
    pub attention_since: Option<Timestamp>,
}

impl Head {
    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(practice: PracticeId, id: ConversationId, item: &Item) -> Result<Self, StoreError> {
        let mark = |seq, said| ReadMark {
            seq: item.optional_number(seq).unwrap_or(0),
            said: item.optional_number(said).unwrap_or(0),
        };
        Ok(Self {
            practice,
            id,
            patient: item.parsed("patient", PatientId::parse)?,
            topic: item.one_of("topic", Topic::from_stored)?,
            state: item.one_of("conv_state", ConversationState::from_stored)?,
            assignee: item.optional_text("assignee").and_then(|t| StaffId::parse(t).ok()),
            last_seq: item.number("last_seq")?,
            epoch: item.number("epoch")?,
            said_patient: item.number("said_patient")?,
            said_practice: item.number("said_practice")?,
            read_patient: mark("read_patient_seq", "read_patient_said"),
            read_practice: mark("read_practice_seq", "read_practice_said"),
            opened_through: item.optional_number("opened_through").unwrap_or(0),
            recalled: item.names("recalled").into_iter().filter_map(|seq| seq.parse().ok()).collect(),
            wrapped_key: item.bytes("wrapped_key")?.to_vec(),
            created_at: item.time("created_at")?,
            last_message_at: item.time("last_message_at")?,
            attention_since: item.optional_time("attention_since"),
        })
    }

    /// How many messages of the other side this side has not read. What was recalled is not there to be read.
    pub fn unread(&self, side: Side) -> u64 {
        match side {
            Side::Patient => {
                let gone = self.recalled.iter().filter(|seq| **seq > self.read_patient.seq).count();
                self.said_practice.saturating_sub(self.read_patient.said).saturating_sub(gone as u64)
            }
            Side::Practice => self.said_patient.saturating_sub(self.read_practice.said),
        }
    }

    /// The key of the head.
    pub fn key(&self) -> keys::ItemKey {
        keys::conversation(self.practice, self.id)
    }

    /// The item of a new conversation.
    pub fn to_new_item(&self) -> Attributes {
        let waits = self.unread(Side::Practice) > 0;
        NewItem::new(&self.key())
            .with("patient", string(self.patient))
            .with("topic", string(self.topic.as_str()))
            .with("conv_state", string(self.state.as_str()))
            .with("last_seq", number(self.last_seq))
            .with("epoch", number(self.epoch))
            .with("said_patient", number(self.said_patient))
            .with("said_practice", number(self.said_practice))
            .with("wrapped_key", binary(self.wrapped_key.clone()))
            .with("created_at", number(self.created_at.as_millis()))
            .with_some("attention_since", self.attention_since.map(|at| number(at.as_millis())))
            .with("last_message_at", number(self.last_message_at.as_millis()))
            .with("inbox_pk", string(keys::inbox_partition(self.practice, self.state.as_str())))
            .with("queue_pk", string(keys::queue_partition(self.practice, self.assignee)))
            .with("activity", string(keys::activity(self.last_message_at, self.id)))
            .with_some("assignee", self.assignee.map(string))
            .with_some("unread_pk", waits.then(|| string(keys::unread_partition(self.practice))))
            .with_some("unread_since", waits.then(|| string(keys::activity(self.last_message_at, self.id))))
            .build()
    }
}

/// Which conversations of a practice staff ask for. One filter picks one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// By state.
    State(ConversationState),
    /// Open ones of an assignee, or of nobody.
    Assigned(Option<StaffId>),
    /// With something unread.
    Unread,
}

impl Filter {
    const fn index(self) -> Index {
        match self {
            Self::State(_) => Index::Inbox,
            Self::Assigned(_) => Index::Queue,
            Self::Unread => Index::Unread,
        }
    }

    fn partition(self, practice: PracticeId) -> String {
        match self {
            Self::State(state) => keys::inbox_partition(practice, state.as_str()),
            Self::Assigned(assignee) => keys::queue_partition(practice, assignee),
            Self::Unread => keys::unread_partition(practice),
        }
    }

    /// Whether a head still belongs in the answer: an index may lag behind.
    pub fn matches(self, head: &Head) -> bool {
        match self {
            Self::State(state) => head.state == state,
            Self::Assigned(assignee) => head.state == ConversationState::Open && head.assignee == assignee,
            Self::Unread => head.unread(Side::Practice) > 0,
        }
    }
}

/// An entry of an index, before its head is read.
pub struct Listed {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its patient.
    pub patient: PatientId,
}

fn conversation_of(item: &Item) -> Result<ConversationId, StoreError> {
    let key = item.key()?;
    let id = key.pk.rsplit_once('#').and_then(|(_, id)| ConversationId::parse(id).ok());
    id.ok_or(StoreError::Malformed("PK"))
}

/// What to change about a conversation, all of it as it shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whether work remains.
    pub state: ConversationState,
    /// Who answers it.
    pub assignee: Option<StaffId>,
    /// Whether what the product has noticed was taken care of.
    pub settled: bool,
}

/// What a change of state or assignee became.
pub enum Changed {
    /// Done; the head as it stands.
    Done(Box<Head>),
    /// Somebody else changed it since it was read; nothing was done.
    Meanwhile,
}

fn conversation_change(head: &Head, wanted: Wanted) -> Change {
    let Wanted { state, assignee, settled } = wanted;
    // A closed conversation stands in no queue.
    let update = match (assignee.is_some(), state, settled) {
        (true, ConversationState::Open, false) => {
            "SET conv_state = :state, inbox_pk = :inbox, queue_pk = :queue, assignee = :assignee"
        }
        (true, ConversationState::Open, true) => {
            "SET conv_state = :state, inbox_pk = :inbox, queue_pk = :queue, assignee = :assignee \
             REMOVE attention_since"
        }
        (false, ConversationState::Open, false) => {
            "SET conv_state = :state, inbox_pk = :inbox, queue_pk = :queue REMOVE assignee"
        }
        (false, ConversationState::Open, true) => {
            "SET conv_state = :state, inbox_pk = :inbox, queue_pk = :queue REMOVE assignee, attention_since"
        }
        (true, ConversationState::Closed, false) => {
            "SET conv_state = :state, inbox_pk = :inbox, assignee = :assignee REMOVE queue_pk"
        }
        (true, ConversationState::Closed, true) => {
            "SET conv_state = :state, inbox_pk = :inbox, assignee = :assignee REMOVE queue_pk, attention_since"
        }
        (false, ConversationState::Closed, false) => {
            "SET conv_state = :state, inbox_pk = :inbox REMOVE queue_pk, assignee"
        }
        (false, ConversationState::Closed, true) => {
            "SET conv_state = :state, inbox_pk = :inbox REMOVE queue_pk, assignee, attention_since"
        }
    };
    let was = match head.assignee {
        Some(_) => "conv_state = :was AND assignee = :had",
        None => "conv_state = :was AND attribute_not_exists(assignee)",
    };
    let mut change = Change::new(head.key(), update)
        .when(was)
        .value(":was", string(head.state.as_str()))
        .value(":state", string(state.as_str()))
        .value(":inbox", string(keys::inbox_partition(head.practice, state.as_str())));
    if state == ConversationState::Open {
        change = change.value(":queue", string(keys::queue_partition(head.practice, assignee)));
    }
    if let Some(had) = head.assignee {
        change = change.value(":had", string(had));
    }
    if let Some(staff) = assignee {
        change = change.value(":assignee", string(staff));
    }
    change
}

impl Store {
    /// The head of a conversation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, practice: PracticeId, id: ConversationId) -> Result<Option<Head>, StoreError> {
        let item = self.get(&keys::conversation(practice, id)).await?;
        item.map(|item| Head::from_item(practice, id, &item)).transpose()
    }

    /// One page of the practice's conversations, newest activity first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox(
        &self,
        practice: PracticeId,
        filter: Filter,
        limit: u32,
        start: Option<Attributes>,
    ) -> Result<(Vec<Listed>, Option<Attributes>), StoreError> {
        let partition = filter.partition(practice);
        let query = Query {
            index: Some(filter.index()),
            ascending: false,
            limit: Some(limit),
            start,
            ..Query::new(&partition, Sort::All)
        };
        let page = self.query(query).await?;
        let listed = page.items.iter().map(|item| {
            let patient = item.parsed("patient", PatientId::parse)?;
            Ok(Listed { conversation: conversation_of(item)?, patient })
        });
        Ok((listed.collect::<Result<_, StoreError>>()?, page.next))
    }

    /// The conversations of a patient, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conversations_of(
        &self,
        practice: PracticeId,
        patient: PatientId,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let partition = keys::patient_partition(practice, patient);
        let items = self.query_all(&partition, keys::PATIENT_CONVERSATION_PREFIX).await?;
        let parse = |item: &Item| {
            let key = item.key()?;
            let id = key.sk.strip_prefix(keys::PATIENT_CONVERSATION_PREFIX);
            id.and_then(|t| ConversationId::parse(t).ok()).ok_or(StoreError::Malformed("SK"))
        };
        items.iter().rev().map(parse).collect()
    }

    /// The writes of a new conversation: its head and its entry under the patient, who must exist.
    pub fn start_writes(head: &Head) -> Vec<Write> {
        let entry = NewItem::new(&keys::patient_conversation(head.practice, head.patient, head.id)).build();
        vec![
            Write::Create(Table::Chat, head.to_new_item()),
            Write::Create(Table::Chat, entry),
            Write::Check(
                Change::new(keys::patient(head.practice, head.patient), "").when("attribute_exists(PK)"),
            ),
        ]
    }

    /// Opens, closes or assigns a conversation, with its audit event, while state and assignee are as they were read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_conversation(
        &self,
        head: &Head,
        wanted: Wanted,
        audit: &domain::audit::Event,
    ) -> Result<Changed, StoreError> {
        let write = || vec![Write::Update(conversation_change(head, wanted)), super::audit::write(audit)];
        match self.transact_patiently(write).await? {
            Ok(()) => {
                let attention_since = head.attention_since.filter(|_| !wanted.settled);
                let Wanted { state, assignee, .. } = wanted;
                Ok(Changed::Done(Box::new(Head { state, assignee, attention_since, ..head.clone() })))
            }
            Err(Cancelled::Condition(..) | Cancelled::Conflict) => Ok(Changed::Meanwhile),
        }
    }

    /// Moves the read mark of a side forward, never back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_read(&self, head: &Head, side: Side, mark: ReadMark) -> Result<(), StoreError> {
        let moved = |update, condition| {
            let change = Change::new(head.key(), update).when(condition);
            change.value(":seq", number(mark.seq)).value(":said", number(mark.said))
        };
        if side == Side::Patient {
            let change = moved(
                "SET read_patient_seq = :seq, read_patient_said = :said",
                "attribute_not_exists(read_patient_seq) OR read_patient_seq < :seq",
            );
            return self.change(change).await.map(drop);
        }
        if mark.said >= head.said_patient {
            let all = moved(
                "SET read_practice_seq = :seq, read_practice_said = :said REMOVE unread_pk, unread_since",
                "(attribute_not_exists(read_practice_seq) OR read_practice_seq < :seq) AND said_patient = :all",
            );
            let done = self.change(all.value(":all", number(head.said_patient))).await?.is_some();
            if done || mark.seq <= head.read_practice.seq {
                return Ok(());
            }
            // A message came since the head was read: the mark counts, and the conversation stays unread.
        }
        let change = moved(
            "SET read_practice_seq = :seq, read_practice_said = :said",
            "attribute_not_exists(read_practice_seq) OR read_practice_seq < :seq",
        );
        self.change(change).await.map(drop)
    }

    /// Claims the notice of a conversation for an outbox item: the first message claims, later ones find the claim
    /// and stay silent until the patient has opened or read something, or a day has passed. Opened counts, because a
    /// message may come after a page was opened and before it is marked as read. The same item may claim again. Whoever
    /// claims gets the head as it stands then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_notice(
        &self,
        practice: PracticeId,
        conversation: ConversationId,
        outbox: &str,
        seq: u64,
        now: Timestamp,
    ) -> Result<Option<Head>, StoreError> {
        let change = Change::new(
            keys::conversation(practice, conversation),
            "SET noticed_seq = :seq, noticed_by = :outbox, noticed_at = :now",
        )
        .when(
            "attribute_exists(PK) AND (attribute_not_exists(read_patient_seq) OR read_patient_seq < :seq) AND \
             (attribute_not_exists(noticed_seq) OR noticed_by = :outbox OR noticed_at < :stale \
             OR noticed_seq <= read_patient_seq OR noticed_seq <= opened_through)",
        )
        .value(":seq", number(seq))
        .value(":outbox", string(outbox))
        .value(":now", number(now.as_millis()))
        .value(":stale", number(now.plus_seconds(-NOTICE_STANDS_SECONDS).as_millis()));
        let item = self.change(change).await?;
        item.map(|item| Head::from_item(practice, conversation, &item)).transpose()
    }

    /// The conversation that a patient is to be told of: with something unread, or else any; of these the one that was
    /// written to last. The newest fifty are looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conversation_to_tell(
        &self,
        practice: PracticeId,
        patient: PatientId,
    ) -> Result<Option<ConversationId>, StoreError> {
        let mut ids = self.conversations_of(practice, patient).await?;
        ids.sort_by_key(|id| std::cmp::Reverse(*id));
        ids.truncate(50);
        let wanted: Vec<_> = ids.iter().map(|id| keys::conversation(practice, *id)).collect();
        let items = self.get_many(&wanted).await?;
        let mut heads = Vec::new();
        for (id, item) in ids.iter().zip(items) {
            heads.extend(item.map(|item| Head::from_item(practice, *id, &item)).transpose()?);
        }
        let last = heads.iter().max_by_key(|head| (head.unread(Side::Patient) > 0, head.last_message_at));
        Ok(last.map(|head| head.id))
    }

    /// Gives the claim back: the notice did not leave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_notice(
        &self,
        practice: PracticeId,
        conversation: ConversationId,
        outbox: &str,
    ) -> Result<(), StoreError> {
        let change = Change::new(
            keys::conversation(practice, conversation),
            "REMOVE noticed_seq, noticed_by, noticed_at",
        )
        .when("noticed_by = :outbox")
        .value(":outbox", string(outbox));
        self.change(change).await.map(drop)
    }
}
