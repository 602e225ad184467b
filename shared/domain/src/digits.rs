//! Digits as phones type them: each script has its own ten, and people put spaces and dashes between.

/// The zero of each script that is read; its other digits follow it.
pub(crate) const ZEROS: [char; 5] = [
    '0',       // Arabic-Indic
    '\u{660}', // Extended Arabic-Indic: Persian, Urdu
    '\u{6f0}', // Devanagari
    '\u{966}', // Full width: Chinese and Japanese keyboards
    '\u{ff10}',
];

/// What keyboards offer for a hyphen.
pub(crate) const DASHES: [char; 9] =
    ['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}', '\u{fe63}', '\u{ff0d}'];

/// A digit of any of these scripts as an ASCII digit, any dash as a hyphen, and everything else as it is.
pub(crate) fn plain(c: char) -> char {
    if DASHES.contains(&c) {
        return '-';
    }
    ZEROS
        .iter()
        .find_map(|zero| {
            let value = u32::from(c).checked_sub(u32::from(*zero))?;
            char::from_digit(value, 10)
        })
        .unwrap_or(c)
}

/// Whether a character is only there to hold others apart, or invisible: phones add marks of direction to a number
/// that is copied out of a right-to-left text.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

#[cfg(test)]
pub(crate) fn typed(text: &str, script: usize, dash: char) -> String {
    text.chars()
        .map(|c| match c {
            '-' => dash,
            _ => c.to_digit(10).map_or(c, |digit| {
                char::from_u32(u32::from(ZEROS[script]) + digit).expect("a digit of the script")
            }),
        })
        .collect()
}
