//! Secryn: the thirty-four cases of its contract.

mod certificates;
mod keys;
mod limits;
mod logs;
mod resources;
mod vaults;
mod webhooks;

use coffer_domain::port::Entropy;
use coffer_store::SystemEntropy;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{answer::Answer, subject::Subject};

/// A server with an account.
pub struct Secryn(Subject);

impl Secryn {
    pub async fn start() -> Self {
        Self(Subject::of("secryn").await)
    }

    /// Sends to the base address.
    pub async fn send(&self, method: Method, token: Option<&str>, path: &str, body: Option<Value>) -> Answer {
        self.send_to(&self.0.base, method, token, path, body).await
    }

    async fn send_to(
        &self,
        base: &str,
        method: Method,
        token: Option<&str>,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = self.0.http.request(method, format!("{base}{path}"));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.0.token, path).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, Some(token), path, None).await
    }

    /// Through the address of a server of one's own: `…/api/v1`.
    pub async fn get_twin(&self, token: &str, path: &str) -> Answer {
        let twin = self.twin();
        self.send_to(&twin, Method::GET, Some(token), path, None).await
    }

    pub fn twin(&self) -> String {
        let root = self.0.base.strip_suffix("/v1").unwrap();
        format!("{root}/api/v1")
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, Some(&self.0.token), path, Some(body))
            .await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, Some(&self.0.token), path, Some(body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, Some(&self.0.token), path, None).await
    }

    /// How many resources there are.
    pub async fn resources(&self) -> u64 {
        let page = self.get("/resources").await.expect(200);
        page["pagination"]["total"].as_u64().unwrap()
    }

    /// A new vault: its id, and an access key for it.
    pub async fn vault(&self) -> (String, String) {
        let name = format!("vault-{}", fresh());
        let vault = self.post("/vaults", json!({"name": name})).await.expect(200);
        let id = vault.text_at("/data/id");
        let key = self
            .post(&format!("/vaults/{id}/access-keys"), json!({"name": "ci"}))
            .await
            .expect(200);
        (id, key.text_at("/data/token"))
    }

    /// The same with two secrets in it.
    pub async fn filled(&self) -> (String, String) {
        let (vault, access) = self.vault().await;
        for body in [
            json!({"name": "DB_PASSWORD", "value": "p w", "tags": ["db"]}),
            json!({"name": "API_KEY", "value": "k"}),
        ] {
            self.post(&format!("/vaults/{vault}/secrets"), body)
                .await
                .expect(200);
        }
        (vault, access)
    }
}

/// An id that nothing has.
fn fresh() -> uuid::Uuid {
    let mut random = [0; 16];
    SystemEntropy::checked().unwrap().fill(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid()
}
