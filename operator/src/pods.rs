//! The pods that carry our agent: which of them run, and the end of those that do not. Watched by their
//! metadata; a pod that has completed leaves the watch as if it were deleted.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use coffer_crds::OnChange;
use coffer_domain::{
    Error,
    address::Place,
    name::EnvName,
    usecase::{Caller, Coffer},
};
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{ObjectMeta, PartialObjectMeta},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use parking_lot::{Mutex, RwLock};
use tokio::{sync::watch, time::Instant};

use crate::{context::Context, failure::Failure};

/// Written by the injector.
const INJECTED: &str = "coffer.dev/injected=true";
/// A pod in one of these phases runs nothing any more.
const RUNNING: &str = "status.phase!=Succeeded,status.phase!=Failed";
const VAULT: &str = "coffer.dev/vault";
const ENVIRONMENT: &str = "coffer.dev/environment";
/// How long an answer about a pod outside the watch holds: pods that ask often cost the API server little.
const ANSWER_HOLDS: Duration = Duration::from_secs(5);
/// The most such answers that are kept.
const MOST_ANSWERS: usize = 1024;

const ON_CHANGE: &str = "coffer.dev/on-change";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    namespace: String,
    name: String,
    place: Option<Place>,
    /// It is being deleted.
    leaving: bool,
    created: Option<Timestamp>,
    controller: Option<Controller>,
    on_change: Option<OnChange>,
}

/// Who replaces a pod that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// Group and version, such as `apps/v1`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A pod that runs, and is not being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePod {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Who replaces it.
    pub controller: Option<Controller>,
    /// What it says is to be done for it when a secret changes.
    pub on_change: Option<OnChange>,
}

/// The injected pods that run.
pub struct Pods {
    client: Client,
    coffer: Coffer,
    live: RwLock<HashMap<String, Known>>,
    /// By uid, those whose end somebody waits for.
    leaving: Mutex<HashMap<String, watch::Sender<bool>>>,
    answers: Mutex<HashMap<String, (Instant, bool)>>,
    complete: watch::Sender<bool>,
}

impl Pods {
    /// Knows none before [`Pods::watch`] runs.
    pub fn new(client: Client, coffer: Coffer) -> Self {
        let (live, leaving, answers) = Default::default();
        Self {
            client,
            coffer,
            live,
            leaving,
            answers,
            complete: watch::Sender::new(false),
        }
    }

    /// Follows the pods for as long as it is polled, and has those that are gone forgotten.
    pub async fn watch(&self) {
        let config = watcher::Config::default().labels(INJECTED).fields(RUNNING);
        let api: Api<PartialObjectMeta<Pod>> = Api::all(self.client.clone());
        let mut events = std::pin::pin!(watcher(api, config).default_backoff());
        let mut listed = HashMap::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => listed = HashMap::new(),
                Ok(Event::InitApply(pod)) => {
                    listed.extend(known(&pod.metadata));
                }
                Ok(Event::InitDone) => self.replace(std::mem::take(&mut listed)).await,
                Ok(Event::Apply(pod)) => self.seen(&pod.metadata),
                Ok(Event::Delete(pod)) => self.gone(&pod.metadata).await,
                Err(error) => tracing::warn!(%error, "the watch of pods broke off; it starts again"),
            }
        }
    }

    fn seen(&self, meta: &ObjectMeta) {
        let Some((uid, known)) = known(meta) else { return };
        let leaving = known.leaving;
        self.live.write().insert(uid.clone(), known);
        if leaving {
            self.tell_leaving(&uid);
        }
    }

    fn tell_leaving(&self, uid: &str) {
        if let Some(sender) = self.leaving.lock().get(uid) {
            sender.send_replace(true);
        }
    }

    async fn replace(&self, listed: HashMap<String, Known>) {
        let leaving: Vec<String> = listed
            .iter()
            .filter(|(_, known)| known.leaving)
            .map(|(uid, _)| uid.clone())
            .collect();
        let before = std::mem::replace(&mut *self.live.write(), listed);
        self.complete.send_replace(true);
        for uid in leaving {
            self.tell_leaving(&uid);
        }
        for (uid, known) in before {
            if !self.live.read().contains_key(&uid) {
                self.forget(known.place.as_ref(), &uid).await;
            }
        }
    }

    async fn gone(&self, meta: &ObjectMeta) {
        let Some((uid, known)) = known(meta) else { return };
        self.live.write().remove(&uid);
        self.tell_leaving(&uid);
        self.forget(known.place.as_ref(), &uid).await;
    }

    /// Has a pod that is gone forgotten.
    pub async fn forget(&self, place: Option<&Place>, uid: &str) {
        let Some(place) = place else { return };
        match self.coffer.forget_pod(&Caller::controller(), place, uid).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => {
                tracing::warn!(%place, uid, %error, "a pod that is gone stays in the ledger for now");
            }
        }
    }

    /// Has the pods forgotten that went while nobody watched: those of the ledgers that do not run.
    pub async fn sweep(&self, context: &Context) {
        if self
            .complete
            .subscribe()
            .wait_for(|complete| *complete)
            .await
            .is_err()
        {
            return;
        }
        for place in places(context) {
            match self.coffer.list_consumers(&Caller::controller(), &place).await {
                Ok(lines) => {
                    let uids: BTreeSet<String> = lines.into_iter().map(|held| held.line.pod_uid).collect();
                    for uid in uids.iter().filter(|uid| !self.live.read().contains_key(*uid)) {
                        self.forget(Some(&place), uid).await;
                    }
                }
                Err(Error::NotFound { .. }) => {}
                Err(error) => tracing::warn!(%place, %error, "the ledger could not be swept"),
            }
        }
    }

    /// The pods that run with secrets of `place`, and are not being deleted.
    pub fn of(&self, place: &Place) -> Vec<LivePod> {
        let live = self.live.read();
        let here = live
            .iter()
            .filter(|(_, known)| known.place.as_ref() == Some(place) && !known.leaving);
        here.map(|(uid, known)| LivePod {
            uid: uid.clone(),
            namespace: known.namespace.clone(),
            name: known.name.clone(),
            created: known.created,
            controller: known.controller.clone(),
            on_change: known.on_change,
        })
        .collect()
    }

    /// Where they have their secrets from.
    pub fn places(&self) -> HashSet<Place> {
        let live = self.live.read();
        live.values().filter_map(|known| known.place.clone()).collect()
    }

    /// Whether this very pod runs.
    pub async fn is_live(&self, namespace: &str, name: &str, uid: &str) -> Result<bool, Failure> {
        if let Some(known) = self.live.read().get(uid) {
            return Ok(known.namespace == namespace && known.name == name);
        }
        if let Some(answer) = self.answered(uid) {
            return Ok(answer);
        }
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let pod = api
            .get_opt(name)
            .await
            .map_err(Failure::cluster("look at a pod"))?;
        let live = pod.is_some_and(|pod| pod.metadata.uid.as_deref() == Some(uid) && runs(&pod));
        let mut answers = self.answers.lock();
        if answers.len() >= MOST_ANSWERS {
            answers.clear();
        }
        answers.insert(uid.to_owned(), (Instant::now(), live));
        Ok(live)
    }

    /// Turns `true` when this very pod is being deleted. Kubelet ends it only when its containers' hooks have.
    pub fn leaving(&self, uid: &str) -> watch::Receiver<bool> {
        let mut waiting = self.leaving.lock();
        waiting.retain(|_, sender| sender.receiver_count() > 0);
        let sender = waiting.entry(uid.to_owned()).or_default();
        let receiver = sender.subscribe();
        if self.live.read().get(uid).is_some_and(|known| known.leaving) {
            sender.send_replace(true);
        }
        receiver
    }

    fn answered(&self, uid: &str) -> Option<bool> {
        let answers = self.answers.lock();
        let (at, live) = answers.get(uid)?;
        (at.elapsed() < ANSWER_HOLDS).then_some(*live)
    }
}

fn runs(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}

/// Every environment of every vault here.
fn places(context: &Context) -> Vec<Place> {
    let vaults = context.caches.vaults.state();
    let places = vaults.iter().flat_map(|vault| {
        let namespace = vault.metadata.namespace.clone().unwrap_or_default();
        let name = vault.metadata.name.clone().unwrap_or_default();
        let environments = vault
            .spec
            .environments()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        environments
            .into_iter()
            .filter_map(move |environment| place(&namespace, &name, &environment))
    });
    places.collect()
}

fn known(meta: &ObjectMeta) -> Option<(String, Known)> {
    let (namespace, name) = (meta.namespace.clone()?, meta.name.clone()?);
    let annotation = |key: &str| meta.annotations.as_ref()?.get(key).map(String::as_str);
    let place = annotation(VAULT).and_then(|vault| {
        let (organization, vault) = vault.split_once('/').unwrap_or((&namespace, vault));
        let environment = annotation(ENVIRONMENT).map_or_else(default_environment, str::to_owned);
        place(organization, vault, &environment)
    });
    Some((
        meta.uid.clone()?,
        Known {
            namespace,
            name,
            place,
            leaving: meta.deletion_timestamp.is_some(),
            created: meta.creation_timestamp.as_ref().map(|time| time.0),
            controller: controller(meta),
            on_change: annotation(ON_CHANGE).and_then(|text| text.parse().ok()),
        },
    ))
}

/// The owner that controls an object, if one does.
pub fn controller(meta: &ObjectMeta) -> Option<Controller> {
    let owners = meta.owner_references.iter().flatten();
    let owner = owners.into_iter().find(|owner| owner.controller == Some(true))?;
    Some(Controller {
        api_version: owner.api_version.clone(),
        kind: owner.kind.clone(),
        name: owner.name.clone(),
    })
}

fn default_environment() -> String {
    EnvName::default_environment().to_string()
}

fn place(organization: &str, vault: &str, environment: &str) -> Option<Place> {
    Some(Place {
        organization: organization.parse().ok()?,
        vault: vault.parse().ok()?,
        environment: environment.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn meta(annotations: &[(&str, &str)]) -> ObjectMeta {
        let pairs = annotations
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        ObjectMeta {
            namespace: Some("team".into()),
            name: Some("web-1".into()),
            uid: Some("u1".into()),
            annotations: Some(pairs.collect::<BTreeMap<_, _>>()),
            ..ObjectMeta::default()
        }
    }

    fn place_of(annotations: &[(&str, &str)]) -> Option<String> {
        Some(known(&meta(annotations))?.1.place?.to_string())
    }

    #[test]
    fn a_pods_annotations_say_whose_ledger_it_is_in() {
        assert_eq!(place_of(&[(VAULT, "app")]).unwrap(), "coffer://team/app/default");
        let elsewhere = [(VAULT, "shared/db"), (ENVIRONMENT, "staging")];
        assert_eq!(place_of(&elsewhere).unwrap(), "coffer://shared/db/staging");
        assert_eq!(place_of(&[]), None);
        assert_eq!(place_of(&[(VAULT, "no such/na me")]), None);
    }
}
