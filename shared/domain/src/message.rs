//! What a message holds.

use std::fmt;

use crate::Invalid;

/// Most Unicode scalar values of one text.
pub const TEXT_MAX_SCALARS: usize = 10_000;
/// Most bytes of one text in UTF-8.
pub const TEXT_MAX_BYTES: usize = 40_000;

/// The free text of a message. PHI: it can be neither printed nor serialized by accident, and there is no way
/// from it to an SMS or an e-mail.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    /// A text with at least one visible character, line ends as `\n`, no other control characters but tab.
    ///
    /// # Errors
    /// `empty`, `too_long` or `control_character`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > TEXT_MAX_BYTES || text.chars().count() > TEXT_MAX_SCALARS {
            return Err(Invalid::new("too_long"));
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if text.trim().is_empty() {
            return Err(Invalid::new("empty"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(Invalid::new("control_character"));
        }
        Ok(Self(text))
    }

    /// The text, for sealing and for its readers.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageText(..)")
    }
}

/// The kind of a message, readable at rest because rules depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Free text.
    Text,
    /// Free text that stands for an earlier message.
    Correction,
    /// That an earlier message was taken back. It has no text.
    Recall,
}

impl MessageKind {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Correction => "correction",
            Self::Recall => "recall",
        }
    }

    /// The kind of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Text, Self::Correction, Self::Recall].into_iter().find(|k| k.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_limits() {
        assert_eq!(MessageText::parse("a\r\nb\rc").map(|t| t.expose().to_owned()), Ok("a\nb\nc".to_owned()));
        assert_eq!(MessageText::parse(" \n\t "), Err(Invalid::new("empty")));
        assert_eq!(MessageText::parse("a\u{0}b"), Err(Invalid::new("control_character")));
        assert!(MessageText::parse(&"ñ".repeat(TEXT_MAX_SCALARS)).is_ok());
        assert_eq!(MessageText::parse(&"a".repeat(TEXT_MAX_SCALARS + 1)), Err(Invalid::new("too_long")));
        assert_eq!(
            MessageText::parse(&"a\u{1F600}".repeat(TEXT_MAX_BYTES / 4)),
            Err(Invalid::new("too_long"))
        );
    }
}
