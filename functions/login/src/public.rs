//! What everybody may see before sign-in.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::practice::Slug;
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

/// The public face of a practice: by its short name, or `default` for the practice of this address.
#[utoipa::path(get, path = "/v1/practices/{slug}", operation_id = "getPublicPractice", tag = "public",
    params(("slug" = String, Path, description = "Short name, or `default`")),
    responses(
        (status = 200, body = PublicPractice),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get_practice(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Json<PublicPractice>, Failure> {
    let slug = match slug.as_str() {
        "default" => app.default_practice.clone(),
        text => Slug::parse(text).ok(),
    };
    let practice = match slug {
        Some(slug) => app.practice_by_slug(&slug).await?,
        None => None,
    };
    let practice = practice.ok_or(Failure::NotFound)?;
    let profile = practice.profile.clone();
    Ok(Json(PublicPractice {
        slug: practice.slug.to_string(),
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
