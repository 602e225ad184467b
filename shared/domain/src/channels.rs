//! Over which channels somebody is told, and in which order.

use crate::{Invalid, contact::ContactKind};

/// Over which channels somebody wants to be told of messages, the one to try first first. Another channel is never used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels(Vec<ContactKind>);

impl Channels {
    /// One or two different channels, by the names of [`ContactKind::channel`].
    ///
    /// # Errors
    /// `invalid_channels`.
    pub fn parse<T: AsRef<str>>(names: &[T]) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("invalid_channels");
        let kind = |name: &T| CHANNELS.into_iter().find(|kind| kind.channel() == name.as_ref());
        let kinds: Vec<ContactKind> = names.iter().map(kind).collect::<Option<_>>().ok_or_else(invalid)?;
        let is_twice = kinds.len() == 2 && kinds[0] == kinds[1];
        if kinds.is_empty() || kinds.len() > 2 || is_twice { Err(invalid()) } else { Ok(Self(kinds)) }
    }

    /// The channels in order.
    pub fn kinds(&self) -> &[ContactKind] {
        &self.0
    }

    /// The names in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|kind| kind.channel()).collect()
    }

    /// Which place a channel has, if it may be used.
    pub fn place(&self, kind: ContactKind) -> Option<usize> {
        self.0.iter().position(|known| *known == kind)
    }
}

/// What holds where nobody was asked: a mailbox, and a phone where that does not work. Both were given to the practice.
impl Default for Channels {
    fn default() -> Self {
        Self(CHANNELS.to_vec())
    }
}

const CHANNELS: [ContactKind; 2] = [ContactKind::Email, ContactKind::Phone];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_one_or_two_different_ones_in_an_order() {
        assert_eq!(Channels::default().names(), ["email", "sms"]);
        assert_eq!(Channels::parse(&["sms", "email"]).unwrap().names(), ["sms", "email"]);
        let alone = Channels::parse(&["sms"]).unwrap();
        assert_eq!((alone.place(ContactKind::Phone), alone.place(ContactKind::Email)), (Some(0), None));
        for bad in [&[][..], &["sms", "sms"], &["phone"], &["email", "sms", "email"], &["Email"]] {
            assert_eq!(Channels::parse(bad).unwrap_err().code, "invalid_channels", "{bad:?}");
        }
    }
}
