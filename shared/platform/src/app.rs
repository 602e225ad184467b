//! What every handler works with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_types::SdkConfig;
use domain::{Invalid, id::PracticeId, practice::Slug, time::Timestamp};

use crate::{
    clock::Clock,
    config::{ConfigError, Environment, Origin, OriginSecrets},
    entropy::Entropy,
    http::edge::Edge,
    keys::{KeyError, KeyScope, Keys, Purpose},
    letterhead::Letterhead,
    seal::Key,
    sealing::FieldSealer,
    store::{Store, StoreError, practice::Practice},
};

/// How long a practice's profile and policies are used from memory.
const PRACTICE_SECONDS: i64 = 60;

/// Practices in memory, each with when it was read.
type Practices = HashMap<PracticeId, (Arc<Practice>, Timestamp)>;

/// The state of a function: built once, cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The tables.
    pub store: Store,
    /// Data keys.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// What is in front of the API.
    pub edge: Arc<Edge>,
    /// The practice of a host that names none.
    pub default_practice: Option<Slug>,
    /// Whether text messages leave at all. Only whoever asks for one has to know.
    pub sends_texts: bool,
    practices: Arc<Mutex<Practices>>,
    slugs: Arc<Mutex<HashMap<String, PracticeId>>>,
}

impl App {
    /// From the environment and an SDK configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the first variable that is missing or malformed.
    pub fn new(
        environment: &Environment,
        sdk: &SdkConfig,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, ConfigError> {
        let edge = Edge {
            origin: environment.parsed("PUBLIC_ORIGIN", "is not an https origin", Origin::parse)?,
            secrets: environment.parsed(
                "ORIGIN_SECRETS",
                "is not one or two secrets of 16 characters or more",
                OriginSecrets::parse,
            )?,
        };
        Ok(Self { edge: Arc::new(edge), ..Self::without_edge(environment, sdk, clock, entropy)? })
    }

    /// The same for functions that no HTTP request reaches.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn without_edge(
        environment: &Environment,
        sdk: &SdkConfig,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, ConfigError> {
        let keys = Keys::of_environment(environment, sdk, clock.clone())?;
        let origin = environment.parsed("PUBLIC_ORIGIN", "is not an https origin", Origin::parse)?;
        // Whoever acts on people's data writes it down.
        environment.required("AUDIT_TABLE")?;
        Ok(Self {
            store: Store::new(environment, aws_sdk_dynamodb::Client::new(sdk), entropy.clone())?,
            keys,
            clock,
            entropy,
            edge: Arc::new(Edge { origin, secrets: OriginSecrets::none() }),
            default_practice: match environment.optional("DEFAULT_PRACTICE") {
                None => None,
                Some(_) => Some(
                    environment.parsed("DEFAULT_PRACTICE", "is not a short name", |t| Slug::parse(t).ok())?,
                ),
            },
            sends_texts: environment.optional("SMS_BACKEND").is_some_and(|backend| backend != "off"),
            practices: Arc::default(),
            slugs: Arc::default(),
        })
    }

    /// A practice, at most a minute old.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn practice(&self, id: PracticeId) -> Result<Option<Arc<Practice>>, StoreError> {
        let now = self.clock.now();
        let fresh =
            |(_, since): &&(Arc<Practice>, Timestamp)| now.millis_since(*since) < PRACTICE_SECONDS * 1000;
        let cached = self
            .practices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .filter(fresh)
            .map(|(practice, _)| practice.clone());
        if cached.is_some() {
            return Ok(cached);
        }
        let Some(practice) = self.store.practice(id).await?.map(Arc::new) else { return Ok(None) };
        let mut practices = self.practices.lock().unwrap_or_else(PoisonError::into_inner);
        practices.insert(id, (practice.clone(), now));
        Ok(Some(practice))
    }

    /// Forgets what is remembered of a practice: it was changed here. Other processes see the change within a minute.
    pub fn forget_practice(&self, id: PracticeId) {
        self.practices.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// A practice that a session or stored item names: it must exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_practice(&self, id: PracticeId) -> Result<Arc<Practice>, StoreError> {
        self.practice(id).await?.ok_or(StoreError::Malformed("practice"))
    }

    /// A practice by its short name. Short names are never given to another practice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn practice_by_slug(&self, slug: &Slug) -> Result<Option<Arc<Practice>>, StoreError> {
        let known = self.slugs.lock().unwrap_or_else(PoisonError::into_inner).get(slug.as_str()).copied();
        let id = match known {
            Some(id) => Some(id),
            None => self.store.practice_id(slug).await?,
        };
        let Some(id) = id else { return Ok(None) };
        self.slugs.lock().unwrap_or_else(PoisonError::into_inner).insert(slug.as_str().to_owned(), id);
        self.practice(id).await
    }

    /// What pages and links name a practice by that shares the origin with the one that has it to itself: its id, without
    /// what all of them begin with. It says nothing to anybody.
    pub fn reference(&self, practice: &Practice) -> Option<String> {
        let is_default = self.default_practice.as_ref() == Some(&practice.slug);
        (!is_default).then(|| practice.id.to_string().trim_start_matches(PracticeId::PREFIX).to_owned())
    }

    /// What the messages of a practice are signed with, and where their links lead.
    ///
    /// # Errors
    /// As [`Letterhead::new`].
    pub fn letterhead(&self, practice: &Practice) -> Result<Letterhead, Invalid> {
        let letterhead = Letterhead::new(self.edge.origin.clone(), &practice.profile)?;
        Ok(letterhead.with_reference(self.reference(practice)))
    }

    /// A data key of a practice.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn practice_key(&self, practice: &Practice, purpose: Purpose) -> Result<Arc<Key>, KeyError> {
        let wrapped = practice.wrapped.of(purpose).ok_or(KeyError::Malformed)?;
        self.keys.unwrap(KeyScope::of_practice(practice.id, purpose), wrapped).await
    }

    /// The sealer of a practice's personal fields.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn sealer(&self, practice: &Practice) -> Result<FieldSealer, KeyError> {
        let key = self.practice_key(practice, Purpose::Contact).await?;
        Ok(FieldSealer::new(practice.id, key, self.entropy.clone()))
    }
}
