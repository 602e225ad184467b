//! One call to the play KMS: its parameters, its permission, its answer.

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SecureRandom as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Kms, Pairs};
use crate::aws::iam::{Caller, Context, Iam};
use crate::aws::template::{ACCOUNT, Key};
use crate::aws::wire::{AwsError, Service};

/// The longest plaintext of Encrypt, and the longest message of Sign.
const LIMIT_BYTES: usize = 4096;

pub(super) struct Call<'a> {
    pub(super) kms: &'a Kms,
    pub(super) iam: &'a Iam,
    pub(super) caller: &'a Caller,
    pub(super) body: &'a Value,
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

    pub(super) fn generate_data_key(&self, with_plaintext: bool) -> Result<Value, AwsError> {
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

    pub(super) fn encrypt(&self) -> Result<Value, AwsError> {
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

    pub(super) fn decrypt(&self) -> Result<Value, AwsError> {
        let blob = self.bytes("CiphertextBlob")?;
        let key = self.source(&blob, "KeyId")?;
        let context = self.context("EncryptionContext");
        self.allow("kms:Decrypt", key, &context)?;
        let plaintext = self.kms.open_blob(key, &blob, &context)?;
        Ok(
            json!({ "KeyId": key.arn, "Plaintext": STANDARD.encode(plaintext), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }),
        )
    }

    pub(super) fn re_encrypt(&self) -> Result<Value, AwsError> {
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

    pub(super) fn sign(&self) -> Result<Value, AwsError> {
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

    pub(super) fn verify(&self) -> Result<Value, AwsError> {
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

    pub(super) fn public_key(&self) -> Result<Value, AwsError> {
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

    pub(super) fn describe(&self) -> Result<Value, AwsError> {
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

    pub(super) fn list(&self) -> Result<Value, AwsError> {
        self.iam
            .authorize(self.caller, "kms:ListKeys", "*", &Context::new())
            .map_err(|denied| AwsError::denied(Service::Kms, &denied))?;
        let keys: Vec<Value> =
            self.kms.template.keys.iter().map(|key| json!({ "KeyId": key.id, "KeyArn": key.arn })).collect();
        Ok(json!({ "Keys": keys, "Truncated": false }))
    }
}
