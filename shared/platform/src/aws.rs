//! One SDK configuration for every client. Lambda gives region and credentials in the environment, so nothing
//! is searched for: loading the SDK's default chain would be most of a cold start.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::region::Region;

pub use aws_types::SdkConfig;

use crate::config::{ConfigError, Environment};

/// How long a provider may take to accept a message. Nobody waits behind it.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(6);

/// How long calls may take. A user waits behind each of them.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(1_000))
        .operation_attempt_timeout(Duration::from_millis(1_500))
        .operation_timeout(Duration::from_millis(2_800))
        .build()
}

/// How often the SDK repeats a call that failed in passing.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(30))
}

/// The same configuration for calls that deliver something to a person: a call that is repeated because its answer
/// was slow delivers twice, so it waits longer and leaves repeating to whoever knows why it failed.
pub fn for_delivery(sdk: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(1_000))
        .operation_attempt_timeout(DELIVERY_TIMEOUT)
        .operation_timeout(DELIVERY_TIMEOUT)
        .build();
    sdk.clone().into_builder().timeout_config(timeouts).retry_config(RetryConfig::disabled()).build()
}

/// The configuration from `AWS_REGION`, the credentials that Lambda sets, and `AWS_ENDPOINT_URL` where one is given.
///
/// # Errors
/// [`ConfigError`] for a missing region or credential.
pub fn sdk_config(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    let credentials = Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID")?,
        environment.required("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    );
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.required("AWS_REGION")?.to_owned()))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().tls_provider(tls).build_https())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .timeout_config(timeouts())
        .retry_config(retries());
    config.set_endpoint_url(environment.optional("AWS_ENDPOINT_URL").map(str::to_owned));
    Ok(config.build())
}
