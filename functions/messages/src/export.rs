//! A conversation as plain text, for the patient's chart.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    audit::Verb,
    time::{Timestamp, ZoneName},
};
use http::{HeaderMap, HeaderValue, header};
use platform::{
    App,
    http::{Failure, Problem, Query},
    i18n::{Area, TextError, Texts},
    keys::KeyScope,
    seal::Key,
    store::{
        StoreError,
        conversation::Head,
        message::{OpenedMessage, Range, StoredMessage},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{access::Access, read::unreadable};

/// Messages of one call.
const CALL: u32 = 100;
/// Messages of one page.
const MESSAGES: usize = 400;
/// Sealed bytes after which a page takes no more. Lambda answers with at most 6 MB.
const BYTES: usize = 3_000_000;

/// From where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// The last sequence number that is there already; 0 if left out.
    after: Option<u64>,
}

/// A conversation as text: who wrote what when, by the practice's clocks. Recalled messages are named without their text.
/// Where a long one goes on, a `Link` header with `rel="next"` says where. Each page is an event.
#[utoipa::path(get, path = "/v1/conversations/{id}/export", operation_id = "exportConversation",
    tag = "conversations",
    params(("id" = String, Path, description = "cnv_…"), From),
    responses(
        (status = 200, body = String, content_type = "text/plain", headers(("Link" = String))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn export_conversation(
    State(app): State<App>,
    access: Access,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    access.staff_may_read()?;
    let head = &access.head;
    let practice = app.known_practice(head.practice).await?;
    access.session.must_be_fresh(&practice.policies, app.clock.now())?;
    let after = from.after.unwrap_or(0);
    let stored = stored(&app, head, after).await?;
    let last = stored.last().map_or(after, |message| message.seq);
    let mut event = access.session.event(&app.entropy, app.clock.now(), Verb::ConversationExported);
    event.patient = Some(head.patient);
    event.conversation = Some(head.id);
    event.seqs = stored.first().map(|first| (first.seq, last));
    let scope = KeyScope::of_conversation(head.practice, head.patient, head.id);
    let (content_key, sealer, ()) = tokio::try_join!(
        async { app.keys.unwrap(scope, &head.wrapped_key).await.map_err(Failure::from) },
        async { app.sealer(&practice).await.map_err(Failure::from) },
        async { app.store.record(&event).await.map_err(|error| Failure::Unavailable(error.into())) },
    )?;
    let zone =
        ZoneName::parse(&practice.profile.time_zone).map_err(|_| StoreError::Malformed("time_zone"))?;
    let page = Page { texts: texts(&access)?, zone, app: &app, access: &access };
    let mut text = String::new();
    if after == 0 {
        let patient = app.store.patient(head.practice, head.patient, &sealer).await?;
        let patient = patient.ok_or(StoreError::Malformed("patient"))?;
        let by = sealer.open_bytes(&access.session.key(), "sealed_name", &access.session.sealed_name)?;
        text.push_str(&format!("{}\n", practice.profile.name));
        text.push_str(&format!("{}, {}\n", patient.name.expose(), patient.birth_date.expose()));
        text.push_str(&format!("{}, {}\n", head.id, page.moment(head.created_at)));
        text.push_str(&format!("{}: {}, {by}\n", page.say("chart-exported")?, page.moment(app.clock.now())));
    }
    page.add(&content_key, &stored, &mut text).await?;
    let mut headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    if last < head.last_seq && last > after {
        let next = format!("</v1/conversations/{}/export?after={last}>; rel=\"next\"", head.id);
        headers.extend(HeaderValue::from_str(&next).ok().map(|next| (header::LINK, next)));
    }
    Ok((headers, text).into_response())
}

/// The sealed messages of one page.
async fn stored(app: &App, head: &Head, after: u64) -> Result<Vec<StoredMessage>, Failure> {
    let (mut found, mut bytes, mut last) = (Vec::new(), 0, after);
    while last < head.last_seq && found.len() < MESSAGES && bytes < BYTES {
        let page = app.store.messages(head.practice, head.id, Range::After(last), CALL).await?;
        let Some(newest) = page.last() else { break };
        last = newest.seq;
        bytes += page.iter().map(StoredMessage::sealed_bytes).sum::<usize>();
        found.extend(page);
    }
    Ok(found)
}

fn texts(access: &Access) -> Result<&'static Texts, Failure> {
    Texts::for_reader(Area::Chart, &access.session.language).map_err(wordless)
}

fn wordless(error: TextError) -> Failure {
    Failure::Internal(error.into())
}

/// What one page is made with.
struct Page<'a> {
    texts: &'static Texts,
    zone: ZoneName,
    app: &'a App,
    access: &'a Access,
}

impl Page<'_> {
    fn say(&self, key: &'static str) -> Result<String, Failure> {
        self.texts.get(key, &[]).map_err(wordless)
    }

    fn moment(&self, at: Timestamp) -> String {
        at.in_zone(&self.zone)
    }

    async fn add(&self, key: &Key, stored: &[StoredMessage], text: &mut String) -> Result<(), Failure> {
        let head = &self.access.head;
        for some in stored.chunks(CALL as usize) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else { break };
            let secrets = self.app.store.message_secrets(head.practice, head.id, first.seq, last.seq).await?;
            for message in some {
                let secret = secrets.iter().find(|(seq, _)| *seq == message.seq).map(|(_, secret)| secret);
                let opened = secret.and_then(|secret| message.open(head.practice, head.id, key, secret));
                if secret.is_some() && opened.is_none() && message.recalled_at.is_none() {
                    unreadable(self.app, self.access, message.seq).await?;
                }
                self.add_one(message, opened, text)?;
            }
        }
        Ok(())
    }

    fn add_one(
        &self,
        message: &StoredMessage,
        opened: Option<OpenedMessage>,
        text: &mut String,
    ) -> Result<(), Failure> {
        use domain::message::MessageKind;
        let name = opened.as_ref().map_or("–", |opened| opened.sender_name.as_str());
        text.push_str(&format!("\n[{}] {} – {name}\n", message.seq, self.moment(message.sent_at)));
        let of = opened.as_ref().and_then(|opened| opened.of).unwrap_or_default();
        match (message.recalled_at, message.kind, opened) {
            (Some(at), ..) => {
                text.push_str(&format!("({}: {})\n", self.say("chart-recalled")?, self.moment(at)));
            }
            (None, MessageKind::Recall, _) => {
                text.push_str(&format!("({} [{of}])\n", self.say("chart-recall")?));
            }
            (None, _, None) => text.push_str(&format!("({})\n", self.say("chart-unreadable")?)),
            (None, kind, Some(opened)) => {
                if kind == MessageKind::Correction {
                    text.push_str(&format!("({} [{of}])\n", self.say("chart-correction")?));
                }
                text.push_str(&opened.text);
                text.push('\n');
            }
        }
        Ok(())
    }
}
