//! Notice links: a live session or a remembered device opens one directly, anybody else is asked for the birth date.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{sign_in::LinkToken, time::Timestamp};
use http::{StatusCode, request::Parts};
use platform::{
    App,
    http::{Failure, cookie},
    secrets,
    store::{
        Write,
        item::Item,
        keys,
        notice_link::{self, NoticeLink},
        session::{Holder, Session, SessionToken},
    },
};

use crate::{
    redeem::birth_date_next,
    remembered::{self, Remembered},
    view::{Opens, session_view},
    visitor::Visitor,
};

/// Opens a notice link, or asks for the birth date: that answer is the same for any token.
pub(crate) async fn open(
    app: &App,
    parts: &Parts,
    token: &LinkToken,
    visitor: &Visitor,
) -> Result<Response, Failure> {
    let session = cookie::get(&parts.headers, cookie::SESSION).and_then(|t| SessionToken::parse(t).ok());
    if session.is_none() && visitor.device.is_none() {
        return Ok(birth_date_next(Some(visitor)));
    }
    let now = app.clock.now();
    let hash = secrets::hash(token.expose());
    let mut wanted = vec![keys::notice_link(&hash)];
    wanted.extend(session.as_ref().map(SessionToken::key));
    let mut items = app.store.get_many(&wanted).await?.into_iter();
    let link = items.next().flatten().map(|item| NoticeLink::from_item(&item)).transpose()?;
    let Some(link) = link.filter(|link| link.is_live(now)) else { return Ok(birth_date_next(Some(visitor))) };
    if let (Some(token), Some(Some(item))) = (&session, items.next())
        && let Some(session) = live_session(token, &item, &link, now)?
    {
        return continued(app, session, &link).await;
    }
    if let Some(token) = &visitor.device
        && token.practice == link.practice
        && link.leads_to(token.account)
    {
        let remembered = Remembered {
            token,
            opens: Some((link.conversation, link.patient)),
            contact: Some(link.contact),
            end: Write::Update(notice_link::mark_used(&hash, now)),
            back: Vec::new(),
        };
        if let Some(answer) = remembered::sign_in(app, &remembered, visitor).await? {
            return Ok(answer);
        }
    }
    Ok(birth_date_next(Some(visitor)))
}

/// The session of the request, if it lives and may see what the link leads to.
fn live_session(
    token: &SessionToken,
    item: &Item,
    link: &NoticeLink,
    now: Timestamp,
) -> Result<Option<Session>, Failure> {
    let session = Session::from_item(token, item)?;
    let theirs = session.practice == link.practice
        && matches!(session.holder, Holder::Account(account) if link.leads_to(account))
        && session.acts_for(link.patient, now)
        && session.must_open(link.conversation).is_ok();
    Ok((theirs && session.times.is_live(session.kind, now)).then_some(session))
}

async fn continued(app: &App, mut session: Session, link: &NoticeLink) -> Result<Response, Failure> {
    session.opens = Some(link.conversation);
    let mut view = session_view(app, &session, Vec::new()).await?;
    view.opens = Some(Opens { conversation_id: link.conversation.to_string() });
    Ok((StatusCode::CREATED, Json(view)).into_response())
}
