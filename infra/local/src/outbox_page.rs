//! `/outbox`: a mailbox beside a phone, for everything that the local run "sends", and the way back: a phone
//! answers, a provider reports.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use domain::time::Timestamp;
use platform::config::Origin;
use platform::letterhead::Letterhead;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::{Channel, Received, Sent, provider_id};
use crate::edge::{Edge, plain};
use crate::{gallery, seed};

const PAGE: &str = include_str!("../outbox/index.html");
const STYLE: &str = include_str!("../outbox/outbox.css");
const SCRIPT: &str = include_str!("../outbox/outbox.js");

/// Answers at most this many at once; `?after=` asks for more.
const PAGE_LIMIT: usize = 2_000;
/// Where End User Messaging would publish a text that a patient sent.
const INBOUND_TOPIC: &str = "InboundSmsTopic";
/// Where SES publishes what became of mails, and the text message service of texts.
const MAIL_TOPIC: &str = "MailEventsTopic";
const TEXTS_TOPIC: &str = "SmsEventsTopic";
/// As one SMS may be long in its parts.
const REPLY_MAX_BYTES: usize = 1_600;

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/// A mail is somebody else's HTML: no script, no request, inline styles only, links lead out of the frame.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; \
     default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none'; frame-ancestors 'self'";

pub(crate) fn router() -> Router<Arc<Edge>> {
    Router::new()
        .route("/outbox", get(async || file(PAGE, "text/html; charset=utf-8", PAGE_POLICY)))
        .route("/outbox/", get(async || Redirect::permanent("/outbox")))
        .route("/outbox/outbox.css", get(async || file(STYLE, "text/css; charset=utf-8", PAGE_POLICY)))
        .route("/outbox/outbox.js", get(async || file(SCRIPT, "text/javascript; charset=utf-8", PAGE_POLICY)))
        .route("/outbox/gallery", get(gallery))
        .route("/outbox/mail/{id}", get(mail))
        .route("/outbox.json", get(list))
        .route("/outbox/replies.json", get(replies))
        .route("/outbox/sms-reply", post(reply))
        .route("/outbox/events", post(event))
}

/// Every message that can leave, under the letterhead of the demo practice.
async fn gallery(State(edge): State<Arc<Edge>>) -> Response<Body> {
    let origin = Origin::parse(edge.origin());
    let letterhead = origin.and_then(|origin| Letterhead::new(origin, &seed::profile()).ok());
    let at = Timestamp::parse("2026-11-25T15:30:00Z").ok();
    match letterhead.zip(at).and_then(|(letterhead, at)| gallery::page(&letterhead, at).ok()) {
        Some(page) => file(page, "text/html; charset=utf-8", PAGE_POLICY),
        None => plain(StatusCode::INTERNAL_SERVER_ERROR, "A text is missing.\n"),
    }
}

#[derive(Deserialize)]
struct ListQuery {
    after: Option<i64>,
    limit: Option<usize>,
}

async fn list(State(edge): State<Arc<Edge>>, Query(query): Query<ListQuery>) -> Response<Body> {
    let limit = query.limit.unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
    let outbox = edge.aws.outbox();
    answer(
        StatusCode::OK,
        &match query.after {
            Some(after) => outbox.after(after, limit),
            None => outbox.newest(limit),
        },
    )
}

async fn replies(State(edge): State<Arc<Edge>>) -> Response<Body> {
    answer(StatusCode::OK, &edge.aws.outbox().received())
}

/// The HTML of a mail, for the frame of the page. Its links open in the whole window.
async fn mail(State(edge): State<Arc<Edge>>, Path(id): Path<String>) -> Response<Body> {
    let Some(html) = edge.aws.outbox().get(&id).and_then(|sent| sent.html) else {
        return plain(StatusCode::NOT_FOUND, "There is no such mail.\n");
    };
    let base = "<base target=\"_top\">";
    let framed = match html.find("<head>") {
        Some(at) => format!("{}{base}{}", &html[..at + 6], &html[at + 6..]),
        None => format!("{base}{html}"),
    };
    let mut response = file(framed, "text/html; charset=utf-8", MAIL_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    from: String,
    body: String,
}

/// A phone answers: published as End User Messaging publishes it, where the template listens.
async fn reply(State(edge): State<Arc<Edge>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let reply: Reply = match read(&headers, &body) {
        Ok(reply) => reply,
        Err((status, detail)) => return problem(status, detail),
    };
    let is_phone = reply.from.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !is_phone || reply.body.is_empty() || reply.body.len() > REPLY_MAX_BYTES {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, "`from` is E.164, `body` has 1 to 1600 bytes");
    }
    let message = json!({
        "originationNumber": reply.from,
        "destinationNumber": "+15555550100",
        "messageKeyword": "KEYWORD_LOCAL",
        "messageBody": reply.body,
        "inboundMessageId": format!("local-{}", edge.aws.outbox().received().len() + 1),
    });
    accept(&edge, INBOUND_TOPIC, "sms-reply", &message)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    kind: EventKind,
    id: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventKind {
    Bounce,
    Complaint,
    Undeliverable,
}

/// A provider reports on something that was sent: published as SES and the SMS service publish it.
async fn event(State(edge): State<Arc<Edge>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let event: Event = match read(&headers, &body) {
        Ok(event) => event,
        Err((status, detail)) => return problem(status, detail),
    };
    let Some(sent) = edge.aws.outbox().get(&event.id) else {
        return problem(StatusCode::NOT_FOUND, "nothing with this id was sent");
    };
    let Some((topic, message)) = report(event.kind, &sent) else {
        let detail = "a mail bounces or is complained about, a text is undeliverable";
        return problem(StatusCode::UNPROCESSABLE_ENTITY, detail);
    };
    accept(&edge, topic, "provider-event", &message)
}

/// What the provider of a message would publish, and where.
fn report(kind: EventKind, sent: &Sent) -> Option<(&'static str, serde_json::Value)> {
    let id = provider_id(&sent.id);
    let mail = json!({ "messageId": id, "timestamp": sent.at, "destination": [sent.to] });
    Some(match (kind, sent.channel) {
        (EventKind::Bounce, Channel::Email) => {
            let bounce = json!({
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{ "emailAddress": sent.to }],
            });
            (MAIL_TOPIC, json!({ "eventType": "Bounce", "bounce": bounce, "mail": mail }))
        }
        (EventKind::Complaint, Channel::Email) => {
            let complaint = json!({
                "complainedRecipients": [{ "emailAddress": sent.to }],
                "complaintFeedbackType": "abuse",
            });
            (MAIL_TOPIC, json!({ "eventType": "Complaint", "complaint": complaint, "mail": mail }))
        }
        (EventKind::Undeliverable, Channel::Sms) => {
            let event = json!({
                "eventType": "TEXT_INVALID",
                "eventVersion": "1.0",
                "messageId": id,
                "destinationPhoneNumber": sent.to,
                "isFinal": true,
            });
            (TEXTS_TOPIC, event)
        }
        _ => return None,
    })
}

fn accept(edge: &Edge, topic: &str, kind: &'static str, message: &serde_json::Value) -> Response<Body> {
    let published = edge.aws.publish(topic, &message.to_string());
    match edge.aws.receive(kind, message) {
        Ok(()) => answer(StatusCode::ACCEPTED, &json!({ "published": published })),
        Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "it could not be stored"),
    }
}

type Refusal = (StatusCode, &'static str);

/// JSON alone: a page of another site can send a form, but not this type.
fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next() != Some("application/json") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"));
    }
    serde_json::from_slice(body)
        .map_err(|_| (StatusCode::UNPROCESSABLE_ENTITY, "the body has not the members of this route"))
}

fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let body = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    let mut response = answer(status, &body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn file(text: impl Into<Body>, content_type: &'static str, policy: &'static str) -> Response<Body> {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What came back is listed as it was accepted.
impl Serialize for Received {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "kind": self.kind, "message": self.message, "at": self.at }).serialize(serializer)
    }
}
