//! Pods as vault-k8s documents them, in our words.

use super::*;
use crate::known::{Index, Reader};

fn translated(annotations: &[(&str, &str)]) -> Result<Translated, String> {
    let mut index = Index::default();
    let spec = json!({ "references": [{ "prefix": "vault:flat/data/app" }, { "prefix": "vault:one/data", "name": "{path}", "environment": "default" }] });
    let spec = serde_json::from_value(spec).unwrap();
    index.put_vault(("team".to_owned(), "app".to_owned()), &spec);
    let whole: Vec<(String, &str)> = annotations
        .iter()
        .map(|(k, v)| (format!("{PREFIX}{k}"), *v))
        .collect();
    let annotations = whole.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    let reader = Reader {
        namespace: "team",
        service_account: "web",
    };
    let ground = Ground {
        vault: None,
        known: &index,
        reader,
    };
    translate(&annotations, ground).map_err(|denied| denied.to_string())
}

fn file(translated: &Translated, name: &str) -> serde_json::Value {
    serde_saphyr::from_str(&translated.annotations[&format!("coffer.dev/file.{name}")]).unwrap()
}

#[test]
fn a_pod_of_the_documentation_is_said_in_our_words() {
    let done = translated(&[
        ("agent-inject", "true"),
        ("role", "internal-app"),
        ("agent-inject-secret-database-config.txt", "one/data/database/config"),
        (
            "agent-inject-template-database-config.txt",
            "{{- with secret \"one/data/database/config\" -}}\npostgresql://{{ .Data.data.username }}:{{ .Data.data.password }}@postgres:5432/wizard\n{{- end -}}\n",
        ),
        ("agent-inject-perms-database-config.txt", "0400"),
        ("agent-inject-secret-PLAIN", "one/data/other"),
        ("agent-inject-file-PLAIN", "conf/app.env"),
        ("secret-volume-path-PLAIN", "/app/"),
        ("agent-inject-command-PLAIN", "kill -HUP $(pidof nginx)"),
        ("agent-inject-containers", "web"),
        ("agent-pre-populate-only", "true"),
        ("agent-limits-cpu", "1"),
    ])
    .unwrap();
    let config = file(&done, "database-config.txt");
    assert_eq!(
        config,
        json!({
            "path": "/vault/secrets/database-config.txt", "mode": "0400",
            "template": "postgresql://{{ secrets[\"database/config\"] | field(\"username\") }}:{{ secrets[\"database/config\"] | field(\"password\") }}@postgres:5432/wizard",
        })
    );
    let plain = json!({
        "path": "/app/conf/app.env", "mode": "0644",
        "template": "{{ secrets[\"other\"] | each(\"{key}: {value}\\n\") }}",
    });
    assert_eq!(file(&done, "PLAIN"), plain);
    for (key, expected) in [
        ("inject", "true"),
        ("vault", "app"),
        ("environment", "default"),
        ("containers", "web"),
        ("on-change", "signal"),
        ("signal", "SIGHUP nginx"),
    ] {
        assert_eq!(done.annotations[&format!("coffer.dev/{key}")], expected);
    }
    let all = done.warnings.join("\n");
    for said in [
        "agent-limits-cpu: no effect",
        "agent-pre-populate-only: no effect",
        "role: no effect",
        "agent-inject-secret-PLAIN: without a template",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
}

#[test]
fn names_are_lower_case_unless_their_case_is_preserved() {
    let at = |more: &[(&str, &str)]| {
        let all = [&[("agent-inject-secret-Db", "secret/db")], more].concat();
        file(&translated(&all).unwrap(), "Db")
    };
    assert_eq!(at(&[])["path"], "/vault/secrets/db");
    assert_eq!(
        at(&[("preserve-secret-case-Db", "true")])["path"],
        "/vault/secrets/Db"
    );
    assert_eq!(
        at(&[("agent-inject-default-template", "json")])["template"],
        "{{ secrets[\"db\"] }}"
    );
}

#[test]
fn what_a_pod_must_not_decide_is_ignored_by_name() {
    let done = translated(&[
        ("agent-inject-secret-a", "secret/a"),
        ("service", "https://evil.example"),
        ("tls-skip-verify", "true"),
        ("agent-image", "evil"),
        ("agent-json-patch", "[]"),
        ("agent-inject-sercet-b", "typo"),
    ])
    .unwrap();
    let all = done.warnings.join("\n");
    for said in [
        "service, tls-skip-verify: ignored: the server's address",
        "agent-image, agent-json-patch: ignored: the agent's container",
        "agent-inject-sercet-b: ignored: there is no such annotation",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
    assert!(!all.contains("evil") && !format!("{:?}", done.annotations).contains("evil"));
}

#[test]
fn what_would_leave_a_pod_without_its_secrets_is_refused() {
    for (annotations, expected) in [
        (
            &[("agent-inject-token", "true")][..],
            "agent-inject-token: it is not translated; there is no Vault token",
        ),
        (
            &[("agent-configmap", "agent")],
            "agent-configmap: it is not translated; write the secrets as annotations",
        ),
        (
            &[("agent-inject-template-file-a", "/t")],
            "agent-inject-template-file-a: it is not translated",
        ),
        (
            &[(
                "agent-inject-template-a",
                "{{ with secret \"one/data/x\" }}{{ .Data.data.k | toUpper }}{{ end }}",
            )],
            "agent-inject-template-a: there is no translation of it: toUpper; write it as coffer.dev/file.a",
        ),
        (
            &[("agent-inject-command-a", "curl http://x")],
            "agent-inject-command-a: no command is run",
        ),
        (
            &[("agent-inject-secret-a", "flat/data/app/db")],
            "its keys are secrets of their own here",
        ),
        (
            &[
                ("agent-inject-secret-a", "x/data/a"),
                ("agent-inject-secret-b", "y/data/b"),
            ],
            "a pod reads one",
        ),
    ] {
        let said = translated(annotations).unwrap_err();
        assert!(said.contains(expected), "{said}");
    }
    assert!(translated(&[("agent-inject-token", "false")]).is_ok());
}

#[test]
fn the_switch_is_read_as_vault_k8s_reads_it() {
    for (switch, status, expected) in [
        (None, None, Some(false)),
        (Some("true"), None, Some(true)),
        (Some("1"), None, Some(true)),
        (Some("False"), None, Some(false)),
        (Some("true"), Some("injected"), Some(false)),
        (Some("yes"), None, None),
    ] {
        assert_eq!(opted_in(switch, status).ok(), expected, "{switch:?} {status:?}");
    }
}
