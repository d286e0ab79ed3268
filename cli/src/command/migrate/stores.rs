//! Objects that have no counterpart here: what takes their place is said.

use serde_json::Value;

use super::Notes;

/// Whether it is one of them.
pub(super) fn look(kind: &str, object: &Value, notes: &mut Notes<'_>) -> bool {
    match kind {
        "SecretStore" | "ClusterSecretStore" => store(object, notes),
        "PushSecret"
        | "ClusterExternalSecret"
        | "VaultStaticSecret"
        | "VaultDynamicSecret"
        | "InfisicalSecret"
        | "DopplerSecret" => notes.left(format!("a {kind} is not translated: declare a VaultSecret")),
        "OnePasswordItem" => {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            notes.left(format!(
                "an item's fields are not known here: declare a VaultSecret with an entry external: {{}} for each, and sync: \
                 {{secretName: {name}}}"
            ));
        }
        "Secret" => secret(object, notes),
        _ => return false,
    }
    true
}

fn store(object: &Value, notes: &mut Notes<'_>) {
    let provider = &object["spec"]["provider"];
    let kinds = provider
        .as_object()
        .into_iter()
        .flatten()
        .map(|(kind, _)| kind.as_str());
    match provider["vault"]["server"].as_str() {
        Some(server) => notes.note(format!(
            "the operator knows the one server: chart values remote.url={server}, remote.auth and remote.allow (docs/REMOTE.md)"
        )),
        None => notes.left(format!(
            "values of {} are not copied: have them written through an API (external: {{}})",
            kinds.collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Bank-Vaults replaces references in Secrets too.
fn secret(object: &Value, notes: &mut Notes<'_>) {
    let texts = object["stringData"].as_object().into_iter().flatten();
    for (key, text) in texts {
        let is_reference = text
            .as_str()
            .is_some_and(|text| coffer_injector::familiar::reference::read(text).is_some());
        if is_reference {
            notes.left(format!(
                "stringData.{key} is a reference, and the injector reads no Secret: put it into the variable itself, or into a \
                 ConfigMap"
            ));
        }
    }
}
