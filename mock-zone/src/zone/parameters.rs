//! Request parameters as OAuth reads them, from a query or a form.

use std::borrow::Cow;

use url::form_urlencoded;

/// A parameter that must come once came again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {name} is given more than once")]
pub(crate) struct Repeated {
    pub(crate) name: &'static str,
}

/// The parameters of one request, in the order sent.
#[derive(Default)]
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Reads `application/x-www-form-urlencoded`. Whatever is sent reads as something.
    pub(crate) fn parse(encoded: &'a [u8]) -> Self {
        // RFC 6749 section 3.1: a parameter without a value counts as omitted.
        Self(form_urlencoded::parse(encoded).filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a parameter that may come once at most (RFC 6749 section 3.1).
    pub(crate) fn single(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Repeated { name }),
        }
    }

    /// The names, in the order sent.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// Every value of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_counts_as_omitted_and_a_repetition_is_noticed() {
        let parameters = Parameters::parse(b"a=1&b=&c=x&c=y&d=%C3%A4+%2B");

        assert_eq!(parameters.single("a"), Ok(Some("1")));
        assert_eq!(parameters.single("b"), Ok(None));
        assert_eq!(parameters.single("c"), Err(Repeated { name: "c" }));
        assert_eq!(parameters.single("d"), Ok(Some("ä +")));
        assert_eq!(parameters.all("c").collect::<Vec<_>>(), ["x", "y"]);
    }
}
