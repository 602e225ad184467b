//! A play KMS with real cryptography: AES-256-GCM under each key, the encryption context authenticated, ECDSA for
//! the signing key.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html>

mod call;

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::call::Call;
use crate::aws::datadir::{OpenError, write_whole};
use crate::aws::iam::{Caller, Iam};
use crate::aws::template::{Key, Template};
use crate::aws::wire::{Answer, AwsError, Request, Service};

const NONCE_BYTES: usize = 12;
const ID_BYTES: usize = 16;
const VERSION: u8 = 1;
const OVERHEAD: usize = 1 + ID_BYTES + NONCE_BYTES;

type Pairs = BTreeMap<String, String>;

/// The keys of the template with their material.
pub(crate) struct Kms {
    template: std::sync::Arc<Template>,
    material: BTreeMap<String, Material>,
    random: SystemRandom,
}

enum Material {
    Symmetric(LessSafeKey),
    Signing(Box<EcdsaKeyPair>),
}

/// `kms-keys.json`: key id -> base64 (32 bytes, or PKCS#8).
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    keys: BTreeMap<String, String>,
}

impl Kms {
    /// Loads key material from `file`, makes what is missing; without a file derives it from `seed`.
    pub(crate) fn open(
        template: std::sync::Arc<Template>,
        file: Option<&Path>,
        seed: u64,
    ) -> Result<Self, OpenError> {
        let random = SystemRandom::new();
        let mut stored = match file {
            Some(file) if file.exists() => read(file)?,
            _ => Stored::default(),
        };
        let mut material = BTreeMap::new();
        let mut added = false;
        for key in &template.keys {
            let bytes = match stored.keys.get(&key.id) {
                Some(text) => STANDARD
                    .decode(text)
                    .map_err(|_| ())
                    .and_then(|bytes| if bytes.is_empty() { Err(()) } else { Ok(bytes) })
                    .map_err(|()| damaged(file, &key.id))?,
                None => {
                    let bytes = fresh(key, file.is_none().then_some(seed), &random)?;
                    stored.keys.insert(key.id.clone(), STANDARD.encode(&bytes));
                    added = true;
                    bytes
                }
            };
            material
                .insert(key.id.clone(), Material::new(key, &bytes).ok_or_else(|| damaged(file, &key.id))?);
        }
        if let Some(file) = file.filter(|_| added) {
            let text = serde_json::to_string_pretty(&stored)
                .map_err(|error| OpenError::Engine(error.to_string()))?;
            write_whole(file, text.as_bytes())?;
        }
        Ok(Self { template, material, random })
    }

    pub(crate) fn handle(&self, iam: &Iam, caller: &Caller, request: &Request) -> Result<Answer, AwsError> {
        let body: Value = serde_json::from_slice(&request.body)
            .map_err(|_| AwsError::sender("SerializationException", "the body is not JSON"))?;
        let call = Call { kms: self, iam, caller, body: &body };
        let answer = match request.operation.as_str() {
            "GenerateDataKey" => call.generate_data_key(true)?,
            "GenerateDataKeyWithoutPlaintext" => call.generate_data_key(false)?,
            "Encrypt" => call.encrypt()?,
            "Decrypt" => call.decrypt()?,
            "ReEncrypt" => call.re_encrypt()?,
            "Sign" => call.sign()?,
            "Verify" => call.verify()?,
            "GetPublicKey" => call.public_key()?,
            "DescribeKey" => call.describe()?,
            "ListKeys" => call.list()?,
            other => return Err(AwsError::unknown_operation(Service::Kms, other)),
        };
        Ok(Answer::json(Service::Kms, answer.to_string()))
    }

    fn key(&self, reference: &str) -> Result<&Key, AwsError> {
        self.template
            .key(reference)
            .ok_or_else(|| AwsError::sender("NotFoundException", format!("Key '{reference}' does not exist")))
    }

    fn symmetric(&self, key: &Key) -> Result<&LessSafeKey, AwsError> {
        match self.material.get(&key.id) {
            Some(Material::Symmetric(material)) => Ok(material),
            _ => Err(AwsError::sender(
                "InvalidKeyUsageException",
                format!("{} is not valid for this operation.", key.arn),
            )),
        }
    }

    fn signing(&self, key: &Key) -> Result<&EcdsaKeyPair, AwsError> {
        match self.material.get(&key.id) {
            Some(Material::Signing(material)) => Ok(material),
            _ => Err(AwsError::sender(
                "InvalidKeyUsageException",
                format!("{} is not valid for this operation.", key.arn),
            )),
        }
    }

    fn seal(&self, key: &Key, plaintext: &[u8], context: &Pairs) -> Result<Vec<u8>, AwsError> {
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce).map_err(AwsError::internal)?;
        let mut sealed = plaintext.to_vec();
        self.symmetric(key)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad(key, context)),
                &mut sealed,
            )
            .map_err(AwsError::internal)?;
        let mut blob = Vec::with_capacity(OVERHEAD + sealed.len());
        blob.push(VERSION);
        blob.extend_from_slice(&id_bytes(&key.id));
        blob.extend_from_slice(&nonce);
        blob.append(&mut sealed);
        Ok(blob)
    }

    /// The key that a ciphertext says it is under.
    fn key_of(&self, blob: &[u8]) -> Result<&Key, AwsError> {
        let id = blob.get(1..=ID_BYTES).filter(|_| blob[0] == VERSION && blob.len() > OVERHEAD);
        let id = id.ok_or_else(invalid_ciphertext)?;
        self.template.keys.iter().find(|key| id_bytes(&key.id) == id).ok_or_else(invalid_ciphertext)
    }

    fn open_blob(&self, key: &Key, blob: &[u8], context: &Pairs) -> Result<Vec<u8>, AwsError> {
        let nonce =
            blob.get(1 + ID_BYTES..OVERHEAD).and_then(|bytes| <[u8; NONCE_BYTES]>::try_from(bytes).ok());
        let nonce = nonce.ok_or_else(invalid_ciphertext)?;
        let mut sealed = blob[OVERHEAD..].to_vec();
        let plaintext = self
            .symmetric(key)
            .map_err(|_| invalid_ciphertext())?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad(key, context)), &mut sealed)
            .map_err(|_| invalid_ciphertext())?;
        Ok(plaintext.to_vec())
    }
}

impl Material {
    fn new(key: &Key, bytes: &[u8]) -> Option<Self> {
        if key.spec == "SYMMETRIC_DEFAULT" {
            UnboundKey::new(&AES_256_GCM, bytes).ok().map(|key| Self::Symmetric(LessSafeKey::new(key)))
        } else {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes).ok()?;
            Some(Self::Signing(Box::new(pair)))
        }
    }
}

/// New material. A seeded run gets the same symmetric keys each time; a signing key is always new.
fn fresh(key: &Key, seed: Option<u64>, random: &SystemRandom) -> Result<Vec<u8>, OpenError> {
    let fail = |_| OpenError::Engine("no randomness".to_owned());
    if key.spec != "SYMMETRIC_DEFAULT" {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, random).map_err(fail)?;
        return Ok(pkcs8.as_ref().to_vec());
    }
    if let Some(seed) = seed {
        let mac = hmac::Key::new(hmac::HMAC_SHA256, &seed.to_be_bytes());
        return Ok(hmac::sign(&mac, key.id.as_bytes()).as_ref().to_vec());
    }
    let mut bytes = vec![0; 32];
    random.fill(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

fn read(file: &Path) -> Result<Stored, OpenError> {
    let bytes = std::fs::read(file).map_err(|source| OpenError::Io { file: file.to_owned(), source })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| OpenError::Corrupt { file: file.to_owned(), reason: error.to_string() })
}

fn damaged(file: Option<&Path>, id: &str) -> OpenError {
    match file {
        Some(file) => OpenError::Corrupt {
            file: file.to_owned(),
            reason: format!("the material of key {id} is not usable"),
        },
        None => OpenError::Engine(format!("the material of key {id} is not usable")),
    }
}

fn invalid_ciphertext() -> AwsError {
    AwsError::sender("InvalidCiphertextException", "")
}

/// The key id and the context in order, each part with its length: no two contexts have the same bytes.
fn aad(key: &Key, context: &Pairs) -> Vec<u8> {
    let mut bytes = key.id.clone().into_bytes();
    for part in context.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn id_bytes(id: &str) -> [u8; ID_BYTES] {
    let mut bytes = [0; ID_BYTES];
    bytes.copy_from_slice(&digest::digest(&digest::SHA256, id.as_bytes()).as_ref()[..ID_BYTES]);
    bytes
}
