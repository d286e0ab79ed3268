//! The key that the door signs its own tokens with: made once, kept sealed, the same on every replica.

use serde::{Deserialize, Serialize};

use super::{Keyway, door};
use crate::{
    Error,
    record::{Collection, Document},
    secret_value::SecretValue,
    usecase::{ATTEMPTS, contended},
};

const KEY: &str = "current";

#[derive(Clone, Serialize, Deserialize)]
struct SigningKey {
    #[serde(with = "crate::secret_value::base64")]
    key: SecretValue,
}

impl Document for SigningKey {
    const COLLECTION: Collection = Collection::new("keyway.signing");
    const NOUN: &'static str = "signing key";
}

impl Keyway {
    /// The key, 32 bytes.
    pub async fn signing_key(&self) -> Result<SecretValue, Error> {
        if let Some(key) = self.signing.get() {
            return Ok(key.clone());
        }
        let home = self.home().await?;
        for _ in 0..ATTEMPTS {
            if let Some(found) = self.coffer.kept::<SigningKey>(home, KEY).await? {
                return Ok(self.signing.get_or_init(|| found.body.key).clone());
            }
            let mut bytes = vec![0; 32];
            self.coffer.entropy().fill(&mut bytes);
            let fresh = SigningKey {
                key: SecretValue::new(bytes),
            };
            self.add(&door(), home, KEY, &fresh, None).await?;
        }
        Err(contended("the signing key"))
    }
}
