//! The locked store: objects of S3 that are put once and that nobody changes before their time is over.
//!
//! One call is all that is needed of S3, so it is signed here and sent over the connector that all clients share (see
//! docs/decisions).

use std::{convert::Infallible, sync::Arc};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_lc_rs::digest;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    aws::SdkConfig,
    config::{ConfigError, Environment},
};

const SERVICE: &str = "s3";
/// Tries of one object: a connection that lay idle may be gone without anybody knowing. The schedule comes again anyway.
const TRIES: u32 = 2;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why an object was not put.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// S3 does not answer or fails. It may have been put.
    #[error("the locked store is unavailable")]
    Unavailable(#[source] BoxError),
    /// S3 refused. Carries the HTTP status.
    #[error("the locked store refused the object ({0})")]
    Refused(u16),
    /// The request could not be made.
    #[error("the object could not be sent")]
    Request(#[source] BoxError),
}

/// The bucket. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    operation: Operation<HttpRequest, u16, Infallible>,
    credentials: SharedCredentialsProvider,
    time: SharedTimeSource,
    /// Endpoint and bucket, without a slash at the end.
    base: Arc<str>,
    region: Arc<str>,
}

impl Archive {
    /// The bucket named by `ARCHIVE_BUCKET`.
    ///
    /// # Errors
    /// [`ConfigError`] for a malformed name, or a configuration that cannot call anything.
    pub fn of_environment(environment: &Environment, sdk: &SdkConfig) -> Result<Self, ConfigError> {
        let bucket = environment.parsed("ARCHIVE_BUCKET", "is not the name of a bucket", |text| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
            ((3..=63).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
        })?;
        let missing = |problem| ConfigError { variable: "AWS_REGION", problem };
        let region = sdk.region().ok_or(missing("is missing"))?.as_ref().to_owned();
        let credentials = sdk.credentials_provider().ok_or(missing("comes without credentials"))?;
        let client = sdk.http_client().ok_or(missing("comes without an HTTP client"))?;
        let sleep = sdk.sleep_impl().ok_or(missing("comes without a timer"))?;
        let time = sdk.time_source().ok_or(missing("comes without a clock"))?;
        let endpoint = match sdk.endpoint_url() {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://s3.{region}.amazonaws.com"),
        };
        let operation = Operation::builder()
            .service_name(SERVICE)
            .operation_name("PutObject")
            .endpoint_url(&endpoint)
            .http_client(client)
            .timeout_config(sdk.timeout_config().cloned().unwrap_or_else(crate::aws::timeouts))
            .sleep_impl(sleep)
            .time_source(time.clone())
            .no_auth()
            .no_retry()
            .serializer(|request: HttpRequest| Ok(request))
            .deserializer(|response| Ok(response.status().as_u16()))
            .build();
        Ok(Self {
            operation,
            credentials,
            time,
            base: format!("{endpoint}/{bucket}").into(),
            region: region.into(),
        })
    }

    /// Puts an object under a key that nothing stands under. What stands there already is left, and that is no failure:
    /// under one key there is one content.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn put(&self, key: &str, media_type: &'static str, body: &str) -> Result<(), ArchiveError> {
        let mut tries = 1;
        loop {
            let request = self.request(key, media_type, body).await?;
            match self.operation.invoke(request).await {
                Ok(200 | 412) => return Ok(()),
                Ok(status @ 400..=404) => return Err(ArchiveError::Refused(status)),
                // 409: another put of the same object is under way.
                Ok(status) if tries >= TRIES => {
                    return Err(ArchiveError::Unavailable(format!("HTTP status {status}").into()));
                }
                Err(error) if tries >= TRIES => return Err(ArchiveError::Unavailable(error.into())),
                _ => tries += 1,
            }
        }
    }

    async fn request(
        &self,
        key: &str,
        media_type: &'static str,
        body: &str,
    ) -> Result<HttpRequest, ArchiveError> {
        let failed = |error: BoxError| ArchiveError::Request(error);
        let identity = self.credentials.provide_credentials().await.map_err(|e| failed(e.into()))?.into();
        let url = format!("{}/{key}", self.base);
        let checksum = STANDARD.encode(digest::digest(&digest::SHA256, body.as_bytes()));
        let headers = [
            ("content-type", media_type),
            ("if-none-match", "*"),
            // A bucket that locks its objects takes none without a checksum.
            ("x-amz-checksum-sha256", &checksum),
        ];
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(self.time.now())
            .settings(settings)
            .build()
            .map_err(|error| failed(error.into()))?
            .into();
        let signable =
            SignableRequest::new("PUT", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))
                .map_err(|error| failed(error.into()))?;
        let (instructions, _) = sign(signable, &params).map_err(|error| failed(error.into()))?.into_parts();
        let mut request = http::Request::put(&url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(SdkBody::from(body)).map_err(|error| failed(error.into()))?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).map_err(|error| failed(error.into()))
    }
}
