//! The code generator of a member of staff, with its recovery codes: one item beside their sessions.

use domain::{
    id::{PracticeId, StaffId},
    time::Timestamp,
};

use super::{
    Store, StoreError, Write,
    item::{Item, binary, names, number, string},
    keys::{self, ItemKey},
    table::{Change, Table},
};
use crate::{entropy::Entropy, secrets};

/// How long a new secret waits for its first code.
const PENDING_SECONDS: i64 = 600;
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: five bits each, 80 in all. So many cannot be tried, even by who copies the hashes.
const RECOVERY_CHARACTERS: usize = 16;
/// How many of them stand together on paper.
const RECOVERY_GROUP: usize = 4;
/// Crockford's alphabet: no two of its characters look alike.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code generator as stored.
pub struct Totp {
    key: ItemKey,
    /// The secret, sealed as `sealed_secret`, once a code of it was seen.
    pub sealed_secret: Option<Vec<u8>>,
    sealed_pending: Option<Vec<u8>>,
    pending_until: Option<Timestamp>,
    salt: String,
    recovery: Vec<String>,
}

impl Totp {
    fn from_item(key: ItemKey, item: &Item) -> Self {
        Self {
            key,
            sealed_secret: item.optional_bytes("sealed_secret").map(<[u8]>::to_vec),
            sealed_pending: item.optional_bytes("sealed_pending").map(<[u8]>::to_vec),
            pending_until: item.optional_time("pending_until"),
            salt: item.optional_text("salt").unwrap_or_default().to_owned(),
            recovery: item.names("recovery").into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether it can be used.
    pub const fn is_confirmed(&self) -> bool {
        self.sealed_secret.is_some()
    }

    /// The key of its item.
    pub const fn key(&self) -> &ItemKey {
        &self.key
    }

    /// The secret that waits for its first code, sealed as `sealed_pending`.
    pub fn pending(&self, now: Timestamp) -> Option<&[u8]> {
        let fresh = self.pending_until.is_some_and(|until| now < until);
        self.sealed_pending.as_deref().filter(|_| fresh)
    }

    /// How many recovery codes are left.
    pub const fn recovery_left(&self) -> usize {
        self.recovery.len()
    }

    /// The first code of a new secret was right: from now on it is the one. Fails if another secret was made meanwhile.
    pub fn confirm(&self, sealed_secret: Vec<u8>, step: u64, codes: &RecoveryCodes) -> Write {
        let update = "SET sealed_secret = :secret, last_step = :step, salt = :salt, recovery = :recovery \
                      REMOVE sealed_pending, pending_until";
        Write::Update(
            Change::new(self.key.clone(), update)
                .when("sealed_pending = :pending")
                .value(":secret", binary(sealed_secret))
                .value(":step", number(step))
                .value(":salt", string(&codes.salt))
                .value(":recovery", names(&codes.hashes))
                .value(":pending", binary(self.sealed_pending.clone().unwrap_or_default())),
        )
    }

    /// A code of this step was used, as part of the transaction that it pays for: it is good once, and no older one is.
    pub fn used(&self, step: u64) -> Write {
        Write::Update(
            Change::new(self.key.clone(), "SET last_step = :step")
                .when("attribute_exists(sealed_secret) AND last_step < :step")
                .value(":step", number(step)),
        )
    }

    /// The use of a recovery code, if it is one that is left. Every one is compared.
    pub fn recover(&self, code: &str) -> Option<Write> {
        let hash = recovery_hash(&self.salt, &plain(code)?);
        let fits = self.recovery.iter().fold(false, |fits, stored| fits | secrets::equal(stored, &hash));
        let left: Vec<_> = self.recovery.iter().filter(|stored| **stored != hash).collect();
        fits.then(|| {
            Write::Update(
                Change::new(self.key.clone(), "SET recovery = :left")
                    .when("recovery = :before")
                    .value(":left", names(&left))
                    .value(":before", names(&self.recovery)),
            )
        })
    }

    /// Its end, as part of a transaction.
    pub fn end(&self) -> Write {
        Write::End(Table::Chat, self.key.clone())
    }

    /// That it can be used, as part of a transaction.
    pub fn still_there(&self) -> Write {
        Write::Check(Change::new(self.key.clone(), "").when("attribute_exists(sealed_secret)"))
    }
}

/// New recovery codes: shown once, kept as hashes.
pub struct RecoveryCodes {
    /// As they are written down: `xxxx-xxxx-xxxx-xxxx`.
    pub shown: Vec<String>,
    salt: String,
    hashes: Vec<String>,
}

impl RecoveryCodes {
    /// Ten codes of 80 bits, under a salt of their own.
    pub fn new(entropy: &Entropy) -> Self {
        let salt = secrets::hash_bytes(&entropy.bytes::<16>());
        let code = || {
            let drawn = entropy.bytes::<RECOVERY_CHARACTERS>();
            drawn.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect::<String>()
        };
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| code()).collect();
        let hashes = codes.iter().map(|code| recovery_hash(&salt, code)).collect();
        let shown = codes.iter().map(|code| grouped(code)).collect();
        Self { shown, salt, hashes }
    }
}

/// A code as it is written down: in groups that an eye can hold.
fn grouped(code: &str) -> String {
    let mut shown = String::with_capacity(code.len() + code.len() / RECOVERY_GROUP);
    for (place, character) in code.chars().enumerate() {
        if place > 0 && place % RECOVERY_GROUP == 0 {
            shown.push('-');
        }
        shown.push(character);
    }
    shown
}

fn recovery_hash(salt: &str, code: &str) -> String {
    secrets::hash(&format!("{salt}\u{1f}{code}"))
}

/// A recovery code as it is hashed: without what people put between, and with the letters that they read for digits.
fn plain(code: &str) -> Option<String> {
    let code: String = code
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    let fits = code.len() == RECOVERY_CHARACTERS && code.bytes().all(|b| ALPHABET.contains(&b));
    fits.then_some(code)
}

impl Store {
    /// The code generator of a member of staff, confirmed or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn totp(&self, practice: PracticeId, staff: StaffId) -> Result<Option<Totp>, StoreError> {
        let key = keys::totp(practice, staff);
        Ok(self.get(&key).await?.map(|item| Totp::from_item(key, &item)))
    }

    /// Keeps a new secret, sealed as `sealed_pending`, until a code of it is seen. The one in use stays in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn propose_totp(
        &self,
        practice: PracticeId,
        staff: StaffId,
        sealed: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = "SET sealed_pending = :pending, pending_until = :until";
        let change = Change::new(keys::totp(practice, staff), update)
            .value(":pending", binary(sealed))
            .value(":until", number(now.plus_seconds(PENDING_SECONDS).as_millis()));
        self.change(change).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_as_people_write_it() {
        assert_eq!(plain("ABCD-E01l-0Ovw-XYZ9").as_deref(), Some("abcde01100vwxyz9"));
        assert_eq!(plain("abcd e011 00vw xyz9").as_deref(), Some("abcde01100vwxyz9"));
        assert_eq!(plain("abcde01100VWXYZ9").as_deref(), Some("abcde01100vwxyz9"));
        for bad in ["", "abcde-01100", "abcd-e011-00vw-xyzu", "abcd-e011-00vw-xyz99", "äbcd-e011-00vw-xy"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
        let codes = RecoveryCodes::new(&Entropy::seeded(1));
        assert_eq!((codes.shown.len(), codes.hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        assert!(codes.shown.iter().all(|code| code.len() == 19 && plain(code).is_some()));
    }
}
