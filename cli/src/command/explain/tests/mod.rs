//! Tables: one world, changed in one respect, and what is told of it.

mod faults;
mod live;

use std::collections::BTreeMap;

use coffer_injector::{decide::decide, known::Index, view::Pod};
use serde_json::{Value, json};

use super::{
    super::injection,
    decide::explain,
    facts::{Facts, Line},
    gather,
    report::{Code, Item, Reason, Report, State},
};

/// All that can be changed.
#[derive(Clone)]
struct World {
    vaults: Value,
    secrets: Value,
    pod: Value,
    status: Value,
    events: Value,
    webhook: Value,
    ledger: Option<Vec<Line>>,
}

/// A key of a `VaultSecret`'s status.
fn key(name: &str, version: u64) -> Value {
    json!({"name": name, "version": version, "changed": "2026-01-02T00:00:00Z"})
}

/// Vault `app` of namespace `shop` lets `web` read `DATABASE_*` and `TLS_KEY`; `ADMIN_TOKEN` is nobody's, `LATER` has no
/// value. The pod asks for a variable, a renamed one and a file.
fn world() -> World {
    let ready = |status: &str| {
        json!([{"type": "Ready", "status": status, "reason": "AwaitingValue", "message": "LATER: write it",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}])
    };
    World {
        vaults: json!([{
            "apiVersion": "coffer.dev/v1alpha1", "kind": "Vault", "metadata": {"namespace": "shop", "name": "app"},
            "spec": {"environments": ["default", "production"], "access": [
                {"serviceAccounts": ["batch"]},
                {"serviceAccounts": ["web"], "keys": ["DATABASE_*", "TLS_KEY", "LATER"]},
            ]},
        }]),
        secrets: json!([{
            "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret", "metadata": {"namespace": "shop", "name": "web"},
            "spec": {"vaultRef": {"name": "app"}, "data": {
                "DATABASE_URL": {"external": {}}, "TLS_KEY": {"external": {}}, "ADMIN_TOKEN": {"external": {}},
                "LATER": {"external": {}},
            }},
            "status": {
                "keys": [key("DATABASE_URL", 2), key("TLS_KEY", 1), key("ADMIN_TOKEN", 1), {"name": "LATER"}],
                "conditions": ready("False"),
                "consumers": {"total": 1, "current": 1, "lagging": 0, "summary": "1/1"},
            },
        }]),
        pod: json!({
            "metadata": {"namespace": "shop", "name": "web-1", "uid": "u1", "annotations": {
                "coffer.dev/inject": "true", "coffer.dev/vault": "app", "coffer.dev/env": "DATABASE_URL",
                "coffer.dev/file.tls": "{key: TLS_KEY, path: /etc/web/tls.key}",
            }},
            "spec": {"serviceAccountName": "web", "containers": [{"name": "web", "image": "web:1"}]},
        }),
        status: json!({
            "phase": "Running",
            "initContainerStatuses": [{"name": "coffer-agent", "started": true}],
            "containerStatuses": [{"name": "web", "started": true, "state": {"running": {"startedAt": "2026-01-03T00:00:00Z"}}}],
        }),
        events: json!([]),
        webhook: json!({"name": "pods.coffer.dev", "clientConfig": {"caBundle": "QQ=="}}),
        ledger: None,
    }
}

impl World {
    fn facts(&self) -> Facts {
        Facts {
            vaults: Ok(serde_json::from_value(self.vaults.clone()).unwrap()),
            secrets: Ok(serde_json::from_value(self.secrets.clone()).unwrap()),
            namespace: Ok(BTreeMap::new()),
            webhook: Ok(Some(self.webhook.clone()).filter(|it| !it.is_null())),
            events: Ok(self.events.as_array().unwrap().clone()),
            ledger: self.ledger.clone().map(Ok),
        }
    }

    fn annotate(&mut self, key: &str, value: &str) {
        self.pod["metadata"]["annotations"][format!("coffer.dev/{key}")] = json!(value);
    }

    /// The pod as the injector makes it.
    fn inject(&mut self) {
        let index: Index = self.facts().index();
        let text = self.pod.to_string();
        let pod: Pod<'_> = serde_json::from_str(&text).unwrap();
        let settings = injection::settings();
        let injected = decide(&pod, injection::context(&settings, &index, "shop")).unwrap();
        let patch = serde_json::to_value(&injected.patch).unwrap();
        let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
        json_patch::patch(&mut self.pod, &patch).unwrap();
    }

    /// Of a pod that would be made.
    fn template(&self) -> Report {
        let mut object = self.pod.clone();
        object["kind"] = json!("Pod");
        self.explained(object, false)
    }

    /// Of the pod in the cluster.
    fn live(&self) -> Report {
        let mut object = self.pod.clone();
        (object["kind"], object["status"]) = (json!("Pod"), self.status.clone());
        self.explained(object, true)
    }

    fn explained(&self, object: Value, is_live: bool) -> Report {
        let subject = gather::subject(object, "shop", is_live).unwrap();
        explain(&subject, &self.facts())
    }
}

fn item<'r>(report: &'r Report, name: &str) -> &'r Item {
    let found = report.items.iter().find(|item| item.name == name);
    found.unwrap_or_else(|| panic!("no {name}: {report:#?}"))
}

/// The first code of a list of reasons, and its message.
#[track_caller]
fn says(reasons: &[Reason], code: Code, words: &[&str]) {
    let found = reasons.iter().find(|reason| reason.code == code);
    let message = &found
        .unwrap_or_else(|| panic!("no {code:?}: {reasons:?}"))
        .message;
    for word in words {
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
}

const FILE: &str = "/etc/web/tls.key";
