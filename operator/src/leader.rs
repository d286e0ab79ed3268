//! Who of several operators runs the controllers: the holder of a Lease (`coordination.k8s.io/v1`). A
//! holder that cannot renew stops in time, before another may take over; one that ends gives it back.
//! Ages are told by this process's own clock, so clocks need not agree.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use coffer_domain::port::Clock;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, api::PostParams};
use tokio::time::{Instant, sleep, timeout_at};

use crate::failure::{Failure, code};

/// How long a Lease that was not renewed lasts, if it does not say.
const DURATION: Duration = Duration::from_secs(30);

/// How a candidate spends its time, all of it fractions of how long a Lease lasts.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    seconds: u16,
}

impl Timing {
    /// A Lease that was not renewed for this long may be taken.
    pub fn of_seconds(seconds: NonZeroU16) -> Self {
        Self {
            seconds: seconds.get(),
        }
    }

    fn duration(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// A holder that could not renew for this long stops.
    fn deadline(self) -> Duration {
        self.duration() * 2 / 3
    }

    /// How often it is renewed.
    fn renew(self) -> Duration {
        self.duration() / 3
    }

    /// How often others look.
    fn look(self) -> Duration {
        self.duration() / 10
    }
}

/// One candidate.
pub struct Election {
    api: Api<Lease>,
    name: String,
    me: String,
    timing: Timing,
    clock: Arc<dyn Clock>,
    /// The foreign lease last seen, by resource version, and since when it stands.
    seen: Option<(String, Instant)>,
}

/// What to do about the lease.
#[derive(Debug, PartialEq, Eq)]
enum Move {
    /// It is ours, or free, or was left behind.
    Take,
    /// It is another's.
    Wait,
}

impl Election {
    /// `me` is unique to this process, such as the pod's name.
    pub fn new(
        api: Api<Lease>,
        name: impl Into<String>,
        me: impl Into<String>,
        timing: Timing,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            api,
            name: name.into(),
            me: me.into(),
            timing,
            clock,
            seen: None,
        }
    }

    /// Returns when this candidate holds the Lease.
    pub async fn acquire(&mut self) {
        loop {
            match self.attempt().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the Lease cannot be had now"),
            }
            sleep(self.timing.look()).await;
        }
    }

    /// Renews for as long as that works. Returns when the Lease is lost.
    pub async fn hold(&mut self) {
        let timing = self.timing;
        let mut until = Instant::now() + timing.deadline();
        loop {
            sleep(
                timing
                    .renew()
                    .min(until.saturating_duration_since(Instant::now())),
            )
            .await;
            loop {
                match timeout_at(until, self.attempt()).await {
                    Ok(Ok(true)) => {
                        until = Instant::now() + timing.deadline();
                        break;
                    }
                    Ok(Ok(false)) | Err(_) => return,
                    Ok(Err(error)) => tracing::warn!(%error, "the Lease was not renewed; trying again"),
                }
                sleep(timing.look()).await;
            }
        }
    }

    /// Gives the Lease back, so that another need not wait for its end. A renewal that was given up while the
    /// API server was at it may still come between: the write is tried until nothing does. What fails is tried again
    /// for a third of the time that the Lease lasts: it ends by itself, and kubelet does not wait for ever.
    pub async fn release(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + self.timing.renew();
        loop {
            match self.try_release().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if Instant::now() >= until => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "the Lease was not given back; trying again");
                    sleep(self.timing.look()).await;
                }
            }
        }
    }

    /// Whether it is not ours any more.
    async fn try_release(&self) -> Result<bool, Failure> {
        match self.ours().await? {
            Some(lease) => self.replace(&given_back(lease)).await,
            None => Ok(true),
        }
    }

    async fn ours(&self) -> Result<Option<Lease>, Failure> {
        let found = self.api.get_opt(&self.name).await;
        let found = found.map_err(Failure::cluster("read the Lease"))?;
        Ok(found.filter(|lease| holder(lease) == Some(&self.me)))
    }

    /// Takes or renews the lease if that is right. Whether it is ours now. Someone else's write in between
    /// is looked at once more: it need not be another's claim.
    async fn attempt(&mut self) -> Result<bool, Failure> {
        Ok(self.try_once().await? || self.try_once().await?)
    }

    async fn try_once(&mut self) -> Result<bool, Failure> {
        let found = self
            .api
            .get_opt(&self.name)
            .await
            .map_err(Failure::cluster("read the Lease"))?;
        let Some(lease) = found else {
            return self.create().await;
        };
        match self.judge(&lease, Instant::now()) {
            Move::Take => self.replace(&self.taken(lease)).await,
            Move::Wait => Ok(false),
        }
    }

    fn judge(&mut self, lease: &Lease, now: Instant) -> Move {
        if holder(lease).is_none_or(|holder| holder == self.me) {
            return Move::Take;
        }
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        match &self.seen {
            Some((seen, since)) if *seen == version => {
                let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
                let duration = seconds
                    .and_then(|it| u64::try_from(it).ok())
                    .map_or(DURATION, Duration::from_secs);
                if now.saturating_duration_since(*since) >= duration {
                    Move::Take
                } else {
                    Move::Wait
                }
            }
            _ => {
                self.seen = Some((version, now));
                Move::Wait
            }
        }
    }

    fn taken(&self, lease: Lease) -> Lease {
        let before = lease.spec.clone().unwrap_or_default();
        let renewed = holder(&lease) == Some(&self.me);
        let now = Some(MicroTime(self.clock.now()));
        let spec = LeaseSpec {
            holder_identity: Some(self.me.clone()),
            lease_duration_seconds: Some(self.timing.seconds.into()),
            acquire_time: if renewed { before.acquire_time } else { now.clone() },
            renew_time: now,
            lease_transitions: Some(before.lease_transitions.unwrap_or(0) + i32::from(!renewed)),
            ..before
        };
        Lease {
            spec: Some(spec),
            ..lease
        }
    }

    async fn create(&self) -> Result<bool, Failure> {
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            ..ObjectMeta::default()
        };
        let lease = self.taken(Lease { metadata, spec: None });
        settled(self.api.create(&PostParams::default(), &lease).await)
    }

    async fn replace(&self, lease: &Lease) -> Result<bool, Failure> {
        settled(self.api.replace(&self.name, &PostParams::default(), lease).await)
    }
}

/// Held by nobody, and soon over for those who do not know that sign.
fn given_back(mut lease: Lease) -> Lease {
    let spec = lease.spec.get_or_insert_default();
    spec.holder_identity = Some(String::new());
    spec.lease_duration_seconds = Some(1);
    lease
}

/// A conflict means that another came first.
fn settled(result: kube::Result<Lease>) -> Result<bool, Failure> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if code(&error) == 409 => Ok(false),
        Err(error) => Err(Failure::cluster("write the Lease")(error)),
    }
}

/// Who holds it, if anyone does.
fn holder(lease: &Lease) -> Option<&str> {
    lease
        .spec
        .as_ref()?
        .holder_identity
        .as_deref()
        .filter(|holder| !holder.is_empty())
}

#[cfg(test)]
#[path = "leader_tests.rs"]
mod tests;
