//! How far a pod has come, from what kubelet and the scheduler say of it.

use coffer_injector::pod::agent;
use serde_json::Value;

use super::report::{Code, Reason};

/// How far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// There is no pod yet.
    NotMade,
    /// It carries no agent.
    Bare,
    /// It has an agent that has not handed the values over: why, as far as that is known.
    Before(Reason),
    /// The values are in place, and the application was let start.
    Started,
    /// It has come to its end; whether the values had been in place.
    Ended(bool),
}

/// Of an injected pod.
pub fn of(pod: &Value) -> Stage {
    let status = &pod["status"];
    let agent = list(&status["initContainerStatuses"]).find(|it| it["name"] == agent::NAME);
    let served = agent.is_some_and(|agent| agent["started"] == true) || others_ran(status);
    if matches!(status["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return Stage::Ended(served);
    }
    if served {
        return Stage::Started;
    }
    Stage::Before(agent.map_or_else(|| without_status(status), waiting))
}

/// Whether another container ran: kubelet starts them after the agent's hook has ended well.
fn others_ran(status: &Value) -> bool {
    let containers = list(&status["initContainerStatuses"]).chain(list(&status["containerStatuses"]));
    let ran = |it: &Value| {
        it["started"] == true
            || it["state"]["running"].is_object()
            || it["state"]["terminated"].is_object()
            || it["lastState"]["terminated"].is_object()
    };
    containers.filter(|it| it["name"] != agent::NAME).any(ran)
}

fn without_status(status: &Value) -> Reason {
    let scheduled = condition(status, "PodScheduled");
    match scheduled.filter(|it| it["status"] == "False") {
        Some(unscheduled) => {
            let message = format!("no node was found for it: {}", text(&unscheduled["message"]));
            Reason::new(Code::NotScheduled, message)
        }
        None => Reason::new(Code::AgentNotStarted, "kubelet has not begun with it yet"),
    }
}

fn waiting(agent: &Value) -> Reason {
    let last = text(&agent["lastState"]["terminated"]["message"]);
    let (reason, message) = (
        text(&agent["state"]["waiting"]["reason"]),
        text(&agent["state"]["waiting"]["message"]),
    );
    // While its hook holds the pod, kubelet shows nothing newer than what was before the start.
    let holds = ["", "PodInitializing", "ContainerCreating", "PostStartHookError"].contains(&reason);
    if holds || !last.is_empty() {
        let message = if last.is_empty() {
            "the agent waits for its values"
        } else {
            last
        };
        return Reason::new(Code::Held, message);
    }
    Reason::new(
        Code::AgentNotStarted,
        format!("its agent does not start: {reason}: {message}"),
    )
}

/// The condition of a status.
pub fn condition<'s>(status: &'s Value, kind: &str) -> Option<&'s Value> {
    list(&status["conditions"]).find(|it| it["type"] == kind)
}

/// The elements of a list, if it is one.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stage(status: &Value) -> (Option<Code>, String) {
        match of(&json!({ "status": status })) {
            Stage::Before(reason) => (Some(reason.code), reason.message),
            other => (None, format!("{other:?}")),
        }
    }

    #[test]
    fn a_pod_is_as_far_as_its_status_says() {
        let agent = |state: Value| json!({"phase": "Pending", "initContainerStatuses": [{"name": "coffer-agent", "started": false, "state": state}]});
        let unscheduled = json!({"type": "PodScheduled", "status": "False", "message": "0/1 nodes"});
        for (status, code, words) in [
            (json!({}), Some(Code::AgentNotStarted), "kubelet"),
            (
                json!({"conditions": [unscheduled]}),
                Some(Code::NotScheduled),
                "0/1 nodes",
            ),
            (
                agent(json!({"waiting": {"reason": "PodInitializing"}})),
                Some(Code::Held),
                "waits",
            ),
            (agent(json!({"running": {}})), Some(Code::Held), "waits"),
            (
                agent(json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}})),
                Some(Code::AgentNotStarted),
                "ImagePullBackOff: no such image",
            ),
            (
                json!({"initContainerStatuses": [{"name": "coffer-agent", "started": true}]}),
                None,
                "Started",
            ),
            (
                json!({"initContainerStatuses": [{"name": "coffer-agent", "started": false}],
                    "containerStatuses": [{"name": "web", "lastState": {"terminated": {}}}]}),
                None,
                "Started",
            ),
            (
                json!({"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {}}}]}),
                None,
                "Ended(true)",
            ),
            (json!({"phase": "Failed"}), None, "Ended(false)"),
        ] {
            let (found, said) = stage(&status);
            assert_eq!(found, code, "{status}");
            assert!(said.contains(words), "{said} for {status}");
        }
    }

    #[test]
    fn the_agents_last_words_are_told() {
        let status = json!({"initContainerStatuses": [{"name": "coffer-agent", "started": false,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"message": "an env file cannot carry A"}}}]});
        assert_eq!(
            stage(&status),
            (Some(Code::Held), "an env file cannot carry A".to_owned())
        );
    }
}
