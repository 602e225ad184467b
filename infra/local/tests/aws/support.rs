//! A local AWS from the repository's template, with a clock that the test turns.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use local::aws::{LocalAws, OpenError, Options};

pub(crate) const TEMPLATE: &str = include_str!("../../../../template.yaml");
/// 2026-03-02T12:00:00Z.
pub(crate) const START: i64 = 1_772_452_800_000;

pub(crate) const CHAT: &str = "local-ChatTable";
pub(crate) const KEYS: &str = "local-MessageKeysTable";
pub(crate) const AUDIT: &str = "local-AuditTable";

pub(crate) struct Bench {
    pub(crate) aws: LocalAws,
    pub(crate) clock: Arc<AtomicI64>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(TEMPLATE, None).unwrap()
    }

    pub(crate) fn on_disk(data: &Path) -> Self {
        Self::with(TEMPLATE, Some(data)).unwrap()
    }

    pub(crate) fn with(template: &str, data: Option<&Path>) -> Result<Self, OpenError> {
        let clock = Arc::new(AtomicI64::new(START));
        let source = Arc::clone(&clock);
        let aws = LocalAws::open(Options {
            template: template.to_owned(),
            parameters: parameters(),
            data: data.map(Path::to_owned),
            now: Arc::new(move || source.load(Ordering::SeqCst)),
            seed: 7,
            record: true,
        })?;
        Ok(Self { aws, clock })
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn dynamodb(&self, caller: &str) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.aws.sdk_config(caller))
    }

    pub(crate) fn kms(&self, caller: &str) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.aws.sdk_config(caller))
    }

    pub(crate) fn sqs(&self, caller: &str) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.aws.sdk_config(caller))
    }

    pub(crate) fn sns(&self, caller: &str) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.aws.sdk_config(caller))
    }

    pub(crate) fn ses(&self, caller: &str) -> aws_sdk_ses::Client {
        aws_sdk_ses::Client::new(&self.aws.sdk_config(caller))
    }

    pub(crate) async fn put(&self, caller: &str, table: &str, pk: &str, sk: &str) {
        self.dynamodb(caller)
            .put_item()
            .table_name(table)
            .item("PK", s(pk))
            .item("SK", s(sk))
            .send()
            .await
            .unwrap();
    }
}

pub(crate) fn parameters() -> BTreeMap<String, String> {
    [
        ("PublicOrigin", "http://localhost:8080"),
        ("OriginSecret", "local-origin-secret-0123456789abcdef"),
        ("MailFrom", "notices@clinic.test"),
        ("MailReplyTo", "front-desk@clinic.test"),
        ("SmsBackend", "sns"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The error code of a failed call, or what else went wrong.
pub(crate) fn code<T: std::fmt::Debug, E>(result: Result<T, aws_sdk_dynamodb::error::SdkError<E>>) -> String
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata,
{
    use aws_sdk_dynamodb::error::SdkError;
    match result {
        Ok(answer) => panic!("this should have failed: {answer:?}"),
        Err(SdkError::ServiceError(error)) => error.err().code().unwrap_or_default().to_owned(),
        Err(SdkError::DispatchFailure(_)) => "dispatch failure".to_owned(),
        Err(SdkError::TimeoutError(_)) => "timeout".to_owned(),
        Err(_) => "other".to_owned(),
    }
}
