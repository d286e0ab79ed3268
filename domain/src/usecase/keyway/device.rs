//! Device codes (RFC 8628 in spirit): a program that has no browser gets a code, a person approves it elsewhere,
//! and the program comes back for the answer.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Keyway, Session, door};
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    generate::pick,
    id::UserId,
    record::{Collection, Document},
    secret_value::SecretValue,
    usecase::{ATTEMPTS, contended},
};

/// How long a code can be approved and its answer fetched: 15 minutes.
pub const DEVICE_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// How long one that ended is still told apart from one that never was.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(15);

/// Without those that look alike.
const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";
const HALF: usize = 5;

/// A code that was given out. The device's own half of it is kept as a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What became of it.
    pub state: DeviceState,
    /// When it ends.
    pub ends: Timestamp,
    /// Which repository it is about, if the program said so.
    pub repository: Option<String>,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceState {
    /// Nobody has decided.
    Pending,
    /// This user approved it.
    Approved(UserId),
    /// It was refused.
    Denied,
    /// It ended first.
    Expired,
}

/// A new code.
#[derive(Debug)]
pub struct StartedDevice {
    /// What the device comes back with: 64 hexadecimal digits.
    pub device_code: SecretValue,
    /// What the person types: `XXXXX-XXXXX`.
    pub user_code: String,
}

impl Document for Device {
    const COLLECTION: Collection = Collection::new("keyway.device");
    const NOUN: &'static str = "device code";

    fn expires_at(&self) -> Option<Timestamp> {
        self.ends.checked_add(REMEMBERED).ok()
    }
}

impl Device {
    fn state(&self, now: Timestamp) -> DeviceState {
        if now >= self.ends {
            DeviceState::Expired
        } else {
            self.state
        }
    }
}

impl Keyway {
    /// Gives out a code.
    pub async fn start_device(&self, repository: Option<String>) -> Result<StartedDevice, Error> {
        let home = self.home().await?;
        for _ in 0..ATTEMPTS {
            let mut bytes = [0; 32];
            self.coffer.entropy().fill(&mut bytes);
            let device_code = SecretValue::from(hex::encode(bytes));
            let entropy = self.coffer.entropy();
            let user_code = format!(
                "{}-{}",
                pick(entropy, ALPHABET, HALF),
                pick(entropy, ALPHABET, HALF)
            );
            let now = self.coffer.clock().now();
            let body = Device {
                state: DeviceState::Pending,
                ends: now.saturating_add(DEVICE_LIFE).unwrap_or(Timestamp::MAX),
                repository: repository.clone(),
            };
            let digest = self.device_digest(&device_code);
            let added = self.add(&door(), home, &user_code, &body, digest).await?;
            if added.is_some() {
                return Ok(StartedDevice {
                    device_code,
                    user_code,
                });
            }
        }
        Err(contended("device codes"))
    }

    /// What became of the code that a device has; `None` if there is none such.
    pub async fn poll_device(&self, device_code: &SecretValue) -> Result<Option<DeviceState>, Error> {
        let Some(digest) = self.device_digest(device_code) else {
            return Ok(None);
        };
        let found = self
            .coffer
            .store
            .record_by_digest(Device::COLLECTION, &digest)
            .await?;
        let now = self.coffer.clock().now();
        let living = found.filter(|found| found.head().lives(now));
        let device = living.map(|found| found.document::<Device>()).transpose()?;
        Ok(device.map(|kept| kept.body.state(now)))
    }

    /// The code that a person sees, if it can still be decided.
    pub async fn device(&self, user_code: &str) -> Result<Option<Device>, Error> {
        let home = self.home().await?;
        let found = self.coffer.kept::<Device>(home, user_code).await?;
        let now = self.coffer.clock().now();
        let open = found.filter(|kept| kept.body.state(now) == DeviceState::Pending);
        Ok(open.map(|kept| kept.body))
    }

    /// Approves or refuses a code, in somebody's name; `false` if it cannot be decided any more.
    pub async fn decide_device(
        &self,
        session: &Session,
        user_code: &str,
        approve: bool,
    ) -> Result<bool, Error> {
        let Some((id, _)) = session.account() else {
            return Err(Error::Refused(
                "a device acts for a user, not for a key".to_owned(),
            ));
        };
        if session.scopes().is_some() {
            return Err(Error::Refused("an API key cannot sign a device in".to_owned()));
        }
        let (home, now) = (self.home().await?, self.coffer.clock().now());
        if self.device(user_code).await?.is_none() {
            return Ok(false);
        }
        let caller = session.caller(home, Vec::new(), door().origin);
        let decide = |device: Device| match device.state(now) {
            DeviceState::Pending => Ok(Device {
                state: if approve {
                    DeviceState::Approved(id)
                } else {
                    DeviceState::Denied
                },
                ..device
            }),
            _ => Err(Error::Conflict("the code was decided already".to_owned())),
        };
        self.change(&caller, home, user_code, decide).await?;
        Ok(true)
    }

    /// Refuses a code in nobody's name: whoever had it approved elsewhere did not consent there.
    pub async fn refuse_device(&self, user_code: &str) -> Result<(), Error> {
        let (home, now) = (self.home().await?, self.coffer.clock().now());
        if self.device(user_code).await?.is_none() {
            return Ok(());
        }
        let refuse = |device: Device| match device.state(now) {
            DeviceState::Pending => Ok(Device {
                state: DeviceState::Denied,
                ..device
            }),
            _ => Ok(device),
        };
        self.change(&door(), home, user_code, refuse).await?;
        Ok(())
    }

    fn device_digest(&self, device_code: &SecretValue) -> Option<TokenDigest> {
        let text = std::str::from_utf8(device_code.reveal()).ok()?;
        let token = ApiToken::parse(text)?;
        Some(self.coffer.store.digest(&token))
    }
}
