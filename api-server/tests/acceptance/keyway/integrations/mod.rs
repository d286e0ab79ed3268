//! Cases 33 to 38, against stand-ins for the providers that check every request they get: method, path, query,
//! headers and body. What they were not to be asked makes the test fail.

mod cases;
mod copies;
mod failures;
mod netlify;
mod railway;
mod rights;
pub mod stub;
mod vercel;

use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};

use super::{ADMIN, Keyway, problem};
use crate::answer::Answer;
use stub::Stub;

const SECRET: &str = "app-secret-canary";

/// A server whose providers are `stub`, with a vault of `owner/repo` that has this in `staging`.
struct World {
    keyway: Keyway,
    stub: Stub,
    _secrets: tempfile::TempDir,
}

impl World {
    async fn new(stub: Stub) -> Self {
        Self::with(stub, &[]).await
    }

    async fn with(stub: Stub, more: &[&str]) -> Self {
        let secrets = tempfile::tempdir().unwrap();
        let file = secrets.path().join("secret");
        std::fs::write(&file, format!("{SECRET}\n")).unwrap();
        let (file, base) = (file.to_str().unwrap(), stub.base.as_str());
        let rates = "keyway.default=off,keyway.verify=off,keyway.value=off,failures.address=off";
        let mut settings = vec!["--rate-limit", rates];
        for (name, value) in [
            ("--keyway-vercel-client-id", "app"),
            ("--keyway-vercel-client-secret-file", file),
            ("--keyway-vercel-slug", "coffer"),
            ("--keyway-vercel-url", base),
            ("--keyway-vercel-api", base),
            ("--keyway-netlify-client-id", "app"),
            ("--keyway-netlify-client-secret-file", file),
            ("--keyway-netlify-url", base),
            ("--keyway-netlify-api", base),
            ("--keyway-railway-api", base),
        ] {
            settings.extend([name, value]);
        }
        settings.extend(more);
        let keyway = Keyway::limited(&settings).await;
        keyway
            .post("/vaults", json!({"repoFullName": "owner/repo"}))
            .await
            .expect(201);
        Self {
            keyway,
            stub,
            _secrets: secrets,
        }
    }

    /// Asks as a browser that does not follow redirects; with its cookie, if it has one.
    async fn browse(&self, url: &str, cookie: Option<&str>) -> Answer {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let request = client
            .get(url)
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        Answer::of(match cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        })
        .await
    }

    /// Begins to connect in a browser: the provider's address, and the cookie.
    async fn begin(&self, provider: &str) -> (reqwest::Url, String) {
        let url = format!(
            "{}/integrations/{provider}/authorize?token={ADMIN}",
            self.keyway.0.base
        );
        let sent = self.browse(&url, None).await.expect(302);
        assert_eq!(sent.header("referrer-policy"), "no-referrer");
        let cookie = sent.header("set-cookie").split(';').next().unwrap().to_owned();
        (sent.header("location").parse().unwrap(), cookie)
    }

    /// Comes back from the provider.
    async fn come_back(&self, provider: &str, state: &str, code: &str, cookie: Option<&str>) -> Answer {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query
            .append_pair("code", code)
            .append_pair("state", state)
            .finish();
        let url = format!("{}/integrations/{provider}/callback?{query}", self.keyway.0.base);
        self.browse(&url, cookie).await
    }

    /// Connects in a browser, and tells the connection's id.
    async fn connect(&self, provider: &str) -> String {
        let (url, cookie) = self.begin(provider).await;
        let state = of_query(&url, "state");
        let end = self.come_back(provider, &state, "good-code", Some(&cookie)).await;
        assert!(end.expect(200).text.contains("octocat"));
        self.connections().await.pop().unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn connections(&self) -> Vec<Value> {
        let found = self.keyway.get("/integrations/connections").await.expect(200);
        found.list_at("/data/connections").clone()
    }

    /// What `direction` would do.
    async fn preview(&self, connection: &str, project: &str, more: &str) -> Value {
        let path = format!(
            "/integrations/vaults/owner/repo/sync/preview?connectionId={connection}&projectId={project}&{more}"
        );
        self.keyway.get(&path).await.expect(200)["data"].clone()
    }

    async fn sync(&self, body: Value) -> Answer {
        self.keyway
            .post("/integrations/vaults/owner/repo/sync", body)
            .await
    }
}

#[track_caller]
fn of_query(url: &reqwest::Url, name: &str) -> String {
    let found = url.query_pairs().find(|(found, _)| found == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {url}"))
        .1
        .into_owned()
}

#[tokio::test]
async fn case_33_the_providers_are_told_to_anybody() {
    let keyway = Keyway::start().await;
    let told = keyway
        .send(Method::GET, None, "/integrations", None)
        .await
        .expect(200);
    let all = told.list_at("/data/providers");
    let names: Vec<&Value> = all.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["vercel", "netlify", "railway"]);
    assert!(all.iter().all(|one| one["displayName"].is_string()));
    if keyway.0.is_own() {
        let configured: Vec<&Value> = all.iter().map(|one| &one["configured"]).collect();
        assert_eq!(configured, [false, false, true]);
        let refused = keyway.get("/integrations/vercel/authorize").await;
        problem(refused, 400, "bad-request");
    }
}
