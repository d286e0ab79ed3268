//! Signing in at GitHub in a browser (its OAuth web flow): the consent brings a code, the code a token, and the
//! token says who it was. It is asked about once and not kept.

use coffer_domain::{Error, secret_value::SecretValue};
use serde::{Deserialize, Deserializer};

use crate::keyway::{
    integrations::Application,
    outbound::{Base, Fault, Line},
};

/// All that is asked for: who somebody is.
const SCOPE: &str = "read:user user:email";

/// GitHub's pages, and how this server is known there.
#[derive(Debug)]
pub struct SignIn {
    /// Where people are sent.
    pub web: Base,
    /// Who we are there.
    pub application: Application,
    /// The line.
    pub line: Line,
}

/// GitHub answers a code that is no good with success, and an error in place of the token.
#[derive(Deserialize)]
struct Granted {
    #[serde(default, deserialize_with = "token")]
    access_token: Option<SecretValue>,
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretValue>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretValue::from))
}

impl SignIn {
    /// Where a browser goes for consent.
    pub fn authorize_url(&self, state: &str, callback: &str) -> String {
        let query = [
            ("client_id", self.application.id.as_str()),
            ("redirect_uri", callback),
            ("scope", SCOPE),
            ("state", state),
        ];
        self.web.at(&["login", "oauth", "authorize"], &query).into()
    }

    /// The token of whoever consented; `None` if the code is not, or no longer, good.
    pub async fn exchange(&self, code: &str, callback: &str) -> Result<Option<SecretValue>, Error> {
        let secret = std::str::from_utf8(self.application.secret.reveal()).unwrap_or_default();
        let form = [
            ("client_id", self.application.id.as_str()),
            ("client_secret", secret),
            ("code", code),
            ("redirect_uri", callback),
        ];
        let url = self.web.at(&["login", "oauth", "access_token"], &[]);
        match self.line.form::<Granted>(url, &form).await {
            Ok(granted) => Ok(granted.access_token),
            Err(Fault::Refused | Fault::Missing) => Ok(None),
            Err(Fault::Limited) => Err(Error::Unavailable("GitHub takes no more requests".to_owned())),
            Err(Fault::Broken(why)) => Err(Error::Unavailable(format!("GitHub {why}"))),
        }
    }
}
