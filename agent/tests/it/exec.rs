//! The exec delivery: the wrapper that the sidecar installs hands the variables to a command.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::pod::{Agent, CANARY, Pod, output, values};
use crate::server::{Authority, Exchange, Server};

/// A pod with the exec delivery of all secrets, and values in place.
fn scene() -> (Pod, (Agent, Exchange)) {
    let authority = Authority::new();
    let server = Server::start(&authority);
    let mut pod = Pod::new(&server.url, &authority.pem);
    pod.config["variables"]["delivery"] = "exec".into();
    pod.config["variables"]["selection"] = "all".into();
    pod.config["files"] = json!([]);
    let agent = pod.run();
    let mut stream = server.watch().begin();
    assert_eq!(stream.body.get("names"), None);
    stream.send(&values(&[
        ("QUOTED", 1, " it's\r\n\"$HOME\" ü"),
        ("TAKEN", 1, ""),
        ("not/a-variable", 1, ""),
    ]));
    assert_eq!(
        server.accepted(),
        json!({"QUOTED": 1, "TAKEN": 1}),
        "only what was put in place"
    );
    (pod, (agent, stream))
}

#[test]
fn a_command_gets_the_variables_and_what_the_pod_set_stays() {
    let (pod, _running) = scene();
    let wrapper = pod.path("env/coffer-agent");
    assert_eq!(
        std::fs::metadata(&wrapper).unwrap().permissions().mode() & 0o7777,
        0o555
    );
    assert_eq!(
        std::fs::metadata(pod.path("env/environment"))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777,
        0o444
    );
    let variables = [("TAKEN", "by the pod"), ("PATH", "/usr/bin:/bin")];
    let (status, out, err) = output(&wrapper, &["exec", "--", "env", "-0"], &variables);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let mut seen: Vec<&str> = out.split_terminator('\0').collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            "PATH=/usr/bin:/bin",
            &format!("QUOTED={CANARY} it's\r\n\"$HOME\" ü"),
            "TAKEN=by the pod"
        ]
    );
}

#[test]
fn the_commands_own_status_and_arguments_pass_through() {
    let (pod, _running) = scene();
    let script = "printf '%s|' \"$@\"; exit 42";
    let (status, out, _) = output(
        pod.path("env/coffer-agent"),
        &["exec", "--", "/bin/sh", "-c", script, "sh", "a b", "--", ""],
        &[],
    );
    assert_eq!((status, out.as_str()), (Some(42), "a b|--||"));
}

#[test]
fn it_fails_as_a_shell_does() {
    let (pod, _running) = scene();
    let wrapper = pod.path("env/coffer-agent");
    let path = [("PATH", "/usr/bin:/bin")];
    let (status, _, err) = output(&wrapper, &["exec", "--", "no-such-command"], &path);
    assert_eq!(status, Some(127));
    assert!(
        err.contains("cannot run no-such-command: No such file or directory"),
        "{err}"
    );
    let (status, _, err) = output(&wrapper, &["exec", "--", "/etc"], &path);
    assert_eq!(status, Some(126));
    assert!(err.contains("cannot run /etc: Permission denied"), "{err}");
    let (status, _, err) = output(&wrapper, &["exec"], &path);
    assert_eq!(status, Some(125));
    assert!(err.contains("no command"), "{err}");
    let (status, _, err) = output(&wrapper, &["exec", "--dir", "/nowhere", "--", "true"], &path);
    assert_eq!(status, Some(125));
    assert!(
        err.contains("cannot read the variables from /nowhere/environment"),
        "{err}"
    );
    assert!(!err.contains(CANARY));
}

#[test]
fn the_wrapper_can_be_run_from_elsewhere() {
    let (pod, _running) = scene();
    let dir = pod.path("env");
    let arguments = [
        "exec",
        "--dir",
        dir.to_str().unwrap(),
        "--",
        "/bin/sh",
        "-c",
        "test -n \"$QUOTED\"",
    ];
    assert_eq!(
        output(env!("CARGO_BIN_EXE_coffer-agent"), &arguments, &[]).0,
        Some(0)
    );
}

#[test]
fn a_value_with_a_nul_byte_is_refused_with_the_way_out() {
    let authority = Authority::new();
    let server = Server::start(&authority);
    let mut pod = Pod::new(&server.url, &authority.pem);
    pod.config["variables"]["delivery"] = "exec".into();
    let mut agent = pod.run();
    server
        .watch()
        .begin()
        .send(&values(&[("a", 1, "\0"), ("app/b", 1, "")]));
    assert_eq!(agent.ended().code(), Some(1));
    assert_eq!(
        pod.text("message").unwrap(),
        "secret \"a\" cannot be variable A: it contains a NUL byte: deliver it as a file (coffer.dev/file.<name>)"
    );
}
