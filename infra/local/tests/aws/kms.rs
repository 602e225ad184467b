//! Keys, contexts and signatures.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, MessageType, SigningAlgorithmSpec};

use crate::support::{Bench, code};

fn arn(bench: &Bench, logical: &str) -> String {
    bench.aws.template().keys.iter().find(|key| key.logical == logical).unwrap().arn.clone()
}

#[tokio::test]
async fn data_keys_open_in_their_context_only() {
    let bench = Bench::new();
    let client = bench.kms("MessagesFunction");
    let key = arn(&bench, "EnvelopeKey");
    let made = client
        .generate_data_key()
        .key_id(&key)
        .key_spec(DataKeySpec::Aes256)
        .encryption_context("purpose", "content")
        .encryption_context("v", "pc1")
        .encryption_context("patient", "pat_1")
        .send()
        .await
        .unwrap();
    let blob = made.ciphertext_blob().unwrap().clone();
    assert_eq!(made.plaintext().unwrap().as_ref().len(), 32);
    assert_eq!(made.key_id(), Some(key.as_str()));
    let decrypt = |patient: &str| {
        client
            .decrypt()
            .ciphertext_blob(blob.clone())
            .encryption_context("v", "pc1")
            .encryption_context("patient", patient)
            .encryption_context("purpose", "content")
    };
    assert_eq!(decrypt("pat_1").send().await.unwrap().plaintext(), made.plaintext());
    assert_eq!(decrypt("pat_1").key_id(&key).send().await.unwrap().plaintext(), made.plaintext());
    assert_eq!(code(decrypt("pat_2").send().await), "InvalidCiphertextException");
    assert_eq!(
        code(decrypt("pat_1").key_id(arn(&bench, "StorageKey")).send().await),
        "IncorrectKeyException"
    );
    assert_eq!(code(decrypt("pat_1").key_id("nothing").send().await), "NotFoundException");
    let garbage = client.decrypt().ciphertext_blob(Blob::new(vec![1; 80]));
    assert_eq!(code(garbage.send().await), "InvalidCiphertextException");
    let mut broken = blob.clone().into_inner();
    *broken.last_mut().unwrap() ^= 1;
    let broken = decrypt("pat_1").ciphertext_blob(Blob::new(broken));
    assert_eq!(code(broken.send().await), "InvalidCiphertextException");
}

#[tokio::test]
async fn encrypt_and_re_encrypt() {
    let bench = Bench::new();
    let client = bench.kms("admin");
    let sealed = client
        .encrypt()
        .key_id(arn(&bench, "EnvelopeKey"))
        .plaintext(Blob::new("secret"))
        .encryption_context("a", "b")
        .send()
        .await
        .unwrap();
    let moved = client
        .re_encrypt()
        .ciphertext_blob(sealed.ciphertext_blob().unwrap().clone())
        .source_encryption_context("a", "b")
        .destination_key_id("alias/local/storage")
        .destination_encryption_context("c", "d")
        .send()
        .await
        .unwrap();
    let opened = client
        .decrypt()
        .ciphertext_blob(moved.ciphertext_blob().unwrap().clone())
        .encryption_context("c", "d")
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"secret");
    assert_eq!(opened.key_id(), Some(arn(&bench, "StorageKey").as_str()));
}

#[tokio::test]
async fn signatures() {
    let bench = Bench::new();
    let client = bench.kms("admin");
    let key = arn(&bench, "SigningKey");
    let sign = || client.sign().key_id(&key).signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
    let signature =
        sign().message(Blob::new("checkpoint")).send().await.unwrap().signature().unwrap().clone();
    let verify = |message: &str| {
        client
            .verify()
            .key_id(&key)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message(Blob::new(message))
            .signature(signature.clone())
            .send()
    };
    assert!(verify("checkpoint").await.unwrap().signature_valid());
    assert_eq!(code(verify("checkpoinT").await), "KMSInvalidSignatureException");
    let public = client.get_public_key().key_id(&key).send().await.unwrap();
    let der = public.public_key().unwrap().as_ref();
    assert_eq!(der.len(), 91, "a SubjectPublicKeyInfo of P-256");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"checkpoint");
    let of_digest =
        sign().message(Blob::new(digest.as_ref())).message_type(MessageType::Digest).send().await.unwrap();
    let public = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        &der[26..],
    );
    public.verify(b"checkpoint", of_digest.signature().unwrap().as_ref()).unwrap();
    let wrong = client.generate_data_key().key_id(&key).key_spec(DataKeySpec::Aes256);
    assert_eq!(code(wrong.send().await), "InvalidKeyUsageException");
    let described = client.describe_key().key_id(&key).send().await.unwrap();
    assert_eq!(described.key_metadata().unwrap().arn(), Some(key.as_str()));
}
