//! What the holder of an account is told without having asked: that somebody signed in with a browser that was not
//! seen before, that a passkey was added or a device is remembered, that staff changed where the account is reached or
//! who reads a patient's messages.

use domain::{
    audit::{ActorId, Verb},
    browser::Browser,
    channel::WayIn,
    contact::ContactKind,
    delivery::Fate,
    id::{AccountId, ContactPointId, SessionId},
    sign_in::LinkToken,
};
use platform::{
    delivery::Advice,
    keys::Purpose,
    letterhead::Letterhead,
    mail::Mail,
    secrets::{self, SecretPurpose},
    sms::SmsTemplate,
    store::{
        StoreError,
        account::Account,
        audit,
        browser::Seen,
        contact::{ContactPoint, Doubt},
        outbox::{Ending, OutboxItem},
        practice::Practice,
        revoke_link::RevokeLink,
    },
};

use crate::{
    State,
    post::{Envelope, Spend},
    work::{Accepted, Then, Trouble, Verdict},
};

/// What is announced.
#[derive(Clone, Copy)]
enum News {
    SignedIn(Browser, SessionId),
    Added(WayIn, Browser, SessionId),
    ContactsChanged,
    AccessGiven,
}

/// A sign-in that may be news.
pub(crate) struct SignIn<'a> {
    pub(crate) account: AccountId,
    pub(crate) browser: Browser,
    /// What tells the browser from others, hashed.
    pub(crate) mark: &'a str,
    /// Whether it is news whatever the browser is: the account's holder had no part in the first proof.
    pub(crate) always: bool,
}

/// Tells every verified mailbox of the account of a sign-in in a browser that was not seen before; its phones, if it
/// has no mailbox. The first browser of all is not news. What is always news is told to mailboxes and phones.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn signed_in(
    state: &State,
    item: &OutboxItem,
    sign_in: &SignIn<'_>,
) -> Result<Verdict, Trouble> {
    let SignIn { account, browser, mark, always } = *sign_in;
    let store = &state.app.store;
    let seen = store.see_browser(item.practice, account, mark, &item.id, item.created_at).await?;
    if seen != Seen::New && !always {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), seen.as_str()));
    }
    // The item is named after the sign-in that it is about.
    let sign_in = SessionId::parse(&item.id).map_err(|_| StoreError::Malformed("id"))?;
    let Some(teller) = Teller::prepare(state, item, account, News::SignedIn(browser, sign_in)).await? else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "unknown"));
    };
    teller.tell_verified(always).await
}

/// A way in that an account got.
pub(crate) struct Added {
    pub(crate) account: AccountId,
    pub(crate) way: WayIn,
    pub(crate) browser: Browser,
    /// The sign-in that it came of.
    pub(crate) sign_in: SessionId,
}

/// Tells the same of a passkey that was added, and of a device that is remembered. A device is no news where the sign-in
/// was that had it remembered: one act is told of once.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn added(state: &State, item: &OutboxItem, added: &Added) -> Result<Verdict, Trouble> {
    let Added { account, way, browser, sign_in } = *added;
    if way == WayIn::Device {
        match state.app.store.told_of(item.practice, sign_in).await? {
            Some(Some(Ending::Sent)) => return Ok(Verdict::new(Then::End(Ending::Suppressed), "told")),
            Some(None) => return Ok(Verdict::new(Then::Later, "sign_in_first")),
            Some(Some(_)) | None => {}
        }
    }
    let news = News::Added(way, browser, sign_in);
    match Teller::prepare(state, item, account, news).await? {
        Some(teller) => teller.tell_verified(false).await,
        None => Ok(Verdict::new(Then::End(Ending::Suppressed), "unknown")),
    }
}

/// Tells every contact that the account had before a change.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn contacts_changed(
    state: &State,
    item: &OutboxItem,
    account: AccountId,
    old: &[ContactPointId],
) -> Result<Verdict, Trouble> {
    let Some(teller) = Teller::prepare(state, item, account, News::ContactsChanged).await? else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "unknown"));
    };
    let points = teller.points(old).await?;
    teller.tell(&points.iter().collect::<Vec<_>>()).await
}

/// Tells these contacts of the account that somebody was added to those who read a patient's messages.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn access_given(
    state: &State,
    item: &OutboxItem,
    account: AccountId,
    to: &[ContactPointId],
) -> Result<Verdict, Trouble> {
    let Some(teller) = Teller::prepare(state, item, account, News::AccessGiven).await? else {
        return Ok(Verdict::new(Then::End(Ending::Suppressed), "unknown"));
    };
    let points = teller.points(to).await?;
    teller.tell(&points.iter().collect::<Vec<_>>()).await
}

/// One try of an announcement.
struct Teller<'a> {
    state: &'a State,
    item: &'a OutboxItem,
    practice: std::sync::Arc<Practice>,
    letterhead: Letterhead,
    account: Account,
    news: News,
}

impl<'a> Teller<'a> {
    async fn prepare(
        state: &'a State,
        item: &'a OutboxItem,
        account: AccountId,
        news: News,
    ) -> Result<Option<Self>, Trouble> {
        let app = &state.app;
        let practice = app.known_practice(item.practice).await?;
        let sealer = app.sealer(&practice).await?;
        let letterhead = app.letterhead(&practice).map_err(Trouble::Letterhead)?;
        let account = app.store.account(practice.id, account, &sealer).await?;
        Ok(account.map(|account| Self { state, item, practice, letterhead, account, news }))
    }

    async fn points(&self, ids: &[ContactPointId]) -> Result<Vec<ContactPoint>, Trouble> {
        let sealer = self.state.app.sealer(&self.practice).await?;
        Ok(self.state.app.store.contact_points(self.practice.id, ids, &sealer).await?)
    }

    /// Every verified mailbox, and the phones where there is none or all are to hear of it.
    async fn tell_verified(&self, all: bool) -> Result<Verdict, Trouble> {
        let store = &self.state.app.store;
        // A contact that was changed and not confirmed hears nothing: it may be that of whoever signed in.
        let confirmed = store.confirmed_contacts(self.item.practice, &self.account).await?;
        let points = self.points(&confirmed).await?;
        let now = self.state.app.clock.now();
        let verified = |kind| {
            let fits = |point: &&ContactPoint| {
                // What nobody has used for long may be the only word that its owner gets of a thief elsewhere.
                let is_doubted = point.doubt(now) == Some(Doubt::WrongDates);
                point.value.kind() == kind && point.verified_at.is_some() && !is_doubted
            };
            points.iter().filter(fits).collect::<Vec<_>>()
        };
        let mut told = verified(ContactKind::Email);
        if told.is_empty() || all {
            told.extend(verified(ContactKind::Phone));
        }
        self.tell(&told).await
    }

    async fn tell(&self, points: &[&ContactPoint]) -> Result<Verdict, Trouble> {
        let mut verdict = Verdict::new(Then::End(Ending::Sent), "accepted");
        let (mut later, mut never) = (None, None);
        for point in points.iter().filter(|point| !self.item.told.contains(&point.id)) {
            let gone = point.stopped().filter(|fate| fate.stops_codes()).map(Fate::as_str);
            if let Some(why) = gone.or_else(|| self.state.blocks(&self.practice, &point.value)) {
                never = Some(why);
                continue;
            }
            let envelope = self.envelope(point).await?;
            let dated = self.item.created_at;
            match self.state.post(&self.practice, &point.value, &envelope, dated, Spend::Notice).await {
                Ok(accepted) => {
                    let (contact, kind) = (Some(point.id), point.value.kind());
                    verdict.accepted.push(Accepted { id: accepted, contact, kind });
                    verdict.told.push(point.id);
                    verdict.events.push(self.event(point.id));
                }
                Err(error) if error.advice() == Advice::Fail => never = Some(error.cause.as_str()),
                Err(error) => later = Some(error.cause.as_str()),
            }
        }
        let reached = !verdict.told.is_empty() || !self.item.told.is_empty();
        match (later, reached) {
            (Some(why), _) => (verdict.then, verdict.why) = (Then::Later, why),
            (None, true) => {}
            (None, false) => {
                (verdict.then, verdict.why) = (Then::End(Ending::Suppressed), never.unwrap_or("no_contact"));
            }
        }
        Ok(verdict)
    }

    async fn envelope(&self, point: &ContactPoint) -> Result<Envelope, Trouble> {
        let thread = format!("{}.{}", self.item.id, point.id);
        let (letterhead, language) = (&self.letterhead, &self.account.language);
        let at = self.item.created_at;
        let envelope = match (self.news, point.value.kind()) {
            (News::SignedIn(browser, sign_in), ContactKind::Email) => {
                let token = self.revoke_link(&thread, sign_in).await?;
                let mail = Mail::SignedInElsewhere { token: &token, at, browser };
                Envelope::mail(&mail, letterhead, language, &thread)?
            }
            (News::SignedIn(_, sign_in), ContactKind::Phone) => {
                let token = self.revoke_link(&thread, sign_in).await?;
                Envelope::text(&SmsTemplate::SignedInElsewhere { token: &token }, letterhead, language)?
            }
            (News::Added(way, browser, sign_in), ContactKind::Email) => {
                let token = self.revoke_link(&thread, sign_in).await?;
                let mail = Mail::WayInAdded { token: &token, at, browser, way };
                Envelope::mail(&mail, letterhead, language, &thread)?
            }
            (News::Added(way, _, sign_in), ContactKind::Phone) => {
                let token = self.revoke_link(&thread, sign_in).await?;
                Envelope::text(&SmsTemplate::WayInAdded { token: &token, way }, letterhead, language)?
            }
            (News::ContactsChanged, ContactKind::Email) => {
                Envelope::mail(&Mail::ContactsChanged, letterhead, language, &thread)?
            }
            (News::ContactsChanged, ContactKind::Phone) => {
                Envelope::text(&SmsTemplate::ContactsChanged, letterhead, language)?
            }
            (News::AccessGiven, ContactKind::Email) => {
                Envelope::mail(&Mail::AccessGiven, letterhead, language, &thread)?
            }
            (News::AccessGiven, ContactKind::Phone) => {
                Envelope::text(&SmsTemplate::AccessGiven, letterhead, language)?
            }
        };
        Ok(envelope)
    }

    /// The token of a link that ends a sign-in with what came after.
    async fn revoke_link(&self, thread: &str, sign_in: SessionId) -> Result<LinkToken, Trouble> {
        let app = &self.state.app;
        let key = app.practice_key(&self.practice, Purpose::Link).await?;
        let token = secrets::link_token(&key, SecretPurpose::RevokeLink, thread, 1);
        let link = RevokeLink::new(self.practice.id, self.account.id, sign_in, self.item.created_at);
        app.store.create_revoke_link(&link, &secrets::hash(token.expose())).await?;
        Ok(token)
    }

    fn event(&self, point: ContactPointId) -> domain::audit::Event {
        let app = &self.state.app;
        let now = app.clock.now();
        let mut event = audit::event(&app.entropy, now, self.practice.id, ActorId::System, Verb::NoticeSent);
        event.object = Some(point.to_string());
        event
    }
}
