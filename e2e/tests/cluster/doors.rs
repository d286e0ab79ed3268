//! One secret, every door: what `kubectl`, the native API, Secryn and Keyway write, each of the others reads, and a
//! pod sees; with the same version, and with the same denial for whom it is not.

use anyhow::{Context, Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Api, App, Namespace, beside, eventually, vault, vault_secret, web_pod};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::first_light::reader;

const DOORS: [Door; 3] = [Door::Native, Door::Secryn, Door::Keyway];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Native,
    Secryn,
    Keyway,
}

/// A key at every door of one vault.
struct Keys<'a> {
    api: &'a Api,
    organization: &'a str,
}

impl Keys<'_> {
    fn repository(&self) -> String {
        format!("{}/app", self.organization)
    }

    async fn get(&self, path: &str) -> Result<(StatusCode, Value)> {
        self.api.dialect(Method::GET, path, None).await
    }

    /// The value and its version as a door shows them, or its refusal.
    async fn read(&self, door: Door, name: &str) -> Result<Result<(String, u64), StatusCode>> {
        let (organization, repository) = (self.organization, self.repository());
        let path = match door {
            Door::Native => format!(
                "/coffer/v1/organizations/{organization}/vaults/app/environments/default/secrets/{name}"
            ),
            Door::Secryn => format!("/secryn/v1/vaults/app/secrets/{name}"),
            Door::Keyway => {
                format!("/keyway/v1/secrets/view?repo={repository}&environment=default&key={name}")
            }
        };
        let (status, body) = self.get(&path).await?;
        if !status.is_success() {
            return Ok(Err(status));
        }
        let shown = if door == Door::Native {
            &body
        } else {
            &body["data"]
        };
        let value = shown["value"]
            .as_str()
            .with_context(|| format!("no value in {body}"))?;
        let version = match door {
            Door::Keyway => self.versions_before(name).await? + 1,
            Door::Native | Door::Secryn => shown["version"]
                .as_u64()
                .with_context(|| format!("no version in {body}"))?,
        };
        Ok(Ok((value.to_owned(), version)))
    }

    /// Keyway shows the versions before the present one.
    async fn versions_before(&self, name: &str) -> Result<u64> {
        let all = format!("/keyway/v1/vaults/{}/secrets", self.repository());
        let (_, listed) = self.get(&format!("{all}?environment=default&limit=100")).await?;
        let listed = listed["data"].as_array().context("a list")?;
        let one = listed.iter().find(|one| one["key"] == name);
        let id = one.and_then(|one| one["id"].as_str()).context("an id")?;
        let (_, past) = self.get(&format!("{all}/{id}/versions")).await?;
        Ok(past["data"].as_array().context("versions")?.len() as u64)
    }

    /// Writes a value, whether there is one or not; Keyway by pushing all that there is with it.
    async fn write(&self, door: Door, name: &str, value: &str) -> Result<StatusCode> {
        let (method, path, body) = match door {
            Door::Native => {
                let organization = self.organization;
                let path = format!(
                    "/coffer/v1/organizations/{organization}/vaults/app/environments/default/secrets/{name}"
                );
                (Method::PUT, path, json!({ "value": value }))
            }
            Door::Secryn => {
                let all = "/secryn/v1/vaults/app/secrets".to_owned();
                match self.read(door, name).await? {
                    Ok(_) => (Method::PUT, format!("{all}/{name}"), json!({ "value": value })),
                    Err(_) => (Method::POST, all, json!({"name": name, "value": value})),
                }
            }
            Door::Keyway => {
                let mut secrets = self.pulled().await?;
                secrets.insert(name.to_owned(), value.into());
                let body =
                    json!({"repoFullName": self.repository(), "environment": "default", "secrets": secrets});
                (Method::POST, "/keyway/v1/secrets/push".to_owned(), body)
            }
        };
        Ok(self.api.dialect(method, &path, Some(body)).await?.0)
    }

    async fn pulled(&self) -> Result<Map<String, Value>> {
        let path = format!(
            "/keyway/v1/secrets/pull?repo={}&environment=default",
            self.repository()
        );
        let (_, body) = self.get(&path).await?;
        let content = body["data"]["content"].as_str().unwrap_or_default();
        let pairs = content.lines().filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(key, value)| (key.to_owned(), value.into())).collect())
    }

    /// Every door shows this value with this version.
    async fn all_read(&self, name: &str, value: &str, version: u64) -> Result<()> {
        for door in DOORS {
            let read = self.read(door, name).await?;
            ensure!(
                read == Ok((value.to_owned(), version)),
                "{door:?} {name}: {read:?}"
            );
        }
        Ok(())
    }
}

fn database(password: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database"}, "stringData": {"password": password},
    })
}

/// The version of the declared secret that its status names.
async fn declared(namespace: &Namespace, version: u64) -> Result<()> {
    namespace
        .until("app", |secret: &VaultSecret| {
            let status = serde_json::to_value(&secret.status)?;
            let key = &status["keys"][0];
            ensure!(key["name"] == "DECLARED" && key["version"] == version, "{status}");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn what_one_door_writes_the_others_read_and_a_pod_sees() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("doors", json!({})).await?;
    namespace.apply(database("from-kubectl")).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    let data = json!({"DECLARED": {"secretKeyRef": {"name": "database", "key": "password"}}});
    namespace.apply(vault_secret("app", "app", data)).await?;
    declared(&namespace, 1).await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    let keys = Keys {
        api: &api,
        organization: &namespace.name,
    };

    keys.all_read("DECLARED", "from-kubectl", 1).await?;
    for (door, name, value) in [
        (Door::Native, "BY_NATIVE", "from-native"),
        (Door::Secryn, "BY_SECRYN", "from-secryn"),
        (Door::Keyway, "BY_KEYWAY", "from-keyway"),
    ] {
        let status = keys.write(door, name, value).await?;
        ensure!(status.is_success(), "{door:?} writes {name}: {status}");
        keys.all_read(name, value, 1).await?;
    }
    let annotations = [
        ("inject", "true"),
        ("vault", "app"),
        ("env", "DECLARED,BY_NATIVE,BY_SECRYN,BY_KEYWAY"),
    ];
    namespace.apply(web_pod("web", &annotations)).await?;
    namespace.ready("web").await?;
    let app = App::new(&namespace, "web");
    for (name, value) in [
        ("DECLARED", "from-kubectl"),
        ("BY_NATIVE", "from-native"),
        ("BY_SECRYN", "from-secryn"),
        ("BY_KEYWAY", "from-keyway"),
    ] {
        let seen = app.variable(name).await?;
        ensure!(seen == value, "the pod sees {name}={seen}");
    }

    changes_are_seen_by_all(&namespace, &keys).await?;
    strangers_are_denied(&namespace).await?;
    namespace.end().await
}

/// Each door changes what another made; what `kubectl` declares is changed there and nowhere else.
async fn changes_are_seen_by_all(namespace: &Namespace, keys: &Keys<'_>) -> Result<()> {
    for (door, name) in [
        (Door::Secryn, "BY_NATIVE"),
        (Door::Keyway, "BY_SECRYN"),
        (Door::Native, "BY_KEYWAY"),
    ] {
        let value = format!("changed-by-{door:?}");
        let status = keys.write(door, name, &value).await?;
        ensure!(status.is_success(), "{door:?} changes {name}: {status}");
        keys.all_read(name, &value, 2).await?;
    }
    // Secryn has no code of its own for a conflict.
    for (door, conflict) in [
        (Door::Native, StatusCode::CONFLICT),
        (Door::Secryn, StatusCode::BAD_REQUEST),
        (Door::Keyway, StatusCode::CONFLICT),
    ] {
        let status = keys.write(door, "DECLARED", "taken-over").await?;
        ensure!(status == conflict, "{door:?} writes DECLARED: {status}");
    }
    keys.all_read("DECLARED", "from-kubectl", 1).await?;
    namespace.apply(database("from-kubectl-again")).await?;
    declared(namespace, 2).await?;
    eventually("every door reads what was applied", || {
        keys.all_read("DECLARED", "from-kubectl-again", 2)
    })
    .await
}

/// A key for another vault is refused at every door, for what there is as for what there is not.
async fn strangers_are_denied(namespace: &Namespace) -> Result<()> {
    namespace.apply(vault("other")).await?;
    let mut key = reader();
    key["metadata"]["name"] = "elsewhere".into();
    key["spec"]["vaultRef"]["name"] = "other".into();
    key["spec"]["writeTo"]["secretName"] = "elsewhere-key".into();
    namespace.apply(key).await?;
    let api = Api::with_key(namespace, "elsewhere-key").await?;
    let keys = Keys {
        api: &api,
        organization: &namespace.name,
    };
    for door in DOORS {
        let Err(there) = keys.read(door, "DECLARED").await? else {
            bail!("{door:?} shows it to a stranger");
        };
        let refused = there == StatusCode::NOT_FOUND || there == StatusCode::FORBIDDEN;
        ensure!(refused, "{door:?}: {there}");
        let missing = keys.read(door, "NOT_THERE").await?;
        ensure!(
            missing == Err(there),
            "{door:?} tells what there is: {there}, {missing:?}"
        );
        let written = keys.write(door, "DECLARED", "taken-over").await?;
        ensure!(written == there, "{door:?} writes as a stranger: {written}");
    }
    Ok(())
}
