//! `mode: exec`: the agent's binary is put before a container's command, reads the values and becomes the
//! command. Arguments, probes and hooks stay as they are: probes and hooks do not see the variables.

use k8s_openapi::api::core::v1::VolumeMount;

use super::{Chosen, volumes};
use crate::{annotation::MODE, denied::Denied, patch::Value};

/// Where the application finds the wrapper.
pub const APP_DIRECTORY: &str = "/var/run/secrets/coffer-exec";
/// Where the agent puts it.
pub const AGENT_DIRECTORY: &str = "/run/coffer/exec";

/// Every chosen container must say what it runs, and have room for the wrapper.
pub fn check(chosen: &[Chosen<'_>]) -> Result<(), Denied> {
    chosen.iter().try_for_each(check_one)
}

fn check_one(chosen: &Chosen<'_>) -> Result<(), Denied> {
    let name = chosen.name();
    if !chosen.container.has_command() {
        let problem = format!(
            "container {name} has no command; kubelet would use the image's own, which the injector does not look up"
        );
        return Err(Denied::new(MODE, problem, "set command:, or use mode: env-file"));
    }
    match chosen.mount_in_the_way(APP_DIRECTORY) {
        None => Ok(()),
        Some(at) => {
            let problem = format!("container {name} mounts a volume at {at}, in the way of {APP_DIRECTORY}");
            Err(Denied::new(
                MODE,
                problem,
                "mount it elsewhere, or use mode: env-file",
            ))
        }
    }
}

/// The words that come before the container's own command.
pub fn prefix() -> [Value; 3] {
    prefix_words().map(Value::Text)
}

/// The same as text.
pub fn prefix_words() -> [String; 3] {
    [
        format!("{APP_DIRECTORY}/coffer-agent"),
        "exec".to_owned(),
        "--".to_owned(),
    ]
}

/// The application's mount of the wrapper and the values.
pub fn app_mount() -> VolumeMount {
    volumes::read_only(volumes::EXEC, APP_DIRECTORY)
}
