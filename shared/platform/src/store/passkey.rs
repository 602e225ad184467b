//! Passkeys: each is an item of whoever it belongs to, beside their sessions.

use domain::{
    browser::Browser,
    id::{AccountId, PasskeyId, PracticeId, SessionId, StaffId},
    time::Timestamp,
};

use super::{
    Store, StoreError, Write,
    item::{Attributes, Item, NewItem, binary, number, string},
    keys::{self, ItemKey},
    session::Holder,
    table::{Change, Table},
};
use crate::secrets;

/// Bytes of a user handle.
pub const HANDLE_BYTES: usize = 33;

/// What a passkey answers with to say whose it is: practice and holder as opaque bytes, nothing that names a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The practice.
    pub practice: PracticeId,
    /// The holder.
    pub holder: Holder,
}

impl Handle {
    /// The bytes: practice, kind of holder, holder.
    pub fn to_bytes(self) -> [u8; HANDLE_BYTES] {
        let (kind, holder) = match self.holder {
            Holder::Account(id) => (1, id.to_bytes()),
            Holder::Staff(id) => (2, id.to_bytes()),
        };
        let mut bytes = [0; HANDLE_BYTES];
        bytes[..16].copy_from_slice(&self.practice.to_bytes());
        bytes[16] = kind;
        bytes[17..].copy_from_slice(&holder);
        bytes
    }

    /// Reads what [`Handle::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HANDLE_BYTES] = bytes.try_into().ok()?;
        let practice = PracticeId::from_bytes(bytes[..16].try_into().ok()?);
        let holder: [u8; 16] = bytes[17..].try_into().ok()?;
        let holder = match bytes[16] {
            1 => Holder::Account(AccountId::from_bytes(holder)),
            2 => Holder::Staff(StaffId::from_bytes(holder)),
            _ => return None,
        };
        Some(Self { practice, holder })
    }
}

/// A passkey as stored: the public half, and when it was used.
#[derive(Clone)]
pub struct Passkey {
    /// What it is called in a list.
    pub id: PasskeyId,
    /// The authenticator's own name for it.
    pub credential_id: Vec<u8>,
    /// The public key and what does not change.
    pub static_state: Vec<u8>,
    /// What every use may change.
    pub dynamic_state: Vec<u8>,
    /// How it can be reached (USB, phone, built in), one bit each.
    pub transports: u8,
    /// How often it says it was used. Zero for the many that do not count.
    pub sign_count: u32,
    /// The browser it was made in.
    pub browser: Browser,
    /// The sign-in that added it; none where it was the first factor of a member of staff.
    pub sign_in: Option<SessionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// The name that its holder gave it, sealed.
    pub sealed_label: Option<Vec<u8>>,
}

impl Passkey {
    /// Its key in the partition of its holder.
    pub fn key(&self, practice: PracticeId, holder: Holder) -> ItemKey {
        key(practice, holder, &self.credential_id)
    }

    /// The item of a new passkey.
    pub fn to_item(&self, practice: PracticeId, holder: Holder) -> Attributes {
        NewItem::new(&self.key(practice, holder))
            .with("passkey", string(self.id))
            .with("credential_id", binary(self.credential_id.clone()))
            .with("static_state", binary(self.static_state.clone()))
            .with("dynamic_state", binary(self.dynamic_state.clone()))
            .with("transports", number(self.transports))
            .with("sign_count", number(self.sign_count))
            .with("browser", string(self.browser))
            .with_some("sign_in", self.sign_in.map(string))
            .with("created_at", number(self.created_at.as_millis()))
            .with_some("sealed_label", self.sealed_label.clone().map(binary))
            .build()
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id: item.parsed("passkey", PasskeyId::parse)?,
            credential_id: item.bytes("credential_id")?.to_vec(),
            static_state: item.bytes("static_state")?.to_vec(),
            dynamic_state: item.bytes("dynamic_state")?.to_vec(),
            transports: item.number("transports")?,
            sign_count: item.number("sign_count")?,
            browser: Browser::from_stored(item.text("browser")?),
            sign_in: item.optional_text("sign_in").and_then(|t| SessionId::parse(t).ok()),
            created_at: item.time("created_at")?,
            last_used_at: item.optional_time("last_used_at"),
            sealed_label: item.optional_bytes("sealed_label").map(<[u8]>::to_vec),
        })
    }

    /// A use, as part of the transaction that it pays for: two uses at once of a passkey that counts cannot both be it.
    pub fn used(
        &self,
        practice: PracticeId,
        holder: Holder,
        dynamic_state: Vec<u8>,
        sign_count: u32,
        now: Timestamp,
    ) -> Write {
        let update = "SET dynamic_state = :state, sign_count = :count, last_used_at = :now";
        Write::Update(
            Change::new(self.key(practice, holder), update)
                .when("sign_count = :before")
                .value(":state", binary(dynamic_state))
                .value(":count", number(sign_count))
                .value(":before", number(self.sign_count))
                .value(":now", number(now.as_millis())),
        )
    }

    /// Its end, as part of a transaction.
    pub fn end(&self, practice: PracticeId, holder: Holder) -> Write {
        Write::Delete(Table::Chat, self.key(practice, holder))
    }

    /// That it is there, as part of a transaction.
    pub fn still_there(&self, practice: PracticeId, holder: Holder) -> Write {
        Write::Check(Change::new(self.key(practice, holder), "").when("attribute_exists(PK)"))
    }
}

/// The key of the passkey with this credential id.
pub fn key(practice: PracticeId, holder: Holder, credential_id: &[u8]) -> ItemKey {
    keys::passkey(practice, holder, &secrets::hash_bytes(credential_id))
}

impl Store {
    /// The passkeys of a holder, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn passkeys(&self, practice: PracticeId, holder: Holder) -> Result<Vec<Passkey>, StoreError> {
        let partition = keys::holder_partition(practice, holder);
        let items = self.query_all(&partition, keys::PASSKEY_PREFIX).await?;
        let mut passkeys = items.iter().map(Passkey::from_item).collect::<Result<Vec<_>, _>>()?;
        passkeys.sort_by_key(|passkey| passkey.id);
        Ok(passkeys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_leads_back_to_its_holder() {
        let practice = PracticeId::from_bytes([1; 16]);
        for holder in
            [Holder::Account(AccountId::from_bytes([2; 16])), Holder::Staff(StaffId::from_bytes([3; 16]))]
        {
            let handle = Handle { practice, holder };
            assert_eq!(Handle::from_bytes(&handle.to_bytes()), Some(handle));
        }
        assert_eq!(Handle::from_bytes(&[0; HANDLE_BYTES]), None);
        assert_eq!(Handle::from_bytes(&[1; 32]), None);
    }
}
