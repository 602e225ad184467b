//! Which browser a sign-in began in, in words that its owner recognises.
//!
//! A sign-in message names the browser, so that somebody who is talked into reading out a code sees that it is for
//! another one. A `User-Agent` header is free text from a stranger and must not reach a mail; only these closed
//! names do.

use std::fmt;

/// A browser program that people know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Google Chrome and unbranded Chromium.
    Chrome,
    /// Microsoft Edge.
    Edge,
    /// Mozilla Firefox.
    Firefox,
    /// Opera.
    Opera,
    /// Apple Safari.
    Safari,
    /// Samsung Internet.
    SamsungInternet,
}

/// A kind of computer or phone that people know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// An Android phone or tablet.
    Android,
    /// A Chromebook.
    Chromebook,
    /// An iPad that says so.
    IPad,
    /// An iPhone.
    IPhone,
    /// Any other Linux.
    Linux,
    /// A Mac, or an iPad whose Safari says that it is one: it does by default.
    MacOrIPad,
    /// Windows.
    Windows,
}

/// Program and system of a browser, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Browser {
    /// The program.
    pub program: Option<Program>,
    /// What it runs on.
    pub system: Option<System>,
}

impl Program {
    const ALL: [Self; 6] =
        [Self::Chrome, Self::Edge, Self::Firefox, Self::Opera, Self::Safari, Self::SamsungInternet];

    /// The product name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Opera => "Opera",
            Self::Safari => "Safari",
            Self::SamsungInternet => "Samsung Internet",
        }
    }
}

impl System {
    const ALL: [Self; 7] = [
        Self::Android,
        Self::Chromebook,
        Self::IPad,
        Self::IPhone,
        Self::Linux,
        Self::MacOrIPad,
        Self::Windows,
    ];

    /// The product name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "Android",
            Self::Chromebook => "Chromebook",
            Self::IPad => "iPad",
            Self::IPhone => "iPhone",
            Self::Linux => "Linux",
            Self::MacOrIPad => "Mac/iPad",
            Self::Windows => "Windows",
        }
    }
}

impl Browser {
    /// Guesses from a `User-Agent` header. Unknown parts stay `None`; there is no failure.
    pub fn from_user_agent(header: &str) -> Self {
        let has = |mark: &str| header.contains(mark);
        // The order matters: everybody claims to be Safari, and most claim to be Chrome.
        let program = if has("Edg/") || has("EdgA/") || has("EdgiOS/") {
            Some(Program::Edge)
        } else if has("OPR/") || has("OPT/") {
            Some(Program::Opera)
        } else if has("SamsungBrowser/") {
            Some(Program::SamsungInternet)
        } else if has("Firefox/") || has("FxiOS/") {
            Some(Program::Firefox)
        } else if has("Chrome/") || has("CriOS/") {
            Some(Program::Chrome)
        } else if has("Safari/") && has("Version/") {
            Some(Program::Safari)
        } else {
            None
        };
        let only_on_ios = has("CriOS/") || has("FxiOS/") || has("EdgiOS/");
        let system = if has("iPhone") {
            Some(System::IPhone)
        } else if has("iPad") || (only_on_ios && has("Macintosh")) {
            Some(System::IPad)
        } else if has("Android") {
            Some(System::Android)
        } else if has("CrOS") {
            Some(System::Chromebook)
        } else if has("Windows") {
            Some(System::Windows)
        } else if has("Macintosh") {
            Some(System::MacOrIPad)
        } else if has("Linux") {
            Some(System::Linux)
        } else {
            None
        };
        Self { program, system }
    }

    /// Reads what [`Display`](fmt::Display) wrote into an item; unknown names become `None`.
    pub fn from_stored(text: &str) -> Self {
        let (program, system) = text.split_once(" on ").unwrap_or_default();
        Self {
            program: Program::ALL.into_iter().find(|known| known.as_str() == program),
            system: System::ALL.into_iter().find(|known| known.as_str() == system),
        }
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.map_or("?", Program::as_str);
        let system = self.system.map_or("?", System::as_str);
        write!(f, "{program} on {system}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_named() {
        for (header, name) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
                "Safari on Mac/iPad",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/124 Version/11.1.1 Safari/605.1.15",
                "Chrome on iPad",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
                "Chrome on Chromebook",
            ),
            ("curl/8.5.0", "? on ?"),
            ("", "? on ?"),
        ] {
            let browser = Browser::from_user_agent(header);
            assert_eq!(browser.to_string(), name);
            assert_eq!(Browser::from_stored(name), browser);
        }
    }

    #[test]
    fn a_header_is_never_quoted() {
        let browser = Browser::from_user_agent("Call +1 900 555 0100 now\r\nBcc: x@y.test Firefox/1");
        assert_eq!(browser.to_string(), "Firefox on ?");
        assert_eq!(Browser::from_stored("Call me on +1 900"), Browser::default());
    }
}
