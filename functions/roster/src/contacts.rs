//! Changing where an account is reached. Whoever does that changes who can read, so it takes a fresh proof and a
//! reason, the old contacts are told, and what was sent before stays closed to the new ones until somebody who was
//! known before confirms them.

use axum::{Json, extract::State};
use domain::{Invalid, audit::Verb, id::AccountId, role::Act};
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Fields, Json as Body},
    store::{
        contact_change::{ContactChange, ContactsChanged},
        session::{Holder, Session},
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    add_patient::{ask_to_share, parse_contacts},
    desk::{ContactPath, Desk, PatientPath, WritePatients},
    device_links::acting_account,
    member::given,
    refusals::{BadBody, Refused, Shares, Unknown},
    view::PatientView,
};

/// Longest note, in Unicode scalar values.
const NOTE_MAX_SCALARS: usize = 500;

/// Why contacts are changed.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// Staff have seen an ID.
    IdSeen,
    /// Staff have called back on the old number.
    CalledBack,
    /// Anything else.
    Other,
}

impl Reason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::IdSeen => "id_seen",
            Self::CalledBack => "called_back",
            Self::Other => "other",
        }
    }
}

/// Where an account is reached from now on.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeContacts {
    /// The account; the patient's own if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    account_id: Option<String>,
    /// All its e-mail addresses; at most five contacts in all, and at least one.
    #[serde(default)]
    emails: Vec<String>,
    /// All its phones, E.164.
    #[serde(default)]
    phones: Vec<String>,
    /// `id_seen`, `called_back` or `other`.
    #[schema(value_type = String, example = "id_seen")]
    reason: Option<Reason>,
    /// A word on the reason, kept sealed with the change.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 500)]
    note: Option<String>,
    /// That it is right to share a contact with others: needed where somebody else is reached at a new one.
    #[serde(default)]
    shared_contact_confirmed: bool,
}

/// Changes the contacts of an account, tells the old ones, and ends its sessions. Unless an ID was seen, a new contact
/// opens only what is sent from now on, until it is confirmed.
#[utoipa::path(put, path = "/v1/patients/{id}/contacts", operation_id = "changeContacts", tag = "patients",
    params(("id" = String, Path, description = "pat_…")),
    request_body = ChangeContacts,
    responses((status = 200, body = PatientView), Refused, Unknown, BadBody, Shares))]
pub(crate) async fn change_contacts(
    desk: Desk<WritePatients>,
    PatientPath(patient): PatientPath,
    Body(body): Body<ChangeContacts>,
) -> Result<Json<PatientView>, Failure> {
    desk.must_be_fresh()?;
    let mut fields = Fields::new();
    let named = fields.check("/account_id", body.account_id.as_deref().map(AccountId::parse).transpose());
    let contacts = parse_contacts(&mut fields, &body.emails, &body.phones);
    if body.emails.is_empty() && body.phones.is_empty() {
        fields.add("", "no_contact");
    }
    let reason = fields.check("/reason", body.reason.ok_or(Invalid::new("missing_member")));
    if body.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX_SCALARS) {
        fields.add("/note", "too_long");
    }
    fields.done()?;
    let account = acting_account(&desk, patient, named.flatten()).await?;
    let means = desk.means().await?;
    let mut event = desk.event_about(Verb::ContactsChanged, patient);
    event.object = Some(account.to_string());
    let change = ContactChange {
        patient,
        account,
        contacts: &contacts,
        reason: reason.unwrap_or(Reason::Other).as_str(),
        opens_all: reason == Some(Reason::IdSeen),
        may_share: body.shared_contact_confirmed,
        note: body.note.as_deref(),
    };
    match desk.app.store.change_contacts(&desk.tools(&means), &change, &event).await? {
        ContactsChanged::Done => {}
        ContactsChanged::Unchanged => desk.record(&desk.event_about(Verb::PatientRead, patient)).await?,
        ContactsChanged::Shared(shared) => {
            return Err(ask_to_share(&desk, Some(patient), &shared, body.emails.len()).await?);
        }
        ContactsChanged::Missing => return Err(Failure::NotFound),
    }
    let found = desk.app.store.patient(desk.practice.id, patient, &means.sealer).await?;
    let found = found.ok_or(Failure::NotFound)?;
    PatientView::load(&desk.app, &desk.practice, &means.sealer, &found).await.map(Json)
}

/// Confirms a contact: staff after a fresh proof, or the account itself after one by something that was known before. It opens everything then, and notices go there again.
#[utoipa::path(post, path = "/v1/patients/{id}/contacts/{contact_id}/confirm", operation_id = "confirmContact",
    tag = "patients",
    params(("id" = String, Path, description = "pat_…"), ("contact_id" = String, Path, description = "cpt_…")),
    responses((status = 204), Refused, Unknown))]
pub(crate) async fn confirm_contact(
    State(app): State<App>,
    session: Session,
    PatientPath(patient): PatientPath,
    ContactPath(contact): ContactPath,
) -> Result<StatusCode, Failure> {
    let now = app.clock.now();
    let accounts = app.store.accounts_of(session.practice, patient).await?;
    let live = accounts.into_iter().filter(|(_, grant)| grant.is_live(now)).map(|(account, _)| account);
    let accounts: Vec<AccountId> = match session.holder {
        Holder::Staff(_) => {
            if !session.may(Act::WritePatients) {
                return Err(Failure::Forbidden);
            }
            let practice = app.known_practice(session.practice).await?;
            session.must_be_fresh(&practice.policies, now)?;
            live.collect()
        }
        Holder::Account(own) => {
            if !session.acts_for(patient, now) {
                return Err(Failure::NotFound);
            }
            session.must_be_full()?;
            // What is to be confirmed confirms nothing, nor does a session that somebody else may have found open.
            if session.contact == Some(contact) || !session.is_fresh(now) {
                return Err(Failure::StepUpRequired);
            }
            live.filter(|account| *account == own).collect()
        }
    };
    let mut event = session.event(&app.entropy, now, Verb::ContactConfirmed);
    event.patient = Some(patient);
    event.object = Some(contact.to_string());
    if app.store.confirm_contact(contact, &accounts, &event).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound)
    }
}
