//! Finds plain text where none may be: every canary in every spelling and every form in which software writes texts
//! down by accident.
//!
//! What this cannot see is a text that was compressed or encrypted; nothing here compresses what it stores or logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    fs, io,
    path::Path,
};

use aho_corasick::AhoCorasick;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Anything shorter is found by chance.
const SHORTEST_BYTES: usize = 6;
/// Shortest word that is looked for by itself. Six letters stand in ten megabytes of base64 once in some twenty runs, eight
/// once in a hundred thousand.
const SHORTEST_WORD: usize = 8;
/// Digits up to this length stand in the hex of a hash by chance, once in some thousand runs.
const CHANCE_DIGITS: usize = 8;
/// Hex digits of the hashes that are stored: half and whole SHA-256.
const HASH_DIGITS: [usize; 2] = [32, 64];

/// What may stand nowhere.
#[derive(Clone, Debug, Default)]
pub struct Canaries {
    /// Spelling to class.
    spellings: BTreeMap<Vec<u8>, &'static str>,
}

impl Canaries {
    fn spell(&mut self, class: &'static str, bytes: &[u8]) {
        if bytes.len() >= SHORTEST_BYTES {
            self.spellings.entry(bytes.to_vec()).or_insert(class);
        }
    }

    fn spell_cases(&mut self, class: &'static str, text: &str) {
        for spelling in
            [text.to_owned(), text.to_lowercase(), text.to_uppercase(), domain::person::fold(text)]
        {
            self.spell(class, spelling.as_bytes());
        }
    }

    /// A text: the whole, and each of its longer words.
    pub fn text(&mut self, class: &'static str, text: &str) {
        self.spell_cases(class, text);
        for word in text.split_whitespace() {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            if word.chars().count() >= SHORTEST_WORD {
                self.spell_cases(class, word);
            }
        }
    }

    /// An e-mail address: the whole, and the part that names somebody.
    pub fn email(&mut self, address: &str) {
        self.spell_cases("address", address);
        self.spell_cases("address", address.split('@').next().unwrap_or_default());
    }

    /// A phone number: E.164, without the country, and its end.
    pub fn phone(&mut self, number: &str) {
        let digits = number.trim_start_matches('+');
        for spelling in [number, digits, &digits[digits.len() - 10..], &digits[digits.len() - 7..]] {
            self.spell("phone", spelling.as_bytes());
        }
        let national = &digits[digits.len() - 10..];
        let (area, office, line) = (&national[..3], &national[3..6], &national[6..]);
        for spelling in [format!("{area}-{office}-{line}"), format!("({area}) {office}-{line}")] {
            self.spell("phone", spelling.as_bytes());
        }
    }

    /// A birth date `YYYY-MM-DD`, as people and programs write it.
    pub fn birth_date(&mut self, date: &str) {
        let (year, month, day) = (&date[..4], &date[5..7], &date[8..]);
        let name = MONTHS[month.parse::<usize>().expect("a month") - 1];
        let plain = day.trim_start_matches('0');
        for spelling in [
            date.to_owned(),
            format!("{year}{month}{day}"),
            format!("{month}/{day}/{year}"),
            format!("{day}.{month}.{year}"),
            format!("{day}/{month}/{year}"),
            format!("{name} {plain}, {year}"),
            format!("{plain} {name} {year}"),
        ] {
            self.spell("birth date", spelling.as_bytes());
        }
    }

    /// A token or code: its text, and the bytes that it stands for.
    pub fn secret(&mut self, class: &'static str, secret: &str) {
        self.spell(class, secret.as_bytes());
        if let Some(bytes) = URL_SAFE_NO_PAD.decode(secret).ok().filter(|bytes| bytes.len() >= 16) {
            self.spell(class, &bytes);
        }
    }

    /// Only those of some classes.
    #[must_use]
    pub fn only(&self, classes: &[&str]) -> Self {
        let spellings = self.spellings.iter().filter(|(_, class)| classes.contains(class));
        Self { spellings: spellings.map(|(bytes, class)| (bytes.clone(), *class)).collect() }
    }

    /// How many spellings there are.
    pub fn len(&self) -> usize {
        self.spellings.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spellings.is_empty()
    }

    /// The classes.
    pub fn classes(&self) -> BTreeSet<&'static str> {
        self.spellings.values().copied().collect()
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A canary that was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// Where.
    pub place: String,
    /// What it is.
    pub class: &'static str,
    /// As what it is written there.
    pub form: &'static str,
    /// The canary.
    pub spelling: String,
    /// What stands around it.
    pub around: String,
}

impl fmt::Debug for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, class, form, spelling, around } = self;
        writeln!(f, "{place}: {class} {spelling:?} as {form}: …{around}…")
    }
}

/// Canaries, ready to be looked for.
pub struct Scanner {
    automaton: AhoCorasick,
    /// Class, form and spelling of each pattern.
    patterns: Vec<(&'static str, &'static str, Vec<u8>)>,
}

impl Scanner {
    /// Prepares the canaries in all forms.
    pub fn new(canaries: &Canaries) -> Self {
        let mut patterns = BTreeMap::new();
        for (spelling, class) in &canaries.spellings {
            for (form, pattern) in forms(spelling) {
                if pattern.len() >= SHORTEST_BYTES {
                    patterns.entry(pattern).or_insert((*class, form, spelling.clone()));
                }
            }
        }
        let automaton = AhoCorasick::new(patterns.keys()).expect("patterns fit");
        Self { automaton, patterns: patterns.into_values().collect() }
    }

    /// How many patterns are looked for.
    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Looks through bytes.
    pub fn scan(&self, place: &str, bytes: &[u8]) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for found in self.automaton.find_overlapping_iter(bytes) {
            let (class, form, spelling) = &self.patterns[found.pattern().as_usize()];
            if !is_chance(bytes, found.start(), found.end()) {
                let (from, to) = (found.start().saturating_sub(60), (found.end() + 60).min(bytes.len()));
                leaks.push(Leak {
                    place: place.to_owned(),
                    class,
                    form,
                    spelling: String::from_utf8_lossy(spelling).into_owned(),
                    around: String::from_utf8_lossy(&bytes[from..to]).into_owned(),
                });
            }
        }
        leaks
    }

    /// Looks through every file below a directory whose name does not begin with one of `except`. Answers how many
    /// bytes that were, too.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn scan_directory(&self, directory: &Path, except: &[&str]) -> io::Result<(Vec<Leak>, usize)> {
        let (mut leaks, mut total) = (Vec::new(), 0);
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if except.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            leaks.extend(self.scan("the name of a file", name.as_bytes()));
            if path.is_dir() {
                let (below, bytes) = self.scan_directory(&path, except)?;
                leaks.extend(below);
                total += bytes;
            } else {
                let bytes = fs::read(&path)?;
                leaks.extend(self.scan(&name, &bytes));
                total += bytes.len();
            }
        }
        Ok((leaks, total))
    }
}

/// Whether a few digits are but a piece of a stored hash: hex digits of exactly its length.
fn is_chance(bytes: &[u8], start: usize, end: usize) -> bool {
    let found = &bytes[start..end];
    if found.len() > CHANCE_DIGITS || !found.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let is_hex = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let before = bytes[..start].iter().rev().take_while(is_hex).count();
    let after = bytes[end..].iter().take_while(is_hex).count();
    HASH_DIGITS.contains(&(before + found.len() + after))
}

/// Some bytes in every form in which they may have been written down.
pub fn forms(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![
        ("raw", bytes.to_vec()),
        ("hex", each(bytes, |out, byte| write!(out, "{byte:02x}"))),
        ("hex, upper case", each(bytes, |out, byte| write!(out, "{byte:02X}"))),
        ("hex, spaced", each(bytes, |out, byte| write!(out, "{byte:02x} "))),
        ("all percent", each(bytes, |out, byte| write!(out, "%{byte:02X}"))),
        ("all percent, lower case", each(bytes, |out, byte| write!(out, "%{byte:02x}"))),
        ("decimal list", each(bytes, |out, byte| write!(out, ", {byte}"))[2..].to_vec()),
        ("decimal list, tight", each(bytes, |out, byte| write!(out, ",{byte}"))[1..].to_vec()),
        ("byte string", bytes.escape_ascii().to_string().into_bytes()),
        ("percent", percent(bytes, "%20", true)),
        ("percent, lower case", percent(bytes, "%20", false)),
        ("form", percent(bytes, "+", true)),
    ];
    // Base64 inside of a longer text begins at one of three places. What mixes with neighbours is left out.
    for shift in 0..3 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(bytes);
        let (start, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
        for (form, text) in
            [("base64", STANDARD_NO_PAD.encode(&shifted)), ("base64url", URL_SAFE_NO_PAD.encode(&shifted))]
        {
            forms.push((form, text.as_bytes()[start..end].to_vec()));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let json = json_escaped(text);
        let units: Vec<u16> = text.encode_utf16().collect();
        let all = |lower: bool| {
            units.iter().fold(String::new(), |mut out, unit| {
                let _ = if lower { write!(out, "\\u{unit:04x}") } else { write!(out, "\\u{unit:04X}") };
                out
            })
        };
        let ascii = text.chars().fold(String::new(), |mut out, char| {
            for unit in char.encode_utf16(&mut [0; 2]).iter().filter(|_| !char.is_ascii()) {
                let _ = write!(out, "\\u{unit:04x}");
            }
            if char.is_ascii() {
                out.push(char);
            }
            out
        });
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        forms.extend([
            ("JSON", json.as_bytes().to_vec()),
            ("JSON, slashes escaped", json.replace('/', "\\/").into_bytes()),
            ("JSON, ASCII only", ascii.into_bytes()),
            ("JSON, all escaped", all(true).into_bytes()),
            ("JSON, all escaped, upper case", all(false).into_bytes()),
            ("UTF-16LE", little),
            ("UTF-16BE", units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ]);
    }
    // A log line is JSON: whatever it holds is escaped once more.
    let escaped: Vec<_> = forms
        .iter()
        .filter_map(|(_, form)| {
            let text = std::str::from_utf8(form).ok()?;
            let escaped = json_escaped(text);
            (escaped != text).then_some((ESCAPED, escaped.into_bytes()))
        })
        .collect();
    forms.extend(escaped);
    forms
}

/// The form of any other form that was written into JSON.
pub const ESCAPED: &str = "escaped once more";

fn json_escaped(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a text is JSON");
    json[1..json.len() - 1].to_owned()
}

fn each(bytes: &[u8], write: impl Fn(&mut String, &u8) -> fmt::Result) -> Vec<u8> {
    let mut out = String::new();
    for byte in bytes {
        let _ = write(&mut out, byte);
    }
    out.trim_end().to_owned().into_bytes()
}

/// Only what an address may not hold is escaped.
fn percent(bytes: &[u8], space: &str, upper: bool) -> Vec<u8> {
    each(bytes, |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            write!(out, "{}", char::from(*byte))
        }
        b' ' => out.write_str(space),
        _ if upper => write!(out, "%{byte:02X}"),
        _ => write!(out, "%{byte:02x}"),
    })
}
