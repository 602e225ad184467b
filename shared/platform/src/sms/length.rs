//! How long a text message is, in the units that networks count and charge.

/// The basic table of GSM 03.38 (3GPP TS 23.038, 6.2.1) without its escape: one unit each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension table (6.2.1.1): an escape and a character, two units each.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How the characters of a message are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Seven bits each: 160 units alone, 153 in each of several parts.
    Gsm7,
    /// UTF-16, because at least one character is not in the GSM table: 70 units alone, 67 in each of several parts.
    Ucs2,
}

/// Alphabet, units and parts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// How it is packed.
    pub alphabet: Alphabet,
    /// Units of that alphabet.
    pub units: usize,
    /// Messages that it is sent and paid as.
    pub parts: usize,
}

impl Length {
    /// Counts a text. Characters of two units are never split between parts.
    pub fn of(text: &str) -> Self {
        match text.chars().map(gsm_units).collect::<Option<Vec<_>>>() {
            Some(widths) => Self::packed(Alphabet::Gsm7, 160, 153, &widths),
            None => {
                let widths: Vec<_> = text.chars().map(char::len_utf16).collect();
                Self::packed(Alphabet::Ucs2, 70, 67, &widths)
            }
        }
    }

    fn packed(alphabet: Alphabet, alone: usize, each: usize, widths: &[usize]) -> Self {
        let units = widths.iter().sum();
        if units <= alone {
            return Self { alphabet, units, parts: 1 };
        }
        let (mut parts, mut used) = (1, 0);
        for width in widths {
            if used + width > each {
                (parts, used) = (parts + 1, 0);
            }
            used += width;
        }
        Self { alphabet, units, parts }
    }
}

fn gsm_units(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> (Alphabet, usize, usize) {
        let length = Length::of(text);
        (length.alphabet, length.units, length.parts)
    }

    #[test]
    fn the_table_is_complete() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENDED.chars().count(), 10);
        assert!(BASIC.chars().all(|c| !EXTENDED.contains(c)));
    }

    #[test]
    fn parts_end_where_networks_end_them() {
        use Alphabet::{Gsm7, Ucs2};
        assert_eq!(length(""), (Gsm7, 0, 1));
        assert_eq!(length(&"a".repeat(160)), (Gsm7, 160, 1));
        assert_eq!(length(&"a".repeat(161)), (Gsm7, 161, 2));
        assert_eq!(length(&"a".repeat(306)), (Gsm7, 306, 2));
        assert_eq!(length(&"a".repeat(307)), (Gsm7, 307, 3));
        assert_eq!(length(&"€".repeat(80)), (Gsm7, 160, 1));
        assert_eq!(length(&"€".repeat(153)), (Gsm7, 306, 3));
        assert_eq!(length("¿Señor? ¡Ábralo!").0, Ucs2);
        assert_eq!(length("¿Señor? é ¡"), (Gsm7, 11, 1));
        assert_eq!(length(&"ó".repeat(70)), (Ucs2, 70, 1));
        assert_eq!(length(&"ó".repeat(134)), (Ucs2, 134, 2));
        assert_eq!(length(&"ó".repeat(135)), (Ucs2, 135, 3));
        assert_eq!(length(&"😀".repeat(35)), (Ucs2, 70, 1));
        assert_eq!(length(&"😀".repeat(67)), (Ucs2, 134, 3));
    }
}
