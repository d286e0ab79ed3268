//! What the API server shows: objects as they are stored, logs, Events, metrics.

use anyhow::Result;
use http::Request;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt, api::ListParams};

use super::{Places, forms};
use crate::{Canary, Namespace, SYSTEM_NAMESPACE};

/// Lists in a namespace that may hold anything of ours. Not Secrets: what they are allowed to hold is a test's to say.
const LISTS: &[&str] = &[
    "/api/v1/namespaces/NS/pods",
    "/api/v1/namespaces/NS/events",
    "/api/v1/namespaces/NS/configmaps",
    "/api/v1/namespaces/NS/serviceaccounts",
    "/apis/events.k8s.io/v1/namespaces/NS/events",
    "/apis/coordination.k8s.io/v1/namespaces/NS/leases",
    "/apis/apps/v1/namespaces/NS/deployments",
    "/apis/apps/v1/namespaces/NS/statefulsets",
    "/apis/coffer.dev/v1alpha1/namespaces/NS/vaults",
    "/apis/coffer.dev/v1alpha1/namespaces/NS/vaultsecrets",
    "/apis/coffer.dev/v1alpha1/namespaces/NS/apikeys",
];
const CLUSTER: &[&str] = &[
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
];

/// Texts by where they are from.
pub struct Shown(Vec<(String, String)>);

impl Shown {
    /// Whether something from a place with `place` in its name contains `text`: the search looks where it should.
    pub fn has(&self, place: &str, text: &str) -> bool {
        let mut texts = self.0.iter().filter(|(from, _)| from.contains(place));
        texts.any(|(_, shown)| shown.contains(text))
    }

    /// Where each canary turns up.
    pub fn places(&self, canaries: &[Canary]) -> Places {
        let mut places = Places::new();
        for (form, flow) in forms(canaries) {
            let found = self.0.iter().filter(|(_, text)| text.contains(&form));
            for (from, _) in found {
                places.entry(flow).or_default().insert(from.clone());
            }
        }
        places
    }
}

/// All that is shown of a test's namespace and of ours.
pub async fn shown(namespace: &Namespace) -> Result<Shown> {
    let client = &namespace.client;
    let mut texts = Vec::new();
    for path in CLUSTER {
        texts.push(((*path).to_owned(), get(client, path).await?));
    }
    for name in [&namespace.name, SYSTEM_NAMESPACE] {
        for list in LISTS {
            let path = list.replace("NS", name);
            let text = get(client, &path).await?;
            texts.push((path, text));
        }
        let pods: Api<Pod> = Api::namespaced(client.clone(), name);
        for pod in pods.list(&ListParams::default()).await? {
            texts.extend(logs(client, name, &pod).await?);
        }
    }
    Ok(Shown(texts))
}

/// What each container of a pod logged, in this run and in the one before; and its metrics, if it is ours.
async fn logs(client: &Client, namespace: &str, pod: &Pod) -> Result<Vec<(String, String)>> {
    let base = format!("/api/v1/namespaces/{namespace}/pods/{}", pod.name_any());
    let status = pod.status.clone().unwrap_or_default();
    let containers = status
        .init_container_statuses
        .into_iter()
        .flatten()
        .chain(status.container_statuses.into_iter().flatten());
    let mut texts = Vec::new();
    for container in containers {
        let path = format!("{base}/log?container={}", container.name);
        let (now, before) = (
            container.state.unwrap_or_default(),
            container.last_state.unwrap_or_default(),
        );
        if before.terminated.is_some() {
            let path = format!("{path}&previous=true");
            texts.push((path.clone(), get(client, &path).await?));
        }
        if now.running.is_some() || now.terminated.is_some() {
            texts.push((path.clone(), get(client, &path).await?));
        }
    }
    if namespace == SYSTEM_NAMESPACE {
        let path = format!("{base}:9090/proxy/metrics");
        texts.push((path.clone(), get(client, &path).await?));
    }
    Ok(texts)
}

async fn get(client: &Client, path: &str) -> Result<String> {
    Ok(client.request_text(Request::get(path).body(Vec::new())?).await?)
}
