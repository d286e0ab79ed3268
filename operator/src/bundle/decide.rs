//! What becomes of one bundle. Pure.

use std::collections::BTreeMap;

use coffer_domain::{Error, address::Version, name::SecretName};
use coffer_wire::bundle::BundleIdentity;

/// A bundle in use is sealed anew this many times while it may be used once, so that its age says how long the store
/// has not been reached, give or take this part.
const RENEWALS: u64 = 8;

/// Secrets and their versions.
pub type Versions = BTreeMap<SecretName, Version>;

/// What is known of a bundle that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What is in it; `None`: another run of this program wrote it.
    pub versions: Option<Versions>,
    /// When it was sealed, in seconds since 1970.
    pub issued: u64,
    /// For how long it may be used after that.
    pub max_stale: u64,
    /// When a pod last asked for it.
    pub asked: u64,
}

/// What a decision rests on.
#[derive(Debug)]
pub struct Facts<'f> {
    /// Whose.
    pub identity: &'f BundleIdentity,
    /// What the `Vault` allows, in seconds; `None`: nothing, or there is none.
    pub allowed: Option<u64>,
    /// What the workload would be given now.
    pub versions: Result<&'f Versions, &'f Error>,
    /// What there is.
    pub kept: Option<&'f Kept>,
    /// When a pod last asked.
    pub asked: u64,
    /// Now.
    pub now: u64,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Seal the present values, to be used for so long.
    Write(u64),
    /// It is as it should be.
    Stay,
    /// It must not be there. Why.
    Remove(String),
    /// It cannot be told now.
    Later,
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Verdict {
    let content = &facts.identity.content;
    if content.organization != facts.identity.namespace {
        return Verdict::Remove("bundles are kept for pods of the Vault's own namespace only".to_owned());
    }
    let Some(allowed) = facts.allowed else {
        let vault = &content.vault;
        return Verdict::Remove(format!(
            "Vault {vault} does not let pods start with older values: set its spec.maxStale, or remove the annotation \
             coffer.dev/max-stale from the pods"
        ));
    };
    let max_stale = allowed.min(content.max_stale);
    if facts.now > facts.asked.saturating_add(max_stale) {
        return Verdict::Remove("no pod has asked for it for as long as it could be used".to_owned());
    }
    let versions = match facts.versions {
        Ok(versions) => versions,
        Err(Error::Unavailable(_) | Error::Internal(_) | Error::Conflict(_)) => return Verdict::Later,
        Err(error) => return Verdict::Remove(error.to_string()),
    };
    let Some(kept) = facts.kept else {
        return Verdict::Write(max_stale);
    };
    let same = kept.versions.as_ref() == Some(versions) && kept.max_stale == max_stale;
    let due = facts.asked > kept.issued && facts.now >= kept.issued.saturating_add(max_stale / RENEWALS);
    if same && !due {
        Verdict::Stay
    } else {
        Verdict::Write(max_stale)
    }
}

#[cfg(test)]
mod tests {
    use coffer_wire::bundle::BundleContent;

    use super::*;

    const NOW: u64 = 1_000_000;

    fn identity(organization: &str) -> BundleIdentity {
        BundleIdentity {
            namespace: "team".into(),
            service_account: "web".into(),
            content: BundleContent {
                organization: organization.into(),
                vault: "app".into(),
                environment: "default".into(),
                names: None,
                max_stale: 3600,
            },
        }
    }

    fn versions(version: u64) -> Versions {
        BTreeMap::from([(SecretName::new("A").unwrap(), Version::new(version).unwrap())])
    }

    fn kept(version: u64, issued: u64) -> Kept {
        Kept {
            versions: Some(versions(version)),
            issued,
            max_stale: 3600,
            asked: NOW,
        }
    }

    fn verdict(allowed: Option<u64>, now: Result<u64, Error>, kept: Option<&Kept>, asked: u64) -> Verdict {
        let now = now.map(versions);
        decide(&Facts {
            identity: &identity("team"),
            allowed,
            versions: now.as_ref(),
            kept,
            asked,
            now: NOW,
        })
    }

    #[test]
    fn the_lesser_of_what_pod_and_vault_say_counts() {
        assert_eq!(verdict(Some(60), Ok(1), None, NOW), Verdict::Write(60));
        assert_eq!(verdict(Some(86_400), Ok(1), None, NOW), Verdict::Write(3600));
        let narrowed = verdict(Some(1800), Ok(1), Some(&kept(1, NOW)), NOW);
        assert_eq!(narrowed, Verdict::Write(1800));
    }

    #[test]
    fn nothing_is_kept_that_is_not_allowed() {
        let there = kept(1, NOW);
        assert!(
            matches!(verdict(None, Ok(1), Some(&there), NOW), Verdict::Remove(why) if why.contains("spec.maxStale"))
        );
        let refused = || Err(Error::Unauthenticated("no such grant"));
        assert!(matches!(
            verdict(Some(60), refused(), Some(&there), NOW),
            Verdict::Remove(_)
        ));
        let elsewhere = decide(&Facts {
            identity: &identity("shared"),
            allowed: Some(60),
            versions: Ok(&versions(1)),
            kept: None,
            asked: NOW,
            now: NOW,
        });
        assert!(matches!(elsewhere, Verdict::Remove(_)));
    }

    #[test]
    fn trouble_of_the_store_takes_nothing_away() {
        let trouble = || Err(Error::Unavailable("disk".to_owned()));
        assert_eq!(
            verdict(Some(3600), trouble(), Some(&kept(1, NOW)), NOW),
            Verdict::Later
        );
    }

    #[test]
    fn new_values_are_sealed_at_once_and_old_ones_now_and_then() {
        assert_eq!(
            verdict(Some(3600), Ok(1), Some(&kept(1, NOW)), NOW),
            Verdict::Stay
        );
        assert_eq!(
            verdict(Some(3600), Ok(2), Some(&kept(1, NOW)), NOW),
            Verdict::Write(3600)
        );
        assert_eq!(
            verdict(Some(3600), Ok(1), Some(&kept(1, NOW - 449)), NOW),
            Verdict::Stay
        );
        let old = kept(1, NOW - 450);
        assert_eq!(verdict(Some(3600), Ok(1), Some(&old), NOW), Verdict::Write(3600));
        let unasked = verdict(Some(3600), Ok(1), Some(&old), NOW - 450);
        assert_eq!(unasked, Verdict::Stay, "nobody asked since");
        let unknown = Kept {
            versions: None,
            ..kept(1, NOW)
        };
        assert_eq!(
            verdict(Some(3600), Ok(1), Some(&unknown), NOW),
            Verdict::Write(3600)
        );
    }

    #[test]
    fn what_nobody_asks_for_goes() {
        let there = kept(1, NOW);
        assert!(matches!(
            verdict(Some(60), Ok(1), Some(&there), NOW - 61),
            Verdict::Remove(_)
        ));
        assert_eq!(verdict(Some(60), Ok(1), None, NOW - 60), Verdict::Write(60));
    }
}
