//! Lists: the practice's inbox, the patient's own conversations.

use axum::{Json, extract::State};
use domain::{
    audit::{Event, Verb},
    conversation::{ConversationState, Side},
    id::{ConversationId, PatientId, StaffId},
    role::Act,
    time::Timestamp,
};
use platform::{
    App,
    http::{Failure, Problem, Query, cursor, page},
    sealing::FieldSealer,
    store::{
        conversation::{Filter, Head, Listed},
        item::Attributes,
        keys,
        patient::Patient,
        session::{Holder, Session},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::view::ConversationView;

/// Which conversations. Staff may ask by state, by assignee (open ones), by unread, or by patient; one of these.
/// Patients see their own and may ask by state.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `open` or `closed`; `open` if nothing else is asked for.
    #[param(value_type = Option<String>)]
    state: Option<ConversationState>,
    /// `me`, `none` or `stf_…`.
    assigned: Option<String>,
    /// `true`: with something the practice has not read.
    unread: Option<bool>,
    /// `pat_…`: conversations of this patient.
    patient: Option<String>,
    /// 1 to 100, 50 if left out.
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
}

/// Conversations, newest activity first.
#[utoipa::path(get, path = "/v1/conversations", operation_id = "listConversations", tag = "conversations",
    params(Which),
    responses(
        (status = 200, body = page::Page<ConversationView>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_conversations(
    State(app): State<App>,
    session: Session,
    Query(which): Query<Which>,
) -> Result<Json<page::Page<ConversationView>>, Failure> {
    let limit = page::limit(which.limit)?;
    let practice = app.known_practice(session.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let list = List { app: &app, session: &session, sealer: &sealer, limit, cursor: which.cursor.as_deref() };
    let page = match session.holder {
        Holder::Account(_) => {
            if which.assigned.is_some() || which.unread.is_some() || which.patient.is_some() {
                return Err(Failure::field("", "unsupported_filter"));
            }
            session.must_be_full()?;
            let patients: Vec<_> = session.live_grants(app.clock.now()).map(|g| g.patient).collect();
            list.of_patients(&patients, which.state).await?
        }
        Holder::Staff(me) => {
            if !session.may(Act::ReadConversations) {
                return Err(Failure::Forbidden);
            }
            match staff_view(&which, me)? {
                StaffView::Index(filter, state) => list.of_practice(filter, state).await?,
                StaffView::Patient(patient, state) => list.of_patients(&[patient], state).await?,
            }
        }
    };
    Ok(Json(page))
}

enum StaffView {
    Index(Filter, Option<ConversationState>),
    Patient(PatientId, Option<ConversationState>),
}

/// One filter picks one index; other combinations are refused rather than answered slowly.
fn staff_view(which: &Which, me: StaffId) -> Result<StaffView, Failure> {
    let unsupported = || Failure::field("", "unsupported_filter");
    let open_or_any = !matches!(which.state, Some(ConversationState::Closed));
    match (&which.assigned, which.unread, &which.patient) {
        (None, None, None) => {
            Ok(StaffView::Index(Filter::State(which.state.unwrap_or(ConversationState::Open)), None))
        }
        (Some(assigned), None, None) if open_or_any => {
            let assignee = match assigned.as_str() {
                "me" => Some(me),
                "none" => None,
                other => Some(StaffId::parse(other).map_err(|e| Failure::field("/assigned", e.code))?),
            };
            Ok(StaffView::Index(Filter::Assigned(assignee), None))
        }
        (None, Some(true), None) if open_or_any => Ok(StaffView::Index(Filter::Unread, which.state)),
        (None, None, Some(patient)) => {
            let patient = PatientId::parse(patient).map_err(|e| Failure::field("/patient", e.code))?;
            Ok(StaffView::Patient(patient, which.state))
        }
        _ => Err(unsupported()),
    }
}

/// Where a conversation stands in a list: by its last activity, and what makes that unique.
type Place = (Timestamp, ConversationId);

const fn place(head: &Head) -> Place {
    (head.last_message_at, head.id)
}

struct List<'a> {
    app: &'a App,
    session: &'a Session,
    sealer: &'a FieldSealer,
    limit: u32,
    cursor: Option<&'a str>,
}

impl List<'_> {
    /// A page of an index. Heads and patients are read in one call, beside the audit event of the read.
    async fn of_practice(
        &self,
        filter: Filter,
        state: Option<ConversationState>,
    ) -> Result<page::Page<ConversationView>, Failure> {
        let practice = self.session.practice;
        let query = format!("inbox {filter:?} {state:?}");
        let start = self.open_cursor(&query)?;
        let (listed, next) = self.app.store.inbox(practice, filter, self.limit, start).await?;
        let mut rows = self.rows(&listed).await?;
        rows.retain(|(head, _)| filter.matches(head) && state.is_none_or(|s| head.state == s));
        Ok(self.page(&rows, next.map(|next| self.seal_cursor(&query, &next))))
    }

    /// A page of the conversations of these patients, newest activity first. The entries under a patient hold ids only,
    /// so the heads of all of them are read, put in order and cut; the patients of the page are read with its event.
    async fn of_patients(
        &self,
        patients: &[PatientId],
        state: Option<ConversationState>,
    ) -> Result<page::Page<ConversationView>, Failure> {
        let (store, practice) = (&self.app.store, self.session.practice);
        let query = format!("own {patients:?} {state:?}");
        let after = self.open_place(&query)?;
        let mut ids = Vec::new();
        for patient in patients {
            ids.extend(store.conversations_of(practice, *patient).await?);
        }
        let wanted: Vec<_> = ids.iter().map(|id| keys::conversation(practice, *id)).collect();
        let items = if wanted.is_empty() { Vec::new() } else { store.get_many(&wanted).await? };
        let mut heads = Vec::with_capacity(ids.len());
        for (id, item) in ids.iter().zip(&items) {
            let Some(item) = item else { continue };
            let head = Head::from_item(practice, *id, item)?;
            let belongs = patients.contains(&head.patient) && self.session.reaches(head.last_message_at);
            if belongs && state.is_none_or(|state| head.state == state) {
                heads.push(head);
            }
        }
        heads.sort_by_key(|head| std::cmp::Reverse(place(head)));
        heads.retain(|head| after.is_none_or(|after| place(head) < after));
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = heads.len() > limit;
        heads.truncate(limit);
        let next = heads.last().filter(|_| more).map(|head| self.seal_place(&query, place(head)));
        let rows = self.with_patients(heads).await?;
        Ok(self.page(&rows, next))
    }

    /// Heads with their patients, and the event of this read.
    async fn with_patients(&self, heads: Vec<Head>) -> Result<Vec<(Head, Patient)>, Failure> {
        if heads.is_empty() {
            return Ok(Vec::new());
        }
        let practice = self.session.practice;
        let wanted: Vec<_> = heads.iter().map(|head| keys::patient(practice, head.patient)).collect();
        let event = self.event(heads.iter().map(|head| head.patient));
        let (items, ()) = tokio::try_join!(self.app.store.get_many(&wanted), self.app.store.record(&event))?;
        let mut rows = Vec::with_capacity(heads.len());
        for (head, item) in heads.into_iter().zip(&items) {
            if let Some(item) = item {
                let patient = Patient::from_item(head.patient, item, self.sealer)?;
                rows.push((head, patient));
            }
        }
        Ok(rows)
    }

    /// Heads with their patients, as they stand now, and the event of this read.
    async fn rows(&self, listed: &[Listed]) -> Result<Vec<(Head, Patient)>, Failure> {
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let practice = self.session.practice;
        let mut wanted: Vec<_> =
            listed.iter().map(|one| keys::conversation(practice, one.conversation)).collect();
        wanted.extend(listed.iter().map(|one| keys::patient(practice, one.patient)));
        let event = self.event(listed.iter().map(|one| one.patient));
        let (items, ()) = tokio::try_join!(self.app.store.get_many(&wanted), self.app.store.record(&event))?;
        let (heads, patients) = items.split_at(listed.len());
        let mut rows = Vec::with_capacity(listed.len());
        for ((one, head), item) in listed.iter().zip(heads).zip(patients) {
            if let (Some(head), Some(item)) = (head, item) {
                let head = Head::from_item(practice, one.conversation, head)?;
                // The index is a hint; whose conversation it is says the head.
                if head.patient == one.patient && self.session.reaches(head.last_message_at) {
                    rows.push((head, Patient::from_item(one.patient, item, self.sealer)?));
                }
            }
        }
        Ok(rows)
    }

    /// The event of a list: it names whose conversations it showed.
    fn event(&self, patients: impl Iterator<Item = PatientId>) -> Event {
        let mut shown: Vec<PatientId> = patients.collect();
        shown.sort();
        shown.dedup();
        let mut event =
            self.session.event(&self.app.entropy, self.app.clock.now(), Verb::ConversationsListed);
        if let [only] = shown[..] {
            event.patient = Some(only);
        }
        event.object = Some(shown.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        event
    }

    fn page(&self, rows: &[(Head, Patient)], next_cursor: Option<String>) -> page::Page<ConversationView> {
        let side: Side = self.session.side();
        let items = rows.iter().map(|(head, patient)| ConversationView::new(head, patient, side)).collect();
        page::Page { items, next_cursor }
    }

    fn open_cursor(&self, query: &str) -> Result<Option<Attributes>, Failure> {
        let viewer = self.session.holder.to_string();
        self.cursor.map(|text| cursor::open(self.sealer, &viewer, query, text)).transpose()
    }

    /// Where the page before ended.
    fn open_place(&self, query: &str) -> Result<Option<Place>, Failure> {
        let viewer = self.session.holder.to_string();
        let Some(sealed) = self.cursor else { return Ok(None) };
        let text = cursor::open_text(self.sealer, &viewer, query, sealed)?;
        let place = text
            .split_once('#')
            .and_then(|(at, id)| Some((Timestamp::parse(at).ok()?, ConversationId::parse(id).ok()?)));
        place.map(Some).ok_or_else(|| Failure::field("/cursor", "invalid_cursor"))
    }

    fn seal_place(&self, query: &str, (at, id): Place) -> String {
        cursor::seal_text(self.sealer, &self.session.holder.to_string(), query, &format!("{at}#{id}"))
    }

    fn seal_cursor(&self, query: &str, end: &Attributes) -> String {
        cursor::seal(self.sealer, &self.session.holder.to_string(), query, end)
    }
}
