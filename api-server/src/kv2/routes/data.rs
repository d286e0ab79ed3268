//! `/v1/<mount>/data/<path>`: values.

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use coffer_domain::{
    address::Version,
    provider::store::{kept, shown},
    secret_json::SecretJson,
    usecase::{
        kv2::Known,
        secrets::{Becomes, Before, Looked},
    },
};
use serde_json::{Map, Value};

use crate::kv2::{
    ask::{Ask, Wrappable},
    envelope,
    error::Fault,
    input::{Input, number, require_patch},
    model::{ReadOut, VersionOut},
    routes::wrapping,
};

/// The value, at the version that the query pins or the newest.
pub async fn read(asked: Wrappable) -> Result<Response, Fault> {
    let ask = &asked.ask;
    let looked = look(ask).await?;
    let metadata = VersionOut::of(&looked.secret, &looked.meta);
    let Some(value) = &looked.value else {
        let gone = ReadOut { data: None, metadata };
        return Ok(envelope::with_status(StatusCode::NOT_FOUND, &ask.context, gone));
    };
    let value = shown(value);
    let out = ReadOut {
        data: Some(value.reveal()),
        metadata,
    };
    wrapping::answer(&asked, out).await
}

/// The version that a request is about. One that is not kept any more is one that there is not.
pub async fn look(ask: &Ask) -> Result<Looked, Fault> {
    let address = ask.address()?;
    let query = ask.query();
    let wrong = || Fault::bad("version must be a number");
    let pinned = match query.text("version").filter(|text| !text.is_empty()) {
        Some(text) => Version::new(number(&Value::from(text)).ok_or_else(wrong)?),
        None => None,
    };
    // A vault that is not there is no path of any mount; a secret that is not there is just that.
    let looked = ask
        .app
        .coffer
        .look_at_secret(&ask.caller, &address, pinned)
        .await?;
    let metadata = looked.secret.metadata.as_deref();
    let oldest = metadata
        .and_then(|metadata| metadata.retention)
        .unwrap_or_default()
        .oldest;
    if looked.meta.version.get() < oldest {
        return Err(Fault::missing());
    }
    Ok(looked)
}

/// A new version.
pub async fn write(ask: Ask, input: Input) -> Result<Response, Fault> {
    let map = map_of(&input)?;
    let cas = cas_of(&input)?;
    remake(&ask, cas, &|_| {
        Ok(SecretJson::from(map.members().cloned().unwrap_or_default()))
    })
    .await
}

/// A new version that is the newest one with some members changed (RFC 7396).
pub async fn patch(ask: Ask, headers: HeaderMap, input: Input) -> Result<Response, Fault> {
    require_patch(&headers)?;
    let changes = map_of(&input)?;
    let cas = cas_of(&input)?;
    let merged = |before: &Before<'_>| {
        let present = match (before.value, before.latest) {
            (Some(value), _) => shown(value),
            (None, Some(_)) => return Err(Fault::NotReadable),
            (None, None) => return Err(Fault::Nothing),
        };
        let mut merged = present.reveal().clone();
        merge(&mut merged, changes.reveal());
        Ok(SecretJson::new(merged))
    };
    match remake(&ask, cas, &merged).await {
        Err(Fault::NotReadable) => Ok(newest(&ask).await),
        done => done,
    }
}

/// What a patch of a version that cannot be read is told: which that is, if the sender may know.
async fn newest(ask: &Ask) -> Response {
    let Ok(address) = ask.address() else {
        return Fault::Nothing.into_response();
    };
    match ask.app.coffer.known_path(&ask.caller, &address).await {
        Ok(Known::Secret(secret, versions)) => match versions.first() {
            Some(meta) => {
                let out = VersionOut::of(&secret, meta);
                envelope::with_status(StatusCode::NOT_FOUND, &ask.context, out)
            }
            None => Fault::Nothing.into_response(),
        },
        _ => Fault::Nothing.into_response(),
    }
}

/// Deletes the newest version.
pub async fn delete(ask: Ask) -> Result<Response, Fault> {
    let address = ask.address()?;
    super::unless_missing(ask.app.coffer.delete_latest(&ask.caller, &address).await)
}

/// Writes what `value` makes of the path, if it is at the version that the sender has seen.
async fn remake(
    ask: &Ask,
    cas: Option<u64>,
    value: &(dyn Fn(&Before<'_>) -> Result<SecretJson, Fault> + Send + Sync),
) -> Result<Response, Fault> {
    let address = ask.address()?;
    let remake = |before: Before<'_>| {
        check_cas(&before, cas)?;
        let value = kept(&value(&before)?);
        let metadata = before.metadata;
        Ok::<_, Fault>(Becomes { value, metadata })
    };
    let written = ask.app.coffer.write_path(&ask.caller, &address, &remake).await?;
    let out = VersionOut::of(&written.secret, &written.meta);
    Ok(envelope::data(&ask.context, out))
}

fn check_cas(before: &Before<'_>, cas: Option<u64>) -> Result<(), Fault> {
    let latest = before.latest.map_or(0, Version::get);
    let required = before.metadata.retention.is_some_and(|it| it.cas_required);
    match cas {
        None if required => Err(Fault::bad("check-and-set parameter required for this call")),
        Some(cas) if cas != latest => Err(Fault::bad(
            "check-and-set parameter did not match the current version",
        )),
        _ => Ok(()),
    }
}

fn map_of(input: &Input) -> Result<SecretJson, Fault> {
    match input.member("data") {
        None => Err(Fault::bad("no data provided")),
        Some(data @ Value::Object(_)) => Ok(SecretJson::new(data.clone())),
        Some(_) => Err(Fault::bad("data must be an object")),
    }
}

fn cas_of(input: &Input) -> Result<Option<u64>, Fault> {
    let options = match input.member("options") {
        None => return Ok(None),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(Fault::bad("options must be an object")),
    };
    let wrong = || Fault::bad("error parsing check-and-set parameter");
    let cas = options.get("cas").filter(|cas| !cas.is_null());
    cas.map(|cas| number(cas).ok_or_else(wrong)).transpose()
}

/// Merges as RFC 7396 says: null takes away, objects merge, everything else takes the place.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(members) = target {
        for (name, change) in changes {
            if change.is_null() {
                members.remove(name);
            } else {
                merge(members.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_as_the_rfc_has_it() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({"a": 1}),
                json!({"a": {"b": {"c": null}}}),
                json!({"a": {"b": {}}}),
            ),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, expected, "{target} {patch}");
        }
    }
}
