//! Sign-in attempts and notice links: what is counted, when, and what happens once.

use domain::{
    contact::ContactValue,
    id::{AccountId, ContactPointId, FlowId, PatientId},
    language::Language,
    sign_in::{Audience, FLOW_LIFE_SECONDS},
    time::Timestamp,
};
use platform::{
    secrets,
    store::{
        Write,
        flow::{self, Flow, FlowTry, LeadsTo, NewFlow, Try},
        item::NewItem,
        keys::{self, ItemKey},
        notice_link::{self, NoticeLink, bind},
        table::Table,
    },
};

use super::cases;
use crate::bench::{Bench, holds, somebody};

cases![
    a_try_is_counted_before_anything_is_compared,
    another_browser_counts_nothing,
    of_many_tries_at_once_no_more_than_allowed_are_let_through,
    a_flow_is_over_by_its_condition_and_not_by_its_ttl,
    a_birth_date_is_tried_after_the_first_proof_only,
    a_flow_is_consumed_once_among_many,
    a_secret_lives_from_the_first_accept,
    a_flow_leads_to_whom_notify_finds,
    notice_links_count_tries_and_start_again_when_used,
    a_retried_notice_leaves_its_link_as_it_is,
];

struct Asked {
    id: FlowId,
    secret_hash: String,
}

async fn ask(bench: &Bench, audience: Audience) -> Asked {
    let address = ContactValue::parse("maria@patients.test").unwrap();
    let asked = Asked {
        id: FlowId::new(bench.now, bench.entropy.id()),
        secret_hash: secrets::hash(secrets::browser_secret(&bench.entropy).expose()),
    };
    let new = NewFlow {
        id: asked.id,
        practice: bench.practice,
        audience,
        address: &address,
        secret_hash: asked.secret_hash.clone(),
        browser: "Firefox on Linux".to_owned(),
        language: Language::english(),
        at: bench.now,
    };
    let item = new.to_item(&bench.sealer);
    assert!(!holds(&item, "maria"), "the address is sealed");
    bench.store.transact(vec![Write::Create(Table::Chat, item)]).await.unwrap().unwrap();
    asked
}

fn attempt<'a>(bench: &Bench, asked: &'a Asked, most: u32) -> FlowTry<'a> {
    FlowTry { practice: bench.practice, flow: asked.id, secret_hash: &asked.secret_hash, most }
}

/// Counts a try. The flow as it stands then, if one was left.
async fn tried(bench: &Bench, attempt: FlowTry<'_>, what: Try, at: Timestamp) -> Option<Flow> {
    let writes = || vec![Write::Update(attempt.counting(what, at))];
    bench.store.transact_patiently(writes).await.unwrap().ok()?;
    bench.store.flow(attempt.practice, attempt.flow).await.unwrap()
}

async fn code(bench: &Bench, attempt: FlowTry<'_>, at: Timestamp) -> Option<Flow> {
    tried(bench, attempt, Try::Code(Audience::Patient), at).await
}

async fn read(bench: &Bench, asked: &Asked) -> Flow {
    bench.store.flow(bench.practice, asked.id).await.unwrap().expect("the flow is there")
}

async fn tries(bench: &Bench, asked: &Asked) -> u32 {
    read(bench, asked).await.item.number("tries").unwrap()
}

async fn a_try_is_counted_before_anything_is_compared(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    for n in 1..=5 {
        let flow = code(&bench, attempt(&bench, &asked, 5), bench.at(n)).await;
        let flow = flow.expect("a try is left");
        assert_eq!(flow.item.number::<i64>("tries").unwrap(), n);
        assert_eq!(flow.address(&bench.sealer).unwrap().expose(), "maria@patients.test");
    }
    assert!(code(&bench, attempt(&bench, &asked, 5), bench.at(6)).await.is_none());
    assert_eq!(tries(&bench, &asked).await, 5, "a refused try adds nothing");
}

async fn another_browser_counts_nothing(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    let other = Asked { id: asked.id, secret_hash: secrets::hash("another cookie") };
    for n in 1..=10 {
        assert!(code(&bench, attempt(&bench, &other, 5), bench.at(n)).await.is_none());
    }
    assert_eq!(tries(&bench, &asked).await, 0, "nobody can use up the tries of a stranger");
    let unknown =
        Asked { id: FlowId::new(bench.now, bench.entropy.id()), secret_hash: asked.secret_hash.clone() };
    assert!(code(&bench, attempt(&bench, &unknown, 5), bench.now).await.is_none());
    assert!(
        bench.store.flow(bench.practice, unknown.id).await.unwrap().is_none(),
        "and nothing came into being"
    );
}

async fn of_many_tries_at_once_no_more_than_allowed_are_let_through(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    let tries_at_once =
        (0..40).map(async |_| code(&bench, attempt(&bench, &asked, 5), bench.at(1)).await.is_some());
    let let_through = bench.race(tries_at_once).await;
    assert_eq!(let_through.into_iter().filter(|through| *through).count(), 5);
    assert_eq!(tries(&bench, &asked).await, 5);
}

async fn a_flow_is_over_by_its_condition_and_not_by_its_ttl(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    let last = bench.at(FLOW_LIFE_SECONDS - 1);
    let end = bench.at(FLOW_LIFE_SECONDS);
    assert!(code(&bench, attempt(&bench, &asked, 5), last).await.is_some());
    assert!(code(&bench, attempt(&bench, &asked, 5), end).await.is_none());
    assert!(read(&bench, &asked).await.is_over(end), "the item is there, and it opens nothing");
    let consume = vec![Write::Update(flow::consume(bench.practice, asked.id, end))];
    assert!(bench.store.transact(consume).await.unwrap().is_err());
    let consume = vec![Write::Update(flow::consume(bench.practice, asked.id, last))];
    assert!(bench.store.transact(consume).await.unwrap().is_ok());
}

async fn a_birth_date_is_tried_after_the_first_proof_only(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    let date = async || tried(&bench, attempt(&bench, &asked, 2), Try::Date, bench.at(1)).await;
    assert!(date().await.is_none(), "nothing was proven");
    let flow = read(&bench, &asked).await;
    assert!(bench.store.prove_flow(&flow, Vec::new(), bench.at(1)).await.unwrap());
    for n in 1..=2 {
        let flow = date().await.expect("a try is left");
        assert_eq!((flow.item.number::<i64>("date_tries").unwrap(), flow.proven_at), (n, Some(bench.at(1))));
    }
    assert!(date().await.is_none(), "both tries are used");
    assert_eq!(tries(&bench, &asked).await, 0, "the two are counted apart");
    let consume = vec![Write::Update(flow::consume(bench.practice, asked.id, bench.at(2)))];
    bench.store.transact(consume).await.unwrap().unwrap();
    assert!(
        !bench.store.prove_flow(&flow, Vec::new(), bench.at(3)).await.unwrap(),
        "what was used proves nothing any more"
    );
    assert!(code(&bench, attempt(&bench, &asked, 5), bench.at(3)).await.is_none());
    assert!(read(&bench, &asked).await.is_over(bench.at(3)));
}

async fn a_flow_is_consumed_once_among_many(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    let session = |n: usize| ItemKey { sk: format!("SESSION#{n}"), ..keys::practice(bench.practice) };
    let consumers = (0..50).map(async |n| {
        let writes = || {
            vec![
                Write::Update(flow::consume(bench.practice, asked.id, bench.at(1))),
                Write::Create(Table::Chat, NewItem::new(&session(n)).build()),
            ]
        };
        // A caller that gives up in the crowd comes again, as a person would.
        loop {
            match bench.store.transact_patiently(writes).await {
                Ok(done) => return done.is_ok(),
                Err(platform::store::StoreError::Contended) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    });
    let consumed = bench.race(consumers).await;
    assert_eq!(consumed.iter().filter(|consumed| **consumed).count(), 1);
    for (n, consumed) in consumed.into_iter().enumerate() {
        let item = bench.store.get(&session(n)).await.unwrap();
        assert_eq!(item.is_some(), consumed, "only who consumed it has a session");
    }
}

async fn a_secret_lives_from_the_first_accept(bench: Bench) {
    let asked = ask(&bench, Audience::Patient).await;
    let flow = read(&bench, &asked).await;
    assert!(flow.live_issues(bench.now).is_empty(), "nothing was accepted by a provider");
    bench.store.accept_flow_issue(&flow, 1, bench.at(10)).await.unwrap();
    bench.store.accept_flow_issue(&flow, 1, bench.at(300)).await.unwrap();
    bench.store.accept_flow_issue(&flow, 3, bench.at(400)).await.unwrap();
    let live = async |seconds| read(&bench, &asked).await.live_issues(bench.at(seconds));
    assert_eq!(live(500).await, [1, 3]);
    assert_eq!(live(609).await, [1, 3]);
    assert_eq!(live(610).await, [3], "a repeat of the same message does not lengthen its life");
    assert!(live(1000).await.is_empty());
}

async fn a_flow_leads_to_whom_notify_finds(bench: Bench) {
    let (patients, staff) = (ask(&bench, Audience::Patient).await, ask(&bench, Audience::Staff).await);
    let pair =
        || (AccountId::new(bench.now, bench.entropy.id()), PatientId::new(bench.now, bench.entropy.id()));
    let candidates = vec![pair(), pair()];
    let point = ContactPointId::new(bench.now, bench.entropy.id());
    let flow = read(&bench, &patients).await;
    assert_eq!((flow.leads_to.as_ref(), flow.contact), (None, None));
    bench
        .store
        .resolve_flow(&flow, 1, Some(point), &LeadsTo::Patients(candidates.clone()), bench.now)
        .await
        .unwrap();
    let flow = read(&bench, &patients).await;
    assert_eq!((flow.leads_to.clone(), flow.contact), (Some(LeadsTo::Patients(candidates)), Some(point)));
    // An address that leads to nobody makes the same call.
    bench.store.resolve_flow(&flow, 1, None, &LeadsTo::Patients(Vec::new()), bench.now).await.unwrap();
    let flow = read(&bench, &patients).await;
    assert_eq!((flow.leads_to, flow.contact), (None, None));
    let who = bench.staff();
    let flow = read(&bench, &staff).await;
    bench.store.resolve_flow(&flow, 1, None, &LeadsTo::Staff(who), bench.now).await.unwrap();
    assert_eq!(read(&bench, &staff).await.leads_to, Some(LeadsTo::Staff(who)));
    let mut gone = flow;
    gone.id = FlowId::new(bench.now, bench.entropy.id());
    bench.store.resolve_flow(&gone, 1, None, &LeadsTo::Staff(who), bench.now).await.unwrap();
    assert!(bench.store.flow(bench.practice, gone.id).await.unwrap().is_none(), "nothing comes into being");
}

fn link(bench: &Bench, patient: PatientId, created_at: Timestamp) -> NoticeLink {
    NoticeLink {
        practice: bench.practice,
        conversation: bench.unsaved_talk(patient, bench.now).head.id,
        patient,
        outbox: "notice".to_owned(),
        contact: ContactPointId::new(bench.now, bench.entropy.id()),
        candidates: vec![(AccountId::new(bench.now, bench.entropy.id()), patient)],
        created_at,
        used_at: None,
        bound_to: None,
    }
}

async fn notice_links_count_tries_and_start_again_when_used(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &[])).await.id;
    let hash = secrets::hash(&format!("{}", bench.practice));
    let made = link(&bench, patient, bench.now);
    bench.store.create_notice_link(&made, &hash).await.unwrap();
    let attempt_at = async |hash: &str| {
        let writes = || vec![Write::Update(notice_link::trying(hash, false, 5))];
        bench.store.transact_patiently(writes).await.unwrap().ok()?;
        bench.store.notice_link(hash).await.unwrap()
    };
    let attempt = async || attempt_at(&hash).await;
    let let_through = bench.race((0..12).map(async |_| attempt().await.is_some())).await;
    assert_eq!(let_through.into_iter().filter(|through| *through).count(), 5);
    let used = || vec![Write::Update(bind(&hash, "browser", bench.at(60)))];
    bench.store.transact(used()).await.unwrap().unwrap();
    let read = attempt().await.expect("the tries start again");
    assert_eq!(
        (read.used_at, read.created_at, read.candidates),
        (Some(bench.at(60)), bench.now, made.candidates)
    );
    let later = vec![Write::Update(bind(&hash, "browser", bench.at(90)))];
    bench.store.transact(later).await.unwrap().unwrap();
    assert_eq!(attempt().await.unwrap().used_at, Some(bench.at(60)), "the first use counts");
    let elsewhere = vec![Write::Update(bind(&hash, "another browser", bench.at(95)))];
    assert!(bench.store.transact(elsewhere).await.unwrap().is_err(), "the first browser keeps it");
    let unknown = secrets::hash("no link");
    assert!(attempt_at(&unknown).await.is_none());
    assert!(
        bench
            .store
            .transact(vec![Write::Update(bind(&unknown, "browser", bench.now))])
            .await
            .unwrap()
            .is_err()
    );
    assert!(bench.store.notice_link(&unknown).await.unwrap().is_none());
}

async fn a_retried_notice_leaves_its_link_as_it_is(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &[])).await.id;
    let hash = secrets::hash(&format!("retried {}", bench.practice));
    let first = link(&bench, patient, bench.now);
    bench.store.create_notice_link(&first, &hash).await.unwrap();
    bench.store.transact(vec![Write::Update(bind(&hash, "browser", bench.at(60)))]).await.unwrap().unwrap();
    bench.store.create_notice_link(&link(&bench, patient, bench.at(120)), &hash).await.unwrap();
    let read = bench.store.notice_link(&hash).await.unwrap().unwrap();
    assert_eq!(
        (read.conversation, read.created_at, read.used_at),
        (first.conversation, bench.now, Some(bench.at(60)))
    );
    let day = 24 * 3600;
    assert!(read.is_live(bench.at(60 + day - 1)) && !read.is_live(bench.at(60 + day)));
}
