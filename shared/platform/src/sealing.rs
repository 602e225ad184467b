//! Sealing and opening the personal fields of items with the practice's contact key.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::PracticeId;

use crate::{
    entropy::Entropy,
    seal::{FieldContext, Key, open_field, seal_field},
    store::{
        StoreError,
        item::{Item, binary},
        keys::ItemKey,
    },
};

/// Seals fields of one practice's items. Each field is bound to its item and name.
#[derive(Clone)]
pub struct FieldSealer {
    practice: PracticeId,
    key: Arc<Key>,
    entropy: Entropy,
}

impl FieldSealer {
    /// A sealer with the practice's contact key.
    pub const fn new(practice: PracticeId, key: Arc<Key>, entropy: Entropy) -> Self {
        Self { practice, key, entropy }
    }

    /// Bytes of a field, sealed.
    pub fn seal_bytes(&self, item: &ItemKey, field: &str, text: &str) -> Vec<u8> {
        let practice = self.practice.to_string();
        let context = FieldContext { practice: &practice, pk: &item.pk, sk: &item.sk, field };
        seal_field(&self.key, self.entropy.bytes(), &context, text.as_bytes())
    }

    /// A field as an attribute.
    pub fn seal(&self, item: &ItemKey, field: &str, text: &str) -> AttributeValue {
        binary(self.seal_bytes(item, field, text))
    }

    /// The text of sealed bytes.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if they do not open here.
    pub fn open_bytes(
        &self,
        item: &ItemKey,
        field: &'static str,
        sealed: &[u8],
    ) -> Result<String, StoreError> {
        let practice = self.practice.to_string();
        let context = FieldContext { practice: &practice, pk: &item.pk, sk: &item.sk, field };
        let plaintext = open_field(&self.key, &context, sealed).map_err(|_| StoreError::Malformed(field))?;
        plaintext.as_str().map(str::to_owned).map_err(|_| StoreError::Malformed(field))
    }

    /// The text of a sealed field of an item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it is missing or does not open here.
    pub fn open(&self, item: &Item, field: &'static str) -> Result<String, StoreError> {
        self.open_bytes(&item.key()?, field, item.bytes(field)?)
    }
}
