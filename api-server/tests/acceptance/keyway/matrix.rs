//! Every route with every role and kind of credential, from the table of routes itself.

use coffer_api_server::keyway::routes::{Access, Route, all};
use coffer_domain::repo_role::{RepoRole, Scope};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, DEV, Keyway, REPO, STRANGER, VIEWER, problem};
use crate::answer::Answer;

/// A path that a client could send.
pub fn concrete(template: &str, secret: &str, trashed: &str) -> String {
    let id = if template.contains("/trash/") {
        trashed
    } else {
        secret
    };
    template
        .replace("{owner}/{repo}", "owner/repo")
        .replace("{id}", id)
        .replace("{version}", "00000000-0000-4000-8000-000000000000")
        .replace("{name}", "staging")
        .replace("{org}", "acme")
        .replace("{provider}", "railway")
}

/// A body that is well formed for every route that takes one.
fn body(route: &Route) -> Option<Value> {
    (!matches!(route.method, "GET" | "DELETE")).then(|| {
        let name = if route.path.contains("/environments") { "preview" } else { "RENAMED" };
        json!({
            "repoFullName": "owner/repo", "environment": "local", "secrets": {"A": "1"}, "key": "FRESH", "value": "v",
            "name": name, "newName": "renamed", "type": "standard", "targetType": "role", "targetRole": "read",
            "canRead": true, "canWrite": false, "scopes": ["read:secrets"], "repoOwner": "owner", "repoName": "repo",
        })
    })
}

struct World {
    keyway: Keyway,
    secret: String,
    trashed: String,
}

impl World {
    async fn new() -> Self {
        let keyway = Keyway::start().await;
        let (secret, trashed) = Self::fill(&keyway).await;
        Self {
            keyway,
            secret,
            trashed,
        }
    }

    /// A vault with a secret and one in the trash, whatever there was before.
    async fn fill(keyway: &Keyway) -> (String, String) {
        keyway.delete(REPO).await;
        keyway
            .post("/vaults", json!({"repoFullName": "owner/repo"}))
            .await
            .expect(201);
        let path = format!("{REPO}/secrets");
        let make = async |key: &str| {
            let body = json!({"key": key, "value": "v", "environment": "local"});
            keyway.post(&path, body).await.expect(201).text_at("/data/id")
        };
        let (secret, trashed) = (make("A").await, make("T").await);
        keyway.delete(&format!("{path}/{trashed}")).await.expect(204);
        (secret, trashed)
    }

    async fn refill(&mut self) {
        (self.secret, self.trashed) = Self::fill(&self.keyway).await;
    }

    async fn send(&self, route: &Route, token: Option<&str>) -> Answer {
        let mut path = concrete(route.path, &self.secret, &self.trashed);
        if route.method == "GET" && route.path.starts_with("/secrets/") {
            path.push_str("?repo=owner/repo&environment=local&key=A");
        }
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        self.keyway.send(method, token, &path, body(route)).await
    }
}

#[track_caller]
fn let_through(route: &Route, who: &str, answer: &Answer) {
    let (status, method, path) = (answer.status, route.method, route.path);
    let refused = status == 401 || status == 403 || status >= 500;
    assert!(!refused, "{method} {path} as {who}: {status} {}", answer.text);
}

#[tokio::test]
async fn without_a_good_token_every_route_but_the_open_ones_refuses() {
    let world = World::new().await;
    for route in all() {
        for token in [
            None,
            Some("nope"),
            Some("kw_live_nope"),
            Some("coffer_x"),
            Some("eyJ.a.b"),
        ] {
            let answer = world.send(&route, token).await;
            if route.access == Access::Open {
                assert!(answer.status != 403 && answer.status < 500, "{}", route.path);
            } else {
                problem(answer, 401, "unauthorized");
            }
        }
    }
}

#[tokio::test]
async fn a_role_opens_what_it_is_for_and_nothing_above() {
    let mut world = World::new().await;
    let roles = [
        (VIEWER, RepoRole::Read),
        (DEV, RepoRole::Write),
        (ADMIN, RepoRole::Admin),
    ];
    for route in all() {
        let Access::Vault(least, _) = route.access else {
            continue;
        };
        let hidden = (route.method, route.path) == ("GET", "/vaults/{owner}/{repo}");
        let stranger = world.send(&route, Some(STRANGER)).await;
        if hidden {
            problem(stranger, 404, "not-found");
        } else {
            problem(stranger, 403, "forbidden");
        }
        for (token, role) in roles {
            let answer = world.send(&route, Some(token)).await;
            if role < least && !reads_first(&route) {
                problem(answer, 403, "forbidden");
            } else {
                let_through(&route, token, &answer);
                world.refill().await;
            }
        }
    }
}

/// A version that is not there is said to be missing to all who may see the secret.
fn reads_first(route: &Route) -> bool {
    route.path.contains("{version}")
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_are_for_and_nothing_else() {
    let mut world = World::new().await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((scope, world.keyway.key(&[scope.as_str()]).await.1));
    }
    for route in all() {
        let needed = match route.access {
            Access::Open | Access::Signed(None) => continue,
            Access::Signed(Some(scope)) | Access::Vault(_, scope) => scope,
        };
        for (scope, token) in &keys {
            let answer = world.send(&route, Some(token)).await;
            if *scope == needed {
                // A revoked key would be this very one's owner's; an id of a secret is no key's.
                let_through(&route, scope.as_str(), &answer);
                world.refill().await;
            } else {
                problem(answer, 403, "forbidden");
            }
        }
    }
}
