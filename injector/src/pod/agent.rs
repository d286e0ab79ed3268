//! The agent's container: a native sidecar, first of the init containers, whose hook holds every later
//! container until the values are in place.

use coffer_wire::{AgentConfig, CONFIG_VARIABLE};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, EnvVar, ExecAction, Lifecycle, LifecycleHandler, SeccompProfile,
    SecurityContext, VolumeMount,
};

use super::{Chosen, resources, volumes::Mebibytes};
use crate::{annotation::INJECT, denied::Denied, settings::Injection, view};

/// The container's name.
pub const NAME: &str = "coffer-agent";
/// Where the agent keeps its own state.
pub const STATE_DIRECTORY: &str = "/run/coffer/state";
/// Who the agent runs as where the pod does not say.
const DEFAULT_USER: i64 = 65_532;
/// Linux takes at most 128 KiB in one variable.
const LONGEST_CONFIG: usize = 120 * 1024;

/// Whether a container is the injector's work.
pub fn is_agent(container: &view::Container<'_>) -> bool {
    container.name == *NAME && container.is_sidecar() && container.has_variable(CONFIG_VARIABLE)
}

/// User and group of the agent: those of the first chosen container, so that it may read what the agent
/// wrote; never root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Numeric user.
    pub user: i64,
    /// Numeric group.
    pub group: i64,
}

impl Identity {
    /// Decides it.
    pub fn of(spec: &view::Spec<'_>, chosen: &[Chosen<'_>]) -> Self {
        let pod = spec.security_context.unwrap_or_default();
        let own = chosen
            .first()
            .and_then(|c| c.container.security_context)
            .unwrap_or_default();
        let usable = |id: Option<i64>| id.filter(|&id| id > 0).unwrap_or(DEFAULT_USER);
        Self {
            user: usable(own.run_as_user.or(pod.run_as_user)),
            group: usable(own.run_as_group.or(pod.run_as_group)),
        }
    }
}

/// The container.
pub fn container(
    settings: &Injection,
    spec: &view::Spec<'_>,
    identity: Identity,
    config: &AgentConfig,
    mounts: Vec<VolumeMount>,
    volumes: Mebibytes,
) -> Result<Container, Denied> {
    let wait = ExecAction {
        command: Some(vec![settings.agent_path.clone(), "wait".to_owned()]),
    };
    let hook = LifecycleHandler {
        exec: Some(wait),
        ..LifecycleHandler::default()
    };
    Ok(Container {
        name: NAME.to_owned(),
        image: Some(settings.image.clone()),
        image_pull_policy: settings.pull_policy.clone(),
        command: Some(vec![settings.agent_path.clone()]),
        args: Some(vec!["run".to_owned()]),
        env: Some(vec![EnvVar {
            name: CONFIG_VARIABLE.to_owned(),
            value: Some(encoded(config)?),
            value_from: None,
        }]),
        lifecycle: Some(Lifecycle {
            post_start: Some(hook),
            ..Lifecycle::default()
        }),
        resources: Some(resources::of_agent(spec, volumes)),
        restart_policy: Some("Always".to_owned()),
        security_context: Some(security_context(identity)),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(mounts),
        ..Container::default()
    })
}

/// The configuration as JSON. `$` is written as an escape, since kubelet would expand `$(NAME)` and
/// shorten `$$` in a variable's value.
fn encoded(config: &AgentConfig) -> Result<String, Denied> {
    let fail = |problem: String| Denied::new(INJECT, problem, "use fewer or shorter templates");
    let json = serde_json::to_string(config)
        .map_err(|e| fail(format!("the agent's configuration is not JSON: {e}")))?;
    let json = if json.contains('$') {
        json.replace('$', "\\u0024")
    } else {
        json
    };
    if json.len() > LONGEST_CONFIG {
        return Err(fail(format!(
            "the agent's configuration is {} bytes, and {LONGEST_CONFIG} is the most",
            json.len()
        )));
    }
    Ok(json)
}

/// Pod Security `restricted`, and a root file system that cannot be written.
fn security_context(identity: Identity) -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            add: None,
        }),
        privileged: Some(false),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        run_as_user: Some(identity.user),
        run_as_group: Some(identity.group),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            localhost_profile: None,
        }),
        ..SecurityContext::default()
    }
}
