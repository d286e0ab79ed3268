//! The pods of a workload beside what its template comes to.

use std::collections::BTreeMap;

use coffer_injector::annotation::{PREFIX, STATUS};
use serde_json::Value;

use super::{
    facts::Subject,
    report::{Code, PodLine, Reason, Report},
};

/// Written by the operator on pod templates that it restarts, and no part of what is asked for.
const RESTARTED: &str = "coffer.dev/restarted-at";

/// A pod in a line, beside the workload that it belongs to.
pub fn line(workload: &Subject, pod: &Subject, report: Report) -> PodLine {
    let mut reasons = Vec::new();
    if asks(&workload.pod) != asks(&pod.pod) {
        let message = "the pod was made from another template than there is now";
        reasons.push(Reason::new(Code::OlderThanTemplate, message));
    }
    let items = report
        .items
        .into_iter()
        .flat_map(|it| it.reasons.into_iter().chain(it.remarks));
    let all = report.reasons.into_iter().chain(report.remarks).chain(items);
    reasons.extend(all);
    reasons.sort();
    reasons.dedup();
    PodLine {
        name: pod.object.name.clone(),
        state: report.state,
        reasons,
    }
}

/// The annotations that ask for something.
fn asks(pod: &Value) -> BTreeMap<&String, &Value> {
    let annotations = pod["metadata"]["annotations"].as_object().into_iter().flatten();
    annotations
        .filter(|(key, _)| key.starts_with(PREFIX) && ![STATUS, RESTARTED].contains(&key.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_injector_and_the_operator_write_is_no_wish() {
        let pod = |annotations: Value| json!({"metadata": {"annotations": annotations}});
        let template = pod(json!({"coffer.dev/env": "A", "other": "x"}));
        let made = pod(
            json!({"coffer.dev/env": "A", "coffer.dev/status": "injected", "coffer.dev/restarted-at": "t"}),
        );
        assert_eq!(asks(&template), asks(&made));
        assert_ne!(asks(&template), asks(&pod(json!({"coffer.dev/env": "B"}))));
    }
}
