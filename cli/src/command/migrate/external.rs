//! `ExternalSecret` of External Secrets: a `VaultSecret` with the same Secret beside it. What a Vault or OpenBao server
//! keeps is followed there; everything else is written by someone else.

use coffer_crds::{DEFAULT_ENVIRONMENT, Duration};
use coffer_domain::canonical_uri::{CanonicalUri, Reading};
use serde_json::{Map, Value, json};

use super::{Context, Notes};

/// Puts one into our words.
pub(super) fn secret(object: &mut Value, namespace: &str, context: &Context<'_>, notes: &mut Notes<'_>) {
    let spec = &object["spec"];
    let store = store(&spec["secretStoreRef"], namespace, context);
    if matches!(store, Store::Unknown) {
        notes.note("its store is not in these files: its entries are external: {}, written through an API");
    }
    left(spec, notes);
    let data = data(spec, &store, notes);
    if data.is_empty() {
        return;
    }
    let target = match &spec["target"]["name"] {
        Value::String(target) => json!(target),
        _ => object["metadata"]["name"].clone(),
    };
    let mut ours = json!({
        "vaultRef": { "name": context.args.vault },
        "data": data,
        "sync": { "secretName": target },
    });
    if context.args.environment != DEFAULT_ENVIRONMENT {
        ours["environment"] = json!(context.args.environment);
    }
    notes.note(format!(
        "it becomes a VaultSecret of Vault {}; delete the ExternalSecret first, keeping its Secret (deletionPolicy: Retain), and \
         then the Secret: a foreign one is never touched",
        context.args.vault
    ));
    object["apiVersion"] = json!("coffer.dev/v1alpha1");
    object["kind"] = json!("VaultSecret");
    object["spec"] = ours;
    if let Some(all) = object.as_object_mut() {
        all.remove("status");
    }
}

/// What there is no word for.
fn left(spec: &Value, notes: &mut Notes<'_>) {
    for (field, what) in [
        (
            "dataFrom",
            "its keys are not known here: write an entry of data for each",
        ),
        (
            "target/template",
            "write it as spec.sync.template (docs/TEMPLATES.md)",
        ),
    ] {
        if spec.pointer(&format!("/{field}")).is_some() {
            notes.left(format!("spec.{}: {what}", field.replace('/', ".")));
        }
    }
    let policy = spec["target"]["creationPolicy"].as_str();
    if policy.is_some_and(|policy| policy != "Owner") {
        notes.note("spec.target.creationPolicy: the VaultSecret owns its Secret, and touches no other");
    }
}

/// The entries.
fn data(spec: &Value, store: &Store, notes: &mut Notes<'_>) -> Map<String, Value> {
    let every = refresh(&spec["refreshInterval"], notes);
    let mut data = Map::new();
    for entry in spec["data"].as_array().into_iter().flatten() {
        let Some(key) = entry["secretKey"].as_str() else {
            continue;
        };
        let source = match (remote(store, &entry["remoteRef"], key, notes), &every) {
            (None, _) => json!({ "external": {} }),
            (Some(uri), None) => json!({ "remote": { "uri": uri } }),
            (Some(uri), Some(every)) => json!({ "remote": { "uri": uri, "refreshEvery": every } }),
        };
        data.insert(key.to_owned(), source);
    }
    data
}

/// Where the values are.
enum Store {
    /// Its object is not in these files.
    Unknown,
    /// Where nobody can follow them.
    Other,
    /// On a Vault or OpenBao server with KV version 2; without a mount, each key says it.
    Followed { mount: Option<String> },
}

/// The store that is meant.
fn store(reference: &Value, namespace: &str, context: &Context<'_>) -> Store {
    let kind = reference["kind"].as_str().unwrap_or("SecretStore");
    let found = context.objects.iter().find(|it| {
        it.kind == kind
            && reference["name"] == it.name.as_str()
            && (kind == "ClusterSecretStore" || it.namespace == namespace)
    });
    let Some(found) = found else { return Store::Unknown };
    let vault = &found.value["spec"]["provider"]["vault"];
    let is_second = vault["version"].as_str().is_none_or(|version| version == "v2");
    if !vault.is_object() || !is_second {
        return Store::Other;
    }
    Store::Followed {
        mount: vault["path"]
            .as_str()
            .map(|path| path.trim_matches('/').to_owned()),
    }
}

/// The canonical URI of one entry; `None` if it is to be external.
fn remote(store: &Store, reference: &Value, key: &str, notes: &mut Notes<'_>) -> Option<String> {
    let mount = match store {
        Store::Followed { mount } => mount,
        Store::Unknown => return None,
        Store::Other => {
            notes.note(format!(
                "{key}: its store is no KV version 2 of Vault or OpenBao: external: {{}}"
            ));
            return None;
        }
    };
    let path = reference["key"].as_str().unwrap_or_default().trim_matches('/');
    let (mount, path) = match mount {
        Some(mount) => (
            mount.as_str(),
            path.strip_prefix(&format!("{mount}/")).unwrap_or(path),
        ),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    let path = path.strip_prefix("data/").unwrap_or(path);
    let mut uri = format!("openbao+kv2://{mount}/{path}");
    if let Some(property) = reference["property"].as_str() {
        uri = format!("{uri}#{property}");
    }
    if let Some(version) = reference["version"].as_str() {
        uri = format!("{uri}?version={version}");
    }
    for field in ["decodingStrategy", "conversionStrategy"] {
        if reference[field]
            .as_str()
            .is_some_and(|it| !["None", "Default"].contains(&it))
        {
            notes.left(format!(
                "{key}: remoteRef.{field}: the value arrives as it is kept; use spec.sync.template"
            ));
        }
    }
    match CanonicalUri::parse(&uri, Reading::Strict) {
        Ok(uri) => Some(uri.to_string()),
        Err(fault) => {
            notes.left(format!(
                "{key}: its path is not one that can be followed: {fault}; it is external: {{}} now"
            ));
            None
        }
    }
}

/// `1h`, `1h0m0s`, `30s`, as we write them.
fn refresh(interval: &Value, notes: &mut Notes<'_>) -> Option<String> {
    let text = interval.as_str()?;
    let parts = text.split_inclusive(|c: char| c.is_ascii_alphabetic());
    let short: String = parts
        .filter(|part| part.trim_start_matches('0').len() > 1)
        .collect();
    match short.parse::<Duration>() {
        Ok(every) if every.to_seconds() >= 5 => Some(every.as_str().to_owned()),
        _ => {
            notes.note(format!(
                "spec.refreshInterval {text}: dropped; the operator's setting counts"
            ));
            None
        }
    }
}
