//! What a text that came in means. Only a few words mean anything; whatever else somebody writes is for a person to read.
//!
//! A text may only reduce: confirm what was booked, ask to cancel it, stop what is sent. It never books, moves or agrees to
//! anything new.

use crate::person::fold;

/// What a text that came in means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The visit stands. With a number where two were named.
    Confirm(Option<usize>),
    /// The wish to cancel a visit.
    Cancel(Option<usize>),
    /// No more of what this number sends.
    Stop,
    /// The same by a word that may have meant a visit: CANCEL ends texts by law, and staff look at it.
    StopOrCancel,
    /// Nothing more at all.
    StopAll,
    /// What this phone had stopped is on again.
    Start,
    /// Who writes, and how to end it.
    Help,
    /// The wish to get no more, in other words: for a person.
    AsksToStop,
    /// The phone is not the patient's.
    WrongNumber,
    /// No words: a picture.
    Nothing,
    /// Anything else: for a person.
    Words,
}

/// Words that count when they are all that was written. The first group ends texts by 47 CFR 64.1200(a)(10).
const STOP: [&str; 13] = [
    "stop",
    "quit",
    "end",
    "revoke",
    "opt out",
    "optout",
    "unsubscribe",
    "parar",
    "alto",
    "baja",
    "detener",
    "no mas",
    "fin",
];
const STOP_ALL: [&str; 6] = ["stopall", "stop all", "parar todo", "alto todo", "baja todo", "detener todo"];
const START: [&str; 6] = ["start", "unstop", "inicio", "empezar", "iniciar", "activar"];
const HELP: [&str; 3] = ["help", "info", "ayuda"];
const CONFIRM: [&str; 9] =
    ["c", "confirm", "confirmed", "confirmar", "confirmo", "confirmada", "yes", "y", "si"];
const CANCEL: [&str; 4] = ["x", "cancelar", "cancelo", "cancele"];

/// Words that tell, anywhere in a text, that somebody wants no more.
const ASKS_TO_STOP: [&str; 16] = [
    "stop",
    "unsubscribe",
    "remove me",
    "opt out",
    "no more",
    "leave me alone",
    "quit texting",
    "don t text",
    "do not text",
    "no mas mensajes",
    "deje de",
    "dejen de",
    "no me escriba",
    "no me manden",
    "basta",
    "paren",
];
const WRONG_NUMBER: [&str; 8] = [
    "wrong number",
    "wrong person",
    "not my number",
    "numero equivocado",
    "persona equivocada",
    "equivocado de numero",
    "no soy yo",
    "this is not",
];

/// Reads a text.
pub fn read(text: &str) -> Meaning {
    let words = words(text);
    if words.is_empty() {
        return Meaning::Nothing;
    }
    let is = |list: &[&str]| list.contains(&words.as_str());
    if is(&STOP_ALL) {
        Meaning::StopAll
    } else if is(&STOP) {
        Meaning::Stop
    } else if words == "cancel" {
        Meaning::StopOrCancel
    } else if is(&START) {
        Meaning::Start
    } else if is(&HELP) {
        Meaning::Help
    } else if let Some(meaning) = answer(&words) {
        meaning
    } else if holds(&words, &WRONG_NUMBER) {
        Meaning::WrongNumber
    } else if holds(&words, &ASKS_TO_STOP) {
        Meaning::AsksToStop
    } else {
        Meaning::Words
    }
}

/// `C`, `X`, or one of their words, with a number or without: `C2`, `x 1`.
fn answer(words: &str) -> Option<Meaning> {
    let (word, number) = match words.chars().next_back().filter(char::is_ascii_digit) {
        Some(digit) => (words[..words.len() - 1].trim_end(), digit.to_digit(10)),
        None => (words, None),
    };
    let number = number.map(|n| n as usize);
    if number == Some(0) {
        None
    } else if CONFIRM.contains(&word) {
        Some(Meaning::Confirm(number))
    } else if CANCEL.contains(&word) {
        Some(Meaning::Cancel(number))
    } else {
        None
    }
}

fn holds(words: &str, list: &[&str]) -> bool {
    let padded = format!(" {words} ");
    list.iter().any(|phrase| padded.contains(&format!(" {phrase} ")))
}

/// Letters and digits in lower case without marks, words apart by one space. `¡SÍ!` is `si`.
fn words(text: &str) -> String {
    let plain: String = fold(text).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_few_words_mean_something() {
        for (text, meaning) in [
            ("C", Meaning::Confirm(None)),
            (" c. ", Meaning::Confirm(None)),
            ("Sí", Meaning::Confirm(None)),
            ("YES!", Meaning::Confirm(None)),
            ("C2", Meaning::Confirm(Some(2))),
            ("c 1", Meaning::Confirm(Some(1))),
            ("X", Meaning::Cancel(None)),
            ("x2", Meaning::Cancel(Some(2))),
            ("Cancelar", Meaning::Cancel(None)),
            ("CANCEL", Meaning::StopOrCancel),
            ("STOP", Meaning::Stop),
            ("Stop.", Meaning::Stop),
            ("opt-out", Meaning::Stop),
            ("no más", Meaning::Stop),
            ("STOPALL", Meaning::StopAll),
            ("stop all", Meaning::StopAll),
            ("START", Meaning::Start),
            ("ayuda", Meaning::Help),
            ("please stop texting me", Meaning::AsksToStop),
            ("Don't text me again", Meaning::AsksToStop),
            ("por favor no me escriba", Meaning::AsksToStop),
            ("Sorry, wrong number", Meaning::WrongNumber),
            ("número equivocado", Meaning::WrongNumber),
            ("my eye hurts, can I come today?", Meaning::Words),
            ("C0", Meaning::Words),
            ("can you confirm?", Meaning::Words),
            ("nonstop pain", Meaning::Words),
            ("", Meaning::Nothing),
            (" \u{1f44d} ", Meaning::Nothing),
        ] {
            assert_eq!(read(text), meaning, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_meaning_and_no_text_panics(text in ".{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn a_longer_text_never_confirms_or_cancels(text in "[a-z]{2,8} [a-z]{2,8} [a-z]{2,8}") {
            prop_assert!(!matches!(read(&text), Meaning::Confirm(_) | Meaning::Cancel(_)));
        }
    }
}
