//! `local demo`: the main job without a browser, as a transcript. Every line is checked; one that does not hold ends
//! the demonstration with a failure.

mod browser;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local::aws::Sent;
use local::canary::Canary;
use local::{Stack, StackOptions, serve};
use serde_json::{Value, json};
use tokio::sync::watch;

use self::browser::{Answer, Browser};

const PRACTICE: &str = "demo";
const ANA: &str = "ana@demo.test";
const MARIA: &str = "maria@patients.test";
const BIRTH_DATE: &str = "1985-03-14";
const QUESTION: &str = "Buenos días, Sra. López. Su receta está lista en la farmacia de la calle Main.";
const ANSWER: &str = "Muchas gracias. ¿Necesito llevar algo?";
const WRONG: &str = "Sr. Carter, su cirugía de cataratas es el lunes a las siete.";
const HASTY: &str = "Sr. Carter, no coma nada desde la medianoche.";
/// What no mail and no file may show. The outbox's own file holds the mails themselves.
const SECRETS: [&str; 10] =
    [QUESTION, ANSWER, WRONG, HASTY, "Maria Lopez", MARIA, ANA, "+15555550101", BIRTH_DATE, "Ana Castillo"];
/// How long notices wait here: long enough for a program to undo a message. A deployed practice has ten seconds.
const NOTICE_DELAY_SECONDS: u64 = 1;
/// How long a mail may be under way.
const DELIVERY: Duration = Duration::from_secs(15);

/// A step that did not hold.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DemoError(String);

pub(crate) async fn demo() -> Result<(), Box<dyn Error>> {
    let data = tempfile::tempdir()?;
    let mut listeners = serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0, "PORT").await?;
    let port =
        listeners.first().map_or(Ok(0), |listener| listener.local_addr().map(|address| address.port()))?;
    let origin = format!("http://localhost:{port}");
    let mut options = StackOptions::run(data.path().to_owned(), origin.clone(), "portal/dist".into());
    options.parameters.insert("NoticeDelaySeconds".to_owned(), NOTICE_DELAY_SECONDS.to_string());
    let stack = Stack::start(options).await?;
    let _mover = stack.move_events()?;
    let (_stop, stopped) = watch::channel(false);
    for listener in listeners.drain(..) {
        tokio::spawn(serve::plain(listener, stack.router(), stopped.clone()));
    }
    let mut demo = Demo { stack, origin, step: 0, seen: 0 };
    demo.main_job().await?;
    demo.at_rest(data.path()).await?;
    println!("\nEvery step was checked.");
    Ok(())
}

struct Demo {
    stack: Stack,
    origin: String,
    step: usize,
    /// Outbox items that were looked at.
    seen: i64,
}

impl Demo {
    async fn main_job(&mut self) -> Result<(), DemoError> {
        println!("The main job on a fresh local run at {}. Not for real patients.", self.origin);
        let mut staff = Browser::new(&self.origin);
        let mut patient = Browser::new(&self.origin);

        self.heading("Ana, who works at the clinic, signs in without a password");
        let asked = json!({ "practice": PRACTICE, "for": "staff", "address": ANA });
        let answer = staff.post("/v1/login-links", &asked).await?;
        self.expect("she asks for a link and code: 202, whoever it is", &answer, StatusCode::ACCEPTED)?;
        let mail = self.mail_to(ANA).await?;
        let token = token_in(&mail.text, "/l#t=")?;
        let answer = staff.post("/v1/sessions", &json!({ "token": token })).await?;
        self.expect(
            "the link in her mail opens a session in the browser that asked",
            &answer,
            StatusCode::CREATED,
        )?;
        let mut other = Browser::new(&self.origin);
        let answer = other.post("/v1/sessions", &json!({ "token": token })).await?;
        let refused = answer.status == StatusCode::OK && answer.body == json!({ "next": "birth_date" });
        self.holds("in another browser the same link is as good as any dead one", refused)?;
        let answer = other.get("/v1/session").await?;
        self.expect("and opens nothing there", &answer, StatusCode::UNAUTHORIZED)?;

        self.heading("Ana writes to Maria");
        let answer = staff.get("/v1/patients?q=lop%20mar").await?;
        self.expect("she finds her by the beginnings of her names", &answer, StatusCode::OK)?;
        let maria = &answer.body["items"][0];
        self.holds(
            "and sees who it is",
            maria["name"] == "Maria Lopez" && maria["birth_date"] == BIRTH_DATE,
        )?;
        let new = json!({ "patient_id": maria["id"], "topic": "prescription", "text": QUESTION });
        let answer = staff.post_once("/v1/conversations", &new, "demo-1").await?;
        self.expect("she writes the first message", &answer, StatusCode::CREATED)?;
        let conversation = text_of(&answer.body["id"])?;
        let again = staff.post_once("/v1/conversations", &new, "demo-1").await?;
        self.expect("sent twice by a shaky line, it is still one", &again, StatusCode::OK)?;
        self.holds("the same conversation", again.body["id"] == answer.body["id"])?;

        self.heading("Maria gets a notice that says nothing");
        let notice = self.mail_to(MARIA).await?;
        self.quote(notice.subject.as_deref().unwrap_or_default());
        notice.text.lines().filter(|line| !line.trim().is_empty()).for_each(|line| self.quote(line));
        let shown = format!(
            "{} {} {}",
            notice.subject.unwrap_or_default(),
            notice.text,
            notice.html.unwrap_or_default()
        );
        let says = ["receta", "farmacia", "Lopez", "López", "Maria ", "1985", "prescription", "Castillo"];
        self.holds(
            "no word of the message, no name, no topic",
            says.iter().all(|word| !shown.contains(word)),
        )?;
        let token = token_in(&notice.text, "#t=")?;

        self.heading("Maria opens it with her birth date");
        let answer = patient.post("/v1/sessions", &json!({ "token": token })).await?;
        self.expect("the link alone opens nothing", &answer, StatusCode::OK)?;
        self.holds("it asks for the birth date", answer.body == json!({ "next": "birth_date" }))?;
        let forged = json!({ "token": "AAAAAAAAAAAAAAAAAAAAAA" });
        let forged = Browser::new(&self.origin).post("/v1/sessions", &forged).await?;
        self.holds("a link that nobody was sent is answered alike", forged.body == answer.body)?;
        let person = |date: &str| json!({ "token": token, "birth_date": date });
        let wrong = patient.post("/v1/sessions/person", &person("1986-03-14")).await?;
        self.expect("a wrong date opens nothing", &wrong, StatusCode::UNAUTHORIZED)?;
        let answer = patient.post("/v1/sessions/person", &person(BIRTH_DATE)).await?;
        self.expect("the right one does", &answer, StatusCode::CREATED)?;
        self.holds("and leads to the conversation", answer.body["opens"]["conversation_id"] == conversation)?;

        self.heading("She reads and answers");
        let messages = format!("/v1/conversations/{conversation}/messages");
        let answer = patient.get(&messages).await?;
        self.expect("she reads", &answer, StatusCode::OK)?;
        let text = text_of(&answer.body["items"][0]["body"]["text"])?;
        self.quote(&text);
        self.holds("what Ana wrote", text == QUESTION)?;
        let body = json!({ "kind": "text", "text": ANSWER });
        let sent = patient.post_once(&messages, &body, "demo-2").await?;
        self.expect("she answers", &sent, StatusCode::CREATED)?;

        self.heading("Ana sees the answer");
        let answer = staff.get(&format!("{messages}?after=1")).await?;
        self.expect("her screen asks for what is new", &answer, StatusCode::OK)?;
        let text = text_of(&answer.body["items"][0]["body"]["text"])?;
        self.quote(&text);
        self.holds("Maria's answer", text == ANSWER)?;
        let inbox = staff.get("/v1/conversations?state=open").await?;
        self.holds("and the conversation stands in her inbox", inbox.body["items"][0]["id"] == conversation)?;
        let stranger = Browser::new(&self.origin).get(&messages).await?;
        self.expect("without a session nobody reads it", &stranger, StatusCode::UNAUTHORIZED)?;
        self.recall(&mut staff, &mut patient, &messages).await?;
        self.undo(&mut staff, &mut patient, &messages).await
    }

    async fn recall(
        &mut self,
        staff: &mut Browser,
        patient: &mut Browser,
        messages: &str,
    ) -> Result<(), DemoError> {
        self.heading("Ana takes back what was meant for somebody else");
        let body = json!({ "kind": "text", "text": WRONG });
        let sent = staff.post_once(messages, &body, "demo-3").await?;
        self.expect("she writes to Maria what was for Mr. Carter", &sent, StatusCode::CREATED)?;
        let seq = &sent.body["seq"];
        let page = patient.get(messages).await?;
        self.holds("and Maria, who is still there, reads it", page.body.to_string().contains(WRONG))?;
        let mark = format!("{}/read", messages.trim_end_matches("/messages"));
        let marked = patient.put(&mark, &json!({ "seq": seq })).await?;
        self.expect("her page notes how far she has read", &marked, StatusCode::NO_CONTENT)?;
        let wrong = json!({ "reason": "wrong_patient" });
        let recall = format!("{messages}/{seq}/recall");
        let stranger = Browser::new(&self.origin).post(&recall, &wrong).await?;
        self.expect("without a session nobody recalls it", &stranger, StatusCode::UNAUTHORIZED)?;
        let refused = patient.post(&recall, &wrong).await?;
        self.expect("nor does a patient", &refused, StatusCode::FORBIDDEN)?;
        let answer = staff.post(&recall, &wrong).await?;
        self.expect("Ana recalls it", &answer, StatusCode::OK)?;
        let opened = &answer.body["opened"];
        self.quote(&format!("opened by {} at {}", text_of(&opened["name"])?, text_of(&opened["at"])?));
        self.holds("the answer says who had opened it, and when", opened["name"] == "Maria Lopez")?;
        let again = staff.post(&recall, &wrong).await?;
        self.holds("asked again, it says the same", again.body == answer.body)?;
        let news = patient.get(&format!("{messages}?after={seq}")).await?;
        self.holds(
            "Maria's open screen is told to erase it",
            news.body["items"][0]["body"] == json!({ "kind": "recall", "of": seq }),
        )?;
        let page = patient.get(messages).await?;
        let gone = page.body["items"].as_array().is_some_and(|items| {
            items
                .iter()
                .any(|item| item["seq"] == *seq && item["state"] == "recalled" && item["body"].is_null())
        });
        self.holds("and finds a note in its place", gone && !page.body.to_string().contains(WRONG))
    }

    async fn undo(
        &mut self,
        staff: &mut Browser,
        patient: &mut Browser,
        messages: &str,
    ) -> Result<(), DemoError> {
        self.heading("She undoes a message before anybody is told of it");
        let before = self.stack.aws().outbox().all().len();
        let body = json!({ "kind": "text", "text": HASTY });
        let sent = staff.post_once(messages, &body, "demo-4").await?;
        self.expect("she sends", &sent, StatusCode::CREATED)?;
        let undo = json!({ "reason": "undo" });
        let answer = staff.post(&format!("{messages}/{}/recall", sent.body["seq"]), &undo).await?;
        self.expect("and presses Undo", &answer, StatusCode::OK)?;
        self.holds("nobody had opened it", answer.body["opened"].is_null())?;
        tokio::time::sleep(Duration::from_secs(NOTICE_DELAY_SECONDS * 2)).await;
        self.holds("no notice leaves", self.stack.aws().outbox().all().len() == before)?;
        let page = patient.get(messages).await?;
        self.holds("and Maria never sees it", !page.body.to_string().contains(HASTY))
    }

    async fn at_rest(&mut self, data: &Path) -> Result<(), Box<dyn Error>> {
        self.heading("What lies on the disk");
        let stored = self.stored_messages().await;
        self.holds(
            "the two messages that stay are stored, the two that were taken back are not",
            stored.len() == 2,
        )?;
        for sealed in &stored {
            let shown: String = sealed.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            self.quote(&format!("{} bytes: {shown}…", sealed.len()));
        }
        let canary = Canary::new(&SECRETS)?;
        let planted = canary.in_bytes(format!("x{QUESTION}y").as_bytes());
        self.holds("a search that finds what is planted", !planted.is_empty())?;
        // The outbox's own file is what was sent; everything else belongs to the service.
        let finds = canary.in_directory(data, &["outbox."])?;
        for find in &finds {
            self.quote(&format!("{} holds {:?} as {}", find.file.display(), SECRETS[find.text], find.form));
        }
        self.holds("finds no message, name, address or birth date in any file", finds.is_empty())?;
        Ok(())
    }

    /// The sealed bodies of the message items.
    async fn stored_messages(&self) -> Vec<Vec<u8>> {
        let items = self.stack.aws().items("ChatTable").await;
        let messages = items.iter().filter(|item| {
            item["SK"]["S"].as_str().is_some_and(|sk| sk.starts_with("MSG#"))
                && item["msg_kind"]["S"] == "text"
        });
        messages.filter_map(|item| STANDARD.decode(item["sealed"]["B"].as_str()?).ok()).collect()
    }

    /// The next mail to an address.
    async fn mail_to(&mut self, address: &str) -> Result<Sent, DemoError> {
        let deadline = tokio::time::Instant::now() + DELIVERY;
        loop {
            let outbox = self.stack.aws().outbox();
            let arrived = outbox.arrived();
            if let Some(mail) = outbox.after(self.seen, 100).into_iter().find(|sent| sent.to == address) {
                self.seen = mail.id.parse().unwrap_or(self.seen);
                // No person reads faster than the sender notes that it has sent.
                let busy =
                    |queue| self.stack.aws().queue_depth(queue).is_some_and(|depth| depth.in_flight > 0);
                while ["NotifyQueue", "NoticeQueue"].into_iter().any(busy) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                self.line(&format!("a mail comes to {address}"));
                return Ok(mail);
            }
            if tokio::time::timeout_at(deadline, arrived).await.is_err() {
                return Err(DemoError(format!("no mail came to {address} within {} s", DELIVERY.as_secs())));
            }
        }
    }

    fn heading(&mut self, text: &str) {
        self.step += 1;
        println!("\n{}. {text}", self.step);
    }

    fn line(&self, text: &str) {
        println!("   ✓ {text}");
    }

    fn quote(&self, text: &str) {
        println!("     │ {text}");
    }

    fn holds(&self, claim: &str, holds: bool) -> Result<(), DemoError> {
        if holds {
            self.line(claim);
            return Ok(());
        }
        Err(DemoError(format!("this does not hold: {claim}")))
    }

    fn expect(&self, claim: &str, answer: &Answer, status: StatusCode) -> Result<(), DemoError> {
        if answer.status == status {
            self.line(claim);
            return Ok(());
        }
        Err(DemoError(format!("{claim}: answered {} {}", answer.status, answer.body)))
    }
}

/// The token behind a mark, to the end of its line or word.
fn token_in(text: &str, mark: &str) -> Result<String, DemoError> {
    let (_, rest) = text.split_once(mark).ok_or_else(|| DemoError("the mail holds no link".to_owned()))?;
    Ok(rest.chars().take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_')).collect())
}

fn text_of(value: &Value) -> Result<String, DemoError> {
    value.as_str().map(str::to_owned).ok_or_else(|| DemoError("the answer lacks a member".to_owned()))
}
