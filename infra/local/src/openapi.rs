//! The OpenAPI document of the whole API, from the routers themselves.

use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

/// The document. Its paths are the routes: there is no second list.
pub fn document() -> OpenApi {
    let mut document = login::api()
        .merge(messages::api())
        .merge(roster::api())
        .merge(audit::api())
        .merge(texts::api())
        .into_openapi();
    document.info = InfoBuilder::new()
        .title("Patient chat")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Secure messages between a practice and its patients. Times are RFC 3339 in UTC with milliseconds, dates \
             YYYY-MM-DD, phones E.164. Errors are problem documents (RFC 9457). A session comes by cookie or as a \
             bearer token; writes by cookie need a same-origin Origin header.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::Http(bearer));
    document.security = Some(vec![SecurityRequirement::new::<_, _, &str>("session", [])]);
    document
}

/// Writes the document to standard output, as docs/api/openapi.json holds it.
///
/// # Errors
/// If it cannot be written.
#[allow(clippy::print_stdout, reason = "printing is what it is for")]
pub fn print() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}", serde_json::to_string_pretty(&document())?);
    Ok(())
}
