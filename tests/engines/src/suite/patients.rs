//! Patients, their contacts, and how staff find them.

use std::collections::BTreeSet;

use domain::{
    audit::Verb,
    contact::ContactValue,
    id::PatientId,
    idempotency::IdempotencyKey,
    person::{ExternalId, PersonName},
    search,
};
use platform::store::{
    Write,
    idempotency::{Attempt, Earlier},
    keys,
    patient::{Added, NewPatient, Patient},
    patient_change::{PatientChange, PatientChanged},
    session::{Grant, Relation},
    table::Table,
};

use super::cases;
use crate::bench::{Bench, holds, somebody};

cases![
    a_patient_comes_back_as_added_and_is_sealed_at_rest,
    a_patient_is_found_by_every_kind_of_term,
    a_patient_is_not_found_in_another_practice,
    a_contact_leads_to_the_account_and_the_account_to_the_patient,
    an_address_that_is_known_is_shared,
    many_adds_at_once_with_one_address_leave_one_contact_point,
    a_long_name_with_many_contacts_is_one_transaction,
    a_repeated_add_brings_what_was_created,
    a_changed_name_moves_the_search_terms,
    two_changes_at_once_both_count,
];

async fn found(bench: &Bench, asked: &str) -> Vec<PatientId> {
    let query = search::Query::parse(asked).unwrap_or_else(|| panic!("{asked} is a query"));
    let candidates =
        bench.store.candidates(bench.practice, &bench.index_key, &query.lookups()).await.unwrap();
    assert!(candidates.complete);
    let patients = bench.store.patients(bench.practice, &candidates.patients, &bench.sealer).await.unwrap();
    let mut found = Vec::new();
    for patient in patients {
        let points =
            bench.store.contact_points(bench.practice, &patient.contacts, &bench.sealer).await.unwrap();
        let contacts: Vec<ContactValue> = points.into_iter().map(|point| point.value).collect();
        let external = patient.external_id.as_ref().map(ExternalId::expose);
        if query.matches(&patient.name, patient.birth_date, &contacts, external) {
            found.push(patient.id);
        }
    }
    found
}

async fn reload(bench: &Bench, id: PatientId) -> Patient {
    bench.store.patient(bench.practice, id, &bench.sealer).await.unwrap().expect("the patient is there")
}

async fn a_patient_comes_back_as_added_and_is_sealed_at_rest(bench: Bench) {
    let new = NewPatient {
        external_id: Some(ExternalId::parse("MRN-5521").unwrap()),
        time_zone: Some(domain::time::ZoneName::parse("America/Chicago").unwrap()),
        ..somebody("María López", &["maria@patients.test", "+15555550101"])
    };
    let added = bench.patient(new).await;
    let read = reload(&bench, added.id).await;
    assert!(read == added, "what is read is what was added");
    let item = bench.raw(Table::Chat, &keys::patient(bench.practice, added.id)).await.unwrap();
    for secret in ["María", "López", "1985", "MRN-5521"] {
        assert!(!holds(&item, secret), "{secret} is readable in the record");
    }
    for point in &added.contacts {
        let item = bench.raw(Table::Chat, &keys::contact_point(bench.practice, *point)).await.unwrap();
        assert!(!holds(&item, "maria@") && !holds(&item, "5555"), "an address is readable");
    }
    let points = bench.store.contact_points(bench.practice, &added.contacts, &bench.sealer).await.unwrap();
    let values: Vec<_> = points.iter().map(|point| point.value.expose()).collect();
    assert_eq!(values, ["maria@patients.test", "+15555550101"]);
    let unknown = PatientId::new(bench.now, bench.entropy.id());
    assert!(bench.store.patient(bench.practice, unknown, &bench.sealer).await.unwrap().is_none());
}

async fn a_patient_is_found_by_every_kind_of_term(bench: Bench) {
    let external_id = Some(ExternalId::parse("A-77").unwrap());
    let maria = NewPatient { external_id, ..somebody("María López-Ortiz", &["+15555550101"]) };
    let maria = bench.patient(maria).await.id;
    let other = bench.patient(somebody("Marco Lund", &["marco@patients.test"])).await.id;
    for asked in ["mari", "lopez", "LÓPEZ ma", "ortiz", "maria 1985-03-14", "0101", "555-0101", "a-77"] {
        assert_eq!(found(&bench, asked).await, [maria], "{asked}");
    }
    let both = |found: Vec<PatientId>| found.into_iter().collect::<BTreeSet<_>>();
    for asked in ["mar", "ma l", "1985-03-14"] {
        assert_eq!(both(found(&bench, asked).await), BTreeSet::from([maria, other]), "{asked}");
    }
    for asked in ["mario", "1985-03-15", "9999", "lopez 1985-03-15", "A-78"] {
        assert!(found(&bench, asked).await.is_empty(), "{asked}");
    }
}

async fn a_patient_is_not_found_in_another_practice(bench: Bench) {
    let patient = bench.patient(somebody("Wanda Brook", &["wanda@patients.test"])).await;
    let other = Bench::new(bench.engine.clone(), "patients::other-practice").await.unwrap();
    assert_ne!(other.practice, bench.practice);
    assert!(found(&other, "wanda").await.is_empty());
    let read = other.store.patient(other.practice, patient.id, &other.sealer).await.unwrap();
    assert!(read.is_none());
    let address = ContactValue::parse("wanda@patients.test").unwrap();
    let point = other.store.find_contact(other.practice, &other.index_key, &address).await.unwrap();
    assert_eq!(point, None);
}

async fn a_contact_leads_to_the_account_and_the_account_to_the_patient(bench: Bench) {
    let patient = bench.patient(somebody("Ana Reyes", &["ana@patients.test"])).await;
    let address = ContactValue::parse("Ana@Patients.test").unwrap();
    let point = bench.store.find_contact(bench.practice, &bench.index_key, &address).await.unwrap();
    let point = point.expect("the practice knows the address");
    assert_eq!(patient.contacts, [point]);
    let accounts = bench.store.accounts_at(bench.practice, point).await.unwrap();
    let [account] = accounts.as_slice() else { panic!("one account") };
    let grants = bench.store.grants(bench.practice, *account).await.unwrap();
    let [grant] = grants.as_slice() else { panic!("one grant") };
    assert_eq!((grant.patient, grant.relation, grant.until), (patient.id, Relation::Oneself, None));
    let acting = bench.store.accounts_of(bench.practice, patient.id).await.unwrap();
    let own = Grant { patient: patient.id, relation: Relation::Oneself, from: None, until: None };
    assert_eq!(acting, [(*account, own)]);
    let account = bench.store.account(bench.practice, *account, &bench.sealer).await.unwrap().unwrap();
    assert_eq!(
        (account.name.expose(), account.epoch, account.contacts.as_slice()),
        ("Ana Reyes", 1, [point].as_slice())
    );
    // Without a contact there is nobody to sign in.
    let child = bench.patient(somebody("Luis Reyes", &[])).await;
    assert!(bench.store.accounts_of(bench.practice, child.id).await.unwrap().is_empty());
}

async fn an_address_that_is_known_is_shared(bench: Bench) {
    let first = bench.patient(somebody("Rosa Diaz", &["family@patients.test", "+15555550102"])).await;
    let second = bench.patient(somebody("Luis Diaz", &["family@patients.test"])).await;
    assert_eq!(first.contacts[0], second.contacts[0]);
    let accounts = bench.store.accounts_at(bench.practice, first.contacts[0]).await.unwrap();
    assert_eq!(accounts.len(), 2);
    let mut patients = BTreeSet::new();
    for account in accounts {
        let grants = bench.store.grants(bench.practice, account).await.unwrap();
        patients.extend(grants.iter().map(|grant| grant.patient));
    }
    assert_eq!(patients, BTreeSet::from([first.id, second.id]));
    assert_eq!(bench.store.accounts_at(bench.practice, first.contacts[1]).await.unwrap().len(), 1);
}

async fn many_adds_at_once_with_one_address_leave_one_contact_point(bench: Bench) {
    let names = ["Ada", "Bea", "Cleo", "Dora", "Edda", "Fay"];
    let adds =
        names.iter().map(|name| bench.patient(somebody(&format!("{name} Vale"), &["vale@patients.test"])));
    let patients = bench.race(adds).await;
    let points: BTreeSet<_> = patients.iter().flat_map(|patient| patient.contacts.clone()).collect();
    assert_eq!(points.len(), 1, "one contact point");
    let point = *points.first().unwrap();
    assert_eq!(bench.store.accounts_at(bench.practice, point).await.unwrap().len(), names.len());
    assert_eq!(found(&bench, "vale").await.len(), names.len());
}

async fn a_long_name_with_many_contacts_is_one_transaction(bench: Bench) {
    let name = "Wolfgang Theodora Alexandria Maximilian Bernadette Christopher Dominique Evangeline";
    let contacts = ["a@patients.test", "b@patients.test", "c@patients.test", "+15555550111", "+15555550112"];
    let patient = bench.patient(somebody(name, &contacts)).await;
    assert_eq!(patient.contacts.len(), contacts.len());
    for asked in ["evange", "wo", "0112"] {
        assert_eq!(found(&bench, asked).await, [patient.id], "{asked}");
    }
}

async fn a_repeated_add_brings_what_was_created(bench: Bench) {
    let (key, sender) = (IdempotencyKey::parse("add-1").unwrap(), bench.account());
    let attempt = |request| Attempt::new(bench.practice, sender, &key, &bench.contact_key, request);
    let (again, other) = (attempt("Nora"), attempt("Nils"));
    let add = async |attempt: &Attempt| {
        let new = somebody("Nora Beck", &["nora@patients.test"]);
        let extra =
            |patient: &Patient| vec![Write::Create(Table::Chat, attempt.to_item(patient.id, bench.now))];
        bench.store.add_patient(&bench.tools(), new, extra).await.unwrap()
    };
    assert_eq!(bench.store.earlier(&again).await.unwrap(), None);
    let Added::Created(patient) = add(&again).await else { panic!("it is new") };
    for (attempt, expected) in [(&again, Earlier::Same(patient.id.to_string())), (&other, Earlier::Other)] {
        let Added::Repeated(item) = add(attempt).await else { panic!("it is not new") };
        assert_eq!(attempt.compare(&item).unwrap(), expected);
        assert_eq!(bench.store.earlier(attempt).await.unwrap(), Some(expected));
    }
    assert_eq!(found(&bench, "nora").await, [patient.id], "one patient");
}

async fn change(bench: &Bench, id: PatientId, change: PatientChange) -> PatientChanged {
    let event = bench.event(Verb::PatientChanged);
    bench.store.change_patient(&bench.tools(), id, &change, &event).await.unwrap()
}

async fn a_changed_name_moves_the_search_terms(bench: Bench) {
    let patient = bench.patient(somebody("Ingrid Falk", &["ingrid@patients.test"])).await;
    let renamed = || PatientChange {
        name: Some(PersonName::parse("Ingrid Storm").unwrap()),
        ..PatientChange::default()
    };
    assert!(matches!(change(&bench, patient.id, renamed()).await, PatientChanged::Done(_)));
    assert_eq!(reload(&bench, patient.id).await.name.expose(), "Ingrid Storm");
    assert_eq!(found(&bench, "storm").await, [patient.id]);
    assert_eq!(found(&bench, "ingrid").await, [patient.id]);
    assert!(found(&bench, "falk").await.is_empty());
    let (account, ..) = bench.store.accounts_of(bench.practice, patient.id).await.unwrap()[0];
    let account = bench.store.account(bench.practice, account, &bench.sealer).await.unwrap().unwrap();
    assert_eq!(account.name.expose(), "Ingrid Storm", "the patient's own account moves along");
    assert!(matches!(change(&bench, patient.id, renamed()).await, PatientChanged::Unchanged(_)));
    let nobody = PatientId::new(bench.now, bench.entropy.id());
    assert!(matches!(change(&bench, nobody, renamed()).await, PatientChanged::Missing));
    assert_eq!(bench.events(Verb::PatientChanged).await, 1);
}

async fn two_changes_at_once_both_count(bench: Bench) {
    let patient = bench.patient(somebody("Jonas Weil", &[])).await;
    let changes = [
        PatientChange { name: Some(PersonName::parse("Jonas Winter").unwrap()), ..PatientChange::default() },
        PatientChange {
            language: Some(domain::language::Language::parse("de").unwrap()),
            ..PatientChange::default()
        },
        PatientChange {
            external_id: Some(Some(ExternalId::parse("J-1").unwrap())),
            ..PatientChange::default()
        },
    ];
    bench.race(changes.map(|one| change(&bench, patient.id, one))).await;
    let read = reload(&bench, patient.id).await;
    let external = read.external_id.as_ref().map(ExternalId::expose);
    assert_eq!(
        (read.name.expose(), read.language.to_string().as_str(), external),
        ("Jonas Winter", "de", Some("J-1"))
    );
    assert_eq!(found(&bench, "winter").await, [patient.id]);
    assert!(found(&bench, "weil").await.is_empty());
}
