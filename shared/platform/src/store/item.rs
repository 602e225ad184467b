//! Items as DynamoDB holds them: building and reading attributes with clear errors.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use domain::{Invalid, time::Timestamp};

use super::{
    StoreError,
    keys::{ItemKey, PK, SK},
};

/// Attributes by name, as the SDK has them.
pub type Attributes = HashMap<String, AttributeValue>;

/// A string attribute.
pub fn string(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number attribute.
pub fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// A binary attribute.
pub fn binary(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// A list of short names without commas, as [`Item::names`] reads it.
pub fn names<T: std::fmt::Display>(names: &[T]) -> AttributeValue {
    string(names.iter().map(T::to_string).collect::<Vec<_>>().join(","))
}

/// An item under construction.
pub struct NewItem(Attributes);

impl NewItem {
    /// An item with this key.
    pub fn new(key: &ItemKey) -> Self {
        Self(key_attributes(key))
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Adds an attribute if there is a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The attributes.
    pub fn build(self) -> Attributes {
        self.0
    }
}

/// The key attributes of an item.
pub fn key_attributes(key: &ItemKey) -> Attributes {
    HashMap::from([(PK.to_owned(), string(&key.pk)), (SK.to_owned(), string(&key.sk))])
}

/// An item that was read.
#[derive(Clone)]
pub struct Item(Attributes);

impl From<Attributes> for Item {
    fn from(attributes: Attributes) -> Self {
        Self(attributes)
    }
}

impl Item {
    /// The key of the item.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it has none.
    pub fn key(&self) -> Result<ItemKey, StoreError> {
        Ok(ItemKey { pk: self.text(PK)?.to_owned(), sk: self.text(SK)?.to_owned() })
    }

    /// Every attribute.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A string.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it is missing or no string.
    pub fn text(&self, name: &'static str) -> Result<&str, StoreError> {
        self.optional_text(name).ok_or(StoreError::Malformed(name))
    }

    /// A string that may be missing.
    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|v| v.as_s().ok()).map(String::as_str)
    }

    /// A string parsed into its type.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it is missing or does not parse.
    pub fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<T, StoreError> {
        parse(self.text(name)?).map_err(|_| StoreError::Malformed(name))
    }

    /// A string of a closed set.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it is missing or not in the set.
    pub fn one_of<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(self.text(name)?).ok_or(StoreError::Malformed(name))
    }

    /// A number.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it is missing or out of range.
    pub fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, StoreError> {
        self.optional_number(name).ok_or(StoreError::Malformed(name))
    }

    /// A number that may be missing.
    pub fn optional_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok())
    }

    /// Bytes.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if they are missing.
    pub fn bytes(&self, name: &'static str) -> Result<&[u8], StoreError> {
        self.optional_bytes(name).ok_or(StoreError::Malformed(name))
    }

    /// Bytes that may be missing.
    pub fn optional_bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).and_then(|v| v.as_b().ok()).map(AsRef::as_ref)
    }

    /// A time, stored in milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] if it is missing.
    pub fn time(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        self.number(name).map(Timestamp::from_millis)
    }

    /// A time that may be missing.
    pub fn optional_time(&self, name: &str) -> Option<Timestamp> {
        self.optional_number(name).map(Timestamp::from_millis)
    }

    /// A list of short names, stored as one string with commas.
    pub fn names(&self, name: &str) -> Vec<&str> {
        self.optional_text(name).map(|t| t.split(',').filter(|p| !p.is_empty()).collect()).unwrap_or_default()
    }
}
