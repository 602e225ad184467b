//! Words that may mean an emergency. They judge nothing and stop nothing: staff are told to look at once.

use crate::{message::MessageText, person::fold};

/// One to a line, folded; the pages look for the same.
const WORDS: &str = include_str!("../../locales/red-flags.txt");

/// Whether a text holds words that may mean an emergency, in any language of the list.
pub fn may_be_urgent(text: &MessageText) -> bool {
    let folded = fold(text.expose());
    let mut padded = String::with_capacity(folded.len() + 1);
    padded.push(' ');
    for c in folded.chars() {
        match c {
            '\u{2019}' | '\u{2bc}' | '`' | '\'' => padded.push('\''),
            c if c.is_ascii_alphanumeric() => padded.push(c),
            _ if padded.ends_with(' ') => {}
            _ => padded.push(' '),
        }
    }
    words().any(|word| padded.match_indices(word).any(|(at, _)| padded[..at].ends_with(' ')))
}

fn words() -> impl Iterator<Item = &'static str> {
    WORDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urgent(text: &str) -> bool {
        may_be_urgent(&MessageText::parse(text).unwrap())
    }

    #[test]
    fn words_of_an_emergency_are_found_however_they_are_spelled() {
        for text in [
            "I have CHEST PAIN since this morning",
            "I can\u{2019}t breathe",
            "i cant   breathe",
            "Is this a stroke?",
            "Suicidal thoughts again",
            "Desde ayer tengo dolor en el pecho.",
            "Mi hijo se desmay\u{f3}",
            "No puedo\nrespirar bien",
            "Perd\u{ed} la vista del ojo derecho",
        ] {
            assert!(urgent(text), "{text}");
        }
        for text in [
            "When is my appointment?",
            "My prescription for the chest cream ran out",
            "Keystroke logs? Sorry, wrong window.",
            "Respirar el polen me da alergia",
            "\u{0627}\u{0644}\u{0633}\u{0644}\u{0627}\u{0645}",
        ] {
            assert!(!urgent(text), "{text}");
        }
    }

    #[test]
    fn every_word_of_the_list_is_folded_and_finds_itself() {
        assert!(words().count() > 40);
        for word in words() {
            assert_eq!(fold(word), word);
            assert!(word.chars().all(|c| c.is_ascii_lowercase() || c == ' ' || c == '\''), "{word}");
            assert!(urgent(&format!("So: {}!", word.to_uppercase())), "{word}");
        }
    }
}
