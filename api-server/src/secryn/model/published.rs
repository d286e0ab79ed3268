//! Things that are answered with a token, which is shown that once.

use coffer_domain::secret_value::SecretValue;
use serde::{Serialize, Serializer, ser::Error as _};
use utoipa::ToSchema;

/// A token on its one way out. It has no `Debug`.
pub struct Token(SecretValue);

impl From<&SecretValue> for Token {
    fn from(token: &SecretValue) -> Self {
        Self(token.clone())
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = std::str::from_utf8(self.0.reveal()).map_err(|_| S::Error::custom("a token is text"))?;
        serializer.serialize_str(text)
    }
}

/// A thing, with the token that was made for it alone, if one was.
#[derive(Serialize, ToSchema)]
pub struct Published<T> {
    #[serde(flatten)]
    thing: T,
    /// A token that fetches this one thing. It cannot be shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    public_token: Option<Token>,
}

impl<T> Published<T> {
    /// With `token`, if there is one.
    pub fn new(thing: T, token: Option<SecretValue>) -> Self {
        Self {
            thing,
            public_token: token.map(Token),
        }
    }
}
