//! How far a side has read.

use axum::extract::State;
use http::StatusCode;
use platform::{
    App,
    http::{Failure, Json as Body, Problem},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::Access;

/// Up to where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadMarkBody {
    /// A sequence number of this conversation.
    seq: u64,
}

/// Moves the read mark of the caller's side forward; it never goes back.
#[utoipa::path(put, path = "/v1/conversations/{id}/read", operation_id = "markRead", tag = "conversations",
    params(("id" = String, Path, description = "cnv_…")),
    request_body = ReadMarkBody,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn mark_read(
    State(app): State<App>,
    access: Access,
    Body(body): Body<ReadMarkBody>,
) -> Result<StatusCode, Failure> {
    let side = access.session.side();
    let wrong = || Failure::field("/seq", "out_of_range");
    if body.seq == 0 || body.seq > access.head.last_seq {
        return Err(wrong());
    }
    let mark = app.store.read_mark(&access.head, side, body.seq).await?.ok_or_else(wrong)?;
    app.store.mark_read(&access.head, side, mark).await?;
    Ok(StatusCode::NO_CONTENT)
}
