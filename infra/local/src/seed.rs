//! The people of the first start: practice `demo`, its staff and five patients. Written by the same code and with
//! the same permissions as everywhere: the operator's role sets up the practice, the roster's role adds patients.

use domain::Invalid;
use domain::contact::ContactValue;
use domain::language::Language;
use domain::person::{BirthDate, PersonName};
use domain::practice::{Policies, PublicProfile, Slug};
use domain::role::Role;
use domain::search;
use platform::App;
use platform::config::ConfigError;
use platform::keys::Purpose;
use platform::provision::{NewPractice, NewStaff, ProvisionError, Provisioner};
use platform::store::grant::Grantee;
use platform::store::patient::NewPatient;
use platform::store::practice::Practice;
use platform::store::session::Relation;

use crate::stack::Stack;

/// Short name of the demo practice.
pub(crate) const SLUG: &str = "demo";
/// The role of whoever runs the admin command line.
const OPERATOR: &str = "OperatorRole";
/// The function that adds patients.
const ROSTER: &str = "RosterFunction";
/// So that a tester who signs in all day is not locked out.
const LIMITS_FACTOR: u32 = 50;

/// Why the demo practice could not be created.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A function's environment is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The code that sets up practices refused.
    #[error("the demo practice: {0}")]
    Provision(#[from] ProvisionError),
    /// A value of this file is not valid.
    #[error("the demo practice: {0:?}")]
    Invalid(Invalid),
}

impl From<Invalid> for SeedError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// A member of staff: name, address, roles.
const STAFF: [(&str, &str, &[Role]); 3] = [
    ("Ana Castillo", "ana@demo.test", &[Role::Admin, Role::Clinician]),
    ("Ben Okafor", "ben@demo.test", &[Role::FrontDesk]),
    ("Ida Lindqvist", "ida@demo.test", &[Role::Auditor]),
];

/// Name, birth date, language, mail, phone.
type Person = (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

const PATIENTS: [Person; 6] = [
    ("Maria Lopez", "1985-03-14", "es", Some("maria@patients.test"), Some("+15555550101")),
    ("John Carter", "1950-11-02", "en", Some("john@patients.test"), Some("+15555550102")),
    ("Amal Haddad", "1992-07-21", "ar", Some("amal@patients.test"), Some("+15555550103")),
    ("Linh Tran", "2001-01-30", "vi", None, Some("+15555550104")),
    ("Rosa Vega", "1979-05-05", "es", Some(FAMILY), None),
    ("Luis Vega", "2012-09-17", "es", None, None),
];

/// The mailbox that Rosa reads, for herself and for her son.
const FAMILY: &str = "vega.family@patients.test";

/// Creates what is missing. A start that was cut short is finished by the next one.
pub(crate) async fn demo(stack: &Stack) -> Result<(), SeedError> {
    let operator = Provisioner::from(&stack.app(OPERATOR)?);
    let practice = match operator.practice(&Slug::parse(SLUG)?).await {
        Ok(practice) => practice,
        Err(ProvisionError::NoPractice) => operator.create_practice(practice()?).await?,
        Err(error) => return Err(error.into()),
    };
    for (name, email, roles) in STAFF {
        let new = NewStaff {
            name: PersonName::parse(name)?,
            email: ContactValue::email(email)?,
            roles: roles.to_vec(),
            language: Language::english(),
        };
        match operator.invite_staff(&practice, new).await {
            Ok(_) | Err(ProvisionError::AddressTaken) => {}
            Err(error) => return Err(error.into()),
        }
    }
    patients(&stack.app(ROSTER)?, &practice).await
}

fn practice() -> Result<NewPractice, SeedError> {
    let policies = Policies { texts_at_night: true, ..Policies::demonstration(LIMITS_FACTOR) };
    Ok(NewPractice { slug: Slug::parse(SLUG)?, profile: profile(), policies })
}

/// What everybody may see of the demo practice.
pub(crate) fn profile() -> PublicProfile {
    PublicProfile {
        name: "Bright Eyes Clinic".to_owned(),
        sender_name: "Bright Eyes".to_owned(),
        phone: "+15555550100".to_owned(),
        emergency_number: "911".to_owned(),
        hours: "Monday to Friday, 9 am to 5 pm".to_owned(),
        time_zone: "America/New_York".to_owned(),
        languages: vec!["en".to_owned(), "es".to_owned()],
    }
}

/// No address belongs to one patient alone, so whether somebody is there already is asked by the birth date.
async fn patients(roster: &App, practice: &Practice) -> Result<(), SeedError> {
    let provisioner = Provisioner::from(roster);
    let index_key = roster.practice_key(practice, Purpose::Index).await.map_err(ProvisionError::from)?;
    for (name, birth_date, language, email, phone) in PATIENTS {
        let lookups = search::Query::parse(birth_date).map(|query| query.lookups()).unwrap_or_default();
        let found =
            roster.store.candidates(practice.id, &index_key, &lookups).await.map_err(ProvisionError::from)?;
        let mut contacts = Vec::new();
        if let Some(email) = email {
            contacts.push(ContactValue::email(email)?);
        }
        if let Some(phone) = phone {
            contacts.push(ContactValue::phone(phone)?);
        }
        let is_child = contacts.is_empty();
        let patient = match found.patients.first() {
            Some(known) => *known,
            None => {
                let new = NewPatient {
                    name: PersonName::parse(name)?,
                    birth_date: BirthDate::parse(birth_date)?,
                    language: Language::parse(language)?,
                    time_zone: None,
                    external_id: None,
                    contacts,
                    may_share: true,
                };
                provisioner.add_patient(practice, new).await?.id
            }
        };
        if is_child {
            let parent = Grantee::At { contact: ContactValue::email(FAMILY)?, name: None, language: None };
            provisioner.grant(practice, patient, &parent, Relation::Parent).await?;
        }
    }
    Ok(())
}

/// Another practice at the same address, with one member of staff and two patients: whoever reads for both practices has one
/// mailbox.
pub(crate) async fn second(stack: &Stack) -> Result<(), SeedError> {
    let operator = Provisioner::from(&stack.app(OPERATOR)?);
    let slug = Slug::parse("hill-street")?;
    let practice = match operator.practice(&slug).await {
        Ok(_) => return Ok(()),
        Err(ProvisionError::NoPractice) => {
            let profile = PublicProfile {
                name: "Hill Street Practice".to_owned(),
                sender_name: "Hill Street".to_owned(),
                phone: "+15555550180".to_owned(),
                ..profile()
            };
            let policies = Policies { texts_at_night: true, ..Policies::demonstration(LIMITS_FACTOR) };
            operator.create_practice(NewPractice { slug, profile, policies }).await?
        }
        Err(error) => return Err(error.into()),
    };
    let eva = NewStaff {
        name: PersonName::parse("Eva Stone")?,
        email: ContactValue::email("eva@hill.test")?,
        roles: vec![Role::Admin, Role::Clinician],
        language: Language::english(),
    };
    operator.invite_staff(&practice, eva).await?;
    let roster = Provisioner::from(&stack.app(ROSTER)?);
    for (name, birth_date, language, email) in [
        ("Mia Novak", "1988-04-09", "en", "mia@patients.test"),
        ("Maria Lopez", "1985-03-14", "es", "maria@patients.test"),
    ] {
        let new = NewPatient {
            name: PersonName::parse(name)?,
            birth_date: BirthDate::parse(birth_date)?,
            language: Language::parse(language)?,
            time_zone: None,
            external_id: None,
            contacts: vec![ContactValue::email(email)?],
            may_share: true,
        };
        roster.add_patient(&practice, new).await?;
    }
    Ok(())
}
