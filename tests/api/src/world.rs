//! Local AWS with every function on it, and the movement of events between them.

use std::{collections::BTreeMap, sync::Arc};

use axum::Router;
use domain::time::Timestamp;
use local::aws::{LocalAws, Options};
use platform::{App, clock::Clock, config::Environment, entropy::Entropy};

use crate::{
    browser::Browser,
    people::{self, Practice},
    tap::Tap,
};

/// The template that everything is read from.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");
/// The origin of the portal in tests.
pub const ORIGIN: &str = "https://chat.example.org";
/// What the edge adds to each request.
pub const ORIGIN_SECRET: &str = "a-secret-of-the-edge-for-the-tests-only";

/// The functions that answer HTTP requests.
pub const HTTP_FUNCTIONS: [&str; 5] =
    ["LoginFunction", "MessagesFunction", "RosterFunction", "AuditFunction", "TextsFunction"];

/// Everything.
#[derive(Clone)]
pub struct World {
    /// Local AWS.
    pub aws: LocalAws,
    /// The clock of everything.
    pub clock: Clock,
    /// All routers, as behind one API.
    pub router: Router,
    /// The state of an operator, who may do everything: to set up and to look.
    pub operator: App,
    relay: Arc<relay::State>,
    notify: Arc<notify::State>,
    feedback: Arc<feedback::State>,
    chain: Arc<audit::chain::State>,
    texter: Arc<texts::texter::State>,
    /// A practice with people.
    pub demo: Practice,
    /// Another practice, to be foreign.
    pub other: Practice,
}

/// The parameters of the template in tests.
pub fn parameters() -> BTreeMap<String, String> {
    [
        ("PublicOrigin", ORIGIN),
        ("OriginSecret", ORIGIN_SECRET),
        ("DefaultPractice", "demo"),
        ("MailFrom", "messages@bright-eyes.test"),
        ("MailReplyTo", "front-desk@bright-eyes.test"),
        ("SmsBackend", "sns"),
        ("NoticeDelaySeconds", "0"),
        ("LogLevel", "DEBUG"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect()
}

/// The environment of a function, as Lambda would set it.
pub fn environment(aws: &LocalAws, function: &str) -> Environment {
    Environment::from_map(aws.environment(function))
}

impl World {
    /// A world that repeats itself for the same seed.
    pub async fn start(seed: u64) -> Self {
        let clock = Clock::manual(Timestamp::parse("2026-11-23T15:00:00Z").expect("a time"));
        Self::on(seed, clock, None).await
    }

    /// A world on a given clock and data directory.
    pub async fn on(seed: u64, clock: Clock, data: Option<std::path::PathBuf>) -> Self {
        Self::tapped(seed, clock, data, None).await
    }

    /// A world whose notices wait for so many seconds, as in a deployed practice. The others do not wait.
    pub async fn with_notice_delay(seed: u64, seconds: u32) -> Self {
        let clock = Clock::manual(Timestamp::parse("2026-11-23T15:00:00Z").expect("a time"));
        let mut parameters = parameters();
        parameters.insert("NoticeDelaySeconds".to_owned(), seconds.to_string());
        Self::with(seed, clock, None, None, parameters).await
    }

    /// The same, with somebody listening to what the functions send to AWS.
    pub async fn tapped(
        seed: u64,
        clock: Clock,
        data: Option<std::path::PathBuf>,
        tap: Option<&Tap>,
    ) -> Self {
        Self::with(seed, clock, data, tap, parameters()).await
    }

    async fn with(
        seed: u64,
        clock: Clock,
        data: Option<std::path::PathBuf>,
        tap: Option<&Tap>,
        parameters: BTreeMap<String, String>,
    ) -> Self {
        let now = clock.clone();
        let aws = LocalAws::open(Options {
            template: TEMPLATE.to_owned(),
            parameters,
            data,
            now: Arc::new(move || now.now().as_millis()),
            seed,
            record: true,
        })
        .expect("local AWS opens");
        let operator = operator(&aws, &clock, seed);
        let demo = people::practice(&operator, "demo", "Bright Eyes Clinic", 50).await;
        let other = people::practice(&operator, "other", "Other Practice", 50).await;
        Self::around(aws, clock, seed, tap, operator, [demo, other])
    }

    fn around(
        aws: LocalAws,
        clock: Clock,
        seed: u64,
        tap: Option<&Tap>,
        operator: App,
        [demo, other]: [Practice; 2],
    ) -> Self {
        let sdk = |name: &str| {
            let sdk = aws.sdk_config(name);
            tap.map_or(sdk.clone(), |tap| tap.on(name, sdk))
        };
        let function = |name: &str, n: u64| {
            let entropy = Entropy::seeded(seed.wrapping_mul(31) + n);
            App::new(&environment(&aws, name), &sdk(name), clock.clone(), entropy)
                .expect("the template gives the function what it needs")
        };
        let router = login::router(function("LoginFunction", 1));
        // Each router refuses what it does not know, so the merged one asks them by path, as the API does.
        let router = by_path(
            router,
            messages::router(function("MessagesFunction", 2)),
            roster::router(function("RosterFunction", 3)),
            audit::router(function("AuditFunction", 7)),
            texts::router(function("TextsFunction", 8)),
        );
        let relay = relay::State::new(
            &environment(&aws, "RelayFunction"),
            &sdk("RelayFunction"),
            clock.clone(),
            Entropy::seeded(seed + 4),
        );
        let notify = notify::State::new(
            &environment(&aws, "NotifyFunction"),
            &sdk("NotifyFunction"),
            clock.clone(),
            Entropy::seeded(seed + 5),
        );
        let feedback = feedback::State::new(
            &environment(&aws, "FeedbackFunction"),
            &sdk("FeedbackFunction"),
            clock.clone(),
            Entropy::seeded(seed + 8),
        );
        let chain = audit::chain::State::new(
            &environment(&aws, "ChainFunction"),
            &sdk("ChainFunction"),
            clock.clone(),
            Entropy::seeded(seed + 6),
        );
        let texter = texts::texter::State::new(
            &environment(&aws, "TexterFunction"),
            &sdk("TexterFunction"),
            clock.clone(),
            Entropy::seeded(seed + 9),
        );
        Self {
            texter: Arc::new(texter.expect("texter has what it needs")),
            chain: Arc::new(chain.expect("chain has what it needs")),
            relay: Arc::new(relay.expect("relay has what it needs")),
            notify: Arc::new(notify.expect("notify has what it needs")),
            feedback: Arc::new(feedback.expect("feedback has what it needs")),
            aws,
            clock,
            router,
            operator,
            demo,
            other,
        }
    }

    /// A browser without a cookie.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// Moves every event until nothing is left to move.
    pub async fn pump(&self) {
        while let Some(batch) = self.aws.take().expect("no event source is denied") {
            let answer = self.invoke(&batch.function.clone(), batch.event.clone()).await;
            self.aws.settle(batch, answer);
        }
    }

    /// Calls an event function as Lambda does.
    ///
    /// # Errors
    /// The function's own error, as text.
    pub async fn invoke(
        &self,
        function: &str,
        event: serde_json::Value,
    ) -> Result<serde_json::Value, String> {
        match function {
            "RelayFunction" => relay::handle(&self.relay, event).await.map_err(|e| e.to_string()),
            "NotifyFunction" => notify::handle(&self.notify, event).await.map_err(|e| e.to_string()),
            "FeedbackFunction" => feedback::handle(&self.feedback, event).await.map_err(|e| e.to_string()),
            "ChainFunction" => audit::chain::handle(&self.chain, event).await.map_err(|e| e.to_string()),
            "TexterFunction" => texts::texter::handle(&self.texter, event).await.map_err(|e| e.to_string()),
            other => panic!("no such function: {other}"),
        }
    }

    /// Lets the schedules tick once and moves what they bring.
    pub async fn tick(&self) {
        for tick in self.aws.all_ticks() {
            self.invoke(&tick.function.clone(), tick.event.clone()).await.expect("a tick");
        }
        self.pump().await;
    }
}

/// The operator's state: the environment of a function with all names, and an administrator's key.
fn operator(aws: &LocalAws, clock: &Clock, seed: u64) -> App {
    let environment = environment(aws, "MessagesFunction");
    App::new(&environment, &aws.sdk_config("admin"), clock.clone(), Entropy::seeded(seed ^ 0x5eed))
        .expect("the template gives the operator what it needs")
}

/// Sends a request to the router of its path, as the routes of the API do.
fn by_path(login: Router, messages: Router, roster: Router, audit: Router, texts: Router) -> Router {
    use tower::ServiceExt;
    let choose = move |request: axum::extract::Request| {
        let path = request.uri().path();
        let starts = |prefix: &str| path == prefix || path.starts_with(&format!("{prefix}/"));
        let router = if starts("/v1/conversations") || starts("/v1/drafts") {
            messages.clone()
        } else if starts("/v1/texts")
            || starts("/v1/visits")
            || path == "/v1/me/consents"
            || (starts("/v1/patients") && path.ends_with("/consents"))
        {
            texts.clone()
        } else if starts("/v1/patients") || starts("/v1/staff") || starts("/v1/practice") {
            roster.clone()
        } else if starts("/v1/audit") || starts("/v1/evidence") || starts("/v1/me/access-log") {
            audit.clone()
        } else {
            login.clone()
        };
        async move { router.oneshot(request).await.expect("a router never fails") }
    };
    Router::new().fallback(choose)
}
