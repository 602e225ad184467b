//! Taking a message back: why, who may, until when.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Seconds in which the sender may undo a message. The notice leaves no earlier than that (`NoticeDelaySeconds`).
pub const UNDO_SECONDS: i64 = 10;
/// Seconds in which the sender may recall a message without an admin.
pub const OWN_SECONDS: i64 = 24 * 3600;
/// Most Unicode scalar values of a note.
pub const NOTE_MAX_SCALARS: usize = 1_000;

/// Why a message is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecallReason {
    /// It was for somebody else.
    WrongPatient,
    /// What it says is wrong.
    Error,
    /// Something else.
    Other,
    /// The sender thought better of it within seconds.
    Undo,
}

impl RecallReason {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongPatient => "wrong_patient",
            Self::Error => "error",
            Self::Other => "other",
            Self::Undo => "undo",
        }
    }

    /// The reason of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::WrongPatient, Self::Error, Self::Other, Self::Undo].into_iter().find(|r| r.as_str() == text)
    }
}

/// What becomes of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeping {
    /// It is sealed again for the auditor: what was disclosed stays provable.
    #[default]
    KeepSealed,
    /// It is destroyed.
    Shred,
}

/// Who asks, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// Why.
    pub reason: RecallReason,
    /// What is to become of the text.
    pub keeping: Keeping,
    /// Whether they may write messages.
    pub may_write: bool,
    /// Whether they may recall anybody's.
    pub may_recall_any: bool,
    /// Whether the practice lets unopened messages be destroyed.
    pub practice_shreds: bool,
}

/// The message, as it stands at the moment of the recall.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether whoever asks has sent it.
    pub own: bool,
    /// Whether the patient's side has opened it.
    pub opened: bool,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// Why a message is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Neither role nor authorship allows it.
    Forbidden,
    /// It was opened, is a colleague's, or is older than a day.
    NeedsAdmin,
    /// Ten seconds are over, or it was opened: a recall still works.
    TooLateToUndo,
    /// It was opened, the practice keeps everything, or nobody but its sender asks.
    NotShredded,
}

impl Asking {
    /// The rule.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn decide(&self, message: &Standing, now: Timestamp) -> Result<(), Refused> {
        let age_ms = now.millis_since(message.sent_at);
        if !self.may_write && !self.may_recall_any {
            return Err(Refused::Forbidden);
        }
        if self.reason == RecallReason::Undo {
            return match (message.own && self.may_write, message.opened || age_ms >= UNDO_SECONDS * 1_000) {
                (false, _) => Err(Refused::Forbidden),
                (true, true) => Err(Refused::TooLateToUndo),
                (true, false) if self.keeping == Keeping::Shred => Err(Refused::NotShredded),
                (true, false) => Ok(()),
            };
        }
        let by_sender = self.may_write && message.own && !message.opened && age_ms < OWN_SECONDS * 1_000;
        if !by_sender && !self.may_recall_any {
            return Err(Refused::NeedsAdmin);
        }
        // Destroying takes a second person beside the sender, and one who answers for the practice.
        let shreds = self.practice_shreds && self.may_recall_any && !message.own && !message.opened;
        if self.keeping == Keeping::Shred && !shreds { Err(Refused::NotShredded) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITER: Asking = Asking {
        reason: RecallReason::WrongPatient,
        keeping: Keeping::KeepSealed,
        may_write: true,
        may_recall_any: false,
        practice_shreds: true,
    };
    const ADMIN: Asking = Asking { may_write: false, may_recall_any: true, ..WRITER };
    const BOTH: Asking = Asking { may_write: true, ..ADMIN };
    const NEITHER: Asking = Asking { may_write: false, ..WRITER };

    /// Own, opened, age in milliseconds, and what comes of it.
    type Row = (bool, bool, i64, Result<(), Refused>);

    fn check(asking: Asking, rows: &[Row]) {
        let sent_at = Timestamp::from_millis(1_790_000_000_000);
        for (own, opened, age, wanted) in rows.iter().copied() {
            let now = Timestamp::from_millis(sent_at.as_millis() + age);
            let standing = Standing { own, opened, sent_at };
            assert_eq!(asking.decide(&standing, now), wanted, "{asking:?} {standing:?} after {age} ms");
        }
    }

    const DAY_MS: i64 = OWN_SECONDS * 1_000;

    #[test]
    fn the_sender_takes_back_what_nobody_opened_and_an_admin_the_rest() {
        check(
            WRITER,
            &[
                (true, false, 0, Ok(())),
                (true, false, DAY_MS - 1, Ok(())),
                (true, false, DAY_MS, Err(Refused::NeedsAdmin)),
                (true, true, 0, Err(Refused::NeedsAdmin)),
                (false, false, 0, Err(Refused::NeedsAdmin)),
                (false, true, DAY_MS, Err(Refused::NeedsAdmin)),
            ],
        );
        for admin in [ADMIN, BOTH] {
            for own in [false, true] {
                for opened in [false, true] {
                    check(admin, &[(own, opened, 0, Ok(())), (own, opened, DAY_MS * 400, Ok(()))]);
                }
            }
        }
        check(
            NEITHER,
            &[(true, false, 0, Err(Refused::Forbidden)), (false, true, 0, Err(Refused::Forbidden))],
        );
    }

    #[test]
    fn undo_is_the_senders_for_ten_seconds_and_only_unopened() {
        for who in [WRITER, BOTH] {
            let undo = Asking { reason: RecallReason::Undo, ..who };
            check(
                undo,
                &[
                    (true, false, 0, Ok(())),
                    (true, false, 9_999, Ok(())),
                    (true, false, 10_000, Err(Refused::TooLateToUndo)),
                    (true, true, 1, Err(Refused::TooLateToUndo)),
                    (false, false, 1, Err(Refused::Forbidden)),
                ],
            );
            check(Asking { keeping: Keeping::Shred, ..undo }, &[(true, false, 0, Err(Refused::NotShredded))]);
        }
    }

    #[test]
    fn shredding_takes_a_second_person_and_the_practices_word() {
        let shred = |asking| Asking { keeping: Keeping::Shred, ..asking };
        for admin in [ADMIN, BOTH] {
            check(
                shred(admin),
                &[
                    (false, false, 0, Ok(())),
                    (true, false, 0, Err(Refused::NotShredded)),
                    (false, true, 0, Err(Refused::NotShredded)),
                ],
            );
            let kept = Asking { practice_shreds: false, ..shred(admin) };
            check(kept, &[(false, false, 0, Err(Refused::NotShredded))]);
        }
        check(
            shred(WRITER),
            &[(true, false, 0, Err(Refused::NotShredded)), (false, false, 0, Err(Refused::NeedsAdmin))],
        );
    }

    #[test]
    fn reasons_keep_their_names() {
        for reason in
            [RecallReason::WrongPatient, RecallReason::Error, RecallReason::Other, RecallReason::Undo]
        {
            assert_eq!(RecallReason::from_stored(reason.as_str()), Some(reason));
        }
    }
}
