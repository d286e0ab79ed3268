//! Sealing with the real program: offline with a public key from a file, anew through the server, and looked at by
//! `coffer check`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use common::Server;

const MANIFEST: &str = "apiVersion: coffer.dev/v1alpha1
kind: Vault
metadata: {name: default, namespace: default}
spec: {}
---
apiVersion: coffer.dev/v1alpha1
kind: VaultSecret
metadata: {name: web, namespace: default}
spec:
  vaultRef: {name: default}
  data:
    # from the provider's page
    API_KEY:
      external: {}
";

/// Runs `coffer`, with `input` on standard input and these variables alone.
fn coffer(args: &[&str], input: &str, variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_coffer"))
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends before it reads closes its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .trim()
        .to_owned()
}

/// The text of the one sealed value in a file.
fn sealed_in(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find(|line| line.contains("sealed: ")).unwrap();
    line.split("sealed: ").nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_sealed_offline_into_a_file_and_sealed_anew_after_a_rotation() {
    let server = Server::start().await;
    let online = [("COFFER_SERVER", &*server.base), ("COFFER_TOKEN", &*server.admin)];
    let folder = server.data.path().join("manifests");
    fs::create_dir(&folder).unwrap();
    let at = |name: &str| folder.join(name);
    let (key, manifest) = (at("default.pub"), at("web.yaml"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (key_text, file, dir) = (text(&key), text(&manifest), text(&folder));
    fs::write(&key, out(&coffer(&["seal-key", "show"], "", &online))).unwrap();
    fs::write(
        &manifest,
        MANIFEST.replace("external: {}", "sealed: coffer-seal:v1:old"),
    )
    .unwrap();

    let seal = ["seal", "API_KEY", "--public-key", &key_text, "-f", &file];
    out(&coffer(&seal, "hunter2", &[]));
    let first = sealed_in(&manifest);
    assert!(first.starts_with("coffer-seal:v1:") && first.contains(":default/default/default/API_KEY:"));
    let written = fs::read_to_string(&manifest).unwrap();
    assert!(
        written.contains("    # from the provider's page\n    API_KEY:\n      sealed: "),
        "{written}"
    );
    let check = ["check", "-f", &dir, "--strict", "--public-key", &key_text];
    assert_eq!(out(&coffer(&check, "", &[])), "2 objects, nothing wrong");

    out(&coffer(&["seal-key", "rotate"], "", &online));
    let fresh = out(&coffer(&["seal-key", "show"], "", &online));
    let stale = coffer(
        &["check", "-f", &dir, "--strict", "--public-key", &fresh],
        "",
        &[],
    );
    assert_eq!(stale.status.code(), Some(1));
    let said = String::from_utf8(stale.stdout).unwrap();
    assert!(said.contains("coffer reseal"), "{said}");
    out(&coffer(&["reseal", "-f", &dir], "", &online));
    let second = sealed_in(&manifest);
    assert_ne!(second, first);
    fs::write(&key, fresh).unwrap();
    assert_eq!(out(&coffer(&check, "", &[])), "2 objects, nothing wrong");
    let again = out(&coffer(&["reseal", "-f", &dir], "", &online));
    assert!(again.contains("already"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_is_not_sealed_anew_and_the_file_stays() {
    let server = Server::start().await;
    let online = [("COFFER_SERVER", &*server.base), ("COFFER_TOKEN", &*server.admin)];
    let sealed = out(&coffer(&["seal", "API_KEY"], "hunter2", &online));
    let file = server.data.path().join("web.yaml");
    let moved = format!("sealed: {}\n", sealed.replace("/API_KEY:", "/OTHER_KEY:"));
    fs::write(&file, &moved).unwrap();
    let path = file.to_str().unwrap();
    let refused = coffer(&["reseal", "--all", "-f", path], "", &online);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("it was changed after it was sealed"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), moved);
}

#[test]
fn a_public_key_of_another_vault_and_a_source_in_the_way_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web.yaml");
    fs::write(&file, MANIFEST).unwrap();
    let path = file.to_str().unwrap();
    let key = |vault: &str| format!("coffer-seal-key:v1:{vault}:QxDul9iMwfCIpVdsd6sM9cOseX89lROcbIS1QpxZZio");
    let (other, own) = (key("default/other"), key("default/default"));
    for (key, words) in [(&other, "vault default/other"), (&own, "the source external")] {
        let refused = coffer(&["seal", "API_KEY", "--public-key", key, "-f", path], "x", &[]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), MANIFEST);
    }
}
