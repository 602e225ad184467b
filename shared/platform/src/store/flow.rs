//! Sign-in attempts: from the typed address to the session.
//!
//! The request that begins one does not know whether the address belongs to anybody; `notify` finds that out
//! and notes on the flow whom it leads to. Tries are counted before anything is compared.

use domain::{
    contact::ContactValue,
    id::{AccountId, ContactPointId, FlowId, PatientId, PracticeId, StaffId},
    language::Language,
    limits::{CEREMONY_SECONDS, ISSUES_MAX},
    sign_in::{Audience, FLOW_LIFE_SECONDS, SECRET_LIFE_SECONDS},
    time::Timestamp,
};

use super::{
    Store, StoreError, Write,
    ceremony::{self, Ceremony},
    item::{Attributes, Item, NewItem, number, string},
    keys,
    table::Change,
};
use crate::sealing::FieldSealer;

/// A flow that begins.
pub struct NewFlow<'a> {
    /// Its id.
    pub id: FlowId,
    /// The practice.
    pub practice: PracticeId,
    /// Portal or console.
    pub audience: Audience,
    /// What was typed.
    pub address: &'a ContactValue,
    /// Hash of the cookie's secret.
    pub secret_hash: String,
    /// What the browser calls itself, in a closed set of words.
    pub browser: String,
    /// The language of the page.
    pub language: Language,
    /// When.
    pub at: Timestamp,
}

impl NewFlow<'_> {
    /// The item.
    pub fn to_item(&self, sealer: &FieldSealer) -> Attributes {
        let key = keys::flow(self.practice, self.id);
        NewItem::new(&key)
            .with("audience", string(self.audience.as_str()))
            .with("address_kind", string(self.address.kind().as_str()))
            .with("sealed_address", sealer.seal(&key, "sealed_address", self.address.expose()))
            .with("secret_hash", string(&self.secret_hash))
            .with("browser", string(&self.browser))
            .with("lang", string(&self.language))
            .with("created_at", number(self.at.as_millis()))
            .with("expires_at", number(self.at.plus_seconds(FLOW_LIFE_SECONDS).as_millis()))
            .with("tries", number(0))
            .with("date_tries", number(0))
            .with("issues", number(1))
            .with("ttl", number(self.at.as_seconds() + FLOW_LIFE_SECONDS + 3600))
            .build()
    }
}

/// A flow without a message: a browser that is asked for a passkey.
pub struct PasskeyFlow {
    /// Its id.
    pub id: FlowId,
    /// The practice.
    pub practice: PracticeId,
    /// Portal or console.
    pub audience: Audience,
    /// Hash of the cookie's secret.
    pub secret_hash: String,
    /// What the browser calls itself, in a closed set of words.
    pub browser: String,
    /// The language of the page.
    pub language: Language,
    /// When.
    pub at: Timestamp,
}

impl PasskeyFlow {
    /// The item, with what is remembered of the question.
    pub fn to_item(&self, question: &[u8]) -> Attributes {
        let item = NewItem::new(&keys::flow(self.practice, self.id))
            .with("audience", string(self.audience.as_str()))
            .with("secret_hash", string(&self.secret_hash))
            .with("browser", string(&self.browser))
            .with("lang", string(&self.language))
            .with("created_at", number(self.at.as_millis()))
            .with("expires_at", number(self.at.plus_seconds(CEREMONY_SECONDS).as_millis()))
            .with("issues", number(0))
            .with("tries", number(0))
            .with("date_tries", number(0))
            .with("ttl", number(self.at.as_seconds() + CEREMONY_SECONDS + 3600));
        ceremony::with(item, Ceremony::Assert, question, self.at).build()
    }
}

/// What [`NewFlow::to_step_up_item`] writes; other attempts have no purpose.
const STEP_UP: &str = "step_up";

impl NewFlow<'_> {
    /// The item of an attempt of somebody who is signed in, to show once more who they are. Its secret is that of the
    /// session, and it never makes a session out of nothing: no try of a sign-in meets it.
    pub fn to_step_up_item(&self, sealer: &FieldSealer) -> Attributes {
        let mut item = self.to_item(sealer);
        item.insert("purpose".to_owned(), string(STEP_UP));
        item
    }
}

/// Whom a verified address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadsTo {
    /// Accounts, each with a patient they may act for.
    Patients(Vec<(AccountId, PatientId)>),
    /// A member of staff.
    Staff(StaffId),
}

/// Spells candidates as `account|patient,…`.
pub fn candidates_text(candidates: &[(AccountId, PatientId)]) -> String {
    candidates.iter().map(|(account, patient)| format!("{account}|{patient}")).collect::<Vec<_>>().join(",")
}

/// Reads what [`candidates_text`] wrote.
pub fn candidates_from(item: &Item) -> Vec<(AccountId, PatientId)> {
    item.names("candidates")
        .into_iter()
        .filter_map(|pair| {
            let (account, patient) = pair.split_once('|')?;
            Some((AccountId::parse(account).ok()?, PatientId::parse(patient).ok()?))
        })
        .collect()
}

/// Which factor a member of staff may add with a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adds {
    /// The first one: a link was proven, and they have none.
    First,
    /// A passkey, which their roles ask for: a link and another factor were proven.
    Passkey,
}

impl Adds {
    const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Passkey => "passkey",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::First, Self::Passkey].into_iter().find(|adds| adds.as_str() == text)
    }
}

/// A flow as stored.
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// The practice.
    pub practice: PracticeId,
    /// Portal or console.
    pub audience: Audience,
    /// The language of the page.
    pub language: Language,
    /// What the browser calls itself.
    pub browser: String,
    /// Where the message went, once it went.
    pub contact: Option<ContactPointId>,
    /// Whom it leads to, once that is known.
    pub leads_to: Option<LeadsTo>,
    /// How many messages were asked for.
    pub issues: u32,
    /// When each message was last handed to the provider.
    offered: Vec<Option<Timestamp>>,
    /// When each message was accepted by the provider.
    accepted: Vec<Option<Timestamp>>,
    /// Whether it is of somebody who is signed in already.
    pub is_step_up: bool,
    /// How often a link or code was offered.
    pub tries: u32,
    /// Whether link or code was proven already.
    pub proven_at: Option<Timestamp>,
    /// Which factor whoever proved it may add with it.
    pub adds: Option<Adds>,
    /// The item itself, for its sealed address.
    pub item: Item,
}

impl Flow {
    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(practice: PracticeId, id: FlowId, item: Item) -> Result<Self, StoreError> {
        let audience = item.one_of("audience", Audience::from_stored)?;
        let leads_to = match audience {
            Audience::Staff => {
                item.optional_text("staff").and_then(|t| StaffId::parse(t).ok()).map(LeadsTo::Staff)
            }
            Audience::Patient => {
                let candidates = candidates_from(&item);
                (!candidates.is_empty()).then_some(LeadsTo::Patients(candidates))
            }
        };
        Ok(Self {
            id,
            practice,
            audience,
            language: item.parsed("lang", Language::parse)?,
            browser: item.text("browser")?.to_owned(),
            contact: item.optional_text("contact_point").and_then(|t| ContactPointId::parse(t).ok()),
            leads_to,
            issues: item.number("issues")?,
            offered: (1..=ISSUES_MAX).map(|n| item.optional_time(&format!("offered_{n}"))).collect(),
            accepted: (1..=ISSUES_MAX).map(|n| item.optional_time(&format!("accepted_{n}"))).collect(),
            is_step_up: item.optional_text("purpose") == Some(STEP_UP),
            tries: item.optional_number("tries").unwrap_or(0),
            proven_at: item.optional_time("proven_at"),
            adds: item.optional_text("adds").and_then(Adds::from_stored),
            item,
        })
    }

    /// The address that was typed.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn address(&self, sealer: &FieldSealer) -> Result<ContactValue, StoreError> {
        let kind = self.item.parsed("address_kind", domain::contact::ContactKind::parse)?;
        ContactValue::from_stored(kind, &sealer.open(&self.item, "sealed_address")?)
            .map_err(|_| StoreError::Malformed("sealed_address"))
    }

    /// Whether the cookie of this hash began it.
    pub fn is_of(&self, secret_hash: &str) -> bool {
        self.item
            .optional_text("secret_hash")
            .is_some_and(|stored| crate::secrets::equal(stored, secret_hash))
    }

    /// The member of staff that it leads to, once link or code was proven.
    pub fn proven_staff(&self) -> Option<StaffId> {
        match self.leads_to {
            Some(LeadsTo::Staff(staff)) if self.proven_at.is_some() => Some(staff),
            _ => None,
        }
    }

    /// Whether nothing can come of it any more: it was used, or it is too old. The TTL only cleans up.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let expired = self.item.optional_time("expires_at").is_none_or(|end| end <= now);
        expired || self.item.optional_time("consumed_at").is_some()
    }

    /// The messages whose link and code still open something. Their life runs from the provider's accept. Whoever is
    /// quicker than the note of that is let in by the note of the send. A time that lies ahead is another machine's
    /// clock, not a secret of tomorrow.
    pub fn live_issues(&self, now: Timestamp) -> Vec<u32> {
        let sent = self.accepted.iter().zip(&self.offered).map(|(accepted, offered)| accepted.or(*offered));
        let live = |at: Timestamp| now < at.plus_seconds(SECRET_LIFE_SECONDS);
        (1_u32..).zip(sent).filter(|(_, at)| at.is_some_and(live)).map(|(n, _)| n).collect()
    }
}

/// What of a flow is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// A code of one of its messages, by whoever it is for.
    Code(Audience),
    /// The same in a session, to show once more who holds it. The flow's secret is that of the session.
    StepUp,
    /// The birth date, after link or code.
    Date,
    /// A second factor, after link or code.
    Factor,
}

/// What a try of a flow comes up against, before its secret is compared.
pub struct FlowTry<'a> {
    /// The practice of the cookie.
    pub practice: PracticeId,
    /// The flow of the cookie.
    pub flow: FlowId,
    /// Hash of the cookie's secret.
    pub secret_hash: &'a str,
    /// Most tries.
    pub most: u32,
}

impl FlowTry<'_> {
    /// Counts a try, in the transaction that counts it at every other limit. It does not hold if this browser did not begin the
    /// flow, the flow is over, or its tries are used up.
    pub fn counting(&self, what: Try, now: Timestamp) -> Change {
        let (update, condition) = match what {
            Try::Code(_) => (
                "ADD tries :one",
                "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now AND tries < :most \
                 AND attribute_not_exists(purpose) AND audience = :audience",
            ),
            Try::StepUp => (
                "ADD tries :one",
                "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now AND tries < :most \
                 AND purpose = :step_up",
            ),
            Try::Date => (
                "ADD date_tries :one",
                "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now \
                 AND date_tries < :most AND attribute_exists(proven_at)",
            ),
            Try::Factor => (
                "ADD factor_tries :one",
                "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now AND \
                 (attribute_not_exists(factor_tries) OR factor_tries < :most) AND attribute_exists(proven_at)",
            ),
        };
        let change = Change::new(keys::flow(self.practice, self.flow), update)
            .when(condition)
            .value(":one", number(1))
            .value(":hash", string(self.secret_hash))
            .value(":now", number(now.as_millis()))
            .value(":most", number(self.most));
        match what {
            Try::Code(audience) => change.value(":audience", string(audience.as_str())),
            Try::StepUp => change.value(":step_up", string(STEP_UP)),
            Try::Date | Try::Factor => change,
        }
    }
}

impl Store {
    /// A flow, for whoever sends its message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn flow(&self, practice: PracticeId, id: FlowId) -> Result<Option<Flow>, StoreError> {
        let item = self.get(&keys::flow(practice, id)).await?;
        item.map(|item| Flow::from_item(practice, id, item)).transpose()
    }

    /// Notes that link or code was right, and gives back what was counted for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn prove_flow(
        &self,
        flow: &Flow,
        back: Vec<Change>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::new(keys::flow(flow.practice, flow.id), "SET proven_at = :now")
            .when("attribute_exists(PK) AND attribute_not_exists(consumed_at)")
            .value(":now", number(now.as_millis()));
        Ok(self.transact_giving_back(&[Write::Update(change)], back).await?.is_ok())
    }

    /// Notes whom the address leads to and that the `issue`-th message is about to leave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resolve_flow(
        &self,
        flow: &Flow,
        issue: u32,
        contact: Option<ContactPointId>,
        leads_to: &LeadsTo,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::flow(flow.practice, flow.id);
        let change = match leads_to {
            LeadsTo::Staff(staff) => {
                Change::new(key, "SET staff = :who, #offered_n = :now").value(":who", string(staff))
            }
            LeadsTo::Patients(candidates) => {
                Change::new(key, "SET candidates = :who, contact_point = :contact, #offered_n = :now")
                    .value(":who", string(candidates_text(candidates)))
                    .value(":contact", string(contact.map(|c| c.to_string()).unwrap_or_default()))
            }
        };
        let change = change.numbered(issue).when("attribute_exists(PK)");
        self.change(change.value(":now", number(now.as_millis()))).await.map(drop)
    }

    /// Notes that the `issue`-th message of an attempt that leads nowhere else is about to leave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offer_flow_issue(&self, flow: &Flow, issue: u32, now: Timestamp) -> Result<(), StoreError> {
        let change = Change::new(keys::flow(flow.practice, flow.id), "SET #offered_n = :now")
            .numbered(issue)
            .when("attribute_exists(PK)")
            .value(":now", number(now.as_millis()));
        self.change(change).await.map(drop)
    }

    /// Notes when the provider took the `issue`-th message. The first time counts: a repeat of the same message
    /// does not lengthen the life of its secret.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accept_flow_issue(&self, flow: &Flow, issue: u32, now: Timestamp) -> Result<(), StoreError> {
        let update = "SET #accepted_n = if_not_exists(#accepted_n, :now)";
        let change = Change::new(keys::flow(flow.practice, flow.id), update)
            .numbered(issue)
            .when("attribute_exists(PK)")
            .value(":now", number(now.as_millis()));
        self.change(change).await.map(drop)
    }
}

/// One more message of a flow, as part of the transaction that asks for it: the flow and its cookie stay.
pub fn issue_again(flow: &Flow, secret_hash: &str, now: Timestamp) -> Change {
    Change::new(keys::flow(flow.practice, flow.id), "ADD issues :one")
        .when(
            "secret_hash = :hash AND attribute_not_exists(consumed_at) AND expires_at > :now AND issues = :issues \
             AND issues < :most",
        )
        .value(":hash", string(secret_hash))
        .value(":now", number(now.as_millis()))
        .value(":issues", number(flow.issues))
        .value(":most", number(ISSUES_MAX))
        .value(":one", number(1))
}

/// That what was proven leads on to adding a factor, as part of a transaction or alone.
pub fn let_add(flow: &Flow, adds: Adds, now: Timestamp) -> Change {
    let key = keys::flow(flow.practice, flow.id);
    Change::new(key, "SET proven_at = if_not_exists(proven_at, :now), adds = :adds")
        .when("attribute_exists(PK) AND attribute_not_exists(consumed_at)")
        .value(":now", number(now.as_millis()))
        .value(":adds", string(adds.as_str()))
}

/// The end of a flow, as part of the transaction that makes the session: it happens once.
pub fn consume(practice: PracticeId, flow: FlowId, now: Timestamp) -> Change {
    Change::new(keys::flow(practice, flow), "SET consumed_at = :now")
        .when("attribute_not_exists(consumed_at) AND expires_at > :now")
        .value(":now", number(now.as_millis()))
}
