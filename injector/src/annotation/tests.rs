//! Tables of good and bad annotations.

use super::*;
use crate::wish::{Content, File, Variable};

/// Parses a pod with these annotations (without the prefix) besides `inject` and, unless given, `vault`.
fn parsed(annotations: &[(&str, &str)]) -> Result<Wish, Denied> {
    let mut map = serde_json::Map::new();
    map.insert(INJECT.to_owned(), "true".into());
    map.insert(VAULT.to_owned(), "app".into());
    for (key, value) in annotations {
        map.insert(format!("{PREFIX}{key}"), (*value).into());
    }
    let json = serde_json::json!({ "annotations": map }).to_string();
    parse(&serde_json::from_str(&json).unwrap(), "team-a")
}

fn denial(annotations: &[(&str, &str)]) -> String {
    parsed(annotations)
        .expect_err(&format!("{annotations:?} is taken"))
        .to_string()
}

fn names(wish: &Wish) -> Vec<(&str, &str)> {
    let Variables::Named(variables) = &wish.variables else {
        panic!("not named")
    };
    variables
        .iter()
        .map(|v| (v.name.as_str(), v.secret.as_str()))
        .collect()
}

fn file(annotations: &[(&str, &str)]) -> File {
    let mut files = parsed(annotations).unwrap().files;
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn inject_opts_in_with_true_only() {
    let opted = |json: &str| opted_in(&serde_json::from_str(json).unwrap()).map_err(|d| d.to_string());
    assert_eq!(opted("{}"), Ok(false));
    assert_eq!(
        opted(r#"{"annotations":{"coffer.dev/inject":"false"}}"#),
        Ok(false)
    );
    assert_eq!(opted(r#"{"annotations":{"coffer.dev/inject":"true"}}"#), Ok(true));
    for odd in ["True", "yes", "", "1", " true"] {
        let message = opted(&format!(r#"{{"annotations":{{"coffer.dev/inject":"{odd}"}}}}"#)).unwrap_err();
        assert!(
            message.starts_with("coffer.dev/inject: ") && message.contains("\"true\""),
            "{message}"
        );
    }
}

#[test]
fn vault_is_in_the_pods_namespace_unless_said() {
    let at = |value| {
        parsed(&[("vault", value), ("env", "A")])
            .map(|w| format!("{} {}", w.organization, w.vault))
            .unwrap()
    };
    assert_eq!(at("app"), "team-a app");
    assert_eq!(at("shared/db"), "shared db");
}

#[test]
fn environment_and_mode_have_defaults() {
    let wish = parsed(&[("env", "A")]).unwrap();
    assert_eq!(
        (wish.environment.as_str(), wish.mode, wish.containers),
        ("default", Mode::EnvFile, None)
    );
    let wish = parsed(&[
        ("env", "A"),
        ("environment", "production"),
        ("mode", "exec"),
        ("containers", "web, worker"),
    ])
    .unwrap();
    assert_eq!((wish.environment.as_str(), wish.mode), ("production", Mode::Exec));
    assert_eq!(wish.containers.unwrap(), ["web", "worker"]);
}

#[test]
fn env_takes_names_renames_and_star() {
    for (value, expected) in [
        ("DB_URL", vec![("DB_URL", "DB_URL")]),
        ("DB_URL,TOKEN", vec![("DB_URL", "DB_URL"), ("TOKEN", "TOKEN")]),
        (
            "URL=app/db-url , T = TOKEN,",
            vec![("URL", "app/db-url"), ("T", "TOKEN")],
        ),
        ("A\nB=x.y\n", vec![("A", "A"), ("B", "x.y")]),
    ] {
        assert_eq!(names(&parsed(&[("env", value)]).unwrap()), expected, "{value:?}");
    }
    assert_eq!(parsed(&[("env", " * ")]).unwrap().variables, Variables::All);
}

#[test]
fn one_secret_may_feed_two_variables() {
    let wish = parsed(&[("env", "A=x,B=x")]).unwrap();
    let Variables::Named(variables) = wish.variables else {
        panic!("not named")
    };
    assert!(
        matches!(&variables[..], [Variable { name: a, secret: x }, Variable { name: b, secret: y }] if a == "A" && b == "B" && x == y)
    );
}

#[test]
fn file_is_a_key_or_a_map() {
    let plain = file(&[("file.tls", "tls.key")]);
    assert_eq!(
        (plain.directory.as_str(), plain.name.as_str(), plain.mode),
        ("/var/run/secrets/coffer", "tls", 0o444)
    );
    assert!(matches!(plain.content, Content::Secret(name) if name.as_str() == "tls.key"));
    for map in [
        "key: tls.key\npath: /etc/app/tls.key\nmode: \"0440\"\n",
        "{key: tls.key, path: /etc/app/tls.key, mode: '440'}",
        r#"{"key":"tls.key","path":"/etc/app/tls.key","mode":"0440"}"#,
        "key: tls.key\npath: /etc/app/tls.key\nmode: 0440",
    ] {
        let file = file(&[("file.tls", map)]);
        assert_eq!(
            (file.directory.as_str(), file.name.as_str(), file.mode),
            ("/etc/app", "tls.key", 0o440),
            "{map}"
        );
        assert!(matches!(file.content, Content::Secret(name) if name.as_str() == "tls.key"));
    }
}

#[test]
fn a_templates_names_are_known() {
    let file = file(&[(
        "file.conf",
        "template: |\n  url={{ DB_URL }}\n  {{ secrets[\"app/x\"] }}\npath: /etc/app/conf",
    )]);
    let Content::Template { source, names } = file.content else {
        panic!("not a template")
    };
    assert_eq!(source, "url={{ DB_URL }}\n{{ secrets[\"app/x\"] }}\n");
    assert_eq!(names.iter().collect::<Vec<_>>(), ["DB_URL", "app/x"]);
}

/// An annotation (beside a good `env`, unless it is that), its value, and what the refusal must say: the
/// trouble and the fix. It always starts with the annotation's name.
type Bad = (&'static str, &'static str, &'static [&'static str]);

const BAD: &[Bad] = &[
    (
        "evn",
        "A",
        &["no such annotation", "did you mean \"env\"?", "containers"],
    ),
    ("files.tls", "A", &["did you mean \"file.tls\"?"]),
    ("file-tls", "A", &["did you mean \"file.tls\"?"]),
    ("env-A", "A", &["did you mean \"env\"?"]),
    ("agent-image", "evil", &["no such annotation"]),
    ("server", "https://evil", &["no such annotation"]),
    ("vault", "", &["vault name must be", "NAMESPACE/NAME"]),
    ("vault", "a/b/c", &["vault name must be"]),
    ("vault", "../x", &["organization name must be"]),
    ("vault", "a\nb", &["\"a\\nb\""]),
    ("environment", "prod uction", &["environment name must be"]),
    ("mode", "exce", &["did you mean \"exec\"?", "env-file or exec"]),
    ("mode", "", &["not a mode"]),
    ("containers", "", &["a name is empty"]),
    ("containers", "a,a", &["\"a\" stands twice"]),
    (
        "env",
        "app/db",
        &["cannot be a variable's name", "VARIABLE=app/db"],
    ),
    (
        "env",
        "1A=x",
        &["\"1A\" cannot be a variable's name", "not starting with a digit"],
    ),
    ("env", "A=", &["secret name must be"]),
    ("env", "=x", &["\"\" cannot be"]),
    ("env", "A=${x}", &["\"${x}\"", "secret name must be"]),
    ("env", "A={{x}}", &["secret name must be"]),
    ("env", "A='x'", &["secret name must be"]),
    ("env", "A=x#f", &["secret name must be"]),
    ("env", "A,A=x", &["variable A stands twice"]),
    ("env", "*,A", &["\"*\" stands beside"]),
    (
        "on-change",
        "restrt",
        &["did you mean \"restart\"?", "none, signal or restart"],
    ),
    ("on-change", "signal", &["nothing says whom", "coffer.dev/signal"]),
    ("signal", "SIGHUP", &["names no process", "SIGHUP nginx"]),
    ("signal", "SIGHUP  ", &["names no process"]),
    (
        "signal",
        "SIGKILL nginx",
        &["not a signal that can be asked for", "SIGHUP, "],
    ),
    ("signal", "SIGHPU nginx", &["did you mean \"SIGHUP\"?"]),
    ("signal", "SIGHUP /usr/sbin/nginx", &["no name of a process"]),
    ("file.", "x", &["path"]),
    ("file...", "x", &["path"]),
    ("file.a", "", &["secret name must be"]),
    ("file.a", "no such key", &["secret name must be"]),
    ("file.a", "path: /etc/app/a", &["key or template"]),
    ("file.a", "{key: a, template: b}", &["not both"]),
    ("file.a", "{key: a, pth: /x/y}", &["not a map of key", "pth"]),
    ("file.a", "{key: a, key: b}", &["not a map of key"]),
    ("file.a", "{key: [a]}", &["not a map of key"]),
    ("file.a", "{key: a", &["not a map of key"]),
    ("file.a", "template: \"{{ x\"", &["its template, line 1"]),
    ("file.a", "{key: a, mode: '0999'}", &["octal", "mode: \"0440\""]),
    ("file.a", "{key: a, mode: '4755'}", &["octal"]),
    ("file.a", "{key: a, mode: ''}", &["octal"]),
    ("file.a", "{key: a, mode: '+44'}", &["octal"]),
    ("file.a", "{key: a, path: etc/x}", &["not absolute"]),
    ("file.a", "{key: a, path: /x}", &["hide everything in /"]),
    (
        "file.a",
        "{key: a, path: /etc/x}",
        &["hide everything in /etc", "/etc/app/"],
    ),
    (
        "file.a",
        "{key: a, path: /usr/bin/x}",
        &["hide everything in /usr/bin"],
    ),
    ("file.a", "{key: a, path: /app/../etc/x}", &["plain names"]),
    ("file.a", "{key: a, path: /app//x}", &["plain names"]),
    ("file.a", "{key: a, path: /app/x/}", &["plain names"]),
    ("file.a", "{key: a, path: /app/./x}", &["plain names"]),
    ("file.a", "{key: a, path: '/app/a:b'}", &["plain names"]),
    ("file.a", "{key: a, path: '/app/$(X)'}", &["plain names"]),
    ("file.a", "{key: a, path: \"/app/a\\nb\"}", &["plain names"]),
    ("file.a", "{key: a, path: /app/..data}", &["starts with '..'"]),
    ("file.a", "{key: a, path: /proc/x}", &["lies in /proc"]),
    ("file.a", "{key: a, path: /proc/self/x}", &["lies in /proc"]),
    ("file.a", "{key: a, path: /sys/fs/x}", &["lies in /sys"]),
    ("file.a", "{key: a, path: /dev/shm/x}", &["lies in /dev"]),
    (
        "file.a",
        "{key: a, path: /var/run/secrets/kubernetes.io/serviceaccount/token}",
        &["lies in /var/run/secrets"],
    ),
    (
        "file.a",
        "{key: a, path: /var/run/secrets/coffer-exec/x}",
        &["coffer-exec"],
    ),
];

#[test]
fn bad_annotations_are_refused_with_what_and_how() {
    for (key, value, parts) in BAD {
        let good = if *key == "env" { &[][..] } else { &[("env", "A")] };
        let message = denial(&[good, &[(*key, *value)]].concat());
        assert!(message.starts_with(&format!("{PREFIX}{key}: ")), "{message}");
        for part in *parts {
            assert!(
                message.contains(part),
                "{key}={value:?}: {message:?} lacks {part:?}"
            );
        }
        assert!(!message.contains(['\n', '\0']), "{message:?}");
    }
}

#[test]
fn asking_for_nothing_is_refused() {
    for annotations in [&[][..], &[("env", "")], &[("env", " ,\n")]] {
        let message = denial(annotations);
        assert!(
            message.starts_with("coffer.dev/inject: nothing is asked for; add coffer.dev/env"),
            "{message}"
        );
    }
}

#[test]
fn two_files_need_two_paths() {
    let message = denial(&[
        ("file.a", "{key: a, path: /app/x}"),
        ("file.b", "{key: b, path: /app/x}"),
    ]);
    assert!(
        message.starts_with("coffer.dev/file.b: its path is also that of coffer.dev/file.a"),
        "{message}"
    );
}

#[test]
fn a_missing_vault_is_refused() {
    let json = r#"{"annotations":{"coffer.dev/inject":"true","coffer.dev/env":"A"}}"#;
    let message = parse(&serde_json::from_str(json).unwrap(), "team-a")
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("coffer.dev/vault: it is missing; write"),
        "{message}"
    );
}

#[test]
fn too_many_are_refused() {
    let many = (0..=MOST_ENTRIES)
        .map(|i| format!("V{i}"))
        .collect::<Vec<_>>()
        .join(",");
    assert!(denial(&[("env", &many)]).contains("257 variables are too many"));
}

#[test]
fn yaml_that_grows_without_bound_is_refused() {
    let line = |i: usize| format!("a{i}: &a{i} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}]", i - 1);
    let bomb = format!(
        "a0: &a0 x
{}",
        (1..40).map(line).collect::<Vec<_>>().join(
            "
"
        )
    );
    assert!(denial(&[("file.a", &bomb)]).contains("not a map"));
    assert!(denial(&[("file.a", &format!("key: {}", "[".repeat(20_000)))]).contains("not a map"));
}
