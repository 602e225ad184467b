//! Requests and answers as they travel, in the protocols of the services that are played: AWS JSON 1.0 and 1.1, the
//! query protocol with XML answers, and S3's own.
//! <https://smithy.io/2.0/aws/protocols/index.html>

use bytes::Bytes;
use serde_json::{Map, Value};

use super::iam::Denied;
use super::s3::Target;

/// A service that local AWS plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// DynamoDB.
    DynamoDb,
    /// KMS.
    Kms,
    /// SES, version 1.
    Ses,
    /// SNS.
    Sns,
    /// SQS.
    Sqs,
    /// S3.
    S3,
}

impl Service {
    /// The name in IAM actions and endpoints.
    pub fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Kms => "kms",
            Self::Ses => "ses",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
            Self::S3 => "s3",
        }
    }

    fn protocol(self) -> Protocol {
        match self {
            Self::DynamoDb | Self::Sqs => Protocol::Json("application/x-amz-json-1.0"),
            Self::Kms => Protocol::Json("application/x-amz-json-1.1"),
            Self::Ses => Protocol::Query("http://ses.amazonaws.com/doc/2010-12-01/"),
            Self::Sns => Protocol::Query("http://sns.amazonaws.com/doc/2010-03-31/"),
            Self::S3 => Protocol::Rest,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Protocol {
    Json(&'static str),
    Query(&'static str),
    Rest,
}

/// One request, freed of HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) body: Bytes,
    /// The object, for S3.
    pub(crate) target: Target,
}

/// A request as HTTP brings it.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// `X-Amz-Target`.
    pub(crate) target: Option<&'a str>,
    /// Whether there is an `If-None-Match`.
    pub(crate) if_none_match: bool,
    /// `X-Amz-Checksum-Sha256`.
    pub(crate) checksum: Option<&'a str>,
    pub(crate) body: Bytes,
}

impl Request {
    /// A request of a service without objects.
    pub(crate) fn new(service: Service, operation: &str, body: Bytes) -> Self {
        Self { service, operation: operation.to_owned(), body, target: Target::default() }
    }

    /// Reads a request: JSON protocols name the operation in `X-Amz-Target`, the query protocol in the body, S3 by the
    /// method.
    pub(crate) fn read(call: Call<'_>) -> Result<Self, Unreadable> {
        if call.method != "POST" {
            return Self::of_object(call);
        }
        let (target, body) = (call.target, call.body);
        if let Some(target) = target {
            let (prefix, operation) = target.split_once('.').ok_or(Unreadable)?;
            let service = match prefix {
                "DynamoDB_20120810" => Service::DynamoDb,
                "TrentService" => Service::Kms,
                "AmazonSQS" => Service::Sqs,
                _ => return Err(Unreadable),
            };
            return Ok(Self::new(service, operation, body));
        }
        let mut operation = None;
        let mut service = None;
        for (name, value) in form_urlencoded::parse(&body) {
            match &*name {
                "Action" => operation = Some(value.into_owned()),
                "Version" => {
                    service = match &*value {
                        "2010-12-01" => Some(Service::Ses),
                        "2010-03-31" => Some(Service::Sns),
                        _ => None,
                    };
                }
                _ => {}
            }
            if operation.is_some() && service.is_some() {
                break;
            }
        }
        Ok(Self::new(service.ok_or(Unreadable)?, &operation.ok_or(Unreadable)?, body))
    }

    fn of_object(call: Call<'_>) -> Result<Self, Unreadable> {
        let operation = match call.method {
            "PUT" => "PutObject",
            "GET" => "GetObject",
            "DELETE" => "DeleteObject",
            _ => return Err(Unreadable),
        };
        let (bucket, key) = call.path.trim_start_matches('/').split_once('/').ok_or(Unreadable)?;
        let mut query = form_urlencoded::parse(call.query.as_bytes());
        let target = Target {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: query.find(|(name, _)| name == "versionId").and_then(|(_, id)| id.parse().ok()),
            if_none_match: call.if_none_match,
            checksum: call.checksum.map(str::to_owned),
        };
        Ok(Self { target, ..Self::new(Service::S3, operation, call.body) })
    }
}

/// A request to no service that is played here.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("local AWS plays DynamoDB, KMS, SES v1, SNS, SQS and S3")]
pub(crate) struct Unreadable;

/// One answer, ready for HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    /// The error code where it is one.
    pub(crate) error: Option<String>,
}

impl Answer {
    /// A JSON answer that is already serialized.
    pub(crate) fn json(service: Service, body: impl Into<Bytes>) -> Self {
        let content_type = match service.protocol() {
            Protocol::Json(content_type) => content_type,
            Protocol::Query(_) | Protocol::Rest => "text/xml",
        };
        Self { status: 200, content_type, body: body.into(), error: None }
    }

    /// A query-protocol answer with the members of its result.
    pub(crate) fn query(
        service: Service,
        operation: &str,
        request_id: &str,
        members: &[(&str, &str)],
    ) -> Self {
        let Protocol::Query(namespace) = service.protocol() else { return Self::json(service, "{}") };
        let members: String =
            members.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escape(value))).collect();
        let body = format!(
            "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{members}</{operation}Result>\
             <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
        );
        Self { status: 200, content_type: "text/xml", body: body.into(), error: None }
    }
}

/// An error as AWS answers it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct AwsError {
    pub(crate) status: u16,
    /// Short code, as `ThrottlingException`.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Members beside `__type` and the message.
    pub(crate) members: Map<String, Value>,
    /// A whole JSON body that replaces the rest.
    pub(crate) raw: Option<String>,
}

impl AwsError {
    /// The caller's fault.
    pub(crate) fn sender(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into(), members: Map::new(), raw: None }
    }

    /// The service's fault.
    pub(crate) fn service(code: &str, message: impl Into<String>) -> Self {
        Self { status: 500, ..Self::sender(code, message) }
    }

    /// A failure of local AWS itself.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::service("InternalFailure", format!("local AWS: {error}"))
    }

    /// A refusal in the words of the service.
    pub(crate) fn denied(service: Service, denied: &Denied) -> Self {
        match service {
            Service::DynamoDb | Service::Kms | Service::Sqs => {
                Self::sender("AccessDeniedException", denied.to_string())
            }
            Service::S3 => Self { status: 403, ..Self::sender("AccessDenied", denied.to_string()) },
            Service::Ses => Self { status: 403, ..Self::sender("AccessDenied", denied.to_string()) },
            Service::Sns => Self { status: 403, ..Self::sender("AuthorizationError", denied.to_string()) },
        }
    }

    /// An operation that the service has, or has not, but local AWS does not play.
    pub(crate) fn unknown_operation(service: Service, operation: &str) -> Self {
        let message = format!("local AWS does not play {} {operation}", service.name());
        match service {
            Service::DynamoDb | Service::Kms | Service::Sqs => {
                Self::sender("UnknownOperationException", message)
            }
            Service::Ses | Service::Sns => Self::sender("InvalidAction", message),
            Service::S3 => Self { status: 501, ..Self::sender("NotImplemented", message) },
        }
    }

    /// The answer in the service's protocol.
    pub(crate) fn answer(self, service: Service, request_id: &str) -> Answer {
        let (content_type, body) = match service.protocol() {
            Protocol::Json(content_type) => (
                content_type,
                self.raw.unwrap_or_else(|| json_error(service, &self.code, &self.message, self.members)),
            ),
            Protocol::Query(namespace) => {
                let kind = if self.status < 500 { "Sender" } else { "Receiver" };
                let body = format!(
                    "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message>\
                     </Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                    escape(&self.code),
                    escape(&self.message)
                );
                ("text/xml", body)
            }
            Protocol::Rest => {
                let body = format!(
                    "<Error><Code>{}</Code><Message>{}</Message><RequestId>{request_id}</RequestId></Error>",
                    escape(&self.code),
                    escape(&self.message)
                );
                ("application/xml", body)
            }
        };
        Answer { status: self.status, content_type, body: body.into(), error: Some(self.code) }
    }
}

fn json_error(service: Service, code: &str, message: &str, mut members: Map<String, Value>) -> String {
    let prefix = match (service, code) {
        (
            Service::DynamoDb,
            "AccessDeniedException" | "ThrottlingException" | "UnrecognizedClientException",
        ) => "com.amazon.coral.service#",
        (Service::DynamoDb, "UnknownOperationException") => "com.amazon.coral.service#",
        (Service::DynamoDb, _) => "com.amazonaws.dynamodb.v20120810#",
        (Service::Sqs, _) => "com.amazonaws.sqs#",
        _ => "",
    };
    members.insert("__type".to_owned(), Value::String(format!("{prefix}{code}")));
    let name = if code == "TransactionCanceledException" { "Message" } else { "message" };
    members.insert(name.to_owned(), Value::String(message.to_owned()));
    Value::Object(members).to_string()
}

/// Text as XML content.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
