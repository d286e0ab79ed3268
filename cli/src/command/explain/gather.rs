//! Asks the cluster, through kubectl, and the server, if there is a key for it. What cannot be read is noted and left out.

use std::collections::BTreeMap;

use coffer_crds::{Vault, VaultSecret};
use coffer_injector::annotation::{ENVIRONMENT, VAULT};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    super::injection::pod_of,
    facts::{Facts, Line, Read, Subject},
    report::Object,
    stage::list,
    wanted::Place,
};
use crate::{
    client::Client,
    failure::Failure,
    kubectl::{Kubectl, Refused},
};

/// The webhook's name in its configuration.
const WEBHOOK: &str = "pods.coffer.dev";
/// Reasons of the Events that tell something of injection.
const REASONS: [&str; 2] = ["SecretsRefused", "FailedCreate"];

/// Remembers what it was told, so that several pods cost no more than one.
pub struct Gatherer<'k> {
    kubectl: &'k Kubectl,
    client: Option<Client>,
    vaults: BTreeMap<String, Read<Vec<Vault>>>,
    secrets: BTreeMap<String, Read<Vec<VaultSecret>>>,
    namespaces: BTreeMap<String, Read<BTreeMap<String, String>>>,
    events: BTreeMap<String, Read<Vec<Value>>>,
    ledgers: BTreeMap<[String; 3], Read<Vec<Line>>>,
    webhook: Option<Read<Option<Value>>>,
}

/// What can be explained of an object; `None`: it makes no pods.
pub fn subject(value: Value, namespace: &str, is_live: bool) -> Option<Subject> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let kind = text(&value["kind"])?;
    let metadata = &value["metadata"];
    let namespace = text(&metadata["namespace"]).unwrap_or_else(|| namespace.to_owned());
    let mut pod = pod_of(&kind, &value, &namespace)?;
    let name = text(&metadata["name"]).or_else(|| text(&metadata["generateName"]));
    let is_live_pod = is_live && kind == "Pod";
    if is_live_pod {
        pod["status"] = value["status"].clone();
    }
    Some(Subject {
        object: Object {
            kind,
            namespace,
            name: name.unwrap_or_default(),
        },
        pod,
        live: is_live.then_some(value),
    })
}

/// Where the pod's annotations say that its values come from.
fn place(subject: &Subject) -> Place {
    let annotation = |key: &str| subject.pod["metadata"]["annotations"][key].as_str();
    let own = subject.object.namespace.as_str();
    let vault = annotation(VAULT).unwrap_or_default();
    let (organization, vault) = vault.split_once('/').unwrap_or((own, vault));
    Place {
        organization: organization.to_owned(),
        vault: vault.to_owned(),
        environment: annotation(ENVIRONMENT).unwrap_or("default").to_owned(),
    }
}

impl<'k> Gatherer<'k> {
    /// Asks the server, too, if there is a client.
    pub fn new(kubectl: &'k Kubectl, client: Option<Client>) -> Self {
        Self {
            kubectl,
            client,
            vaults: BTreeMap::new(),
            secrets: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            events: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            webhook: None,
        }
    }

    /// What there is to know about one object.
    pub async fn facts(&mut self, subject: &Subject) -> Facts {
        let place = place(subject);
        let (own, theirs) = (subject.object.namespace.clone(), place.organization.clone());
        let kubectl = self.kubectl;
        let vaults = self.vaults.entry(theirs.clone());
        let vaults = vaults.or_insert_with(|| all(kubectl, "vaults.coffer.dev", &theirs));
        let secrets = self.secrets.entry(theirs.clone());
        let secrets = secrets.or_insert_with(|| all(kubectl, "vaultsecrets.coffer.dev", &theirs));
        let namespace = self.namespaces.entry(own.clone());
        let events = self.events.entry(own.clone());
        Facts {
            vaults: vaults.clone(),
            secrets: secrets.clone(),
            namespace: namespace.or_insert_with(|| labels(kubectl, &own)).clone(),
            events: events.or_insert_with(|| told(kubectl, &own)).clone(),
            webhook: self.webhook.get_or_insert_with(|| webhook(kubectl)).clone(),
            ledger: self.ledger(&place).await,
        }
    }

    async fn ledger(&mut self, place: &Place) -> Option<Read<Vec<Line>>> {
        let client = self.client.as_ref()?;
        let key = [&place.organization, &place.vault, &place.environment].map(Clone::clone);
        if !self.ledgers.contains_key(&key) {
            let asked = ledger(client, place).await;
            self.ledgers
                .insert(key.clone(), asked.map_err(|failure| failure.to_string()));
        }
        self.ledgers.get(&key).cloned()
    }

    /// The pods of a workload.
    pub fn pods_of(&self, workload: &Subject) -> Read<Vec<Subject>> {
        let Object {
            kind,
            namespace,
            name,
        } = &workload.object;
        if workload.live.is_none() || ["Pod", "CronJob"].contains(&kind.as_str()) {
            return Ok(Vec::new());
        }
        let pods = self.kubectl.get(&["pods", "--namespace", namespace]);
        let pods = pods.map_err(|refused| refused.to_string())?;
        // One that is being deleted makes way for another.
        let stays = |pod: &&Value| !pod["metadata"]["deletionTimestamp"].is_string();
        let own = list(&pods["items"]).filter(|pod| belongs(pod, kind, name));
        let own = own.filter(stays);
        Ok(own
            .filter_map(|pod| {
                let mut pod = pod.clone();
                pod["kind"] = "Pod".into();
                subject(pod, namespace, true)
            })
            .collect())
    }
}

/// Whether a workload controls a pod; a Deployment does through a `ReplicaSet`, whose name says so.
fn belongs(pod: &Value, kind: &str, name: &str) -> bool {
    let metadata = &pod["metadata"];
    let Some(owner) = list(&metadata["ownerReferences"]).find(|it| it["controller"] == true) else {
        return false;
    };
    if kind != "Deployment" {
        return owner["kind"] == kind && owner["name"] == name;
    }
    let hash = metadata["labels"]["pod-template-hash"].as_str();
    let set = hash.map(|hash| format!("{name}-{hash}"));
    owner["kind"] == "ReplicaSet" && set.is_some_and(|set| owner["name"] == set.as_str())
}

fn all<T: DeserializeOwned>(kubectl: &Kubectl, resource: &str, namespace: &str) -> Read<Vec<T>> {
    let mut found = kubectl
        .get(&[resource, "--namespace", namespace])
        .map_err(|refused| refused.to_string())?;
    let Value::Array(items) = found["items"].take() else {
        return Err("kubectl printed no list".to_owned());
    };
    // One that cannot be read hides no other.
    Ok(items
        .into_iter()
        .filter_map(|item| serde_json::from_value(item).ok())
        .collect())
}

fn labels(kubectl: &Kubectl, namespace: &str) -> Read<BTreeMap<String, String>> {
    let found = kubectl
        .get(&["namespace", namespace])
        .map_err(|refused| refused.to_string())?;
    let labels = found["metadata"]["labels"].as_object().into_iter().flatten();
    let pairs = labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    Ok(pairs.collect())
}

fn webhook(kubectl: &Kubectl) -> Read<Option<Value>> {
    let found = kubectl
        .get(&["mutatingwebhookconfigurations"])
        .map_err(|refused| refused.to_string())?;
    let all = list(&found["items"]).flat_map(|it| list(&it["webhooks"]));
    let ours = all.into_iter().find(|it| it["name"] == WEBHOOK);
    Ok(ours.cloned())
}

fn told(kubectl: &Kubectl, namespace: &str) -> Read<Vec<Value>> {
    let mut events = Vec::new();
    for reason in REASONS {
        let selector = format!("reason={reason}");
        let found = kubectl.get(&["events", "--namespace", namespace, "--field-selector", &selector]);
        let found = found.map_err(|refused| refused.to_string())?;
        events.extend(list(&found["items"]).cloned());
    }
    Ok(events)
}

async fn ledger(client: &Client, place: &Place) -> Result<Vec<Line>, Failure> {
    let path = [
        &place.organization,
        "vaults",
        &place.vault,
        "environments",
        &place.environment,
        "consumers",
    ];
    let answer = client.send(Method::GET, &path, &[], None).await?;
    let line = |item: &Value| {
        Some(Line {
            name: item["name"].as_str()?.to_owned(),
            pod_uid: item["podUid"].as_str()?.to_owned(),
            acknowledged: item["acknowledged"].as_u64(),
            started: item["started"].as_u64(),
            current: item["current"].as_u64(),
        })
    };
    Ok(list(&answer["items"]).filter_map(line).collect())
}

/// The one object that was named.
pub fn object(kubectl: &Kubectl, words: &[String], namespace: Option<&str>) -> Result<Subject, Failure> {
    if let Some(flag) = words.iter().find(|word| word.starts_with('-')) {
        return Err(Failure::Usage(format!("{flag}: name an object, such as pod/web")));
    }
    let mut what: Vec<&str> = words.iter().map(String::as_str).collect();
    if what.len() == 1 && !what[0].contains('/') {
        what.insert(0, "pod");
    }
    if let Some(namespace) = namespace {
        what.extend(["--namespace", namespace]);
    }
    let value = kubectl.get(&what).map_err(Failure::Cluster)?;
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    if kind == "List" {
        return Err(Failure::Usage("name one object, such as pod/web".to_owned()));
    }
    let namespace = namespace.unwrap_or_default();
    subject(value, namespace, true).ok_or_else(|| {
        Failure::Usage(format!(
            "a {kind} makes no pods: name a pod, a Deployment or the like"
        ))
    })
}

/// The namespace of manifests that name none.
pub fn namespace(kubectl: &Kubectl, named: Option<&str>) -> Result<String, Failure> {
    let asked = |()| {
        kubectl
            .namespace()
            .map_err(|refused: Refused| Failure::Cluster(refused))
    };
    named.map_or_else(|| asked(()), |name| Ok(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_belongs_to_what_controls_it() {
        let pod = |kind: &str, name: &str| {
            json!({"metadata": {
                "labels": {"pod-template-hash": "7f9c"},
                "ownerReferences": [{"kind": "Node", "name": "web"}, {"kind": kind, "name": name, "controller": true}],
            }})
        };
        assert!(belongs(&pod("ReplicaSet", "web-7f9c"), "Deployment", "web"));
        assert!(!belongs(&pod("ReplicaSet", "web-2-7f9c"), "Deployment", "web"));
        assert!(belongs(&pod("ReplicaSet", "web-7f9c"), "ReplicaSet", "web-7f9c"));
        assert!(belongs(&pod("Job", "web"), "Job", "web"));
        assert!(!belongs(&pod("Job", "web"), "StatefulSet", "web"));
        assert!(!belongs(&json!({"metadata": {}}), "Job", "web"));
    }

    #[test]
    fn annotations_say_whose_objects_to_read() {
        let of = |vault: &str| {
            let pod = json!({"kind": "Pod", "metadata": {"name": "web", "annotations": {VAULT: vault}}, "spec": {}});
            place(&subject(pod, "shop", true).unwrap()).organization
        };
        assert_eq!(
            (of("app"), of("team/app")),
            ("shop".to_owned(), "team".to_owned())
        );
    }
}
