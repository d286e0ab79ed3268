//! What the server or the agent refuses: said once, in words that help, and never half done.

use serde_json::json;

use crate::pod::{CANARY, Pod, values};
use crate::server::{Authority, Server};

fn scene() -> (Server, Pod) {
    let authority = Authority::new();
    let server = Server::start(&authority);
    let pod = Pod::new(&server.url, &authority.pem);
    (server, pod)
}

#[test]
fn a_refused_pod_waits_and_says_why() {
    let (server, pod) = scene();
    let mut wait = pod.spawn(pod.command("wait"));
    let mut agent = pod.run();
    let refusal = json!({"code": "forbidden", "message": "service account shop/app may not read vault app: add it to its access"});
    for _ in 0..3 {
        server.watch().answer(403, &refusal);
    }
    pod.until_text(
        "message",
        "the server refused (403): service account shop/app may not read vault app: add it to its access",
    );
    assert_eq!(pod.log().matches("event=waiting").count(), 1, "{}", pod.log());
    assert!(agent.is_running() && wait.is_running());

    let mut stream = server.watch().begin();
    stream.send(&values(&[("a", 1, ""), ("app/b", 1, "")]));
    server.accepted();
    assert!(wait.ended().success());
    pod.until_text("message", "");
}

#[test]
fn an_answer_in_other_terms_is_named_by_its_status() {
    let (server, pod) = scene();
    let _agent = pod.run();
    server.watch().answer(502, &json!("bad gateway"));
    pod.until_text("message", "the server answered with status 502");
}

#[test]
fn an_unreachable_server_and_a_missing_token_are_named() {
    let authority = Authority::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let pod = Pod::new(&format!("https://{closed}"), &authority.pem);
    let _agent = pod.run();
    pod.until_text(
        "message",
        &format!("cannot connect to {closed}: Connection refused (os error 111)"),
    );
    std::fs::remove_file(pod.path("token")).unwrap();
    let file = pod.path("token");
    pod.until_text(
        "message",
        &format!(
            "token file {}: No such file or directory (os error 2)",
            file.display()
        ),
    );
}

#[test]
fn an_unfit_value_is_shown_once_and_then_waited_out() {
    let (server, pod) = scene();
    let unfit = values(&[("a", 1, ""), ("app/b", 1, " it's")]);
    let message = "secret \"app/b\" cannot be variable B: it contains a single quote: change the value, deliver it as a file \
                   (coffer.dev/file.<name>), or use coffer.dev/mode: exec";
    let mut agent = pod.run();
    server.watch().begin().send(&unfit);
    assert_eq!(agent.ended().code(), Some(1), "so that kubelet shows the message");
    assert_eq!(pod.text("message").as_deref(), Some(message));

    std::fs::remove_file(pod.path("message")).unwrap();
    let mut agent = pod.run();
    let mut stream = server.watch().begin();
    stream.send(&unfit);
    pod.until_text("message", message);
    assert!(agent.is_running(), "no crash loop");
    assert!(
        !pod.path("env/A").exists() && !pod.path("files/plain").exists(),
        "nothing by halves"
    );

    stream.send(&values(&[("a", 1, ""), ("app/b", 2, " its")]));
    assert_eq!(server.accepted(), json!({"a": 1, "app/b": 2}));
    assert_eq!(pod.text("env/B").unwrap(), format!("B='{CANARY} its'\n"));
}

#[test]
fn a_running_pod_keeps_what_is_in_place() {
    let (server, pod) = scene();
    let mut agent = pod.run();
    let mut stream = server.watch().begin();
    stream.send(&values(&[("a", 1, "-1"), ("app/b", 1, "")]));
    server.accepted();

    stream.send(&values(&[("a", 2, "-2"), ("app/b", 2, "'")]));
    pod.until_logged("event=keeping-former-values reason=\"secret \\\"app/b\\\" cannot be variable B: it contains a single quote");
    stream.send(&values(&[("a", 3, "-3")]));
    pod.until_logged("secret \\\"app/b\\\" does not exist in this vault's environment");
    stream.send(&json!({"type": "held", "code": "unfit_for_env_file", "message": "held, said the server", "names": ["app/b"]}));
    pod.until_logged("event=keeping-former-values reason=\"held, said the server\"");
    assert!(agent.is_running());
    assert_eq!(pod.text("env/A").unwrap(), format!("A='{CANARY}-1'\n"));
    assert_eq!(pod.text("files/plain").unwrap(), format!("{CANARY}-1"));

    stream.send(&values(&[("a", 4, "-4"), ("app/b", 4, "")]));
    assert_eq!(server.accepted(), json!({"a": 4, "app/b": 4}));
    assert_eq!(pod.text("env/A").unwrap(), format!("A='{CANARY}-4'\n"));
}

#[test]
fn a_line_that_is_no_message_ends_the_stream_and_is_not_repeated() {
    let (server, pod) = scene();
    let _agent = pod.run();
    server
        .watch()
        .begin()
        .send(&json!({"type": "values", "secrets": {"a": {"version": CANARY, "value": CANARY}}}));
    pod.until_text(
        "message",
        "the server sent a line that is not a message of this version",
    );
    server.watch().begin();
}

#[test]
fn a_template_that_does_not_render_names_file_and_line() {
    let (server, mut pod) = scene();
    pod.config["files"][1]["content"]["template"] = "one\n{{ a | field('x') }}".into();
    let mut agent = pod.run();
    server
        .watch()
        .begin()
        .send(&values(&[("a", 1, ""), ("app/b", 1, "")]));
    assert_eq!(agent.ended().code(), Some(1));
    let message = pod.text("message").unwrap();
    assert_eq!(
        message,
        "file \"made\": template: line 2: secret \"a\": filter field: the value is not JSON"
    );
}

#[test]
fn a_full_or_missing_volume_is_tried_again() {
    let (server, pod) = scene();
    std::fs::remove_dir(pod.path("files")).unwrap();
    let _agent = pod.run();
    server
        .watch()
        .begin()
        .send(&values(&[("a", 1, ""), ("app/b", 1, "")]));
    let files = pod.path("files");
    pod.until_text(
        "message",
        &format!(
            "cannot write to {}: No such file or directory (os error 2)",
            files.display()
        ),
    );
    std::fs::create_dir(files).unwrap();
    server
        .watch()
        .begin()
        .send(&values(&[("a", 1, ""), ("app/b", 1, "")]));
    assert_eq!(server.accepted(), json!({"a": 1, "app/b": 1}));
}

#[test]
fn a_wrong_configuration_ends_with_its_reason() {
    let (_server, mut pod) = scene();
    pod.config["files"][0]["name"] = "../escape".into();
    let mut agent = pod.run();
    assert_eq!(agent.ended().code(), Some(2));
    let message = "COFFER_AGENT_CONFIG: file \"../escape\": a file name must not contain '/' or a NUL byte";
    assert_eq!(pod.text("message").as_deref(), Some(message));
}

#[test]
fn a_held_pod_hears_the_server_and_is_let_go_when_it_is_deleted() {
    let (server, pod) = scene();
    let mut agent = pod.run();
    let mut stream = server.watch().begin();
    stream.send(&json!({"type": "held", "code": "not_found", "message": "there is no such vault yet"}));
    pod.until_text("message", "there is no such vault yet");
    assert!(pod.path("state/connected").exists(), "the hook may wait long");
    stream.end();
    pod.until_logged("event=stream-ended");

    let mut stream = server.watch().begin();
    stream.send(&json!({"type": "leaving"}));
    assert_eq!(agent.ended().code(), Some(0));
    assert!(pod.log().contains("event=leaving"), "{}", pod.log());
    assert!(!pod.path("state/connected").exists());
    assert!(
        !pod.path("state/ready").exists(),
        "and the application does not start"
    );
}

#[test]
fn a_running_pod_that_is_deleted_is_served_to_its_end() {
    let (server, pod) = scene();
    let mut agent = pod.run();
    let mut stream = server.watch().begin();
    stream.send(&values(&[("a", 1, "-1"), ("app/b", 1, "")]));
    server.accepted();
    stream.send(&json!({"type": "leaving"}));
    stream.send(&values(&[("a", 2, "-2"), ("app/b", 1, "")]));
    server.accepted();
    assert!(agent.is_running());
    assert_eq!(pod.text("env/A").unwrap(), format!("A='{CANARY}-2'\n"));
}
