//! What the server's configuration says of tokens that are bound to their senders.

use std::path::PathBuf;

use axum::http::HeaderName;
use clap::{ArgAction, ValueEnum, builder::BoolishValueParser};
use jiff::SignedDuration;
use jsonwebtoken::Algorithm;
use reqwest::Url;

use super::identity::Identities;
use crate::canonical::settings::BadSettings;

/// What becomes of a token's id that was seen before (the contract's replay modes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Replay {
    /// The same sender may use the token again; another may not.
    Binding,
    /// The same, and a token reads one value.
    Strict,
    /// Nothing is remembered.
    Off,
}

/// How senders show who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Mode {
    /// By their token alone: no certificate is asked for.
    Bearer,
    /// By their certificate alone: no token is taken.
    Mtls,
    /// By their token, and by a certificate where the token or the path takes one.
    BearerPlusMtlsOptional,
    /// By their token and the certificate that it is bound to.
    BearerPlusMtlsRequired,
}

impl Mode {
    /// Whether certificates count.
    pub fn asks(self) -> bool {
        self != Self::Bearer
    }
}

/// The command line's part on it.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "canonical_sender")]
pub struct SenderArgs {
    /// Base address of the Canonical door as clients write it, such as `https://secrets.example/canonical`, for `DPoP` proofs; several by commas. Without one, proofs are taken at loopback addresses only.
    #[arg(
        long,
        env = "COFFER_CANONICAL_ADDRESS",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub canonical_address: Vec<String>,
    /// By which algorithms tokens and proofs may be signed.
    #[arg(long, env = "OIDC_ALGORITHMS", value_name = "ALGORITHM", value_delimiter = ',', value_parser = algorithm, default_values = ["RS256", "PS256", "ES256", "EdDSA"])]
    pub canonical_algorithms: Vec<Algorithm>,
    /// What becomes of a token's id that was seen before.
    #[arg(
        long,
        env = "SECRETS_ANTI_REPLAY_MODE",
        value_name = "MODE",
        default_value = "binding"
    )]
    pub canonical_replay: Replay,
    /// How long ids of tokens and proofs are remembered, in seconds; longer than a proof can be good, which is 120.
    #[arg(long, env = "ANTI_REPLAY_TTL_S", value_name = "SECONDS", default_value = "300", value_parser = clap::value_parser!(i64).range(121..=86_400))]
    pub canonical_replay_ttl: i64,
    /// How senders show who they are.
    #[arg(
        long = "canonical-auth-mode",
        env = "INBOUND_AUTH_MODE",
        value_name = "MODE",
        default_value = "bearer"
    )]
    pub canonical_mode: Mode,
    /// Paths below which tokens must be bound to a certificate, such as /api/secrets/value, by commas.
    #[arg(
        long,
        env = "BINDING_REQUIRED_PATHS",
        value_name = "PATH",
        value_delimiter = ','
    )]
    pub canonical_bound_paths: Vec<String>,
    /// The header in which a trusted proxy hands on the certificate of its client.
    #[arg(
        long,
        env = "FORWARDED_CLIENT_CERT_HEADER",
        value_name = "NAME",
        default_value = "x-forwarded-tls-client-cert"
    )]
    pub canonical_client_cert_header: HeaderName,
    /// Thumbprints (x5t#S256) of certificates that are refused, by commas.
    #[arg(
        long,
        env = "CERT_THUMBPRINT_BLOCKLIST",
        value_name = "THUMBPRINT",
        value_delimiter = ','
    )]
    pub canonical_blocked_certs: Vec<String>,
    /// Whom certificates stand for where one alone is the credential: a YAML file, see the dialect's page.
    #[arg(long, env = "CERT_IDENTITY_MAPPINGS", value_name = "FILE")]
    pub canonical_cert_mappings: Option<PathBuf>,
    /// Whose signature on a certificate counts there: certificates of authorities, as PEM.
    #[arg(long, env = "COFFER_CANONICAL_CLIENT_CA", value_name = "FILE")]
    pub canonical_client_ca: Option<PathBuf>,
    /// Whether `DPoP` proofs must carry a nonce that this server gave out lately.
    #[arg(long, env = "COFFER_CANONICAL_PROOF_NONCES", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub canonical_proof_nonces: bool,
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    match text.trim() {
        "RS256" => Ok(Algorithm::RS256),
        "PS256" => Ok(Algorithm::PS256),
        "ES256" => Ok(Algorithm::ES256),
        "EdDSA" => Ok(Algorithm::EdDSA),
        _ => Err("must be RS256, PS256, ES256 or EdDSA".to_owned()),
    }
}

impl Default for SenderArgs {
    fn default() -> Self {
        Self {
            canonical_address: Vec::new(),
            canonical_algorithms: vec![
                Algorithm::RS256,
                Algorithm::PS256,
                Algorithm::ES256,
                Algorithm::EdDSA,
            ],
            canonical_replay: Replay::Binding,
            canonical_replay_ttl: 300,
            canonical_mode: Mode::Bearer,
            canonical_bound_paths: Vec::new(),
            canonical_client_cert_header: HeaderName::from_static("x-forwarded-tls-client-cert"),
            canonical_blocked_certs: Vec::new(),
            canonical_cert_mappings: None,
            canonical_client_ca: None,
            canonical_proof_nonces: false,
        }
    }
}

/// The same, for the door.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What clients know as the address of this door.
    pub addresses: Vec<Url>,
    /// By which algorithms tokens and proofs may be signed.
    pub algorithms: Vec<Algorithm>,
    /// What becomes of a token's id that was seen before.
    pub replay: Replay,
    /// How long ids are remembered.
    pub remembered: SignedDuration,
    /// How senders show who they are.
    pub mode: Mode,
    /// Below which paths tokens must be bound to a certificate.
    pub bound_paths: Vec<String>,
    /// Where a trusted proxy hands on a certificate.
    pub header: HeaderName,
    /// Which certificates are refused.
    pub blocked: Vec<String>,
    /// Whom the others stand for, where one alone is the credential.
    pub identities: Identities,
    /// Whether proofs must carry a nonce of ours.
    pub nonces: bool,
}

impl Settings {
    /// Whether what is at this path takes a token that is bound to a certificate.
    pub fn requires_certificate(&self, path: &str) -> bool {
        let below = |base: &String| {
            let rest = path.strip_prefix(base.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self.mode {
            Mode::Bearer | Mode::Mtls => false,
            Mode::BearerPlusMtlsOptional => self.bound_paths.iter().any(below),
            Mode::BearerPlusMtlsRequired => true,
        }
    }
}

impl SenderArgs {
    /// As settings; [`SenderArgs::check`] says whether they can be meant.
    pub fn settings(&self) -> Settings {
        let trimmed =
            |all: &[String]| -> Vec<String> { all.iter().map(|one| one.trim().to_owned()).collect() };
        Settings {
            addresses: self.addresses().unwrap_or_default(),
            algorithms: self.canonical_algorithms.clone(),
            replay: self.canonical_replay,
            remembered: SignedDuration::from_secs(self.canonical_replay_ttl),
            mode: self.canonical_mode,
            bound_paths: trimmed(&self.canonical_bound_paths),
            header: self.canonical_client_cert_header.clone(),
            blocked: trimmed(&self.canonical_blocked_certs),
            identities: self.identities().unwrap_or_default(),
            nonces: self.canonical_proof_nonces,
        }
    }

    /// Whether they can be meant.
    pub fn check(&self) -> Result<(), BadSettings> {
        let bad = |why: &str| Err(BadSettings::new(why.to_owned()));
        self.addresses()?;
        if !self
            .canonical_bound_paths
            .iter()
            .all(|path| path.trim().starts_with('/'))
        {
            return bad("--canonical-bound-paths must start with a slash, such as /api/secrets/value");
        }
        if matches!(self.canonical_mode, Mode::Bearer | Mode::Mtls) && !self.canonical_bound_paths.is_empty()
        {
            return bad("--canonical-bound-paths needs --canonical-auth-mode bearer_plus_mtls_optional");
        }
        let named = self.canonical_cert_mappings.is_some() || self.canonical_client_ca.is_some();
        match (self.canonical_mode == Mode::Mtls, named) {
            (true, false) => {
                return bad(
                    "--canonical-auth-mode mtls needs --canonical-cert-mappings or --canonical-client-ca",
                );
            }
            (false, true) => {
                return bad(
                    "--canonical-cert-mappings and --canonical-client-ca need --canonical-auth-mode mtls",
                );
            }
            _ => {}
        }
        self.identities().map(drop)
    }

    fn identities(&self) -> Result<Identities, BadSettings> {
        Identities::read(
            self.canonical_cert_mappings.as_deref(),
            self.canonical_client_ca.as_deref(),
        )
    }

    fn addresses(&self) -> Result<Vec<Url>, BadSettings> {
        let read = |text: &String| {
            let url = Url::parse(text.trim()).ok();
            let plain = |url: &Url| {
                matches!(url.scheme(), "https" | "http")
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
            };
            url.filter(plain).ok_or_else(|| {
                BadSettings::new(
                    "--canonical-address must be such as https://secrets.example/canonical".to_owned(),
                )
            })
        };
        self.canonical_address.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_bound_by_segments() {
        let settings = |mode, paths: &[&str]| {
            SenderArgs {
                canonical_mode: mode,
                canonical_bound_paths: paths.iter().map(|path| (*path).to_owned()).collect(),
                ..SenderArgs::default()
            }
            .settings()
        };
        let some = settings(Mode::BearerPlusMtlsOptional, &["/api/secrets/value"]);
        for (path, bound) in [
            ("/api/secrets/value", true),
            ("/api/secrets/value/x", true),
            ("/api/secrets/values", false),
            ("/api/secrets", false),
        ] {
            assert_eq!(some.requires_certificate(path), bound, "{path}");
        }
        assert!(settings(Mode::BearerPlusMtlsRequired, &[]).requires_certificate("/api/secrets"));
        assert!(!settings(Mode::Bearer, &[]).requires_certificate("/api/secrets"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let address = |text: &str| SenderArgs {
            canonical_address: vec![text.to_owned()],
            ..SenderArgs::default()
        };
        assert_eq!(address("https://secrets.example/canonical").check(), Ok(()));
        for text in [
            "secrets.example",
            "https://u@x.example",
            "https://x.example/?a",
            "ftp://x",
        ] {
            assert!(address(text).check().is_err(), "{text}");
        }
        let paths = SenderArgs {
            canonical_bound_paths: vec!["/api/secrets".to_owned()],
            ..SenderArgs::default()
        };
        assert!(paths.check().is_err(), "nothing asks for certificates");
        let alone = SenderArgs {
            canonical_mode: Mode::Mtls,
            ..SenderArgs::default()
        };
        assert!(alone.check().is_err(), "no certificate would stand for anybody");
    }
}
