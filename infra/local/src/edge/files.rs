//! The portal's built files, as the bucket behind CloudFront serves them.

use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::{IMMUTABLE, NO_STORE, plain};

const NOT_BUILT: &str = "The portal has not been built here. `make run` builds it.\n";
/// As the upload sets it for files whose names do not change.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// A file by its path. Paths without a dot in the last part are pages: the console's, or the patients'.
pub(super) async fn serve(portal: Option<&Path>, path: &str) -> Response<Body> {
    let Some(root) = portal else { return plain(StatusCode::NOT_FOUND, NOT_BUILT) };
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_file = last.contains('.');
    let path = match (is_file, path) {
        (true, path) => path,
        (false, path) if path == "/staff" || path.starts_with("/staff/") => "/staff/index.html",
        (false, _) => "/index.html",
    };
    let Some(file) = inside(root, path) else { return plain(StatusCode::NOT_FOUND, "Not found.\n") };
    let Ok(bytes) = tokio::fs::read(&file).await else {
        return plain(StatusCode::NOT_FOUND, if is_file { "Not found.\n" } else { NOT_BUILT });
    };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&file)));
    let caching = if path.ends_with(".html") {
        NO_STORE
    } else if path.starts_with("/assets/") {
        IMMUTABLE
    } else {
        AN_HOUR
    };
    headers.insert(header::CACHE_CONTROL, caching);
    response
}

/// The file below the root that a path names, without any way out of it.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && !path.contains(['%', '\\', '\0'])).then(|| root.join(relative))
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_out() {
        let root = Path::new("portal/dist");
        assert_eq!(inside(root, "/assets/a.js"), Some(root.join("assets/a.js")));
        for path in ["/../Cargo.toml", "/a/../../b.js", "/%2e%2e/b.js", "//etc/../x.js", "/a\\..\\b.js"] {
            assert_eq!(inside(root, path), None, "{path}");
        }
    }
}
