//! The SDK's HTTP client, without a socket: requests of the unchanged SDK clients go straight to local AWS.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use std::time::Duration;

use super::dispatch::Broken;
use super::iam::Caller;
use super::template::REGION;
use super::wire::Call;
use super::{LocalAws, key_of};

/// As the functions set them in Lambda.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
const OPERATION_TIMEOUT: Duration = Duration::from_millis(2_800);

pub(super) fn sdk_config(aws: &LocalAws, caller: Caller) -> SdkConfig {
    let (key, secret) = key_of(&caller);
    let credentials = Credentials::new(key, secret, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(InProcess { aws: aws.clone(), caller })
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(OPERATION_TIMEOUT)
                .build(),
        )
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(30)))
        .build()
}

#[derive(Clone)]
struct InProcess {
    aws: LocalAws,
    caller: Caller,
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("InProcess").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.forward(request).await })
    }
}

impl InProcess {
    async fn forward(&self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let body = match request.body().bytes() {
            Some(bytes) => Bytes::copy_from_slice(bytes),
            None => {
                let body = std::mem::replace(request.body_mut(), SdkBody::taken());
                body.collect().await.map_err(ConnectorError::io)?.to_bytes()
            }
        };
        let uri: http::Uri = request.uri().parse().map_err(|_| ConnectorError::user("no address".into()))?;
        let call = Call {
            method: request.method(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            target: request.headers().get("x-amz-target"),
            if_none_match: request.headers().get("if-none-match").is_some(),
            checksum: request.headers().get("x-amz-checksum-sha256"),
            body,
        };
        match self.aws.serve(&self.caller, call).await {
            Ok(answer) => {
                let status = StatusCode::try_from(answer.status)
                    .map_err(|error| ConnectorError::other(error.into(), None))?;
                let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
                response.headers_mut().insert("content-type", answer.content_type);
                Ok(response)
            }
            Err(Broken::Silence) => {
                // Nothing ever comes: the client's own timeout ends this.
                std::future::pending().await
            }
            Err(broken) => Err(ConnectorError::io(broken.to_string().into())),
        }
    }
}
