//! Sessions, and the grants that they carry.

use domain::{
    audit::Verb,
    contact::ContactValue,
    language::Language,
    limits::CEREMONY_SECONDS,
    person::PersonName,
    role::Role,
    session::{SessionKind, SessionTimes},
};
use platform::{
    secrets,
    store::{
        Cancelled, Write,
        ceremony::{Asked, Ceremony},
        grant::{Granted, Grantee, Terms},
        item::number,
        keys,
        session::{Found, Grant, Holder, Relation, Scope, Session, SessionToken},
        table::{Change, Table},
    },
};

use super::cases;
use crate::bench::{Bench, somebody};

cases![
    a_session_comes_back_by_its_token_and_by_no_other,
    a_session_ends_by_idleness_and_by_age,
    input_extends_a_session_and_does_not_revive_it,
    signing_out_ends_one_session,
    all_sessions_of_a_holder_end_and_nothing_else,
    no_session_is_born_under_rights_that_were_taken,
    a_grant_comes_with_its_end_and_ends_sessions,
    a_revoked_grant_ends_sessions,
    many_grants_at_once_all_count,
    a_question_to_a_passkey_is_answered_once_and_ages,
    a_locked_session_stays_and_opens_nothing,
];

fn token(bench: &Bench, holder: Holder) -> SessionToken {
    SessionToken { practice: bench.practice, holder, secret: secrets::browser_secret(&bench.entropy) }
}

fn session(bench: &Bench, token: &SessionToken) -> Session {
    let kind = match token.holder {
        Holder::Account(_) => SessionKind::Patient,
        Holder::Staff(_) => SessionKind::Staff,
    };
    let id = domain::id::SessionId::new(bench.now, bench.entropy.id());
    Session {
        id,
        sign_in: id,
        practice: token.practice,
        holder: token.holder,
        kind,
        times: SessionTimes { created_at: bench.now, active_at: bench.now },
        roles: Vec::new(),
        grants: Vec::new(),
        scope: Scope::Full,
        opens: None,
        sealed_name: bench.sealer.seal_bytes(&token.key(), "sealed_name", "Ana Reyes"),
        language: Language::english(),
        browser: domain::browser::Browser::default(),
        device: None,
        passkey: None,
        contact: None,
        step_up: None,
        proven_at: Some(bench.now),
        since: None,
        hash: token.hash(),
    }
}

/// A live session.
pub(super) async fn sign_in(bench: &Bench, holder: Holder) -> SessionToken {
    let token = token(bench, holder);
    let item = session(bench, &token).to_item().unwrap();
    bench.store.transact(vec![Write::Create(Table::Chat, item)]).await.unwrap().unwrap();
    token
}

async fn live(bench: &Bench, token: &SessionToken, seconds: i64) -> Option<Session> {
    let found = bench.store.session_with(token, &[], bench.at(seconds)).await.unwrap().live();
    found.map(|(session, _)| session)
}

async fn a_session_comes_back_by_its_token_and_by_no_other(bench: Bench) {
    let talk = bench.talk().await;
    let token = token(&bench, bench.account());
    let until = Some(bench.at(3600));
    let grant = Grant { patient: talk.head.patient, relation: Relation::Guardian, from: None, until };
    let made = Session {
        roles: vec![Role::Clinician, Role::Admin],
        grants: vec![grant],
        scope: Scope::Conversation,
        opens: Some(talk.head.id),
        language: Language::parse("pt-BR").unwrap(),
        ..session(&bench, &token)
    };
    let item = made.to_item().unwrap();
    bench.store.transact(vec![Write::Create(Table::Chat, item)]).await.unwrap().unwrap();
    let parsed = SessionToken::parse(&token.expose()).unwrap();
    let missing = keys::patient(bench.practice, domain::id::PatientId::new(bench.now, bench.entropy.id()));
    let others = [talk.head.key(), missing, keys::patient(bench.practice, talk.head.patient)];
    let (read, items) =
        bench.store.session_with(&parsed, &others, bench.now).await.unwrap().live().expect("it is live");
    assert_eq!((read.holder, read.kind, read.times), (made.holder, made.kind, made.times));
    assert_eq!((&read.roles, &read.grants), (&made.roles, &made.grants));
    assert_eq!((read.scope, read.opens), (made.scope, made.opens));
    assert_eq!(read.language, made.language);
    let name = bench.sealer.open_bytes(&read.key(), "sealed_name", &read.sealed_name).unwrap();
    assert_eq!(name, "Ana Reyes");
    assert_eq!(
        items.iter().map(Option::is_some).collect::<Vec<_>>(),
        [true, false, true],
        "in the order asked for"
    );
    let stored = bench.raw(Table::Chat, &read.key()).await.unwrap();
    assert!(!crate::bench::holds(&stored, token.secret.expose()), "the secret is hashed at rest");
    let other_secret = SessionToken { secret: secrets::browser_secret(&bench.entropy), ..token.clone() };
    let other_holder = SessionToken { holder: bench.account(), ..token.clone() };
    for wrong in [other_secret, other_holder] {
        assert!(bench.store.session_with(&wrong, &others, bench.now).await.unwrap().live().is_none());
    }
}

async fn a_session_ends_by_idleness_and_by_age(bench: Bench) {
    let token = sign_in(&bench, bench.account()).await;
    assert!(live(&bench, &token, 599).await.is_some());
    assert!(
        live(&bench, &token, 600).await.is_none(),
        "idle for ten minutes, whatever the table still holds"
    );
    let mut session = live(&bench, &token, 0).await.unwrap();
    // Somebody clicks all day.
    for seconds in (0..12 * 3600).step_by(580) {
        bench.store.touch_session(&session, bench.at(seconds)).await.unwrap();
        session = live(&bench, &token, seconds).await.expect("it was just used");
    }
    assert!(live(&bench, &token, 12 * 3600 - 1).await.is_some());
    assert!(live(&bench, &token, 12 * 3600).await.is_none(), "twelve hours are the most");
}

async fn input_extends_a_session_and_does_not_revive_it(bench: Bench) {
    let token = sign_in(&bench, bench.account()).await;
    let session = live(&bench, &token, 0).await.unwrap();
    bench.store.touch_session(&session, bench.at(500)).await.unwrap();
    assert_eq!(live(&bench, &token, 900).await.unwrap().times.active_at, bench.at(500));
    bench.store.end_session(&session, &bench.event(Verb::SignedOut)).await.unwrap();
    bench.store.touch_session(&session, bench.at(510)).await.unwrap();
    assert!(live(&bench, &token, 510).await.is_none());
    assert!(bench.raw(Table::Chat, &session.key()).await.is_none(), "no half item comes into being");
}

async fn signing_out_ends_one_session(bench: Bench) {
    let holder = bench.account();
    let (first, second) = (sign_in(&bench, holder).await, sign_in(&bench, holder).await);
    let session = live(&bench, &first, 0).await.unwrap();
    let event = bench.event(Verb::SignedOut);
    bench.store.end_session(&session, &event).await.unwrap();
    assert!(live(&bench, &first, 0).await.is_none() && live(&bench, &second, 0).await.is_some());
    assert_eq!(bench.events(Verb::SignedOut).await, 1);
}

async fn all_sessions_of_a_holder_end_and_nothing_else(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &["ana@patients.test"])).await;
    let (account, ..) = bench.store.accounts_of(bench.practice, patient.id).await.unwrap()[0];
    let (hers, other) = (Holder::Account(account), bench.account());
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(sign_in(&bench, hers).await);
    }
    let kept = sign_in(&bench, other).await;
    bench.store.end_all_sessions(bench.practice, hers).await.unwrap();
    for token in &tokens {
        assert!(live(&bench, token, 0).await.is_none());
    }
    assert!(live(&bench, &kept, 0).await.is_some());
    assert_eq!(bench.store.grants(bench.practice, account).await.unwrap().len(), 1, "grants stay");
    assert!(bench.store.account(bench.practice, account, &bench.sealer).await.unwrap().is_some());
}

async fn no_session_is_born_under_rights_that_were_taken(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &["ana@patients.test"])).await;
    let (account, ..) = bench.store.accounts_of(bench.practice, patient.id).await.unwrap()[0];
    let born = async |epoch: u64, patient| {
        let token = token(&bench, Holder::Account(account));
        let epoch = Change::new(keys::account(bench.practice, account), "")
            .when("epoch = :epoch")
            .value(":epoch", number(epoch));
        let grant = Change::new(keys::account_grant(bench.practice, account, patient), "");
        let writes = vec![
            Write::Check(epoch),
            Write::Check(grant.when("attribute_exists(PK)")),
            Write::Create(Table::Chat, session(&bench, &token).to_item().unwrap()),
        ];
        let refused = bench.store.transact(writes).await.unwrap().err();
        assert_eq!(refused.is_none(), live(&bench, &token, 0).await.is_some());
        refused.map(|why| match why {
            Cancelled::Condition(place, _) => place,
            Cancelled::Conflict => panic!("nobody else is here"),
        })
    };
    assert_eq!(born(1, patient.id).await, None);
    let raise = Change::new(keys::account(bench.practice, account), "SET epoch = epoch + :one")
        .value(":one", number(1));
    bench.store.change(raise).await.unwrap();
    assert_eq!(born(1, patient.id).await, Some(0), "the epoch was raised");
    let stranger = domain::id::PatientId::new(bench.now, bench.entropy.id());
    assert_eq!(born(2, stranger).await, Some(1), "there is no such grant");
    assert_eq!(born(2, patient.id).await, None);
}

async fn grant(
    bench: &Bench,
    patient: domain::id::PatientId,
    grantee: &Grantee,
    relation: Relation,
) -> Granted {
    let event = bench.event(Verb::GrantCreated);
    let until = Some(bench.at(3600));
    let zone = domain::time::ZoneName::parse("America/New_York").unwrap();
    let ages = domain::minors::Ages { own_access: None, of_age: 18, zone };
    let terms = Terms { relation, from: None, until, ages, reason: None };
    bench.store.grant(&bench.tools(), patient, grantee, &terms, &event).await.unwrap()
}

fn at(contact: &str, name: &str) -> Grantee {
    Grantee::At {
        contact: ContactValue::parse(contact).unwrap(),
        name: Some(PersonName::parse(name).unwrap()),
        language: None,
    }
}

async fn a_grant_comes_with_its_end_and_ends_sessions(bench: Bench) {
    let child = bench.patient(somebody("Luis Diaz", &[])).await;
    let Granted::Created(rosa, first) =
        grant(&bench, child.id, &at("rosa@patients.test", "Rosa Diaz"), Relation::Parent).await
    else {
        panic!("a new account");
    };
    assert_eq!((first.relation, first.until), (Relation::Parent, Some(bench.at(3600))));
    assert_eq!(bench.store.grants(bench.practice, rosa.id).await.unwrap(), [first]);
    let acting = bench.store.accounts_of(bench.practice, child.id).await.unwrap();
    assert_eq!(acting, [(rosa.id, first)]);
    let token = sign_in(&bench, Holder::Account(rosa.id)).await;
    let again = grant(&bench, child.id, &Grantee::Account(rosa.id), Relation::Parent).await;
    assert!(matches!(again, Granted::Unchanged(..)));
    assert!(live(&bench, &token, 0).await.is_some(), "nothing has changed");
    let sibling = bench.patient(somebody("Lola Diaz", &[])).await;
    let second = grant(&bench, sibling.id, &Grantee::Account(rosa.id), Relation::Parent).await;
    assert!(matches!(second, Granted::Created(..)));
    assert!(live(&bench, &token, 0).await.is_none(), "it carries the grants of before");
    let account = bench.store.account(bench.practice, rosa.id, &bench.sealer).await.unwrap().unwrap();
    assert_eq!(account.epoch, 2);
    let nobody = domain::id::PatientId::new(bench.now, bench.entropy.id());
    assert!(matches!(
        grant(&bench, nobody, &Grantee::Account(rosa.id), Relation::Carer).await,
        Granted::NoPatient
    ));
}

async fn a_revoked_grant_ends_sessions(bench: Bench) {
    let child = bench.patient(somebody("Luis Diaz", &[])).await;
    let Granted::Created(rosa, _) =
        grant(&bench, child.id, &at("rosa@patients.test", "Rosa Diaz"), Relation::Parent).await
    else {
        panic!("a new account");
    };
    let token = sign_in(&bench, Holder::Account(rosa.id)).await;
    let event = bench.event(Verb::GrantRemoved);
    let revoke = async || bench.store.revoke(&bench.tools(), child.id, rosa.id, &event).await.unwrap();
    assert!(revoke().await);
    assert!(live(&bench, &token, 0).await.is_none());
    assert!(bench.store.grants(bench.practice, rosa.id).await.unwrap().is_empty());
    assert!(bench.store.accounts_of(bench.practice, child.id).await.unwrap().is_empty());
    assert!(!revoke().await, "there is none any more");
    assert_eq!(bench.events(Verb::GrantRemoved).await, 1);
}

async fn many_grants_at_once_all_count(bench: Bench) {
    let mut patients = Vec::new();
    for n in 0..4 {
        patients.push(bench.patient(somebody(&format!("Child {n} Diaz"), &[])).await.id);
    }
    let first = bench.patient(somebody("Rosa Diaz", &["rosa@patients.test"])).await;
    let (rosa, ..) = bench.store.accounts_of(bench.practice, first.id).await.unwrap()[0];
    let grantee = Grantee::Account(rosa);
    let grants = patients.iter().map(|patient| grant(&bench, *patient, &grantee, Relation::Parent));
    let made = bench.race(grants).await;
    assert!(made.iter().all(|granted| matches!(granted, Granted::Created(..))));
    assert_eq!(bench.store.grants(bench.practice, rosa).await.unwrap().len(), 5);
    let account = bench.store.account(bench.practice, rosa, &bench.sealer).await.unwrap().unwrap();
    assert_eq!(account.epoch, 5, "each of them has raised it");
}

async fn a_question_to_a_passkey_is_answered_once_and_ages(bench: Bench) {
    let token = sign_in(&bench, bench.account()).await;
    let asked = Asked::Session(token.key());
    let store = &bench.store;
    let take = |kind, seconds| store.take_ceremony(&asked, kind, bench.at(seconds));
    assert!(take(Ceremony::Assert, 0).await.unwrap().is_none(), "nothing was asked");
    assert!(store.keep_ceremony(&asked, Ceremony::Assert, b"first", bench.now).await.unwrap());
    assert!(store.keep_ceremony(&asked, Ceremony::Assert, b"second", bench.now).await.unwrap());
    assert!(take(Ceremony::Register, 0).await.unwrap().is_none(), "something else was asked");
    assert!(take(Ceremony::Assert, CEREMONY_SECONDS).await.unwrap().is_none(), "too late");
    let tries = (0..8).map(|_| take(Ceremony::Assert, CEREMONY_SECONDS - 1));
    let taken: Vec<_> = futures_util::future::join_all(tries).await;
    let mut got: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got.len(), 1, "one answer gets it");
    let (state, item) = got.pop().unwrap();
    assert_eq!((state.as_slice(), item.key().unwrap()), (b"second".as_slice(), token.key()));

    let gone = Asked::Session(self::token(&bench, bench.account()).key());
    assert!(!store.keep_ceremony(&gone, Ceremony::Assert, b"x", bench.now).await.unwrap());
    let stored = store.get(&self::token(&bench, bench.account()).key()).await.unwrap();
    assert!(stored.is_none(), "nothing comes into being");
}

async fn a_locked_session_stays_and_opens_nothing(bench: Bench) {
    let token = sign_in(&bench, Holder::Staff(domain::id::StaffId::new(bench.now, bench.entropy.id()))).await;
    let session = live(&bench, &token, 0).await.unwrap();
    let found = async |seconds| match bench.store.session_with(&token, &[], bench.at(seconds)).await.unwrap()
    {
        Found::Live(..) => "live",
        Found::Locked(_) => "locked",
        Found::Nothing => "nothing",
    };
    assert_eq!((found(899).await, found(900).await), ("live", "locked"));
    assert_eq!((found(12 * 3600 - 1).await, found(12 * 3600).await), ("locked", "nothing"));
    let event = bench.event(Verb::SessionLocked);
    bench.store.lock_session(&session, &event).await.unwrap();
    assert_eq!(found(1).await, "locked");
    bench.store.end_session(&session, &bench.event(Verb::SignedOut)).await.unwrap();
    bench.store.lock_session(&session, &bench.event(Verb::SessionLocked)).await.unwrap();
    assert_eq!(found(1).await, "nothing", "what has ended stays ended");
    assert_eq!(bench.events(Verb::SessionLocked).await, 1);
}
