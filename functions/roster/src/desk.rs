//! Who may do what here: staff of a practice, by their roles.

use std::{marker::PhantomData, sync::Arc};

use axum::extract::FromRequestParts;
use domain::{
    Invalid,
    audit::{Event, Verb},
    id::{AccountId, ContactPointId, PatientId, StaffId},
    role::Act,
};
use http::request::Parts;
use platform::{
    App,
    http::{Failure, path_parameter},
    keys::Purpose,
    seal::Key,
    sealing::FieldSealer,
    store::{patient::RosterTools, practice::Practice, session::Session, staff::Staff},
};

use crate::view::StaffView;

/// An act as a type, so that a handler names what it needs in its signature.
pub trait Right: Send + Sync {
    /// The act.
    const ACT: Act;
    /// One more that the same person must be allowed.
    const ALSO: Option<Act> = None;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name;
        impl Right for $name {
            const ACT: Act = Act::$name;
        }
    )+};
}

rights! {
    /// Search and see patients with their contacts.
    ReadPatients;
    /// Add and change patients and who may act for them.
    WritePatients;
    /// See the list of staff.
    ReadStaff;
    /// Invite staff and change their roles.
    WriteStaff;
    /// See the practice's settings.
    ReadPractice;
    /// Change the practice's settings.
    WritePractice;
}

/// Let a phone in that reads a patient's messages: for staff who may read them themselves.
pub struct ConnectPhones;

impl Right for ConnectPhones {
    const ACT: Act = Act::WritePatients;
    const ALSO: Option<Act> = Some(Act::ReadConversations);
}

/// A live session of staff that may do `R`, and what it works with.
pub struct Desk<R> {
    /// The state of the function.
    pub app: App,
    /// Who asks.
    pub session: Session,
    /// Their practice; of this one alone anything is read or written.
    pub practice: Arc<Practice>,
    right: PhantomData<R>,
}

impl<R: Right> FromRequestParts<App> for Desk<R> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session = Session::from_request_parts(parts, app).await?;
        if !session.may(R::ACT) || R::ALSO.is_some_and(|act| !session.may(act)) {
            return Err(Failure::Forbidden);
        }
        let practice = app.known_practice(session.practice).await?;
        Ok(Self { app: app.clone(), session, practice, right: PhantomData })
    }
}

impl<R: Right> Desk<R> {
    /// The opened keys of the practice.
    ///
    /// # Errors
    /// A failure of the key service.
    pub async fn means(&self) -> Result<Means, Failure> {
        let (sealer, index_key) = tokio::try_join!(
            self.app.sealer(&self.practice),
            self.app.practice_key(&self.practice, Purpose::Index)
        )?;
        Ok(Means { sealer, index_key })
    }

    /// That whoever asks has shown a fresh proof: for acts that change who can read.
    ///
    /// # Errors
    /// [`Failure::StepUpRequired`].
    pub fn must_be_fresh(&self) -> Result<(), Failure> {
        self.session.must_be_fresh(&self.practice.policies, self.app.clock.now())
    }

    /// What changing the roster needs.
    pub fn tools<'a>(&'a self, means: &'a Means) -> RosterTools<'a> {
        RosterTools {
            practice: self.practice.id,
            sealer: &means.sealer,
            index_key: &means.index_key,
            entropy: &self.app.entropy,
            now: self.app.clock.now(),
        }
    }

    /// A member of staff as others see them.
    pub fn staff_view(&self, staff: &Staff) -> StaffView {
        StaffView::new(staff, &self.practice, self.app.clock.now())
    }

    /// An event of this session.
    pub fn event(&self, verb: Verb) -> Event {
        self.session.event(&self.app.entropy, self.app.clock.now(), verb)
    }

    /// An event of this session about a patient.
    pub fn event_about(&self, verb: Verb, patient: PatientId) -> Event {
        Event { patient: Some(patient), ..self.event(verb) }
    }

    /// Stores the event of a read. Without it nothing of what was read may leave.
    ///
    /// # Errors
    /// [`Failure::Unavailable`], whatever the reason.
    pub async fn record(&self, event: &Event) -> Result<(), Failure> {
        self.app.store.record(event).await.map_err(|error| Failure::Unavailable(error.into()))
    }
}

/// The opened keys of a practice.
pub struct Means {
    /// For personal fields.
    pub sealer: FieldSealer,
    /// For blind indexes.
    pub index_key: Arc<Key>,
}

/// The patient of the path.
pub struct PatientPath(pub PatientId);

impl<S: Send + Sync> FromRequestParts<S> for PatientPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        path_parameter(parts, "id", PatientId::parse).await.map(Self)
    }
}

/// The account of the path.
pub struct AccountPath(pub AccountId);

impl<S: Send + Sync> FromRequestParts<S> for AccountPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        path_parameter(parts, "account_id", AccountId::parse).await.map(Self)
    }
}

/// The contact point of the path.
pub struct ContactPath(pub ContactPointId);

impl<S: Send + Sync> FromRequestParts<S> for ContactPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        path_parameter(parts, "contact_id", ContactPointId::parse).await.map(Self)
    }
}

/// The link of the desk of the path, as the hash that it is kept under.
pub struct LinkPath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for LinkPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let hash = |text: &str| {
            let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if fits { Ok(text.to_owned()) } else { Err(Invalid::new("invalid_id")) }
        };
        path_parameter(parts, "link", hash).await.map(Self)
    }
}

/// The member of staff of the path.
pub struct StaffPath(pub StaffId);

impl<S: Send + Sync> FromRequestParts<S> for StaffPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        path_parameter(parts, "id", StaffId::parse).await.map(Self)
    }
}
