//! Versions, without values.

use coffer_domain::{
    canonical_uri::CanonicalUri,
    entity::VersionState,
    provider::{History, Line},
};
use serde_json::{Value, json};

/// Everything that is known of a path.
pub fn detail(uri: &CanonicalUri, history: &History) -> Value {
    json!({
        "uri": uri.to_string(),
        "current_version": history.current,
        "oldest_version": history.oldest,
        "max_versions": history.max_versions,
        "cas_required": history.cas_required,
        "delete_version_after": history.delete_version_after,
        "created_time": history.created_at.to_string(),
        "updated_time": history.updated_at.to_string(),
        "versions": history.versions.iter().map(line).collect::<Vec<_>>(),
        "custom_metadata": history.custom,
    })
}

/// The versions with where they are in their life.
pub fn versions(uri: &CanonicalUri, history: &History) -> Value {
    let stated = |one: &Line| {
        let mut shown = line(one);
        shown["state"] = json!(match one.state {
            VersionState::Live => "active",
            VersionState::Deleted => "deleted",
            VersionState::Destroyed => "destroyed",
        });
        shown
    };
    json!({
        "uri": uri.to_string(),
        "current_version": history.current,
        "oldest_version": history.oldest,
        "versions": history.versions.iter().map(stated).collect::<Vec<_>>(),
    })
}

fn line(line: &Line) -> Value {
    json!({
        "version": line.version.get(),
        "created_time": line.created_at.to_string(),
        "deletion_time": line.deleted_at.map_or_else(String::new, |at| at.to_string()),
        "destroyed": line.state == VersionState::Destroyed,
    })
}
