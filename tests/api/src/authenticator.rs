//! A passkey authenticator in software: makes keys and signs with them as Web Authentication, Level 3, has it, and lies
//! where a test tells it to.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::world::ORIGIN;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const KEY_INCLUDED: u8 = 1 << 6;

/// A passkey with its private half.
struct Key {
    id: Vec<u8>,
    handle: Vec<u8>,
    pair: EcdsaKeyPair,
    count: u32,
}

/// An authenticator with the browser that it is built into.
pub struct Authenticator {
    keys: Vec<Key>,
    /// Where the browser says that the page is from.
    pub origin: String,
    /// In place of the relying party that the page names.
    pub rp_id: Option<String>,
    /// In place of the challenge that the page names.
    pub challenge: Option<String>,
    /// Whether the owner is asked who they are.
    pub verifies: bool,
    /// Whether uses are counted.
    pub counts: bool,
}

impl Default for Authenticator {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            origin: ORIGIN.to_owned(),
            rp_id: None,
            challenge: None,
            verifies: true,
            counts: true,
        }
    }
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes_of(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().expect("base64url")).expect("base64url")
}

/// CBOR of a text or byte string of up to 65,535 bytes.
fn cbor_string(major: u8, bytes: &[u8]) -> Vec<u8> {
    let len = bytes.len();
    let mut out = match len {
        0..=23 => vec![major << 5 | u8::try_from(len).unwrap()],
        24..=255 => vec![major << 5 | 24, u8::try_from(len).unwrap()],
        _ => [vec![major << 5 | 25], u16::try_from(len).unwrap().to_be_bytes().to_vec()].concat(),
    };
    out.extend(bytes);
    out
}

impl Authenticator {
    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = self.challenge.clone();
        let challenge = challenge.unwrap_or_else(|| options["challenge"].as_str().unwrap().to_owned());
        let data = json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false});
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, rp_id: &str, more_flags: u8, count: u32) -> Vec<u8> {
        let rp_id = self.rp_id.as_deref().unwrap_or(rp_id);
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        data.push(USER_PRESENT | verified | more_flags);
        data.extend(count.to_be_bytes());
        data
    }

    /// `navigator.credentials.create()`: the answer to creation options.
    pub fn create(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let id = digest(&SHA256, options["challenge"].as_str().unwrap().as_bytes()).as_ref()[..16].to_vec();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let count = u32::from(self.counts);
        let mut data = self.authenticator_data(options["rp"]["id"].as_str().unwrap(), KEY_INCLUDED, count);
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
        data.extend(&id);
        let point = pair.public_key().as_ref();
        assert_eq!(point.len(), 65, "an uncompressed point");
        // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
        data.extend(cbor_string(2, &point[1..33]));
        data.push(0x22);
        data.extend(cbor_string(2, &point[33..]));
        let attestation = [
            vec![0xa3],
            cbor_string(3, b"fmt"),
            cbor_string(3, b"none"),
            cbor_string(3, b"attStmt"),
            vec![0xa0],
            cbor_string(3, b"authData"),
            cbor_string(2, &data),
        ]
        .concat();
        let answer = json!({
            "id": base64url(&id),
            "rawId": base64url(&id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(&self.client_data("webauthn.create", options)),
                "attestationObject": base64url(&attestation),
                "transports": ["internal"],
            },
        });
        self.keys.push(Key { id, handle: bytes_of(&options["user"]["id"]), pair, count });
        answer
    }

    /// `navigator.credentials.get()`: the answer to request options, by the newest key.
    pub fn get(&mut self, options: &Value) -> Value {
        let last = self.keys.len() - 1;
        self.get_with(last, options)
    }

    /// The same, by the `n`-th key.
    pub fn get_with(&mut self, n: usize, options: &Value) -> Value {
        let options = &options["publicKey"];
        assert_eq!(options["userVerification"], "required");
        if self.counts {
            self.keys[n].count += 1;
        }
        let client = self.client_data("webauthn.get", options);
        let data = self.authenticator_data(options["rpId"].as_str().unwrap(), 0, self.keys[n].count);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let key = &self.keys[n];
        let signature = key.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": base64url(&key.id),
            "rawId": base64url(&key.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(&client),
                "authenticatorData": base64url(&data),
                "signature": base64url(signature.as_ref()),
                "userHandle": base64url(&key.handle),
            },
        })
    }

    /// Sets the count of the newest key.
    pub fn set_count(&mut self, count: u32) {
        self.keys.last_mut().expect("a key").count = count;
    }

    /// Makes the newest key say that it is somebody else's.
    pub fn set_handle(&mut self, handle: Vec<u8>) {
        self.keys.last_mut().expect("a key").handle = handle;
    }
}
