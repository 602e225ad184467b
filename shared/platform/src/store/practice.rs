//! Practices: their public face, their policies, their wrapped keys.

use std::time::Duration;

use domain::{
    audit::Event,
    id::PracticeId,
    practice::{Policies, PublicProfile, Slug},
    time::Timestamp,
};

use super::{
    Store, StoreError, Write,
    item::{Item, NewItem, binary, number, string},
    keys,
    table::{Change, Table},
};
use crate::keys::Purpose;

/// A practice as stored.
pub struct Practice {
    /// Its id.
    pub id: PracticeId,
    /// Its short name.
    pub slug: Slug,
    /// What everybody may see.
    pub profile: PublicProfile,
    /// What it has decided.
    pub policies: Policies,
    /// Its data keys, wrapped by KMS.
    pub wrapped: WrappedKeys,
}

/// The wrapped data keys of a practice.
#[derive(Clone)]
pub struct WrappedKeys {
    /// For names, addresses and birth dates.
    pub contact: Vec<u8>,
    /// For blind indexes.
    pub index: Vec<u8>,
    /// For sign-in secrets.
    pub link: Vec<u8>,
}

impl WrappedKeys {
    /// The wrapped key of a purpose. Content keys belong to conversations.
    pub fn of(&self, purpose: Purpose) -> Option<&[u8]> {
        match purpose {
            Purpose::Contact => Some(&self.contact),
            Purpose::Index => Some(&self.index),
            Purpose::Link => Some(&self.link),
            Purpose::Content | Purpose::Evidence => None,
        }
    }
}

impl Practice {
    /// The item of a practice.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if the profile is not representable, which no type here allows.
    pub fn to_item(&self, created_at: Timestamp) -> Result<super::item::Attributes, StoreError> {
        Ok(NewItem::new(&keys::practice(self.id))
            .with("slug", string(&self.slug))
            .with("public_profile", string(json(&self.profile, "public_profile")?))
            .with("policies", string(json(&self.policies, "policies")?))
            .with("wrapped_contact", binary(self.wrapped.contact.clone()))
            .with("wrapped_index", binary(self.wrapped.index.clone()))
            .with("wrapped_link", binary(self.wrapped.link.clone()))
            .with("created_at", number(created_at.as_millis()))
            .build())
    }

    /// From its item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`].
    pub fn from_item(id: PracticeId, item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            slug: item.parsed("slug", Slug::parse)?,
            profile: serde_json::from_str(item.text("public_profile")?)
                .map_err(|_| StoreError::Malformed("public_profile"))?,
            policies: serde_json::from_str(item.text("policies")?)
                .map_err(|_| StoreError::Malformed("policies"))?,
            wrapped: WrappedKeys {
                contact: item.bytes("wrapped_contact")?.to_vec(),
                index: item.bytes("wrapped_index")?.to_vec(),
                link: item.bytes("wrapped_link")?.to_vec(),
            },
        })
    }
}

fn json(value: &impl serde::Serialize, name: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Malformed(name))
}

impl Store {
    /// A practice by its id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn practice(&self, id: PracticeId) -> Result<Option<Practice>, StoreError> {
        let item = self.get(&keys::practice(id)).await?;
        item.map(|item| Practice::from_item(id, &item)).transpose()
    }

    /// The id behind a short name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn practice_id(&self, slug: &Slug) -> Result<Option<PracticeId>, StoreError> {
        let item = self.get(&keys::slug(slug)).await?;
        item.map(|item| item.parsed("practice", PracticeId::parse)).transpose()
    }

    /// Changes a practice's profile and policies. `change` is applied to them as they stand, and again if somebody else
    /// changed them meanwhile. `None` if there is no such practice.
    ///
    /// # Errors
    /// [`StoreError`]; inside, what `change` says against it.
    pub async fn change_practice<E>(
        &self,
        id: PracticeId,
        change: impl Fn(PublicProfile, Policies) -> Result<(PublicProfile, Policies), E>,
        event: &Event,
    ) -> Result<Option<Result<Practice, E>>, StoreError> {
        for attempt in 1..=8 {
            let Some(item) = self.get(&keys::practice(id)).await? else { return Ok(None) };
            let practice = Practice::from_item(id, &item)?;
            let (profile, policies) = match change(practice.profile.clone(), practice.policies) {
                Ok(after) => after,
                Err(error) => return Ok(Some(Err(error))),
            };
            if profile == practice.profile && policies == practice.policies {
                return Ok(Some(Ok(practice)));
            }
            let update =
                Change::new(keys::practice(id), "SET public_profile = :profile, policies = :policies")
                    .when("public_profile = :profile_before AND policies = :policies_before")
                    .value(":profile_before", string(item.text("public_profile")?))
                    .value(":policies_before", string(item.text("policies")?))
                    .value(":profile", string(json(&profile, "public_profile")?))
                    .value(":policies", string(json(&policies, "policies")?));
            if self.transact(vec![Write::Update(update), super::audit::write(event)]).await?.is_ok() {
                return Ok(Some(Ok(Practice { profile, policies, ..practice })));
            }
            self.back_off(attempt, Duration::from_millis(10)).await;
        }
        Err(StoreError::Contended)
    }

    /// Creates a practice. Returns `false` if the short name is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_practice(
        &self,
        practice: &Practice,
        created_at: Timestamp,
        audit: super::item::Attributes,
    ) -> Result<bool, StoreError> {
        let item = practice.to_item(created_at)?;
        let slug = NewItem::new(&keys::slug(&practice.slug)).with("practice", string(practice.id)).build();
        let writes = || {
            vec![
                Write::Create(Table::Chat, item.clone()),
                Write::Create(Table::Chat, slug.clone()),
                // From its first event on, the schedule sees to the log.
                Write::Create(Table::Chat, super::chain::watch_item(practice.id)),
                Write::Create(Table::Audit, audit.clone()),
            ]
        };
        Ok(self.transact_patiently(writes).await?.is_ok())
    }
}
