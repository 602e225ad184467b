//! A small local AWS that speaks the real wire protocols, so that the unchanged SDK clients, with their
//! serialization, signing, retries and timeouts, run against it: in-process or through a loopback port.
//!
//! Its schema and its permissions are `template.yaml`. What it plays: DynamoDB, KMS, SES v1, SNS, SQS, S3, event source
//! mappings and schedules; only the operations that are used, and an AWS error for the rest.

mod connector;
mod datadir;
mod dispatch;
mod dynamodb;
mod fault;
pub mod iam;
mod kms;
mod model;
mod mover;
mod outbox;
mod pattern;
mod port;
mod prices;
mod query;
mod random;
mod recorder;
mod s3;
mod ses;
mod sns;
mod sqs;
mod store;
pub mod template;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use aws_types::SdkConfig;
use tokio::sync::Notify;

use self::datadir::DataDir;
use self::dynamodb::DynamoDb;
use self::fault::Faults;
use self::iam::{Caller, Denied, Iam};
use self::kms::Kms;
use self::model::Active;
use self::s3::S3;
use self::store::Store;
use self::template::{Queue, Template};

pub use self::datadir::OpenError;
pub use self::fault::{Fault, FaultPlan, Rule, When};
pub use self::model::Model;
pub use self::mover::{Batch, Settled, Tick};
pub use self::outbox::{Channel, Outbox, Received, Sent, provider_id};
pub use self::prices::{Invocation, PriceError, PriceFile};
pub use self::recorder::{CallRecord, Calls, Part, Recorder, Units};
pub use self::s3::StoredObject;
pub use self::store::Depth;
pub use self::wire::Service;

/// Where the time comes from: Unix milliseconds.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How to open a local AWS.
#[derive(Clone)]
pub struct Options {
    /// The text of `template.yaml`.
    pub template: String,
    /// Values for its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Where to keep everything; in memory without.
    pub data: Option<PathBuf>,
    /// The clock that stored times, delays and timeouts of queues go by.
    pub now: Now,
    /// Seeds keys in memory and ids.
    pub seed: u64,
    /// Whether calls are recorded from the start.
    pub record: bool,
}

/// A local AWS. Clones share it.
#[derive(Clone)]
pub struct LocalAws {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    template: Arc<Template>,
    iam: Iam,
    dynamodb: DynamoDb,
    kms: Kms,
    store: Store,
    outbox: Outbox,
    s3: S3,
    recorder: Recorder,
    faults: Faults,
    model: RwLock<Option<Arc<Active>>>,
    now: Now,
    ids: random::Seeded,
    /// Something may be ready to be moved.
    wake: Notify,
    mover: mover::State,
    _data: Option<DataDir>,
}

impl LocalAws {
    /// Opens the data directory (or memory), creates what the template declares and is missing, checks the rest.
    ///
    /// # Errors
    /// [`OpenError`] names the file, table, resource or parameter at fault. A damaged directory is left as it is.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let template = Arc::new(Template::parse(&options.template, &options.parameters)?);
        let iam = Iam::new(&template);
        iam::check_wiring(&template, &iam)?;
        let data = options.data.as_deref().map(DataDir::open).transpose()?;
        let file = |name: &str| data.as_ref().map(|data| data.file(name));
        let kms = Kms::open(Arc::clone(&template), file(datadir::KEYS).as_deref(), options.seed)?;
        let store = Store::open(file(datadir::EVENTS).as_deref())?;
        let outbox = Outbox::open(file(datadir::OUTBOX).as_deref())?;
        let s3 = S3::open(file(datadir::OBJECTS).as_deref())?;
        let dynamodb = DynamoDb::open(&template, file(datadir::ITEMS).as_deref())?;
        dynamodb.recover(&template, &store)?;
        if let Some(data) = &data {
            data.complete()?;
        }
        let ids = if data.is_some() { fresh_seed() } else { options.seed };
        let inner = Inner {
            template,
            iam,
            dynamodb,
            kms,
            store,
            outbox,
            s3,
            recorder: Recorder::new(options.record),
            faults: Faults::default(),
            model: RwLock::new(None),
            now: options.now,
            ids: random::Seeded::new(ids),
            wake: Notify::new(),
            mover: mover::State::default(),
            _data: data,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The configuration of an SDK client that calls as `caller`, in-process: a function's or role's logical id, or
    /// anything else for an administrator.
    pub fn sdk_config(&self, caller: &str) -> SdkConfig {
        connector::sdk_config(self, self.caller(caller))
    }

    /// A function's environment variables, without those that Lambda itself sets.
    pub fn environment(&self, function: &str) -> BTreeMap<String, String> {
        self.inner
            .template
            .function(function)
            .map(|function| function.environment.clone())
            .unwrap_or_default()
    }

    /// The access key id and secret of a function, a role, or the administrator.
    pub fn credentials(&self, caller: &str) -> (String, String) {
        key_of(&self.caller(caller))
    }

    /// The loopback port's router.
    pub fn wire_router(&self) -> axum::Router {
        port::router(self.clone())
    }

    /// What was sent.
    pub fn outbox(&self) -> &Outbox {
        &self.inner.outbox
    }

    /// What was called.
    pub fn recorder(&self) -> &Recorder {
        &self.inner.recorder
    }

    /// Who may do what.
    pub fn iam(&self) -> &Iam {
        &self.inner.iam
    }

    /// The template as it is played.
    pub fn template(&self) -> &Template {
        &self.inner.template
    }

    /// Sets the faults to come, or none.
    pub fn set_faults(&self, plan: Option<FaultPlan>) {
        self.inner.faults.set(plan);
    }

    /// Switches the model of latencies, conflicts, index lag and hot partitions.
    ///
    /// # Errors
    /// [`OpenError::Engine`] where the delayed copy for index lag cannot be made.
    pub async fn set_model(&self, model: Option<Model>) -> Result<(), OpenError> {
        let active = match model {
            Some(model) => {
                let replica = if model.index_lag.is_zero() {
                    None
                } else {
                    Some(self.inner.dynamodb.replica(&self.inner.template, model.index_lag).await?)
                };
                Some(Arc::new(Active::new(model, replica)))
            }
            None => None,
        };
        if let Ok(mut current) = self.inner.model.write() {
            *current = active;
        }
        Ok(())
    }

    /// How many messages a queue holds, by its logical id.
    pub fn queue_depth(&self, queue: &str) -> Option<Depth> {
        self.inner.store.depth(self.inner.template.queue(queue)?, self.inner.now()).ok()
    }

    /// The bodies in a queue, oldest first. Nothing is received.
    pub fn queue_bodies(&self, queue: &str) -> Vec<String> {
        let queue = self.inner.template.queue(queue);
        queue.and_then(|queue| self.inner.store.bodies(queue).ok()).unwrap_or_default()
    }

    /// Stream records that no function has taken yet.
    pub fn stream_backlog(&self) -> i64 {
        self.inner.store.record_count().unwrap_or(0)
    }

    /// Publishes to a topic as AWS itself would, for events that come from outside. Answers whether it exists.
    pub fn publish(&self, topic: &str, message: &str) -> bool {
        let Some(topic) =
            self.inner.template.topics.iter().find(|known| known.logical == topic || known.name == topic)
        else {
            return false;
        };
        sns::deliver(&self.inner, topic, message, &serde_json::Map::new(), None).is_ok()
    }

    /// Every item of a table, by its logical id, as the JSON of the API: for looking at what is stored.
    pub async fn items(&self, table: &str) -> Vec<serde_json::Value> {
        match self.inner.template.table(table) {
            Some(table) => self.inner.dynamodb.items(&table.name).await,
            None => Vec::new(),
        }
    }

    /// The objects of a bucket, by its logical id, whose keys begin so: for looking at what is stored.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Vec<StoredObject> {
        let bucket = self.inner.template.buckets.iter().find(|known| known.logical == bucket);
        bucket.and_then(|bucket| self.inner.s3.all(&bucket.name, prefix).ok()).unwrap_or_default()
    }

    /// Stores a phone's answer or a provider's report, for the outbox page.
    ///
    /// # Errors
    /// [`OpenError::Engine`] where the outbox cannot be written.
    pub fn receive(&self, kind: &'static str, message: &serde_json::Value) -> Result<(), OpenError> {
        let stored = self.inner.outbox.receive(kind, message, self.inner.now());
        stored.map_err(|error| OpenError::Engine(error.to_string()))
    }

    /// Deletes items whose time to live is over; AWS does so within days. Answers how many.
    pub async fn expire_items(&self) -> usize {
        self.inner.dynamodb.sweep().await
    }

    fn caller(&self, name: &str) -> Caller {
        if self.inner.iam.knows(name) { Caller::Role(name.into()) } else { Caller::Admin }
    }
}

impl Inner {
    fn now(&self) -> i64 {
        (self.now)()
    }

    fn model(&self) -> Option<Arc<Active>> {
        self.model.read().ok()?.clone()
    }

    /// A version 4 UUID, for message and request ids.
    fn uuid(&self) -> String {
        let (high, low) = (self.ids.next(), self.ids.next());
        let high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
        let low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }

    fn receive(
        &self,
        queue: &Queue,
        limit: usize,
        visibility_seconds: i64,
    ) -> rusqlite::Result<Vec<store::Message>> {
        let receipt = format!("{:016x}", self.ids.next());
        self.store.receive(&self.template, queue, limit, visibility_seconds, self.now(), &receipt)
    }

    /// The permissions that a caller needs on the customer key of an encrypted resource, as real AWS asks them.
    fn via_key(
        &self,
        caller: &Caller,
        service: Service,
        key: &str,
        actions: &[&str],
        pairs: &[(&str, &str)],
    ) -> Result<(), Denied> {
        if *caller == Caller::Admin {
            return Ok(());
        }
        let Some(key) = self.template.key(key) else { return Ok(()) };
        let context = iam::via(service.name(), pairs);
        actions.iter().try_for_each(|action| self.iam.authorize_key(caller, action, key, &context))
    }
}

const ADMIN_KEY: &str = "LOCALADMIN";

/// Access key id and secret. The secret is no secret: the port is on the loopback, and signatures are not checked.
fn key_of(caller: &Caller) -> (String, String) {
    let id = match caller {
        Caller::Role(logical) => format!("LOCAL{}", logical.to_uppercase()),
        Caller::Admin | Caller::Service(_) => ADMIN_KEY.to_owned(),
    };
    (id, format!("local-secret-of-{caller}"))
}

fn caller_of(aws: &LocalAws, key: &str) -> Caller {
    let mut known = aws.inner.iam.logical_ids();
    match known
        .find(|logical| key.strip_prefix("LOCAL").is_some_and(|rest| logical.eq_ignore_ascii_case(rest)))
    {
        Some(logical) => Caller::Role(logical.into()),
        None => Caller::Admin,
    }
}

fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    // Ids of messages need to differ between runs, not to be secret: a failing generator leaves a fixed seed.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// Locks what a panic elsewhere cannot leave half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Unix milliseconds as RFC 3339 UTC with milliseconds.
pub(crate) fn rfc3339(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map(|at| format!("{at:.3}")).unwrap_or_default()
}
