//! Setting up a practice and its first people, without anybody signed in: for the operator's command line and for the
//! local demonstration.

use std::sync::Arc;

use domain::{
    audit::{ActorId, Event, Verb},
    contact::ContactValue,
    id::{PatientId, PracticeId, StaffId},
    language::Language,
    person::PersonName,
    practice::{Policies, PublicProfile, Slug},
    role::Role,
};

use crate::{
    App,
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    entropy::Entropy,
    http::FieldError,
    keys::{KeyError, KeyScope, Keys, Purpose},
    profile,
    seal::Key,
    sealing::FieldSealer,
    store::{
        Store, StoreError, audit,
        factors::FactorsReset,
        grant::{Granted, Grantee, Terms},
        patient::{Added, NewPatient, Patient, RosterTools},
        practice::{Practice, WrappedKeys},
        session::Relation,
        staff::{Invited, Staff},
    },
};

/// Why something was not set up.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// Another practice has this short name.
    #[error("this short name is taken")]
    SlugTaken,
    /// The profile is not valid.
    #[error("the profile is not valid")]
    Profile(Vec<FieldError>),
    /// There is no practice of this short name.
    #[error("there is no practice of this short name")]
    NoPractice,
    /// Somebody of the staff has this address already.
    #[error("somebody of the staff has this address already")]
    AddressTaken,
    /// Nobody of the staff has this address.
    #[error("nobody of the staff has this address")]
    NoStaff,
    /// A member of staff needs a role.
    #[error("a member of staff needs at least one role")]
    NoRole,
    /// The account or patient of a grant is not there, or has too many already.
    #[error("this grant is not possible")]
    Grant,
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A practice to be set up.
pub struct NewPractice {
    /// Its short name in addresses.
    pub slug: Slug,
    /// What everybody may see.
    pub profile: PublicProfile,
    /// What it decides; [`Policies::STRICT`] for every deployed practice.
    pub policies: Policies,
}

/// Somebody to be invited.
pub struct NewStaff {
    /// The name that patients see.
    pub name: PersonName,
    /// The address they sign in with: an e-mail address.
    pub email: ContactValue,
    /// What they may do; at least one.
    pub roles: Vec<Role>,
    /// The language of the console and of mails.
    pub language: Language,
}

/// Whoever sets up practices. All events name the system as their actor.
#[derive(Clone)]
pub struct Provisioner {
    /// The tables.
    pub store: Store,
    /// Data keys; must be allowed to make those of practices.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
}

impl From<&App> for Provisioner {
    fn from(app: &App) -> Self {
        Self {
            store: app.store.clone(),
            keys: app.keys.clone(),
            clock: app.clock.clone(),
            entropy: app.entropy.clone(),
        }
    }
}

impl Provisioner {
    /// From `CHAT_TABLE`, `AUDIT_TABLE` and `ENVELOPE_KEY_ARN`.
    ///
    /// # Errors
    /// [`ConfigError`] names the first variable that is missing or malformed.
    pub fn new(
        environment: &Environment,
        sdk: &SdkConfig,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, ConfigError> {
        environment.required("AUDIT_TABLE")?;
        Ok(Self {
            store: Store::of_function(environment, sdk, entropy.clone())?,
            keys: Keys::of_environment(environment, sdk, clock.clone())?,
            clock,
            entropy,
        })
    }

    /// Creates a practice with its three keys: practice, short name and audit event in one transaction.
    ///
    /// # Errors
    /// [`ProvisionError::Profile`], [`ProvisionError::SlugTaken`], or a failure of store or keys.
    pub async fn create_practice(&self, new: NewPractice) -> Result<Practice, ProvisionError> {
        let profile = profile::checked(new.profile).map_err(ProvisionError::Profile)?;
        if self.store.practice_id(&new.slug).await?.is_some() {
            return Err(ProvisionError::SlugTaken);
        }
        let now = self.clock.now();
        let id = PracticeId::new(now, self.entropy.id());
        let key = |purpose| self.keys.generate(KeyScope::of_practice(id, purpose));
        let (contact, index, link) =
            tokio::try_join!(key(Purpose::Contact), key(Purpose::Index), key(Purpose::Link))?;
        let wrapped = WrappedKeys { contact: contact.wrapped, index: index.wrapped, link: link.wrapped };
        let practice = Practice { id, slug: new.slug, profile, policies: new.policies, wrapped };
        let event = audit::to_item(&self.event(id, Verb::PracticeCreated));
        let created = self.store.create_practice(&practice, now, event).await?;
        if created { Ok(practice) } else { Err(ProvisionError::SlugTaken) }
    }

    /// The practice of a short name.
    ///
    /// # Errors
    /// [`ProvisionError::NoPractice`], or a failure of the store.
    pub async fn practice(&self, slug: &Slug) -> Result<Practice, ProvisionError> {
        let id = self.store.practice_id(slug).await?.ok_or(ProvisionError::NoPractice)?;
        self.store.practice(id).await?.ok_or(ProvisionError::NoPractice)
    }

    /// Adds a member of staff, who may ask for a sign-in mail from then on.
    ///
    /// # Errors
    /// [`ProvisionError::AddressTaken`], [`ProvisionError::NoRole`], or a failure of store or keys.
    pub async fn invite_staff(&self, practice: &Practice, new: NewStaff) -> Result<Staff, ProvisionError> {
        if new.roles.is_empty() {
            return Err(ProvisionError::NoRole);
        }
        let means = self.means(practice).await?;
        let staff = Staff {
            id: StaffId::new(self.clock.now(), self.entropy.id()),
            name: new.name,
            email: new.email,
            roles: new.roles,
            language: new.language,
            active: true,
            epoch: 1,
            enrolled: false,
            invited_until: Some(Staff::invitation_end(self.clock.now())),
        };
        let mut event = self.event(practice.id, Verb::StaffInvited);
        event.object = Some(staff.id.to_string());
        match self
            .store
            .add_staff(&self.tools(practice, &means), staff, |_| vec![audit::write(&event)])
            .await?
        {
            Invited::Created(staff) => Ok(*staff),
            Invited::AddressTaken | Invited::Repeated(_) => Err(ProvisionError::AddressTaken),
        }
    }

    /// Takes away everything that a member of staff signs in with; every admin is told by mail.
    ///
    /// # Errors
    /// [`ProvisionError::NoStaff`], or a failure of store or keys.
    pub async fn reset_staff(
        &self,
        practice: &Practice,
        address: &ContactValue,
    ) -> Result<StaffId, ProvisionError> {
        let means = self.means(practice).await?;
        let id = self.store.find_staff(practice.id, &means.index_key, address).await?;
        let id = id.ok_or(ProvisionError::NoStaff)?;
        let event = Event { object: Some(id.to_string()), ..self.event(practice.id, Verb::FactorsReset) };
        match self.store.reset_factors(practice.id, &means.sealer, id, &event).await? {
            FactorsReset::Done => Ok(id),
            FactorsReset::Missing => Err(ProvisionError::NoStaff),
        }
    }

    /// Adds a patient with their own account.
    ///
    /// # Errors
    /// A failure of store or keys.
    pub async fn add_patient(&self, practice: &Practice, new: NewPatient) -> Result<Patient, ProvisionError> {
        let means = self.means(practice).await?;
        let event = self.event(practice.id, Verb::PatientCreated);
        let added = self
            .store
            .add_patient(&self.tools(practice, &means), new, |patient| {
                vec![audit::write(&Event { patient: Some(patient.id), ..event.clone() })]
            })
            .await?;
        match added {
            Added::Created(patient) => Ok(*patient),
            Added::Repeated(_) | Added::Shared(_) => Err(StoreError::Contended.into()),
        }
    }

    /// Lets somebody act for a patient.
    ///
    /// # Errors
    /// [`ProvisionError::Grant`], or a failure of store or keys.
    pub async fn grant(
        &self,
        practice: &Practice,
        patient: PatientId,
        grantee: &Grantee,
        relation: Relation,
    ) -> Result<(), ProvisionError> {
        let means = self.means(practice).await?;
        let mut event = self.event(practice.id, Verb::GrantCreated);
        event.patient = Some(patient);
        let tools = self.tools(practice, &means);
        let terms = Terms::under(practice, relation, None, None).map_err(|_| ProvisionError::Grant)?;
        match self.store.grant(&tools, patient, grantee, &terms, &event).await? {
            Granted::Created(..) | Granted::Changed(..) | Granted::Unchanged(..) => Ok(()),
            Granted::NoPatient
            | Granted::NoAccount
            | Granted::Known
            | Granted::ReasonMissing
            | Granted::Shared
            | Granted::NameMissing
            | Granted::Full
            | Granted::NeverLive => Err(ProvisionError::Grant),
        }
    }

    async fn means(&self, practice: &Practice) -> Result<Means, ProvisionError> {
        let key = |purpose| async move {
            let wrapped = practice.wrapped.of(purpose).ok_or(KeyError::Malformed)?;
            self.keys.unwrap(KeyScope::of_practice(practice.id, purpose), wrapped).await
        };
        let (contact, index_key) = tokio::try_join!(key(Purpose::Contact), key(Purpose::Index))?;
        Ok(Means { sealer: FieldSealer::new(practice.id, contact, self.entropy.clone()), index_key })
    }

    fn tools<'a>(&'a self, practice: &Practice, means: &'a Means) -> RosterTools<'a> {
        RosterTools {
            practice: practice.id,
            sealer: &means.sealer,
            index_key: &means.index_key,
            entropy: &self.entropy,
            now: self.clock.now(),
        }
    }

    fn event(&self, practice: PracticeId, verb: Verb) -> Event {
        audit::event(&self.entropy, self.clock.now(), practice, ActorId::System, verb)
    }
}

/// The opened keys of a practice.
struct Means {
    sealer: FieldSealer,
    index_key: Arc<Key>,
}
