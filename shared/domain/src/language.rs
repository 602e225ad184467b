//! Which language a person reads.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A language tag: the subset of [BCP 47] that a person's reading language needs, `language[-Script][-REGION]`,
/// in its canonical spelling (`es`, `pt-BR`, `zh-Hant`, `es-419`). At most [`Language::MAX_LEN`] ASCII characters.
///
/// [BCP 47]: https://www.rfc-editor.org/rfc/rfc5646#section-2.1
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

/// Which way a line of text runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

impl Language {
    /// The longest tag: `xxx-Xxxx-000`.
    pub const MAX_LEN: usize = 12;

    /// Reads a tag in any case and keeps its canonical spelling.
    ///
    /// # Errors
    /// `invalid_language` for anything but `language[-Script][-REGION]`: extended languages, variants, extensions,
    /// private use and underscores are refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WRONG: Invalid = Invalid::new("invalid_language");
        if text.len() > Self::MAX_LEN {
            return Err(WRONG);
        }
        let mut parts = text.split('-');
        let language = parts.next().unwrap_or_default();
        if !matches!(language.len(), 2 | 3) || !all_letters(language) {
            return Err(WRONG);
        }
        let mut tag = language.to_ascii_lowercase();
        let mut next = parts.next();
        if let Some(script) = next.filter(|part| part.len() == 4 && all_letters(part)) {
            tag.push('-');
            tag.push_str(&script[..1].to_ascii_uppercase());
            tag.push_str(&script[1..].to_ascii_lowercase());
            next = parts.next();
        }
        if let Some(region) = next {
            let letters = region.len() == 2 && all_letters(region);
            let digits = region.len() == 3 && region.bytes().all(|byte| byte.is_ascii_digit());
            if !letters && !digits {
                return Err(WRONG);
            }
            tag.push('-');
            tag.push_str(&region.to_ascii_uppercase());
        }
        if parts.next().is_some() {
            return Err(WRONG);
        }
        Ok(Self(tag))
    }

    /// English, the language everything falls back to.
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// The canonical tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone: `pt` of `pt-BR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// This tag and its ever shorter forms, the most exact first: `zh-Hant-TW`, `zh-Hant`, `zh`.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.as_str()), |tag| tag.rfind('-').map(|end| &tag[..end]))
    }

    /// Which way its script runs. A script subtag decides (`az-Arab`), else the language's usual script.
    pub fn direction(&self) -> Direction {
        let script = self.0.split('-').nth(1).filter(|part| part.len() == 4);
        let rtl = match script {
            Some(script) => matches!(script, "Adlm" | "Arab" | "Hebr" | "Nkoo" | "Rohg" | "Syrc" | "Thaa"),
            None => matches!(
                self.primary(),
                "ar" | "arc" | "ckb" | "dv" | "fa" | "he" | "nqo" | "prs" | "ps" | "sd" | "ug" | "ur" | "yi"
            ),
        };
        if rtl { Direction::Rtl } else { Direction::Ltr }
    }
}

impl Direction {
    /// The value of HTML's `dir` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Language {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

fn all_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_get_their_canonical_spelling() {
        for (given, kept) in [
            ("es", "es"),
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("ZH-HANT-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("hat", "hat"),
        ] {
            assert_eq!(Language::parse(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "e",
            "engl",
            "en_US",
            "en-",
            "-en",
            "en-US-",
            "en-US-x",
            "x-klingon",
            "en-12",
            "en-Latn-Latn",
            "es ",
            " es",
            "e1",
            "ñu",
            "en\r\nBcc",
            "en-u-ca-buddhist",
            "zh-cmn-Hans-CN",
            "sl-rozaj",
        ] {
            assert_eq!(Language::parse(bad), Err(Invalid::new("invalid_language")), "{bad:?}");
        }
    }

    #[test]
    fn the_chain_gets_shorter() {
        let language = Language::parse("zh-Hant-TW").unwrap();
        assert_eq!(language.chain().collect::<Vec<_>>(), ["zh-Hant-TW", "zh-Hant", "zh"]);
        assert_eq!(language.primary(), "zh");
    }

    #[test]
    fn scripts_decide_the_direction() {
        for (tag, direction) in [
            ("en", Direction::Ltr),
            ("ar", Direction::Rtl),
            ("fa-AF", Direction::Rtl),
            ("ar-Latn", Direction::Ltr),
            ("az-Arab", Direction::Rtl),
            ("vi", Direction::Ltr),
        ] {
            assert_eq!(Language::parse(tag).unwrap().direction(), direction, "{tag}");
        }
    }

    #[test]
    fn json_is_parsed_not_trusted() {
        assert_eq!(serde_json::from_str::<Language>("\"ES-mx\"").unwrap().as_str(), "es-MX");
        assert!(serde_json::from_str::<Language>("\"nope nope\"").is_err());
    }
}
