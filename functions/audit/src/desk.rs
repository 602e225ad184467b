//! Who may read the log: auditors and admins of a practice, of their own practice alone.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{
    audit::{Event, Verb},
    role::Act,
};
use http::request::Parts;
use platform::{
    App,
    http::Failure,
    store::{practice::Practice, session::Session},
};

/// A live session of staff that may read the log.
pub(crate) struct Desk {
    /// The state of the function.
    pub(crate) app: App,
    /// Who asks.
    pub(crate) session: Session,
    /// Their practice.
    pub(crate) practice: Arc<Practice>,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session = Session::from_request_parts(parts, app).await?;
        if !session.may(Act::ReadAudit) {
            return Err(Failure::Forbidden);
        }
        let practice = app.known_practice(session.practice).await?;
        Ok(Self { app: app.clone(), session, practice })
    }
}

impl Desk {
    /// An event of this session.
    pub(crate) fn event(&self, verb: Verb) -> Event {
        self.session.event(&self.app.entropy, self.app.clock.now(), verb)
    }
}

/// Stores the event of a read. Without it nothing of what was read may leave.
///
/// # Errors
/// [`Failure::Unavailable`], whatever the reason.
pub(crate) async fn record(app: &App, event: &Event) -> Result<(), Failure> {
    app.store.record(event).await.map_err(|error| Failure::Unavailable(error.into()))
}
