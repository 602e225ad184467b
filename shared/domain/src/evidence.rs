//! Opening what was kept of a recalled message: why, with whose word, for how long.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, id::StaffId, message::MessageText, time::Timestamp};

/// Least Unicode scalar values of a reason, without the space around it.
pub const REASON_MIN_SCALARS: usize = 10;
/// Most Unicode scalar values of a reason.
pub const REASON_MAX_SCALARS: usize = 500;
/// Seconds that a request waits for somebody's word.
pub const WAITING_SECONDS: i64 = 7 * 86_400;
/// Seconds that a request waits where nobody else could give it: everybody of the staff is told meanwhile.
pub const ALONE_SECONDS: i64 = 72 * 3600;
/// Seconds in which it may be opened after that.
pub const OPEN_SECONDS: i64 = 24 * 3600;

/// Why somebody wants to see something, in their own words. It may name people, so it is sealed wherever it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(MessageText);

impl Reason {
    /// Ten to 500 scalar values, with what texts may hold.
    ///
    /// # Errors
    /// `too_short`, or as for a text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.chars().count() > REASON_MAX_SCALARS {
            return Err(Invalid::new("too_long"));
        }
        if text.chars().count() < REASON_MIN_SCALARS {
            return Err(Invalid::new("too_short"));
        }
        MessageText::parse(text).map(Self)
    }

    /// The words, for sealing and for their readers.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reason(..)")
    }
}

/// What a second person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It may be opened.
    Approved,
    /// It may not.
    Declined,
}

impl Word {
    /// The name in items and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
        }
    }

    /// The word of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Approved, Self::Declined].into_iter().find(|word| word.as_str() == text)
    }
}

/// Who said what when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub word: Word,
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// A request to open what was kept of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asked, and alone opens it.
    pub asked_by: StaffId,
    /// When.
    pub asked_at: Timestamp,
    /// Whether nobody else could decide when it was made.
    pub alone: bool,
    /// What a second person has said.
    pub decision: Option<Decision>,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for somebody's word or for its time.
    Waiting,
    /// It opens, until then.
    Open(Timestamp),
    /// A second person has said no.
    Declined,
    /// Its time is over.
    Over,
}

impl Standing {
    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open(_) => "open",
            Self::Declined => "declined",
            Self::Over => "over",
        }
    }

    /// Whether a new request may take its place.
    pub const fn is_past(self) -> bool {
        matches!(self, Self::Declined | Self::Over)
    }
}

impl Request {
    /// When it opens by itself, if nobody else could decide.
    pub fn opens_at(&self) -> Option<Timestamp> {
        (self.alone && self.decision.is_none()).then(|| self.asked_at.plus_seconds(ALONE_SECONDS))
    }

    /// How it stands at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let from = match (self.decision, self.opens_at()) {
            (Some(Decision { word: Word::Declined, .. }), _) => return Standing::Declined,
            (Some(decision), _) => decision.at,
            (None, Some(at)) if now < at => return Standing::Waiting,
            (None, Some(at)) => at,
            (None, None) if now < self.asked_at.plus_seconds(WAITING_SECONDS) => return Standing::Waiting,
            (None, None) => return Standing::Over,
        };
        let until = from.plus_seconds(OPEN_SECONDS);
        if now < until { Standing::Open(until) } else { Standing::Over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn request(alone: bool, word: Option<(Word, i64)>) -> Request {
        let by = StaffId::new(AT, [1; 10]);
        let decision = word.map(|(word, after)| Decision { word, by, at: AT.plus_seconds(after) });
        Request { asked_by: StaffId::new(AT, [2; 10]), asked_at: AT, alone, decision }
    }

    #[test]
    fn a_request_opens_by_a_second_word_or_by_waiting_alone_and_closes_again() {
        let open = |from: i64| Standing::Open(AT.plus_seconds(from + OPEN_SECONDS));
        let approved = Some((Word::Approved, 60));
        let declined = Some((Word::Declined, 60));
        for (alone, word, after, wanted) in [
            (false, None, 0, Standing::Waiting),
            (false, None, WAITING_SECONDS - 1, Standing::Waiting),
            (false, None, WAITING_SECONDS, Standing::Over),
            (false, None, ALONE_SECONDS, Standing::Waiting),
            (true, None, ALONE_SECONDS - 1, Standing::Waiting),
            (true, None, ALONE_SECONDS, open(ALONE_SECONDS)),
            (true, None, ALONE_SECONDS + OPEN_SECONDS, Standing::Over),
            (true, declined, ALONE_SECONDS, Standing::Declined),
            (false, declined, 61, Standing::Declined),
            (false, approved, 61, open(60)),
            (true, approved, 61, open(60)),
            (true, approved, 59 + OPEN_SECONDS, open(60)),
            (false, approved, 60 + OPEN_SECONDS, Standing::Over),
            (true, approved, ALONE_SECONDS, Standing::Over),
        ] {
            let standing = request(alone, word).standing(AT.plus_seconds(after));
            assert_eq!(standing, wanted, "{alone} {word:?} after {after} s");
            assert_eq!(standing.is_past(), matches!(wanted, Standing::Declined | Standing::Over));
        }
    }

    #[test]
    fn a_reason_is_words_and_is_not_printed() {
        for (text, code) in [
            ("", "too_short"),
            ("because   ", "too_short"),
            ("\n\n\n\n\n\n\n\n\n\n\n", "too_short"),
            ("a reason \u{0} of ours", "control_character"),
            ("x".repeat(501).as_str(), "too_long"),
        ] {
            assert_eq!(Reason::parse(text).map(drop), Err(Invalid::new(code)), "{text:?}");
        }
        let reason = Reason::parse("  Mrs. Lopez complained.  ").unwrap();
        assert_eq!(
            (reason.expose(), format!("{reason:?}").as_str()),
            ("Mrs. Lopez complained.", "Reason(..)")
        );
    }
}
