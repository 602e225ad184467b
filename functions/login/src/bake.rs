//! Making a session: one transaction with everything that it rests on, and the answer that carries it.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    audit::{Event, Verb},
    browser::Browser,
    id::{ContactPointId, ConversationId, DeviceId, PasskeyId, PatientId, PracticeId, SessionId},
    language::Language,
    person::PersonName,
    role::Role,
    session::{SessionKind, SessionTimes},
    time::Timestamp,
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
        audit, browser,
        item::number,
        keys,
        outbox::{self, Subject},
        patient::Patient,
        session::{Grant, Holder, Scope, Session, SessionToken},
        staff::Staff,
        table::{Change, Table},
    },
};

use crate::{
    guesses::Proof,
    own_devices::{opened_by_code, rests_on_more},
    standing::Standing,
    view::{SessionView, session_view},
    visitor::Visitor,
};

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
        practice: PracticeId,
        account: &Account,
        grants: Vec<Grant>,
        basis: Basis,
        beside: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let mut writes = account_rights(practice, account, &grants, self.app.clock.now());
        writes.extend(beside);
        self.make(practice, Person::account(account, grants), Draft::new(basis), writes).await
    }

    /// A session of a member of staff, if their rights are still those that were read.
    pub(crate) async fn for_staff(
        &self,
        practice: PracticeId,
        staff: &Staff,
        basis: Basis,
        beside: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let mut writes = vec![Write::Check(staff.still(practice))];
        writes.extend(beside);
        self.make(practice, Person::staff(staff), Draft::new(basis), writes).await
    }

    /// A session of a member of staff who adds their first factor with it. Of two who come with the same mail, one does.
    pub(crate) async fn for_enrolled(
        &self,
        practice: PracticeId,
        staff: &Staff,
        basis: Basis,
        beside: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let mut writes = vec![Write::Update(staff.enrol(practice, self.app.clock.now()))];
        writes.extend(beside);
        self.make(practice, Person::staff(staff), Draft::new(basis), writes).await
    }

    /// The same session under a new secret, full and fresh, for whoever has shown a proof in it, and the patients whom they
    /// act for. It ends when the old one would have ended, which ends with this; one that was ended meanwhile is not renewed.
    pub(crate) async fn renew(
        &self,
        old: &Session,
        standing: Standing,
        verb: Verb,
        (proof, shown): (Proof, Shown),
        visitor: &Visitor,
    ) -> Result<(Fresh, Vec<Patient>), Failure> {
        let practice = old.practice;
        let (person, mut writes) = match standing {
            Standing::Account(account, mut grants) => {
                if shown == Shown::Code {
                    // What a birth date does not open, a code beside it does not open either.
                    let held = if rests_on_more(old) { &old.grants[..] } else { &[] };
                    grants = opened_by_code(self.app, self.sealer, old, grants, held).await?;
                }
                let writes = account_rights(practice, &account, &grants, self.app.clock.now());
                (Person::account(&account, grants), writes)
            }
            Standing::Staff(staff) => (Person::staff(&staff), vec![Write::Check(staff.still(practice))]),
        };
        writes.extend(proof.beside);
        let basis = Basis {
            back: proof.back,
            opens: old.opens,
            contact: old.contact,
            device: old.device,
            passkey: match shown {
                Shown::Passkey(passkey) => Some(passkey),
                Shown::Code | Shown::Generator => old.passkey,
            },
            since: old.since,
            fresh: true,
            // What opened one conversation alone was not told of; what opens everything is.
            mark: (old.scope == Scope::Conversation).then(|| visitor.mark.hash()),
            replaces: Some(old.clone()),
            ..Basis::new(old.kind, old.browser)
        };
        let patients: Vec<_> = person.grants.iter().map(|grant| grant.patient).collect();
        let known = async {
            if patients.is_empty() {
                return Ok(Vec::new());
            }
            self.app.store.patients(practice, &patients, self.sealer).await.map_err(Failure::from)
        };
        tokio::try_join!(self.make(practice, person, Draft { basis, verb }, writes), known)
    }

    async fn make(
        &self,
        practice: PracticeId,
        person: Person,
        draft: Draft,
        mut writes: Vec<Write>,
    ) -> Result<Fresh, Failure> {
        let now = self.app.clock.now();
        let token = SessionToken {
            practice,
            holder: person.holder,
            secret: secrets::browser_secret(&self.app.entropy),
        };
        let key = token.key();
        let basis = draft.basis;
        // Rotation gives no more time: a session ends when the one that it replaces would have.
        let created_at = basis.replaces.as_ref().map_or(now, |old| old.times.created_at);
        let id = basis.id.unwrap_or_else(|| SessionId::new(now, self.app.entropy.id()));
        let session = Session {
            id,
            sign_in: basis.replaces.as_ref().map_or(id, |old| old.sign_in),
            practice,
            holder: person.holder,
            kind: basis.kind,
            times: SessionTimes { created_at, active_at: now },
            roles: person.roles,
            grants: person.grants,
            scope: basis.scope,
            opens: basis.opens,
            sealed_name: self.sealer.seal_bytes(&key, "sealed_name", person.name.expose()),
            language: person.language,
            browser: basis.browser,
            device: basis.device,
            passkey: basis.passkey,
            contact: basis.contact,
            step_up: None,
            proven_at: basis.fresh.then_some(now),
            // What an unconfirmed contact has begun, no later proof widens: its holder signs in anew.
            since: basis.since.or(basis.replaces.as_ref().and_then(|old| old.since)),
            hash: token.hash(),
        };
        writes.extend(basis.replaces.iter().map(|old| Write::End(Table::Chat, old.key())));
        let mut event: Event = session.event(&self.app.entropy, now, draft.verb);
        event.conversation = basis.opens;
        event.patient = basis.patient;
        match (person.holder, basis.scope, basis.mark) {
            (Holder::Account(account), Scope::Full, Some(mark)) => {
                // Whether the browser is known is looked up when the message is to leave: nobody waits for that here.
                let (browser, always) = (basis.browser, basis.always_told);
                let subject = Subject::SignedInElsewhere { account, browser, mark, always };
                let item = outbox::passing_item(practice, &session.sign_in.to_string(), &subject, now);
                writes.push(Write::Create(Table::Chat, item));
            }
            (Holder::Account(account), Scope::Conversation, Some(mark)) => {
                writes.push(Write::Update(browser::saw(practice, account, &mark, now)));
            }
            _ => {}
        }
        writes.push(Write::Create(Table::Chat, session.to_item()?));
        writes.push(audit::write(&event));
        // A condition that does not hold is a link that was used, a right that was taken, a person that was barred:
        // to whoever asks, all of these are the same.
        match self.app.store.transact_giving_back(&writes, basis.back).await? {
            Ok(()) => Ok(Fresh { session, token }),
            Err(_) => Err(Failure::SignInFailed),
        }
    }
}

/// By what somebody has shown once more who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A code that went to a contact.
    Code,
    /// The code generator of a member of staff.
    Generator,
    /// A passkey.
    Passkey(PasskeyId),
}

/// Whose session it is, as they stand now.
struct Person {
    holder: Holder,
    name: PersonName,
    language: Language,
    roles: Vec<Role>,
    grants: Vec<Grant>,
}

impl Person {
    fn account(account: &Account, grants: Vec<Grant>) -> Self {
        Self {
            holder: Holder::Account(account.id),
            name: account.name.clone(),
            language: account.language.clone(),
            roles: Vec::new(),
            grants,
        }
    }

    fn staff(staff: &Staff) -> Self {
        Self {
            holder: Holder::Staff(staff.id),
            name: staff.name.clone(),
            language: staff.language.clone(),
            roles: staff.roles.clone(),
            grants: Vec::new(),
        }
    }
}

/// That an account has the rights that were read.
fn account_rights(practice: PracticeId, account: &Account, grants: &[Grant], now: Timestamp) -> Vec<Write> {
    let mut writes = vec![Write::Check(
        Change::new(keys::account(practice, account.id), "")
            .when("epoch = :epoch")
            .value(":epoch", number(account.epoch)),
    )];
    writes.extend(grants.iter().map(|grant| {
        let key = keys::account_grant(practice, account.id, grant.patient);
        // By its own dates too: what ended while the session was made is not in it.
        let holds = "attribute_exists(PK) AND (attribute_not_exists(#until) OR #until > :now)";
        Write::Check(Change::new(key, "").when(holds).value(":now", number(now.as_millis())))
    }));
    writes
}

struct Draft {
    basis: Basis,
    verb: Verb,
}

impl Draft {
    /// A sign-in, or one more proof.
    const fn new(basis: Basis) -> Self {
        let verb = if basis.replaces.is_some() { Verb::SteppedUp } else { Verb::SignedIn };
        Self { basis, verb }
    }
}

/// What a session rests on, and what that earns.
pub(crate) struct Basis {
    /// What it is called, where something that is made with it has to know.
    pub(crate) id: Option<SessionId>,
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
    /// The passkey that was shown.
    pub(crate) passkey: Option<PasskeyId>,
    /// Whether a proof was shown just now that counts as fresh.
    pub(crate) fresh: bool,
    /// It opens only what was sent after this time: the contact that it rests on was changed then, and nobody has
    /// confirmed it.
    pub(crate) since: Option<Timestamp>,
    /// What tells its browser from others, hashed. A sign-in in one that the account has not used is announced.
    pub(crate) mark: Option<String>,
    /// Whether it is announced in any browser, and to every verified contact.
    pub(crate) always_told: bool,
    /// The session that ends with it, because its holder showed one more proof.
    pub(crate) replaces: Option<Session>,
    /// What gives back what was counted for what was shown.
    pub(crate) back: Vec<Change>,
}

impl Basis {
    /// A session that opens everything and rests on nothing yet.
    pub(crate) const fn new(kind: SessionKind, browser: Browser) -> Self {
        Self {
            id: None,
            kind,
            scope: Scope::Full,
            opens: None,
            patient: None,
            contact: None,
            browser,
            device: None,
            passkey: None,
            fresh: false,
            since: None,
            mark: None,
            always_told: false,
            replaces: None,
            back: Vec::new(),
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
        let (mut headers, view) = self.into_parts(app, known, visitor).await?;
        headers.append(header::SET_COOKIE, cookie::clear(cookie::FLOW));
        Ok((StatusCode::CREATED, headers, Json(view)).into_response())
    }

    /// 200 with the session and its cookie, in place of the one that it goes on with.
    pub(crate) async fn into_renewal(
        self,
        app: &App,
        known: Vec<Patient>,
        visitor: &Visitor,
    ) -> Result<Response, Failure> {
        let (headers, view) = self.into_parts(app, known, visitor).await?;
        Ok((StatusCode::OK, headers, Json(view)).into_response())
    }

    /// The cookie of the session and the mark of the browser, and the session's view.
    pub(crate) async fn into_parts(
        self,
        app: &App,
        known: Vec<Patient>,
        visitor: &Visitor,
    ) -> Result<(HeaderMap, SessionView), Failure> {
        let mut view = session_view(app, &self.session, known).await?;
        view.token = visitor.with_token.then(|| self.token.expose());
        let policy = self.session.kind.policy();
        let max_age = policy.persistent_cookie.then_some(policy.absolute_seconds);
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, cookie::set(cookie::SESSION, &self.token.expose(), max_age));
        headers.extend(visitor.mark.cookie().map(|value| (header::SET_COOKIE, value)));
        Ok((headers, view))
    }
}
