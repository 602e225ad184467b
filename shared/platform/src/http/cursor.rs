//! Cursors of lists: sealed, so that no key leaves, and bound to who asked and for what.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::failure::Failure;
use crate::{
    sealing::FieldSealer,
    store::{item::Attributes, keys::ItemKey, table::start_key_pairs},
};

const FIELD: &str = "cursor";

/// What a cursor belongs to: the viewer and the list with its filters.
fn place(viewer: &str, query: &str) -> ItemKey {
    ItemKey { pk: format!("cursor {viewer}"), sk: query.to_owned() }
}

/// Seals where a page of a query ended.
pub fn seal(sealer: &FieldSealer, viewer: &str, query: &str, start: &Attributes) -> String {
    let pairs = serde_json::to_string(&start_key_pairs(start)).unwrap_or_default();
    seal_text(sealer, viewer, query, &pairs)
}

/// Opens the cursor of a query.
///
/// # Errors
/// [`Failure::Invalid`] for anything but a cursor of this viewer and query.
pub fn open(sealer: &FieldSealer, viewer: &str, query: &str, cursor: &str) -> Result<Attributes, Failure> {
    let text = open_text(sealer, viewer, query, cursor)?;
    let pairs: Vec<(String, String)> = serde_json::from_str(&text).map_err(|_| wrong())?;
    Ok(pairs.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect())
}

/// Seals where a page ended that was not cut by a query.
pub fn seal_text(sealer: &FieldSealer, viewer: &str, query: &str, end: &str) -> String {
    URL_SAFE_NO_PAD.encode(sealer.seal_bytes(&place(viewer, query), FIELD, end))
}

/// Opens what [`seal_text`] sealed.
///
/// # Errors
/// As [`open`].
pub fn open_text(sealer: &FieldSealer, viewer: &str, query: &str, cursor: &str) -> Result<String, Failure> {
    let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    sealer.open_bytes(&place(viewer, query), FIELD, &sealed).map_err(|_| wrong())
}

fn wrong() -> Failure {
    Failure::field("/cursor", "invalid_cursor")
}
