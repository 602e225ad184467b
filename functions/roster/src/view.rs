//! What leaves: patients, grants, staff and the practice in the shapes of the API.

use domain::{
    contact::{ContactKind, SmsRegions},
    minors::State,
    time::{Timestamp, ZoneName},
};
use platform::{
    App,
    http::Failure,
    sealing::FieldSealer,
    store::{
        account::Account,
        patient::Patient,
        practice::Practice,
        session::{Grant, Relation},
        staff::Staff,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

/// A patient in a list.
#[derive(Serialize, ToSchema)]
pub struct PatientItem {
    /// `pat_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// BCP 47.
    pub language: String,
}

impl From<&Patient> for PatientItem {
    fn from(patient: &Patient) -> Self {
        Self {
            id: patient.id.to_string(),
            name: patient.name.expose().to_owned(),
            birth_date: patient.birth_date.expose(),
            language: patient.language.to_string(),
        }
    }
}

/// A patient's record.
#[derive(Serialize, ToSchema)]
pub struct PatientView {
    /// `pat_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// BCP 47 language of messages and notices.
    pub language: String,
    /// IANA time zone; `null` is the practice's.
    #[schema(required = true)]
    pub time_zone: Option<String>,
    /// The practice's own number for the patient.
    #[schema(required = true)]
    pub external_id: Option<String>,
    /// E-mail addresses of the patient's own account.
    pub emails: Vec<String>,
    /// Phones of the patient's own account, E.164.
    pub phones: Vec<String>,
    /// Whether one of these contacts leads to somebody else's account as well: a family's mailbox, a shared phone.
    pub shared_contact: bool,
    /// Whether only a remembered device or a passkey opens the record: no birth date does.
    pub only_my_devices: bool,
    /// When the record was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl PatientView {
    /// The record with the patient's contacts. The caller stores the event of the read before the answer leaves.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn load(
        app: &App,
        practice: &Practice,
        sealer: &FieldSealer,
        patient: &Patient,
    ) -> Result<Self, Failure> {
        let (points, shared_contact) = tokio::try_join!(
            app.store.contact_points(practice.id, &patient.contacts, sealer),
            app.store.is_any_shared(practice.id, &patient.contacts),
        )?;
        let of = |kind: ContactKind| {
            let values = points.iter().map(|point| &point.value).filter(|value| value.kind() == kind);
            values.map(|value| value.expose().to_owned()).collect()
        };
        let PatientItem { id, name, birth_date, language } = patient.into();
        Ok(Self {
            id,
            name,
            birth_date,
            language,
            time_zone: patient.time_zone.as_ref().map(ZoneName::to_string),
            external_id: patient.external_id.as_ref().map(|id| id.expose().to_owned()),
            emails: of(ContactKind::Email),
            phones: of(ContactKind::Phone),
            shared_contact,
            only_my_devices: patient.only_my_devices,
            created_at: patient.created_at,
        })
    }
}

/// That an account may act for a patient.
#[derive(Serialize, ToSchema)]
pub struct GrantView {
    /// `acc_…`
    pub account_id: String,
    /// Whose account it is.
    pub name: String,
    /// `self`, `parent`, `guardian` or `carer`.
    #[schema(value_type = String, example = "parent")]
    pub relation: Relation,
    /// When it begins; `null` if it has begun at once.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// When it ends; `null` if it does not by itself.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

impl GrantView {
    /// A grant with the name of its account.
    pub fn new(account: &Account, grant: Grant) -> Self {
        Self {
            account_id: account.id.to_string(),
            name: account.name.expose().to_owned(),
            relation: grant.relation,
            from: grant.from,
            until: grant.until,
        }
    }
}

/// How long somebody may still set up their sign-in.
#[derive(Serialize, ToSchema)]
pub struct InvitationView {
    /// When it ends or ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// Whether it is over: they need a new one.
    pub over: bool,
}

/// A member of staff.
#[derive(Serialize, ToSchema)]
pub struct StaffView {
    /// `stf_…`
    pub id: String,
    /// The name that patients see.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// `admin`, `clinician`, `front_desk`, `auditor`.
    pub roles: Vec<&'static str>,
    /// BCP 47 language of the console and of mails.
    pub language: String,
    /// Whether they may sign in.
    pub active: bool,
    /// The invitation that they have not followed yet; `null` once they have set up their sign-in, and where they need
    /// not.
    #[schema(required = true)]
    pub invitation: Option<InvitationView>,
}

impl StaffView {
    /// A member of staff as they are now.
    pub fn new(staff: &Staff, practice: &Practice, now: Timestamp) -> Self {
        let waits = staff.active && !staff.enrolled && !practice.policies.staff_link_sign_in;
        Self {
            id: staff.id.to_string(),
            name: staff.name.expose().to_owned(),
            email: staff.email.expose().to_owned(),
            roles: staff.roles.iter().map(|role| role.as_str()).collect(),
            language: staff.language.to_string(),
            active: staff.active,
            invitation: waits
                .then(|| InvitationView { ends_at: staff.invited_until, over: !staff.is_invited(now) }),
        }
    }
}

/// What a practice has decided about access and text messages.
#[derive(Serialize, ToSchema)]
pub struct PoliciesView {
    /// Whether staff sign in by an e-mail link alone; only in the local demonstration, and set by nobody.
    pub staff_link_sign_in: bool,
    /// Factor on the limits; 1 in a deployed practice, and set by nobody.
    pub limits_factor: u32,
    /// Whether some acts ask for a fresh proof; always in a deployed practice, and set by nobody.
    pub step_up: bool,
    /// Whether staff other than admins and auditors may use a code generator instead of a passkey.
    pub totp: bool,
    /// Whether patients may have a device remembered.
    pub remember_devices: bool,
    /// The age at which parents and guardians no longer act for a minor, whatever the state says.
    pub proxy_ends_at_age: u8,
    /// The state whose law gives minors access of their own, two letters; `null` for none.
    #[schema(required = true, value_type = Option<String>, example = "OR")]
    pub own_access_state: Option<State>,
    /// The age from which it does: what parents and guardians may see ends then.
    #[schema(required = true)]
    pub own_access_age: Option<u8>,
    /// Where that stands.
    #[schema(required = true)]
    pub own_access_source: Option<&'static str>,
    /// Whether an admin may destroy a colleague's unopened message for good, instead of keeping it sealed for the auditor.
    pub shred_unopened: bool,
    /// Where text messages go: `north_america` or `everywhere`.
    #[schema(value_type = String)]
    pub sms_regions: SmsRegions,
}

/// The practice.
#[derive(Serialize, ToSchema)]
pub struct PracticeView {
    /// `prc_…`
    pub id: String,
    /// The short name in addresses.
    pub slug: String,
    /// Full public name.
    pub name: String,
    /// The short neutral name that mails and texts are signed with.
    pub sender_name: String,
    /// Public phone, E.164.
    pub phone: String,
    /// Whom to call when it cannot wait.
    pub emergency_number: String,
    /// Opening hours, as the practice prints them.
    pub hours: String,
    /// IANA time zone.
    pub time_zone: String,
    /// BCP 47 languages that the practice answers in.
    pub languages: Vec<String>,
    /// What it has decided about access.
    pub policies: PoliciesView,
}

impl From<&Practice> for PracticeView {
    fn from(practice: &Practice) -> Self {
        let profile = practice.profile.clone();
        Self {
            id: practice.id.to_string(),
            slug: practice.slug.to_string(),
            name: profile.name,
            sender_name: profile.sender_name,
            phone: profile.phone,
            emergency_number: profile.emergency_number,
            hours: profile.hours,
            time_zone: profile.time_zone,
            languages: profile.languages,
            policies: PoliciesView {
                staff_link_sign_in: practice.policies.staff_link_sign_in,
                limits_factor: practice.policies.limits_factor,
                step_up: practice.policies.step_up,
                totp: practice.policies.totp,
                remember_devices: practice.policies.remember_devices,
                proxy_ends_at_age: practice.policies.of_age(),
                own_access_state: practice.policies.own_access_state,
                own_access_age: practice.policies.own_access_age(),
                own_access_source: practice
                    .policies
                    .own_access_state
                    .and_then(State::law)
                    .map(|law| law.source),
                shred_unopened: practice.policies.shred_unopened,
                sms_regions: practice.policies.sms_regions,
            },
        }
    }
}
