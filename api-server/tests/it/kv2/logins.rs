//! Pods that log in with their service account, and how long what they get is good for.

use std::sync::Arc;

use coffer_domain::{
    name::{EnvName, OrgName, VaultName},
    pattern::Pattern,
    rights::Access,
    usecase::{Caller, vaults::VaultSettings},
};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::ask;
use crate::support::{Choices, Reply, TestServer, cluster::Cluster, now};

struct World {
    server: TestServer,
    cluster: Arc<Cluster>,
}

impl World {
    /// Service account `app` of namespace `acme` may read what begins with `APP`.
    async fn new() -> Self {
        let cluster = Cluster::new();
        let server = TestServer::with(Choices {
            identity: Some(cluster.identity()),
            ..Choices::default()
        })
        .await;
        let settings = VaultSettings {
            environments: vec![EnvName::default_environment()],
            access: vec![Access {
                service_accounts: vec![Pattern::new("app")],
                namespaces: vec![Pattern::new("acme")],
                environments: vec![Pattern::any()],
                names: vec![Pattern::new("app*")],
            }],
            owner: None,
        };
        let (org, vault) = (OrgName::new("acme").unwrap(), VaultName::new("pods").unwrap());
        server
            .coffer
            .create_vault(&Caller::controller(), &org, &vault, settings)
            .await
            .unwrap();
        for name in ["app", "other"] {
            let path = format!("pods/data/{name}");
            let data = json!({"data": {"k": name}});
            ask(&server, Some(&server.admin), (Method::PUT, &path), Some(&data))
                .await
                .expect(200);
        }
        Self { server, cluster }
    }

    async fn login(&self, jwt: &str) -> Reply {
        let body = json!({"role": "web", "jwt": jwt});
        ask(
            &self.server,
            None,
            (Method::PUT, "auth/kubernetes/login"),
            Some(&body),
        )
        .await
    }

    /// The token of a pod.
    async fn pod(&self, name: &str) -> String {
        let login = self.login(&self.cluster.token(name, now())).await.expect(200);
        login["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        ask(&self.server, Some(token), (Method::GET, path), None).await
    }
}

#[tokio::test]
async fn a_pod_reads_what_its_vault_lets_it_read_and_no_more() {
    let world = World::new().await;
    let login = world
        .login(&world.cluster.token("web-1", now()))
        .await
        .expect(200);
    let auth = &login["auth"];
    assert_eq!(
        auth["metadata"],
        json!({
            "role": "web", "service_account_name": "app", "service_account_namespace": "acme",
            "service_account_secret_name": "", "service_account_uid": "",
        })
    );
    assert_eq!(
        (&auth["renewable"], &auth["lease_duration"]),
        (&json!(true), &json!(3600))
    );
    let token = auth["client_token"].as_str().unwrap();
    let read = world.get(token, "pods/data/app").await.expect(200);
    assert_eq!(read["data"]["data"], json!({"k": "app"}));
    world.get(token, "pods/data/other").await.expect(403);
    world
        .get(token, "sys/internal/ui/mounts/pods/app")
        .await
        .expect(200);
    // Of its own namespace's vaults it may know that they are there.
    world.get(token, "default/data/app").await.expect(403);
    world.get(token, "nowhere/data/app").await.expect(404);
    let body = json!({"data": {}});
    let write = (Method::PUT, "pods/data/app");
    ask(&world.server, Some(token), write, Some(&body))
        .await
        .expect(403);
}

#[tokio::test]
async fn a_pods_token_ends_with_the_pod_and_with_its_time() {
    let world = World::new().await;
    let (stays, stops) = (world.pod("stays").await, world.pod("stops").await);
    world.get(&stops, "pods/data/app").await.expect(200);
    world.cluster.stop_pod("uid-stops");
    let refused = world.get(&stops, "pods/data/app").await.expect(403);
    assert_eq!(refused["errors"], json!(["permission denied"]));
    world.get(&stays, "pods/data/app").await.expect(200);
    // It lasts no longer than what it was opened with, however often it is renewed.
    world.server.clock.advance(SignedDuration::from_mins(50));
    let renew = (Method::PUT, "auth/token/renew-self");
    let renewed = ask(
        &world.server,
        Some(&stays),
        renew,
        Some(&json!({"increment": "24h"})),
    )
    .await;
    let left = renewed.expect(200)["auth"]["lease_duration"].as_i64().unwrap();
    assert!((1..=720).contains(&left), "{left}");
    world.server.clock.advance(SignedDuration::from_mins(15));
    world.get(&stays, "auth/token/lookup-self").await.expect(403);
}

#[tokio::test]
async fn a_token_that_is_none_of_the_clusters_lets_nobody_in() {
    let world = World::new().await;
    let late = world.cluster.token("late", now());
    world.server.clock.advance(SignedDuration::from_hours(2));
    for jwt in ["x", "a.b.c", &late] {
        let refused = world.login(jwt).await.expect(403);
        assert_eq!(refused["errors"], json!(["permission denied"]), "{jwt}");
    }
    let plain = TestServer::start().await;
    let body = json!({"role": "web", "jwt": "a.b.c"});
    let refused = ask(&plain, None, (Method::PUT, "auth/kubernetes/login"), Some(&body)).await;
    assert!(
        refused.expect(400)["errors"][0]
            .as_str()
            .unwrap()
            .contains("not configured")
    );
}

#[tokio::test]
async fn a_session_lasts_an_hour_and_its_renewals_a_day() {
    let server = TestServer::start().await;
    let made = server
        .post(
            "/organizations/acme/api-keys",
            &json!({"name": "app", "grants": [{"permissions": ["secrets:read"]}]}),
        )
        .await
        .expect(201);
    let role = json!({"role_id": made["id"], "secret_id": made["token"]});
    let login = async || {
        let login = ask(&server, None, (Method::PUT, "auth/approle/login"), Some(&role))
            .await
            .expect(200);
        login["auth"]["client_token"].as_str().unwrap().to_owned()
    };
    let look = async |token: &str| {
        let path = (Method::GET, "auth/token/lookup-self");
        ask(&server, Some(token), path, None).await.status
    };
    let (left, kept) = (login().await, login().await);
    let renew = async || {
        let path = (Method::PUT, "auth/token/renew-self");
        ask(&server, Some(&kept), path, None::<&Value>).await
    };
    for _ in 0..30 {
        server.clock.advance(SignedDuration::from_mins(50));
        renew().await;
    }
    assert_eq!((look(&left).await, look(&kept).await), (403, 403));
    // A day is 28.8 times fifty minutes: until then each renewal held.
    let again = login().await;
    for _ in 0..28 {
        server.clock.advance(SignedDuration::from_mins(50));
        let path = (Method::PUT, "auth/token/renew-self");
        ask(&server, Some(&again), path, None).await.expect(200);
    }
    server.clock.advance(SignedDuration::from_mins(50));
    assert_eq!(look(&again).await, 403);
}
