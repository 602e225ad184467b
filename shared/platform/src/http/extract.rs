//! Strict extractors: a request either says exactly what the route takes, or is answered with what is wrong.

use axum::{
    RequestPartsExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
};
use domain::{Invalid, idempotency::IdempotencyKey};
use http::{StatusCode, header, request::Parts};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{
    failure::{Failure, FieldError},
    layers::BODY_MAX_BYTES,
};

/// One parameter of the path. One that is not spelled like an id is not found, like one that leads nowhere.
///
/// # Errors
/// [`Failure::NotFound`].
pub async fn path_parameter<T>(
    parts: &mut Parts,
    name: &str,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<T, Failure> {
    let params = parts.extract::<RawPathParams>().await.map_err(|_| Failure::NotFound)?;
    let found = params.iter().find(|(key, _)| *key == name).and_then(|(_, value)| parse(value).ok());
    found.ok_or(Failure::NotFound)
}

/// A JSON body. The type of a body carries `#[serde(deny_unknown_fields)]`.
/// `MAX` is the most bytes that the route takes.
pub struct Json<T, const MAX: usize = BODY_MAX_BYTES>(pub T);

impl<T: DeserializeOwned, S: Send + Sync, const MAX: usize> FromRequest<S> for Json<T, MAX> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            return Err(Failure::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(body_failure)?;
        if bytes.len() > MAX {
            return Err(Failure::TooLarge);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::field("", "not_utf8"))?;
        // Every body is an object. serde would also read the members of a struct from a list, by their order.
        if text.trim_ascii_start().starts_with('[') {
            return Err(Failure::field("", "wrong_type"));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let pointer = pointer(error.path());
            json_failure(text, pointer, error.inner())
        })?;
        json.end().map_err(|_| Failure::field("", "invalid_json"))?;
        Ok(Self(value))
    }
}

fn is_json(headers: &http::HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|value| {
        let media_type = value.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/json")
    })
}

fn body_failure(rejection: BytesRejection) -> Failure {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Failure::TooLarge
    } else {
        Failure::field("", "invalid_body")
    }
}

/// serde's message repeats the input, so only its kind is passed on.
fn json_failure(text: &str, pointer: String, error: &serde_json::Error) -> Failure {
    let message = error.to_string();
    // A number where a name of a closed set is expected is reported as a syntax error; the text itself knows better.
    let broken = (error.is_syntax() || error.is_eof()) && serde_json::from_str::<IgnoredAny>(text).is_err();
    let code = if broken {
        "invalid_json"
    } else if message.starts_with("unknown field") {
        "unknown_member"
    } else if message.starts_with("missing field") {
        "missing_member"
    } else if message.starts_with("unknown variant") {
        "unknown_value"
    } else {
        "wrong_type"
    };
    // An unknown member's name is input too: the pointer leads to the object that holds it.
    let pointer = if code == "unknown_member" {
        pointer.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned())
    } else if code == "invalid_json" {
        String::new()
    } else {
        pointer
    };
    Failure::field(&pointer, code)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// The query string. The type carries `#[serde(deny_unknown_fields)]`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(query).map(Self).map_err(|_| Failure::field("", "invalid_query"))
    }
}

/// A required `Idempotency-Key` header.
pub struct RequiredKey(pub IdempotencyKey);

impl<S: Send + Sync> FromRequestParts<S> for RequiredKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let value = parts.headers.get("idempotency-key").ok_or(Failure::IdempotencyKeyMissing)?;
        let text = value.to_str().map_err(|_| Failure::IdempotencyKeyMissing)?;
        IdempotencyKey::parse(text).map(Self).map_err(|_| Failure::IdempotencyKeyMissing)
    }
}

/// Collects what is wrong with the members of a body, so that a person is told everything at once.
#[derive(Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// None wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// The parsed value, or `None` with the error noted under `pointer`.
    pub fn check<T>(&mut self, pointer: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|error| self.add(pointer, error.code)).ok()
    }

    /// Notes an error.
    pub fn add(&mut self, pointer: &str, code: &str) {
        self.0.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned() });
    }

    /// # Errors
    /// [`Failure::Invalid`] with everything that was noted.
    pub fn done(self) -> Result<(), Failure> {
        if self.0.is_empty() { Ok(()) } else { Err(Failure::Invalid(self.0)) }
    }
}
