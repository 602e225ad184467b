//! The whole product in one process, on local AWS.

mod functions;
mod mover;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use platform::clock::Clock;
use platform::config::{ConfigError, Environment};
use platform::entropy::Entropy;
use platform::{App, store::StoreError};

pub(crate) use self::functions::Functions;
pub use self::mover::{Mover, Pumped};

use crate::aws::{LocalAws, OpenError, Options};
use crate::edge::{self, Edge, EdgeError};
use crate::seed::{self, SeedError};

/// The template that this program was built with.
pub const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// The secret between the play CloudFront and the functions. The port is on the loopback: it keeps nobody out.
const ORIGIN_SECRET: &str = "local-run-origin-secret-of-no-value";

/// How to start.
#[derive(Clone)]
pub struct StackOptions {
    /// The text of `template.yaml`.
    pub template: String,
    /// Template parameters instead of the local run's own.
    pub parameters: BTreeMap<String, String>,
    /// Where to keep everything; in memory without.
    pub data: Option<PathBuf>,
    /// The origin that links point to, as `http://localhost:8080`.
    pub origin: String,
    /// The portal's built files. Without, its pages say that it was not built.
    pub portal: Option<PathBuf>,
    /// The clock of functions, queues and stored times.
    pub clock: Clock,
    /// Randomness of the functions.
    pub entropy: Entropy,
    /// Seeds local AWS.
    pub seed: u64,
    /// Whether calls are recorded from the start.
    pub record: bool,
    /// Whether the demo practice is created where it is missing.
    pub demo: bool,
    /// Whether a second practice shares the address.
    pub second_practice: bool,
}

impl StackOptions {
    /// For tests: in memory, with a clock that the test turns and repeatable randomness, calls recorded, the demo
    /// practice there.
    pub fn test(seed: u64) -> Self {
        Self {
            template: TEMPLATE.to_owned(),
            parameters: BTreeMap::new(),
            data: None,
            origin: "http://localhost:8080".to_owned(),
            portal: None,
            // 2026-03-02T15:00:00Z: Monday, ten in the morning in New York.
            clock: Clock::manual(domain::time::Timestamp::from_millis(1_772_463_600_000)),
            entropy: Entropy::seeded(seed),
            seed,
            record: true,
            demo: true,
            second_practice: false,
        }
    }

    /// For people: on disk, with the machine's own clock and randomness.
    pub fn run(data: PathBuf, origin: String, portal: PathBuf) -> Self {
        Self {
            data: Some(data),
            origin,
            portal: Some(portal),
            clock: Clock::System,
            entropy: Entropy::System,
            seed: 0,
            record: false,
            ..Self::test(0)
        }
    }
}

/// Why the product did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Local AWS did not open.
    #[error(transparent)]
    Aws(#[from] OpenError),
    /// A function's environment is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The template has a function that this program does not contain.
    #[error("template.yaml: there is no code for {0}")]
    UnknownFunction(String),
    /// The play CloudFront cannot be built.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The demo practice could not be created.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The tables did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The running product. Clones share it.
#[derive(Clone)]
pub struct Stack {
    inner: Arc<Inner>,
}

struct Inner {
    aws: LocalAws,
    functions: Arc<Functions>,
    clock: Clock,
    entropy: Entropy,
    edge: Arc<Edge>,
}

impl Stack {
    /// Opens local AWS, builds every function of the template and creates the demo practice. Moves no events by
    /// itself; see [`Stack::pump`] and [`Stack::move_events`].
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: StackOptions) -> Result<Self, StartError> {
        let clock = options.clock.clone();
        let now = Arc::new(move || clock.now().as_millis());
        let mut parameters = parameters(&options.origin);
        parameters.extend(options.parameters.clone());
        let aws = LocalAws::open(Options {
            template: options.template.clone(),
            parameters,
            data: options.data.clone(),
            now,
            seed: options.seed,
            record: options.record,
        })?;
        if let Some(unknown) =
            aws.template().functions.iter().find(|function| !Functions::knows(&function.logical))
        {
            return Err(StartError::UnknownFunction(unknown.logical.clone()));
        }
        let parts = functions::Parts { aws: &aws, clock: &options.clock, entropy: &options.entropy };
        let functions = Arc::new(Functions::build(&parts)?);
        let edge = Edge::new(
            &options.origin,
            ORIGIN_SECRET,
            options.portal.clone(),
            aws.clone(),
            Arc::clone(&functions),
        )?;
        let stack = Self {
            inner: Arc::new(Inner {
                aws,
                functions,
                clock: options.clock,
                entropy: options.entropy,
                edge: Arc::new(edge),
            }),
        };
        if options.demo {
            seed::demo(&stack).await?;
        }
        if options.second_practice {
            seed::second(&stack).await?;
        }
        stack.aws().recorder().clear();
        Ok(stack)
    }

    /// Everything behind one host: portal, API, outbox.
    pub fn router(&self) -> Router {
        edge::router(Arc::clone(&self.inner.edge))
    }

    /// The local AWS underneath.
    pub fn aws(&self) -> &LocalAws {
        &self.inner.aws
    }

    /// The clock of the functions.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The state of an HTTP function, or of the operator's role, built anew: for looking and for seeding.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn app(&self, role: &str) -> Result<App, ConfigError> {
        // Whoever is no function of its own gets the variables of the one with the most.
        let environment = match self.inner.aws.template().function(role) {
            Some(_) => self.inner.aws.environment(role),
            None => self.inner.aws.environment("MessagesFunction"),
        };
        let sdk = self.inner.aws.sdk_config(role);
        App::new(
            &Environment::from_map(environment),
            &sdk,
            self.inner.clock.clone(),
            self.inner.entropy.clone(),
        )
    }
}

/// The template's parameters in the local run.
fn parameters(origin: &str) -> BTreeMap<String, String> {
    [
        ("PublicOrigin", origin),
        ("OriginSecret", ORIGIN_SECRET),
        ("DefaultPractice", seed::SLUG),
        ("MailFrom", "notices@brighteyes.test"),
        ("MailReplyTo", "front-desk@brighteyes.test"),
        ("SmsBackend", "sns"),
        ("NoticeDelaySeconds", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
