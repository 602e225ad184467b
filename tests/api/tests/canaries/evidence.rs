//! What the job leaves behind, kept until it is looked through.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write as _},
    path::Path,
    sync::{Arc, Mutex},
};

use api_tests::{
    leaks::{Canaries, Leak, Scanner},
    tap::Heard,
};
use platform::telemetry;
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::SubscriberExt};

/// The outbox plays the mailboxes and phones of people: what reaches them is readable there, and only there.
pub(crate) const READABLE_FILES: [&str; 1] = ["outbox.sqlite3"];

/// Log lines, in memory.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// A subscriber that writes as functions write in Lambda, at the most talkative level that there is.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let json = tracing_subscriber::fmt::layer().json().with_writer(self.clone());
        tracing_subscriber::registry().with(json.with_filter(telemetry::targets(tracing::Level::TRACE)))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Everything that was kept: a place, as `kind: which`, and its bytes.
#[derive(Default)]
pub(crate) struct Evidence {
    kept: BTreeSet<(String, Vec<u8>)>,
    /// What people were shown who may see it.
    shown: BTreeSet<Vec<u8>>,
    /// What went to the providers of mail and SMS, which alone may read addresses and links.
    sends: BTreeSet<(String, Vec<u8>)>,
}

/// Kinds of places that a complete run has something of.
const KINDS: [&str; 9] =
    ["file", "item", "queue", "dead letters", "event", "AWS request", "KMS context", "log", "HTTP answer"];

impl Evidence {
    pub(crate) fn keep(&mut self, kind: &'static str, which: &str, bytes: impl Into<Vec<u8>>) {
        self.kept.insert((format!("{kind}: {which}"), bytes.into()));
    }

    /// An answer, or a cookie, to whoever it is for.
    pub(crate) fn show(&mut self, bytes: impl Into<Vec<u8>>) {
        self.shown.insert(bytes.into());
    }

    /// Every file of a data directory but the readable ones.
    pub(crate) fn keep_files(&mut self, when: &str, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !READABLE_FILES.iter().any(|readable| name.starts_with(readable)) {
                self.keep("file", &format!("{name} {when}"), std::fs::read(&path).unwrap());
            }
        }
    }

    /// A request to AWS.
    pub(crate) fn keep_request(&mut self, heard: Heard) {
        let Heard { caller, target, body } = heard;
        let text = String::from_utf8_lossy(&body);
        let sends = text.contains("Action=SendRawEmail") || text.contains("PhoneNumber=");
        if sends && caller == "NotifyFunction" {
            self.sends.insert((format!("send: {caller}"), decoded_mail(&body)));
            return;
        }
        if target.starts_with("TrentService") {
            let request: serde_json::Value = serde_json::from_slice(&body).unwrap();
            self.keep("KMS context", &caller, request["EncryptionContext"].to_string());
        }
        self.keep("AWS request", &format!("{caller} {target}"), body);
    }

    pub(crate) fn scan(&self, scanner: &Scanner) -> Vec<Leak> {
        self.kept.iter().flat_map(|(place, bytes)| scanner.scan(place, bytes)).collect()
    }

    pub(crate) fn scan_sends(&self, scanner: &Scanner) -> Vec<Leak> {
        self.sends.iter().flat_map(|(place, bytes)| scanner.scan(place, bytes)).collect()
    }

    /// The classes that stand where they may: what was looked for did go through, and the scanner sees it.
    pub(crate) fn classes_shown(&self, scanner: &Scanner) -> BTreeSet<&'static str> {
        let meant = self.sends.iter().map(|(_, bytes)| bytes).chain(&self.shown);
        meant.flat_map(|bytes| scanner.scan("shown", bytes)).map(|leak| leak.class).collect()
    }

    fn totals(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut totals = BTreeMap::new();
        for (place, bytes) in self.kept.iter().chain(&self.sends) {
            let total: &mut (usize, usize) = totals.entry(place.split(':').next().unwrap()).or_default();
            *total = (total.0 + 1, total.1 + bytes.len());
        }
        totals
    }

    /// How much was looked through. Past the harness, which keeps what a passing test prints.
    pub(crate) fn report(&self, canaries: &Canaries, scanner: &Scanner) {
        let places: Vec<String> = self
            .totals()
            .iter()
            .map(|(kind, (count, bytes))| format!("{count} x {kind} ({} KB)", bytes / 1000))
            .collect();
        let _ = writeln!(
            io::stderr(),
            "canaries: {} spellings of {:?}, {} patterns, looked for in {}",
            canaries.len(),
            canaries.classes(),
            scanner.patterns(),
            places.join(", ")
        );
    }

    /// How many pieces there are, and how many megabytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let totals = self.totals();
        (
            totals.values().map(|(count, _)| count).sum(),
            totals.values().map(|(_, bytes)| bytes).sum::<usize>() / 1_000_000,
        )
    }

    /// A place of which nothing was kept was not looked through.
    pub(crate) fn assert_complete(&self) {
        let totals = self.totals();
        for kind in KINDS.into_iter().chain(["send"]) {
            assert!(totals.get(kind).is_some_and(|(_, bytes)| *bytes > 0), "nothing was kept of: {kind}");
        }
    }
}

/// A mail is base64 in a form, and quoted-printable inside: what a person would read is added.
fn decoded_mail(form: &[u8]) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut all = form.to_vec();
    let text = String::from_utf8_lossy(form);
    let Some(data) = text.split('&').find_map(|pair| pair.strip_prefix("RawMessage.Data=")) else {
        return all;
    };
    let data = data.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    let mail = STANDARD.decode(data).expect("base64");
    all.extend_from_slice(&mail);
    all.extend(String::from_utf8_lossy(&mail).replace("=\r\n", "").replace("=3D", "=").into_bytes());
    all
}
