//! Who is told of a message, where, in which language, and whose birth date opens the link. No call, no clock.

use domain::{
    channel::preferred,
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
    /// Where the account is reached, in its own order, with the kind of each.
    pub(crate) contacts: Vec<(ContactPointId, ContactKind)>,
    /// The holder's own record, where the holder is a patient too.
    pub(crate) own: Option<PatientId>,
}

/// One notice to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) point: ContactPointId,
    pub(crate) language: Language,
    /// Who may open the link, each with the patient whose birth date proves it.
    pub(crate) candidates: Vec<(AccountId, PatientId)>,
}

/// Why nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nobody {
    /// Nobody acts for the patient, or nobody who does can be reached.
    NoContact,
    /// There are phones only, and text messages are switched off.
    SmsOff,
}

/// The notices of a message: one for each account, at the contact it prefers; one alone where accounts share that.
///
/// # Errors
/// [`Nobody`].
pub(crate) fn targets(patient: PatientId, readers: &[Reader], sms: bool) -> Result<Vec<Target>, Nobody> {
    let mut targets: Vec<Target> = Vec::new();
    // The patient first: where a mailbox is shared, it is their language that counts.
    let mut ordered: Vec<&Reader> = readers.iter().collect();
    ordered.sort_by_key(|reader| reader.relation != Relation::Oneself);
    for reader in &ordered {
        let reachable = || reader.contacts.iter().filter(|(_, kind)| sms || *kind == ContactKind::Email);
        let kinds: Vec<ContactKind> = reachable().map(|(_, kind)| *kind).collect();
        let Some(kind) = preferred(&kinds) else { continue };
        let Some((point, _)) = reachable().find(|(_, k)| *k == kind) else { continue };
        if !targets.iter().any(|target| target.point == *point) {
            targets.push(Target {
                point: *point,
                language: reader.language.clone(),
                candidates: candidates(patient, &ordered, *point),
            });
        }
    }
    let phones = readers.iter().any(|reader| !reader.contacts.is_empty());
    match (targets.is_empty(), phones) {
        (false, _) => Ok(targets),
        (true, true) => Err(Nobody::SmsOff),
        (true, false) => Err(Nobody::NoContact),
    }
}

/// Whoever of the readers is behind the contact point may open its link: by the patient's birth date, or by their
/// own, which a parent types without thinking. Another child's date opens nothing here.
fn candidates(patient: PatientId, readers: &[&Reader], point: ContactPointId) -> Vec<(AccountId, PatientId)> {
    let mut pairs = Vec::new();
    for reader in readers.iter().filter(|reader| reader.contacts.iter().any(|(p, _)| *p == point)) {
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
            contacts: contacts.iter().map(|(p, kind)| (point(*p), *kind)).collect(),
            own: Some(patient(n)),
        }
    }

    const MAIL: ContactKind = ContactKind::Email;
    const PHONE: ContactKind = ContactKind::Phone;

    #[test]
    fn e_mail_comes_first_whatever_stands_first() {
        let maria = reader(1, Relation::Oneself, "es", &[(11, PHONE), (12, MAIL), (13, MAIL)]);
        let targets = targets(patient(1), &[maria], true).unwrap();
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].point, point(12));
        assert_eq!(targets[0].candidates, [(account(1), patient(1))]);
    }

    #[test]
    fn a_phone_is_told_where_there_is_no_mailbox_and_sms_is_on() {
        let linh = || reader(1, Relation::Oneself, "vi", &[(11, PHONE)]);
        assert_eq!(targets(patient(1), &[linh()], true).unwrap()[0].point, point(11));
        assert_eq!(targets(patient(1), &[linh()], false), Err(Nobody::SmsOff));
    }

    #[test]
    fn nobody_is_told_where_nobody_acts_or_can_be_reached() {
        assert_eq!(targets(patient(1), &[], true), Err(Nobody::NoContact));
        assert_eq!(
            targets(patient(1), &[reader(1, Relation::Carer, "en", &[])], true),
            Err(Nobody::NoContact)
        );
    }

    #[test]
    fn a_parent_opens_by_the_childs_date_or_their_own_and_by_no_other_childs() {
        let rosa = reader(1, Relation::Parent, "es", &[(11, MAIL)]);
        let luis = patient(2);
        let targets = targets(luis, &[rosa], true).unwrap();
        assert_eq!(targets[0].candidates, [(account(1), luis), (account(1), patient(1))]);
    }

    #[test]
    fn a_shared_mailbox_gets_one_notice_in_the_patients_language() {
        let parent = reader(1, Relation::Parent, "en", &[(11, MAIL)]);
        let teenager = reader(2, Relation::Oneself, "es", &[(11, MAIL), (12, PHONE)]);
        let targets = targets(patient(2), &[parent, teenager], true).unwrap();
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
        let both = targets(child, &[mother, father], true).unwrap();
        let points: Vec<_> = both.iter().map(|target| target.point).collect();
        assert_eq!(points, [point(11), point(19)]);
        // The phone is the mother's as well: whoever holds it may be her.
        assert_eq!(both[1].candidates.len(), 4);
        assert_eq!(both[1].language.as_str(), "en");
    }
}
