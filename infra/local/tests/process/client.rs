//! An HTTP client that knows the difference between an answer and half of one.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than any answer takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the program is, and who talks to it.
#[derive(Clone)]
pub(crate) struct Client {
    port: u16,
    token: Option<String>,
}

/// A complete answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The whole head, as it came.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.status, self.body)
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts the status and hands the answer on.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Client {
    /// Somebody who is not signed in.
    pub(crate) fn new(port: u16) -> Self {
        Self { port, token: None }
    }

    /// The same, with a session.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { port: self.port, token: Some(token.to_owned()) }
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, "", None)
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &Value) -> io::Result<Answer> {
        self.send("POST", path, headers, Some(&body.to_string()))
    }

    /// A write with its idempotency key.
    pub(crate) fn post_once(&self, path: &str, key: &str, body: &Value) -> io::Result<Answer> {
        self.post(path, &format!("Idempotency-Key: {key}\r\n"), body)
    }

    /// One request on a connection of its own. An answer counts when all of it is there: whatever the other side's
    /// end cuts short is an error.
    fn send(&self, method: &str, path: &str, headers: &str, body: Option<&str>) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n{headers}",
            self.port
        );
        if let Some(token) = &self.token {
            request += &format!("Authorization: Bearer {token}\r\n");
        }
        if let Some(body) = body {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body.unwrap_or_default();
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        read(answer).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "half an answer"))
    }
}

fn read(bytes: Vec<u8>) -> Option<Answer> {
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = header(head, "content-length")?.parse().ok()?;
    (body.len() == length).then(|| Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// The first header of this name.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
}

/// Signs staff in by the code of the mail, and answers the session's token.
pub(crate) fn sign_in(client: &Client, address: &str) -> String {
    let ask = json!({"practice": "demo", "for": "staff", "address": address});
    let asked = client.post("/v1/login-links", "", &ask).unwrap().expect(202);
    let cookie = header(&asked.head, "set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap();
    let mail = loop {
        let sent = client.get("/outbox.json").unwrap().expect(200).json();
        let mail = sent.as_array().unwrap().iter().rev().find(|mail| mail["to"] == address).cloned();
        match mail {
            Some(mail) => break mail,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = mail["text"].as_str().unwrap().lines().find(is_code).unwrap();
    let redeem = json!({"code": code, "want_token": true});
    let session =
        client.post("/v1/sessions", &format!("Cookie: {cookie}\r\n"), &redeem).unwrap().expect(201).json();
    session["token"].as_str().unwrap().to_owned()
}
