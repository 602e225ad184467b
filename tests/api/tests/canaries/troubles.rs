//! What goes wrong around the product while it works on canaries: services that fail, permissions that are missing,
//! items that are damaged, events that nobody can deliver.

use api_tests::people::text;
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use http::Method;
use local::aws::{Fault, FaultPlan, Rule, Service, When};
use serde_json::json;

use crate::{
    cast::{CHANGED, PATIENTS, STRANGERS, TEXTS, token_in},
    job::Job,
};

/// Longer than an unwrapped key stays in memory.
const FORGOTTEN_SECONDS: i64 = 6 * 60;

pub(crate) async fn all(job: &mut Job) {
    let every = |service, operation: &str, fault| vec![Rule::new(When::Always, fault).on(service, operation)];
    for (plan, expected) in [
        (every(Service::Kms, "Decrypt", Fault::InternalError), "a KMS that fails"),
        (every(Service::Kms, "Decrypt", Fault::Throttle), "a KMS that throttles"),
        (every(Service::Kms, "GenerateDataKey", Fault::ResponseLost), "a KMS that is not heard"),
        (every(Service::Ses, "SendRawEmail", Fault::InternalError), "an SES that fails"),
        (every(Service::Sns, "Publish", Fault::InternalError), "an SNS that fails"),
        (every(Service::DynamoDb, "TransactWriteItems", Fault::TransactionConflict), "conflicts"),
        (every(Service::DynamoDb, "Query", Fault::InternalError), "queries that fail"),
        (every(Service::DynamoDb, "UpdateItem", Fault::ResponseLost), "updates that are not heard"),
        (vec![Rule::new(When::Chance(0.3), Fault::ResponseLost)], "answers lost by chance"),
        (vec![Rule::new(When::Chance(0.3), Fault::InternalError)], "calls that fail by chance"),
        (vec![Rule::new(When::Chance(0.3), Fault::RequestLost)], "requests lost by chance"),
    ] {
        keep_session(job).await;
        job.world.clock.advance_seconds(FORGOTTEN_SECONDS);
        job.world.aws.set_faults(Some(FaultPlan::new(7, plan)));
        let failed = round(job).await;
        job.world.aws.set_faults(None);
        // Notices are tried again behind everybody's back, and so is what fails by chance.
        let is_hidden = ["SES", "SNS", "chance"].iter().any(|word| expected.contains(word));
        assert!(failed > 0 || is_hidden, "{expected} went unnoticed");
    }
    job.minutes(5).await;
    without_permissions(job).await;
    job.minutes(5).await;
    dead_letters(job).await;
    damaged(job).await;
    job.minutes(60).await;
}

/// Everybody does everything once. Answers how many requests failed.
async fn round(job: &mut Job) -> usize {
    let path = format!("/v1/conversations/{}/messages", job.conversation);
    let (mut staff, mut patient) = (job.staff.clone(), job.patient.clone());
    let mut failed = 0;
    let (name, birth_date, email, phone, external_id) = PATIENTS[1];
    let new = json!({"name": format!("{name} {}", job.world.fresh_key()), "birth_date": birth_date, "language": "en",
        "emails": email.as_slice(), "phones": phone.as_slice(), "external_id": external_id});
    let start = json!({"patient_id": job.people[1], "topic": "billing", "text": TEXTS[2]});
    let writes = [
        (path.clone(), text(TEXTS[0])),
        ("/v1/conversations".to_owned(), start),
        ("/v1/patients".to_owned(), new),
    ];
    for (path, body) in writes {
        failed += usize::from(job.post(&mut staff, &path, body).await.status.as_u16() >= 500);
    }
    failed += usize::from(job.post(&mut patient, &path, text(TEXTS[1])).await.status.as_u16() >= 500);
    let change = |name: &str| Some(json!({ "name": name }).to_string().into_bytes());
    let person = format!("/v1/patients/{}", job.people[0]);
    for name in [PATIENTS[0].0, CHANGED.0] {
        let answer = job.send(&mut staff, Method::PATCH, &person, change(name), &[]).await;
        failed += usize::from(answer.status.as_u16() >= 500);
    }
    for path in [
        path.as_str(),
        "/v1/conversations",
        "/v1/patients?q=thistlewood",
        &person,
        "/v1/staff",
        "/v1/practice",
    ] {
        failed += usize::from(job.get(&mut staff, path).await.status.as_u16() >= 500);
    }
    failed += usize::from(job.get(&mut patient, &path).await.status.as_u16() >= 500);
    failed += sign_ins(job).await;
    job.minutes(2).await;
    failed
}

async fn sign_ins(job: &mut Job) -> usize {
    let mut failed = 0;
    let token = token_in(&job.message_to(PATIENTS[0].2.unwrap()));
    for address in [PATIENTS[0].2.unwrap(), PATIENTS[1].3.unwrap(), STRANGERS.0] {
        let mut browser = job.world.browser();
        let ask = json!({"practice": "demo", "address": address});
        failed += usize::from(job.post(&mut browser, "/v1/login-links", ask).await.status.as_u16() >= 500);
        job.pump().await;
        for body in [json!({"token": token}), json!({"code": "31415926"})] {
            failed += usize::from(job.post(&mut browser, "/v1/sessions", body).await.status.as_u16() >= 500);
        }
        let person = json!({"token": token, "birth_date": CHANGED.1});
        failed +=
            usize::from(job.post(&mut browser, "/v1/sessions/person", person).await.status.as_u16() >= 500);
    }
    failed
}

/// Each permission once taken away, also those for KMS and for sending: the refusals of AWS name resources, and a
/// phone is a resource.
async fn without_permissions(job: &mut Job) {
    let statements: Vec<(String, String)> =
        job.world.aws.iam().statements().map(|(role, one)| (role.to_owned(), one.sid.clone())).collect();
    assert!(statements.len() >= 20);
    let mut noticed = 0;
    for (role, sid) in statements {
        job.world.clock.advance_seconds(FORGOTTEN_SECONDS);
        assert!(job.world.aws.iam().without(&role, &sid), "{role} {sid}");
        noticed += usize::from(round_without_events(job).await > 0);
        job.world.aws.iam().restore();
        keep_session(job).await;
    }
    assert!(noticed >= 10, "{noticed}");
}

/// Where a source of events is refused, nothing moves; what can move does.
async fn round_without_events(job: &mut Job) -> usize {
    let path = format!("/v1/conversations/{}/messages", job.conversation);
    let (mut staff, mut patient) = (job.staff.clone(), job.patient.clone());
    let mut failed = 0;
    for browser in [&mut staff, &mut patient] {
        failed += usize::from(job.post(browser, &path, text(TEXTS[0])).await.status.as_u16() >= 500);
        failed += usize::from(job.get(browser, &path).await.status.as_u16() >= 500);
    }
    for path in ["/v1/conversations", "/v1/patients?q=thistlewood", "/v1/staff", "/v1/practice"] {
        failed += usize::from(job.get(&mut staff, path).await.status.as_u16() >= 500);
    }
    for address in [PATIENTS[0].2.unwrap(), PATIENTS[1].3.unwrap()] {
        let ask = json!({"practice": "demo", "address": address});
        let mut browser = job.world.browser();
        failed += usize::from(job.post(&mut browser, "/v1/login-links", ask).await.status.as_u16() >= 500);
        while let Ok(Some(batch)) = job.world.aws.take() {
            let answer = job.world.invoke(&batch.function.clone(), batch.event.clone()).await;
            failed += usize::from(answer.is_err());
            job.world.aws.settle(batch, answer);
        }
    }
    failed
}

/// Hours pass; whoever works stays signed in.
async fn keep_session(job: &mut Job) {
    job.minutes(1).await;
    let (mut staff, mut patient) = (job.staff.clone(), job.patient.clone());
    let active = [("x-user-active", "1")];
    let staff = job.send(&mut staff, Method::GET, "/v1/session", None, &active).await;
    let patient = job.send(&mut patient, Method::GET, "/v1/session", None, &active).await;
    if staff.status != 200 || patient.status != 200 {
        job.sign_in_again().await;
    }
}

/// Events that cannot be delivered end in the dead-letter queues, with nothing in them.
async fn dead_letters(job: &mut Job) {
    let stop = |caller: &str, service, operation: &str| {
        Rule::new(When::Always, Fault::InternalError).on(service, operation).by(caller)
    };
    for (rule, minutes) in [
        (stop("RelayFunction", Service::Sns, "Publish"), 15),
        (stop("NotifyFunction", Service::DynamoDb, "UpdateItem"), 30),
    ] {
        keep_session(job).await;
        job.world.aws.set_faults(Some(FaultPlan::new(1, vec![rule])));
        job.start_conversation(0).await;
        job.start_conversation(1).await;
        job.minutes(minutes).await;
        job.world.aws.set_faults(None);
    }
    for queue in ["RelayDeadLetters", "NotifyDeadLetters"] {
        assert!(!job.world.aws.queue_bodies(queue).is_empty(), "{queue}");
    }
    job.look("with dead letters").await;
}

/// A message whose ciphertext was changed, and a patient whose name was: what is left of them is not shown to anybody.
async fn damaged(job: &mut Job) {
    job.sign_in_again().await;
    let client = aws_sdk_dynamodb::Client::new(&job.world.aws.sdk_config("admin"));
    for item in job.world.aws.items("ChatTable").await {
        let key = |name: &str| AttributeValue::S(item[name]["S"].as_str().unwrap().to_owned());
        let (pk, sk) = (item["PK"]["S"].as_str().unwrap(), item["SK"]["S"].as_str().unwrap());
        let attribute = match (pk.split('#').next().unwrap(), sk) {
            ("CONV", sk) if sk.starts_with("MSG#") && sk.ends_with('2') => "sealed",
            ("PATIENT", "PROFILE") if pk.ends_with(&job.people[1]) => "sealed_record",
            _ => continue,
        };
        assert!(item[attribute].is_object(), "{item}");
        let update =
            client.update_item().table_name("local-ChatTable").key("PK", key("PK")).key("SK", key("SK"));
        let damage = AttributeValue::B(Blob::new([1; 200]));
        let update = update.update_expression(format!("SET {attribute} = :damage"));
        update.expression_attribute_values(":damage", damage).send().await.unwrap();
    }
    let path = format!("/v1/conversations/{}/messages", job.conversation);
    let (mut staff, mut patient) = (job.staff.clone(), job.patient.clone());
    for browser in [&mut staff, &mut patient] {
        let page = job.get(browser, &path).await.expect(200).json();
        let damaged = page["items"].as_array().unwrap().iter().filter(|message| message["body"].is_null());
        assert!(damaged.count() > 0, "{page}");
    }
    let person = format!("/v1/patients/{}", job.people[1]);
    assert!(job.get(&mut staff, &person).await.status.as_u16() >= 500);
    job.get(&mut staff, "/v1/patients?q=nightingale").await;
    job.get(&mut staff, "/v1/conversations").await;
}
