//! Plays CloudFront: one host for portal and API. It adds the origin secret and the viewer's address, forwards to the
//! API only the headers that `infra/portal.yaml` lets through, and gives pages the response headers of that file.

mod api;
mod files;
mod policy;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use self::api::Gateway;
use self::policy::Policies;
use crate::aws::LocalAws;
use crate::outbox_page;
use crate::stack::Functions;

pub use self::policy::EdgeError;

/// Marks every answer of the local run; the portal shows a banner where it sees it.
const LOCAL_RUN: HeaderName = HeaderName::from_static("x-local-run");
/// Pages keep open what they load for months: the names of these files change with their content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The play CloudFront.
pub(crate) struct Edge {
    origin: String,
    hosts: Vec<String>,
    portal: Option<PathBuf>,
    policies: Policies,
    gateway: Gateway,
    pub(crate) aws: LocalAws,
}

impl Edge {
    pub(crate) fn new(
        origin: &str,
        secret: &str,
        portal: Option<PathBuf>,
        aws: LocalAws,
        functions: Arc<Functions>,
    ) -> Result<Self, EdgeError> {
        let host = origin.split_once("://").map_or(origin, |(_, host)| host).to_owned();
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        let mut hosts = vec![host.clone()];
        for name in ["localhost", "127.0.0.1", "[::1]"] {
            hosts.push(if port.is_empty() { name.to_owned() } else { format!("{name}:{port}") });
        }
        let policies = Policies::shipped()?;
        let gateway = Gateway::new(aws.template(), functions, secret, &policies)?;
        Ok(Self { origin: origin.to_owned(), hosts, portal, policies, gateway, aws })
    }

    /// The origin that links point to.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Browsers that were led here under another name must not reach it (DNS rebinding).
    fn knows_host(&self, request: &Request) -> bool {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        // HTTP/2 and tests name the host in the URI.
        let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        host.is_some_and(|host| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
    }

    fn is_canonical(&self, request: &Request) -> bool {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_none_or(|host| host.eq_ignore_ascii_case(&self.hosts[0]))
    }
}

/// Everything behind one host.
pub(crate) fn router(edge: Arc<Edge>) -> Router {
    Router::new()
        .merge(outbox_page::router())
        .fallback(answer)
        .layer(middleware::from_fn_with_state(Arc::clone(&edge), guard))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(edge)
}

/// What holds for every request and every answer, whoever answers it.
async fn guard(State(edge): State<Arc<Edge>>, request: Request, next: middleware::Next) -> Response<Body> {
    let mut response = if edge.knows_host(&request) {
        next.run(request).await
    } else {
        plain(StatusCode::MISDIRECTED_REQUEST, "This host is not served here.\n")
    };
    let headers = response.headers_mut();
    headers.insert(LOCAL_RUN, HeaderValue::from_static("1"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn answer(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    let path = request.uri().path();
    if path == "/v1" || path.starts_with("/v1/") {
        let viewer = viewer(&request);
        let mut response = edge.gateway.call(request, viewer).await;
        edge.policies.api.apply(response.headers_mut());
        return response;
    }
    let mut response = if !matches!(*request.method(), Method::GET | Method::HEAD) {
        plain(StatusCode::METHOD_NOT_ALLOWED, "Pages are read with GET.\n")
    } else if edge.is_canonical(&request) {
        files::serve(edge.portal.as_deref(), path).await
    } else {
        // The session's cookie and the links belong to one name.
        redirect(&edge.origin, request.uri().path_and_query().map_or("/", |path| path.as_str()))
    };
    edge.policies.pages.apply(response.headers_mut());
    response
}

/// The address behind the connection, as `ip:port`. A test may set it as an extension of its request.
fn viewer(request: &Request) -> SocketAddr {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    connection.map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 1)), |ConnectInfo(address)| *address)
}

fn redirect(origin: &str, path: &str) -> Response<Body> {
    let mut response = plain(StatusCode::TEMPORARY_REDIRECT, "");
    if let Ok(location) = HeaderValue::from_str(&format!("{origin}{path}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A short text answer.
pub(crate) fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    set(response.headers_mut(), "text/plain; charset=utf-8");
    response
}

fn set(headers: &mut HeaderMap, content_type: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, NO_STORE);
}
