//! Whether a pod may have the key of a bundle. Pure: the claim, the pod, what is known of vaults, and the bundle's header
//! come in.

use coffer_domain::pattern::Pattern;
use coffer_wire::bundle::{BundleContent, Header};
use k8s_openapi::api::core::v1::Pod;

use super::claim::Claim;
use crate::{
    annotation::{INJECTED_LABEL, MAX_STALE},
    known::{Index, Reader},
};

/// Why not. The words are for the pod's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not run, or is another one.
    #[error("the pod of this token does not run, or was not made for this")]
    Pod,
    /// It did not ask when it was made.
    #[error("the pod does not carry the annotation coffer.dev/max-stale")]
    Unasked,
    /// The vault says no.
    #[error("no Vault allows it: its spec.maxStale or its spec.access has changed, or the Vault is gone")]
    Vault,
    /// Too old.
    #[error("the values are older than coffer.dev/max-stale and the Vault's spec.maxStale allow")]
    TooOld,
}

/// Whether this very pod runs, was injected, and asked.
pub fn check_pod(claim: &Claim, pod: &Pod) -> Result<(), Refusal> {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let account = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.service_account_name.as_deref());
    let meta = &pod.metadata;
    let injected = meta.labels.as_ref().and_then(|labels| labels.get(INJECTED_LABEL));
    let same = meta.uid.as_deref() == Some(&claim.uid) && account == Some(&claim.service_account);
    let runs = !matches!(phase, Some("Succeeded" | "Failed")) && meta.deletion_timestamp.is_none();
    if !same || !runs || injected.is_none_or(|value| value != "true") {
        return Err(Refusal::Pod);
    }
    let asked = meta
        .annotations
        .as_ref()
        .is_some_and(|all| all.contains_key(MAX_STALE));
    if asked { Ok(()) } else { Err(Refusal::Unasked) }
}

/// Whether the `Vault`, as it is now, lets this workload start with values as old as these are at `now`, in seconds since
/// 1970. What was allowed when they were sealed is in the header; the key is good for no other.
pub fn check_vault(
    claim: &Claim,
    content: &BundleContent,
    header: &Header,
    known: &Index,
    now: u64,
) -> Result<(), Refusal> {
    let reader = Reader {
        namespace: &claim.namespace,
        service_account: &claim.service_account,
    };
    let vault = known
        .vault(&content.organization, &content.vault)
        .ok_or(Refusal::Vault)?;
    let allowed = vault.max_stale().ok_or(Refusal::Vault)?;
    let patterns = vault.patterns_in(&content.organization, &content.environment, reader);
    let granted = |name: &String| patterns.iter().any(|pattern: &Pattern| pattern.matches(name));
    let all_granted = match &content.names {
        None => !patterns.is_empty(),
        Some(names) => names.iter().all(granted),
    };
    if !all_granted || content.organization != claim.namespace {
        return Err(Refusal::Vault);
    }
    let narrowed = Header {
        max_stale: header.max_stale.min(allowed),
        ..*header
    };
    if narrowed.is_fresh(now) {
        Ok(())
    } else {
        Err(Refusal::TooOld)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_000_000;

    fn claim() -> Claim {
        Claim {
            namespace: "team".into(),
            service_account: "web".into(),
            pod: "web-1".into(),
            uid: "u1".into(),
        }
    }

    fn pod(change: impl FnOnce(&mut Value)) -> Result<(), Refusal> {
        let mut pod = json!({
            "metadata": {
                "name": "web-1", "namespace": "team", "uid": "u1",
                "labels": { INJECTED_LABEL: "true" }, "annotations": { MAX_STALE: "24h" },
            },
            "spec": { "serviceAccountName": "web", "containers": [] },
            "status": { "phase": "Pending" },
        });
        change(&mut pod);
        check_pod(&claim(), &serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn only_a_live_injected_pod_that_asked() {
        type Change = fn(&mut Value);
        assert_eq!(pod(|_| ()), Ok(()));
        assert_eq!(pod(|p| p["status"]["phase"] = json!("Running")), Ok(()));
        assert_eq!(
            pod(|p| p["metadata"]["annotations"] = json!({})),
            Err(Refusal::Unasked)
        );
        let changes: [(&str, Change); 6] = [
            ("another of its name", |p| p["metadata"]["uid"] = json!("u2")),
            ("another account", |p| {
                p["spec"]["serviceAccountName"] = json!("worker");
            }),
            ("not injected", |p| p["metadata"]["labels"] = json!({})),
            ("being deleted", |p| {
                p["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            }),
            ("ended", |p| p["status"]["phase"] = json!("Succeeded")),
            ("failed", |p| p["status"]["phase"] = json!("Failed")),
        ];
        for (what, change) in changes {
            assert_eq!(pod(change), Err(Refusal::Pod), "{what}");
        }
    }

    fn vault(
        spec: Value,
        content: impl FnOnce(&mut BundleContent),
        change: impl FnOnce(&mut Header),
    ) -> Result<(), Refusal> {
        let mut index = Index::default();
        index.put_vault(
            ("team".into(), "app".into()),
            &serde_json::from_value(spec).unwrap(),
        );
        let mut wanted = BundleContent {
            organization: "team".into(),
            vault: "app".into(),
            environment: "default".into(),
            names: Some(vec!["A".into()]),
            max_stale: 3600,
        };
        content(&mut wanted);
        let mut header = Header {
            generation: [0; 8],
            issued: NOW - 3600,
            max_stale: 3600,
            salt: [0; 32],
        };
        change(&mut header);
        check_vault(&claim(), &wanted, &header, &index, NOW)
    }

    fn spec() -> Value {
        json!({ "maxStale": "24h", "access": [{ "serviceAccounts": ["web"], "keys": ["A", "app/*"] }] })
    }

    #[test]
    fn what_the_vault_says_now_counts() {
        assert_eq!(vault(spec(), |_| (), |_| ()), Ok(()));
        let changed = |change: fn(&mut Value)| {
            let mut spec = spec();
            change(&mut spec);
            vault(spec, |_| (), |_| ())
        };
        assert_eq!(changed(|s| s["maxStale"] = Value::Null), Err(Refusal::Vault));
        assert_eq!(
            changed(|s| s["maxStale"] = json!("59m")),
            Err(Refusal::TooOld),
            "narrowed"
        );
        assert_eq!(
            changed(|s| s["access"] = json!([])),
            Err(Refusal::Vault),
            "withdrawn"
        );
        assert_eq!(
            changed(|s| s["access"][0]["serviceAccounts"] = json!(["other"])),
            Err(Refusal::Vault)
        );
        assert_eq!(
            changed(|s| s["access"][0]["keys"] = json!(["B"])),
            Err(Refusal::Vault)
        );
        assert_eq!(
            changed(|s| s["access"][0]["namespaces"] = json!(["other"])),
            Err(Refusal::Vault)
        );
    }

    #[test]
    fn every_name_must_be_granted_and_the_vault_known() {
        assert_eq!(vault(spec(), |c| c.names = None, |_| ()), Ok(()));
        assert_eq!(
            vault(spec(), |c| c.names = Some(vec!["A".into(), "B".into()]), |_| ()),
            Err(Refusal::Vault)
        );
        assert_eq!(
            vault(spec(), |c| c.vault = "api".into(), |_| ()),
            Err(Refusal::Vault)
        );
        assert_eq!(
            vault(spec(), |c| c.organization = "other".into(), |_| ()),
            Err(Refusal::Vault)
        );
    }

    #[test]
    fn a_bundle_ends_with_its_time() {
        assert_eq!(
            vault(spec(), |_| (), |h| h.max_stale = 3599),
            Err(Refusal::TooOld)
        );
        assert_eq!(
            vault(spec(), |_| (), |h| h.issued = NOW + 3600),
            Err(Refusal::TooOld)
        );
    }
}
