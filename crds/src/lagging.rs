//! Pods that have not put the current version of something in place: how a status names them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many pods a status names.
pub const MOST_NAMED: usize = 8;

/// How many of them fit in a column.
const IN_A_LINE: usize = 3;

/// A live pod that has not put the current version in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaggingPod {
    /// Its namespace.
    #[schemars(length(max = 63))]
    pub namespace: String,

    /// Its name.
    #[schemars(length(max = 253))]
    pub pod: String,

    /// The version that it has put in place. Absent: none, as far as it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,

    /// Since when it lags.
    pub since: Time,
}

/// How many lines a status has of who lags behind what.
pub const MOST_BEHIND: usize = 32;

/// A live pod that has not put the current version of one secret in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaggingKey {
    /// Name of the secret.
    #[schemars(length(max = 257))]
    pub name: String,

    /// The pod's namespace.
    #[schemars(length(max = 63))]
    pub namespace: String,

    /// The pod's name.
    #[schemars(length(max = 253))]
    pub pod: String,

    /// The version that it has put in place. Absent: none, as far as it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,

    /// Since when it lags.
    pub since: Time,
}

/// Pods in a line: `web-1 since 2026-01-01T03:00:01Z, other/job-2 since …, 5 more`. Those of `namespace` go by their
/// name alone. `None`: there are none.
pub fn in_a_line(pods: &[LaggingPod], all: usize, namespace: &str) -> Option<String> {
    let name = |pod: &LaggingPod| {
        if pod.namespace == namespace {
            pod.pod.clone()
        } else {
            format!("{}/{}", pod.namespace, pod.pod)
        }
    };
    let shown = pods.iter().take(IN_A_LINE);
    let mut words: Vec<String> = shown
        .map(|pod| format!("{} since {}", name(pod), pod.since.0))
        .collect();
    let more = all.saturating_sub(words.len());
    if more > 0 {
        words.push(format!("{more} more"));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_few_and_counts_the_rest() {
        let pod = |namespace: &str, pod: &str| LaggingPod {
            namespace: namespace.into(),
            pod: pod.into(),
            version: Some(1),
            since: Time("2026-01-01T03:00:01Z".parse().unwrap()),
        };
        assert_eq!(in_a_line(&[], 0, "team"), None);
        let two = [pod("team", "web-1"), pod("other", "job-1")];
        let line = in_a_line(&two, 2, "team").unwrap();
        assert_eq!(
            line,
            "web-1 since 2026-01-01T03:00:01Z, other/job-1 since 2026-01-01T03:00:01Z"
        );
        let many = vec![pod("team", "web-1"); 8];
        assert!(in_a_line(&many, 12, "team").unwrap().ends_with(", 9 more"));
    }
}
