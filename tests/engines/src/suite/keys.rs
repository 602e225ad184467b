//! Data keys by way of the engine's KMS. Ignored where there is none.

use std::sync::Arc;

use domain::{
    contact::ContactValue,
    conversation::Side,
    id::PracticeId,
    language::Language,
    person::PersonName,
    practice::{Policies, PublicProfile, Slug},
    role::Role,
};
use platform::{
    App,
    clock::Clock,
    keys::{KeyError, KeyScope, Keys, Purpose},
    provision::{NewPractice, NewStaff, Provisioner},
    seal::{FieldContext, Key, open_field, seal_field},
    store::{
        Store,
        practice::{Practice, WrappedKeys},
    },
};

use super::cases;
use crate::{
    bench::{Bench, Says, Talk, somebody},
    stub::Counting,
};

cases![
    a_new_key_comes_back_by_its_wrapped_form,
    a_wrapped_key_opens_at_its_own_place_only,
    a_wrapped_key_opens_under_its_own_cmk_only,
    a_changed_wrapped_key_is_refused,
    callers_at_once_share_one_call_and_refusals_are_not_kept,
    a_practice_that_was_set_up_is_read_by_another_process,
];

fn keys(bench: &Bench) -> Keys {
    keys_under(bench, 0)
}

fn keys_under(bench: &Bench, which: usize) -> Keys {
    let arn = &bench.engine.keys().expect("this engine has KMS")[which];
    Keys::new(aws_sdk_kms::Client::new(bench.engine.sdk()), arn, Clock::System)
}

fn content(bench: &Bench) -> KeyScope {
    let talk = bench.unsaved_talk(domain::id::PatientId::new(bench.now, bench.entropy.id()), bench.now);
    KeyScope::of_conversation(bench.practice, talk.head.patient, talk.head.id)
}

/// Whether two keys are one: what the first seals opens under the second.
fn same(first: &Key, second: &Key) -> bool {
    let context = FieldContext { practice: "p", pk: "k", sk: "s", field: "f" };
    open_field(second, &context, &seal_field(first, [7; 32], &context, b"text")).is_ok()
}

async fn a_new_key_comes_back_by_its_wrapped_form(bench: Bench) {
    let scopes = [Purpose::Contact, Purpose::Index, Purpose::Link]
        .map(|purpose| KeyScope::of_practice(bench.practice, purpose))
        .into_iter()
        .chain([content(&bench)]);
    let mut all: Vec<Arc<Key>> = Vec::new();
    for scope in scopes {
        let new = keys(&bench).generate(scope).await.unwrap();
        let opened = keys(&bench).unwrap(scope, &new.wrapped).await.unwrap();
        assert!(same(&new.key, &opened));
        assert!(all.iter().all(|key| !same(key, &new.key)), "each is another one");
        all.push(new.key);
    }
}

async fn a_wrapped_key_opens_at_its_own_place_only(bench: Bench) {
    let (scope, other) = (content(&bench), content(&bench));
    let keys = keys(&bench);
    let new = keys.generate(scope).await.unwrap();
    let (patient, conversation) = scope.conversation.unwrap();
    let (other_patient, other_conversation) = other.conversation.unwrap();
    let practice = PracticeId::new(bench.now, bench.entropy.id());
    for wrong in [
        other,
        KeyScope { practice, ..scope },
        KeyScope { purpose: Purpose::Contact, ..scope },
        KeyScope { conversation: None, ..scope },
        KeyScope::of_conversation(bench.practice, other_patient, conversation),
        KeyScope::of_conversation(bench.practice, patient, other_conversation),
        KeyScope::of_practice(bench.practice, Purpose::Link),
    ] {
        // Although the right key is in the cache.
        let refused = keys.unwrap(wrong, &new.wrapped).await;
        assert!(matches!(refused, Err(KeyError::Refused(_))), "{wrong:?}");
    }
    assert!(keys.unwrap(scope, &new.wrapped).await.is_ok());
}

async fn a_wrapped_key_opens_under_its_own_cmk_only(bench: Bench) {
    let scope = content(&bench);
    let new = keys(&bench).generate(scope).await.unwrap();
    let refused = keys_under(&bench, 1).unwrap(scope, &new.wrapped).await;
    assert!(matches!(refused, Err(KeyError::Refused(_))));
}

async fn a_changed_wrapped_key_is_refused(bench: Bench) {
    let scope = content(&bench);
    let new = keys(&bench).generate(scope).await.unwrap();
    let last = new.wrapped.len() - 1;
    for place in [0, last / 2, last] {
        let mut changed = new.wrapped.clone();
        changed[place] ^= 1;
        assert!(
            matches!(keys(&bench).unwrap(scope, &changed).await, Err(KeyError::Refused(_))),
            "byte {place}"
        );
    }
    for cut in [&new.wrapped[..last], b"x"] {
        assert!(matches!(keys(&bench).unwrap(scope, cut).await, Err(KeyError::Refused(_))));
    }
}

async fn callers_at_once_share_one_call_and_refusals_are_not_kept(bench: Bench) {
    let scope = content(&bench);
    let new = keys(&bench).generate(scope).await.unwrap();
    let counting = Counting::around(bench.engine.sdk());
    let arn = &bench.engine.keys().unwrap()[0];
    let clock = Clock::manual(bench.now);
    let keys = Keys::new(aws_sdk_kms::Client::new(&counting.sdk()), arn, clock.clone());
    let opened = futures_util::future::join_all((0..50).map(|_| keys.unwrap(scope, &new.wrapped))).await;
    assert!(opened.into_iter().all(|key| same(&key.unwrap(), &new.key)));
    assert_eq!(counting.calls(), 1);
    clock.advance_seconds(299);
    keys.unwrap(scope, &new.wrapped).await.unwrap();
    assert_eq!(counting.calls(), 1, "five minutes it stays");
    clock.advance_seconds(1);
    keys.unwrap(scope, &new.wrapped).await.unwrap();
    assert_eq!(counting.calls(), 2);
    for n in 0..3 {
        assert!(keys.unwrap(content(&bench), &new.wrapped).await.is_err());
        assert_eq!(counting.calls(), 3 + n);
    }
    let made = keys.generate(content(&bench)).await.unwrap();
    assert_eq!(counting.calls(), 6);
    drop(made);
}

fn app(bench: &Bench) -> App {
    let mut variables = bench.environment();
    variables.insert("ENVELOPE_KEY_ARN".to_owned(), bench.engine.keys().unwrap()[0].clone());
    variables.insert("PUBLIC_ORIGIN".to_owned(), "http://localhost:8080".to_owned());
    let environment = platform::config::Environment::from_map(variables);
    App::without_edge(&environment, bench.engine.sdk(), Clock::System, bench.entropy.clone()).unwrap()
}

fn new_practice(bench: &Bench) -> NewPractice {
    NewPractice {
        slug: Slug::parse(&bench.practice.to_string().replace('_', "-")).unwrap(),
        profile: PublicProfile {
            name: "Bright Eyes Clinic".to_owned(),
            sender_name: "Bright Eyes".to_owned(),
            phone: "+15555550100".to_owned(),
            emergency_number: "911".to_owned(),
            hours: "Mon-Fri 9-17".to_owned(),
            time_zone: "America/New_York".to_owned(),
            languages: vec!["en".to_owned(), "es".to_owned()],
        },
        policies: Policies::STRICT,
    }
}

async fn a_practice_that_was_set_up_is_read_by_another_process(bench: Bench) {
    let operator = Provisioner::from(&app(&bench));
    let practice = operator.create_practice(new_practice(&bench)).await.unwrap();
    let staff = NewStaff {
        name: PersonName::parse("Dr. Vera Lind").unwrap(),
        email: ContactValue::email("vera@clinic.test").unwrap(),
        roles: vec![Role::Clinician],
        language: Language::english(),
    };
    let staff = operator.invite_staff(&practice, staff).await.unwrap();
    let patient =
        operator.add_patient(&practice, somebody("Ana Reyes", &["ana@patients.test"])).await.unwrap();

    // A function that starts later, with nothing in memory.
    let cold = app(&bench);
    let read = cold.practice_by_slug(&practice.slug).await.unwrap().expect("it is there");
    let (sealer, index) =
        (cold.sealer(&read).await.unwrap(), cold.practice_key(&read, Purpose::Index).await.unwrap());
    let found = cold.store.find_staff(read.id, &index, &staff.email).await.unwrap();
    assert_eq!(found, Some(staff.id));
    let name = cold.store.patient(read.id, patient.id, &sealer).await.unwrap().unwrap().name;
    assert_eq!(name.expose(), "Ana Reyes");

    // A conversation under a key of its own.
    let mut talk = bench.unsaved_talk(patient.id, bench.now);
    talk.head.practice = read.id;
    let scope = KeyScope::of_conversation(read.id, patient.id, talk.head.id);
    let new = operator.keys.generate(scope).await.unwrap();
    talk = Talk {
        key: new.key,
        head: platform::store::conversation::Head { wrapped_key: new.wrapped, ..talk.head },
    };
    let mut bench = bench;
    bench.practice = read.id;
    bench.store.transact(Store::start_writes(&talk.head)).await.unwrap().unwrap();
    let says = Says { who: bench.account(), side: Side::Patient, key: "k", text: "Is it normal?" };
    bench.say(&talk, says, bench.now).await;
    let head = cold.store.head(read.id, talk.head.id).await.unwrap().unwrap();
    let key = app(&bench).keys.unwrap(scope, &head.wrapped_key).await.unwrap();
    assert_eq!(bench.read_all(&Talk { head, key }).await, [(1, Some("Is it normal?".to_owned()))]);

    // The practice's keys stand each for its own purpose.
    let WrappedKeys { contact, index, link } = read.wrapped.clone();
    let wrapped = WrappedKeys { contact: index, index: contact, link };
    let swapped = Practice {
        id: read.id,
        slug: read.slug.clone(),
        profile: read.profile.clone(),
        policies: read.policies,
        wrapped,
    };
    for (purpose, opens) in [(Purpose::Contact, false), (Purpose::Index, false), (Purpose::Link, true)] {
        assert_eq!(app(&bench).practice_key(&swapped, purpose).await.is_ok(), opens, "{purpose:?}");
    }
}
