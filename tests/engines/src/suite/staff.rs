//! Staff, and what a change of their rights ends.

use domain::{
    audit::Verb, contact::ContactValue, id::StaffId, idempotency::IdempotencyKey, language::Language,
    person::PersonName, role::Role,
};
use platform::store::{
    Write,
    idempotency::{Attempt, Earlier},
    keys,
    session::Holder,
    staff::{Invited, Staff, StaffChange, StaffChanged},
    table::Table,
};

use super::{cases, sessions::sign_in};
use crate::bench::{Bench, holds};

cases![
    whoever_is_invited_is_listed_and_found_by_address,
    an_address_that_is_taken_invites_nobody,
    a_repeated_invitation_brings_what_was_created,
    staff_are_listed_by_pages,
    a_change_ends_the_sessions_under_the_old_rights,
    two_admins_cannot_both_step_down,
];

fn member(bench: &Bench, name: &str, email: &str, roles: &[Role]) -> Staff {
    Staff {
        id: StaffId::new(bench.now, bench.entropy.id()),
        name: PersonName::parse(name).unwrap(),
        email: ContactValue::email(email).unwrap(),
        roles: roles.to_vec(),
        language: Language::english(),
        active: true,
        epoch: 1,
        enrolled: false,
        invited_until: Some(Staff::invitation_end(bench.now)),
    }
}

async fn invite(bench: &Bench, staff: Staff) -> Invited {
    bench.store.add_staff(&bench.tools(), staff, |_| Vec::new()).await.unwrap()
}

async fn invited(bench: &Bench, name: &str, email: &str, roles: &[Role]) -> Staff {
    match invite(bench, member(bench, name, email, roles)).await {
        Invited::Created(staff) => *staff,
        _ => panic!("{email} is new"),
    }
}

async fn change(bench: &Bench, id: StaffId, change: StaffChange) -> StaffChanged {
    let event = bench.event(Verb::StaffChanged);
    bench.store.change_staff(bench.practice, &bench.sealer, id, &change, &event).await.unwrap()
}

async fn whoever_is_invited_is_listed_and_found_by_address(bench: Bench) {
    let vera = invited(&bench, "Dr. Vera Lind", "vera@clinic.test", &[Role::Admin, Role::Clinician]).await;
    let tom = invited(&bench, "Tom Berg", "tom@clinic.test", &[Role::FrontDesk]).await;
    let item = bench.raw(Table::Chat, &keys::staff(bench.practice, vera.id)).await.unwrap();
    assert!(!holds(&item, "Vera") && !holds(&item, "clinic.test"), "sealed at rest");
    let read = bench.store.staff(bench.practice, vera.id, &bench.sealer).await.unwrap().unwrap();
    assert!(read == vera);
    let all = bench.store.all_staff(bench.practice, &bench.sealer).await.unwrap();
    let mut ids: Vec<_> = all.iter().map(|staff| staff.id).collect();
    ids.sort();
    let mut expected = vec![vera.id, tom.id];
    expected.sort();
    assert_eq!(ids, expected);
    let found = bench.store.find_staff(bench.practice, &bench.index_key, &tom.email).await.unwrap();
    assert_eq!(found, Some(tom.id));
    // The staff's addresses are beside the patients' and never mixed with them.
    let point = bench.store.find_contact(bench.practice, &bench.index_key, &tom.email).await.unwrap();
    assert_eq!(point, None);
}

async fn an_address_that_is_taken_invites_nobody(bench: Bench) {
    let first = invited(&bench, "Eva Moor", "eva@clinic.test", &[Role::Admin]).await;
    let second = member(&bench, "Eva Moore", "EVA@clinic.test", &[Role::Auditor]);
    let id = second.id;
    assert!(matches!(invite(&bench, second).await, Invited::AddressTaken));
    assert!(bench.store.staff(bench.practice, id, &bench.sealer).await.unwrap().is_none());
    let found = bench.store.find_staff(bench.practice, &bench.index_key, &first.email).await.unwrap();
    assert_eq!(found, Some(first.id));
    let many = (0..6).map(|_| invite(&bench, member(&bench, "Max Ohm", "max@clinic.test", &[Role::Auditor])));
    let made = bench.race(many).await;
    assert_eq!(made.iter().filter(|invited| matches!(invited, Invited::Created(_))).count(), 1);
    assert_eq!(bench.store.all_staff(bench.practice, &bench.sealer).await.unwrap().len(), 2);
}

async fn a_repeated_invitation_brings_what_was_created(bench: Bench) {
    let key = IdempotencyKey::parse("invite-1").unwrap();
    let attempt = Attempt::new(bench.practice, bench.account(), &key, &bench.contact_key, "Ida");
    let add = async |staff: Staff| {
        let extra = |staff: &Staff| vec![Write::Create(Table::Chat, attempt.to_item(staff.id, bench.now))];
        bench.store.add_staff(&bench.tools(), staff, extra).await.unwrap()
    };
    let Invited::Created(ida) = add(member(&bench, "Ida Holm", "ida@clinic.test", &[Role::Clinician])).await
    else {
        panic!("she is new");
    };
    // The address is taken as well by now; the key decides.
    let again = add(member(&bench, "Ida Holm", "ida@clinic.test", &[Role::Clinician])).await;
    let Invited::Repeated(item) = again else { panic!("it is a repeat") };
    assert_eq!(attempt.compare(&item).unwrap(), Earlier::Same(ida.id.to_string()));
}

async fn staff_are_listed_by_pages(bench: Bench) {
    for n in 0..5 {
        invited(&bench, &format!("Person {n}"), &format!("p{n}@clinic.test"), &[Role::FrontDesk]).await;
    }
    let (mut found, mut start) = (Vec::new(), None);
    loop {
        let page = bench.store.staff_page(bench.practice, &bench.sealer, 2, start).await.unwrap();
        found.extend(page.0.into_iter().map(|staff| staff.id));
        match page.1 {
            Some(next) => start = Some(next),
            None => break,
        }
    }
    let all = bench.store.all_staff(bench.practice, &bench.sealer).await.unwrap();
    assert_eq!(found, all.iter().map(|staff| staff.id).collect::<Vec<_>>());
    assert_eq!(found.len(), 5);
}

async fn a_change_ends_the_sessions_under_the_old_rights(bench: Bench) {
    let vera = invited(&bench, "Dr. Vera Lind", "vera2@clinic.test", &[Role::Admin]).await;
    let tom = invited(&bench, "Tom Berg", "tom2@clinic.test", &[Role::FrontDesk]).await;
    let (hers, his) =
        (sign_in(&bench, Holder::Staff(vera.id)).await, sign_in(&bench, Holder::Staff(tom.id)).await);
    let less = StaffChange { roles: Some(vec![Role::Auditor]), ..StaffChange::default() };
    let StaffChanged::Done(changed) = change(&bench, tom.id, less).await else { panic!("it is a change") };
    assert_eq!((changed.roles.as_slice(), changed.epoch), ([Role::Auditor].as_slice(), 2));
    assert!(
        bench.store.session_with(&his, &[], bench.now).await.unwrap().live().is_none(),
        "his session has ended"
    );
    assert!(bench.store.session_with(&hers, &[], bench.now).await.unwrap().live().is_some(), "hers has not");
    let same = StaffChange { roles: Some(vec![Role::Auditor]), ..StaffChange::default() };
    assert!(matches!(change(&bench, tom.id, same).await, StaffChanged::Unchanged(_)));
    let off = StaffChange { active: Some(false), ..StaffChange::default() };
    assert!(matches!(change(&bench, tom.id, off).await, StaffChanged::Done(_)));
    let off = StaffChange { active: Some(false), ..StaffChange::default() };
    assert!(matches!(change(&bench, vera.id, off).await, StaffChanged::LastAdmin));
    assert!(matches!(change(&bench, bench.staff(), StaffChange::default()).await, StaffChanged::Missing));
    assert_eq!(bench.events(Verb::StaffChanged).await, 2);
}

async fn two_admins_cannot_both_step_down(bench: Bench) {
    let both = [
        invited(&bench, "Una Roth", "una@clinic.test", &[Role::Admin]).await.id,
        invited(&bench, "Uwe Roth", "uwe@clinic.test", &[Role::Admin]).await.id,
    ];
    let down = || StaffChange { roles: Some(vec![Role::Clinician]), ..StaffChange::default() };
    let made = bench.race(both.map(|id| change(&bench, id, down()))).await;
    assert_eq!(made.iter().filter(|one| matches!(one, StaffChanged::Done(_))).count(), 1);
    assert_eq!(made.iter().filter(|one| matches!(one, StaffChanged::LastAdmin)).count(), 1);
    let all = bench.store.all_staff(bench.practice, &bench.sealer).await.unwrap();
    assert_eq!(all.iter().filter(|staff| staff.is_active_admin()).count(), 1);
}
