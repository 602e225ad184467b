//! What happened on the ways to a patient, as staff see it: notices that left or did not, and birth dates that did not
//! fit. Ids and words of closed sets; what was typed is kept nowhere.

use domain::{
    contact::ContactKind,
    id::{ContactPointId, ConversationId, EventId, PatientId, PracticeId},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    contact_change::{CHANGE, PastChange},
    item::{Attributes, Item, NewItem, number, string},
    keys,
    table::{Query, Sort},
    tries::{CLEARED, WrongDate},
};
use crate::secrets;

/// How long it is kept.
pub const REACH_LIFE_SECONDS: i64 = 90 * 24 * 3600;
/// Most items that are looked at: the newest.
const LOOK_AT: u32 = 300;

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// A provider took it.
    Sent,
    /// The mailbox's or phone's own provider took it.
    Delivered,
    /// It cannot be sent.
    Failed,
    /// It was sent and came back.
    Bounced,
    /// It waits for another try.
    Deferred,
    /// An earlier notice says the same.
    Collapsed,
    /// It must not be sent.
    Suppressed,
}

impl NoticeState {
    const ALL: [Self; 7] = [
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Bounced,
        Self::Deferred,
        Self::Collapsed,
        Self::Suppressed,
    ];

    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Bounced => "bounced",
            Self::Deferred => "deferred",
            Self::Collapsed => "collapsed",
            Self::Suppressed => "suppressed",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A notice to a patient, or to whoever acts for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id: the same for every try of the same notice.
    pub id: EventId,
    /// When it was first to leave.
    pub at: Timestamp,
    /// The outbox item that it left by.
    pub outbox: String,
    /// The conversation that it leads to.
    pub conversation: ConversationId,
    /// Where to, if it was to leave at all.
    pub contact: Option<(ContactPointId, ContactKind)>,
    /// What became of it.
    pub state: NoticeState,
    /// Why, as one word of a closed set.
    pub why: String,
    /// Hash of its link, if it has one.
    pub link: Option<String>,
    /// The outbox item of the notice that it repeats.
    pub again_of: Option<String>,
}

impl Notice {
    /// The id of the notice of an outbox item to a contact, or to nobody.
    pub fn id_of(at: Timestamp, outbox: &str, contact: Option<ContactPointId>) -> EventId {
        let contact = contact.map(|contact| contact.to_string()).unwrap_or_default();
        let hash = secrets::hash(&format!("notice\u{1f}{outbox}\u{1f}{contact}"));
        let mut entropy = [0; 10];
        entropy.copy_from_slice(&hash.as_bytes()[..10]);
        EventId::new(at, entropy)
    }

    /// The item. A later try replaces an earlier one's.
    pub fn to_item(&self, practice: PracticeId, patient: PatientId) -> Attributes {
        NewItem::new(&keys::reach(practice, patient, self.at, self.id))
            .with("reach", string("notice"))
            .with("outbox", string(&self.outbox))
            .with("conversation", string(self.conversation))
            .with_some("contact_point", self.contact.map(|(point, _)| string(point)))
            .with_some("contact_kind", self.contact.map(|(_, kind)| string(kind.as_str())))
            .with("notice_state", string(self.state.as_str()))
            .with("why", string(&self.why))
            .with_some("link", self.link.as_ref().map(string))
            .with_some("again_of", self.again_of.as_ref().map(string))
            .with("ttl", number(self.at.as_seconds() + REACH_LIFE_SECONDS))
            .build()
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        let key = item.key()?;
        let (at, id) = keys::parse_reach(&key.sk).ok_or(StoreError::Malformed("SK"))?;
        let contact = match item.optional_text("contact_point") {
            Some(_) => Some((
                item.parsed("contact_point", ContactPointId::parse)?,
                item.parsed("contact_kind", ContactKind::parse)?,
            )),
            None => None,
        };
        Ok(Self {
            id,
            at,
            outbox: item.text("outbox")?.to_owned(),
            conversation: item.parsed("conversation", ConversationId::parse)?,
            contact,
            state: item.one_of("notice_state", NoticeState::from_stored)?,
            why: item.text("why")?.to_owned(),
            link: item.optional_text("link").map(str::to_owned),
            again_of: item.optional_text("again_of").map(str::to_owned),
        })
    }
}

/// What happened lately on the ways to a patient, newest first.
#[derive(Default)]
pub struct Reach {
    /// Notices.
    pub notices: Vec<Notice>,
    /// Birth dates that did not fit.
    pub tries: Vec<WrongDate>,
    /// When staff cleared the count of these.
    pub cleared: Vec<Timestamp>,
    /// Changes of contacts.
    pub changes: Vec<PastChange>,
}

impl Store {
    /// What happened lately on the ways to a patient: one bounded query.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reach(&self, practice: PracticeId, patient: PatientId) -> Result<Reach, StoreError> {
        let partition = keys::patient_partition(practice, patient);
        let query = Query {
            ascending: false,
            limit: Some(LOOK_AT),
            ..Query::new(&partition, Sort::Prefix(keys::REACH_PREFIX))
        };
        let mut reach = Reach::default();
        for item in &self.query(query).await?.items {
            match (WrongDate::from_item(item)?, item.text("reach")?) {
                (Some(wrong), _) => reach.tries.push(wrong),
                (None, CLEARED) => reach.cleared.push(item.time("at")?),
                (None, CHANGE) => reach.changes.push(PastChange::from_item(item)?),
                (None, _) => reach.notices.push(Notice::from_item(item)?),
            }
        }
        Ok(reach)
    }
}
