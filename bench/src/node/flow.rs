//! Requests of our programs to the Kubernetes API, counted by the API server itself. Its metrics do not say who
//! asked, except by flow: so each class of requests gets a flow of its own (`FlowSchema`,
//! `apiserver_flowcontrol_dispatched_requests_total`), for the service accounts of the chart's namespace only.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use axum::http;
use coffer_e2e::{SYSTEM_NAMESPACE, eventually};
use k8s_openapi::api::flowcontrol::v1::FlowSchema;
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};

/// The classes, the first that fits counting: name, verbs, resources.
const CLASSES: [(&str, &str, &str); 3] = [
    ("coffer-bench-watch", "watch", "*"),
    ("coffer-bench-lease", "*", "leases"),
    ("coffer-bench-other", "*", "*"),
];
/// Before the schemas that the API server comes with for service accounts; lower wins.
const PRECEDENCE: usize = 110;

/// Requests so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Watches begun.
    pub watches: u64,
    /// Reads and renewals of Leases.
    pub leases: u64,
    /// Everything else.
    pub others: u64,
}

/// Flows in place; [`Flows::end`] removes them.
pub struct Flows {
    client: Client,
}

impl Flows {
    /// Puts them in place, and waits until the API server goes by them.
    pub async fn start(client: Client) -> Result<Self> {
        let flows = Self { client };
        for (at, class) in CLASSES.iter().enumerate() {
            let params = PatchParams::apply("coffer-bench").force();
            let schema = schema(PRECEDENCE + at, class);
            flows.api().patch(class.0, &params, &Patch::Apply(schema)).await?;
        }
        // Renewals of the Lease come by themselves: the first that is counted shows that all are.
        eventually("the API server counts our requests", || async {
            ensure!(flows.counts().await?.leases > 0, "none yet");
            Ok(())
        })
        .await?;
        Ok(flows)
    }

    fn api(&self) -> Api<FlowSchema> {
        Api::all(self.client.clone())
    }

    /// What was counted so far.
    pub async fn counts(&self) -> Result<Counts> {
        let metrics = self.metrics().await?;
        let of = |class: (&str, &str, &str)| dispatched(&metrics, class.0);
        let [watches, leases, others] = CLASSES.map(of);
        Ok(Counts {
            watches,
            leases,
            others,
        })
    }

    /// All requests by verb and resource, whoever sent them: what `counts` are made of, when nobody else is busy.
    pub async fn by_resource(&self) -> Result<BTreeMap<String, u64>> {
        Ok(by_resource(&self.metrics().await?))
    }

    async fn metrics(&self) -> Result<String> {
        let request = http::Request::get("/metrics").body(Vec::new())?;
        let answer = self.client.request_text(request).await;
        answer.context("cannot read the API server's metrics")
    }

    /// Removes them.
    pub async fn end(self) -> Result<()> {
        for (name, ..) in CLASSES {
            self.api().delete(name, &DeleteParams::default()).await?;
        }
        Ok(())
    }
}

fn schema(precedence: usize, (name, verb, resource): &(&str, &str, &str)) -> Value {
    json!({
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema", "metadata": {"name": name},
        "spec": {
            "matchingPrecedence": precedence,
            "priorityLevelConfiguration": {"name": "workload-low"},
            "distinguisherMethod": {"type": "ByUser"},
            "rules": [{
                "subjects": [{"kind": "Group", "group": {"name": format!("system:serviceaccounts:{SYSTEM_NAMESPACE}")}}],
                "resourceRules": [{
                    "apiGroups": ["*"], "resources": [resource], "verbs": [verb],
                    "namespaces": ["*"], "clusterScope": true,
                }],
            }],
        },
    })
}

fn dispatched(metrics: &str, flow: &str) -> u64 {
    let of_flow = format!("flow_schema=\"{flow}\"");
    samples(metrics, "apiserver_flowcontrol_dispatched_requests_total{")
        .filter(|(labels, _)| labels.contains(&of_flow))
        .map(|(_, value)| value)
        .sum()
}

fn by_resource(metrics: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (labels, value) in samples(metrics, "apiserver_request_total{") {
        let label = |name| label(labels, name).unwrap_or_default();
        let (verb, resource, part) = (label("verb"), label("resource"), label("subresource"));
        let slash = if part.is_empty() { "" } else { "/" };
        *counts
            .entry(format!("{verb} {resource}{slash}{part}"))
            .or_default() += value;
    }
    counts
}

/// The labels and values of one metric's lines.
fn samples<'a>(metrics: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    let lines = metrics.lines().filter_map(move |line| line.strip_prefix(name));
    lines.filter_map(|line| {
        let (labels, value) = line.rsplit_once("} ")?;
        Some((labels, value.parse().ok()?))
    })
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = "\
apiserver_flowcontrol_dispatched_requests_total{flow_schema=\"coffer-bench-other\",priority_level=\"workload-low\"} 12\n\
apiserver_flowcontrol_dispatched_requests_total{flow_schema=\"other\",priority_level=\"workload-low\"} 99\n\
apiserver_request_total{code=\"200\",verb=\"PATCH\",resource=\"vaultsecrets\",subresource=\"status\"} 3\n\
apiserver_request_total{code=\"409\",verb=\"PATCH\",resource=\"vaultsecrets\",subresource=\"status\"} 1\n\
apiserver_request_total{code=\"200\",verb=\"POST\",resource=\"events\",subresource=\"\"} 2\n";

    #[test]
    fn flows_are_counted_by_name() {
        assert_eq!(dispatched(METRICS, "coffer-bench-other"), 12);
        assert_eq!(dispatched(METRICS, "coffer-bench-watch"), 0);
    }

    #[test]
    fn requests_are_summed_over_codes() {
        let counts = by_resource(METRICS);
        assert_eq!(counts["PATCH vaultsecrets/status"], 4);
        assert_eq!(counts["POST events"], 2);
    }
}
