//! What an operator of the server may set about the dialects' mechanics.

use coffer_domain::network::Cidr;

use super::{
    forwarded::TrustedProxies,
    mount::HostMount,
    rate::{Failures, Rate, RateOverride},
};

/// The settings; the default is what a server without any does.
#[derive(Debug, Clone, Default)]
pub struct DoorSettings {
    /// Hosts that belong to one dialect as a whole.
    pub hosts: Vec<HostMount>,
    /// Rates that differ from the dialects' own, and `failures.address`, that of failed authentications.
    pub rates: Vec<RateOverride>,
    /// Peers whose word on the client's address is taken.
    pub proxies: TrustedProxies,
    /// Blocks that webhooks may go to although they are not public.
    pub webhook_allow: Vec<Cidr>,
    /// The Keyway door's own.
    pub keyway: crate::keyway::Settings,
    /// What it says of the Canonical door.
    pub canonical: crate::canonical::Settings,
    /// The KeyNest door's own.
    pub keynest: crate::keynest::Settings,
    /// The MCP door's own.
    pub mcp: crate::mcp::Settings,
}

/// The bucket of failed authentications, as the configuration names it.
const FAILURES: (&str, &str) = ("failures", "address");

impl DoorSettings {
    /// The counts of failed authentications.
    pub(crate) fn failures(&self) -> Failures {
        let said = self
            .rates
            .iter()
            .rev()
            .find(|said| said.is_for(FAILURES.0, FAILURES.1));
        said.map_or_else(Failures::default, |said| Failures::new(said.rate))
    }

    /// What is set for things that there are not.
    pub fn unknown(&self) -> Option<String> {
        let dialects = crate::dialects();
        let known = |name: &str| dialects.iter().find(|dialect| dialect.name == name);
        let host = self.hosts.iter().find(|host| known(&host.dialect).is_none());
        if let Some(host) = host {
            return Some(format!(
                "--host {}: there is no dialect {}",
                host.host, host.dialect
            ));
        }
        let has_bucket = |said: &&RateOverride| {
            let (dialect, bucket) = said.bucket().split_once('.').unwrap_or_default();
            let of_dialect = known(dialect).is_some_and(|it| it.buckets.iter().any(|it| it.name == bucket));
            (dialect, bucket) == FAILURES || of_dialect
        };
        let said = self.rates.iter().find(|said| !has_bucket(said))?;
        Some(format!("--rate-limit {}: there is no such bucket", said.bucket()))
    }

    /// With another rate of failed authentications.
    #[must_use]
    pub fn with_failures(mut self, rate: Option<Rate>) -> Self {
        let text = rate.map_or_else(
            || "off".to_owned(),
            |rate| format!("{}/{}s", rate.most, rate.seconds),
        );
        self.rates
            .extend(format!("{}.{}={text}", FAILURES.0, FAILURES.1).parse());
        self
    }
}
