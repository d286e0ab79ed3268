//! Hosting providers: one adapter a file, over the same bounded way of asking.

pub mod netlify;
pub mod railway;
pub mod settings;
pub mod vercel;

use std::time::Duration;

use coffer_domain::secret_value::SecretValue;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Deserializer};

use crate::keyway::outbound::Fault;

/// How long everything that a read asks may take. With [`WRITING`] and one more read it stays below the door's own
/// patience with a request.
const READING: Duration = Duration::from_secs(15);
/// How long all changes of one copy may take.
const WRITING: Duration = Duration::from_secs(25);
/// How many changes are under way at once, where a provider takes them one by one.
const AT_ONCE: usize = 4;
/// How many pages of projects are read at most.
const PAGES: usize = 20;

/// How this server is known to a provider.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its name there.
    pub id: String,
    /// Its password there.
    pub secret: SecretValue,
}

impl Application {
    fn secret(&self) -> &str {
        std::str::from_utf8(self.secret.reveal()).unwrap_or_default()
    }
}

/// What a token endpoint answers; other members are the provider's own.
#[derive(Deserialize)]
struct Granted {
    #[serde(deserialize_with = "secret")]
    access_token: SecretValue,
    team_id: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretValue, D::Error> {
    String::deserialize(deserializer).map(SecretValue::from)
}

fn maybe_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretValue>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretValue::from))
}

/// Makes changes, some at a time.
async fn all<F: Future<Output = Result<(), Fault>> + Send>(changes: Vec<F>) -> Result<(), Fault> {
    stream::iter(changes)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// A value as the text that goes into a request's body.
fn text(value: &SecretValue) -> &str {
    std::str::from_utf8(value.reveal()).unwrap_or_default()
}
