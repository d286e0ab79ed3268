//! Annotations of Bank-Vaults, 1Password and the programs that restart workloads.

use coffer_injector::annotation::{CONTAINERS, INJECT};
use serde_json::{Map, Value};

use super::Notes;

type All = Map<String, Value>;

const BANK_VAULTS: &str = "vault.security.banzaicloud.io/";
const ONE_PASSWORD: &str = "operator.1password.io/";
const STATUS: &str = "status";

/// Whether Bank-Vaults leaves the pod alone.
pub(super) fn skips(all: &All) -> bool {
    all.get("vault.security.banzaicloud.io/mutate")
        .is_some_and(|it| it == "skip")
}

/// Those of a pod template; whether one of them asks for restarts.
pub(super) fn of_pod(all: &mut All, notes: &mut Notes<'_>) -> bool {
    let given: Vec<(String, String)> = all
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let mut restarts = false;
    for (key, value) in given {
        if let Some(name) = key.strip_prefix(BANK_VAULTS) {
            bank_vaults(name, &key, all, notes);
        } else if let Some(name) = key.strip_prefix(ONE_PASSWORD) {
            restarts |= one_password(name, &key, &value, all, notes);
        } else if is_restart(&key) && value == "true" {
            all.remove(&key);
            restarts = true;
        }
    }
    restarts
}

/// Those that every restarter has its own word for.
fn is_restart(key: &str) -> bool {
    [
        "reloader.stakater.com/auto",
        "secret.reloader.stakater.com/auto",
        "secrets.doppler.com/reload",
        "secrets.infisical.com/auto-reload",
        "secrets-reloader.security.bank-vaults.io/reload-on-secret-change",
    ]
    .contains(&key)
}

fn bank_vaults(name: &str, key: &str, all: &mut All, notes: &mut Notes<'_>) {
    let what = match name {
        "vault-env-from-path" => "its keys are not known here: name the variables in coffer.dev/env",
        "vault-agent-configmap" | "vault-ct-configmap" => "files are asked for by coffer.dev/file.<name>",
        "transit-key-id" | "transit-path" => "what is encrypted by transit is kept in Coffer instead",
        "vault-ignore-missing-secrets" => "a value that is missing holds the pod",
        _ => {
            let why = match name {
                "mutate" | "mutate-probes" => "variables are kubelet's own: probes see them",
                "vault-addr"
                | "vault-skip-verify"
                | "vault-tls-secret"
                | "vault-namespace"
                | "vault-client-timeout" => "the server's address and certificates are the injector's own",
                "vault-role"
                | "vault-path"
                | "vault-auth-method"
                | "vault-serviceaccount"
                | "token-auth-mount"
                | "service-account-token-volume-name" => {
                    "spec.access of the Vault says which service account reads what"
                }
                "registry-skip-verify" => "no image is looked up",
                _ => "the agent needs no such setting",
            };
            notes.note(format!("{key}: dropped: {why}"));
            all.remove(key);
            return;
        }
    };
    notes.left(format!("{key}: {what}"));
}

fn one_password(name: &str, key: &str, value: &str, all: &mut All, notes: &mut Notes<'_>) -> bool {
    match name {
        "inject" => {
            all.insert(INJECT.to_owned(), "true".into());
            all.insert(CONTAINERS.to_owned(), value.into());
        }
        "auto-restart" => {
            all.remove(key);
            return value == "true";
        }
        "version" | STATUS => {}
        _ => {
            notes.left(format!(
                "{key}: declare a VaultSecret with an entry external: {{}} for each field, and sync.secretName"
            ));
            return false;
        }
    }
    all.remove(key);
    if name == "version" {
        notes.note(format!("{key}: dropped: there is no op program in the pod"));
    }
    false
}

/// Those beside a pod template; whether one of them asks for restarts. Coffer restarts for what it injects alone.
pub(super) fn of_workload(all: &mut All, injected: bool, notes: &mut Notes<'_>) -> bool {
    let mut restarts = false;
    let keys: Vec<String> = all.keys().cloned().collect();
    for key in keys {
        let on = all[&key] == "true";
        if (is_restart(&key) && on) || key == "secret.reloader.stakater.com/reload" {
            if injected {
                all.remove(&key);
                restarts = true;
                notes.note(format!(
                    "{key}: its place takes coffer.dev/on-change, for what is injected (docs/CHANGES.md)"
                ));
            } else {
                notes.note(format!("{key}: kept: nothing is injected into this workload"));
            }
        } else if key == "operator.1password.io/auto-restart" {
            all.remove(&key);
            restarts |= on;
        } else if key.ends_with("reloader.stakater.com/pause-period") {
            notes.note(format!(
                "{key}: kept; when Coffer restarts says spec.restart.windows of a VaultSecret"
            ));
        } else if key.contains("reloader.stakater.com/") || key.starts_with(ONE_PASSWORD) {
            notes.note(format!("{key}: kept: Coffer does not do that"));
        }
    }
    restarts
}
