//! What is around a pod: whether the webhook is called for it, and what was told of it in Events.

use std::collections::BTreeMap;

use coffer_injector::bundle::mark;
use serde_json::Value;

use super::{
    facts::{Facts, Subject},
    report::{Code, Reason},
    stage::{condition, list},
};

/// The label that every namespace has, with its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Why the webhook is not called for new pods of the namespace, if it is not.
pub fn uncalled(facts: &Facts, namespace: &str) -> Option<Reason> {
    let webhook = facts.webhook.as_ref().ok()?;
    let Some(webhook) = webhook else {
        let message = "this cluster has no webhook pods.coffer.dev: is the chart installed?";
        return Some(Reason::new(Code::NoInjector, message));
    };
    if webhook["clientConfig"]["caBundle"]
        .as_str()
        .is_none_or(str::is_empty)
    {
        let message = "the webhook has no certificate to trust yet: no injector has run";
        return Some(Reason::new(Code::NoInjector, message));
    }
    let own = BTreeMap::from([(NAME_LABEL.to_owned(), namespace.to_owned())]);
    let labels = facts.namespace.as_ref().unwrap_or(&own);
    let failing = unmatched(&webhook["namespaceSelector"], labels)?;
    let message = format!(
        "the webhook is not called for pods of namespace {namespace}: its namespaceSelector wants {failing}"
    );
    Some(Reason::new(Code::NamespaceNotSelected, message))
}

/// The first requirement of a label selector that these labels do not meet.
fn unmatched(selector: &Value, labels: &BTreeMap<String, String>) -> Option<String> {
    let mut pairs = selector["matchLabels"].as_object().into_iter().flatten();
    let wrong = pairs.find(|(key, value)| labels.get(*key).map(String::as_str) != value.as_str());
    if let Some((key, value)) = wrong {
        return Some(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    let unmet = list(&selector["matchExpressions"]).find(|it| !meets(it, labels))?;
    let (key, operator) = (&unmet["key"], &unmet["operator"]);
    let values: Vec<&str> = list(&unmet["values"]).filter_map(Value::as_str).collect();
    let (key, operator) = (
        key.as_str().unwrap_or_default(),
        operator.as_str().unwrap_or_default(),
    );
    Some(format!("{key} {operator} ({})", values.join(", ")))
}

fn meets(requirement: &Value, labels: &BTreeMap<String, String>) -> bool {
    let value = requirement["key"].as_str().and_then(|key| labels.get(key));
    let listed = value.is_some_and(|value| list(&requirement["values"]).any(|it| it == value.as_str()));
    match requirement["operator"].as_str() {
        Some("In") => listed,
        Some("NotIn") => !listed,
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        // One that is newer than this program keeps nobody out.
        _ => true,
    }
}

/// The newest Event of this reason about the object.
pub fn told(facts: &Facts, subject: &Subject, reason: &str) -> Option<String> {
    let events = facts.events.as_ref().ok()?;
    let live = subject.live.as_ref()?;
    let uid = live["metadata"]["uid"].as_str()?;
    let about = events
        .iter()
        .filter(|it| it["reason"] == reason && it["involvedObject"]["uid"] == uid);
    let newest = about.max_by_key(|it| time(it))?;
    Some(newest["message"].as_str()?.to_owned())
}

/// When an Event was last seen, in whatever field it says so.
fn time(event: &Value) -> String {
    let fields = [
        &event["series"]["lastObservedTime"],
        &event["lastTimestamp"],
        &event["eventTime"],
        &event["metadata"]["creationTimestamp"],
    ];
    let first = fields.into_iter().find_map(Value::as_str);
    first.unwrap_or_default().to_owned()
}

/// Why the cluster cannot make the workload's pods, as it says itself.
pub fn not_created(facts: &Facts, subject: &Subject) -> Option<Reason> {
    let live = subject.live.as_ref().filter(|_| subject.object.kind != "Pod")?;
    let failure = condition(&live["status"], "ReplicaFailure").filter(|it| it["status"] == "True");
    let keeps_a_condition = ["Deployment", "ReplicaSet"].contains(&subject.object.kind.as_str());
    let message = match failure {
        Some(failure) => failure["message"].as_str().map(str::to_owned),
        None if keeps_a_condition => None,
        None => told(facts, subject, "FailedCreate").filter(|_| lacks_pods(live)),
    };
    message.map(|message| Reason::new(Code::NotCreated, format!("its pods cannot be made: {message}")))
}

/// Whether fewer pods are there than it wants: an Event tells of what was, too.
fn lacks_pods(workload: &Value) -> bool {
    let status = &workload["status"];
    if status["completionTime"].is_string() {
        return false;
    }
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let (wanted, made) = if status["desiredNumberScheduled"].is_u64() {
        (
            &status["desiredNumberScheduled"],
            &status["currentNumberScheduled"],
        )
    } else if status["active"].is_u64() || workload["spec"]["parallelism"].is_u64() {
        (&workload["spec"]["parallelism"], &status["active"])
    } else {
        (&workload["spec"]["replicas"], &status["replicas"])
    };
    number(made) < number(wanted)
}

/// That a pod started with older values.
pub fn stale(pod: &Value) -> Option<Reason> {
    let stale = condition(&pod["status"], mark::CONDITION).filter(|it| it["status"] == "True")?;
    Some(Reason::new(
        Code::Stale,
        stale["message"].as_str().unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_names_what_is_not_met() {
        let labels = BTreeMap::from([
            (NAME_LABEL.to_owned(), "shop".to_owned()),
            ("a".into(), "b".into()),
        ]);
        let expression = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, unmet) in [
            (Value::Null, None),
            (json!({"matchLabels": {"a": "b"}}), None),
            (json!({"matchLabels": {"a": "c"}}), Some("a=c")),
            (expression(NAME_LABEL, "NotIn", &["kube-system"]), None),
            (
                expression(NAME_LABEL, "NotIn", &["kube-system", "shop"]),
                Some("kubernetes.io/metadata.name NotIn (kube-system, shop)"),
            ),
            (expression("a", "In", &["b"]), None),
            (expression("a", "In", &["x"]), Some("a In (x)")),
            (expression("a", "Exists", &[]), None),
            (expression("z", "Exists", &[]), Some("z Exists ()")),
            (expression("z", "DoesNotExist", &[]), None),
            (expression("z", "NotIn", &["x"]), None),
        ] {
            assert_eq!(unmatched(&selector, &labels).as_deref(), unmet, "{selector}");
        }
    }

    #[test]
    fn a_workload_lacks_pods_by_its_own_count() {
        for (workload, lacks) in [
            (json!({"spec": {"replicas": 2}, "status": {"replicas": 1}}), true),
            (json!({"spec": {"replicas": 2}, "status": {"replicas": 2}}), false),
            (
                json!({"status": {"desiredNumberScheduled": 3, "currentNumberScheduled": 1}}),
                true,
            ),
            (json!({"spec": {"parallelism": 1}, "status": {}}), true),
            (
                json!({"spec": {"parallelism": 1}, "status": {"active": 1}}),
                false,
            ),
            (
                json!({"spec": {"parallelism": 1}, "status": {"completionTime": "2026"}}),
                false,
            ),
        ] {
            assert_eq!(lacks_pods(&workload), lacks, "{workload}");
        }
    }
}
