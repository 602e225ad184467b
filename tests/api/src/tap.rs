//! Listens to what functions send to AWS.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use platform::aws::SdkConfig;

/// A request to AWS.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Who sent it, by logical id.
    pub caller: String,
    /// `X-Amz-Target`; nothing where the operation stands in a form.
    pub target: String,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Everything that was heard.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Mutex<Vec<Heard>>>);

impl Tap {
    /// The same configuration, listened to.
    pub fn on(&self, caller: &str, sdk: SdkConfig) -> SdkConfig {
        let Some(inner) = sdk.http_client() else { return sdk };
        let line = Line { tap: self.clone(), caller: caller.to_owned(), inner };
        sdk.into_builder().http_client(line).build()
    }

    /// What was heard since the last call.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.0.lock().expect("nobody panics while listening"))
    }
}

#[derive(Clone, Debug)]
struct Line {
    tap: Tap,
    caller: String,
    inner: SharedHttpClient,
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Wire { tap: self.tap.clone(), caller: self.caller.clone(), connector })
    }
}

#[derive(Debug)]
struct Wire {
    tap: Tap,
    caller: String,
    connector: SharedHttpConnector,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let heard = Heard {
            caller: self.caller.clone(),
            target: request.headers().get("x-amz-target").unwrap_or_default().to_owned(),
            body: request.body().bytes().expect("bodies of these services are in memory").to_vec(),
        };
        self.tap.0.lock().expect("nobody panics while listening").push(heard);
        self.connector.call(request)
    }
}
