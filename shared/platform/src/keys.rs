//! Data keys from KMS: made, unwrapped, kept in memory for a few minutes.
//!
//! Every call carries the full encryption context, so a wrapped key that was copied to another conversation or
//! practice does not unwrap. IAM allows each function only the purposes it needs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest;
use aws_sdk_kms::{
    Client, error::SdkError, operation::decrypt::DecryptError, primitives::Blob, types::DataKeySpec,
};
use domain::{
    id::{ConversationId, PatientId, PracticeId},
    time::Timestamp,
};
use tokio::sync::OnceCell;

use crate::{
    aws::SdkConfig,
    clock::Clock,
    config::{ConfigError, Environment},
    seal::Key,
};

/// How long an unwrapped key stays in memory.
const CACHE_SECONDS: i64 = 300;
/// How many unwrapped keys stay in memory.
const CACHE_ENTRIES: usize = 1_000;
/// Version of the envelope, part of every encryption context.
const ENVELOPE_VERSION: &str = "pc1";

/// What a data key is for. It is part of the encryption context and of the IAM conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Messages of one conversation.
    Content,
    /// Names, addresses and birth dates of a practice.
    Contact,
    /// Blind indexes of a practice.
    Index,
    /// Sign-in secrets of a practice.
    Link,
    /// What was kept of one recalled message.
    Evidence,
}

impl Purpose {
    /// The name in the encryption context.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Contact => "contact",
            Self::Index => "index",
            Self::Link => "link",
            Self::Evidence => "evidence",
        }
    }
}

/// What a data key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyScope {
    /// The practice.
    pub practice: PracticeId,
    /// What the key is for.
    pub purpose: Purpose,
    /// Patient and conversation of a content or evidence key.
    pub conversation: Option<(PatientId, ConversationId)>,
}

impl KeyScope {
    /// A key of a practice.
    pub const fn of_practice(practice: PracticeId, purpose: Purpose) -> Self {
        Self { practice, purpose, conversation: None }
    }

    /// The content key of a conversation.
    pub const fn of_conversation(
        practice: PracticeId,
        patient: PatientId,
        conversation: ConversationId,
    ) -> Self {
        Self { practice, purpose: Purpose::Content, conversation: Some((patient, conversation)) }
    }

    /// The key of what is kept of one message of a conversation.
    pub const fn of_evidence(practice: PracticeId, patient: PatientId, conversation: ConversationId) -> Self {
        Self { practice, purpose: Purpose::Evidence, conversation: Some((patient, conversation)) }
    }

    fn context(&self) -> HashMap<String, String> {
        let mut context = HashMap::from([
            ("practice".to_owned(), self.practice.to_string()),
            ("purpose".to_owned(), self.purpose.as_str().to_owned()),
            ("v".to_owned(), ENVELOPE_VERSION.to_owned()),
        ]);
        if let Some((patient, conversation)) = self.conversation {
            context.insert("patient".to_owned(), patient.to_string());
            context.insert("conversation".to_owned(), conversation.to_string());
        }
        context
    }
}

/// Why a data key is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// KMS does not answer or refuses for now. The request fails closed and may be repeated.
    #[error("the key service is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// KMS says that this wrapped key does not belong here, or that this function may not use it.
    #[error("the key service refuses this key")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// KMS answered with something that is not a 256-bit key.
    #[error("the key service answered with no usable key")]
    Malformed,
}

/// A data key with its wrapped form, as stored beside what it seals.
pub struct NewKey {
    /// The key.
    pub key: Arc<Key>,
    /// The key as KMS wrapped it.
    pub wrapped: Vec<u8>,
}

type CacheId = [u8; 32];

struct Entry {
    cell: Arc<OnceCell<Arc<Key>>>,
    since: Timestamp,
}

/// Data keys, by way of KMS. Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Keys {
    kms: Client,
    key_arn: Arc<str>,
    clock: Clock,
    cache: Arc<Mutex<HashMap<CacheId, Entry>>>,
}

impl Keys {
    /// Keys under one customer-managed KMS key.
    pub fn new(kms: Client, key_arn: &str, clock: Clock) -> Self {
        Self { kms, key_arn: key_arn.into(), clock, cache: Arc::default() }
    }

    /// Keys under the KMS key that `ENVELOPE_KEY_ARN` names.
    ///
    /// # Errors
    /// [`ConfigError`] if it is missing or not the ARN of a KMS key.
    pub fn of_environment(
        environment: &Environment,
        sdk: &SdkConfig,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let key_arn = environment.parsed("ENVELOPE_KEY_ARN", "is not the ARN of a KMS key", |text| {
            (text.starts_with("arn:") && text.contains(":kms:")).then(|| text.to_owned())
        })?;
        Ok(Self::new(Client::new(sdk), &key_arn, clock))
    }

    /// A new data key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn generate(&self, scope: KeyScope) -> Result<NewKey, KeyError> {
        let answer = self
            .kms
            .generate_data_key()
            .key_id(&*self.key_arn)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(scope.context()))
            .send()
            .await
            .map_err(|error| KeyError::Unavailable(error.into()))?;
        let wrapped = answer.ciphertext_blob.ok_or(KeyError::Malformed)?.into_inner();
        let key = Arc::new(unwrapped(answer.plaintext)?);
        // Whoever seals evidence must not be able to open it a moment later.
        if scope.purpose == Purpose::Evidence {
            return Ok(NewKey { key, wrapped });
        }
        let entry = self.entry(cache_id(&self.key_arn, &scope, &wrapped));
        Ok(NewKey { key: entry.get_or_init(|| async { key }).await.clone(), wrapped })
    }

    /// The data key behind a wrapped one. Concurrent calls for one key share one call to KMS.
    ///
    /// # Errors
    /// [`KeyError`]. A key in the cache is found without KMS.
    pub async fn unwrap(&self, scope: KeyScope, wrapped: &[u8]) -> Result<Arc<Key>, KeyError> {
        let entry = self.entry(cache_id(&self.key_arn, &scope, wrapped));
        entry.get_or_try_init(|| self.decrypt(scope, wrapped)).await.cloned()
    }

    async fn decrypt(&self, scope: KeyScope, wrapped: &[u8]) -> Result<Arc<Key>, KeyError> {
        let answer = self
            .kms
            .decrypt()
            .key_id(&*self.key_arn)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(scope.context()))
            .send()
            .await
            .map_err(decrypt_error)?;
        unwrapped(answer.plaintext).map(Arc::new)
    }

    fn entry(&self, id: CacheId) -> Arc<OnceCell<Arc<Key>>> {
        let now = self.clock.now();
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |entry: &Entry| now.millis_since(entry.since) < CACHE_SECONDS * 1000;
        if let Some(entry) = cache.get(&id).filter(|entry| fresh(entry)) {
            return entry.cell.clone();
        }
        if cache.len() >= CACHE_ENTRIES {
            cache.retain(|_, entry| fresh(entry));
        }
        if cache.len() >= CACHE_ENTRIES
            && let Some(oldest) = cache.iter().min_by_key(|(_, entry)| entry.since).map(|(id, _)| *id)
        {
            cache.remove(&oldest);
        }
        let entry = Entry { cell: Arc::default(), since: now };
        let cell = entry.cell.clone();
        cache.insert(id, entry);
        cell
    }
}

fn unwrapped(plaintext: Option<Blob>) -> Result<Key, KeyError> {
    let bytes = zeroize::Zeroizing::new(plaintext.ok_or(KeyError::Malformed)?.into_inner());
    Key::try_from_slice(&bytes).map_err(|_| KeyError::Malformed)
}

fn decrypt_error(error: SdkError<DecryptError>) -> KeyError {
    use aws_sdk_kms::error::ProvideErrorMetadata;
    let refused = error.as_service_error().is_some_and(|e| {
        e.is_invalid_ciphertext_exception()
            || e.is_incorrect_key_exception()
            || e.is_invalid_key_usage_exception()
            || e.code() == Some("AccessDeniedException")
    });
    if refused { KeyError::Refused(error.into()) } else { KeyError::Unavailable(error.into()) }
}

/// The cache knows a key by everything that KMS would check, so a hit can never stand for a refused call.
fn cache_id(key_arn: &str, scope: &KeyScope, wrapped: &[u8]) -> CacheId {
    let mut hash = digest::Context::new(&digest::SHA256);
    let conversation = scope.conversation.map(|(p, c)| (p.to_string(), c.to_string())).unwrap_or_default();
    for part in [
        key_arn.as_bytes(),
        scope.practice.to_string().as_bytes(),
        scope.purpose.as_str().as_bytes(),
        conversation.0.as_bytes(),
        conversation.1.as_bytes(),
        wrapped,
    ] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = [0; 32];
    id.copy_from_slice(hash.finish().as_ref());
    id
}
