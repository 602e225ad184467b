//! The main job with canaries: over HTTP, as people do it.

use std::path::PathBuf;

use api_tests::{Answer, Browser, World, leaks::Canaries, people::text, tap::Tap};
use domain::time::Timestamp;
use http::{Method, StatusCode, header};
use platform::clock::Clock;
use serde_json::{Value, json};

use crate::{
    cast::{CHANGED, COLLEAGUE, PATIENTS, STRANGERS, TEXTS, canaries, code_in, token_in},
    evidence::{Evidence, Lines},
};

const STRANGERS_ADDRESSES: [&str; 2] = [STRANGERS.0, STRANGERS.1];

pub(crate) struct Job {
    pub(crate) world: World,
    pub(crate) canaries: Canaries,
    pub(crate) evidence: Evidence,
    tap: Tap,
    lines: Lines,
    directory: tempfile::TempDir,
    seen: usize,
    pub(crate) staff: Browser,
    pub(crate) patient: Browser,
    pub(crate) people: Vec<String>,
    pub(crate) conversation: String,
}

impl Job {
    pub(crate) async fn start() -> Self {
        let lines = Lines::default();
        tracing::subscriber::set_global_default(lines.subscriber()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let tap = Tap::default();
        // Before the machine's own time, by which items expire.
        let clock = Clock::manual(Timestamp::parse("2024-03-04T15:00:00Z").unwrap());
        let world = World::tapped(1, clock, Some(directory.path().join("data")), Some(&tap)).await;
        let browser = world.browser();
        let mut job = Self {
            canaries: canaries(),
            evidence: Evidence::default(),
            tap,
            lines,
            directory,
            seen: 0,
            staff: browser.clone(),
            patient: browser,
            people: Vec::new(),
            conversation: String::new(),
            world,
        };
        job.look("before anything").await;
        job
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Sends a request, and keeps what may not hold anything: problems, and all that is said before a sign-in.
    pub(crate) async fn send(
        &mut self,
        browser: &mut Browser,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let answer = browser.send(method, path, body, headers).await;
        for (name, value) in &browser.cookies {
            let class = if name == "__Host-flow" { "flow" } else { "session" };
            self.canaries.secret(class, value.rsplit('.').next().unwrap());
        }
        let before_sign_in = ["/v1/login-links", "/v1/sessions", "/v1/practices"];
        let says_nothing = answer.status != StatusCode::CREATED
            && before_sign_in.iter().any(|start| path.starts_with(start));
        if answer.status.as_u16() >= 400 || says_nothing {
            let route = path.split(['?', '%']).next().unwrap();
            self.evidence.keep("HTTP answer", route, answer.bytes.clone());
        } else {
            self.evidence.show(answer.bytes.clone());
        }
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            self.evidence.show(cookie.as_bytes());
        }
        for (name, value) in answer.headers.iter().filter(|(name, _)| **name != header::SET_COOKIE) {
            self.evidence.keep("HTTP answer", &format!("header {name}"), value.as_bytes());
        }
        answer
    }

    pub(crate) async fn post(&mut self, browser: &mut Browser, path: &str, body: Value) -> Answer {
        let key = self.world.fresh_key();
        let body = Some(body.to_string().into_bytes());
        self.send(browser, Method::POST, path, body, &[("idempotency-key", &key)]).await
    }

    pub(crate) async fn get(&mut self, browser: &mut Browser, path: &str) -> Answer {
        self.send(browser, Method::GET, path, None, &[]).await
    }

    /// Moves events until nothing moves, and keeps each as it is handed over.
    pub(crate) async fn pump(&mut self) {
        self.keep_queues("before moving");
        while let Some(batch) = self.world.aws.take().unwrap() {
            self.evidence.keep("event", &batch.function, batch.event.to_string());
            let answer = self.world.invoke(&batch.function.clone(), batch.event.clone()).await;
            self.world.aws.settle(batch, answer);
            self.keep_queues("on the way");
        }
        for sent in self.world.aws.outbox().all().split_off(self.seen) {
            self.seen += 1;
            if let Some((_, rest)) = sent.text.split_once("#t=") {
                self.canaries.secret("link", &rest[..22]);
            }
            if let Some(code) = code_in(&sent.text) {
                self.canaries.secret("code", &code);
            }
        }
    }

    pub(crate) async fn minutes(&mut self, count: usize) {
        for _ in 0..count {
            self.world.clock.advance_seconds(60);
            for tick in self.world.aws.all_ticks() {
                let _ = self.world.invoke(&tick.function.clone(), tick.event.clone()).await;
            }
            self.pump().await;
        }
    }

    fn keep_queues(&mut self, when: &str) {
        let queues: Vec<String> =
            self.world.aws.template().queues.iter().map(|queue| queue.logical.clone()).collect();
        for queue in queues {
            let kind = if queue.ends_with("DeadLetters") { "dead letters" } else { "queue" };
            for body in self.world.aws.queue_bodies(&queue) {
                self.evidence.keep(kind, &format!("{queue} {when}"), body);
            }
        }
    }

    /// Keeps what is stored now: as files, with all that SQLite has deleted but not yet overwritten, and as items.
    pub(crate) async fn look(&mut self, when: &str) {
        let directory = self.data();
        self.evidence.keep_files(when, &directory);
        self.keep_queues(when);
        for table in ["ChatTable", "MessageKeysTable", "AuditTable"] {
            for item in self.world.aws.items(table).await {
                self.evidence.keep("item", table, item.to_string());
            }
        }
        for heard in self.tap.take() {
            self.evidence.keep_request(heard);
        }
    }

    /// Closes everything, which moves what SQLite logged into its files, and answers all that there is to look through.
    pub(crate) fn end(self) -> (Canaries, Evidence) {
        let data = self.data();
        let Self { canaries, mut evidence, lines, world, staff, patient, directory, .. } = self;
        drop((world, staff, patient));
        evidence.keep_files("at the end", &data);
        drop(directory);
        let log = lines.bytes();
        let text = String::from_utf8_lossy(&log);
        for level in
            ["\"level\":\"DEBUG\"", "\"level\":\"INFO\"", "\"level\":\"WARN\"", "\"level\":\"ERROR\""]
        {
            assert!(text.contains(level), "the log was caught at every level: {level}");
        }
        let talk = text
            .lines()
            .filter(|line| line.contains("\"target\":\"aws_") || line.contains("\"target\":\"hyper"));
        for line in talk {
            assert!(
                !line.contains("\"DEBUG\"") && !line.contains("\"TRACE\""),
                "the SDK may not say that much: {line}"
            );
        }
        evidence.keep("log", "all lines", log);
        (canaries, evidence)
    }

    /// The newest message to an address.
    pub(crate) fn message_to(&self, address: &str) -> String {
        let sent = self.world.aws.outbox().all().into_iter().rev().find(|sent| sent.to == address);
        sent.unwrap_or_else(|| panic!("nothing was sent to {address}")).text
    }

    pub(crate) async fn ask_for_message(&mut self, audience: &str, address: &str) -> Browser {
        let mut browser = self.world.browser().with_header("user-agent", "Mozilla/5.0 Firefox/140.0");
        let body = json!({"practice": "demo", "for": audience, "address": address, "language": "en"});
        let before = self.sent_to(address);
        self.post(&mut browser, "/v1/login-links", body).await.expect(202);
        self.pump().await;
        // After troubles, what came before is in the way for a while.
        for _ in 0..5 {
            if self.sent_to(address) == before && !STRANGERS_ADDRESSES.contains(&address) {
                self.minutes(1).await;
            }
        }
        browser
    }

    fn sent_to(&self, address: &str) -> usize {
        self.world.aws.outbox().all().iter().filter(|sent| sent.to == address).count()
    }

    pub(crate) async fn main_job(&mut self) {
        self.staff_come_in().await;
        self.patients_are_added().await;
        self.both_write().await;
        self.patients_sign_in().await;
        self.strangers_try().await;
        // Expired items are deleted; their bytes lie about in the file.
        self.world.clock.advance_seconds(8 * 24 * 3600);
        assert!(self.world.aws.expire_items().await > 0);
        self.sign_in_again().await;
    }

    pub(crate) async fn sign_in_again(&mut self) {
        self.staff = self.staff_by_code("ana@demo.test").await;
        self.patient = self.by_code(PATIENTS[0].2.unwrap(), CHANGED.1).await;
    }

    async fn staff_by_code(&mut self, address: &str) -> Browser {
        let mut browser = self.ask_for_message("staff", address).await;
        let code = code_in(&self.message_to(address)).unwrap();
        self.post(&mut browser, "/v1/sessions", json!({"code": code})).await.expect(201);
        browser
    }

    async fn staff_come_in(&mut self) {
        let mut ana = self.staff_by_code("ana@demo.test").await;
        let (name, email) = COLLEAGUE;
        let new = json!({"name": name, "email": email, "roles": ["front_desk", "clinician"]});
        let made = self.post(&mut ana, "/v1/staff", new).await.expect(201).json();
        assert_eq!(made["name"], name);
        self.get(&mut ana, "/v1/staff").await.expect(200);
        let mut browser = self.ask_for_message("staff", email).await;
        let token = token_in(&self.message_to(email));
        self.post(&mut browser, "/v1/sessions", json!({"token": token})).await.expect(201);
        self.staff = browser;
    }

    async fn patients_are_added(&mut self) {
        let mut staff = self.staff.clone();
        for (name, birth_date, email, phone, external_id) in PATIENTS {
            let new = json!({
                "name": name, "birth_date": birth_date, "language": "es", "external_id": external_id,
                "emails": email.as_slice(), "phones": phone.as_slice(),
            });
            let made = self.post(&mut staff, "/v1/patients", new).await.expect(201).json();
            assert_eq!((&made["name"], &made["birth_date"]), (&json!(name), &json!(birth_date)));
            self.people.push(made["id"].as_str().unwrap().to_owned());
        }
        let child = format!("/v1/patients/{}/accounts", self.people[2]);
        let find = format!("{child}/find");
        let found = self.post(&mut staff, &find, json!({"email": PATIENTS[0].2})).await.expect(200).json();
        let account = &found["items"][0]["id"];
        let parent = json!({"account_id": account, "relation": "parent", "reason": "id_seen"});
        self.post(&mut staff, &child, parent).await.expect(201);
        self.get(&mut staff, &child).await.expect(200);

        let path = format!("/v1/patients/{}", self.people[0]);
        let (name, birth_date, external_id) = CHANGED;
        let change = json!({"name": name, "birth_date": birth_date, "external_id": external_id});
        let change = Some(change.to_string().into_bytes());
        self.send(&mut staff, Method::PATCH, &path, change, &[]).await.expect(200);
        for (query, found) in [
            ("thistlewood", 1),
            ("Z%C3%A9phyrine%20Thistle", 1),
            ("NIGHTINGALE", 1),
            ("1938-12-07", 1),
            ("9482", 1),
            ("%2B15553719482", 1),
            ("kx-porphyry-90417", 1),
            ("quillfeather", 0),
            ("Mondscheinprinzessin", 0),
            (STRANGERS.2, 0),
        ] {
            let page = self.get(&mut staff, &format!("/v1/patients?q={query}")).await.expect(200).json();
            assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
        }
        self.staff = staff;
    }

    pub(crate) async fn start_conversation(&mut self, patient: usize) -> String {
        let mut staff = self.staff.clone();
        let new = json!({"patient_id": self.people[patient], "topic": "medical_question", "text": TEXTS[2]});
        let made = self.post(&mut staff, "/v1/conversations", new).await.expect(201).json();
        made["id"].as_str().unwrap().to_owned()
    }

    async fn both_write(&mut self) {
        let mut staff = self.staff.clone();
        for patient in [1, 2] {
            self.start_conversation(patient).await;
        }
        self.pump().await;
        self.conversation = self.start_conversation(0).await;
        let path = format!("/v1/conversations/{}/messages", self.conversation);
        self.post(&mut staff, &path, text(TEXTS[0])).await.expect(201);
        self.look("with a notice on its way").await;
        self.pump().await;

        // The notice and the birth date, the first time mistyped.
        let token = token_in(&self.message_to(PATIENTS[0].2.unwrap()));
        let mut phone = self.world.browser();
        self.post(&mut phone, "/v1/sessions", json!({"token": token})).await.expect(200);
        for (date, status) in [(STRANGERS.2, 401), (PATIENTS[0].1, 401), (CHANGED.1, 201)] {
            let person = json!({"token": token, "birth_date": date});
            self.post(&mut phone, "/v1/sessions/person", person).await.expect(status);
        }
        let page = self.get(&mut phone, &path).await.expect(200).json();
        assert_eq!(page["items"][1]["body"]["text"], TEXTS[0]);
        self.post(&mut phone, &path, text(TEXTS[1])).await.expect(201);
        let read = Some(json!({"seq": 2}).to_string().into_bytes());
        self.send(
            &mut phone,
            Method::PUT,
            &format!("/v1/conversations/{}/read", self.conversation),
            read,
            &[],
        )
        .await
        .expect(204);
        let page = self.get(&mut staff, &path).await.expect(200).json();
        assert_eq!(page["items"][2]["body"]["text"], TEXTS[1]);
        self.get(&mut staff, "/v1/conversations?unread=true").await.expect(200);
        self.post(&mut staff, &path, text(TEXTS[0])).await.expect(201);
        self.pump().await;
    }

    pub(crate) async fn by_code(&mut self, address: &str, birth_date: &str) -> Browser {
        let mut browser = self.ask_for_message("patient", address).await;
        let code = code_in(&self.message_to(address)).unwrap();
        self.post(&mut browser, "/v1/sessions", json!({"code": code})).await.expect(200);
        let person = json!({"birth_date": birth_date});
        self.post(&mut browser, "/v1/sessions/person", person).await.expect(201);
        browser
    }

    async fn patients_sign_in(&mut self) {
        let mut by_sms = self.by_code(PATIENTS[1].3.unwrap(), PATIENTS[1].1).await;
        assert_eq!(
            self.get(&mut by_sms, "/v1/session").await.expect(200).json()["account"]["name"],
            PATIENTS[1].0
        );
        let address = PATIENTS[0].2.unwrap();
        let mut by_link = self.ask_for_message("patient", address).await;
        let token = token_in(&self.message_to(address));
        self.post(&mut by_link, "/v1/sessions", json!({"token": token})).await.expect(200);
        let child = json!({"birth_date": PATIENTS[2].1});
        self.post(&mut by_link, "/v1/sessions/person", child).await.expect(201);
        // The word of this new browser leaves before the next code does.
        self.pump().await;
        // A client that is no browser gets its token in the answer.
        let bare = [("origin", ""), ("sec-fetch-site", "")];
        let mut client = self.ask_for_message("patient", address).await;
        let code = code_in(&self.message_to(address)).unwrap();
        self.post(&mut client, "/v1/sessions", json!({"code": code})).await.expect(200);
        let person = json!({"birth_date": CHANGED.1, "want_token": true}).to_string().into_bytes();
        let answer = self
            .send(&mut client, Method::POST, "/v1/sessions/person", Some(person), &bare)
            .await
            .expect(201);
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        self.canaries.secret("session", token.rsplit('.').next().unwrap());
        let mut api = self.world.browser().with_header("authorization", &format!("Bearer {token}"));
        self.get(&mut api, "/v1/conversations").await.expect(200);
        self.send(&mut api, Method::DELETE, "/v1/session", None, &[]).await.expect(204);
        self.get(&mut api, "/v1/session").await.expect(401);
    }

    async fn strangers_try(&mut self) {
        let (email, phone, date) = STRANGERS;
        for address in [email, phone] {
            let mut browser = self.ask_for_message("patient", address).await;
            for code in ["90817263", "1234567"] {
                self.post(&mut browser, "/v1/sessions", json!({"code": code})).await.expect(401);
            }
            let person = json!({"birth_date": date, "first_name": PATIENTS[1].0});
            self.post(&mut browser, "/v1/sessions/person", person).await.expect(401);
        }
        let mut browser = self.world.browser();
        let token = token_in(&self.message_to(PATIENTS[0].2.unwrap()));
        let person = json!({"token": token, "birth_date": date});
        self.post(&mut browser, "/v1/sessions/person", person).await.expect(401);
        // What comes later than it may.
        self.ask_for_message("patient", PATIENTS[0].2.unwrap()).await;
        self.world.clock.advance_seconds(3600);
        let mut late = self.staff.clone();
        self.get(&mut late, "/v1/conversations").await.expect(401);
    }
}
