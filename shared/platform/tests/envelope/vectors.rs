//! The frozen vectors open, and are what this build would write. `tests/envelope/test_reader.py` opens them in Python.

use crate::vector_file;
use platform::seal::{self, FieldContext, Key, MessageContext, MessageSecret, OpenError, Plaintext};
use serde_json::Value;

#[test]
fn the_committed_vectors_are_what_this_build_would_write() {
    let committed = std::fs::read_to_string(vector_file::PATH).expect("the file is there");
    assert!(
        committed == vector_file::contents(),
        "The format is frozen: ciphertexts like these are stored. A change of the bytes is a new version. \
         To add vectors: cargo run -p platform --example make_vectors"
    );
}

#[test]
fn every_vector_opens() {
    let file = committed();
    let vectors = vectors(&file, "messages").chain(vectors(&file, "fields"));
    let opened = vectors
        .map(|vector| {
            let plaintext = open(vector).expect("opens");
            assert_eq!(plaintext.as_bytes(), hex(&vector["plaintext"]), "{}", vector["id"]);
        })
        .count();
    assert!(opened >= 100, "{opened} vectors");
}

#[test]
fn every_rejected_vector_is_refused() {
    let file = committed();
    for vector in vectors(&file, "rejected") {
        let sealed = hex(&vector["sealed"]);
        let expected = match vector["error"].as_str() {
            Some("unknown_version") => OpenError::UnknownVersion(sealed[0]),
            _ => OpenError::Unreadable,
        };
        assert_eq!(open(vector).err(), Some(expected), "{}", vector["id"]);
    }
}

fn committed() -> Value {
    let text = std::fs::read_to_string(vector_file::PATH).expect("the file is there");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn vectors<'a>(file: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    file[list].as_array().expect("a list").iter()
}

fn open(vector: &Value) -> Result<Plaintext, OpenError> {
    let key = Key::try_from_slice(&hex(&vector["key"]))?;
    let text = |name: &str| vector["context"][name].as_str().expect("text");
    let sealed = hex(&vector["sealed"]);
    if vector["kind"] == "field" {
        let ctx =
            FieldContext { practice: text("practice"), pk: text("pk"), sk: text("sk"), field: text("field") };
        return seal::open_field(&key, &ctx, &sealed);
    }
    let secret = MessageSecret::try_from_slice(&hex(&vector["secret"]))?;
    let ctx = MessageContext {
        practice: text("practice"),
        conversation: text("conversation"),
        seq: text("seq").parse().expect("a number"),
        message: text("message"),
        sender: text("sender"),
        kind: text("kind"),
        created_at_ms: text("created_at_ms").parse().expect("a number"),
    };
    seal::open_message(&key, &secret, &ctx, &sealed)
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().expect("hex");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
}
