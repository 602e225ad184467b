//! The policies of `infra/portal.yaml`: which headers a page or an answer of the API carries, and which headers of a
//! request reach the API.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::aws::template::parse_yaml;

const FILE: &str = include_str!("../../../portal.yaml");

/// Why the play CloudFront cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The hosting template is not as expected.
    #[error("infra/portal.yaml: {0}")]
    Hosting(String),
    /// A route of the template leads nowhere.
    #[error("template.yaml: the route {0} belongs to no HTTP function")]
    Route(String),
}

/// The policies.
pub(super) struct Policies {
    pub(super) pages: ResponseHeaders,
    pub(super) api: ResponseHeaders,
    /// Names of request headers that the API sees, in lower case.
    pub(super) forwarded: Vec<String>,
}

/// Headers that an answer gets.
pub(super) struct ResponseHeaders(Vec<(HeaderName, HeaderValue)>);

impl ResponseHeaders {
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

impl Policies {
    /// The policies that this program was built with.
    pub(super) fn shipped() -> Result<Self, EdgeError> {
        let root = parse_yaml(FILE).map_err(|error| EdgeError::Hosting(error.to_string()))?;
        let resource = |name: &str| &root["Resources"][name]["Properties"];
        let mut forwarded =
            names(&resource("ApiRequest")["OriginRequestPolicyConfig"]["HeadersConfig"]["Headers"]);
        let caching =
            &resource("ApiCaching")["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
        forwarded.extend(names(&caching["HeadersConfig"]["Headers"]));
        if forwarded.is_empty() {
            return Err(EdgeError::Hosting("ApiRequest names no header".to_owned()));
        }
        Ok(Self {
            pages: response_headers(resource("PageHeaders"))?,
            api: response_headers(resource("ApiHeaders"))?,
            forwarded,
        })
    }
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// Strict-Transport-Security stays out: a browser would keep it for every program on this machine's `localhost`.
fn response_headers(properties: &Value) -> Result<ResponseHeaders, EdgeError> {
    let config = &properties["ResponseHeadersPolicyConfig"];
    let security = &config["SecurityHeadersConfig"];
    let mut headers = vec![("x-content-type-options".to_owned(), "nosniff".to_owned())];
    let mut add = |name: &str, value: Option<&str>| {
        headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    };
    let policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"].as_str();
    if policy.is_none() {
        return Err(EdgeError::Hosting("a response headers policy without ContentSecurityPolicy".to_owned()));
    }
    add("content-security-policy", policy);
    add("x-frame-options", security["FrameOptions"]["FrameOption"].as_str());
    add("referrer-policy", security["ReferrerPolicy"]["ReferrerPolicy"].as_str());
    for item in config["CustomHeadersConfig"]["Items"].as_array().into_iter().flatten() {
        add(item["Header"].as_str().unwrap_or_default(), item["Value"].as_str());
    }
    headers
        .into_iter()
        .map(|(name, value)| {
            let header = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(&value).ok());
            header.ok_or_else(|| EdgeError::Hosting(format!("the header {name} cannot be sent")))
        })
        .collect::<Result<_, _>>()
        .map(ResponseHeaders)
}
