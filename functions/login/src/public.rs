//! What everybody may see before sign-in.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{id::PracticeId, practice::Slug};
use http::header;
use platform::{
    App,
    http::{Failure, Problem},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The public face of a practice.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicPractice {
    slug: String,
    /// Where its pages begin: `/`, or `/p/…` where several practices share the address.
    #[schema(example = "/")]
    page: String,
    /// Public name.
    name: String,
    /// Public phone, E.164.
    phone: String,
    /// Whom to call when it cannot wait.
    emergency_number: String,
    /// Opening hours in plain words.
    hours: String,
    /// IANA time zone.
    time_zone: String,
    /// BCP 47 languages that the practice answers in.
    languages: Vec<String>,
}

/// The public face of a practice: by its short name, by `prc_` and what stands in its address after `/p/`, or `default` for
/// the practice that has this address to itself.
#[utoipa::path(get, path = "/v1/practices/{slug}", operation_id = "getPublicPractice", tag = "public",
    params(("slug" = String, Path, description = "Short name, `prc_…`, or `default`")),
    responses(
        (status = 200, body = PublicPractice),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_practice(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Json<PublicPractice>, Failure> {
    let by_slug = async |slug: Option<Slug>| match slug {
        Some(slug) => app.practice_by_slug(&slug).await,
        None => Ok(None),
    };
    let practice = match (slug.as_str(), PracticeId::parse(&slug)) {
        ("default", _) => by_slug(app.default_practice.clone()).await?,
        (_, Ok(id)) => app.practice(id).await?,
        (text, Err(_)) => by_slug(Slug::parse(text).ok()).await?,
    };
    let practice = practice.ok_or(Failure::NotFound)?;
    let profile = practice.profile.clone();
    Ok(Json(PublicPractice {
        slug: practice.slug.to_string(),
        page: app.reference(&practice).map_or_else(|| "/".to_owned(), |reference| format!("/p/{reference}")),
        name: profile.name,
        phone: profile.phone,
        emergency_number: profile.emergency_number,
        hours: profile.hours,
        time_zone: profile.time_zone,
        languages: profile.languages,
    }))
}

/// Whether the API answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// 200 when the API is ready.
#[utoipa::path(get, path = "/v1/health", operation_id = "getHealth", tag = "public",
    responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "getOpenapi", tag = "public",
    responses((status = 200, content_type = "application/json")))]
pub(crate) async fn openapi() -> Response {
    let document = include_str!("../../../docs/api/openapi.json");
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}
