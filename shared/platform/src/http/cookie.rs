//! The cookies of this product. All carry the `__Host-` prefix: Secure, no Domain, Path=/ (RFC 6265bis, 4.1.3).

use http::{HeaderMap, HeaderValue, header};

/// The session.
pub const SESSION: &str = "__Host-session";
/// The sign-in attempt of this browser.
pub const FLOW: &str = "__Host-flow";
/// This browser, known or not: it tells one browser from another and proves nothing.
pub const BROWSER: &str = "__Host-browser";
/// The remembered device.
pub const DEVICE: &str = "__Host-device";
/// Says to the pages of a browser that it has [`DEVICE`], which they cannot see. It is no proof of anything. Pages
/// could remember that by themselves, but browsers drop what pages keep after a week; months need a cookie of the
/// server's.
pub const KNOWN: &str = "__Host-known";

/// The value of a cookie, if it was sent exactly once. Twice means that somebody planted one.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A `Set-Cookie` that lasts as long as the browser's own session, or `max_age` seconds.
///
/// # Panics
/// Never: values are base64url, ids and dots.
#[allow(clippy::expect_used, reason = "values are base64url, ids and dots")]
pub fn set(name: &str, value: &str, max_age: Option<i64>) -> HeaderValue {
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"))
        .expect("ASCII")
}

/// The cookies of a remembered device: the secret, and what tells the pages that there is one.
pub fn remember(secret: &str, max_age: i64) -> [HeaderValue; 2] {
    let known = format!("{KNOWN}=1; Path=/; Secure; SameSite=Lax; Max-Age={max_age}");
    [
        set(DEVICE, secret, Some(max_age)),
        HeaderValue::from_str(&known).unwrap_or(HeaderValue::from_static("")),
    ]
}

/// A `Set-Cookie` that removes it.
pub fn clear(name: &str) -> HeaderValue {
    set(name, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_sent_twice_is_no_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; __Host-session=x.y; b=2"));
        assert_eq!(get(&headers, SESSION), Some("x.y"));
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-session=planted"));
        assert_eq!(get(&headers, SESSION), None);
        assert_eq!(get(&headers, "missing"), None);
        assert_eq!(remember("v", 60)[1], "__Host-known=1; Path=/; Secure; SameSite=Lax; Max-Age=60");
        let set = set(SESSION, "v", Some(60));
        assert_eq!(set, "__Host-session=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
    }
}
