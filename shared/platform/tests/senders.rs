//! SES and SNS on the wire, played by a connector that answers from a list.
#![allow(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]
#![allow(clippy::disallowed_methods, reason = "a test starts its own runtime")]

mod samples;

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use domain::{browser::System, channel::Pool, contact::ContactValue, time::Timestamp};
use platform::{
    delivery::{Advice, Cause, SendError},
    mail::{MailId, Mailer},
    sms::SmsSender,
};

/// One answer, or no answer at all.
type Answer = Option<(u16, String)>;

#[derive(Clone, Debug)]
struct Wire {
    answer: Answer,
    requests: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let text = form(body);
        self.requests.lock().unwrap().push(text);
        HttpConnectorFuture::ready(match &self.answer {
            Some((status, body)) => {
                Ok(HttpResponse::new(StatusCode::try_from(*status).unwrap(), SdkBody::from(body.clone())))
            }
            None => Err(ConnectorError::timeout("no answer".into())),
        })
    }
}

/// Decodes a form body into readable lines.
fn form(body: &[u8]) -> String {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let pair = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap()
                }
                b'+' => b' ',
                other => other,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    std::str::from_utf8(body).unwrap().split('&').map(|pair| decode(pair) + "\n").collect()
}

fn wire(answer: Answer) -> (aws_types::SdkConfig, Wire) {
    let wire = Wire { answer, requests: Arc::default() };
    let connector = SharedHttpConnector::new(wire.clone());
    let config = aws_types::SdkConfig::builder()
        .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
        .region(aws_types::region::Region::from_static("us-east-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            Credentials::new("key", "secret", None, None, "test"),
        ))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (config, wire)
}

fn address(text: &str) -> ContactValue {
    ContactValue::parse(text).unwrap()
}

async fn mail_to(to: &str, answer: Answer) -> (Result<String, SendError>, String) {
    let (config, wire) = wire(answer);
    let from = address("notices@mail.bright-eyes.test");
    let mailer = Mailer::new(
        aws_sdk_ses::Client::new(&config),
        from,
        address("desk@bright-eyes.test"),
        Some("patient-chat".to_owned()),
    );
    let mail = samples::mail("sign-in", &samples::bright_eyes(), "es", samples::safari_on_iphone());
    let result =
        mailer.send(&address(to), &mail, MailId::parse("out_1").unwrap(), Timestamp::from_millis(0)).await;
    let requests = wire.requests.lock().unwrap().concat();
    (result.map(|id| id.as_str().to_owned()), requests)
}

async fn sms_to(to: &str, answer: Answer) -> (Result<String, SendError>, String) {
    let (config, wire) = wire(answer);
    let sender = SmsSender::Sns(aws_sdk_sns::Client::new(&config));
    let body = samples::sms("code", &samples::bright_eyes(), "en", System::IPhone);
    let result = sender.send(Pool::Access, &address(to), &body).await;
    let requests = wire.requests.lock().unwrap().concat();
    (result.map(|id| id.as_str().to_owned()), requests)
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    Some((
        status,
        format!(
            "<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r-1</RequestId></ErrorResponse>"
        ),
    ))
}

#[tokio::test]
async fn a_mail_goes_to_ses_raw() {
    let answer = "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult>\
                  <MessageId>0100-abc</MessageId></SendRawEmailResult></SendRawEmailResponse>";
    let (result, request) = mail_to("maria@patients.test", Some((200, answer.to_owned()))).await;
    assert_eq!(result, Ok("0100-abc".to_owned()));
    for line in [
        "Action=SendRawEmail\n",
        "Source=notices@mail.bright-eyes.test\n",
        "Destinations.member.1=maria@patients.test\n",
        "ConfigurationSetName=patient-chat\n",
        "RawMessage.Data=",
    ] {
        assert!(request.contains(line), "{line}");
    }
    assert!(!request.contains("Destinations.member.2"));
}

#[tokio::test]
async fn every_refusal_of_ses_says_retry_or_fail() {
    let table = [
        (refusal(400, "Throttling", "Maximum sending rate exceeded."), Cause::Throttled, Advice::Retry),
        (
            refusal(400, "Throttling", "Daily message quota exceeded."),
            Cause::QuotaUsedUp,
            Advice::RetryAndAlarm,
        ),
        (refusal(503, "ServiceUnavailable", "busy"), Cause::Unavailable, Advice::Retry),
        (refusal(500, "InternalFailure", "busy"), Cause::Unavailable, Advice::Retry),
        (None, Cause::NoAnswer, Advice::Retry),
        (Some((200, "<html>".to_owned())), Cause::NoAnswer, Advice::Retry),
        (refusal(400, "AccountSendingPausedException", "paused"), Cause::Paused, Advice::RetryAndAlarm),
        (
            refusal(400, "ConfigurationSetSendingPausedException", "paused"),
            Cause::Paused,
            Advice::RetryAndAlarm,
        ),
        (refusal(400, "ConfigurationSetDoesNotExist", "no"), Cause::Misconfigured, Advice::RetryAndAlarm),
        (refusal(400, "MailFromDomainNotVerifiedException", "no"), Cause::Unverified, Advice::RetryAndAlarm),
        (
            refusal(400, "MessageRejected", "Email address is not verified. maria@patients.test"),
            Cause::Unverified,
            Advice::RetryAndAlarm,
        ),
        (
            refusal(400, "MessageRejected", "Sending suspended for this account."),
            Cause::Paused,
            Advice::RetryAndAlarm,
        ),
        (
            refusal(400, "MessageRejected", "Address is on the suppression list"),
            Cause::Suppressed,
            Advice::Fail,
        ),
        (refusal(400, "MessageRejected", "a virus"), Cause::Rejected, Advice::Fail),
        (refusal(400, "InvalidParameterValue", "Domain starts with dot"), Cause::Rejected, Advice::Fail),
        (refusal(403, "AccessDenied", "User is not authorized"), Cause::Denied, Advice::RetryAndAlarm),
        (refusal(403, "SignatureDoesNotMatch", "no"), Cause::Denied, Advice::RetryAndAlarm),
        (refusal(400, "SomethingNew", "no"), Cause::Rejected, Advice::Fail),
    ];
    for (answer, cause, advice) in table {
        let error = mail_to("maria@patients.test", answer.clone()).await.0.unwrap_err();
        assert_eq!((error.cause, error.advice()), (cause, advice), "{answer:?}");
        let shown = format!("{error} {error:?} {}", error.code());
        assert!(!shown.contains("maria"), "{shown}");
    }
}

#[tokio::test]
async fn a_mail_to_a_phone_reaches_nobody() {
    let (result, request) = mail_to("+15555550104", None).await;
    assert_eq!(result.unwrap_err().cause, Cause::BadRecipient);
    assert!(request.is_empty());
}

#[tokio::test]
async fn a_text_message_goes_to_sns_as_transactional() {
    let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                  <MessageId>m-1</MessageId></PublishResult></PublishResponse>";
    let (result, request) = sms_to("+15555550104", Some((200, answer.to_owned()))).await;
    assert_eq!(result, Ok("m-1".to_owned()));
    for line in [
        "Action=Publish\n",
        "PhoneNumber=+15555550104\n",
        "MessageAttributes.entry.1.Name=AWS.SNS.SMS.SMSType\n",
        "MessageAttributes.entry.1.Value.StringValue=Transactional\n",
        "\n@chat.bright-eyes.test #04711815\n",
    ] {
        assert!(request.contains(line), "{line} in {request}");
    }
    assert!(!request.contains("TopicArn"));
}

#[tokio::test]
async fn every_refusal_of_sns_says_retry_or_fail() {
    let table = [
        (refusal(400, "Throttling", "Rate exceeded"), Cause::Throttled, Advice::Retry),
        (refusal(429, "Whatever", "Rate exceeded"), Cause::Throttled, Advice::Retry),
        (refusal(500, "InternalError", "busy"), Cause::Unavailable, Advice::Retry),
        (None, Cause::NoAnswer, Advice::Retry),
        (refusal(403, "AuthorizationError", "no"), Cause::Denied, Advice::RetryAndAlarm),
        (
            refusal(
                400,
                "InvalidParameter",
                "Invalid parameter: PhoneNumber Reason: +15555550104 is not valid to publish to",
            ),
            Cause::BadRecipient,
            Advice::Fail,
        ),
        (
            refusal(400, "InvalidParameter", "Phone number +15555550104 is opted out"),
            Cause::OptedOut,
            Advice::Fail,
        ),
    ];
    for (answer, cause, advice) in table {
        let error = sms_to("+15555550104", answer.clone()).await.0.unwrap_err();
        assert_eq!((error.cause, error.advice()), (cause, advice), "{answer:?}");
        assert!(!format!("{error} {error:?}").contains("5555"));
    }
}

#[tokio::test]
async fn text_messages_can_be_switched_off() {
    let body = samples::sms("code", &samples::bright_eyes(), "en", System::IPhone);
    let error = SmsSender::Off.send(Pool::Access, &address("+15555550104"), &body).await.unwrap_err();
    assert_eq!((error.cause, error.advice()), (Cause::SwitchedOff, Advice::Fail));
    assert_eq!(error.to_string(), "message not accepted: switched_off");
    let (result, request) = sms_to("maria@patients.test", None).await;
    assert_eq!(result.unwrap_err().cause, Cause::BadRecipient);
    assert!(request.is_empty());
}
