//! Coffer beside a real Vault: HashiCorp's own client asks both for everything, and both say the same, line by line.
//!
//! The client is `e2e/tools/kv2`; `make vault` builds it and the server.

use std::process::Stdio;

use coffer_node::tools::{self, Cache};
use coffer_vault_server::Server;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::Kv;
use crate::{answer::Answer, canonical::bearer::Issuer, subject::Subject};

/// The mount that both have, empty.
const MOUNT: &str = "team";

/// Whom to ask, and what to log in with.
struct Told {
    address: String,
    token: String,
    role: (String, String),
    jwt: String,
}

/// What the client prints.
async fn printed(told: &Told) -> Vec<Value> {
    let cache = Cache::of_the_environment().unwrap();
    // `make vault` builds it.
    let client = tools::locate(&cache, "kv2").unwrap();
    let output = Command::new(client)
        .env_clear()
        .envs([
            ("KV2_ADDRESS", told.address.as_str()),
            ("KV2_TOKEN", &told.token),
            ("KV2_MOUNT", MOUNT),
            ("KV2_ROLE_ID", &told.role.0),
            ("KV2_SECRET_ID", &told.role.1),
            ("KV2_JWT", &told.jwt),
            ("KV2_JWT_ROLE", "ci"),
        ])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (text, said) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success() && said.is_empty(), "{said}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A real server, whose rights are those that Coffer's keys and tokens below have.
async fn real(issuer: &Issuer, server: &Server) -> Told {
    let rights = r#"
        path "team/data/*" { capabilities = ["read"] }
        path "auth/token/lookup-self" { capabilities = ["read"] }
        path "auth/token/renew-self" { capabilities = ["update"] }
        path "auth/token/revoke-self" { capabilities = ["update"] }
    "#;
    server.mount(MOUNT).await.unwrap();
    server.policy("default", rights).await.unwrap();
    let put = async |path: &str, body: Value| server.ask(Method::POST, path, Some(body)).await.unwrap();
    put("sys/auth/approle", json!({"type": "approle"})).await;
    let times = json!({"token_ttl": "1h", "token_max_ttl": "24h"});
    put("auth/approle/role/app", times).await;
    let role = server
        .ask(Method::GET, "auth/approle/role/app/role-id", None)
        .await
        .unwrap();
    let secret = put("auth/approle/role/app/secret-id", json!({})).await;
    put("sys/auth/jwt", json!({"type": "jwt"})).await;
    put(
        "auth/jwt/config",
        json!({"jwt_validation_pubkeys": [issuer.public_pem()]}),
    )
    .await;
    let bound = json!({
        "role_type": "jwt", "bound_audiences": ["crud.secrets"], "user_claim": "sub", "token_ttl": "1h",
        "token_max_ttl": "24h",
    });
    put("auth/jwt/role/ci", bound).await;
    let text = |found: &Value, place: &str| found.pointer(place).unwrap().as_str().unwrap().to_owned();
    Told {
        address: server.url().to_owned(),
        token: server.token().to_owned(),
        role: (text(&role, "/data/role_id"), text(&secret, "/data/secret_id")),
        jwt: issuer.token("secrets.read", |_| {}),
    }
}

/// Coffer with the same.
async fn coffer(issuer: &Issuer, jwks: &std::path::Path) -> (Kv, Told) {
    std::fs::write(jwks, issuer.jwks().to_string()).unwrap();
    let settings = [
        "--canonical-issuer",
        "https://idp.example",
        "--canonical-jwks-file",
        jwks.to_str().unwrap(),
        "--canonical-mounts",
        MOUNT,
    ];
    let kv = Kv::over(Subject::start_with("kv2", &settings).await).await;
    let native = kv.subject.base.replace("/kv2", "/coffer");
    let url = format!("{native}/v1/organizations/default/api-keys");
    let body = json!({"name": "app", "grants": [{"permissions": ["secrets:read"], "vault": MOUNT}]});
    let request = kv
        .subject
        .http
        .post(url)
        .bearer_auth(&kv.subject.token)
        .json(&body);
    let made = Answer::of(request).await.expect(201);
    let told = Told {
        address: kv.subject.base.clone(),
        token: kv.subject.token.clone(),
        role: (made.text_at("/id"), made.text_at("/token")),
        jwt: issuer.token("secrets.read", |_| {}),
    };
    (kv, told)
}

#[tokio::test]
async fn coffer_and_a_real_server_say_the_same_to_hashicorps_client() {
    let issuer = Issuer::new("k1");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await.unwrap();
    let theirs = printed(&real(&issuer, &server).await).await;
    let (_kv, told) = coffer(&issuer, &folder.path().join("jwks.json")).await;
    let ours = printed(&told).await;
    assert!(theirs.len() >= 80, "{} steps", theirs.len());
    let mut differences = Vec::new();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        if ours != theirs {
            differences.push(format!("ours:   {ours}\ntheirs: {theirs}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(ours.len(), theirs.len());
}
