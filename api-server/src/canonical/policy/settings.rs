//! What the server's configuration says of the policy decision point.

use std::time::Duration;

use clap::{ArgAction, builder::BoolishValueParser};
use reqwest::Url;

use crate::canonical::settings::BadSettings;

/// The command line's part on it.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "canonical_policy")]
pub struct PolicyArgs {
    /// Whether a policy decision point is asked before each operation of the Canonical door.
    #[arg(long, env = "ENABLE_AUTHORIZATION", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new(), requires_if("true", "canonical_pdp_url"))]
    pub canonical_authorization: bool,
    /// Its address; it is asked at `/access/v1/evaluation` below it.
    #[arg(long, env = "PDP_URL", value_name = "URL")]
    pub canonical_pdp_url: Option<String>,
    /// How long it may take, in milliseconds.
    #[arg(long, env = "PDP_TIMEOUT_MS", default_value = "2000", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub canonical_pdp_timeout: u64,
    /// As which application it knows this server.
    #[arg(long, env = "PDP_APPLICATION", default_value = "secrets")]
    pub canonical_pdp_application: String,
    /// How long a permission lasts unless it says otherwise, in seconds.
    #[arg(long, env = "GRANT_TTL_DEFAULT", default_value = "300")]
    pub canonical_grant_ttl: u64,
    /// How often a permission is good unless it says otherwise.
    #[arg(long, env = "GRANT_MAX_USES_DEFAULT", default_value = "1")]
    pub canonical_grant_uses: u64,
    /// How long a denial is remembered, in seconds.
    #[arg(long, env = "NEGATIVE_CACHE_TTL_S", default_value = "5")]
    pub canonical_denial_ttl: u64,
}

impl Default for PolicyArgs {
    fn default() -> Self {
        Self {
            canonical_authorization: false,
            canonical_pdp_url: None,
            canonical_pdp_timeout: 2000,
            canonical_pdp_application: "secrets".to_owned(),
            canonical_grant_ttl: 300,
            canonical_grant_uses: 1,
            canonical_denial_ttl: 5,
        }
    }
}

/// The same, for the door.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is asked.
    pub url: Url,
    /// How long it may take.
    pub timeout: Duration,
    /// As which application it knows this server.
    pub application: String,
    /// How long a permission lasts, in seconds.
    pub lasts: u64,
    /// How often it is good.
    pub uses: u64,
    /// How long a denial is remembered, in seconds.
    pub denied_for: u64,
}

impl PolicyArgs {
    /// As settings; `None`: nobody is asked.
    pub fn settings(&self) -> Result<Option<Settings>, BadSettings> {
        if !self.canonical_authorization {
            return Ok(None);
        }
        let bad = || {
            BadSettings::new(
                "--canonical-pdp-url must be https://… (plain http only on this machine)".to_owned(),
            )
        };
        let base = self.canonical_pdp_url.as_deref().ok_or_else(bad)?;
        let text = format!("{}/access/v1/evaluation", base.trim_end_matches('/'));
        let url = Url::parse(&text).map_err(|_| bad())?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err(bad());
        }
        Ok(Some(Settings {
            url,
            timeout: Duration::from_millis(self.canonical_pdp_timeout),
            application: self.canonical_pdp_application.clone(),
            lasts: self.canonical_grant_ttl,
            uses: self.canonical_grant_uses,
            denied_for: self.canonical_denial_ttl,
        }))
    }
}
