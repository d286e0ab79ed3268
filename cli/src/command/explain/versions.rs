//! Which version of a key a running pod holds, and what its processes were started with.

use std::collections::BTreeSet;

use coffer_crds::{Consumers, VaultSecret, lagging::MOST_BEHIND};
use serde_json::Value;

use super::{
    facts::{Facts, Line},
    report::{Code, Reason, Source},
    stage::list,
};

/// Fills in what the pod holds of `source`, and says what lags. `is_variable`: processes read it only once.
pub fn fill(facts: &Facts, pod: &Value, is_variable: bool, source: &mut Source) -> Vec<Reason> {
    let line = ledger_line(facts, pod, &source.key);
    if let Some(line) = line {
        (source.held, source.started_with) = (line.acknowledged, line.started);
        source.current = line.current.or(source.current);
    } else if facts.ledger.as_ref().is_none_or(Result::is_err) {
        source.held = by_status(facts, pod, source);
    }
    let lags = lagging(source);
    let started = is_variable.then(|| started_before(pod, source)).flatten();
    lags.into_iter().chain(started).collect()
}

fn ledger_line<'f>(facts: &'f Facts, pod: &Value, key: &str) -> Option<&'f Line> {
    let lines = facts.ledger.as_ref()?.as_ref().ok()?;
    let uid = pod["metadata"]["uid"].as_str()?;
    lines.iter().find(|line| line.pod_uid == uid && line.name == key)
}

/// By the `VaultSecret`'s status: it lists who lags behind, and whoever has values and does not lag holds the current ones.
fn by_status(facts: &Facts, pod: &Value, source: &Source) -> Option<u64> {
    let name = source.vault_secret.as_deref()?;
    let secrets = facts.secrets.as_ref().ok()?;
    let named = |it: &&VaultSecret| it.metadata.name.as_deref() == Some(name);
    let counted = secrets.iter().find(named)?.status.as_ref()?.consumers.as_ref()?;
    let is_pod = |namespace: &str, name: &str| {
        pod["metadata"]["namespace"] == namespace && pod["metadata"]["name"] == name
    };
    let mut behind = counted.behind.iter().filter(|it| is_pod(&it.namespace, &it.pod));
    if let Some(line) = behind.find(|it| it.name == source.key) {
        return line.version;
    }
    (lists_all(counted) && counted.total > 0)
        .then_some(source.current)
        .flatten()
}

/// Whether everyone who lags is listed.
fn lists_all(counted: &Consumers) -> bool {
    let listed: BTreeSet<_> = counted.behind.iter().map(|it| (&it.namespace, &it.pod)).collect();
    counted.behind.len() < MOST_BEHIND && u32::try_from(listed.len()) == Ok(counted.lagging)
}

fn lagging(source: &Source) -> Option<Reason> {
    let current = source.current?;
    let held = source.held.filter(|held| *held < current)?;
    let message = format!(
        "the pod holds version {held} of {}, and version {current} is current: its agent has not put it in place yet",
        source.key
    );
    Some(Reason::new(Code::Lags, message))
}

/// A variable is read when a container starts, and never again.
fn started_before(pod: &Value, source: &Source) -> Option<Reason> {
    let current = source.current.filter(|current| *current > 1)?;
    let changed = source.changed.as_deref()?;
    // Both are written in UTC, in one form: RFC 3339 with whole seconds. So they sort as text.
    let before = |it: &&Value| {
        let at = it["state"]["running"]["startedAt"].as_str();
        at.is_some_and(|at| at.len() == changed.len() && at < changed)
    };
    let container = list(&pod["status"]["containerStatuses"]).find(before)?;
    let (name, at) = (
        container["name"].as_str()?,
        container["state"]["running"]["startedAt"].as_str()?,
    );
    let first = source.started_with.filter(|first| *first < current);
    let first = first.map_or_else(String::new, |first| {
        format!(" (the pod began with version {first})")
    });
    let message = format!(
        "container {name} was started at {at}, before version {current} of {} was written at {changed}: its process has an \
         older one until it is started again{first}",
        source.key
    );
    Some(Reason::new(Code::StartedBefore, message))
}
