//! Parameters of the query protocol, with its `A.member.1.B` lists.

use std::collections::BTreeMap;

use super::wire::AwsError;

/// The decoded body of a query-protocol request.
#[derive(Debug)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, AwsError> {
        self.get(name)
            .ok_or_else(|| AwsError::sender("InvalidParameter", format!("Invalid parameter: {name}")))
    }

    /// The prefixes `name.1`, `name.2`, … that have any parameter.
    pub(crate) fn items<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        (1_usize..).map(move |index| format!("{name}.{index}")).take_while(|prefix| {
            self.0.range(prefix.clone()..).next().is_some_and(|(key, _)| {
                key.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn lists() {
        let parameters = Parameters::read(b"D.member.1=a&D.member.2=b&E.member.1.Name=n&E.member.10.Name=x");
        assert_eq!(parameters.items("D.member").collect::<Vec<_>>(), ["D.member.1", "D.member.2"]);
        assert_eq!(parameters.items("E.member").collect::<Vec<_>>(), ["E.member.1"]);
        assert_eq!(parameters.items("F.member").count(), 0);
    }
}
