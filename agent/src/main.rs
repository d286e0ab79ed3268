//! The small static program that runs inside pods: the sidecar that keeps values in place, the hook that
//! waits for it, and the wrapper that hands variables to a command.
//!
//! It decides no rights and keeps no history: it takes what the server sends for the pod's own identity.

mod apply;
mod backoff;
mod client;
mod exec;
mod harden;
mod http;
mod log;
mod net;
mod place;
mod plan;
mod report;
mod run;
mod settings;
mod signal;
mod state;
mod wait;

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use coffer_wire::{AgentConfig, CONFIG_VARIABLE};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::settings::Settings;

/// Kubernetes' default `terminationMessagePath`.
const TERMINATION_LOG: &str = "/dev/termination-log";

const HELP: &str = "\
coffer-agent: keeps a pod's secrets in place

  coffer-agent run [--termination-log FILE]       the sidecar: keeps the values that COFFER_AGENT_CONFIG names
                                                  in place, and acknowledges them
  coffer-agent wait                               returns when the first values are in place (postStart hook)
  coffer-agent exec [--dir DIR] -- COMMAND …      adds the variables in DIR (its own directory) to the
                                                  environment and becomes COMMAND; a variable that is set
                                                  already stays as it is. Exit status 127: no such command;
                                                  126: it cannot be run; 125: the variables are not there
  coffer-agent version
  coffer-agent help
";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (verb, rest) = arguments
        .split_first()
        .map_or(("help", &[][..]), |(v, r)| (v.to_str().unwrap_or(""), r));
    match (verb, rest) {
        ("run", _) => run(rest),
        ("wait", []) => wait(),
        ("exec", _) => {
            let error = exec::exec(rest);
            fail("exec", &error, error.exit_code())
        }
        ("version", []) => say(concat!("coffer-agent ", env!("CARGO_PKG_VERSION"), "\n")),
        ("help", []) => say(HELP),
        _ => fail(
            "usage",
            &"unknown verb or arguments; see coffer-agent help",
            ExitCode::from(2),
        ),
    }
}

fn run(arguments: &[OsString]) -> ExitCode {
    harden::process();
    stop_at_once_when_told();
    let message_file = match arguments {
        [] => TERMINATION_LOG.into(),
        [flag, file] if flag == "--termination-log" => PathBuf::from(file),
        _ => {
            return fail(
                "usage",
                &"run takes only --termination-log FILE",
                ExitCode::from(2),
            );
        }
    };
    let started = configuration()
        .and_then(|json| Settings::parse(&json).map_err(|e| format!("{CONFIG_VARIABLE}: {e}")))
        .and_then(|settings| {
            let pod = rustix::system::uname();
            run::run(settings, message_file.clone(), pod.nodename().to_bytes()).map_err(|e| e.to_string())
        });
    started.unwrap_or_else(|reason| {
        report::Reporter::new(message_file).waiting(&report::Reason::lasting(&reason), false);
        ExitCode::from(2)
    })
}

fn wait() -> ExitCode {
    harden::process();
    let config = configuration().and_then(|json| {
        serde_json::from_str::<AgentConfig>(&json)
            .map_err(|e| format!("{CONFIG_VARIABLE} does not parse: {e}"))
    });
    match config {
        Ok(config) if wait::wait(Path::new(&config.state_dir)) => ExitCode::SUCCESS,
        Ok(_) => fail(
            "wait",
            &"no values yet; the sidecar's log says why",
            ExitCode::FAILURE,
        ),
        Err(reason) => fail("wait", &reason, ExitCode::from(2)),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is main; the variable is how the injector configures the agent"
)]
fn configuration() -> Result<String, String> {
    std::env::var(CONFIG_VARIABLE).map_err(|e| format!("{CONFIG_VARIABLE}: {e}; the injector sets it"))
}

/// As process 1 of its container the agent has no default action for signals. There is nothing to finish:
/// whatever it was writing becomes visible whole or not at all.
fn stop_at_once_when_told() {
    for signal in [SIGTERM, SIGINT] {
        let always = Arc::new(AtomicBool::new(true));
        if let Err(error) = signal_hook::flag::register_conditional_shutdown(signal, 0, always) {
            log::warn("signal-not-handled", &[("signal", &signal), ("error", &error)]);
        }
    }
}

fn say(text: &str) -> ExitCode {
    use std::io::Write;
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(what: &str, error: &dyn Display, code: ExitCode) -> ExitCode {
    log::warn("failed", &[("what", &what), ("error", error)]);
    code
}
