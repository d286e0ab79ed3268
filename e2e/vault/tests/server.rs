//! The server as tests use it.

use coffer_vault_server::Server;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn what_it_keeps_outlives_a_seal_and_its_end() {
    let mut server = Server::start().await.unwrap();
    let path = "secret/data/app";
    let body = json!({"data": {"token": "s3cr3t"}});
    server.ask(Method::POST, path, Some(body)).await.unwrap();
    server.seal().await.unwrap();
    assert!(server.ask(Method::GET, path, None).await.is_err());
    server.unseal().await.unwrap();
    server.ask(Method::GET, path, None).await.unwrap();
    server.kill().await.unwrap();
    assert!(server.ask(Method::GET, path, None).await.is_err());
    server.start_again().await.unwrap();
    server.unseal().await.unwrap();
    let read = server.ask(Method::GET, path, None).await.unwrap();
    assert_eq!(read.pointer("/data/data/token"), Some(&json!("s3cr3t")));
}

#[tokio::test]
async fn two_are_strangers_to_each_other() {
    let (one, other) = (Server::start().await.unwrap(), Server::start().await.unwrap());
    assert_ne!(one.url(), other.url());
    let written = json!({"data": {"a": 1}});
    one.ask(Method::POST, "secret/data/a", Some(written))
        .await
        .unwrap();
    assert!(other.ask(Method::GET, "secret/data/a", None).await.is_err());
}
