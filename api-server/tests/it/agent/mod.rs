//! The agent endpoint, and the ledger that it fills.

mod ledger;
mod refusals;
mod stream;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use coffer_domain::{
    name::{EnvName, OrgName, VaultName},
    pattern::Pattern,
    rights::Access,
    usecase::{Caller, vaults::VaultSettings},
};
use coffer_wire::{ACK_PATH, Message, WATCH_PATH};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Choices, Reply, TestServer, body,
    cluster::{Cluster, claims},
    lines::Lines,
    now, secret,
};

const PING: Duration = Duration::from_millis(5);

struct World {
    server: TestServer,
    cluster: Arc<Cluster>,
}

struct Stream(Lines);

impl Stream {
    /// The next line that is not a sign of life; `None` at the end.
    async fn next(&mut self) -> Option<Message> {
        loop {
            match serde_json::from_str(&self.0.next().await?).unwrap() {
                Message::Ping => {}
                other => return Some(other),
            }
        }
    }

    async fn values(&mut self) -> Vec<(String, u64, String)> {
        match self.next().await {
            Some(Message::Values { secrets }) => secrets
                .into_iter()
                .map(|(name, one)| {
                    (
                        name,
                        one.version,
                        String::from_utf8(one.value.reveal().to_vec()).unwrap(),
                    )
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    async fn held(&mut self) -> coffer_wire::Failure {
        match self.next().await {
            Some(Message::Held(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }
}

impl World {
    /// Service account `app` of namespace `acme` may read everything.
    async fn new(ping: Duration) -> Self {
        let cluster = Cluster::new();
        let choices = Choices {
            identity: Some(cluster.identity()),
            ping,
            ..Choices::default()
        };
        let world = Self {
            server: TestServer::with(choices).await,
            cluster,
        };
        world.let_in(&["*"]).await;
        world
    }

    async fn let_in(&self, names: &[&str]) {
        self.let_into("acme", "default", names).await;
    }

    async fn let_into(&self, org: &str, vault: &str, names: &[&str]) {
        let access = Access {
            service_accounts: vec![Pattern::new("app")],
            namespaces: vec![Pattern::new("acme")],
            environments: vec![Pattern::any()],
            names: names.iter().map(|name| Pattern::new(*name)).collect(),
        };
        let access = if names.is_empty() { vec![] } else { vec![access] };
        let settings = VaultSettings {
            environments: vec![EnvName::new("default").unwrap()],
            access,
            owner: None,
        };
        let (org, vault) = (OrgName::new(org).unwrap(), VaultName::new(vault).unwrap());
        let coffer = &self.server.coffer;
        coffer
            .ensure_organization(&Caller::controller(), &org)
            .await
            .unwrap();
        coffer
            .apply_vault(&Caller::controller(), &org, &vault, settings)
            .await
            .unwrap();
    }

    async fn put(&self, name: &str, value: &str) {
        let reply = self.server.put(&secret(name), &body(value)).await;
        assert!(reply.status < 300, "{}", reply.text);
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> reqwest::Response {
        let url = format!("http://{}{path}", self.server.address);
        self.server
            .http
            .request(Method::POST, url)
            .bearer_auth(token)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    async fn try_watch(&self, pod: &str, extra: &Value) -> Result<Stream, Reply> {
        let mut request = json!({"organization": "acme", "vault": "default", "environment": "default"});
        for (field, value) in extra.as_object().unwrap() {
            request[field] = value.clone();
        }
        let response = self
            .post(WATCH_PATH, &self.cluster.token(pod, now()), &request)
            .await;
        if response.status() == 200 {
            assert_eq!(response.headers()["content-type"], "application/x-ndjson");
            Ok(Stream(Lines::of(response)))
        } else {
            Err(Reply::of(response).await)
        }
    }

    async fn watch(&self, pod: &str, extra: &Value) -> Stream {
        self.try_watch(pod, extra)
            .await
            .unwrap_or_else(|reply| panic!("{}", reply.text))
    }

    async fn ack(&self, pod: &str, entries: &[(&str, u64)]) -> Reply {
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, version)| json!({"name": name, "version": version}))
            .collect();
        let request =
            json!({"organization": "acme", "vault": "default", "environment": "default", "entries": entries});
        Reply::of(
            self.post(ACK_PATH, &self.cluster.token(pod, now()), &request)
                .await,
        )
        .await
    }

    /// A token of a pod of the same name and account in another namespace.
    fn token_elsewhere(&self, pod: &str) -> String {
        let mut claims = claims(pod, now());
        claims["kubernetes.io"]["namespace"] = json!("other");
        claims["sub"] = json!("system:serviceaccount:other:app");
        self.cluster.key.sign(&claims)
    }

    async fn ledger(&self) -> Vec<Value> {
        let path = "/organizations/acme/vaults/default/environments/default/consumers";
        self.server.get(path).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .clone()
    }
}

fn triple(name: &str, version: u64, value: &str) -> (String, u64, String) {
    (name.to_owned(), version, value.to_owned())
}
