//! Who may do what here: staff of a practice by their roles, and patients for their own contacts.

use std::{marker::PhantomData, sync::Arc};

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, RawPathParams},
};
use domain::{
    Invalid,
    audit::{Event, Verb},
    id::{AccountId, ContactPointId, PatientId, TaskId, TextId, VisitId},
    role::Act,
};
use http::request::Parts;
use platform::{
    App,
    http::Failure,
    store::{
        practice::Practice,
        session::{Holder, Scope, Session},
    },
};

/// An act as a type, so that a handler names what it needs in its signature.
pub(crate) trait Right: Send + Sync {
    /// The act.
    const ACT: Act;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;
        impl Right for $name {
            const ACT: Act = Act::$name;
        }
    )+};
}

rights! {
    /// See patients with their contacts.
    ReadPatients;
    /// Change patients and what is sent to them.
    WritePatients;
    /// Read what patients have written.
    ReadConversations;
    /// Act on what patients have written.
    WriteConversations;
    /// See the practice's settings.
    ReadPractice;
    /// Change the practice's settings.
    WritePractice;
}

/// A live session of staff that may do `R`, and what it works with.
pub(crate) struct Desk<R> {
    /// The state of the function.
    pub(crate) app: App,
    /// Who asks.
    pub(crate) session: Session,
    /// Their practice; of this one alone anything is read or written.
    pub(crate) practice: Arc<Practice>,
    right: PhantomData<R>,
}

impl<R: Right> FromRequestParts<App> for Desk<R> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session = Session::from_request_parts(parts, app).await?;
        if !session.may(R::ACT) {
            return Err(Failure::Forbidden);
        }
        let practice = app.known_practice(session.practice).await?;
        Ok(Self { app: app.clone(), session, practice, right: PhantomData })
    }
}

impl<R: Right> Desk<R> {
    /// An event of this session.
    pub(crate) fn event(&self, verb: Verb) -> Event {
        self.session.event(&self.app.entropy, self.app.clock.now(), verb)
    }

    /// An event of this session about a patient.
    pub(crate) fn event_about(&self, verb: Verb, patient: PatientId) -> Event {
        Event { patient: Some(patient), ..self.event(verb) }
    }

    /// Stores the event of a read. Without it nothing of what was read may leave.
    ///
    /// # Errors
    /// [`Failure::Unavailable`], whatever the reason.
    pub(crate) async fn record(&self, event: &Event) -> Result<(), Failure> {
        self.app.store.record(event).await.map_err(|error| Failure::Unavailable(error.into()))
    }
}

/// A live session of an account of patients.
pub(crate) struct Patient {
    /// The state of the function.
    pub(crate) app: App,
    /// Who asks.
    pub(crate) session: Session,
    /// Whose account it is.
    pub(crate) account: AccountId,
    /// Their practice.
    pub(crate) practice: Arc<Practice>,
}

impl FromRequestParts<App> for Patient {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session = Session::from_request_parts(parts, app).await?;
        let Holder::Account(account) = session.holder else { return Err(Failure::Forbidden) };
        let practice = app.known_practice(session.practice).await?;
        Ok(Self { app: app.clone(), session, account, practice })
    }
}

impl Patient {
    /// Whether the session reaches what is sent to a contact. One that rests on the link of a notice reaches the contact
    /// that the link went to and no other.
    pub(crate) fn reaches(&self, point: ContactPointId) -> bool {
        self.session.scope == Scope::Full || self.session.contact == Some(point)
    }
}

/// One parameter of the path. One that is not spelled like an id is not found, like one that leads nowhere.
async fn parameter<T>(
    parts: &mut Parts,
    name: &str,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<T, Failure> {
    let params = parts.extract::<RawPathParams>().await.map_err(|_| Failure::NotFound)?;
    let found = params.iter().find(|(key, _)| *key == name).and_then(|(_, value)| parse(value).ok());
    found.ok_or(Failure::NotFound)
}

/// The patient of the path.
pub(crate) struct PatientPath(pub(crate) PatientId);

impl<S: Send + Sync> FromRequestParts<S> for PatientPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "id", PatientId::parse).await.map(Self)
    }
}

/// The text of the path.
pub(crate) struct TextPath(pub(crate) TextId);

impl<S: Send + Sync> FromRequestParts<S> for TextPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "id", TextId::parse).await.map(Self)
    }
}

/// The visit of the path.
pub(crate) struct VisitPath(pub(crate) VisitId);

impl<S: Send + Sync> FromRequestParts<S> for VisitPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "id", VisitId::parse).await.map(Self)
    }
}

/// The task of the path.
pub(crate) struct TaskPath(pub(crate) TaskId);

impl<S: Send + Sync> FromRequestParts<S> for TaskPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "id", TaskId::parse).await.map(Self)
    }
}
