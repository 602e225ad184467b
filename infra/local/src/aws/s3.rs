//! A play S3: objects in versions, put once on request, locked for as long as the bucket's default retention says.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

use std::path::Path;
use std::sync::Mutex;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Inner;
use super::datadir::{OpenError, open_sqlite};
use super::iam::{Caller, Context};
use super::template::Bucket;
use super::wire::{Answer, AwsError, Request, Service};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS objects (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB,
    at INTEGER NOT NULL,
    retained INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_key ON objects (bucket, key, version);
";
const DAY_MS: i64 = 86_400_000;

/// What a request says besides its body. Path-style addresses only: `/<bucket>/<key>`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: Option<i64>,
    pub(crate) if_none_match: bool,
    pub(crate) checksum: Option<String>,
}

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Until when nobody may delete it: Unix milliseconds.
    pub retained_until: i64,
}

pub(crate) struct S3 {
    connection: Mutex<Connection>,
}

impl S3 {
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, OpenError> {
        Ok(Self { connection: Mutex::new(open_sqlite(file, SCHEMA)?) })
    }

    pub(crate) fn handle(
        &self,
        inner: &Inner,
        caller: &Caller,
        request: &Request,
    ) -> Result<Answer, AwsError> {
        let target = &request.target;
        let bucket = inner.template.buckets.iter().find(|bucket| bucket.name == target.bucket);
        let bucket =
            bucket.ok_or_else(|| failure(404, "NoSuchBucket", "The specified bucket does not exist"))?;
        let (action, on_key) = match (request.operation.as_str(), target.version) {
            ("PutObject", _) => ("s3:PutObject", &["kms:GenerateDataKey"][..]),
            ("GetObject", None) => ("s3:GetObject", &["kms:Decrypt"][..]),
            ("DeleteObject", None) => ("s3:DeleteObject", &[][..]),
            ("DeleteObject", Some(_)) => ("s3:DeleteObjectVersion", &[][..]),
            (other, _) => return Err(AwsError::unknown_operation(Service::S3, other)),
        };
        let denied = |denied| AwsError::denied(Service::S3, &denied);
        let arn = format!("{}/{}", bucket.arn, target.key);
        inner.iam.authorize(caller, action, &arn, &Context::new()).map_err(denied)?;
        if let Some(key) = &bucket.key {
            let pairs = [("aws:s3:arn", bucket.arn.as_str())];
            inner.via_key(caller, Service::S3, key, on_key, &pairs).map_err(denied)?;
        }
        let answer = match action {
            "s3:PutObject" => self.put(bucket, target, &request.body, inner.now())?,
            "s3:GetObject" => self.get(bucket, target)?,
            _ => self.delete(bucket, target, inner.now())?,
        };
        Ok(Answer { status: 200, content_type: "binary/octet-stream", body: answer, error: None })
    }

    fn put(&self, bucket: &Bucket, target: &Target, body: &[u8], now: i64) -> Result<Bytes, AwsError> {
        match &target.checksum {
            Some(sum) if *sum != STANDARD.encode(digest::digest(&digest::SHA256, body)) => {
                return Err(failure(
                    400,
                    "BadDigest",
                    "The SHA256 you specified did not match the calculated checksum.",
                ));
            }
            None if bucket.lock_days.is_some() => {
                let message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
                return Err(failure(400, "InvalidRequest", message));
            }
            _ => {}
        }
        let connection = super::lock(&self.connection);
        if target.if_none_match && latest(&connection, target).map_err(AwsError::internal)?.is_some() {
            let message = "At least one of the pre-conditions you specified did not hold";
            return Err(failure(412, "PreconditionFailed", message));
        }
        let retained = bucket.lock_days.map_or(0, |days| now + days * DAY_MS);
        connection
            .prepare_cached(
                "INSERT INTO objects (bucket, key, body, at, retained) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut insert| insert.execute(params![target.bucket, target.key, body, now, retained]))
            .map_err(AwsError::internal)?;
        Ok(Bytes::new())
    }

    fn get(&self, _: &Bucket, target: &Target) -> Result<Bytes, AwsError> {
        let body = latest(&super::lock(&self.connection), target).map_err(AwsError::internal)?;
        body.map(Bytes::from).ok_or_else(|| failure(404, "NoSuchKey", "The specified key does not exist."))
    }

    /// A version that is retained stays. Without a version, the object is hidden behind a marker.
    fn delete(&self, _: &Bucket, target: &Target, now: i64) -> Result<Bytes, AwsError> {
        let connection = super::lock(&self.connection);
        let Some(version) = target.version else {
            connection
                .prepare_cached(
                    "INSERT INTO objects (bucket, key, body, at, retained) VALUES (?1, ?2, NULL, ?3, 0)",
                )
                .and_then(|mut insert| insert.execute(params![target.bucket, target.key, now]))
                .map_err(AwsError::internal)?;
            return Ok(Bytes::new());
        };
        let deleted = connection
            .prepare_cached(
                "DELETE FROM objects WHERE version = ?1 AND bucket = ?2 AND key = ?3 AND retained <= ?4",
            )
            .and_then(|mut delete| delete.execute(params![version, target.bucket, target.key, now]))
            .map_err(AwsError::internal)?;
        if deleted == 0 {
            let message = "Access Denied because object protected by object lock.";
            return Err(failure(403, "AccessDenied", message));
        }
        Ok(Bytes::new())
    }

    /// The newest version of every object of a bucket under a prefix, in the order of keys: for looking.
    pub(crate) fn all(&self, bucket: &str, prefix: &str) -> rusqlite::Result<Vec<StoredObject>> {
        let connection = super::lock(&self.connection);
        let mut statement = connection.prepare_cached(
            "SELECT key, body, retained FROM objects AS o WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2 \
             AND body IS NOT NULL AND version = \
             (SELECT MAX(version) FROM objects WHERE bucket = o.bucket AND key = o.key) ORDER BY key",
        )?;
        let rows = statement.query_map(params![bucket, prefix], |row| {
            Ok(StoredObject { key: row.get(0)?, body: row.get(1)?, retained_until: row.get(2)? })
        })?;
        rows.collect()
    }
}

/// The newest version, if it is no marker.
fn latest(connection: &Connection, target: &Target) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached(
            "SELECT body FROM objects WHERE bucket = ?1 AND key = ?2 ORDER BY version DESC LIMIT 1",
        )?
        .query_row(params![target.bucket, target.key], |row| row.get::<_, Option<Vec<u8>>>(0))
        .optional()
        .map(Option::flatten)
}

fn failure(status: u16, code: &str, message: &str) -> AwsError {
    AwsError { status, ..AwsError::sender(code, message) }
}
