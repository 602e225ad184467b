//! SES and SMS end in the outbox.

use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use local::aws::Channel;

use crate::support::{Bench, START, code};

const MAIL: &str = "From: Bright Eyes <notices@clinic.test>\r\nTo: maria@patients.test\r\nSubject: =?utf-8?Q?Tiene_un_mensaje?=\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
Un mensaje.\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Un mensaje.</p>\r\n--b--\r\n";

async fn send(bench: &Bench, mail: &str) -> Result<(), String> {
    let raw = RawMessage::builder().data(Blob::new(mail)).build().unwrap();
    let sent = bench.ses("NotifyFunction").send_raw_email().raw_message(raw).send().await;
    match sent {
        Ok(_) => Ok(()),
        Err(error) => Err(code::<(), _>(Err(error))),
    }
}

#[tokio::test]
async fn a_mail() {
    let bench = Bench::new();
    send(&bench, MAIL).await.unwrap();
    let sent = bench.aws.outbox().all();
    assert_eq!(sent.len(), 1);
    let mail = &sent[0];
    assert_eq!(mail.channel, Channel::Email);
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("notices@clinic.test", "maria@patients.test"));
    assert_eq!(mail.subject.as_deref(), Some("Tiene un mensaje"));
    assert_eq!(mail.text.trim(), "Un mensaje.");
    assert_eq!(mail.html.as_deref().map(str::trim), Some("<p>Un mensaje.</p>"));
    assert!(mail.at.starts_with("2026-03-02T12:00:00.000"), "{} {START}", mail.at);
    assert_eq!(bench.aws.outbox().get("1").as_ref(), Some(mail));
    assert!(bench.aws.outbox().get("2").is_none());
}

#[tokio::test]
async fn a_text_without_html_has_none() {
    let bench = Bench::new();
    let plain = "From: notices@clinic.test\r\nTo: a@b.test\r\nSubject: x\r\n\r\nhello\r\n";
    send(&bench, plain).await.unwrap();
    assert_eq!(bench.aws.outbox().all()[0].html, None);
}

#[tokio::test]
async fn only_the_templates_sender_and_configuration_set() {
    let bench = Bench::new();
    assert_eq!(send(&bench, &MAIL.replace("notices@", "boss@")).await, Err("AccessDenied".to_owned()));
    let with_set = |set: &str| MAIL.replacen("From:", &format!("X-SES-CONFIGURATION-SET: {set}\r\nFrom:"), 1);
    send(&bench, &with_set("local-MailConfigurationSet")).await.unwrap();
    assert_eq!(send(&bench, &with_set("another")).await, Err("AccessDenied".to_owned()));
    let raw = RawMessage::builder().data(Blob::new(MAIL)).build().unwrap();
    let login = bench.ses("LoginFunction").send_raw_email().raw_message(raw).send().await;
    assert_eq!(code(login), "AccessDenied");
}

#[tokio::test]
async fn a_text_message() {
    let bench = Bench::new();
    let send =
        |caller: &str, phone: &str| bench.sns(caller).publish().phone_number(phone).message("Hello").send();
    send("NotifyFunction", "+15555550104").await.unwrap();
    assert_eq!(code(send("NotifyFunction", "5555550104").await), "InvalidParameter");
    assert_eq!(code(send("RelayFunction", "+15555550104").await), "AuthorizationError");
    let sent = bench.aws.outbox().all();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].channel, sent[0].to.as_str(), sent[0].text.as_str()),
        (Channel::Sms, "+15555550104", "Hello")
    );
}
