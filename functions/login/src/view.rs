//! The shape of a session.

use domain::{id::PatientId, role::Role, session::SessionKind, time::Timestamp};
use platform::{
    App,
    http::Failure,
    store::{
        patient::Patient,
        session::{Holder, Relation, Scope, Session},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// `patient` or `staff`.
    pub kind: &'static str,
    /// `acc_…` or `stf_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// BCP 47 language.
    pub language: String,
    /// Roles of staff; empty for patients.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
}

/// Somebody the account acts for.
#[derive(Serialize, ToSchema)]
pub struct ActsFor {
    /// `pat_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// `self`, `parent`, `guardian` or `carer`.
    #[schema(value_type = String, example = "self")]
    pub relation: Relation,
}

/// The practice of the session.
#[derive(Serialize, ToSchema)]
pub struct SessionPractice {
    /// `prc_…`
    pub id: String,
    /// Short name.
    pub slug: String,
    /// Public name.
    pub name: String,
    /// Public phone, E.164.
    pub phone: String,
}

/// The conversation that the sign-in was for.
#[derive(Serialize, ToSchema)]
pub struct Opens {
    /// `cnv_…`
    pub conversation_id: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// Who is signed in.
    pub account: AccountView,
    /// For whom they act.
    pub patients: Vec<ActsFor>,
    /// Where.
    pub practice: SessionPractice,
    /// `full` or `conversation`.
    #[schema(value_type = String, example = "full")]
    pub scope: Scope,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// When it ends if nobody touches it.
    #[schema(value_type = String, format = DateTime)]
    pub idle_expires_at: Timestamp,
    /// What to show first.
    pub opens: Option<Opens>,
    /// `remembered`: this browser skips the birth date. `new`: it may be remembered. Null: it never is.
    #[schema(value_type = Option<String>, example = "new")]
    pub device: Option<&'static str>,
    /// The token, for a client that is no browser and asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What is still to be proven.
#[derive(Serialize, ToSchema)]
pub struct NextStep {
    /// `birth_date`, `first_name`, `second_factor` or `enrol`.
    pub next: &'static str,
    /// With which second factors: `passkey`, `totp`, `recovery_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<&'static str>>,
}

impl NextStep {
    /// A step without a choice.
    pub const fn new(next: &'static str) -> Self {
        Self { next, methods: None }
    }
}

/// The view of a session; `known` are patients that were read already.
pub(crate) async fn session_view(
    app: &App,
    session: &Session,
    known: Vec<Patient>,
) -> Result<SessionView, Failure> {
    let practice = app.known_practice(session.practice).await?;
    let sealer = app.sealer(&practice).await?;
    let now = app.clock.now();
    let mut patients = known;
    let missing: Vec<PatientId> = session
        .live_grants(now)
        .map(|grant| grant.patient)
        .filter(|id| !patients.iter().any(|patient| patient.id == *id))
        .collect();
    if !missing.is_empty() {
        patients.extend(app.store.patients(session.practice, &missing, &sealer).await?);
    }
    let acts_for = session.live_grants(now).filter_map(|grant| {
        let patient = patients.iter().find(|patient| patient.id == grant.patient)?;
        let name = patient.name.expose().to_owned();
        Some(ActsFor { id: patient.id.to_string(), name, relation: grant.relation })
    });
    let kind = match session.holder {
        Holder::Account(_) => "patient",
        Holder::Staff(_) => "staff",
    };
    Ok(SessionView {
        account: AccountView {
            kind,
            id: session.holder.to_string(),
            name: sealer.open_bytes(&session.key(), "sealed_name", &session.sealed_name)?,
            language: session.language.to_string(),
            roles: session.roles.clone(),
        },
        patients: acts_for.collect(),
        practice: SessionPractice {
            id: practice.id.to_string(),
            slug: practice.slug.to_string(),
            name: practice.profile.name.clone(),
            phone: practice.profile.phone.clone(),
        },
        scope: session.scope,
        expires_at: session.times.expires_at(session.kind),
        idle_expires_at: session.times.idle_expires_at(session.kind),
        opens: session.opens.map(|id| Opens { conversation_id: id.to_string() }),
        device: match session.kind {
            SessionKind::PatientRemembered => Some("remembered"),
            SessionKind::Patient if practice.policies.remember_devices => Some("new"),
            SessionKind::Patient | SessionKind::Staff => None,
        },
        token: None,
    })
}
