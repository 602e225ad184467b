//! Who may see a conversation.

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, RawPathParams},
};
use domain::{id::ConversationId, role::Act};
use http::request::Parts;
use platform::{
    App,
    http::{Credentials, Failure},
    store::{
        conversation::Head,
        keys,
        session::{Holder, Session},
    },
};

/// A live session that may see this conversation, read together in one call.
pub struct Access {
    /// Who asks.
    pub session: Session,
    /// What they may see.
    pub head: Head,
}

impl Access {
    /// Authenticates and authorizes. Somebody else's conversation and one that does not exist are the same answer.
    ///
    /// # Errors
    /// [`Failure::Unauthenticated`], [`Failure::Forbidden`], [`Failure::NotFound`], or a failure of the store.
    pub async fn authorize(
        app: &App,
        credentials: Credentials,
        id: Option<ConversationId>,
    ) -> Result<Self, Failure> {
        Self::authorize_any(app, credentials, id, &[Act::ReadConversations]).await
    }

    /// The same for staff with one of these acts, whether they may read or not.
    ///
    /// # Errors
    /// As [`Access::authorize`].
    pub async fn authorize_any(
        app: &App,
        credentials: Credentials,
        id: Option<ConversationId>,
        acts: &[Act],
    ) -> Result<Self, Failure> {
        let practice = credentials.token.practice;
        let wanted: Vec<_> = id.map(|id| keys::conversation(practice, id)).into_iter().collect();
        let (session, mut items) = credentials.authenticate(app, &wanted).await?;
        let is_staff = matches!(session.holder, Holder::Staff(_));
        if is_staff && !acts.iter().any(|act| session.may(*act)) {
            return Err(Failure::Forbidden);
        }
        let (Some(id), Some(item)) = (id, items.pop().flatten()) else { return Err(Failure::NotFound) };
        let head = Head::from_item(practice, id, &item)?;
        // A conversation with nothing newer than what the session reaches is not there.
        let sees = is_staff || session.sees(head.patient, app.clock.now());
        if !sees || !session.reaches(head.last_message_at) {
            return Err(Failure::NotFound);
        }
        session.must_open(id)?;
        Ok(Self { session, head })
    }

    /// Whether the session may also write here.
    ///
    /// # Errors
    /// [`Failure::Forbidden`].
    pub fn may_write(&self) -> Result<(), Failure> {
        match self.session.holder {
            Holder::Account(_) => Ok(()),
            Holder::Staff(_) if self.session.may(Act::WriteConversations) => Ok(()),
            Holder::Staff(_) => Err(Failure::Forbidden),
        }
    }

    /// Whether the session is a member of staff who may read here what patients do not see.
    ///
    /// # Errors
    /// [`Failure::Forbidden`].
    pub fn staff_may_read(&self) -> Result<(), Failure> {
        if self.session.may(Act::ReadConversations) { Ok(()) } else { Err(Failure::Forbidden) }
    }

    /// Whether the session is a member of staff who may write here.
    ///
    /// # Errors
    /// [`Failure::Forbidden`].
    pub fn staff_may_write(&self) -> Result<(), Failure> {
        if self.session.may(Act::WriteConversations) { Ok(()) } else { Err(Failure::Forbidden) }
    }
}

/// The conversation of the path, if it is spelled like one.
pub async fn path_id(parts: &mut Parts) -> Option<ConversationId> {
    let params = parts.extract::<RawPathParams>().await.ok()?;
    let (_, id) = params.iter().find(|(name, _)| *name == "id")?;
    ConversationId::parse(id).ok()
}

impl FromRequestParts<App> for Access {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let id = path_id(parts).await;
        Self::authorize(app, Credentials::of(parts, app)?, id).await
    }
}
