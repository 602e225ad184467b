//! Stand-ins for the SDK's HTTP client: one that counts, one that plays KMS.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use platform::aws::SdkConfig;

/// Counts the calls that a client makes.
#[derive(Clone, Debug)]
pub struct Counting {
    sdk: SdkConfig,
    inner: SharedHttpClient,
    calls: Arc<AtomicUsize>,
}

impl Counting {
    /// Counts what goes through this configuration's client.
    pub fn around(sdk: &SdkConfig) -> Self {
        let inner = sdk.http_client().expect("a configuration with a client");
        Self { sdk: sdk.clone(), inner, calls: Arc::default() }
    }

    /// A configuration whose calls are counted.
    pub fn sdk(&self) -> SdkConfig {
        self.sdk.clone().into_builder().http_client(self.clone()).build()
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl HttpClient for Counting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(CountingConnector { inner, calls: self.calls.clone() })
    }
}

#[derive(Debug)]
struct CountingConnector {
    inner: SharedHttpConnector,
    calls: Arc<AtomicUsize>,
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.inner.call(request)
    }
}

/// A KMS that takes its time and answers every Decrypt with some key.
#[derive(Clone, Debug)]
pub struct SlowKms {
    delay: Duration,
    calls: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

impl SlowKms {
    /// It takes so long for each call.
    pub fn new(delay: Duration) -> Self {
        Self { delay, calls: Arc::default(), down: Arc::default() }
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// From now on it answers with errors, or does not any more.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// A client of it.
    pub fn client(&self, sdk: &SdkConfig) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&sdk.clone().into_builder().http_client(self.clone()).build())
    }
}

impl HttpClient for SlowKms {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SlowKms {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(this.delay).await;
            if this.down.load(Ordering::SeqCst) {
                return answer(500, r#"{"__type":"KMSInternalException","message":"down"}"#);
            }
            // 32 bytes in base64.
            answer(
                200,
                r#"{"KeyId":"arn:aws:kms:us-east-1:000000000000:key/1","Plaintext":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}"#,
            )
        })
    }
}

fn answer(status: u16, body: &'static str) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.1");
    Ok(response)
}
