//! What the server says of keys without their values.

use std::collections::BTreeMap;

use coffer_domain::{
    address::Version,
    canonical_uri::UriPath,
    entity::VersionState,
    provider::{Entry, History, Line, ProviderFault},
};
use jiff::Timestamp;
use serde_json::Value;

/// The versions of a key at `now`, newest first: a time of deletion that is to come is not one that was.
pub fn history(data: &Value, now: Timestamp) -> Result<History, ProviderFault> {
    let versions = data["versions"].as_object().ok_or(ProviderFault::Broken)?;
    let mut lines = Vec::with_capacity(versions.len());
    for (number, one) in versions {
        lines.push(line(number, one, now).ok_or(ProviderFault::Broken)?);
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.version));
    let number = |name: &str| data[name].as_u64().unwrap_or(0);
    Ok(History {
        current: number("current_version"),
        oldest: number("oldest_version"),
        max_versions: number("max_versions"),
        cas_required: data["cas_required"] == true,
        delete_version_after: data["delete_version_after"].as_str().unwrap_or("0s").to_owned(),
        created_at: moment(&data["created_time"]).ok_or(ProviderFault::Broken)?,
        updated_at: moment(&data["updated_time"]).ok_or(ProviderFault::Broken)?,
        versions: lines,
        custom: custom(&data["custom_metadata"]),
    })
}

fn line(number: &str, one: &Value, now: Timestamp) -> Option<Line> {
    let deleted_at = moment(&one["deletion_time"]);
    let state = if one["destroyed"] == true {
        VersionState::Destroyed
    } else if deleted_at.is_some_and(|at| at <= now) {
        VersionState::Deleted
    } else {
        VersionState::Live
    };
    Some(Line {
        version: number.parse().ok().and_then(Version::new)?,
        state,
        created_at: moment(&one["created_time"])?,
        deleted_at,
    })
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// What is said of a key.
pub fn custom(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    let texts = members.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())));
    texts.collect()
}

/// One level of names below a path. A name that no URI can say is left out.
pub fn entries(path: &UriPath, keys: &[Value]) -> Vec<Entry> {
    let entry = |key: &Value| {
        let key = key.as_str()?;
        match key.strip_suffix('/') {
            Some(folder) => Some(Entry::Folder(path.join(folder).ok()?.to_string())),
            None => Some(Entry::Secret(path.join(key).ok()?.to_string())),
        }
    };
    keys.iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_told_by_what_was_and_not_by_what_will_be() {
        let at = "2026-01-01T00:00:00.123456789Z";
        let version = |deletion: &str, destroyed: bool| json!({"created_time": at, "deletion_time": deletion, "destroyed": destroyed});
        let data = json!({
            "current_version": 10, "oldest_version": 2, "created_time": at, "updated_time": at,
            "custom_metadata": null,
            "versions": {
                "10": version("", false),
                "9": version("2026-02-01T00:00:00Z", false),
                "2": version("2026-01-02T00:00:00Z", false),
                "3": version("2026-01-02T00:00:00Z", true),
            },
        });
        let read = history(&data, "2026-01-15T00:00:00Z".parse().unwrap()).unwrap();
        let states: Vec<_> = read
            .versions
            .iter()
            .map(|line| (line.version.get(), line.state))
            .collect();
        assert_eq!(
            states,
            [
                (10, VersionState::Live),
                (9, VersionState::Live),
                (3, VersionState::Destroyed),
                (2, VersionState::Deleted),
            ]
        );
        assert!(read.custom.is_empty());
        assert!(history(&json!({}), Timestamp::UNIX_EPOCH).is_err());
    }
}
