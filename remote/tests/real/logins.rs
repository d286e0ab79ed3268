//! Every way to log in, and what becomes of tokens.

use std::time::Duration;

use axum::{Json, Router, routing::post};
use coffer_domain::provider::ProviderFault;
use coffer_remote::{Login, Options};
use coffer_vault_server::Server;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::KeyPair;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Remote, options};

const RIGHTS: &str =
    r#"path "secret/*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }"#;

/// A server with the policy `app`.
async fn server() -> Server {
    let server = Server::start().await.unwrap();
    server.policy("app", RIGHTS).await.unwrap();
    server
}

/// Enables a method of logging in.
async fn method(server: &Server, kind: &str, config: Value, role: Value) {
    let steps = [
        (format!("sys/auth/{kind}"), json!({ "type": kind })),
        (format!("auth/{kind}/config"), config),
        (format!("auth/{kind}/role/coffer"), role),
    ];
    for (path, body) in steps {
        server.ask(Method::POST, &path, Some(body)).await.unwrap();
    }
}

/// What one token is like, as the server sees it.
async fn look(server: &Server, token: &str) -> Value {
    let asked = json!({ "token": token });
    let told = server.ask(Method::POST, "auth/token/lookup", Some(asked)).await;
    told.unwrap()["data"].clone()
}

fn signed(claims: &Value, key: &KeyPair) -> String {
    let key = EncodingKey::from_ec_der(&key.serialize_der());
    jsonwebtoken::encode(&Header::new(Algorithm::ES256), claims, &key).unwrap()
}

fn jwt_in(file: &std::path::Path, claims: &Value, key: &KeyPair) -> Login {
    std::fs::write(file, format!("{}\n", signed(claims, key))).unwrap();
    Login::Jwt {
        mount: "jwt".to_owned(),
        role: Some("coffer".to_owned()),
        file: file.to_owned(),
    }
}

/// Far enough away for any test.
const END: u64 = 4_000_000_000;

#[tokio::test]
async fn a_jwt_from_a_file_logs_in_and_is_read_anew() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let (key, file) = (KeyPair::generate().unwrap(), folder.path().join("jwt"));
    let config = json!({ "jwt_validation_pubkeys": [key.public_key_pem()] });
    let role = json!({ "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["bao"], "token_policies": ["app"] });
    method(&server, "jwt", config, role).await;
    let claims =
        |audience: &str| json!({ "sub": "coffer", "aud": audience, "exp": END, "iat": 1_700_000_000 });
    let login = jwt_in(&file, &claims("other"), &key);
    let remote = Remote::new(&options(&server, login));
    assert!(matches!(remote.read().await, Err(ProviderFault::Refuses)));
    jwt_in(&file, &claims("bao"), &key);
    assert!(matches!(remote.read().await, Err(ProviderFault::NotFound)));
    std::fs::remove_file(&file).unwrap();
    remote.write(json!({ "a": "b" })).await.unwrap();
}

#[tokio::test]
async fn a_service_account_logs_in_as_its_cluster_confirms() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let (key, file) = (KeyPair::generate().unwrap(), folder.path().join("token"));
    let reviewed = |Json(review): Json<Value>| async move {
        let user = json!({ "username": "system:serviceaccount:coffer-system:coffer", "uid": "u-1", "groups": ["system:serviceaccounts"] });
        let status = json!({ "authenticated": review["spec"]["token"].is_string(), "user": user });
        Json(json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status }))
    };
    let router = Router::new().route("/apis/authentication.k8s.io/v1/tokenreviews", post(reviewed));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cluster = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let account =
        json!({ "namespace": "coffer-system", "serviceaccount": { "name": "coffer", "uid": "u-1" } });
    let claims = json!({ "kubernetes.io": account, "exp": END, "iat": 1_700_000_000, "sub": "system:serviceaccount:coffer-system:coffer" });
    let authority = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let config = json!({ "kubernetes_host": cluster, "token_reviewer_jwt": signed(&claims, &key), "disable_local_ca_jwt": true, "kubernetes_ca_cert": authority.pem() });
    let role = json!({ "bound_service_account_names": ["coffer"], "bound_service_account_namespaces": ["coffer-system"], "token_policies": ["app"] });
    method(&server, "kubernetes", config, role).await;
    jwt_in(&file, &claims, &key);
    let login = Login::Jwt {
        mount: "kubernetes".to_owned(),
        role: Some("coffer".to_owned()),
        file,
    };
    let remote = Remote::new(&options(&server, login));
    remote.write(json!({ "a": "b" })).await.unwrap();
    serving.abort();
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let server = server().await;
    let made = json!({ "policies": ["app"], "ttl": "5m", "renewable": true });
    let token = server.make_token(made).await.unwrap();
    // Looked at each time, and always near its end.
    let eager = Options {
        looks: Duration::ZERO,
        ..options(&server, Login::Token(token.as_str().into()))
    };
    let remote = Remote::new(&eager);
    remote.write(json!({ "a": "b" })).await.unwrap();
    remote.read().await.unwrap();
    assert!(look(&server, &token).await["last_renewal_time"].is_number());
    let patient = server
        .make_token(json!({ "policies": ["app"], "ttl": "1h" }))
        .await
        .unwrap();
    let remote = Remote::new(&Options {
        looks: Duration::ZERO,
        ..options(&server, Login::Token(patient.as_str().into()))
    });
    remote.read().await.unwrap();
    assert!(look(&server, &patient).await["last_renewal_time"].is_null());
}

#[tokio::test]
async fn a_token_that_is_none_is_refused_and_so_is_one_that_lacks_a_right() {
    let server = server().await;
    let remote = |token: &str| Remote::new(&options(&server, Login::Token(token.into())));
    assert!(matches!(
        remote("hvs.nobody").read().await,
        Err(ProviderFault::Refuses)
    ));
    let token = server.make_token(json!({ "policies": ["later"] })).await.unwrap();
    let lacking = remote(&token);
    assert!(matches!(lacking.read().await, Err(ProviderFault::Refuses)));
    server.policy("later", RIGHTS).await.unwrap();
    assert!(matches!(lacking.read().await, Err(ProviderFault::NotFound)));
}
