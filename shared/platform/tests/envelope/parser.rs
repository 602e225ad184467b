//! Whatever bytes come, opening gives an answer: no panic, and no more memory than the input accounts for.

use crate::samples::{Field, Message};
use platform::seal::{FIELD_OVERHEAD, Key, MESSAGE_OVERHEAD, MessageSecret, OpenError, Plaintext};
use proptest::prelude::*;

/// Associated data, the derivation's own buffers, and what the cryptographic library keeps on this side.
const FIXED_BYTES: u64 = 2_048;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused(sealed in proptest::collection::vec(any::<u8>(), 0..5_000)) {
        prop_assert!(opened_in_bounds(&sealed, |sealed| Message::sample(1).open(sealed)).is_err());
        prop_assert!(opened_in_bounds(&sealed, |sealed| Field::sample(1).open(sealed)).is_err());
    }

    #[test]
    fn any_bytes_behind_a_good_start_are_refused(
        keep in 0_usize..120,
        rest in proptest::collection::vec(any::<u8>(), 17..5_000),
    ) {
        let (message, field) = (Message::sample(1), Field::sample(1));
        let start = |sealed: Vec<u8>| [&sealed[..keep.min(sealed.len() - 16)], &rest].concat();
        prop_assert!(opened_in_bounds(&start(message.seal()), |sealed| message.open(sealed)).is_err());
        prop_assert!(opened_in_bounds(&start(field.seal()), |sealed| field.open(sealed)).is_err());
    }

    #[test]
    fn anything_sealed_opens_again(
        plaintext in proptest::collection::vec(any::<u8>(), 0..5_000),
        names in proptest::array::uniform5(".{0,40}"),
        (seq, created_at_ms) in any::<(u64, i64)>(),
        (content_key, secret) in any::<([u8; 32], [u8; 32])>(),
    ) {
        let [practice, conversation, message, sender, kind] = names.clone();
        let message = Message {
            content_key, secret, practice, conversation, seq, message, sender, kind, created_at_ms,
            plaintext: plaintext.clone(),
        };
        let sealed = message.seal();
        prop_assert_eq!(sealed.len(), plaintext.len() + MESSAGE_OVERHEAD);
        prop_assert_eq!(&sealed[2..34], &message.derived().commitment);
        let reopened = opened_in_bounds(&sealed, |sealed| message.open(sealed));
        prop_assert_eq!(reopened.as_ref().map(Plaintext::as_bytes).ok(), Some(&plaintext[..]));

        let [practice, pk, sk, field, _] = names;
        let field = Field { key: content_key, salt: secret, practice, pk, sk, field, plaintext: plaintext.clone() };
        let sealed = field.seal();
        prop_assert_eq!(sealed.len(), plaintext.len() + FIELD_OVERHEAD);
        let reopened = opened_in_bounds(&sealed, |sealed| field.open(sealed));
        prop_assert_eq!(reopened.as_ref().map(Plaintext::as_bytes).ok(), Some(&plaintext[..]));
    }

    #[test]
    fn keys_have_32_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(Key::try_from_slice(&bytes).is_ok(), bytes.len() == 32);
        prop_assert_eq!(MessageSecret::try_from_slice(&bytes).is_ok(), bytes.len() == 32);
    }
}

fn opened_in_bounds(
    sealed: &[u8],
    open: impl Fn(&[u8]) -> Result<Plaintext, OpenError>,
) -> Result<Plaintext, OpenError> {
    let mut result = Err(OpenError::Unreadable);
    let used = allocation_counter::measure(|| result = open(sealed));
    assert!(
        used.bytes_max <= 2 * sealed.len() as u64 + FIXED_BYTES,
        "{} bytes for an input of {}",
        used.bytes_max,
        sealed.len()
    );
    result
}

#[test]
fn text_that_is_not_utf_8_is_unreadable() {
    let message = Message { plaintext: vec![0xff], ..Message::sample(1) };
    let opened = message.open(&message.seal()).ok();
    assert_eq!(opened.map(|plaintext| plaintext.as_str().err()), Some(Some(OpenError::Unreadable)));
}
