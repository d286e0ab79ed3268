//! What the pod of a test has: volumes, a token, and the agent's processes.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::PATIENCE;

/// Part of every value: it may be in no log and no message.
pub const CANARY: &str = "canary-4dd3f1";

/// Some user who is not root.
const SOMEBODY: u32 = 65532;

const AGENT: &str = env!("CARGO_BIN_EXE_coffer-agent");

/// Volumes and configuration.
pub struct Pod {
    root: tempfile::TempDir,
    pub config: Value,
}

/// A running agent; ended with the test.
pub struct Agent {
    child: Child,
}

impl Pod {
    /// A pod that talks to `url` and trusts `trust`: variables A and B as env files, two files.
    pub fn new(url: &str, trust: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for dir in ["state", "env", "files"] {
            std::fs::create_dir(root.path().join(dir)).unwrap();
        }
        std::fs::write(root.path().join("token"), "token-1\n").unwrap();
        let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        let config = json!({
            "server": url, "trust": trust, "organization": "shop", "vault": "app", "environment": "production",
            "tokenFile": path("token"), "stateDir": path("state"),
            "variables": {"delivery": "env-file", "dir": path("env"), "selection": {"named": {"A": "a", "B": "app/b"}}},
            "files": [
                {"dir": path("files"), "name": "plain", "mode": 0o440, "content": {"secret": "a"}},
                {"dir": path("files"), "name": "made", "mode": 0o444, "content": {"template": "a={{ a }}\nb={{ secrets[\"app/b\"] | json }}\n"}},
            ],
        });
        Self { root, config }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn text(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path(name)).ok()
    }

    pub fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(AGENT);
        command
            .arg(verb)
            .env_clear()
            .env("COFFER_AGENT_CONFIG", self.config.to_string());
        command
    }

    /// Starts the sidecar.
    pub fn run(&self) -> Agent {
        let mut command = self.command("run");
        command.arg("--termination-log").arg(self.path("message"));
        self.spawn(command)
    }

    /// Starts the sidecar as a user other than root, where the tests run as root.
    pub fn run_as_somebody(&self) -> Agent {
        let program = self.path("program");
        std::fs::copy(AGENT, &program).unwrap();
        for path in ["", "state", "env", "files"] {
            std::fs::set_permissions(self.path(path), Permissions::from_mode(0o777)).unwrap();
        }
        let mut command = Command::new(program);
        command
            .arg("run")
            .env_clear()
            .env("COFFER_AGENT_CONFIG", self.config.to_string());
        command.arg("--termination-log").arg(self.path("message"));
        if rustix::process::geteuid().is_root() {
            command.uid(SOMEBODY).gid(SOMEBODY);
        }
        self.spawn(command)
    }

    /// Starts `command`, its standard error going to the pod's log.
    pub fn spawn(&self, mut command: Command) -> Agent {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        Agent {
            child: command.stdin(Stdio::null()).stderr(log).spawn().unwrap(),
        }
    }

    /// Waits until `file` holds `text`.
    pub fn until_text(&self, file: &str, text: &str) {
        let told = || format!("{file} holds {text:?}, not {:?}", self.text(file));
        until(told, || self.text(file).as_deref() == Some(text));
    }

    /// Waits until the log has a line with `words`.
    pub fn until_logged(&self, words: &str) {
        until(
            || format!("the log says {words}:\n{}", self.log()),
            || self.log().contains(words),
        );
    }

    pub fn log(&self) -> String {
        self.text("log").unwrap_or_default()
    }
}

/// A test that passed in every other way still fails if a value was let out.
impl Drop for Pod {
    fn drop(&mut self) {
        for place in ["log", "message"] {
            let text = self.text(place).unwrap_or_default();
            if !std::thread::panicking() {
                assert!(!text.contains(CANARY), "a value in {place}: {text}");
            }
        }
    }
}

impl Agent {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for it to end.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `done`; `what` says what that would be.
pub fn until(what: impl Fn() -> String, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "in vain: {}", what());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs `program` to its end: status and standard output.
pub fn output(
    program: impl AsRef<OsStr>,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Option<i32>, String, String) {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code(), out, err)
}

/// The message that brings these values: name, version, what follows the canary.
pub fn values(list: &[(&str, u64, &str)]) -> Value {
    let secrets: serde_json::Map<String, Value> = list
        .iter()
        .map(|(name, version, tail)| {
            (
                (*name).to_owned(),
                json!({"version": version, "value": base64(&format!("{CANARY}{tail}"))}),
            )
        })
        .collect();
    json!({"type": "values", "secrets": secrets})
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            encoded.push(if at <= three.len() { letter.into() } else { '=' });
        }
    }
    encoded
}
