//! How long a session lives, by who holds it.

pub use crate::limits::FRESH_SECONDS;
use crate::{
    limits::{PATIENT_IDLE_SECONDS, REMEMBERED_IDLE_SECONDS, SESSION_SECONDS, STAFF_IDLE_SECONDS},
    time::Timestamp,
};

/// Who holds a session, as far as its life depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A patient in a browser that they asked to be remembered.
    PatientRemembered,
    /// A patient in any other browser: it may be a library's.
    Patient,
    /// A member of staff.
    Staff,
}

/// The limits of one kind of session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Seconds without input until it ends.
    pub idle_seconds: i64,
    /// Seconds until it ends in any case.
    pub absolute_seconds: i64,
    /// Whether the cookie outlives the browser's own session.
    pub persistent_cookie: bool,
}

/// Input extends a session at most this often: one write a minute, not one a click.
pub const REFRESH_SECONDS: i64 = 60;

impl SessionKind {
    /// The limits (OWASP ASVS 5.0, 7.3; 45 CFR 164.312(a)(2)(iii) automatic logoff).
    pub const fn policy(self) -> SessionPolicy {
        let (idle_seconds, persistent_cookie) = match self {
            Self::PatientRemembered => (REMEMBERED_IDLE_SECONDS, true),
            Self::Patient => (PATIENT_IDLE_SECONDS, false),
            Self::Staff => (STAFF_IDLE_SECONDS, false),
        };
        SessionPolicy { idle_seconds, absolute_seconds: SESSION_SECONDS, persistent_cookie }
    }

    /// The name in items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PatientRemembered => "patient_remembered",
            Self::Patient => "patient",
            Self::Staff => "staff",
        }
    }

    /// The kind of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::PatientRemembered, Self::Patient, Self::Staff].into_iter().find(|k| k.as_str() == text)
    }
}

/// When a session began and was last used by a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    /// Sign-in.
    pub created_at: Timestamp,
    /// Last input.
    pub active_at: Timestamp,
}

/// What a session opens at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// What its holder may see.
    Live,
    /// Nothing until its holder shows who they are.
    Locked,
    /// Nothing any more.
    Over,
}

impl SessionTimes {
    /// The end that no input moves.
    pub fn expires_at(self, kind: SessionKind) -> Timestamp {
        self.created_at.plus_seconds(kind.policy().absolute_seconds)
    }

    /// The end if nobody touches it, never after [`Self::expires_at`].
    pub fn idle_expires_at(self, kind: SessionKind) -> Timestamp {
        self.active_at.plus_seconds(kind.policy().idle_seconds).min(self.expires_at(kind))
    }

    /// What it opens at `now`. Nobody at the desk for a while locks the screen of staff and keeps what is on it; the
    /// session of a patient ends.
    pub fn life(self, kind: SessionKind, now: Timestamp) -> Life {
        match kind {
            _ if self.is_live(kind, now) => Life::Live,
            SessionKind::Staff if now < self.expires_at(kind) => Life::Locked,
            _ => Life::Over,
        }
    }

    /// Whether it still opens anything. The stored item may outlive this: TTL is only cleaning up.
    pub fn is_live(self, kind: SessionKind, now: Timestamp) -> bool {
        now < self.idle_expires_at(kind)
    }

    /// Whether input at `now` is worth a write.
    pub fn wants_refresh(self, now: Timestamp) -> bool {
        now.millis_since(self.active_at) >= REFRESH_SECONDS * 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_idleness_and_by_age() {
        let start = Timestamp::from_millis(0);
        let fresh = SessionTimes { created_at: start, active_at: start };
        assert!(fresh.is_live(SessionKind::Patient, start.plus_seconds(599)));
        assert!(!fresh.is_live(SessionKind::Patient, start.plus_seconds(600)));
        assert_eq!(fresh.life(SessionKind::Patient, start.plus_seconds(600)), Life::Over);
        assert_eq!(fresh.life(SessionKind::Staff, start.plus_seconds(900)), Life::Locked);
        assert_eq!(fresh.life(SessionKind::Staff, start.plus_seconds(12 * 3600)), Life::Over);
        let used = SessionTimes { created_at: start, active_at: start.plus_seconds(12 * 3600 - 10) };
        assert_eq!(used.idle_expires_at(SessionKind::Staff), start.plus_seconds(12 * 3600));
        assert!(!used.wants_refresh(start.plus_seconds(12 * 3600 + 49)));
        assert!(used.wants_refresh(start.plus_seconds(12 * 3600 + 50)));
    }
}
