//! Answers.

use bytes::Bytes;
use hyper::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::{
    Fake,
    body::Reply,
    object::has_label,
    path::{Query, Target},
    state::{Entry, State},
};

fn answer(code: u16, body: Reply) -> Response<Reply> {
    Response::builder().status(code).body(body).unwrap()
}

fn whole(code: u16, value: &Value) -> Response<Reply> {
    answer(code, Reply::Whole(Some(Bytes::from(value.to_string()))))
}

pub fn error(code: u16) -> Response<Reply> {
    let reason = match code {
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        422 => "Invalid",
        504 => "Timeout",
        _ => "InternalError",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": "the words of an API server",
    });
    whole(code, &status)
}

/// What a subresource answers that has nothing to show.
pub fn success() -> Response<Reply> {
    whole(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}),
    )
}

pub fn object(object: &Value, metadata_only: bool) -> Response<Reply> {
    whole(200, &shown(object, metadata_only))
}

fn shown(object: &Value, metadata_only: bool) -> Value {
    if metadata_only {
        json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
    } else {
        object.clone()
    }
}

fn matches(object: &Value, target: &Target, query: &Query) -> bool {
    let namespace = target.namespace.as_deref();
    namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
        && query
            .labels
            .iter()
            .all(|(key, value)| has_label(object, key, value))
        && !query
            .no_phases
            .iter()
            .any(|phase| object["status"]["phase"] == phase.as_str())
}

pub fn list(state: &State, target: &Target, query: &Query, metadata_only: bool) -> Response<Reply> {
    let found = state
        .list(target)
        .into_iter()
        .filter(|object| matches(object, target, query));
    let items: Vec<Value> = found.map(|object| shown(object, metadata_only)).collect();
    whole(
        200,
        &json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": state.version().to_string()}, "items": items}),
    )
}

pub fn watch(fake: Fake, target: Target, query: Query, metadata_only: bool) -> Response<Reply> {
    let (sender, pieces) = unbounded_channel();
    tokio::spawn(async move {
        let mut changes = fake.changes();
        let mut version = query.version;
        while !sender.is_closed() {
            let entries: Vec<Entry> = fake.0.state.lock().since(version).to_vec();
            for entry in entries {
                version = entry.version;
                if let Some(event) = event(&entry, &target, &query, metadata_only) {
                    let _ = sender.send(Bytes::from(format!("{event}\n")));
                }
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
        }
    });
    answer(200, Reply::Pieces(pieces))
}

/// The event that a watch with this selector hears.
fn event(entry: &Entry, target: &Target, query: &Query, metadata_only: bool) -> Option<Value> {
    if entry.plural != target.plural {
        return None;
    }
    let before = entry
        .before
        .as_ref()
        .filter(|object| matches(object, target, query));
    let after = entry
        .after
        .as_ref()
        .filter(|object| matches(object, target, query));
    let (kind, object) = match (before, after) {
        (None, None) => return None,
        (None, Some(after)) => ("ADDED", after),
        (Some(_), Some(after)) => ("MODIFIED", after),
        (Some(before), None) => ("DELETED", before),
    };
    Some(json!({"type": kind, "object": shown(object, metadata_only)}))
}
