//! What lies under a prefix, as items of lists.

use coffer_domain::{
    canonical_uri::{Backend, Fragment, UriPrefix},
    provider::Entry,
};
use serde_json::{Value, json};

/// A key with its kind; `None` for what is no key, or has a name that no URI can say.
pub fn key(backend: Backend, entry: &Entry) -> Option<Value> {
    let Entry::Key { path, key, kind } = entry else {
        return None;
    };
    let fragment = Fragment::of_key(key).ok()?;
    Some(json!({
        "uri": format!("{backend}://{path}#{fragment}"),
        "path": inside(path),
        "key": key,
        "type": kind.as_str(),
    }))
}

/// An entry whose key, or whose path below the prefix, holds `wanted`, which is in lower case.
pub fn found(prefix: &UriPrefix, entry: &Entry, wanted: &str) -> Option<Value> {
    let backend = prefix.backend;
    let holds = |text: &str| text.to_lowercase().contains(wanted);
    let below = |path: &str| holds(path.strip_prefix(prefix.path.as_str()).unwrap_or(path));
    match entry {
        Entry::Key { path, key, .. } => {
            let matched = if holds(key) {
                "key"
            } else if below(path) {
                "path"
            } else {
                return None;
            };
            let fragment = Fragment::of_key(key).ok()?;
            let uri = format!("{backend}://{path}#{fragment}");
            Some(json!({ "uri": uri, "path": inside(path), "key": key, "match": matched }))
        }
        Entry::Secret(path) | Entry::Folder(path) if below(path) => {
            let slash = if matches!(entry, Entry::Folder(_)) {
                "/"
            } else {
                ""
            };
            let shown = format!("{}{slash}", inside(path));
            Some(json!({ "uri": format!("{backend}://{path}"), "path": shown, "key": null, "match": "path" }))
        }
        Entry::Secret(_) | Entry::Folder(_) => None,
    }
}

/// A path without its mount.
fn inside(path: &str) -> &str {
    path.split_once('/').map_or("", |(_, key)| key)
}
