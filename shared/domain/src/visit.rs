//! Visits: when a patient is expected.

use serde::{Deserialize, Serialize};

use crate::{Invalid, person::is_direction_control};

/// How a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// It was booked.
    Scheduled,
    /// The patient has said that they will come.
    Confirmed,
    /// The patient has asked to cancel it. Until staff press, it stands.
    CancelRequested,
    /// Staff have cancelled it.
    Cancelled,
}

/// Every state.
pub const VISIT_STATES: [VisitState; 4] =
    [VisitState::Scheduled, VisitState::Confirmed, VisitState::CancelRequested, VisitState::Cancelled];

impl VisitState {
    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Confirmed => "confirmed",
            Self::CancelRequested => "cancel_requested",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        VISIT_STATES.into_iter().find(|state| state.as_str() == text)
    }
}

/// Longest place of a visit as staff write it, in Unicode scalar values.
const PLACE_MAX_SCALARS: usize = 80;

/// Where a visit is, for staff. A text names it only if it is one of the practice's places.
///
/// # Errors
/// `invalid_place`.
pub fn place(text: &str) -> Result<String, Invalid> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=PLACE_MAX_SCALARS).contains(&line.chars().count())
        && !line.chars().any(|c| c.is_control() || is_direction_control(c));
    if fits { Ok(line) } else { Err(Invalid::new("invalid_place")) }
}
