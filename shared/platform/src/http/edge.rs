//! What the edge in front of the API guarantees, checked: that the request came through it, and from where.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, Method, header, request::Parts};

use super::{cookie, failure::Failure};
use crate::{
    App,
    config::{Origin, OriginSecrets},
};

/// Added by the edge to each request to the origin.
pub const ORIGIN_SECRET_HEADER: &str = "x-origin-secret";
/// Set by CloudFront from the connection itself; a client cannot send it through.
pub const VIEWER_ADDRESS_HEADER: &str = "cloudfront-viewer-address";

/// What a function knows of the edge in front of it.
pub struct Edge {
    /// The one origin of the portal.
    pub origin: Origin,
    /// What the edge proves itself with.
    pub secrets: OriginSecrets,
}

/// Refuses requests that did not come through the edge, and adds the headers that every answer carries.
///
/// # Errors
/// [`Failure::NotThroughEdge`].
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Result<Response, Failure> {
    let offered = request.headers().get(ORIGIN_SECRET_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    if !app.edge.secrets.accept(offered) {
        return Err(Failure::NotThroughEdge);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// Where a browser's write must have come from: our own pages. A client that is no browser sends neither header.
///
/// # Errors
/// [`Failure::ForeignOrigin`].
pub fn check_origin(parts: &Parts, edge: &Edge) -> Result<(), Failure> {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let header = |name: &str| parts.headers.get(name).map(HeaderValue::as_bytes);
    let fits = match (header("origin"), header("sec-fetch-site")) {
        (Some(origin), _) => origin == edge.origin.as_str().as_bytes(),
        (None, Some(site)) => site == b"same-origin",
        // A cookie without either header is a browser that hides where it comes from.
        (None, None) => {
            cookie::get(&parts.headers, cookie::SESSION).is_none()
                || parts.headers.contains_key(header::AUTHORIZATION)
        }
    };
    if fits { Ok(()) } else { Err(Failure::ForeignOrigin) }
}

/// The origin check as an extractor, for routes that need no session.
pub struct OwnOrigin;

impl FromRequestParts<App> for OwnOrigin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        check_origin(parts, &app.edge).map(|()| Self)
    }
}

/// The network that a request came from, for limits: the IPv4 address, or the /64 of an IPv6 address.
pub struct ClientNetwork(pub String);

impl FromRequestParts<App> for ClientNetwork {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let address = parts.headers.get(VIEWER_ADDRESS_HEADER).and_then(|v| v.to_str().ok());
        address.and_then(network).map(Self).ok_or(Failure::NotThroughEdge)
    }
}

/// CloudFront writes `192.0.2.1:443` and, without brackets, `2001:db8::1:443`.
fn network(viewer: &str) -> Option<String> {
    let ip = viewer
        .parse::<SocketAddr>()
        .map(|a| a.ip())
        .ok()
        .or_else(|| viewer.rsplit_once(':').and_then(|(ip, _)| ip.parse::<IpAddr>().ok()))?;
    Some(match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || v6.segments()[..4].iter().map(|s| format!("{s:x}")).collect::<Vec<_>>().join(":"),
            |v4| v4.to_string(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_household_is_one_network() {
        assert_eq!(network("192.0.2.1:443").as_deref(), Some("192.0.2.1"));
        assert_eq!(network("2001:db8:1:2:3:4:5:6:443").as_deref(), Some("2001:db8:1:2"));
        assert_eq!(network("[2001:db8:1:2::9]:443").as_deref(), Some("2001:db8:1:2"));
        assert_eq!(network("::ffff:192.0.2.1:443").as_deref(), Some("192.0.2.1"));
        assert_eq!(network("nonsense"), None);
    }
}
