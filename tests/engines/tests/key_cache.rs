//! The cache of data keys in front of a KMS that takes 30 ms for each call. Needs no engine.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests measure by the machine's clock and fail by panicking"
)]

use std::time::{Duration, Instant};

use domain::id::{ConversationId, PatientId, PracticeId};
use engines_tests::stub::SlowKms;
use futures_util::future::join_all;
use platform::{
    aws::SdkConfig,
    clock::Clock,
    config::Environment,
    entropy::Entropy,
    keys::{KeyError, KeyScope, Keys},
};

const KMS_TIME: Duration = Duration::from_millis(30);
const UNWRAPS: usize = 1_000;
const BAR: Duration = Duration::from_secs(5);

/// As functions have it, timeouts and retries included.
fn sdk() -> SdkConfig {
    let variables =
        [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "NOBODY"), ("AWS_SECRET_ACCESS_KEY", "nobody")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    platform::aws::sdk_config(&Environment::from_map(variables.into())).unwrap()
}

fn keys(kms: &SlowKms, clock: Clock) -> Keys {
    Keys::new(kms.client(&sdk()), "arn:aws:kms:us-east-1:000000000000:key/1", clock)
}

/// The scopes of conversations, each another one.
fn scopes(count: usize) -> Vec<KeyScope> {
    let (now, entropy) = (Clock::System.now(), Entropy::seeded(9));
    let practice = PracticeId::new(now, entropy.id());
    let scope = |_| {
        let (patient, conversation) =
            (PatientId::new(now, entropy.id()), ConversationId::new(now, entropy.id()));
        KeyScope::of_conversation(practice, patient, conversation)
    };
    (0..count).map(scope).collect()
}

async fn unwrap_all(keys: &Keys, scopes: &[KeyScope]) {
    for key in join_all(scopes.iter().map(|scope| keys.unwrap(*scope, b"wrapped"))).await {
        key.unwrap();
    }
}

fn a_thousand_unwraps(worker_threads: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads)
        .enable_all()
        .build()
        .unwrap();
    let kms = SlowKms::new(KMS_TIME);
    let keys = keys(&kms, Clock::System);
    let start = Instant::now();
    let tasks = scopes(UNWRAPS).into_iter().map(|scope| {
        let keys = keys.clone();
        runtime.spawn(async move { keys.unwrap(scope, b"wrapped").await.unwrap() })
    });
    let tasks: Vec<_> = tasks.collect();
    runtime.block_on(join_all(tasks)).into_iter().for_each(|key| drop(key.unwrap()));
    let took = start.elapsed();
    println!("{UNWRAPS} unwraps on {worker_threads} worker threads: {took:.2?}");
    assert_eq!(kms.calls(), UNWRAPS);
    assert!(took < BAR, "{took:?}");
}

#[test]
fn a_thousand_unwraps_at_once_do_not_hang_one_worker_thread() {
    a_thousand_unwraps(1);
}

#[test]
fn a_thousand_unwraps_at_once_do_not_hang_two_worker_threads() {
    a_thousand_unwraps(2);
}

#[tokio::test]
async fn callers_of_one_key_share_one_call() {
    let kms = SlowKms::new(KMS_TIME);
    let keys = keys(&kms, Clock::System);
    unwrap_all(&keys, &vec![scopes(1)[0]; UNWRAPS]).await;
    assert_eq!(kms.calls(), 1);
}

#[tokio::test]
async fn a_thousand_keys_are_kept_and_the_oldest_goes_first() {
    let kms = SlowKms::new(Duration::ZERO);
    let clock = Clock::manual(Clock::System.now());
    let keys = keys(&kms, clock.clone());
    let scopes = scopes(UNWRAPS + 1);
    for scope in &scopes {
        keys.unwrap(*scope, b"wrapped").await.unwrap();
        clock.advance_seconds(i64::from(scope.conversation == scopes[0].conversation));
    }
    assert_eq!(kms.calls(), UNWRAPS + 1);
    unwrap_all(&keys, &scopes[1..]).await;
    assert_eq!(kms.calls(), UNWRAPS + 1, "a thousand are in memory");
    keys.unwrap(scopes[0], b"wrapped").await.unwrap();
    assert_eq!(kms.calls(), UNWRAPS + 2, "the oldest was not");
}

#[tokio::test]
async fn without_kms_what_is_in_memory_still_opens() {
    let kms = SlowKms::new(Duration::ZERO);
    let clock = Clock::manual(Clock::System.now());
    let keys = keys(&kms, clock.clone());
    let scopes = scopes(2);
    keys.unwrap(scopes[0], b"wrapped").await.unwrap();
    kms.set_down(true);
    keys.unwrap(scopes[0], b"wrapped").await.unwrap();
    assert!(matches!(keys.unwrap(scopes[1], b"wrapped").await, Err(KeyError::Unavailable(_))));
    clock.advance_seconds(300);
    assert!(matches!(keys.unwrap(scopes[0], b"wrapped").await, Err(KeyError::Unavailable(_))));
    kms.set_down(false);
    unwrap_all(&keys, &scopes).await;
}
