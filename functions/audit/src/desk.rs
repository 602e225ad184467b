//! Who may do what here, of their own practice alone: auditors and admins read the log; auditors ask for evidence and
//! open it, admins decide.

use std::{marker::PhantomData, sync::Arc};

use axum::extract::FromRequestParts;
use domain::{
    audit::{Event, Verb},
    id::{EvidenceId, StaffId},
    role::Act,
};
use http::request::Parts;
use platform::{
    App,
    http::{Failure, path_parameter},
    store::{
        practice::Practice,
        session::{Holder, Session},
    },
};

/// What a handler needs, as a type in its signature.
pub(crate) trait Right: Send + Sync {
    /// Any of these acts will do.
    const ACTS: &'static [Act];
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident: $($act:ident),+;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;
        impl Right for $name {
            const ACTS: &'static [Act] = &[$(Act::$act),+];
        }
    )+};
}

rights! {
    /// Read the log.
    ReadAudit: ReadAudit;
    /// Ask to open evidence, and open it.
    ReadEvidence: ReadEvidence;
    /// Decide about a request.
    DecideEvidence: DecideEvidence;
    /// See the requests.
    SeeRequests: ReadEvidence, DecideEvidence;
}

/// A live session of staff that may do `R`.
pub(crate) struct Desk<R = ReadAudit> {
    /// The state of the function.
    pub(crate) app: App,
    /// Who asks.
    pub(crate) session: Session,
    /// The same as a member of staff.
    pub(crate) staff: StaffId,
    /// Their practice.
    pub(crate) practice: Arc<Practice>,
    right: PhantomData<R>,
}

impl<R: Right> FromRequestParts<App> for Desk<R> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session = Session::from_request_parts(parts, app).await?;
        let Holder::Staff(staff) = session.holder else { return Err(Failure::Forbidden) };
        if !R::ACTS.iter().any(|act| session.may(*act)) {
            return Err(Failure::Forbidden);
        }
        let practice = app.known_practice(session.practice).await?;
        Ok(Self { app: app.clone(), session, staff, practice, right: PhantomData })
    }
}

impl<R> Desk<R> {
    /// An event of this session.
    pub(crate) fn event(&self, verb: Verb) -> Event {
        self.session.event(&self.app.entropy, self.app.clock.now(), verb)
    }

    /// That whoever asks has shown a fresh proof.
    ///
    /// # Errors
    /// [`Failure::StepUpRequired`].
    pub(crate) fn must_be_fresh(&self) -> Result<(), Failure> {
        self.session.must_be_fresh(&self.practice.policies, self.app.clock.now())
    }
}

/// The evidence of the path. One that is not spelled like an id is not found, like one that leads nowhere.
pub(crate) struct EvidencePath(pub(crate) EvidenceId);

impl<S: Send + Sync> FromRequestParts<S> for EvidencePath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        path_parameter(parts, "id", EvidenceId::parse).await.map(Self)
    }
}

/// Stores the event of a read. Without it nothing of what was read may leave.
///
/// # Errors
/// [`Failure::Unavailable`], whatever the reason.
pub(crate) async fn record(app: &App, event: &Event) -> Result<(), Failure> {
    app.store.record(event).await.map_err(|error| Failure::Unavailable(error.into()))
}
