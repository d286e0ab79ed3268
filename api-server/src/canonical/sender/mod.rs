//! Tokens that are good only in their sender's hands: bound to a key, of which each request brings a proof (`DPoP`,
//! RFC 9449), or to the certificate of the connection (RFC 8705). Knows nothing of what a token allows.

mod certificate;
mod identity;
mod nonce;
mod proof;
mod settings;
mod uses;
mod window;

use axum::http::{HeaderMap, header, request::Parts};
use coffer_domain::port::Entropy;
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use identity::Identity;
pub use settings::{Mode, SenderArgs, Settings};
pub use uses::Uses;

use self::{
    nonce::Nonces,
    window::{Seen, Window},
};
use super::{error::Failure, local::is_our_name};
use crate::http::{bearer, context::Context};

const PROOF: &str = "dpop";

/// What a token is bound to, by its claim `cnf`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// A key, by its thumbprint (`jkt`).
    pub key: Option<String>,
    /// A certificate, by its thumbprint (`x5t#S256`).
    pub certificate: Option<String>,
}

impl Bound {
    /// Reads the claim; `None`: it binds in a way that is not known, and then the token is no good.
    pub fn read(claim: Option<&Value>) -> Option<Self> {
        let Some(claim) = claim.filter(|claim| !claim.is_null()) else {
            return Some(Self::default());
        };
        let members = claim.as_object()?;
        let known = members
            .keys()
            .all(|name| matches!(name.as_str(), "jkt" | "x5t#S256"));
        let text = |name: &str| match members.get(name) {
            None => Some(None),
            Some(found) => found
                .as_str()
                .filter(|text| !text.is_empty())
                .map(|text| Some(text.to_owned())),
        };
        let bound = Self {
            key: text("jkt")?,
            certificate: text("x5t#S256")?,
        };
        (known && bound.name().is_some()).then_some(bound)
    }

    /// By what name a policy knows it: the key before the certificate.
    pub fn name(&self) -> Option<&str> {
        self.key.as_deref().or(self.certificate.as_deref())
    }
}

/// A request's credential, and how it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// The token.
    pub text: &'a str,
    /// Whether the scheme says that it is bound to a key.
    pub bound: bool,
}

impl<'a> Credential<'a> {
    /// That of `Authorization: Bearer` or `DPoP`.
    pub fn of(headers: &'a HeaderMap) -> Option<Self> {
        let of = |text, bound| Self { text, bound };
        let bearer = bearer::token(headers).map(|text| of(text, false));
        bearer.or_else(|| bearer::of_scheme(headers, PROOF).map(|text| of(text, true)))
    }
}

/// The senders of this server's requests.
pub struct Senders {
    settings: Settings,
    proofs: Window<[u8; 32], ()>,
    nonces: Option<Nonces>,
}

impl Senders {
    /// As the settings say.
    pub fn new(settings: &Settings, entropy: &dyn Entropy) -> Self {
        Self {
            settings: settings.clone(),
            proofs: Window::new(settings.remembered),
            nonces: settings.nonces.then(|| Nonces::new(entropy)),
        }
    }

    /// Whose the certificate of a request is, where that is the credential; `None`: a token is.
    pub fn identified(
        &self,
        parts: &Parts,
        context: &Context,
        now: Timestamp,
    ) -> Result<Option<Identity>, Failure> {
        if self.settings.mode != Mode::Mtls {
            return Ok(None);
        }
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let message = "a certificate is the credential here; send no token";
            return Err(Failure::certificate("UNAUTHENTICATED", message));
        }
        let shown = certificate::shown(&self.settings, &context.transport, &parts.headers)?;
        let missing = || Failure::certificate("certificate_missing", "this takes a certificate");
        let shown = shown.ok_or_else(missing)?;
        self.unblocked(&shown.thumbprint)?;
        self.settings.identities.of(&shown, now).map(Some)
    }

    /// Has the sender show that it may use a credential that is bound so (`None`: no token of an issuer). Gives the
    /// thumbprint of its certificate, if it has shown one.
    pub fn admit(
        &self,
        parts: &Parts,
        context: &Context,
        sent: Option<(Credential<'_>, &Bound)>,
        now: Timestamp,
    ) -> Result<Option<String>, Failure> {
        let shown = certificate::shown(&self.settings, &context.transport, &parts.headers)?;
        let shown = shown.map(|shown| shown.thumbprint);
        let bound = sent.and_then(|(_, bound)| bound.certificate.as_deref());
        self.certified(context.path(), bound, shown.as_deref())?;
        if let Some((credential, bound)) = sent {
            match &bound.key {
                Some(key) => self.proven(parts, context, (credential, key), now)?,
                None if credential.bound => return Err(Failure::proof("the token is bound to no key")),
                None => {}
            }
        }
        Ok(shown)
    }

    fn unblocked(&self, thumbprint: &str) -> Result<(), Failure> {
        if self.settings.blocked.iter().any(|blocked| blocked == thumbprint) {
            let message = "this certificate is not taken any more";
            return Err(Failure::certificate("certificate_blocklisted", message));
        }
        Ok(())
    }

    fn certified(&self, path: &str, bound: Option<&str>, shown: Option<&str>) -> Result<(), Failure> {
        shown.map_or(Ok(()), |shown| self.unblocked(shown))?;
        if bound.is_none() && !self.settings.requires_certificate(path) {
            return Ok(());
        }
        match (bound, shown) {
            (_, None) => Err(Failure::certificate(
                "certificate_missing",
                "this takes the certificate that the token is bound to",
            )),
            (Some(bound), Some(shown)) if bound == shown => Ok(()),
            _ => Err(Failure::certificate(
                "sender_binding_mismatch",
                "the token is not bound to the sender's certificate",
            )),
        }
    }

    fn proven(
        &self,
        parts: &Parts,
        context: &Context,
        (credential, key): (Credential<'_>, &str),
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut all = parts.headers.get_all(PROOF).iter();
        let (Some(only), None) = (all.next(), all.next()) else {
            return Err(Failure::proof("the token takes one proof: DPoP: <proof>"));
        };
        let expected = proof::Expected {
            method: parts.method.as_str(),
            targets: &self.targets(parts, context),
            token: credential.text,
            key,
            algorithms: &self.settings.algorithms,
            now,
        };
        let proof = proof::read(only.to_str().unwrap_or_default(), &expected)
            .map_err(|why| Failure::proof(&format!("the proof {why}")))?;
        if let Some(nonces) = &self.nonces
            && !proof.nonce.is_some_and(|nonce| nonces.takes(&nonce, now))
        {
            return Err(Failure::nonce(nonces.at(now)));
        }
        let place = Sha256::digest(format!("{key} {}", proof.id)).into();
        match self.proofs.note(place, (), now) {
            Seen::First => Ok(()),
            Seen::Before(()) => Err(Failure::replayed()),
            Seen::Crowded => Err(crowded()),
        }
    }

    /// How a client may write the address of a request. Without a configured address only a name of this machine is
    /// believed: any other that a request brings could be that of whoever the proof was made for.
    fn targets(&self, parts: &Parts, context: &Context) -> Vec<Url> {
        let below = |base: &Url| {
            proof::plain(&format!(
                "{}{}",
                base.as_str().trim_end_matches('/'),
                context.path()
            ))
        };
        if !self.settings.addresses.is_empty() {
            return self.settings.addresses.iter().filter_map(below).collect();
        }
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let scheme = if context.transport.secure { "https" } else { "http" };
        let own = host.filter(|host| is_our_name(host));
        let url = own.and_then(|host| proof::plain(&format!("{scheme}://{host}{}", context.asked_path())));
        url.into_iter().collect()
    }
}

/// There is no room to remember one more id.
fn crowded() -> Failure {
    Failure::new(
        503,
        "OVERLOADED",
        "too many tokens and proofs are in use; try again",
    )
    .after(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_binds_in_an_unknown_way_is_no_good() {
        let bound = |key: Option<&str>, certificate: Option<&str>| {
            Some(Bound {
                key: key.map(str::to_owned),
                certificate: certificate.map(str::to_owned),
            })
        };
        assert_eq!(Bound::read(None), bound(None, None));
        assert_eq!(Bound::read(Some(&json!(null))), bound(None, None));
        assert_eq!(Bound::read(Some(&json!({"jkt": "a"}))), bound(Some("a"), None));
        let both = json!({"jkt": "a", "x5t#S256": "b"});
        assert_eq!(Bound::read(Some(&both)), bound(Some("a"), Some("b")));
        for claim in [
            json!({}),
            json!("a"),
            json!({"jkt": ""}),
            json!({"jkt": 1}),
            json!({"jkt": null}),
            json!({"jwk": {}}),
            json!({"jkt": "a", "kid": "b"}),
        ] {
            assert_eq!(Bound::read(Some(&claim)), None, "{claim}");
        }
    }
}
