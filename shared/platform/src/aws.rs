//! One SDK configuration for every client. Lambda gives region and credentials in the environment, so nothing
//! is searched for; and one HTTPS connector for all clients, which knows the authorities that sign AWS's endpoints and
//! no others. Reading every authority of the system was two thirds of a function's start (see docs/decisions).

use std::{fmt, fs, time::Duration};

use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::{HttpClient, HttpConnectorSettings, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::region::Region;

pub use aws_types::SdkConfig;

use crate::config::{ConfigError, Environment};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_000);
/// How long a provider may take to accept a message. Nobody waits behind it.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(6);

/// How long calls may take. A user waits behind each of them.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
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
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(DELIVERY_TIMEOUT)
        .operation_timeout(DELIVERY_TIMEOUT)
        .build();
    sdk.clone().into_builder().timeout_config(timeouts).retry_config(RetryConfig::disabled()).build()
}

/// The authorities that AWS's endpoints are signed by.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// The HTTPS client of every service: one connector, whose connections all clients share.
#[derive(Clone)]
struct Https(SharedHttpConnector);

impl Https {
    fn trusting(roots: &[u8]) -> Self {
        // A context of certificates alone is always valid.
        let context = tls::TlsContext::builder()
            .with_trust_store(tls::TrustStore::empty().with_pem_certificate(roots))
            .build()
            .unwrap_or_default();
        let connector = Connector::builder()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .tls_context(context)
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build())
            .sleep_impl(TokioSleep::new())
            .build();
        Self(SharedHttpConnector::new(connector))
    }
}

impl HttpClient for Https {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Https")
    }
}

/// The authorities of `AWS_CA_BUNDLE`, the SDKs' name for a file of others, as behind an inspecting proxy.
fn other_roots(environment: &Environment) -> Result<Option<Vec<u8>>, ConfigError> {
    const VARIABLE: &str = "AWS_CA_BUNDLE";
    let wrong = ConfigError { variable: VARIABLE, problem: "is not a file of PEM certificates" };
    let Some(path) = environment.optional(VARIABLE) else { return Ok(None) };
    let pem = fs::read(path).map_err(|_| wrong.clone())?;
    let begins = |pem: &[u8]| pem.windows(27).any(|text| text == b"-----BEGIN CERTIFICATE-----");
    if begins(&pem) { Ok(Some(pem)) } else { Err(wrong) }
}

/// The configuration from `AWS_REGION`, the credentials that Lambda sets, and `AWS_ENDPOINT_URL` and `AWS_CA_BUNDLE`
/// where they are given.
///
/// # Errors
/// [`ConfigError`] for a missing region or credential, or a file without certificates.
pub fn sdk_config(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    let credentials = Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID")?,
        environment.required("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    );
    let roots = other_roots(environment)?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.required("AWS_REGION")?.to_owned()))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .http_client(Https::trusting(roots.as_deref().unwrap_or(AMAZON_ROOTS)))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .timeout_config(timeouts())
        .retry_config(retries());
    config.set_endpoint_url(environment.optional("AWS_ENDPOINT_URL").map(str::to_owned));
    Ok(config.build())
}
