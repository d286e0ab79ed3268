//! Which crate may depend on which: the arrows of docs/ARCHITECTURE.md, held against `cargo metadata`.
//! Only normal and build dependencies count; tests may look further.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::sources;

/// What each of our crates may use of ours.
const OURS: &[(&str, &[&str])] = &[
    ("coffer-domain", &[]),
    ("coffer-wire", &["coffer-domain"]),
    ("coffer-bundle", &["coffer-domain", "coffer-wire"]),
    ("coffer-store", &["coffer-domain"]),
    ("coffer-crds", &["coffer-domain"]),
    ("coffer-remote", &["coffer-domain"]),
    (
        "coffer-api-server",
        &["coffer-domain", "coffer-wire", "coffer-remote", "coffer-store"],
    ),
    (
        "coffer-operator",
        &[
            "coffer-domain",
            "coffer-wire",
            "coffer-bundle",
            "coffer-crds",
            "coffer-store",
            "coffer-api-server",
        ],
    ),
    (
        "coffer-injector",
        &["coffer-domain", "coffer-wire", "coffer-bundle", "coffer-crds"],
    ),
    ("coffer-agent", &["coffer-wire"]),
    (
        "coffer-cli",
        &[
            "coffer-domain",
            "coffer-wire",
            "coffer-store",
            "coffer-api-server",
            "coffer-crds",
            "coffer-injector",
        ],
    ),
    ("coffer-e2e", &["coffer-crds", "coffer-node"]),
    (
        "coffer-bench",
        &["coffer-crds", "coffer-domain", "coffer-e2e", "coffer-store"],
    ),
    ("coffer-browser", &[]),
    ("coffer-node", &[]),
    ("coffer-vault-server", &["coffer-node"]),
    ("xtask", &["coffer-crds", "coffer-api-server"]),
];

/// Crates of others that only some of ours may use directly.
const THEIRS: &[(&str, &[&str])] = &[
    ("axum", &["coffer-api-server", "coffer-injector", "coffer-bench"]),
    (
        "kube",
        &[
            "coffer-crds",
            "coffer-operator",
            "coffer-injector",
            "coffer-e2e",
            "coffer-bench",
        ],
    ),
    ("ring", &["coffer-agent"]),
    ("rusqlite", &["coffer-store"]),
];

/// Crates of others that nobody may use, at any depth, and what to use instead.
const NEVER: &[(&str, &str)] = &[
    ("openssl", "rustls with aws-lc-rs does TLS"),
    ("openssl-sys", "rustls with aws-lc-rs does TLS"),
    ("rsa", "aws-lc-rs does RSA without leaking keys by timing"),
];

/// Arrows that start in a program's own file and nowhere else in its crate: (crate, used crate).
const MAIN_ONLY: &[(&str, &str)] = &[
    ("coffer-api-server", "coffer-store"),
    ("coffer-operator", "coffer-store"),
    ("coffer-operator", "coffer-api-server"),
];

/// One crate of the workspace and the names of what it uses directly.
struct Room {
    name: String,
    directory: PathBuf,
    uses: Vec<String>,
}

/// Fails, naming every arrow that may not be.
pub fn check(root: &Path) -> Result<()> {
    let metadata = metadata(root)?;
    let rooms = rooms(&metadata)?;
    let mut wrong = wrong_arrows(&rooms);
    wrong.extend(forbidden(&metadata));
    for room in &rooms {
        wrong.extend(outside_main(room)?);
    }
    if !wrong.is_empty() {
        bail!(
            "arrows that docs/ARCHITECTURE.md does not have:\n  {}",
            wrong.join("\n  ")
        );
    }
    Ok(())
}

fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    serde_json::from_slice(&output.stdout).context("read what cargo metadata prints")
}

/// The workspace's own crates.
fn rooms(metadata: &Value) -> Result<Vec<Room>> {
    let members = metadata["workspace_members"]
        .as_array()
        .context("metadata without workspace_members")?;
    packages(metadata)
        .filter(|package| members.contains(&package["id"]))
        .map(room)
        .collect()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn room(package: &Value) -> Result<Room> {
    let manifest = package["manifest_path"]
        .as_str()
        .context("package without manifest_path")?;
    let directory = Path::new(manifest)
        .parent()
        .context("manifest without directory")?
        .to_owned();
    let dependencies = package["dependencies"]
        .as_array()
        .context("package without dependencies")?;
    // Dependencies of tests have the kind "dev"; normal ones have none.
    let counted = dependencies.iter().filter(|d| d["kind"].as_str() != Some("dev"));
    let uses = counted
        .filter_map(|d| d["name"].as_str())
        .map(str::to_owned)
        .collect();
    Ok(Room {
        name: name(package).to_owned(),
        directory,
        uses,
    })
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

/// Direct dependencies that are not in the tables.
fn wrong_arrows(rooms: &[Room]) -> Vec<String> {
    let ours: Vec<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    let mut wrong = Vec::new();
    for room in rooms {
        let Some((_, allowed)) = OURS.iter().find(|(name, _)| *name == room.name) else {
            wrong.push(format!("{}: not in the table of xtask/src/arrows.rs", room.name));
            continue;
        };
        for used in room.uses.iter().map(String::as_str) {
            let theirs = THEIRS.iter().find(|(name, _)| *name == used);
            let refused = theirs.is_some_and(|(_, users)| !users.contains(&room.name.as_str()));
            if refused || (ours.contains(&used) && !allowed.contains(&used)) {
                wrong.push(format!("{} -> {used}", room.name));
            }
        }
    }
    wrong
}

/// Crates that may not be in the tree at all.
fn forbidden(metadata: &Value) -> Vec<String> {
    let found = NEVER
        .iter()
        .filter(|(never, _)| packages(metadata).any(|package| name(package) == *never));
    found
        .map(|(never, instead)| format!("{never} is in the dependency tree: {instead}"))
        .collect()
}

/// Uses of a crate outside the program's own file: `src/main.rs`, `src/main/`, `src/bin/`.
fn outside_main(room: &Room) -> Result<Vec<String>> {
    let src = room.directory.join("src");
    let mut wrong = Vec::new();
    for (_, used) in MAIN_ONLY.iter().filter(|(name, _)| *name == room.name) {
        let ident = used.replace('-', "_");
        for path in sources::of(&src)? {
            let inside = path.strip_prefix(&src)?;
            let is_main = ["main.rs", "main", "bin"]
                .iter()
                .any(|start| inside.starts_with(start));
            if !is_main && sources::production(&sources::read(&path)?).contains(&ident) {
                wrong.push(format!(
                    "{}/src/{} -> {used}: only its main may",
                    room.name,
                    inside.display()
                ));
            }
        }
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    fn room_using(name: &str, uses: &[&str]) -> Room {
        Room {
            name: name.into(),
            directory: PathBuf::new(),
            uses: uses.iter().map(|&u| u.to_owned()).collect(),
        }
    }

    #[test]
    fn arrows_of_the_tables_pass_and_others_do_not() {
        let rooms = [
            room_using("coffer-domain", &["serde"]),
            room_using("coffer-store", &["coffer-domain", "rusqlite"]),
            room_using("coffer-injector", &["coffer-domain", "coffer-store", "kube"]),
            room_using("coffer-agent", &["axum"]),
            room_using("coffer-new", &[]),
        ];
        let wrong = wrong_arrows(&rooms);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert_eq!(wrong[0], "coffer-injector -> coffer-store");
        assert_eq!(wrong[1], "coffer-agent -> axum");
        assert!(wrong[2].starts_with("coffer-new: not in the table"), "{wrong:?}");
    }

    #[test]
    fn dependencies_of_tests_do_not_count() {
        let package = json!({
            "name": "coffer-wire",
            "manifest_path": "/r/wire/Cargo.toml",
            "dependencies": [{ "name": "serde", "kind": null }, { "name": "axum", "kind": "dev" }],
        });
        assert_eq!(room(&package).unwrap().uses, ["serde"]);
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_depth() {
        let metadata = json!({ "packages": [{ "name": "serde" }, { "name": "openssl-sys" }] });
        assert_eq!(forbidden(&metadata).len(), 1);
    }

    #[test]
    fn the_store_is_reached_from_main_only() {
        let root = tempfile::tempdir().unwrap();
        let src = root.path().join("src");
        fs::create_dir_all(src.join("bin")).unwrap();
        fs::write(src.join("bin/tool.rs"), "use coffer_store::Store;").unwrap();
        fs::write(
            src.join("tested.rs"),
            "#[cfg(test)]\nmod tests { use coffer_store::Store; }",
        )
        .unwrap();
        let room = Room {
            directory: root.path().into(),
            ..room_using("coffer-api-server", &[])
        };
        assert!(outside_main(&room).unwrap().is_empty());

        fs::write(src.join("route.rs"), "use coffer_store::Store;").unwrap();
        assert_eq!(
            outside_main(&room).unwrap(),
            ["coffer-api-server/src/route.rs -> coffer-store: only its main may"]
        );
    }
}
