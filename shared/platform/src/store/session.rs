//! Sessions. One item holds all that a request needs to be authorized, so a request costs one read; whatever
//! changes a holder's rights ends their sessions.

use std::fmt;

use domain::{
    Invalid,
    audit::ActorId,
    browser::Browser,
    id::{
        AccountId, ContactPointId, ConversationId, DeviceId, FlowId, PasskeyId, PatientId, PracticeId,
        SessionId, StaffId,
    },
    language::Language,
    role::Role,
    session::{FRESH_SECONDS, Life, SessionKind, SessionTimes},
    sign_in::BrowserSecret,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Write,
    item::{Attributes, Item, NewItem, binary, number, string},
    keys::{self, ItemKey},
    table::{Change, Table},
};
use crate::secrets;

/// Who holds a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An account of the patient portal.
    Account(AccountId),
    /// A member of staff.
    Staff(StaffId),
}

impl Holder {
    /// Parses either id.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        AccountId::parse(text).map(Self::Account).or_else(|_| StaffId::parse(text).map(Self::Staff))
    }

    /// The same as an actor of the audit log.
    pub const fn actor(self) -> ActorId {
        match self {
            Self::Account(id) => ActorId::Account(id),
            Self::Staff(id) => ActorId::Staff(id),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => id.fmt(f),
            Self::Staff(id) => id.fmt(f),
        }
    }
}

/// A session token: where the session is, and the secret whose hash names it.
#[derive(Clone, Debug)]
pub struct SessionToken {
    /// The practice.
    pub practice: PracticeId,
    /// The holder.
    pub holder: Holder,
    /// The secret.
    pub secret: BrowserSecret,
}

impl SessionToken {
    /// Parses `<practice>.<holder>.<secret>`. The first two are proven by the hash of the third.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_token");
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(WRONG);
        Ok(Self {
            practice: PracticeId::parse(next()?).map_err(|_| WRONG)?,
            holder: Holder::parse(next()?).map_err(|_| WRONG)?,
            secret: BrowserSecret::parse(next()?)?,
        })
    }

    /// The token as cookie or bearer carry it.
    pub fn expose(&self) -> String {
        format!("{}.{}.{}", self.practice, self.holder, self.secret.expose())
    }

    /// The hash under which the session is stored.
    pub fn hash(&self) -> String {
        secrets::hash(self.secret.expose())
    }

    /// The key of the session.
    pub fn key(&self) -> ItemKey {
        keys::session(self.practice, self.holder, &self.hash())
    }
}

/// How an account stands to a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The patient themselves.
    #[serde(rename = "self")]
    Oneself,
    /// A parent.
    Parent,
    /// A legal guardian.
    Guardian,
    /// Somebody who cares for the patient.
    Carer,
}

impl Relation {
    /// Whether it ends when the patient is old enough: who acts by being a parent or guardian acts for a minor.
    pub const fn ends_by_age(self) -> bool {
        matches!(self, Self::Parent | Self::Guardian)
    }

    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oneself => "self",
            Self::Parent => "parent",
            Self::Guardian => "guardian",
            Self::Carer => "carer",
        }
    }

    /// The relation of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Oneself, Self::Parent, Self::Guardian, Self::Carer].into_iter().find(|r| r.as_str() == text)
    }
}

/// That an account may act for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The patient.
    pub patient: PatientId,
    /// How they stand to each other.
    pub relation: Relation,
    /// When it begins, if it was not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// When it ends, if it does.
    pub until: Option<Timestamp>,
}

impl Grant {
    /// Whether it holds at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.is_not_over(now)
    }

    /// Whether it holds at `now` or will.
    pub fn is_not_over(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// What a session opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything the holder may see.
    Full,
    /// One conversation.
    Conversation,
}

/// A live session.
#[derive(Clone)]
pub struct Session {
    /// What it is called in a list.
    pub id: SessionId,
    /// The first session of this sign-in: one more proof makes another id, and is no other sign-in.
    pub sign_in: SessionId,
    /// The practice.
    pub practice: PracticeId,
    /// Who holds it.
    pub holder: Holder,
    /// How long it lives.
    pub kind: SessionKind,
    /// Since when.
    pub times: SessionTimes,
    /// Roles of staff; empty for patients.
    pub roles: Vec<Role>,
    /// For whom an account may act; empty for staff.
    pub grants: Vec<Grant>,
    /// What it opens.
    pub scope: Scope,
    /// The conversation that the sign-in was for.
    pub opens: Option<ConversationId>,
    /// The holder's name, sealed as a field of the session item.
    pub sealed_name: Vec<u8>,
    /// The language of the holder.
    pub language: Language,
    /// The browser it was made in.
    pub browser: Browser,
    /// The remembered device that it rests on.
    pub device: Option<DeviceId>,
    /// The passkey that was shown in it last.
    pub passkey: Option<PasskeyId>,
    /// The contact point whose link or code it was made with.
    pub contact: Option<ContactPointId>,
    /// The attempt whose code proves once more who holds it.
    pub step_up: Option<FlowId>,
    /// When its holder last showed a proof that counts as fresh: a code, a passkey, a code generator.
    pub proven_at: Option<Timestamp>,
    /// It opens only what was sent after this time: it rests on a contact that was changed then, and nobody has
    /// confirmed the change yet.
    pub since: Option<Timestamp>,
    /// Hash of the secret.
    pub hash: String,
}

impl Session {
    /// Whether its holder has shown a fresh proof not long ago. What rests on an unconfirmed contact is no proof.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.since.is_none() && self.proven_at.is_some_and(|at| now < at.plus_seconds(FRESH_SECONDS))
    }

    /// The key of its item.
    pub fn key(&self) -> ItemKey {
        keys::session(self.practice, self.holder, &self.hash)
    }

    /// First 16 hex digits of the hash: enough to tell sessions apart in the audit log, useless for anything else.
    pub fn audit_mark(&self) -> String {
        self.hash.chars().take(16).collect()
    }

    /// The item of a new session.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the grants cannot be written, which no type here allows.
    pub fn to_item(&self) -> Result<Attributes, StoreError> {
        let grants = serde_json::to_string(&self.grants).map_err(|_| StoreError::Malformed("grants"))?;
        let roles = self.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(",");
        let scope = match self.scope {
            Scope::Full => "full",
            Scope::Conversation => "conversation",
        };
        Ok(NewItem::new(&self.key())
            .with("session", string(self.id))
            .with("sign_in", string(self.sign_in))
            .with("session_kind", string(self.kind.as_str()))
            .with("created_at", number(self.times.created_at.as_millis()))
            .with("active_at", number(self.times.active_at.as_millis()))
            .with("ttl", number(self.times.expires_at(self.kind).as_seconds() + 3600))
            .with("roles", string(roles))
            .with("grants", string(grants))
            .with("session_scope", string(scope))
            .with_some("opens", self.opens.map(string))
            .with("sealed_name", binary(self.sealed_name.clone()))
            .with("lang", string(&self.language))
            .with("browser", string(self.browser))
            .with_some("device", self.device.map(string))
            .with_some("passkey", self.passkey.map(string))
            .with_some("contact_point", self.contact.map(string))
            .with_some("step_up", self.step_up.map(string))
            .with_some("proven_at", self.proven_at.map(|at| number(at.as_millis())))
            .with_some("since", self.since.map(|at| number(at.as_millis())))
            .build())
    }

    /// From its item, whose key the token proves.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(token: &SessionToken, item: &Item) -> Result<Self, StoreError> {
        Self::read(token.practice, token.holder, token.hash(), item)
    }

    fn read(practice: PracticeId, holder: Holder, hash: String, item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id: item.parsed("session", SessionId::parse)?,
            sign_in: item.parsed("sign_in", SessionId::parse)?,
            practice,
            holder,
            kind: item.one_of("session_kind", SessionKind::from_stored)?,
            times: SessionTimes { created_at: item.time("created_at")?, active_at: item.time("active_at")? },
            roles: item.names("roles").into_iter().filter_map(Role::from_stored).collect(),
            grants: serde_json::from_str(item.text("grants")?)
                .map_err(|_| StoreError::Malformed("grants"))?,
            scope: match item.text("session_scope")? {
                "full" => Scope::Full,
                _ => Scope::Conversation,
            },
            opens: item.optional_text("opens").and_then(|t| ConversationId::parse(t).ok()),
            sealed_name: item.bytes("sealed_name")?.to_vec(),
            language: item.parsed("lang", Language::parse)?,
            browser: Browser::from_stored(item.text("browser")?),
            device: item.optional_text("device").and_then(|t| DeviceId::parse(t).ok()),
            passkey: item.optional_text("passkey").and_then(|t| PasskeyId::parse(t).ok()),
            contact: item.optional_text("contact_point").and_then(|t| ContactPointId::parse(t).ok()),
            step_up: item.optional_text("step_up").and_then(|t| FlowId::parse(t).ok()),
            proven_at: item.optional_time("proven_at"),
            since: item.optional_time("since"),
            hash,
        })
    }
}

/// What a session token leads to.
pub enum Found {
    /// A live session, and the other items that were read with it.
    Live(Box<Session>, Vec<Option<Item>>),
    /// A session that opens nothing until its holder shows who they are.
    Locked(Box<Session>),
    /// Nothing.
    Nothing,
}

impl Found {
    /// The live session and the other items, if it is one.
    pub fn live(self) -> Option<(Session, Vec<Option<Item>>)> {
        match self {
            Self::Live(session, items) => Some((*session, items)),
            Self::Locked(_) | Self::Nothing => None,
        }
    }
}

impl Store {
    /// The sessions of a holder that are not over, locked ones too, the one used last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sessions(
        &self,
        practice: PracticeId,
        holder: Holder,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let partition = keys::holder_partition(practice, holder);
        let items = self.query_all(&partition, keys::SESSION_PREFIX).await?;
        let sessions = items.iter().map(|item| {
            let key = item.key()?;
            let hash = key.sk.strip_prefix(keys::SESSION_PREFIX).ok_or(StoreError::Malformed("SK"))?;
            Session::read(practice, holder, hash.to_owned(), item)
        });
        let mut sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        sessions.retain(|session| session.times.life(session.kind, now) != Life::Over);
        sessions.sort_by_key(|session| std::cmp::Reverse((session.times.active_at, session.id)));
        Ok(sessions)
    }

    /// The session of a token together with other items, in one read. Nothing of the other items may be used
    /// where there is no session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session_with(
        &self,
        token: &SessionToken,
        others: &[ItemKey],
        now: Timestamp,
    ) -> Result<Found, StoreError> {
        let mut wanted = vec![token.key()];
        wanted.extend_from_slice(others);
        let mut items = self.get_many(&wanted).await?;
        let rest = items.split_off(1);
        let Some(item) = items.pop().flatten() else { return Ok(Found::Nothing) };
        let session = Box::new(Session::from_item(token, &item)?);
        let locked = item.optional_time("locked_at").is_some();
        Ok(match session.times.life(session.kind, now) {
            Life::Over => Found::Nothing,
            Life::Live if !locked => Found::Live(session, rest),
            Life::Live | Life::Locked => Found::Locked(session),
        })
    }

    /// Locks a session, with its audit event. One that was ended meanwhile stays ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lock_session(
        &self,
        session: &Session,
        audit: &domain::audit::Event,
    ) -> Result<(), StoreError> {
        let lock = Change::new(session.key(), "SET locked_at = :now")
            .when("attribute_exists(PK) AND attribute_not_exists(locked_at)")
            .value(":now", number(audit.at.as_millis()));
        let writes = || vec![Write::Update(lock.clone()), super::audit::write(audit)];
        self.transact_patiently(writes).await.map(drop)
    }

    /// Notes that a person used the session. A session that was ended meanwhile stays ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch_session(&self, session: &Session, now: Timestamp) -> Result<(), StoreError> {
        let change = Change::new(session.key(), "SET active_at = :now")
            .when("attribute_exists(PK)")
            .value(":now", number(now.as_millis()));
        self.change(change).await.map(drop)
    }

    /// Ends a session, with its audit event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_session(
        &self,
        session: &Session,
        audit: &domain::audit::Event,
    ) -> Result<(), StoreError> {
        let writes = || vec![Write::Delete(Table::Chat, session.key()), super::audit::write(audit)];
        self.transact_patiently(writes).await.map(drop)
    }
}
