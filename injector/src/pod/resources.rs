//! The agent's requests and limits, chosen so that a pod keeps its quality of service.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity as Written,
};

use super::{quantity::Quantity, volumes::Mebibytes};
use crate::view::{Resources, Spec, Texts};

const COUNTED: [&str; 2] = ["cpu", "memory"];

/// The agent itself, in MiB: a few, and room for TLS and the kernel.
const OWN: u64 = 20;
/// Never less than this, in MiB.
const LEAST: u64 = 32;
/// What is in a volume counts as the agent's memory, and passes through it twice: as it comes, and decoded.
const TIMES: u64 = 3;

/// What the agent asks for in this pod, its memory volumes holding at most `volumes` together.
///
/// Whoever limits the processor of all containers, as a quota on `limits.cpu` demands, has the agent's limited too.
pub fn of_agent(spec: &Spec<'_>, volumes: Mebibytes) -> ResourceRequirements {
    if spec.resources.as_ref().is_some_and(is_set) {
        // The pod has one budget for all; a request of ours could exceed it and have the pod refused.
        return ResourceRequirements::default();
    }
    let memory = Mebibytes((OWN + TIMES * volumes.0).max(LEAST)).to_string();
    if is_guaranteed(spec) {
        let amounts = amounts(&[("cpu", "50m"), ("memory", &memory)]);
        return ResourceRequirements {
            requests: Some(amounts.clone()),
            limits: Some(amounts),
            claims: None,
        };
    }
    let mut limits = amounts(&[("memory", &memory)]);
    if limits_processor(spec) {
        limits.extend(amounts(&[("cpu", "250m")]));
    }
    ResourceRequirements {
        requests: Some(amounts(&[("cpu", "5m"), ("memory", "8Mi")])),
        limits: Some(limits),
        claims: None,
    }
}

/// Whether every container limits its processor.
fn limits_processor(spec: &Spec<'_>) -> bool {
    spec.all().all(|(_, container)| {
        let resources = container.resources.as_ref();
        resources.is_some_and(|resources| amount(resources.limits.as_ref(), "cpu").is_some())
    })
}

fn amounts(pairs: &[(&str, &str)]) -> BTreeMap<String, Written> {
    pairs
        .iter()
        .map(|&(name, amount)| (name.to_owned(), Written(amount.to_owned())))
        .collect()
}

fn is_set(resources: &Resources<'_>) -> bool {
    let counted =
        |texts: &Option<Texts<'_>>| COUNTED.iter().any(|name| amount(texts.as_ref(), name).is_some());
    counted(&resources.requests) || counted(&resources.limits)
}

/// Whether the pod is of class Guaranteed without us, by kubelet's rule: every container limits both
/// processor and memory, and the sums of requests equal those of the limits. A request that is missing
/// counts as its limit, as the API server fills it in.
fn is_guaranteed(spec: &Spec<'_>) -> bool {
    COUNTED.iter().all(|name| {
        let mut sums = Some((Quantity::ZERO, Quantity::ZERO));
        for (_, container) in spec.all() {
            sums = sums.and_then(|(requests, limits)| {
                let resources = container.resources.as_ref()?;
                let limit = amount(resources.limits.as_ref(), name)?;
                let request = amount(resources.requests.as_ref(), name).unwrap_or(limit);
                Some((requests.plus(request)?, limits.plus(limit)?))
            });
        }
        sums.is_some_and(|(requests, limits)| requests == limits && limits > Quantity::ZERO)
    })
}

/// An amount above zero; zero and nonsense count as absent.
fn amount(texts: Option<&Texts<'_>>, name: &str) -> Option<Quantity> {
    let amount = Quantity::parse(texts?.get(name)?.as_str())?;
    (amount > Quantity::ZERO).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(resources: &str) -> ResourceRequirements {
        let json = format!(r#"{{"containers":[{{"name":"a","resources":{resources}}}]}}"#);
        of_agent(&serde_json::from_str(&json).unwrap(), Mebibytes(2))
    }

    fn guaranteed(resources: &ResourceRequirements) -> bool {
        resources.requests.is_some() && resources.requests == resources.limits
    }

    #[test]
    fn equal_requests_and_limits_are_guaranteed() {
        for resources in [
            r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1000m","memory":"1024Mi"}}"#,
            r#"{"limits":{"cpu":"1","memory":"1Gi"}}"#,
        ] {
            assert!(guaranteed(&spec(resources)), "{resources}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for resources in [
            "{}",
            r#"{"limits":{"cpu":"1"}}"#,
            r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}"#,
            r#"{"limits":{"cpu":"0","memory":"1Gi"}}"#,
            r#"{"limits":{"cpu":"one","memory":"1Gi"}}"#,
            r#"{"requests":{"cpu":"1","memory":"1Gi"}}"#,
        ] {
            let resources = spec(resources);
            assert!(!guaranteed(&resources));
            assert!(resources.limits.unwrap().contains_key("memory"));
        }
    }

    #[test]
    fn a_processor_that_all_limit_is_limited_for_the_agent_too() {
        for (resources, limited) in [
            (r#"{"limits":{"cpu":"1"}}"#, true),
            (
                r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}"#,
                true,
            ),
            ("{}", false),
            (r#"{"limits":{"cpu":"0","memory":"1Gi"}}"#, false),
            (r#"{"requests":{"cpu":"1","memory":"1Gi"}}"#, false),
        ] {
            assert_eq!(
                spec(resources).limits.unwrap().contains_key("cpu"),
                limited,
                "{resources}"
            );
        }
    }

    #[test]
    fn memory_follows_the_volumes() {
        let limit = |volumes| {
            let spec = serde_json::from_str(r#"{"containers":[{"name":"a"}]}"#).unwrap();
            of_agent(&spec, Mebibytes(volumes)).limits.unwrap()["memory"]
                .0
                .clone()
        };
        assert_eq!(
            (limit(2), limit(10), limit(37)),
            ("32Mi".into(), "50Mi".into(), "131Mi".into())
        );
    }

    #[test]
    fn one_unlimited_init_container_spoils_it() {
        let full = r#"{"limits":{"cpu":"1","memory":"1Gi"}}"#;
        let json = format!(
            r#"{{"containers":[{{"name":"a","resources":{full}}}],"initContainers":[{{"name":"i"}}]}}"#
        );
        assert!(!guaranteed(&of_agent(
            &serde_json::from_str(&json).unwrap(),
            Mebibytes(2)
        )));
    }

    #[test]
    fn a_pod_wide_budget_is_left_to_the_pod() {
        let json = r#"{"containers":[{"name":"a"}],"resources":{"limits":{"cpu":"1","memory":"1Gi"}}}"#;
        assert_eq!(
            of_agent(&serde_json::from_str(json).unwrap(), Mebibytes(2)),
            ResourceRequirements::default()
        );
    }
}
