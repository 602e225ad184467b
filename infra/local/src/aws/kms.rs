//! A play KMS with real cryptography: AES-256-GCM under each key, the encryption context authenticated, ECDSA for
//! the signing key.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html>

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::datadir::{OpenError, write_whole};
use super::iam::{Caller, Context, Iam};
use super::template::{ACCOUNT, Key, Template};
use super::wire::{Answer, AwsError, Request, Service};

const NONCE_BYTES: usize = 12;
const ID_BYTES: usize = 16;
const VERSION: u8 = 1;
const OVERHEAD: usize = 1 + ID_BYTES + NONCE_BYTES;
/// The longest plaintext of Encrypt, and the longest data key.
const LIMIT_BYTES: usize = 4096;

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

struct Call<'a> {
    kms: &'a Kms,
    iam: &'a Iam,
    caller: &'a Caller,
    body: &'a Value,
}

impl Call<'_> {
    fn text(&self, member: &str) -> Result<&str, AwsError> {
        self.optional(member)
            .ok_or_else(|| AwsError::sender("ValidationException", format!("{member} is missing")))
    }

    fn optional(&self, member: &str) -> Option<&str> {
        self.body.get(member).and_then(Value::as_str)
    }

    fn bytes(&self, member: &str) -> Result<Vec<u8>, AwsError> {
        STANDARD
            .decode(self.text(member)?)
            .map_err(|_| AwsError::sender("SerializationException", format!("{member} is not base64")))
    }

    fn context(&self, member: &str) -> Pairs {
        let map = self.body.get(member).and_then(Value::as_object).into_iter().flatten();
        map.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    fn allow(&self, action: &str, key: &Key, context: &Pairs) -> Result<(), AwsError> {
        let mut keys = Context::new().with("kms:CallerAccount", vec![ACCOUNT.to_owned()]);
        for (name, value) in context {
            keys = keys.with(format!("kms:EncryptionContext:{name}"), vec![value.clone()]);
        }
        if !context.is_empty() {
            keys = keys.with("kms:EncryptionContextKeys", context.keys().cloned().collect());
        }
        self.iam
            .authorize_key(self.caller, action, key, &keys)
            .map_err(|denied| AwsError::denied(Service::Kms, &denied))
    }

    fn generate_data_key(&self, with_plaintext: bool) -> Result<Value, AwsError> {
        let key = self.kms.key(self.text("KeyId")?)?;
        let context = self.context("EncryptionContext");
        let action =
            if with_plaintext { "kms:GenerateDataKey" } else { "kms:GenerateDataKeyWithoutPlaintext" };
        self.allow(action, key, &context)?;
        let length = match (self.optional("KeySpec"), self.body.get("NumberOfBytes").and_then(Value::as_u64))
        {
            (Some("AES_256"), None) => 32,
            (Some("AES_128"), None) => 16,
            (None, Some(bytes)) => usize::try_from(bytes).unwrap_or(usize::MAX),
            _ => {
                return Err(AwsError::sender(
                    "ValidationException",
                    "Please specify either number of bytes or key spec.",
                ));
            }
        };
        if length == 0 || length > 1024 {
            return Err(AwsError::sender("ValidationException", "NumberOfBytes must be from 1 to 1024"));
        }
        let mut plaintext = vec![0; length];
        self.kms.random.fill(&mut plaintext).map_err(AwsError::internal)?;
        let blob = self.kms.seal(key, &plaintext, &context)?;
        let mut answer = json!({ "KeyId": key.arn, "CiphertextBlob": STANDARD.encode(blob) });
        if with_plaintext {
            answer["Plaintext"] = Value::String(STANDARD.encode(plaintext));
        }
        Ok(answer)
    }

    fn encrypt(&self) -> Result<Value, AwsError> {
        let key = self.kms.key(self.text("KeyId")?)?;
        let context = self.context("EncryptionContext");
        self.allow("kms:Encrypt", key, &context)?;
        let plaintext = self.bytes("Plaintext")?;
        if plaintext.is_empty() || plaintext.len() > LIMIT_BYTES {
            return Err(AwsError::sender("ValidationException", "Plaintext must be from 1 to 4096 bytes"));
        }
        let blob = self.kms.seal(key, &plaintext, &context)?;
        Ok(
            json!({ "KeyId": key.arn, "CiphertextBlob": STANDARD.encode(blob), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }),
        )
    }

    fn decrypt(&self) -> Result<Value, AwsError> {
        let blob = self.bytes("CiphertextBlob")?;
        let key = self.source(&blob, "KeyId")?;
        let context = self.context("EncryptionContext");
        self.allow("kms:Decrypt", key, &context)?;
        let plaintext = self.kms.open_blob(key, &blob, &context)?;
        Ok(
            json!({ "KeyId": key.arn, "Plaintext": STANDARD.encode(plaintext), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }),
        )
    }

    fn re_encrypt(&self) -> Result<Value, AwsError> {
        let blob = self.bytes("CiphertextBlob")?;
        let source = self.source(&blob, "SourceKeyId")?;
        let destination = self.kms.key(self.text("DestinationKeyId")?)?;
        let from = self.context("SourceEncryptionContext");
        let to = self.context("DestinationEncryptionContext");
        self.allow("kms:ReEncryptFrom", source, &from)?;
        self.allow("kms:ReEncryptTo", destination, &to)?;
        let plaintext = self.kms.open_blob(source, &blob, &from)?;
        let blob = self.kms.seal(destination, &plaintext, &to)?;
        Ok(json!({
            "CiphertextBlob": STANDARD.encode(blob),
            "SourceKeyId": source.arn,
            "KeyId": destination.arn,
            "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn source(&self, blob: &[u8], member: &str) -> Result<&Key, AwsError> {
        let named = self.optional(member).map(|reference| self.kms.key(reference)).transpose()?;
        let key = self.kms.key_of(blob)?;
        match named {
            Some(named) if named.id != key.id => Err(AwsError::sender(
                "IncorrectKeyException",
                "The key ID in the request does not identify a CMK that can perform this operation.",
            )),
            _ => Ok(key),
        }
    }

    fn sign(&self) -> Result<Value, AwsError> {
        let key = self.kms.key(self.text("KeyId")?)?;
        self.allow("kms:Sign", key, &Pairs::new())?;
        let pair = self.kms.signing(key)?;
        self.algorithm()?;
        let message = self.bytes("Message")?;
        let signature = match self.digest(&message)? {
            Some(digest) => pair.sign_digest(&digest),
            None => pair.sign(&self.kms.random, &message),
        }
        .map_err(AwsError::internal)?;
        Ok(
            json!({ "KeyId": key.arn, "Signature": STANDARD.encode(signature), "SigningAlgorithm": "ECDSA_SHA_256" }),
        )
    }

    fn verify(&self) -> Result<Value, AwsError> {
        let key = self.kms.key(self.text("KeyId")?)?;
        self.allow("kms:Verify", key, &Pairs::new())?;
        let public =
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.kms.signing(key)?.public_key().as_ref());
        self.algorithm()?;
        let (message, signature) = (self.bytes("Message")?, self.bytes("Signature")?);
        let verified = match self.digest(&message)? {
            Some(digest) => public.verify_digest(&digest, &signature),
            None => public.verify(&message, &signature),
        };
        match verified {
            Ok(()) => {
                Ok(json!({ "KeyId": key.arn, "SignatureValid": true, "SigningAlgorithm": "ECDSA_SHA_256" }))
            }
            Err(_) => Err(AwsError::sender("KMSInvalidSignatureException", "")),
        }
    }

    fn algorithm(&self) -> Result<(), AwsError> {
        match self.text("SigningAlgorithm")? {
            "ECDSA_SHA_256" => Ok(()),
            other => Err(AwsError::sender(
                "InvalidKeyUsageException",
                format!("Algorithm {other} is incompatible with key spec ECC_NIST_P256."),
            )),
        }
    }

    fn digest(&self, message: &[u8]) -> Result<Option<Digest>, AwsError> {
        match self.optional("MessageType") {
            None | Some("RAW") if message.len() <= LIMIT_BYTES => Ok(None),
            Some("DIGEST") => Digest::import_less_safe(message, &SHA256).map(Some).map_err(|_| {
                AwsError::sender(
                    "ValidationException",
                    "Digest is invalid length for algorithm ECDSA_SHA_256.",
                )
            }),
            _ => Err(AwsError::sender("ValidationException", "Message or MessageType is not valid")),
        }
    }

    fn public_key(&self) -> Result<Value, AwsError> {
        let key = self.kms.key(self.text("KeyId")?)?;
        self.allow("kms:GetPublicKey", key, &Pairs::new())?;
        let der = self.kms.signing(key)?.public_key().as_der().map_err(AwsError::internal)?;
        Ok(json!({
            "KeyId": key.arn,
            "PublicKey": STANDARD.encode(der.as_ref()),
            "KeySpec": "ECC_NIST_P256",
            "CustomerMasterKeySpec": "ECC_NIST_P256",
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": ["ECDSA_SHA_256"],
        }))
    }

    fn describe(&self) -> Result<Value, AwsError> {
        let key = self.kms.key(self.text("KeyId")?)?;
        self.allow("kms:DescribeKey", key, &Pairs::new())?;
        let usage = if key.spec == "SYMMETRIC_DEFAULT" { "ENCRYPT_DECRYPT" } else { "SIGN_VERIFY" };
        Ok(json!({ "KeyMetadata": {
            "AWSAccountId": ACCOUNT, "KeyId": key.id, "Arn": key.arn, "Enabled": true, "KeyState": "Enabled",
            "KeySpec": key.spec, "CustomerMasterKeySpec": key.spec, "KeyUsage": usage,
            "KeyManager": "CUSTOMER", "Origin": "AWS_KMS", "MultiRegion": false,
            "Description": key.logical,
        }}))
    }

    fn list(&self) -> Result<Value, AwsError> {
        self.iam
            .authorize(self.caller, "kms:ListKeys", "*", &Context::new())
            .map_err(|denied| AwsError::denied(Service::Kms, &denied))?;
        let keys: Vec<Value> =
            self.kms.template.keys.iter().map(|key| json!({ "KeyId": key.id, "KeyArn": key.arn })).collect();
        Ok(json!({ "Keys": keys, "Truncated": false }))
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
