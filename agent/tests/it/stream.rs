//! Values come, change and are acknowledged, whatever happens to connections, certificates and tokens.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::pod::{CANARY, Pod, values};
use crate::server::{Authority, Exchange, Server};

/// A server, a pod, its agent, and the stream it opened, begun.
fn scene() -> (Authority, Server, Pod) {
    let authority = Authority::new();
    let server = Server::start(&authority);
    let pod = Pod::new(&server.url, &authority.pem);
    (authority, server, pod)
}

fn deliver(server: &Server, stream: &mut Exchange, version: u64) {
    stream.send(&values(&[
        ("a", version, &format!("-a{version}")),
        ("app/b", version, "-b\""),
    ]));
    assert_eq!(server.accepted(), json!({"a": version, "app/b": version}));
}

#[test]
fn values_are_put_in_place_acknowledged_and_kept_fresh() {
    let (_authority, server, pod) = scene();
    let mut wait = pod.spawn(pod.command("wait"));
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    assert_eq!(stream.path, "/coffer/v1/agent/watch");
    assert_eq!(stream.token, "token-1");
    assert_eq!(
        stream.body,
        json!({"organization": "shop", "vault": "app", "environment": "production", "names": ["a", "app/b"], "envFileNames": ["a", "app/b"]})
    );
    assert!(wait.is_running(), "nothing is in place yet");

    deliver(&server, &mut stream, 1);
    assert!(wait.ended().success());
    assert_eq!(pod.text("env/A").unwrap(), format!("A='{CANARY}-a1'\n"));
    assert_eq!(pod.text("env/B").unwrap(), format!("B='{CANARY}-b\"'\n"));
    assert_eq!(pod.text("files/plain").unwrap(), format!("{CANARY}-a1"));
    assert_eq!(
        pod.text("files/made").unwrap(),
        format!("a={CANARY}-a1\nb=\"{CANARY}-b\\\"\"\n")
    );
    let mode = |file: &str| std::fs::metadata(pod.path(file)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(
        (mode("env/A"), mode("files/plain"), mode("files/made")),
        (0o400, 0o440, 0o444)
    );

    stream.send(&json!({"type": "ping"}));
    deliver(&server, &mut stream, 2);
    assert_eq!(pod.text("env/A").unwrap(), format!("A='{CANARY}-a2'\n"));
    assert_eq!(pod.text("files/plain").unwrap(), format!("{CANARY}-a2"));
}

#[test]
fn a_lost_connection_is_resumed_and_unchanged_values_touch_nothing() {
    let (_authority, server, pod) = scene();
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 1);
    let inodes = || ["env/A", "files/..data"].map(|f| std::fs::symlink_metadata(pod.path(f)).unwrap().ino());
    let before = inodes();

    drop(stream);
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 1);
    assert_eq!(inodes(), before);

    stream.end();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 2);
    assert_eq!(pod.text("files/plain").unwrap(), format!("{CANARY}-a2"));
}

#[test]
fn the_token_is_read_anew_for_every_request() {
    let (_authority, server, pod) = scene();
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    std::fs::write(pod.path("token"), "token-2").unwrap();
    stream.send(&values(&[("a", 1, ""), ("app/b", 1, "")]));
    let ack = server.ack();
    assert_eq!(ack.token, "token-2");
    ack.answer(204, &Value::Null);
    std::fs::write(pod.path("token"), "token-3").unwrap();
    stream.end();
    assert_eq!(server.watch().token, "token-3");
}

#[test]
fn trust_moves_on_and_outlives_a_restart() {
    let (old, server, pod) = scene();
    let new = Authority::new();
    let agent = pod.run();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 1);

    stream.send(&json!({"type": "trust", "certificates": format!("{}{}", old.pem, new.pem)}));
    pod.until_logged("event=trust-replaced");
    server.change_authority(&new);
    stream.end();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 2);

    // The configuration still holds the old authority only.
    drop(agent);
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 3);

    // What would lock the agent out is not taken.
    stream.send(&json!({"type": "trust", "certificates": "no certificates"}));
    pod.until_logged("event=trust-not-kept");
    stream.end();
    server.watch().begin();
}

#[test]
fn an_authority_that_is_no_longer_trusted_is_refused() {
    let (old, server, pod) = scene();
    let new = Authority::new();
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    stream.send(&json!({"type": "trust", "certificates": new.pem}));
    pod.until_logged("event=trust-replaced");
    stream.end();
    pod.until_logged("no TLS connection to localhost: invalid peer certificate");
    server.change_authority(&new);
    server.watch().begin();
    drop(old);
}

#[test]
fn an_acknowledgement_that_fails_is_sent_again() {
    let (_authority, server, pod) = scene();
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    stream.send(&values(&[("a", 1, ""), ("app/b", 1, "")]));
    server.ack().answer(
        503,
        &json!({"code": "unavailable", "message": "the store is busy"}),
    );
    assert_eq!(server.accepted(), json!({"a": 1, "app/b": 1}));
    assert!(pod.log().contains("event=not-acknowledged"));
    deliver(&server, &mut stream, 2);
}

#[test]
fn told_to_stop_it_stops_at_once() {
    let (_authority, server, pod) = scene();
    let mut agent = pod.run();
    let _stream = server.watch().begin();
    kill_process(
        Pid::from_raw(agent.pid().try_into().unwrap()).unwrap(),
        Signal::TERM,
    )
    .unwrap();
    assert_eq!(agent.ended().code(), Some(0));
}

#[test]
fn it_denies_itself_core_dumps_and_tracing() {
    let (_authority, server, pod) = scene();
    let agent = pod.run_as_somebody();
    let _stream = server.watch().begin();
    let proc = format!("/proc/{}", agent.pid());
    let limits = std::fs::read_to_string(format!("{proc}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|l| l.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(
        core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(),
        ["0", "0"]
    );
    // The memory of a process that may not be dumped belongs to root, whoever runs it.
    assert_eq!(std::fs::metadata(format!("{proc}/mem")).unwrap().uid(), 0);
}

/// A program of its own name, so that the signal reaches nobody else on this machine.
fn application(pod: &Pod) -> (String, std::process::Child) {
    let name = format!("app-{}", std::process::id());
    let program = pod.path(&name);
    std::fs::copy("/bin/sleep", &program).unwrap();
    let child = std::process::Command::new(program).arg("600").spawn().unwrap();
    (name, child)
}

#[test]
fn the_application_is_signalled_once_for_each_change_and_not_for_the_first_values() {
    let (_authority, server, mut pod) = scene();
    let (name, mut child) = application(&pod);
    pod.config["signal"] = json!({"signal": "SIGUSR1", "process": name});
    let mut agent = pod.run();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 1);
    assert!(!pod.log().contains("signalled"), "{}", pod.log());
    assert!(child.try_wait().unwrap().is_none());
    deliver(&server, &mut stream, 2);
    let status = child.wait().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(10),
        "SIGUSR1 ends it"
    );
    pod.until_logged("event=signalled processes=1");

    // Started again with the same values in place it tells nobody, and of the next ones that there is nobody.
    kill_process(
        Pid::from_raw(agent.pid().try_into().unwrap()).unwrap(),
        Signal::TERM,
    )
    .unwrap();
    agent.ended();
    drop(stream);
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    deliver(&server, &mut stream, 2);
    assert!(!pod.log().contains("not-signalled"), "{}", pod.log());
    deliver(&server, &mut stream, 3);
    pod.until_logged("event=not-signalled");
    assert_eq!(pod.log().matches("event=signalled").count(), 1);
}

#[test]
fn only_the_secrets_that_ask_for_it_make_a_signal() {
    let (_authority, server, mut pod) = scene();
    pod.config["signal"] = json!({"signal": "SIGHUP", "process": "no-such-process", "secrets": ["app/b"]});
    let _agent = pod.run();
    let mut stream = server.watch().begin();
    for version in 1..3 {
        // Of a: b stays as it is.
        stream.send(&values(&[("a", version, "-a"), ("app/b", 1, "-b")]));
        assert_eq!(server.accepted(), json!({"a": version, "app/b": 1}));
    }
    assert!(!pod.log().contains("not-signalled"), "{}", pod.log());
    stream.send(&values(&[("a", 2, "-a"), ("app/b", 2, "-b")]));
    pod.until_logged("event=not-signalled");
}
