//! The outbox: what was sent, and what comes back.

use axum::body::Body;
use axum::http::StatusCode;
use local::{Stack, StackOptions};
use serde_json::json;

use crate::support::{get, post, request, send};

async fn with_mail_and_text() -> Stack {
    let stack = Stack::start(StackOptions::test(4)).await.unwrap();
    for address in ["maria@patients.test", "+15555550104"] {
        let answer =
            post(&stack, "/v1/login-links", &json!({ "practice": "demo", "address": address })).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    let pumped = stack.pump().await;
    assert_eq!((pumped.denied, pumped.given_up, pumped.again), (0, 0, 0));
    stack
}

#[tokio::test]
async fn what_was_sent_is_listed_oldest_first() {
    let stack = with_mail_and_text().await;
    let list = get(&stack, "/outbox.json").await.json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 2);
    let mail = list.iter().find(|one| one["channel"] == "email").unwrap();
    assert_eq!(
        (&mail["to"], &mail["from"]),
        (&json!("maria@patients.test"), &json!("notices@brighteyes.test"))
    );
    assert!(mail["at"].as_str().unwrap().starts_with("2026-03-02T15:00:00.000Z"), "{}", mail["at"]);
    assert!(mail["text"].as_str().unwrap().contains("http://localhost:8080/l#t="));
    let text = list.iter().find(|one| one["channel"] == "sms").unwrap();
    assert_eq!(text["to"], "+15555550104");
    assert!(text.get("html").is_none() && text.get("subject").is_none());
    let first = list[0]["id"].as_str().unwrap();
    let rest = get(&stack, &format!("/outbox.json?after={first}")).await.json();
    assert_eq!(rest.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_mail_is_shown_without_power() {
    let stack = with_mail_and_text().await;
    let list = get(&stack, "/outbox.json").await.json();
    let mail = list.as_array().unwrap().iter().find(|one| one["channel"] == "email").unwrap();
    let shown = get(&stack, &format!("/outbox/mail/{}", mail["id"].as_str().unwrap())).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.header("content-security-policy").starts_with("sandbox "));
    assert!(shown.header("content-security-policy").contains("default-src 'none'"));
    assert!(!shown.header("content-security-policy").contains("allow-scripts"));
    assert!(shown.text().contains("<base target=\"_top\">"));
    assert_eq!(get(&stack, "/outbox/mail/99").await.status, StatusCode::NOT_FOUND);
    let page = get(&stack, "/outbox").await;
    assert!(page.text().contains("Not for real patients"));
    assert!(!page.header("content-security-policy").contains("unsafe"));
}

#[tokio::test]
async fn a_phone_answers_and_a_provider_reports() {
    let stack = with_mail_and_text().await;
    let answer = post(&stack, "/outbox/sms-reply", &json!({ "from": "+15555550104", "body": "STOP" })).await;
    assert_eq!((answer.status, answer.json()["published"].is_boolean()), (StatusCode::ACCEPTED, true));
    let list = get(&stack, "/outbox.json").await.json();
    let id = |channel: &str| {
        let one = list.as_array().unwrap().iter().find(|one| one["channel"] == channel).unwrap();
        one["id"].as_str().unwrap().to_owned()
    };
    let report = async |kind: &str, id: &str| {
        post(&stack, "/outbox/events", &json!({ "kind": kind, "id": id })).await.status
    };
    assert_eq!(report("bounce", &id("email")).await, StatusCode::ACCEPTED);
    assert_eq!(report("complaint", &id("email")).await, StatusCode::ACCEPTED);
    assert_eq!(report("undeliverable", &id("sms")).await, StatusCode::ACCEPTED);
    assert_eq!(report("bounce", &id("sms")).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(report("bounce", "77").await, StatusCode::NOT_FOUND);
    assert_eq!(report("applause", &id("sms")).await, StatusCode::UNPROCESSABLE_ENTITY);
    // What a provider reports travels as it would from AWS.
    let pumped = stack.pump().await;
    assert_eq!((pumped.denied, pumped.given_up, pumped.again), (0, 0, 0));
    assert!(pumped.done >= 3);
    let items = serde_json::to_string(&stack.aws().items("ChatTable").await).unwrap();
    assert!(items.contains("no_recipient_at") && items.contains("complained_at"), "the contacts know it");
    let back = get(&stack, "/outbox/replies.json").await.json();
    assert_eq!(back.as_array().unwrap().len(), 4);
    assert_eq!(back[0]["message"]["messageBody"], "STOP");
    for bad in [
        json!({ "from": "me", "body": "x" }),
        json!({ "from": "+15555550104" }),
        json!({ "from": "+15555550104", "body": "" }),
    ] {
        assert_eq!(post(&stack, "/outbox/sms-reply", &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let form = request("POST", "/outbox/sms-reply", Body::from("from=%2B15555550104&body=STOP"));
    assert_eq!(send(&stack, form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn the_gallery_shows_every_message_in_every_language() {
    let stack = Stack::start(StackOptions::test(5)).await.unwrap();
    let page = get(&stack, "/outbox/gallery").await;
    assert_eq!(page.status, StatusCode::OK);
    let html = page.text();
    assert_eq!(html.matches("<article>").count(), 2 * (13 + 8 + 6 + 3 + 1 + 12));
    assert!(html.contains("Bright Eyes: visit Wed, Nov 25, 10:30 AM, Main Street 5. Reply C"), "{html}");
    assert!(html.contains("Bright Eyes: visita mie 25 nov, 10:30 AM, Main Street 5."), "{html}");
}
