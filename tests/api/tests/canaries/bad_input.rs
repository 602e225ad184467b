//! Bad input with canaries in it, on every operation of the API document: nothing of it is repeated, stored or logged.

use std::collections::BTreeMap;

use api_tests::Browser;
use http::Method;
use serde_json::{Value, json};

use crate::{
    cast::{CHANGED, PATIENTS, STRANGERS, TEXTS},
    job::Job,
};

/// Everything that people type, in one line.
fn typed() -> String {
    let (name, birth_date, email, phone, external_id) = PATIENTS[0];
    format!(
        "{name} {birth_date} {} {} {} {} {} {}",
        email.unwrap(),
        phone.unwrap(),
        external_id.unwrap(),
        STRANGERS.0,
        STRANGERS.1,
        TEXTS[0].replace(['\n', '\t'], " ")
    )
}

/// Without what a header or an address cannot carry.
fn plain() -> String {
    typed().chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Bodies that no operation takes.
fn bodies() -> Vec<Vec<u8>> {
    let typed = typed();
    let mut bodies: Vec<Vec<u8>> = vec![
        json!(typed).to_string().into(),
        json!([typed]).to_string().into(),
        json!({ &typed: &typed }).to_string().into(),
        json!({"address": {&typed: &typed}, "text": [&typed]}).to_string().into(),
        json!({"text": &typed}).to_string().replace('}', "").into(),
        json!({"text": &typed}).to_string().replace('}', "\u{0}").into(),
        format!("{{\"text\": {typed}}}").into(),
        format!("{typed}={typed}").into(),
        [typed.as_bytes(), &[0xFF, 0xFE]].concat(),
        json!({"text": typed.repeat(700)}).to_string().into(),
        json!({"name": typed.repeat(3_000)}).to_string().into(),
    ];
    // Every member that exists, with what does not fit, alone and together.
    let members = [
        "practice",
        "for",
        "address",
        "language",
        "token",
        "code",
        "birth_date",
        "first_name",
        "want_token",
        "patient_id",
        "topic",
        "text",
        "kind",
        "seq",
        "state",
        "assigned_to",
        "name",
        "emails",
        "phones",
        "email",
        "phone",
        "time_zone",
        "external_id",
        "roles",
        "relation",
        "until",
        "account_id",
        "active",
        "slug",
        "hours",
        "languages",
        "sender_name",
    ];
    for member in members {
        bodies.push(json!({ member: &typed }).to_string().into());
        bodies.push(json!({ member: [&typed] }).to_string().into());
        bodies.push(json!({ member: { &typed: 1 } }).to_string().into());
    }
    let patient = |member: &str, value: Value| {
        let mut body = json!({"name": PATIENTS[0].0, "birth_date": CHANGED.1, "language": "es", "emails": [PATIENTS[0].2]});
        body[member] = value;
        body.to_string().into_bytes()
    };
    bodies.extend([
        patient("name", json!(format!("{typed}\u{202E}"))),
        patient("birth_date", json!("1947-08-32")),
        patient("birth_date", json!(19470823)),
        patient("emails", json!([format!("{}@", PATIENTS[0].2.unwrap())])),
        patient("phones", json!([format!("{}x", PATIENTS[0].3.unwrap())])),
        patient("language", json!(PATIENTS[0].0)),
        patient("time_zone", json!(PATIENTS[0].0)),
        patient("external_id", json!(typed.repeat(2))),
        patient(&typed, json!(typed)),
        json!({"kind": typed, "text": typed}).to_string().into(),
        json!({"kind": "text", "text": typed, "topic": typed}).to_string().into(),
        json!({"patient_id": typed, "topic": typed, "text": typed}).to_string().into(),
        json!({"practice": "demo", "address": typed, "for": typed}).to_string().into(),
        json!({"practice": typed, "address": STRANGERS.0}).to_string().into(),
        json!({"token": typed, "birth_date": typed, "first_name": typed}).to_string().into(),
    ]);
    bodies
}

/// Every operation of the document, with ids of what exists.
async fn operations(job: &mut Job) -> Vec<(Method, String)> {
    let mut staff = job.staff.clone();
    let document = job.get(&mut staff, "/v1/openapi.json").await.expect(200).json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let known =
            if path.contains("conversations") { job.conversation.clone() } else { job.people[0].clone() };
        let path = path.replace("{id}", &known).replace("{slug}", "demo").replace("{account_id}", "acc_x");
        for method in methods.as_object().unwrap().keys().filter(|name| *name != "parameters") {
            operations.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    assert!(operations.len() >= 20, "{operations:?}");
    operations
}

pub(crate) async fn everywhere(job: &mut Job) {
    let (bodies, plain) = (bodies(), plain());
    let key = plain[..60].replace(' ', "_");
    let mut seen = BTreeMap::new();
    let browsers = [job.staff.clone(), job.patient.clone(), job.world.browser()];
    for (method, path) in operations(job).await {
        // Signing out is input that is good.
        if (&method, path.as_str()) == (&Method::DELETE, "/v1/session") {
            continue;
        }
        // What a practice is called is public.
        let is_public = path == "/v1/practice";
        for (n, browser) in browsers.iter().enumerate() {
            let mut browser = browser.clone();
            if !method.is_safe() && method != Method::DELETE && !is_public {
                // Where nobody may come in, a sample will do.
                for body in bodies.iter().step_by(if n == 0 { 1 } else { 7 }) {
                    let status =
                        one(job, &mut browser, &method, &path, body, &[("idempotency-key", &key)]).await;
                    *seen.entry(status).or_insert(0) += 1;
                }
            }
            let body = &bodies[3];
            let headers = [
                ("idempotency-key", plain.as_str()),
                ("content-type", plain.as_str()),
                ("content-type", "text/plain"),
                ("origin", "https://lantern.harbour77.test"),
                ("cookie", &format!("__Host-session={key}; __Host-flow={key}")),
                ("authorization", &format!("Bearer {plain}")),
                ("x-origin-secret", plain.as_str()),
                ("cloudfront-viewer-address", plain.as_str()),
                ("user-agent", plain.as_str()),
                ("accept-language", plain.as_str()),
                ("if-none-match", plain.as_str()),
                ("traceparent", plain.as_str()),
            ];
            for header in headers {
                let status = one(job, &mut browser, &method, &path, body, &[header]).await;
                *seen.entry(status).or_insert(0) += 1;
            }
            let place = path.rsplit_once('/').unwrap().0;
            for path in [
                format!("{place}/{}", escaped(&typed())),
                format!("{place}/{key}"),
                format!("{path}/{key}"),
                format!("{path}?{key}={key}"),
                format!("{path}?cursor={}&limit={key}", escaped(&typed())),
                format!("{path}?after={key}&q={}", escaped(&typed())),
                format!("{path}?q={}", escaped(&typed().repeat(3))),
                format!("{path}?state={key}&assigned={key}"),
            ] {
                let status = one(job, &mut browser, &method, &path, body, &[]).await;
                *seen.entry(status).or_insert(0) += 1;
            }
        }
    }
    for status in [400, 401, 403, 404, 413, 415, 422] {
        assert!(seen.get(&status).is_some_and(|count: &usize| *count >= 10), "{status}: {seen:?}");
    }
}

async fn one(
    job: &mut Job,
    browser: &mut Browser,
    method: &Method,
    path: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> u16 {
    let body = (!method.is_safe()).then(|| body.to_vec());
    let answer = job.send(browser, method.clone(), path, body, headers).await;
    assert!(answer.status.as_u16() < 500, "{method} {path}: {answer:?}");
    answer.status.as_u16()
}
