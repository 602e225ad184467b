//! Who a request comes from: a session by cookie or bearer, never anything else in the request.

use axum::extract::FromRequestParts;
use http::{header, request::Parts};

use super::{cookie, edge::check_origin, failure::Failure};
use crate::{
    App,
    store::{
        item::Item,
        keys::ItemKey,
        session::{Found, Session, SessionToken},
    },
};

/// A session token that a request offers. It proves nothing until [`Credentials::authenticate`].
pub struct Credentials {
    /// The token.
    pub token: SessionToken,
    /// Whether a person did something just now: only that extends a session.
    pub from_input: bool,
}

impl Credentials {
    /// Reads the token and checks where a browser's write comes from.
    ///
    /// # Errors
    /// [`Failure::Unauthenticated`], [`Failure::ForeignOrigin`].
    pub fn of(parts: &Parts, app: &App) -> Result<Self, Failure> {
        check_origin(parts, &app.edge)?;
        let text = match parts.headers.get(header::AUTHORIZATION) {
            Some(value) => value.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")),
            None => cookie::get(&parts.headers, cookie::SESSION),
        };
        let token = text.and_then(|t| SessionToken::parse(t).ok()).ok_or(Failure::Unauthenticated)?;
        let write = !parts.method.is_safe();
        let from_input = write || parts.headers.get("x-user-active").is_some_and(|v| v == "1");
        Ok(Self { token, from_input })
    }

    /// The live session, and other items read in the same call.
    ///
    /// # Errors
    /// [`Failure::Unauthenticated`], [`Failure::SessionLocked`], or a failure of the store.
    pub async fn authenticate(
        self,
        app: &App,
        others: &[ItemKey],
    ) -> Result<(Session, Vec<Option<Item>>), Failure> {
        let now = app.clock.now();
        let (session, items) = match app.store.session_with(&self.token, others, now).await? {
            Found::Live(session, items) => (*session, items),
            Found::Locked(_) => return Err(Failure::SessionLocked),
            Found::Nothing => return Err(Failure::Unauthenticated),
        };
        if self.from_input && session.times.wants_refresh(now) {
            app.store.touch_session(&session, now).await?;
        }
        Ok((session, items))
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Credentials::of(parts, app)?.authenticate(app, &[]).await.map(|(session, _)| session)
    }
}

/// A session that may be locked: for the few routes that a locked screen needs.
pub struct LockableSession {
    /// The session.
    pub session: Session,
    /// Whether it is locked.
    pub locked: bool,
}

impl FromRequestParts<App> for LockableSession {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let credentials = Credentials::of(parts, app)?;
        let now = app.clock.now();
        match app.store.session_with(&credentials.token, &[], now).await? {
            Found::Live(session, _) => {
                if credentials.from_input && session.times.wants_refresh(now) {
                    app.store.touch_session(&session, now).await?;
                }
                Ok(Self { session: *session, locked: false })
            }
            Found::Locked(session) => Ok(Self { session: *session, locked: true }),
            Found::Nothing => Err(Failure::Unauthenticated),
        }
    }
}
