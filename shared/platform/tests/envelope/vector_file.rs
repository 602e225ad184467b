//! The frozen vectors, made from fixed inputs: `tests/envelope/vectors.json`, described in `docs/envelope.md`.

use crate::crafted::{Way, gcm_seal, opens_both_ways};
use crate::samples::{Derived, Field, Message, bytes, bytes32};
use serde::Serialize;

/// Where the committed file is.
pub(crate) const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/envelope/vectors.json");

#[derive(Serialize)]
struct File {
    format: &'static str,
    messages: Vec<Vector>,
    fields: Vec<Vector>,
    rejected: Vec<Vector>,
}

/// Bytes are hex; numbers are decimal text, as not every JSON reader has 64 bits.
#[derive(Serialize)]
struct Vector {
    id: String,
    kind: &'static str,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    context: Context,
    #[serde(flatten)]
    outcome: Outcome,
    sealed: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Context {
    Message {
        practice: String,
        conversation: String,
        seq: String,
        message: String,
        sender: String,
        kind: String,
        created_at_ms: String,
    },
    Field {
        practice: String,
        pk: String,
        sk: String,
        field: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Opens { plaintext: String, aad: String, derived_key: String, nonce_key: String },
    Fails { error: &'static str },
}

/// Name of a vector, and what in it comes from another item.
type Swap<T> = (&'static str, fn(&mut T, T));

/// The whole file, as it is committed.
pub(crate) fn contents() -> String {
    let file = File {
        format: "PC1",
        messages: messages().enumerate().map(|(n, item)| message_vector(n, &item)).collect(),
        fields: fields().enumerate().map(|(n, item)| field_vector(n, &item)).collect(),
        rejected: rejected(),
    };
    serde_json::to_string_pretty(&file).expect("plain data") + "\n"
}

/// Plaintexts around the block sizes of AES and SHA, texts of several scripts, and bytes that are no text.
fn plaintexts() -> Vec<Vec<u8>> {
    let lens = [
        0, 1, 11, 12, 13, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 111, 112, 127, 128, 129, 255, 256, 257,
        1_024, 4_096,
    ];
    let texts = [
        "Your results are in.",
        "Sus resultados están listos.",
        "نتائجك جاهزة",
        "您的检查结果已出",
        "Kết quả của bạn đã có 🙂",
        "line one\nline two\r\n\ttabbed",
        "\u{202e}right to left\u{202c}",
        "\0",
    ];
    let texts = texts.into_iter().map(|text| text.as_bytes().to_vec());
    lens.into_iter().map(|len| bytes("plaintext", len)).chain(texts).chain([vec![0xff; 20]]).collect()
}

fn messages() -> impl Iterator<Item = Message> {
    let base = || Message { plaintext: b"Your results are in.".to_vec(), ..Message::sample(0) };
    let plain =
        plaintexts().into_iter().zip(0..).map(|(plaintext, n)| Message { plaintext, ..Message::sample(n) });
    let numbers = [(0, 0), (1, -1), (1 << 32, 1), ((1 << 53) + 1, i64::MAX), (u64::MAX, i64::MIN)]
        .map(|(seq, created_at_ms)| Message { seq, created_at_ms, ..base() });
    let names = [
        ["", "", "", ""],
        ["ab", "c", "d", "e"],
        ["a", "bc", "d", "e"],
        ["a", "b", "cd", "e"],
        ["a\0", "b", "c", "d"],
    ]
    .map(|names| names.map(str::to_owned))
    .into_iter()
    .chain([[(); 4].map(|()| "prc_".repeat(100)), [(); 4].map(|()| "患者🙂".to_owned())])
    .map(move |[practice, conversation, message, sender]| Message {
        practice,
        conversation,
        message,
        sender,
        ..base()
    });
    let kinds = ["", "note", "recall", "file_state"].map(|kind| Message { kind: kind.into(), ..base() });
    let edges = [[0; 32], [0xff; 32]].map(|secret| Message { content_key: secret, secret, ..base() });
    plain.chain(numbers).chain(names).chain(kinds).chain(edges).chain((100..110).map(Message::sample))
}

fn fields() -> impl Iterator<Item = Field> {
    let base = || Field { plaintext: "Zoë Nuñez".into(), ..Field::sample(0) };
    let plain =
        plaintexts().into_iter().zip(0..).map(|(plaintext, n)| Field { plaintext, ..Field::sample(n) });
    let names = [
        ["", "", "", ""],
        ["ab", "c", "d", "e"],
        ["a", "bc", "d", "e"],
        ["a", "b", "cd", "e"],
        ["a\0", "b", "c", "d"],
    ]
    .map(|names| names.map(str::to_owned))
    .into_iter()
    .chain([[(); 4].map(|()| "PATIENT#".repeat(60)), [(); 4].map(|()| "患者🙂".to_owned())])
    .map(move |[practice, pk, sk, field]| Field { practice, pk, sk, field, ..base() });
    let edges = [[0; 32], [0xff; 32]].map(|salt| Field { key: salt, salt, ..base() });
    plain.chain(names).chain(edges).chain((100..117).map(Field::sample))
}

fn message_vector(n: usize, item: &Message) -> Vector {
    let outcome = opens(&item.plaintext, &item.aad(), &item.derived());
    message(format!("message-{n:03}"), item, outcome, &item.seal())
}

fn field_vector(n: usize, item: &Field) -> Vector {
    let outcome = opens(&item.plaintext, &item.aad(), &item.derived());
    field(format!("field-{n:03}"), item, outcome, &item.seal())
}

fn opens(plaintext: &[u8], aad: &[u8], derived: &Derived) -> Outcome {
    Outcome::Opens {
        plaintext: hex(plaintext),
        aad: hex(aad),
        derived_key: hex(&derived.key),
        nonce_key: hex(&derived.nonce_key),
    }
}

fn rejected() -> Vec<Vector> {
    let (item, other) = (Message::sample(0), Message::sample(35));
    let (datum, other_datum) = (Field::sample(0), Field::sample(35));
    let mut vectors = Vec::new();
    let mut add_message = |id: &str, item: &Message, sealed: &[u8]| {
        let outcome = Outcome::Fails { error: error_of(sealed) };
        vectors.push(message(format!("message-{id}"), item, outcome, sealed));
    };

    let sealed = item.seal();
    for (id, bytes) in damaged(&sealed, &[("commitment", 2), ("nonce", 34), ("ciphertext", 46)]) {
        add_message(&id, &item, &bytes);
    }
    let swaps: [Swap<Message>; 9] = [
        ("wrong-key", |item, other| item.content_key = other.content_key),
        ("wrong-secret", |item, other| item.secret = other.secret),
        ("wrong-practice", |item, other| item.practice = other.practice),
        ("wrong-conversation", |item, other| item.conversation = other.conversation),
        ("wrong-seq", |item, other| item.seq = other.seq),
        ("wrong-message", |item, other| item.message = other.message),
        ("wrong-sender", |item, other| item.sender = other.sender),
        ("wrong-kind", |item, _| item.kind = "recall".to_owned()),
        ("wrong-created-at", |item, other| item.created_at_ms = other.created_at_ms),
    ];
    for (id, swap) in swaps {
        let mut swapped = item.clone();
        swap(&mut swapped, other.clone());
        add_message(id, &swapped, &sealed);
    }
    let second = Message { secret: other.secret, ..item.clone() };
    for (id, bytes) in for_two_keys([1, 1].to_vec(), [&item.derived(), &second.derived()], &item.aad()) {
        add_message(&format!("{id}-opened-with-first"), &item, &bytes);
        add_message(&format!("{id}-opened-with-second"), &second, &bytes);
    }
    let derived = item.derived();
    let body = gcm_seal(&Way { key: derived.key, aad: item.aad() }, &[0; 12], &item.plaintext);
    add_message("nonce-of-free-choice", &item, &[&[1, 1], &derived.commitment[..], &[0; 12], &body].concat());
    add_message("is-a-field", &item, &datum.seal());

    let mut add_field = |id: &str, item: &Field, sealed: &[u8]| {
        let outcome = Outcome::Fails { error: error_of(sealed) };
        vectors.push(field(format!("field-{id}"), item, outcome, sealed));
    };
    let sealed = datum.seal();
    for (id, bytes) in damaged(&sealed, &[("salt", 2), ("commitment", 34), ("nonce", 66), ("ciphertext", 78)])
    {
        add_field(&id, &datum, &bytes);
    }
    let swaps: [Swap<Field>; 5] = [
        ("wrong-key", |item, other| item.key = other.key),
        ("wrong-practice", |item, other| item.practice = other.practice),
        ("wrong-pk", |item, other| item.pk = other.pk),
        ("wrong-sk", |item, _| item.sk = "POINT".to_owned()),
        ("wrong-field", |item, other| item.field = other.field),
    ];
    for (id, swap) in swaps {
        let mut swapped = datum.clone();
        swap(&mut swapped, other_datum.clone());
        add_field(id, &swapped, &sealed);
    }
    let second = Field { key: other_datum.key, ..datum.clone() };
    let head = [[1, 2].as_slice(), &datum.salt].concat();
    for (id, bytes) in for_two_keys(head, [&datum.derived(), &second.derived()], &datum.aad()) {
        add_field(&format!("{id}-opened-with-first"), &datum, &bytes);
        add_field(&format!("{id}-opened-with-second"), &second, &bytes);
    }
    add_field("is-a-message", &datum, &item.seal());
    vectors
}

/// One bit off in every part, other versions and suites, cuts and additions.
fn damaged(sealed: &[u8], parts: &[(&str, usize)]) -> Vec<(String, Vec<u8>)> {
    let with = |at: usize, value: u8| {
        let mut bytes = sealed.to_vec();
        bytes[at] = value;
        bytes
    };
    let last = sealed.len() - 1;
    let shortest = parts[parts.len() - 1].1 + 16;
    let mut damaged: Vec<_> = parts
        .iter()
        .map(|(part, at)| (format!("bit-of-{part}"), with(*at, sealed[*at] ^ 0x80)))
        .chain([0, 2, 255].map(|version| (format!("version-{version}"), with(0, version))))
        .chain([0, 3, 255].map(|suite| (format!("suite-{suite}"), with(1, suite))))
        .chain(
            [0, 1, 2, shortest - 1, shortest, last]
                .map(|len| (format!("cut-to-{len}"), sealed[..len].to_vec())),
        )
        .collect();
    damaged.push(("bit-of-tag".to_owned(), with(last, sealed[last] ^ 1)));
    damaged.push(("one-byte-more".to_owned(), [sealed, &[0]].concat()));
    damaged
}

/// A body that AES-256-GCM alone opens under both keys, behind the commitment of either.
fn for_two_keys(head: Vec<u8>, derived: [&Derived; 2], aad: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let nonce = bytes32("nonce for two keys", 0)[..12].try_into().expect("12 bytes");
    let ways = derived.map(|derived| Way { key: derived.key, aad: aad.to_vec() });
    let body = opens_both_ways([&ways[0], &ways[1]], &nonce, &bytes("filler", 64), 2);
    let sealed = |derived: &Derived| [&head, &derived.commitment[..], &nonce, &body].concat();
    vec![
        ("two-keys-first-commitment", sealed(derived[0])),
        ("two-keys-second-commitment", sealed(derived[1])),
    ]
}

fn error_of(sealed: &[u8]) -> &'static str {
    if matches!(sealed.first(), None | Some(1)) { "unreadable" } else { "unknown_version" }
}

fn message(id: String, item: &Message, outcome: Outcome, sealed: &[u8]) -> Vector {
    let context = Context::Message {
        practice: item.practice.clone(),
        conversation: item.conversation.clone(),
        seq: item.seq.to_string(),
        message: item.message.clone(),
        sender: item.sender.clone(),
        kind: item.kind.clone(),
        created_at_ms: item.created_at_ms.to_string(),
    };
    let (key, secret) = (hex(&item.content_key), Some(hex(&item.secret)));
    Vector { id, kind: "message", key, secret, context, outcome, sealed: hex(sealed) }
}

fn field(id: String, item: &Field, outcome: Outcome, sealed: &[u8]) -> Vector {
    let context = Context::Field {
        practice: item.practice.clone(),
        pk: item.pk.clone(),
        sk: item.sk.clone(),
        field: item.field.clone(),
    };
    Vector { id, kind: "field", key: hex(&item.key), secret: None, context, outcome, sealed: hex(sealed) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
