//! Reading what a plan is made from: the ledger, the pods, the objects that own them, and what their budgets allow.

use std::collections::{BTreeMap, HashMap, HashSet};

use coffer_crds::{OnChange, Restart, RestartWindow, Source, VaultSecret};
use coffer_domain::{
    Error,
    address::{Place, Version},
    name::SecretName,
    usecase::consumers::Held,
    window::Window,
};
use jiff::SignedDuration;
use k8s_openapi::api::{apps::v1::ReplicaSet, policy::v1::PodDisruptionBudget};
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, PartialObjectMeta},
    core::{Selector, SelectorExt},
};

use super::{
    facts::stale,
    marks::Marks,
    model::{Back, Key, Means, PodUse, Rule, Scene, Workload},
    view,
};
use crate::{
    context::Context,
    failure::Failure,
    feed::is_in,
    identity::Identity,
    pods::{LivePod, controller},
};

/// What is remembered of a place from one look to the next, to ask less; it is never needed to decide rightly, and holds
/// nothing of pods and workloads that are gone.
#[derive(Default)]
pub struct Memory {
    /// Whom a `ReplicaSet` belongs to.
    owners: HashMap<(String, String), Key>,
    /// Workloads that were found as they should be, and what they looked like.
    settled: HashMap<Key, Workload>,
}

/// The kinds that are restarted, all of `apps/v1`.
const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/// The resource of a kind of `apps/v1`.
pub fn resource(kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", kind))
}

/// Looks at one place.
pub async fn gather(
    context: &Context,
    place: &Place,
    enabled: bool,
    memory: &mut Memory,
) -> Result<Scene, Failure> {
    let pods = context.pods.of(place);
    if pods.is_empty() {
        // Nobody to restart: neither the ledger nor the objects are asked.
        return Ok(Scene::without_workloads(place));
    }
    let lines = match context.coffer.list_consumers(&context.caller, place).await {
        Err(Error::NotFound { .. }) => Vec::new(),
        result => result?,
    };
    let objects = context.caches.secrets.state_filter(|object| is_in(object, place));
    let mut scene = Scene {
        rules: objects.iter().flat_map(|object| rules(object)).collect(),
        ..Scene::without_workloads(place)
    };
    let restarted = names_restarted(&objects);
    let mut started: HashMap<&str, BTreeMap<SecretName, Version>> = HashMap::new();
    for Held { line, current, .. } in &lines {
        if let Some(current) = current {
            scene.current.insert(line.name.clone(), *current);
            let of_pod = started.entry(&line.pod_uid).or_default();
            of_pod.insert(line.name.clone(), line.started);
        }
    }
    let mut workloads: BTreeMap<Key, Workload> = BTreeMap::new();
    for pod in pods {
        let mut started = started.remove(pod.uid.as_str()).unwrap_or_default();
        started.retain(|name, _| wants_restart(&pod, restarted.get(name).copied()));
        let by_annotation = pod.on_change == Some(OnChange::Restart);
        if started.is_empty() && !by_annotation {
            continue;
        }
        let Some((key, means)) = owner(context, &pod, enabled, memory).await? else {
            continue;
        };
        let workload = workloads.entry(key.clone()).or_insert_with(|| empty(key, means));
        workload.pods.push(PodUse {
            name: pod.name,
            created: pod.created,
            started,
        });
    }
    for (_, mut workload) in workloads {
        workload.pods.sort_by(|a, b| a.name.cmp(&b.name));
        look(context, &scene, &mut workload, memory).await?;
        scene.workloads.push(workload);
    }
    memory.forget_others(&context.pods.of(place), &scene.workloads);
    Ok(scene)
}

impl Memory {
    /// Keeps what these pods and workloads need: a `ReplicaSet` has another name after each rollout.
    fn forget_others(&mut self, pods: &[LivePod], workloads: &[Workload]) {
        let owners = pods
            .iter()
            .filter_map(|pod| Some((&pod.namespace, &pod.controller.as_ref()?.name)));
        let owners: HashSet<(&String, &String)> = owners.collect();
        self.owners
            .retain(|(namespace, name), _| owners.contains(&(namespace, name)));
        let keys: HashSet<&Key> = workloads.iter().map(|workload| &workload.key).collect();
        self.settled.retain(|key, _| keys.contains(key));
    }
}

fn empty(key: Key, means: Means) -> Workload {
    Workload {
        key,
        means,
        settled: true,
        budget: None,
        marks: Marks::default(),
        pods: Vec::new(),
    }
}

/// The pod's word first, then the secret's.
fn wants_restart(pod: &LivePod, of_secret: Option<OnChange>) -> bool {
    pod.on_change.or(of_secret) == Some(OnChange::Restart)
}

fn names_restarted(objects: &[std::sync::Arc<VaultSecret>]) -> HashMap<SecretName, OnChange> {
    let said = objects
        .iter()
        .filter_map(|object| Some((object, object.spec.on_change?)));
    said.flat_map(|(object, on_change)| {
        let names = object.spec.secret_names();
        names
            .into_iter()
            .filter_map(move |name| Some((name.parse().ok()?, on_change)))
    })
    .collect()
}

/// What a `VaultSecret` says of its secrets.
fn rules(object: &VaultSecret) -> Vec<(SecretName, Rule)> {
    let restart = object.spec.restart.clone().unwrap_or_default();
    // The object's own condition names one that cannot be read; until it is mended nothing begins.
    let windows = windows(&restart).ok();
    let seconds = restart
        .ready_within
        .and_then(|time| i64::try_from(time.to_seconds()).ok());
    let ready_within = seconds.map(SignedDuration::from_secs);
    let identity = Identity::of("VaultSecret", object).ok();
    let rule = |name: String| {
        let entry = object
            .spec
            .data
            .iter()
            .find(|(key, entry)| **key == name || entry.public_key_name(key).as_ref() == Some(&name));
        let can = entry.is_some_and(|(_, entry)| {
            matches!(entry.source(), Ok(Source::Generate(_) | Source::External(_)))
        });
        let rule = Rule {
            windows: windows.clone().unwrap_or_default(),
            never: windows.is_none(),
            ready_within,
            owner: identity.as_ref().filter(|_| can).map(Identity::owner),
            kept_because: "its value comes from a source that would bring it back; mend it there".to_owned(),
            returned: back(object, &name),
        };
        Some((name.parse().ok()?, rule))
    };
    object.spec.secret_names().into_iter().filter_map(rule).collect()
}

/// Its windows, or what is wrong with one.
pub fn windows(restart: &Restart) -> Result<Vec<Window>, String> {
    let parse = |(number, window): (usize, &RestartWindow)| {
        let days = window.days.iter().map(String::as_str);
        Window::new(days, &window.start, &window.end, window.time_zone.as_deref())
            .map_err(|bad| format!("restart.windows[{number}].{bad}"))
    };
    restart.windows.iter().enumerate().map(parse).collect()
}

fn back(object: &VaultSecret, name: &str) -> Option<Back> {
    let returned = &object.status.as_ref()?.returned;
    let one = returned.iter().find(|one| one.name == name)?;
    Some(Back {
        from: Version::new(one.from)?,
        failed: Version::new(one.failed)?,
        version: Version::new(one.version)?,
    })
}

/// The workload that a pod belongs to, and by what means it is restarted, as far as its kind says. `None`: a Job's pod,
/// which finishes with what it started with.
async fn owner(
    context: &Context,
    pod: &LivePod,
    enabled: bool,
    memory: &mut Memory,
) -> Result<Option<(Key, Means)>, Failure> {
    let key = |kind: &str, name: &str| Key {
        namespace: pod.namespace.clone(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    let Some(owner) = &pod.controller else {
        let why = "nobody would make it again: run it by a Deployment, or replace it by hand";
        return Ok(Some((key("Pod", &pod.name), Means::None(why.to_owned()))));
    };
    let own = key(&owner.kind, &owner.name);
    let is_apps = owner.api_version == "apps/v1";
    if owner.kind == "Job" {
        return Ok(None);
    }
    if !is_apps || !KINDS.contains(&owner.kind.as_str()) {
        let why = "this operator does not know its kind: restart it by hand";
        return Ok(Some((own, Means::None(why.to_owned()))));
    }
    if !enabled {
        let why = "restarts are not enabled: set restarts.enabled of the chart, or restart it by hand";
        return Ok(Some((own, Means::None(why.to_owned()))));
    }
    if owner.kind != "ReplicaSet" {
        return Ok(Some((own, Means::Template)));
    }
    let cached = (pod.namespace.clone(), owner.name.clone());
    if let Some(key) = memory.owners.get(&cached) {
        return Ok(Some((key.clone(), Means::Template)));
    }
    let api: Api<ReplicaSet> = Api::namespaced(context.client.clone(), &pod.namespace);
    let set: Option<PartialObjectMeta<ReplicaSet>> = api
        .get_metadata_opt(&owner.name)
        .await
        .map_err(Failure::cluster("look at a ReplicaSet"))?;
    let above = set.and_then(|set| controller(&set.metadata));
    let above = above.filter(|it| it.kind == "Deployment" && it.api_version == "apps/v1");
    let found = above.map_or(own, |above| key(&above.kind, &above.name));
    memory.owners.insert(cached, found.clone());
    Ok(Some((found, Means::Template)))
}

/// Fills in what the cluster says of it. One that was as it should be, and still has no old pods, is not asked for again.
async fn look(
    context: &Context,
    scene: &Scene,
    workload: &mut Workload,
    memory: &mut Memory,
) -> Result<(), Failure> {
    if matches!(workload.means, Means::None(_)) {
        return Ok(());
    }
    let is_stale = !stale(scene, workload).is_empty();
    if !is_stale && let Some(known) = memory.settled.get(&workload.key) {
        (workload.marks, workload.means) = (known.marks.clone(), known.means.clone());
        return Ok(());
    }
    let Key {
        namespace,
        kind,
        name,
    } = &workload.key;
    let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), namespace, &resource(kind));
    let object = api
        .get_opt(name)
        .await
        .map_err(Failure::cluster("look at a workload"))?;
    let Some(object) = object else {
        // Its pods go, too.
        workload.means = Means::None("it is gone".to_owned());
        return Ok(());
    };
    workload.means = view::means(kind, &object);
    workload.settled = view::is_settled(kind, &object);
    workload.marks = view::marks(&object);
    if is_stale {
        workload.budget = budget(context, namespace, &view::pod_labels(&object)).await?;
    }
    if !is_stale && workload.settled && (workload.marks.ready || workload.marks.spans.is_empty()) {
        memory.settled.insert(workload.key.clone(), workload.clone());
    } else {
        memory.settled.remove(&workload.key);
    }
    Ok(())
}

/// The budget over these pods that allows no disruption, if one does.
async fn budget(
    context: &Context,
    namespace: &str,
    labels: &BTreeMap<String, String>,
) -> Result<Option<String>, Failure> {
    let api: Api<PodDisruptionBudget> = Api::namespaced(context.client.clone(), namespace);
    let all = api
        .list(&ListParams::default())
        .await
        .map_err(Failure::cluster("look at PodDisruptionBudgets"))?;
    let forbids = |budget: &PodDisruptionBudget| {
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.clone());
        let selector = selector.and_then(|selector| Selector::try_from(selector).ok());
        let status = budget.status.as_ref();
        selector.is_some_and(|selector| selector.matches(labels))
            && status.is_some_and(|status| status.disruptions_allowed.unwrap_or(0) < 1)
    };
    Ok(all
        .iter()
        .find(|budget| forbids(budget))
        .map(ResourceExt::name_any))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pods::Controller;

    #[test]
    fn what_is_gone_is_not_remembered() {
        let web = Key {
            namespace: "team".to_owned(),
            kind: "Deployment".to_owned(),
            name: "web".to_owned(),
        };
        let gone = Key {
            name: "gone".to_owned(),
            ..web.clone()
        };
        let mut memory = Memory::default();
        for set in ["web-1", "web-2"] {
            memory
                .owners
                .insert(("team".to_owned(), set.to_owned()), web.clone());
        }
        for key in [&web, &gone] {
            memory
                .settled
                .insert(key.clone(), empty(key.clone(), Means::Template));
        }
        let pod = LivePod {
            uid: "uid".to_owned(),
            namespace: "team".to_owned(),
            name: "web-2-x".to_owned(),
            created: None,
            controller: Some(Controller {
                api_version: "apps/v1".to_owned(),
                kind: "ReplicaSet".to_owned(),
                name: "web-2".to_owned(),
            }),
            on_change: None,
        };
        memory.forget_others(&[pod], &[empty(web.clone(), Means::Template)]);
        let owners: Vec<&str> = memory.owners.keys().map(|(_, name)| name.as_str()).collect();
        let settled: Vec<&Key> = memory.settled.keys().collect();
        assert_eq!((owners, settled), (vec!["web-2"], vec![&web]));
    }
}
