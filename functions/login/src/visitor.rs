//! Who stands before the door: the browser of a request, and what it brings along.

use domain::{
    browser::Browser,
    sign_in::{BROWSER_LIFE_SECONDS, BrowserSecret},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use platform::{
    entropy::Entropy,
    http::cookie,
    secrets,
    store::{device::DeviceToken, session::SessionToken},
};

/// The browser of a sign-in.
pub(crate) struct Visitor {
    /// What it calls itself, in a closed set of words.
    pub(crate) browser: Browser,
    /// What tells it from other browsers.
    pub(crate) mark: Mark,
    /// Whether it is a browser that did not give the mark back. A client that is none has no page that gave it one.
    pub(crate) keeps_no_cookies: bool,
    /// The remembered device that it claims to be.
    pub(crate) device: Option<DeviceToken>,
    /// The session that it still holds, if that is one.
    pub(crate) session: Option<SessionToken>,
    /// Whether the answer holds the session token: only for a client that is no browser and asks for it.
    pub(crate) with_token: bool,
}

impl Visitor {
    /// From a request.
    pub(crate) fn of(parts: &Parts, entropy: &Entropy, want_token: bool) -> Self {
        let mark = Mark::of(&parts.headers, entropy);
        Self {
            browser: crate::browser(&parts.headers),
            keeps_no_cookies: mark.is_new && is_browser(&parts.headers),
            mark,
            device: device(&parts.headers),
            session: cookie::get(&parts.headers, cookie::SESSION)
                .and_then(|text| SessionToken::parse(text).ok()),
            with_token: want_token && !is_browser(&parts.headers),
        }
    }
}

/// The remembered device that a request claims to come from.
pub(crate) fn device(headers: &HeaderMap) -> Option<DeviceToken> {
    cookie::get(headers, cookie::DEVICE).and_then(|text| DeviceToken::parse(text).ok())
}

/// Browsers always send one of these headers.
fn is_browser(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| *name == header::ORIGIN || name.as_str().starts_with("sec-fetch-"))
}

/// A secret that tells one browser from another. It proves nothing about who uses it.
pub(crate) struct Mark {
    secret: BrowserSecret,
    is_new: bool,
}

impl Mark {
    /// The one that the browser has, or a new one.
    pub(crate) fn of(headers: &HeaderMap, entropy: &Entropy) -> Self {
        match cookie::get(headers, cookie::BROWSER).and_then(|text| BrowserSecret::parse(text).ok()) {
            Some(secret) => Self { secret, is_new: false },
            None => Self { secret: secrets::browser_secret(entropy), is_new: true },
        }
    }

    /// How items name the browser.
    pub(crate) fn hash(&self) -> String {
        secrets::hash(self.secret.expose())
    }

    /// The cookie, where the browser has none yet.
    pub(crate) fn cookie(&self) -> Option<HeaderValue> {
        let set = || cookie::set(cookie::BROWSER, self.secret.expose(), Some(BROWSER_LIFE_SECONDS));
        self.is_new.then(set)
    }
}
