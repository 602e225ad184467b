//! What a provider reports of a message after it took it.
//!
//! Reports come late, more than once and in any order. Each has a rank, and of two reports on one message the higher one
//! is true: so the order does not matter, and the same report twice is one.

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The mailbox's or phone's own provider took it.
    Delivered,
    /// It came back, and may get through another time: a full mailbox, a phone that was off for long.
    CameBack,
    /// It was stopped on its way: by a carrier's filter, or by the provider itself.
    Blocked,
    /// There is nobody at the address, and there will not be.
    NoRecipient,
    /// Its reader called it unwanted.
    Complained,
}

impl Fate {
    /// Every fate, from the one that any other replaces.
    pub const ALL: [Self; 5] =
        [Self::Delivered, Self::CameBack, Self::Blocked, Self::NoRecipient, Self::Complained];

    /// The name in items and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::CameBack => "came_back",
            Self::Blocked => "blocked",
            Self::NoRecipient => "no_recipient",
            Self::Complained => "complained",
        }
    }

    /// The fate of this name.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.as_str() == text)
    }

    /// The higher one is true. A mail that was delivered may still bounce, and one that bounced was not delivered.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Delivered => 1,
            Self::CameBack => 2,
            Self::Blocked => 3,
            Self::NoRecipient => 4,
            Self::Complained => 5,
        }
    }

    /// Whether its reader does not know of it, as far as can be told.
    pub const fn is_lost(self) -> bool {
        !matches!(self, Self::Delivered)
    }

    /// Whether nothing goes to the address unasked from now on, until somebody uses or confirms it.
    pub const fn stops_contact(self) -> bool {
        matches!(self, Self::NoRecipient | Self::Complained)
    }

    /// Whether not even what somebody asks for goes there: a provider that sees many mails to nobody stops all sending.
    pub const fn stops_codes(self) -> bool {
        matches!(self, Self::NoRecipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_report_wins_in_every_order() {
        let ranks: Vec<u8> = Fate::ALL.map(Fate::rank).to_vec();
        assert!(ranks.is_sorted_by(|a, b| a < b));
        for fate in Fate::ALL {
            assert_eq!(Fate::from_stored(fate.as_str()), Some(fate));
            assert!(fate.stops_contact() || !fate.stops_codes());
            assert!(fate.is_lost() || !fate.stops_contact());
        }
        assert_eq!(Fate::from_stored("bounced"), None);
    }
}
