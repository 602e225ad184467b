//! Making a session: one transaction with everything that it rests on, and the answer that carries it.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Event, Verb},
    browser::Browser,
    id::{ContactPointId, ConversationId, DeviceId, PatientId, SessionId},
    language::Language,
    session::{SessionKind, SessionTimes},
};
use http::{HeaderMap, StatusCode, header};
use platform::{
    App,
    http::{Failure, cookie},
    sealing::FieldSealer,
    secrets,
    store::{
        Write,
        account::Account,
        audit,
        item::number,
        keys,
        patient::Patient,
        session::{Grant, Holder, Scope, Session, SessionToken},
        staff::Staff,
        table::{Change, Table},
    },
};

use crate::{view::session_view, visitor::Visitor};

/// A session that was made, with its token.
pub(crate) struct Fresh {
    /// The session.
    pub(crate) session: Session,
    token: SessionToken,
}

/// Makes sessions of one practice.
pub(crate) struct Baker<'a> {
    pub(crate) app: &'a App,
    pub(crate) sealer: &'a FieldSealer,
}

impl Baker<'_> {
    /// A session of an account, if its rights are still those that were read. `beside` are the writes that end
    /// what the session was bought with: they happen with it or not at all.
    pub(crate) async fn for_account(
        &self,
        practice: domain::id::PracticeId,
        account: &Account,
        grants: Vec<Grant>,
        basis: Basis,
        beside: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let holder = Holder::Account(account.id);
        let mut writes = vec![Write::Check(
            Change::new(keys::account(practice, account.id), "")
                .when("epoch = :epoch")
                .value(":epoch", number(account.epoch)),
        )];
        writes.extend(grants.iter().map(|grant| {
            let key = keys::account_grant(practice, account.id, grant.patient);
            Write::Check(Change::new(key, "").when("attribute_exists(PK)"))
        }));
        writes.extend(beside);
        let name = account.name.expose();
        let draft = Draft { grants, roles: Vec::new(), basis };
        self.make(practice, holder, name, account.language.clone(), draft, writes).await
    }

    /// A session of a member of staff, if their rights are still those that were read.
    pub(crate) async fn for_staff(
        &self,
        practice: domain::id::PracticeId,
        staff: &Staff,
        basis: Basis,
        beside: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let mut writes = vec![Write::Check(
            Change::new(keys::staff(practice, staff.id), "")
                .when("epoch = :epoch AND active = :one")
                .value(":epoch", number(staff.epoch))
                .value(":one", number(1)),
        )];
        writes.extend(beside);
        let draft = Draft { grants: Vec::new(), roles: staff.roles.clone(), basis };
        let holder = Holder::Staff(staff.id);
        self.make(practice, holder, staff.name.expose(), staff.language.clone(), draft, writes).await
    }

    async fn make(
        &self,
        practice: domain::id::PracticeId,
        holder: Holder,
        name: &str,
        language: Language,
        draft: Draft,
        mut writes: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let now = self.app.clock.now();
        let token = SessionToken { practice, holder, secret: secrets::browser_secret(&self.app.entropy) };
        let key = token.key();
        let basis = draft.basis;
        // Rotation gives no more time: a session ends when the one that it replaces would have.
        let created_at = basis.replaces.as_ref().map_or(now, |old| old.times.created_at);
        let session = Session {
            id: SessionId::new(now, self.app.entropy.id()),
            practice,
            holder,
            kind: basis.kind,
            times: SessionTimes { created_at, active_at: now },
            roles: draft.roles,
            grants: draft.grants,
            scope: basis.scope,
            opens: basis.opens,
            sealed_name: self.sealer.seal_bytes(&key, "sealed_name", name),
            language,
            browser: basis.browser,
            device: basis.device,
            contact: basis.contact,
            step_up: None,
            proven_at: basis.fresh.then_some(now),
            since: None,
            hash: token.hash(),
        };
        let verb = match &basis.replaces {
            Some(old) => {
                writes.push(Write::End(Table::Chat, old.key()));
                Verb::SteppedUp
            }
            None => Verb::SignedIn,
        };
        let mut event: Event = session.event(&self.app.entropy, now, verb);
        event.conversation = basis.opens;
        event.patient = basis.patient;
        writes.push(Write::Create(Table::Chat, session.to_item()?));
        writes.push(audit::write(&event));
        // A condition that does not hold is a link that was used, a right that was taken, a person that was barred:
        // to whoever asks, all of these are the same.
        match self.app.store.transact_patiently(|| writes.clone()).await? {
            Ok(()) => Ok(Fresh { session, token }),
            Err(_) => Err(Failure::SignInFailed),
        }
    }
}

struct Draft {
    grants: Vec<Grant>,
    roles: Vec<domain::role::Role>,
    basis: Basis,
}

/// What a session rests on, and what that earns.
pub(crate) struct Basis {
    /// How long it lives.
    pub(crate) kind: SessionKind,
    /// What it opens.
    pub(crate) scope: Scope,
    /// The conversation that the sign-in was for.
    pub(crate) opens: Option<ConversationId>,
    /// The patient whose proof it was.
    pub(crate) patient: Option<PatientId>,
    /// The contact point that the first proof went to.
    pub(crate) contact: Option<ContactPointId>,
    /// The browser that it is made in.
    pub(crate) browser: Browser,
    /// The remembered device that it rests on.
    pub(crate) device: Option<DeviceId>,
    /// Whether a proof was shown just now that counts as fresh.
    pub(crate) fresh: bool,
    /// The session that ends with it, because its holder showed one more proof.
    pub(crate) replaces: Option<Session>,
}

impl Basis {
    /// A session that opens everything and rests on nothing yet.
    pub(crate) const fn new(kind: SessionKind, browser: Browser) -> Self {
        Self {
            kind,
            scope: Scope::Full,
            opens: None,
            patient: None,
            contact: None,
            browser,
            device: None,
            fresh: false,
            replaces: None,
        }
    }
}

impl Fresh {
    /// 201 with the session, its cookie, and the end of the flow's.
    pub(crate) async fn into_answer(
        self,
        app: &App,
        known: Vec<Patient>,
        visitor: &Visitor,
    ) -> Result<Response, Failure> {
        let mut view = session_view(app, &self.session, known).await?;
        view.token = visitor.with_token.then(|| self.token.expose());
        let policy = self.session.kind.policy();
        let max_age = policy.persistent_cookie.then_some(policy.absolute_seconds);
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, cookie::set(cookie::SESSION, &self.token.expose(), max_age));
        headers.append(header::SET_COOKIE, cookie::clear(cookie::FLOW));
        headers.extend(visitor.mark.cookie().map(|value| (header::SET_COOKIE, value)));
        Ok((StatusCode::CREATED, headers, Json(view)).into_response())
    }
}
