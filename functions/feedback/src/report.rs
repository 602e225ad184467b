//! The shapes that reports have: Amazon SES's events, those of AWS End User Messaging, and the delivery status of plain
//! SNS. Members that are not named here, addresses and numbers among them, are not read.

use domain::delivery::Fate;
use serde::Deserialize;

/// A longer text is no report.
const LENGTH_MAX: usize = 64 * 1024;
/// A longer id is none of a provider.
const ID_MAX: usize = 200;

/// The topics that reports come from.
pub(crate) struct Topics {
    /// Of mail.
    pub(crate) mail: String,
    /// Of text messages.
    pub(crate) texts: String,
}

/// What a message of the queue says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// What became of the message with this id.
    Report { id: String, fate: Fate },
    /// Something on the way that decides nothing.
    Nothing,
    /// It is no report, for a reason of a closed set.
    Refused(&'static str),
}

/// What SNS wraps around a message (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>). A
/// subscription without it would not say which topic a message came from.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    topic_arn: String,
    message: String,
}

/// <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailEvent {
    #[serde(alias = "notificationType")]
    event_type: String,
    mail: MailPart,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailPart {
    message_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
}

/// <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextEvent {
    event_type: String,
    message_id: String,
    is_final: bool,
}

/// <https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html>
#[derive(Deserialize)]
struct TextStatus {
    notification: StatusOf,
    delivery: StatusDelivery,
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusOf {
    message_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusDelivery {
    #[serde(default)]
    provider_response: String,
}

/// Reads a message of the queue.
pub(crate) fn read(body: &str, topics: &Topics) -> Reading {
    if body.len() > LENGTH_MAX {
        return Reading::Refused("too_long");
    }
    let Ok(envelope) = serde_json::from_str::<Envelope>(body) else {
        return Reading::Refused("no_envelope");
    };
    if envelope.r#type != "Notification" {
        return Reading::Refused("no_notification");
    }
    let read = if envelope.topic_arn == topics.mail {
        of_mail(&envelope.message)
    } else if envelope.topic_arn == topics.texts {
        of_text(&envelope.message)
    } else {
        return Reading::Refused("wrong_topic");
    };
    match read {
        Reading::Report { id, .. } if !is_id(&id) => Reading::Refused("no_id"),
        read => read,
    }
}

fn is_id(id: &str) -> bool {
    (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn of_mail(message: &str) -> Reading {
    let Ok(event) = serde_json::from_str::<MailEvent>(message) else {
        return Reading::Refused("no_mail_event");
    };
    let fate = match (event.event_type.as_str(), event.bounce, event.complaint) {
        ("Delivery", ..) => Fate::Delivered,
        ("Reject", ..) => Fate::Blocked,
        ("Bounce", Some(bounce), _) => of_bounce(&bounce),
        ("Complaint", _, Some(complaint)) => {
            // Somebody took it out of their spam folder.
            if complaint.complaint_feedback_type.as_deref() == Some("not-spam") {
                return Reading::Nothing;
            }
            Fate::Complained
        }
        ("Send" | "DeliveryDelay" | "Open" | "Click" | "RenderingFailure" | "Subscription", ..) => {
            return Reading::Nothing;
        }
        _ => return Reading::Refused("unknown_mail_event"),
    };
    Reading::Report { id: event.mail.message_id, fate }
}

fn of_bounce(bounce: &Bounce) -> Fate {
    match (bounce.bounce_type.as_str(), bounce.bounce_sub_type.as_str()) {
        ("Permanent", _) => Fate::NoRecipient,
        (_, "ContentRejected" | "AttachmentRejected" | "MessageTooLarge") => Fate::Blocked,
        _ => Fate::CameBack,
    }
}

fn of_text(message: &str) -> Reading {
    if let Ok(event) = serde_json::from_str::<TextEvent>(message) {
        let fate = match event.event_type.as_str() {
            "TEXT_SUCCESSFUL" | "TEXT_DELIVERED" => Fate::Delivered,
            "TEXT_INVALID" => Fate::NoRecipient,
            "TEXT_INVALID_MESSAGE"
            | "TEXT_BLOCKED"
            | "TEXT_CARRIER_BLOCKED"
            | "TEXT_SPAM"
            | "TEXT_PROTECT_BLOCKED" => Fate::Blocked,
            "TEXT_UNREACHABLE" | "TEXT_CARRIER_UNREACHABLE" | "TEXT_TTL_EXPIRED" | "TEXT_UNKNOWN" => {
                Fate::CameBack
            }
            "TEXT_QUEUED" | "TEXT_PENDING" | "TEXT_SENT" => return Reading::Nothing,
            _ => return Reading::Refused("unknown_text_event"),
        };
        return if event.is_final {
            Reading::Report { id: event.message_id, fate }
        } else {
            Reading::Nothing
        };
    }
    let Ok(event) = serde_json::from_str::<TextStatus>(message) else {
        return Reading::Refused("no_text_event");
    };
    let words = event.delivery.provider_response.to_ascii_lowercase();
    let fate = match event.status.as_str() {
        "SUCCESS" => Fate::Delivered,
        "FAILURE" if words.contains("invalid phone number") => Fate::NoRecipient,
        "FAILURE" if ["blocked", "spam", "opted out", "invalid"].iter().any(|word| words.contains(word)) => {
            Fate::Blocked
        }
        "FAILURE" => Fate::CameBack,
        _ => return Reading::Refused("unknown_text_event"),
    };
    Reading::Report { id: event.notification.message_id, fate }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const MAIL: &str = "arn:aws:sns:us-east-1:000000000000:chat-MailEventsTopic-1";
    const TEXTS: &str = "arn:aws:sns:us-east-1:000000000000:chat-SmsEventsTopic-1";

    fn topics() -> Topics {
        Topics { mail: MAIL.to_owned(), texts: TEXTS.to_owned() }
    }

    fn from(topic: &str, message: &Value) -> Reading {
        let body = json!({"Type": "Notification", "MessageId": "m", "TopicArn": topic, "Message": message.to_string()});
        read(&body.to_string(), &topics())
    }

    fn report(fate: Fate) -> Reading {
        Reading::Report { id: "abc-000".to_owned(), fate }
    }

    #[test]
    fn every_event_of_mail_has_its_fate() {
        let event = |kind: &str, rest: Value| {
            let mut event =
                json!({"eventType": kind, "mail": {"messageId": "abc-000", "destination": ["a@b.test"]}});
            for (name, value) in rest.as_object().unwrap() {
                event[name] = value.clone();
            }
            from(MAIL, &event)
        };
        let bounce = |kind: &str, sub: &str| {
            event(
                "Bounce",
                json!({"bounce": {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": []}}),
            )
        };
        assert_eq!(bounce("Permanent", "General"), report(Fate::NoRecipient));
        assert_eq!(bounce("Permanent", "OnAccountSuppressionList"), report(Fate::NoRecipient));
        assert_eq!(bounce("Transient", "MailboxFull"), report(Fate::CameBack));
        assert_eq!(bounce("Transient", "ContentRejected"), report(Fate::Blocked));
        assert_eq!(bounce("Undetermined", "Undetermined"), report(Fate::CameBack));
        let complaint =
            |kind: Value| event("Complaint", json!({"complaint": {"complaintFeedbackType": kind}}));
        assert_eq!(complaint(json!("abuse")), report(Fate::Complained));
        assert_eq!(complaint(Value::Null), report(Fate::Complained));
        assert_eq!(complaint(json!("not-spam")), Reading::Nothing);
        assert_eq!(event("Delivery", json!({"delivery": {}})), report(Fate::Delivered));
        assert_eq!(event("Reject", json!({"reject": {"reason": "Bad content"}})), report(Fate::Blocked));
        assert_eq!(event("DeliveryDelay", json!({})), Reading::Nothing);
        let old = json!({"notificationType": "Delivery", "mail": {"messageId": "abc-000"}});
        assert_eq!(from(MAIL, &old), report(Fate::Delivered));
        for bad in ["Bounce", "Complaint", "Anything", ""] {
            assert_eq!(event(bad, json!({})), Reading::Refused("unknown_mail_event"), "{bad}");
        }
    }

    #[test]
    fn every_event_of_texts_has_its_fate() {
        let event = |kind: &str, is_final: bool| {
            from(
                TEXTS,
                &json!({"eventType": kind, "messageId": "abc-000", "isFinal": is_final, "destinationPhoneNumber": "+1"}),
            )
        };
        for (kind, fate) in [
            ("TEXT_DELIVERED", Fate::Delivered),
            ("TEXT_SUCCESSFUL", Fate::Delivered),
            ("TEXT_INVALID", Fate::NoRecipient),
            ("TEXT_CARRIER_BLOCKED", Fate::Blocked),
            ("TEXT_SPAM", Fate::Blocked),
            ("TEXT_CARRIER_UNREACHABLE", Fate::CameBack),
            ("TEXT_TTL_EXPIRED", Fate::CameBack),
        ] {
            assert_eq!(event(kind, true), report(fate), "{kind}");
            assert_eq!(event(kind, false), Reading::Nothing, "{kind}");
        }
        assert_eq!(event("TEXT_SENT", true), Reading::Nothing);
        assert_eq!(event("VOICE_BUSY", true), Reading::Refused("unknown_text_event"));
        let status = |status: &str, words: &str| {
            let delivery = json!({"destination": "+1", "providerResponse": words});
            from(
                TEXTS,
                &json!({"notification": {"messageId": "abc-000"}, "delivery": delivery, "status": status}),
            )
        };
        assert_eq!(status("SUCCESS", "Message has been accepted by phone"), report(Fate::Delivered));
        assert_eq!(status("FAILURE", "Invalid phone number"), report(Fate::NoRecipient));
        assert_eq!(status("FAILURE", "Blocked as spam by phone carrier"), report(Fate::Blocked));
        assert_eq!(status("FAILURE", "Unknown error attempting to reach phone"), report(Fate::CameBack));
        assert_eq!(status("PERHAPS", ""), Reading::Refused("unknown_text_event"));
    }

    #[test]
    fn what_comes_from_elsewhere_is_no_report_whatever_it_says() {
        let mail = json!({"eventType": "Delivery", "mail": {"messageId": "abc-000"}});
        assert_eq!(from(MAIL, &mail), report(Fate::Delivered));
        // A topic of its own for each: a report of mail by way of the texts is none.
        assert_eq!(from(TEXTS, &mail), Reading::Refused("no_text_event"));
        for topic in ["", "x", &MAIL[..MAIL.len() - 1], &format!("{MAIL}0"), &MAIL.to_uppercase()] {
            assert_eq!(from(topic, &mail), Reading::Refused("wrong_topic"), "{topic}");
        }
        let whole =
            json!({"Type": "SubscriptionConfirmation", "TopicArn": MAIL, "Message": mail.to_string()});
        assert_eq!(read(&whole.to_string(), &topics()), Reading::Refused("no_notification"));
        for junk in ["", "null", "[]", "{", "\u{0}", &mail.to_string(), &"[".repeat(40_000)] {
            assert_eq!(read(junk, &topics()), Reading::Refused("no_envelope"));
        }
        assert_eq!(read(&"x".repeat(65 * 1024), &topics()), Reading::Refused("too_long"));
        for id in ["", " ", "a b", "é", &"x".repeat(201)] {
            let event = json!({"eventType": "Delivery", "mail": {"messageId": id}});
            assert_eq!(from(MAIL, &event), Reading::Refused("no_id"), "{id}");
        }
    }
}
