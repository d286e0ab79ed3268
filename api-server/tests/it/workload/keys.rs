//! Where keys come from.

use axum::{Router, http::StatusCode, response::Redirect, routing::get};
use coffer_api_server::identity::{ClusterKeys, JwksFile, JwksUrl};
use tokio::net::TcpListener;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_key_is_found_and_forgeries_cause_no_flood() {
    let cluster = Cluster::new();
    let identity = cluster.identity();
    let fetches = || cluster.fetches.load(Ordering::SeqCst);
    identity
        .verify(&cluster.token("web", now()), now())
        .await
        .unwrap();
    assert_eq!(fetches(), 1);

    let second = SigningKey::p256("second");
    cluster.publish(&second);
    let token = second.sign(&claims("web", now()));
    for _ in 0..100 {
        assert!(identity.verify(&token, now()).await.is_err());
    }
    assert_eq!(fetches(), 1, "asked only just now");
    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    identity.verify(&token, now()).await.unwrap();
    identity
        .verify(&cluster.token("web", now()), now())
        .await
        .unwrap();
    assert_eq!(fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_key_stops_working() {
    let cluster = Cluster::new();
    let identity = cluster.identity();
    let token = cluster.token("web", now());
    identity.verify(&token, now()).await.unwrap();
    cluster.withdraw_all();
    cluster.publish(&SigningKey::p256("second"));
    tokio::time::advance(std::time::Duration::from_secs(601)).await;
    assert!(identity.verify(&token, now()).await.is_err());
}

#[tokio::test]
async fn keys_can_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let missing = JwksFile(path.clone()).fetch().await.unwrap_err().to_string();
    assert!(missing.contains("keys.json"), "{missing}");
    let key = SigningKey::p256("first");
    std::fs::write(&path, json!({"keys": [key.public_jwk()]}).to_string()).unwrap();
    let options = IdentityOptions {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
    };
    let ring = KeyRing::new(std::sync::Arc::new(JwksFile(path)));
    let identity = WorkloadIdentity::new(options, ring, std::sync::Arc::new(WhileTokenLasts));
    identity
        .verify(&key.sign(&claims("web", now())), now())
        .await
        .unwrap();
}

#[tokio::test]
async fn keys_can_come_from_an_address_and_from_no_other() {
    let router = Router::new()
        .route("/keys", get(async || "{\"keys\":[]}"))
        .route("/moved", get(async || Redirect::temporary("/keys")))
        .route(
            "/broken",
            get(async || (StatusCode::INTERNAL_SERVER_ERROR, "{\"keys\":[]}")),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let fetched = async |path: &str| JwksUrl::new(&format!("{base}{path}")).unwrap().fetch().await;
    assert_eq!(fetched("/keys").await.unwrap(), "{\"keys\":[]}");
    assert_ne!(
        fetched("/moved").await.unwrap_or_default(),
        "{\"keys\":[]}",
        "redirects are not followed"
    );
    assert!(fetched("/broken").await.is_err());
    for bad in [
        "http://keys.example/",
        "ftp://127.0.0.1/",
        "nonsense",
        "http://127.0.0.1.evil.example/",
    ] {
        assert!(JwksUrl::new(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn key_sets_without_a_usable_key_are_refused_and_the_old_ones_stay() {
    for unusable in [
        json!({"keys": []}),
        json!({"keys": [{"kty": "oct", "k": "AAAA", "kid": "first", "alg": "HS256"}]}),
        json!({"keys": [{"kty": "EC", "crv": "P-384", "kid": "first", "x": "AA", "y": "AA"}]}),
        json!([]),
        json!({"error": "no"}),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        std::fs::write(&path, unusable.to_string()).unwrap();
        let ring = KeyRing::new(std::sync::Arc::new(JwksFile(path)));
        ring.refresh().await;
        assert!(!ring.is_loaded(), "{unusable}");
    }
}
