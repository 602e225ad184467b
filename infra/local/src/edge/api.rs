//! Plays the HTTP API: picks the function by the routes of `template.yaml`, the most specific first.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use tower::ServiceExt as _;

use super::policy::{EdgeError, Policies};
use crate::aws::template::{Event, Template};
use crate::stack::Functions;

const ORIGIN_SECRET: HeaderName = HeaderName::from_static("x-origin-secret");
const VIEWER_ADDRESS: HeaderName = HeaderName::from_static("cloudfront-viewer-address");
const API_HOST: HeaderValue = HeaderValue::from_static("api.execute-api.us-east-1.amazonaws.com");

/// What CloudFront passes on whatever its policies say: the body's own headers, and those of conditional requests.
/// Accept-Encoding it keeps to itself: it compresses what the API answers.
const ALWAYS: [&str; 8] = [
    "content-type",
    "content-length",
    "transfer-encoding",
    "cookie",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
];
/// The gateway refuses larger requests itself.
const LIMIT_BYTES: u64 = 10 * 1024 * 1024;

pub(super) struct Gateway {
    routes: Vec<Route>,
    functions: Arc<Functions>,
    secret: HeaderValue,
    forwarded: Vec<HeaderName>,
}

#[derive(Debug, PartialEq, Eq)]
struct Route {
    /// `None` is `ANY`.
    method: Option<Method>,
    segments: Vec<Segment>,
    function: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
    Rest,
}

impl Gateway {
    pub(super) fn new(
        template: &Template,
        functions: Arc<Functions>,
        secret: &str,
        policies: &Policies,
    ) -> Result<Self, EdgeError> {
        let routes = routes(template);
        if let Some(stray) = routes.iter().find(|route| functions.http(&route.function).is_none()) {
            return Err(EdgeError::Route(format!("{:?} of {}", stray.segments, stray.function)));
        }
        let forwarded = policies
            .forwarded
            .iter()
            .map(String::as_str)
            .chain(ALWAYS)
            .filter_map(|name| name.parse().ok())
            .filter(|name| *name != VIEWER_ADDRESS)
            .collect();
        let secret = HeaderValue::from_str(secret).map_err(|error| EdgeError::Hosting(error.to_string()))?;
        Ok(Self { routes, functions, secret, forwarded })
    }

    pub(super) async fn call(&self, mut request: Request, viewer: SocketAddr) -> Response<Body> {
        let length = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > LIMIT_BYTES) {
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        }
        let route = best(&self.routes, request.method(), request.uri().path());
        let Some(router) = route.and_then(|route| self.functions.http(&route.function)) else {
            return refusal(StatusCode::NOT_FOUND, "Not Found");
        };
        let sent = std::mem::take(request.headers_mut());
        let headers = request.headers_mut();
        for name in &self.forwarded {
            for value in sent.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        headers.insert(header::HOST, API_HOST);
        headers.insert(ORIGIN_SECRET, self.secret.clone());
        if let Ok(address) = HeaderValue::from_str(&viewer_address(viewer)) {
            headers.insert(VIEWER_ADDRESS, address);
        }
        match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// CloudFront writes IPv6 without brackets.
fn viewer_address(viewer: SocketAddr) -> String {
    format!("{}:{}", viewer.ip(), viewer.port())
}

fn routes(template: &Template) -> Vec<Route> {
    let mut routes = Vec::new();
    for function in &template.functions {
        for event in &function.events {
            let Event::Http { method, path } = event else { continue };
            routes.push(Route {
                method: (method != "ANY")
                    .then(|| Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET)),
                segments: path.split('/').skip(1).map(segment).collect(),
                function: function.logical.clone(),
            });
        }
    }
    routes
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if name.ends_with('+') => Segment::Rest,
        Some(_) => Segment::Any,
        None => Segment::Literal(text.to_owned()),
    }
}

fn best<'r>(routes: &'r [Route], method: &Method, path: &str) -> Option<&'r Route> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let method_fits = |route: &Route| route.method.as_ref().is_none_or(|wanted| wanted == method);
    routes
        .iter()
        .filter(|route| method_fits(route))
        .filter_map(|route| Some((rank(route, &parts)?, route)))
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, route)| route)
}

/// How specific a route is for a path: literal parts, then named ones, then the method.
fn rank(route: &Route, parts: &[&str]) -> Option<(bool, usize, usize, bool)> {
    let mut literals = 0;
    for (index, segment) in route.segments.iter().enumerate() {
        match segment {
            Segment::Rest => {
                return (parts.len() > index).then_some((false, literals, index, route.method.is_some()));
            }
            Segment::Literal(text) => {
                if parts.get(index) != Some(&text.as_str()) {
                    return None;
                }
                literals += 1;
            }
            Segment::Any => {
                if parts.get(index).is_none_or(|part| part.is_empty()) {
                    return None;
                }
            }
        }
    }
    (parts.len() == route.segments.len()).then_some((true, literals, parts.len(), route.method.is_some()))
}

/// The gateway's own errors are no problem documents.
fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{{\"message\":\"{message}\"}}")));
    *response.status_mut() = status;
    super::set(response.headers_mut(), "application/json");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Route> {
        let route = |method: &str, path: &str, function: &str| Route {
            method: (method != "ANY").then(|| method.parse().unwrap()),
            segments: path.split('/').skip(1).map(segment).collect(),
            function: function.to_owned(),
        };
        vec![
            route("ANY", "/v1/{proxy+}", "fallback"),
            route("GET", "/v1/sessions", "list"),
            route("DELETE", "/v1/sessions/{proxy+}", "revoke"),
            route("GET", "/v1/patients/{id}", "patient"),
            route("GET", "/v1/patients/{id}/accounts", "accounts"),
        ]
    }

    #[test]
    fn the_most_specific_route_wins() {
        let routes = table();
        let function =
            |method: Method, path: &str| best(&routes, &method, path).map(|route| route.function.as_str());
        assert_eq!(function(Method::GET, "/v1/sessions"), Some("list"));
        assert_eq!(function(Method::POST, "/v1/sessions"), Some("fallback"));
        assert_eq!(function(Method::DELETE, "/v1/sessions/a/b"), Some("revoke"));
        assert_eq!(function(Method::GET, "/v1/patients/p"), Some("patient"));
        assert_eq!(function(Method::GET, "/v1/patients/p/accounts"), Some("accounts"));
        assert_eq!(function(Method::GET, "/v1/patients/"), Some("fallback"));
        assert_eq!(function(Method::GET, "/v1/anything"), Some("fallback"));
        assert_eq!(function(Method::GET, "/v2"), None);
    }

    #[test]
    fn addresses_are_written_as_cloudfront_does() {
        assert_eq!(viewer_address("192.0.2.1:443".parse().unwrap()), "192.0.2.1:443");
        assert_eq!(viewer_address("[2001:db8::1]:443".parse().unwrap()), "2001:db8::1:443");
    }
}
