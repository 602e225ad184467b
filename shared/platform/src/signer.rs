//! Signatures with a key that never leaves KMS.

use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};

use crate::{
    aws::SdkConfig,
    config::{ConfigError, Environment},
};

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
#[error("nothing was signed")]
pub struct SignError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A signing key of KMS: ECDSA on P-256.
#[derive(Clone)]
pub struct Signer {
    client: Client,
    key_arn: String,
}

impl Signer {
    /// The key named by `SIGNING_KEY_ARN`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn of_environment(environment: &Environment, sdk: &SdkConfig) -> Result<Self, ConfigError> {
        let key_arn = environment.parsed("SIGNING_KEY_ARN", "is not the ARN of a KMS key", |text| {
            (text.starts_with("arn:") && text.contains(":kms:")).then(|| text.to_owned())
        })?;
        Ok(Self { client: Client::new(sdk), key_arn })
    }

    /// Signs a short text: ECDSA with SHA-256, DER.
    ///
    /// # Errors
    /// [`SignError`].
    pub async fn sign(&self, text: &str) -> Result<Vec<u8>, SignError> {
        let request = self
            .client
            .sign()
            .key_id(&self.key_arn)
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message(Blob::new(text.as_bytes()));
        let answer = request.send().await.map_err(|error| SignError(error.into()))?;
        answer.signature.map(Blob::into_inner).ok_or_else(|| SignError("no signature".into()))
    }
}
