//! Who is told of a message, where, in which language, and whose birth date opens the link. No call, no clock.

use domain::{
    channels::Channels,
    contact::ContactKind,
    id::{AccountId, ContactPointId, PatientId},
    language::Language,
};
use platform::store::session::Relation;

/// An account that may act for the patient of a message today.
pub(crate) struct Reader {
    pub(crate) account: AccountId,
    pub(crate) relation: Relation,
    pub(crate) language: Language,
    /// Where the account is reached, in its own order.
    pub(crate) contacts: Vec<Contact>,
    /// Over which channels it wants to be.
    pub(crate) channels: Channels,
    /// The holder's own record, where the holder is a patient too.
    pub(crate) own: Option<PatientId>,
}

/// One way to reach an account.
#[derive(Clone, Copy)]
pub(crate) struct Contact {
    pub(crate) point: ContactPointId,
    pub(crate) kind: ContactKind,
    /// Why nothing is sent there, if so: one word of a closed set.
    pub(crate) blocked: Option<&'static str>,
}

/// One notice to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) point: ContactPointId,
    pub(crate) language: Language,
    /// Who may open the link, each with the patient whose birth date proves it.
    pub(crate) candidates: Vec<(AccountId, PatientId)>,
}

/// What a message leads to: notices, and contacts to which there would be one if nothing spoke against it.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) targets: Vec<Target>,
    pub(crate) blocked: Vec<Contact>,
}

impl Reader {
    /// The contacts that may be told, the one to try first first.
    fn reachable(&self) -> Vec<&Contact> {
        let place = |contact: &&Contact| self.channels.place(contact.kind);
        let usable = |contact: &&Contact| contact.blocked.is_none() && place(contact).is_some();
        let mut contacts: Vec<&Contact> = self.contacts.iter().filter(usable).collect();
        contacts.sort_by_key(place);
        contacts
    }

    /// The contacts that may not be told, each with why.
    fn blocked(&self) -> impl Iterator<Item = Contact> {
        let unwanted =
            |contact: &Contact| self.channels.place(contact.kind).is_none().then_some("not_wanted");
        self.contacts.iter().map(move |contact| {
            let blocked = contact.blocked.or_else(|| unwanted(contact));
            Contact { blocked, ..*contact }
        })
    }
}

/// The notices of a message: one for each account, at the contact it prefers; one alone where accounts share that.
/// Where every contact of an account is blocked, the account is not told.
pub(crate) fn plan(patient: PatientId, readers: &[Reader]) -> Plan {
    let mut plan = Plan::default();
    let ordered = patient_first(readers);
    for reader in &ordered {
        let Some(contact) = reader.reachable().first().copied() else {
            plan.blocked.extend(reader.blocked());
            continue;
        };
        if !plan.targets.iter().any(|target| target.point == contact.point) {
            plan.targets.push(target(patient, reader, &ordered, contact.point));
        }
    }
    plan.blocked.sort_by_key(|contact| contact.point);
    plan.blocked.dedup_by_key(|contact| contact.point);
    plan
}

/// Where to tell whoever was to be told at `than` and was not, once for each account behind it. What was `tried` is not
/// tried again.
pub(crate) fn instead(
    patient: PatientId,
    readers: &[Reader],
    than: ContactPointId,
    tried: &[ContactPointId],
) -> Vec<Target> {
    let ordered = patient_first(readers);
    let mut targets: Vec<Target> = Vec::new();
    for reader in ordered.iter().filter(|reader| reader.contacts.iter().any(|contact| contact.point == than))
    {
        let fresh = |contact: &&Contact| contact.point != than && !tried.contains(&contact.point);
        let Some(contact) = reader.reachable().into_iter().find(fresh) else { continue };
        if !targets.iter().any(|target| target.point == contact.point) {
            targets.push(target(patient, reader, &ordered, contact.point));
        }
    }
    targets
}

/// The patient first: where a mailbox is shared, it is their language that counts.
fn patient_first(readers: &[Reader]) -> Vec<&Reader> {
    let mut ordered: Vec<&Reader> = readers.iter().collect();
    ordered.sort_by_key(|reader| reader.relation != Relation::Oneself);
    ordered
}

/// A notice to one contact, if it leads to somebody who acts for the patient and nothing speaks against it.
///
/// # Errors
/// Why not, as one word of a closed set.
pub(crate) fn at(
    patient: PatientId,
    readers: &[Reader],
    point: ContactPointId,
) -> Result<Target, &'static str> {
    let ordered = patient_first(readers);
    let behind = ordered.iter().find_map(|reader| {
        let contact = reader.contacts.iter().find(|contact| contact.point == point)?;
        Some((reader, contact))
    });
    match behind {
        None => Err("not_theirs"),
        Some((_, Contact { blocked: Some(why), .. })) => Err(why),
        Some((reader, _)) => Ok(target(patient, reader, &ordered, point)),
    }
}

fn target(patient: PatientId, reader: &Reader, ordered: &[&Reader], point: ContactPointId) -> Target {
    let candidates = candidates(patient, ordered, point);
    Target { point, language: reader.language.clone(), candidates }
}

/// Whoever of the readers is behind the contact point may open its link: by the patient's birth date, or by their
/// own, which a parent types without thinking. Another child's date opens nothing here.
fn candidates(patient: PatientId, readers: &[&Reader], point: ContactPointId) -> Vec<(AccountId, PatientId)> {
    let mut pairs = Vec::new();
    for reader in readers.iter().filter(|reader| reader.contacts.iter().any(|contact| contact.point == point))
    {
        pairs.push((reader.account, patient));
        if let Some(own) = reader.own.filter(|own| *own != patient) {
            pairs.push((reader.account, own));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    const EPOCH: Timestamp = Timestamp::from_millis(0);

    fn account(n: u8) -> AccountId {
        AccountId::new(EPOCH, [n; 10])
    }

    fn patient(n: u8) -> PatientId {
        PatientId::new(EPOCH, [n; 10])
    }

    fn point(n: u8) -> ContactPointId {
        ContactPointId::new(EPOCH, [n; 10])
    }

    fn reader(n: u8, relation: Relation, language: &str, contacts: &[(u8, ContactKind)]) -> Reader {
        Reader {
            account: account(n),
            relation,
            language: Language::parse(language).unwrap(),
            contacts: contacts
                .iter()
                .map(|(p, kind)| Contact { point: point(*p), kind: *kind, blocked: None })
                .collect(),
            own: Some(patient(n)),
            channels: Channels::default(),
        }
    }

    const MAIL: ContactKind = ContactKind::Email;
    const PHONE: ContactKind = ContactKind::Phone;

    #[test]
    fn e_mail_comes_first_whatever_stands_first() {
        let maria = reader(1, Relation::Oneself, "es", &[(11, PHONE), (12, MAIL), (13, MAIL)]);
        let targets = plan(patient(1), &[maria]).targets;
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].point, point(12));
        assert_eq!(targets[0].candidates, [(account(1), patient(1))]);
    }

    #[test]
    fn a_phone_is_told_where_there_is_no_mailbox_that_can_be_used() {
        let linh = reader(1, Relation::Oneself, "vi", &[(11, PHONE)]);
        assert_eq!(plan(patient(1), &[linh]).targets[0].point, point(11));
        let mut maria = reader(1, Relation::Oneself, "es", &[(12, MAIL), (11, PHONE)]);
        maria.contacts[0].blocked = Some("unverified");
        assert_eq!(plan(patient(1), std::slice::from_ref(&maria)).targets[0].point, point(11));
        assert!(plan(patient(1), std::slice::from_ref(&maria)).blocked.is_empty());
        maria.contacts[1].blocked = Some("sms_off");
        let none = plan(patient(1), &[maria]);
        assert!(none.targets.is_empty());
        let why: Vec<_> = none.blocked.iter().map(|contact| (contact.point, contact.blocked)).collect();
        assert_eq!(why, [(point(11), Some("sms_off")), (point(12), Some("unverified"))]);
    }

    #[test]
    fn somebody_is_told_where_they_want_to_be_and_elsewhere_only_if_they_allow_it() {
        let mut maria = reader(1, Relation::Oneself, "es", &[(12, MAIL), (11, PHONE)]);
        let told = |reader: &Reader| -> Vec<ContactPointId> {
            plan(patient(1), std::slice::from_ref(reader)).targets.iter().map(|target| target.point).collect()
        };
        let other = |reader: &Reader, than, tried: &[ContactPointId]| -> Vec<ContactPointId> {
            let targets = instead(patient(1), std::slice::from_ref(reader), point(than), tried);
            targets.iter().map(|target| target.point).collect()
        };
        assert_eq!(other(&maria, 12, &[]), [point(11)]);
        assert_eq!(other(&maria, 12, &[point(11)]), []);
        assert_eq!(other(&maria, 13, &[]), [], "it is not theirs");
        maria.channels = Channels::parse(&["sms", "email"]).unwrap();
        assert_eq!(told(&maria), [point(11)]);
        maria.channels = Channels::parse(&["email"]).unwrap();
        assert_eq!((told(&maria), other(&maria, 12, &[])), (vec![point(12)], vec![]));
        maria.channels = Channels::parse(&["sms"]).unwrap();
        maria.contacts[1].blocked = Some("sms_off");
        let none = plan(patient(1), std::slice::from_ref(&maria));
        let why: Vec<_> = none.blocked.iter().map(|contact| (contact.point, contact.blocked)).collect();
        assert_eq!(why, [(point(11), Some("sms_off")), (point(12), Some("not_wanted"))]);
    }

    #[test]
    fn one_contact_is_told_again_only_while_it_leads_to_somebody_who_acts() {
        let mut maria = reader(1, Relation::Oneself, "es", &[(12, MAIL), (11, PHONE)]);
        let again = |reader: &Reader, p| at(patient(1), std::slice::from_ref(reader), point(p));
        assert_eq!(again(&maria, 11).unwrap().candidates, [(account(1), patient(1))]);
        assert_eq!(again(&maria, 13), Err("not_theirs"));
        maria.contacts[1].blocked = Some("unverified");
        assert_eq!(again(&maria, 11), Err("unverified"));
        assert_eq!(at(patient(1), &[], point(11)), Err("not_theirs"));
    }

    #[test]
    fn nobody_is_told_where_nobody_acts_or_can_be_reached() {
        for readers in [vec![], vec![reader(1, Relation::Carer, "en", &[])]] {
            let plan = plan(patient(1), &readers);
            assert!(plan.targets.is_empty() && plan.blocked.is_empty());
        }
    }

    #[test]
    fn a_parent_opens_by_the_childs_date_or_their_own_and_by_no_other_childs() {
        let rosa = reader(1, Relation::Parent, "es", &[(11, MAIL)]);
        let luis = patient(2);
        let targets = plan(luis, &[rosa]).targets;
        assert_eq!(targets[0].candidates, [(account(1), luis), (account(1), patient(1))]);
    }

    #[test]
    fn a_shared_mailbox_gets_one_notice_in_the_patients_language() {
        let parent = reader(1, Relation::Parent, "en", &[(11, MAIL)]);
        let teenager = reader(2, Relation::Oneself, "es", &[(11, MAIL), (12, PHONE)]);
        let targets = plan(patient(2), &[parent, teenager]).targets;
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].language.as_str(), "es");
        let pairs = [(account(2), patient(2)), (account(1), patient(2)), (account(1), patient(1))];
        assert_eq!(targets[0].candidates, pairs);
    }

    #[test]
    fn every_account_is_told_at_its_own_contact() {
        let mother = reader(1, Relation::Parent, "es", &[(11, MAIL), (19, PHONE)]);
        let father = reader(2, Relation::Parent, "en", &[(19, PHONE)]);
        let child = patient(3);
        let both = plan(child, &[mother, father]).targets;
        let points: Vec<_> = both.iter().map(|target| target.point).collect();
        assert_eq!(points, [point(11), point(19)]);
        // The phone is the mother's as well: whoever holds it may be her.
        assert_eq!(both[1].candidates.len(), 4);
        assert_eq!(both[1].language.as_str(), "en");
    }
}
