//! Looks for plain text where none may be: in every file of a data directory, in the forms that a leak takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter texts are found by chance.
const SHORTEST_BYTES: usize = 6;

/// A text that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Find {
    /// The file.
    pub file: PathBuf,
    /// Which of the texts, by its place in the list.
    pub text: usize,
    /// `raw`, `hex`, `base64`, `percent` or `json`.
    pub form: &'static str,
    /// Position in the file.
    pub at: usize,
}

/// Texts, ready to be looked for.
pub struct Canary {
    automaton: AhoCorasick,
    patterns: Vec<(usize, &'static str)>,
}

impl Canary {
    /// Prepares these texts in every form. Texts of less than six bytes are left out.
    ///
    /// # Errors
    /// Where they are too many or too long to be looked for at once.
    pub fn new<T: AsRef<str>>(texts: &[T]) -> io::Result<Self> {
        let mut patterns = BTreeMap::new();
        for (place, text) in texts.iter().enumerate() {
            let text = text.as_ref();
            if text.len() >= SHORTEST_BYTES {
                for (form, pattern) in forms(text) {
                    patterns.entry(pattern).or_insert((place, form));
                }
            }
        }
        let automaton = AhoCorasick::new(patterns.keys()).map_err(io::Error::other)?;
        Ok(Self { automaton, patterns: patterns.into_values().collect() })
    }

    /// Looks through bytes.
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<(usize, &'static str, usize)> {
        let found = self.automaton.find_overlapping_iter(bytes);
        found
            .map(|found| {
                let (place, form) = self.patterns[found.pattern().as_usize()];
                (place, form, found.start())
            })
            .collect()
    }

    /// Looks through every file below a directory but those whose names start with one of `except`.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn in_directory(&self, directory: &Path, except: &[&str]) -> io::Result<Vec<Find>> {
        let mut finds = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if except.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            if path.is_dir() {
                finds.extend(self.in_directory(&path, except)?);
                continue;
            }
            let found = self.in_bytes(&fs::read(&path)?);
            finds.extend(found.into_iter().map(|(text, form, at)| Find {
                file: path.clone(),
                text,
                form,
                at,
            }));
        }
        finds.sort();
        Ok(finds)
    }
}

/// A text in the forms in which it may lie in a file or a log.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let mut forms = vec![("raw", bytes.to_vec())];
    let hex: String = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    forms.push(("hex", hex.to_uppercase().into_bytes()));
    forms.push(("hex", hex.into_bytes()));
    let percent: String = form_urlencoded::byte_serialize(bytes).collect();
    forms.push(("percent", percent.replace('+', "%20").into_bytes()));
    forms.push(("percent", percent.into_bytes()));
    let json = serde_json::to_string(text).unwrap_or_default();
    forms.push(("json", json.trim_matches('"').as_bytes().to_vec()));
    let ascii = text.chars().fold(String::new(), |mut ascii, char| {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
        ascii
    });
    forms.push(("json", ascii.into_bytes()));
    // Inside of a longer text, base64 starts at any of three places; the characters at the edges mix with neighbours.
    for shift in 0..3 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(bytes);
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            let start = (shift * 8).div_ceil(6);
            let end = shifted.len() * 8 / 6;
            forms.push(("base64", encoded.as_bytes()[start..end].to_vec()));
        }
    }
    forms.retain(|(_, pattern)| pattern.len() >= SHORTEST_BYTES);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn planted_leaks_are_found_in_every_form() {
        let text = "Su receta está lista / \"hoy\"";
        let canary = Canary::new(&[text, "short"]).unwrap();
        let leaks: Vec<Vec<u8>> = vec![
            format!("…{text}…").into_bytes(),
            STANDARD.encode(format!("{{\"a\":\"{text}\"}}")).into_bytes(),
            STANDARD.encode(format!("x{{\"a\":\"{text}\"}}")).into_bytes(),
            URL_SAFE_NO_PAD.encode(format!("xy{{\"a\":\"{text}\"}}")).into_bytes(),
            text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
            form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().into_bytes(),
            serde_json::to_vec(&serde_json::json!({ "b": text })).unwrap(),
        ];
        for leak in leaks {
            assert!(!canary.in_bytes(&leak).is_empty(), "{}", String::from_utf8_lossy(&leak));
        }
        assert!(canary.in_bytes("Su receta no está lista".as_bytes()).is_empty());
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("items"), text).unwrap();
        fs::write(directory.path().join("outbox.sqlite3-wal"), text).unwrap();
        let finds = canary.in_directory(directory.path(), &["outbox."]).unwrap();
        assert!(finds.iter().all(|find| find.file.ends_with("items")) && !finds.is_empty());
    }
}
