//! SES version 1: `SendRawEmail` puts the mail into the outbox.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Address, HeaderValue, Message, MessageParser, PartType};

use super::Inner;
use super::iam::{Caller, Context};
use super::outbox::{Channel, Outgoing, provider_id};
use super::query::Parameters;
use super::template::{ACCOUNT, REGION};
use super::wire::{Answer, AwsError, Request, Service};

/// SES refuses larger mails.
const LIMIT_BYTES: usize = 10 * 1024 * 1024;

pub(crate) fn handle(inner: &Inner, caller: &Caller, request: &Request) -> Result<Answer, AwsError> {
    match request.operation.as_str() {
        "SendRawEmail" => send_raw(inner, caller, request),
        other => Err(AwsError::unknown_operation(Service::Ses, other)),
    }
}

fn send_raw(inner: &Inner, caller: &Caller, request: &Request) -> Result<Answer, AwsError> {
    let parameters = Parameters::read(&request.body);
    let data = STANDARD
        .decode(parameters.required("RawMessage.Data")?)
        .map_err(|_| rejected("the raw message is not base64"))?;
    if data.len() > LIMIT_BYTES {
        return Err(rejected("Message length is more than 10485760 bytes long"));
    }
    let message = MessageParser::default().parse(&data).ok_or_else(|| rejected("Missing final '@domain'"))?;
    let from = addresses(message.from())
        .into_iter()
        .next()
        .ok_or_else(|| rejected("Missing required header 'From'."))?;
    let destinations: Vec<String> = parameters
        .items("Destinations.member")
        .filter_map(|name| parameters.get(&name).map(str::to_owned))
        .collect();
    let to = if destinations.is_empty() {
        [message.to(), message.cc(), message.bcc()].into_iter().flat_map(addresses).collect()
    } else {
        destinations
    };
    if to.is_empty() {
        return Err(rejected("Missing required header 'To'."));
    }
    let configuration_set = parameters
        .get("ConfigurationSetName")
        .map(str::to_owned)
        .or_else(|| header_text(&message, "X-SES-CONFIGURATION-SET"));
    authorize(inner, caller, &from, &to, configuration_set.as_deref())?;
    let outgoing = Outgoing {
        channel: Channel::Email,
        from,
        to: to.join(", "),
        subject: Some(message.subject().unwrap_or_default().to_owned()),
        text: message.body_text(0).map(|text| text.into_owned()).unwrap_or_default(),
        html: html(&message),
        at: inner.now(),
    };
    let id = inner.outbox.push(&outgoing).map_err(AwsError::internal)?;
    let request = inner.uuid();
    Ok(Answer::query(Service::Ses, "SendRawEmail", &request, &[("MessageId", &provider_id(&id))]))
}

/// The identity may be the address or its domain: AWS takes the one that is verified.
fn authorize(
    inner: &Inner,
    caller: &Caller,
    from: &str,
    to: &[String],
    set: Option<&str>,
) -> Result<(), AwsError> {
    let context = Context::new()
        .with("ses:FromAddress", vec![from.to_owned()])
        .with("ses:Recipients", to.to_vec())
        .with("ses:ApiVersion", vec!["1".to_owned()]);
    let domain = from.rsplit('@').next().unwrap_or(from);
    let allow = |resource: String| inner.iam.authorize(caller, "ses:SendRawEmail", &resource, &context);
    let identity = |name: &str| format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/{name}");
    let denied = |denied| AwsError::denied(Service::Ses, &denied);
    allow(identity(domain)).or_else(|_| allow(identity(from))).map_err(denied)?;
    if let Some(set) = set {
        allow(format!("arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{set}")).map_err(denied)?;
    }
    Ok(())
}

/// The HTML part, if the mail has one: the parser also makes one from the text.
fn html(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    })
}

fn addresses(address: Option<&Address<'_>>) -> Vec<String> {
    address.into_iter().flat_map(Address::iter).filter_map(|one| one.address().map(str::to_owned)).collect()
}

fn header_text(message: &Message<'_>, name: &str) -> Option<String> {
    message.header(name).and_then(HeaderValue::as_text).map(str::to_owned)
}

fn rejected(reason: &str) -> AwsError {
    AwsError::sender("MessageRejected", reason)
}
