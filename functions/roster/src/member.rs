//! Members of a change: left out, given, or given as `null`.

use serde::{Deserialize, Deserializer};

/// A member that may be left out but not be `null`.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A member that may be left out, or be `null` to remove what is there.
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Change {
        #[serde(deserialize_with = "given")]
        name: Option<String>,
        #[serde(deserialize_with = "nullable")]
        zone: Option<Option<String>>,
    }

    #[test]
    fn null_is_not_the_same_as_nothing() {
        let read = |text| serde_json::from_str::<Change>(text);
        assert_eq!(read("{}").unwrap(), Change::default());
        assert_eq!(read(r#"{"zone":null}"#).unwrap(), Change { zone: Some(None), ..Change::default() });
        let both = Change { name: Some("a".to_owned()), zone: Some(Some("b".to_owned())) };
        assert_eq!(read(r#"{"name":"a","zone":"b"}"#).unwrap(), both);
        assert!(read(r#"{"name":null}"#).is_err());
        assert!(read(r#"{"other":1}"#).is_err());
    }
}
