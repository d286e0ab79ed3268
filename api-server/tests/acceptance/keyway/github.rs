//! Signing a device in with GitHub, whose stand-in checks what it is asked.

use reqwest::redirect::Policy;
use serde_json::json;

use super::{
    Keyway, auth,
    integrations::stub::{Heard, Play, Stub, Trouble},
};
use crate::{answer::Answer, subject::Subject};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64)";

/// GitHub, as far as signing in goes.
fn github(heard: &Heard) -> Play {
    match heard.line().as_str() {
        "POST /login/oauth/access_token" => {
            let form = heard.form();
            let of = |name: &str| form.get(name).cloned().unwrap_or_default();
            heard.has_form(&[
                ("client_id", "app"),
                ("client_secret", "github-secret"),
                ("code", &of("code")),
                ("redirect_uri", &of("redirect_uri")),
            ])?;
            if !of("redirect_uri").ends_with("/keyway/v1/auth/callback") {
                return Err(of("redirect_uri"));
            }
            Ok(match of("code").as_str() {
                "good" => (
                    200,
                    json!({"access_token": "gho_octocat", "token_type": "bearer"}),
                ),
                _ => (200, json!({"error": "bad_verification_code"})),
            })
        }
        "GET /user" => {
            heard.has_token("gho_octocat")?;
            Ok((200, json!({"id": 12345, "login": "octocat", "email": null})))
        }
        _ => Err("nobody should ask this".to_owned()),
    }
}

struct World {
    keyway: Keyway,
    stub: Stub,
    browser: reqwest::Client,
    _files: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let stub = Stub::start(github).await;
        let files = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = files.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (token, secret) = (write("token", "server\n"), write("secret", "github-secret\n"));
        let rates = "keyway.default=off,keyway.verify=off,failures.address=off";
        let settings = [
            ["--rate-limit", rates],
            ["--keyway-github-token-file", &token],
            ["--keyway-owner", "owner"],
            ["--keyway-github-api", &stub.base],
            ["--keyway-github-client-id", "app"],
            ["--keyway-github-client-secret-file", &secret],
            ["--keyway-github-url", &stub.base],
        ];
        let keyway = Keyway(Subject::start_with("keyway", settings.as_flattened()).await);
        let browser = reqwest::Client::builder()
            .redirect(Policy::none())
            .user_agent(BROWSER);
        Self {
            keyway,
            stub,
            browser: browser.build().unwrap(),
            _files: files,
        }
    }

    async fn decide(&self, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let url = format!("{}/auth/device/verify", self.keyway.0.base);
        let request = self
            .browser
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        Answer::of(request.body(form.finish())).await
    }

    /// Sends the browser away for a code: the state, and the browser's cookie.
    async fn away(&self, code: &str) -> (String, String) {
        let sent = self
            .decide(&[("user_code", code), ("action", "approve")])
            .await
            .expect(302);
        let url: reqwest::Url = sent.header("location").parse().unwrap();
        assert_eq!(
            url.as_str().split('?').next().unwrap(),
            format!("{}/login/oauth/authorize", self.stub.base)
        );
        let of = |name: &str| {
            url.query_pairs()
                .find(|(found, _)| found == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(of("client_id"), "app");
        assert_eq!(
            of("redirect_uri"),
            format!("{}/auth/callback", self.keyway.0.base)
        );
        let cookie = sent.header("set-cookie").split(';').next().unwrap();
        (of("state"), cookie.to_owned())
    }

    async fn come_back(&self, query: &str, cookie: Option<&str>) -> Answer {
        let request = self
            .browser
            .get(format!("{}/auth/callback?{query}", self.keyway.0.base));
        Answer::of(match cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        })
        .await
    }

    async fn state_of(&self, device: &serde_json::Value) -> String {
        let polled = auth::poll(&self.keyway, device).await.expect(200);
        polled.text_at("/status")
    }
}

#[tokio::test]
async fn the_page_leads_to_github_and_asks_for_no_token() {
    let world = World::new().await;
    let code = auth::start(&world.keyway).await.text_at("/userCode");
    let page = format!("{}/auth/device/verify?user_code={code}", world.keyway.0.base);
    let page = Answer::of(world.browser.get(page)).await.expect(200);
    assert!(page.text.contains("Approve with GitHub") && !page.text.contains("name=\"token\""));
    let policy = format!("form-action 'self' {}", world.stub.base);
    assert!(
        page.header("content-security-policy").contains(&policy),
        "browsers hold redirects to it"
    );
}

#[tokio::test]
async fn a_device_is_approved_by_whoever_github_says_it_was() {
    let world = World::new().await;
    let started = auth::start(&world.keyway).await;
    let (code, device) = (started.text_at("/userCode"), &started["deviceCode"]);
    let (state, cookie) = world.away(&code).await;
    world
        .come_back(&format!("code=good&state={state}"), None)
        .await
        .expect(400);
    world
        .come_back(&format!("code=good&state={state}"), Some("keyway_began=00"))
        .await
        .expect(400);
    world
        .come_back("code=good&state=nonsense", Some(&cookie))
        .await
        .expect(400);
    assert!(
        world.stub.asked().is_empty(),
        "nothing is exchanged for another browser's state"
    );
    world
        .come_back(&format!("code=bad&state={state}"), Some(&cookie))
        .await
        .expect(400);
    world
        .come_back(&format!("state={state}"), Some(&cookie))
        .await
        .expect(400);
    assert_eq!(world.state_of(device).await, "pending");
    let end = world
        .come_back(&format!("code=good&state={state}"), Some(&cookie))
        .await
        .expect(200);
    assert!(end.text.contains("Signed in"), "{}", end.text);
    let approved = auth::poll(&world.keyway, device).await.expect(200);
    assert_eq!(
        (&approved["status"], &approved["githubLogin"]),
        (&json!("approved"), &json!("octocat"))
    );
    world
        .keyway
        .get_as(&approved.text_at("/keywayToken"), "/users/me")
        .await
        .expect(200);
    world
        .come_back(&format!("code=good&state={state}"), Some(&cookie))
        .await
        .expect(400);
    assert_eq!(
        world.stub.asked(),
        [
            "POST /login/oauth/access_token",
            "POST /login/oauth/access_token",
            "GET /user",
            "POST /login/oauth/access_token"
        ]
    );
}

#[tokio::test]
async fn who_does_not_consent_at_github_has_refused_the_device() {
    let world = World::new().await;
    let started = auth::start(&world.keyway).await;
    let (state, cookie) = world.away(&started.text_at("/userCode")).await;
    let other = auth::start(&world.keyway).await;
    let end = world
        .come_back(&format!("error=access_denied&state={state}"), Some(&cookie))
        .await;
    assert!(end.expect(200).text.contains("refused"));
    assert_eq!(world.state_of(&started["deviceCode"]).await, "denied");
    assert_eq!(
        world.state_of(&other["deviceCode"]).await,
        "pending",
        "a state is for one code"
    );
    world.decide(&[("user_code", "AAAAA-AAAAA")]).await.expect(400);
    let answer = world
        .decide(&[("user_code", &other.text_at("/userCode")), ("action", "deny")])
        .await;
    answer.expect(400);
}

#[tokio::test]
async fn while_github_is_out_of_order_no_device_is_approved_and_none_refused() {
    let world = World::new().await;
    let started = auth::start(&world.keyway).await;
    let (state, cookie) = world.away(&started.text_at("/userCode")).await;
    for (trouble, status) in [
        (Trouble::Status(401), 400),
        (Trouble::Status(429), 503),
        (Trouble::Status(500), 503),
        (Trouble::Garbage, 503),
        (Trouble::HangUp, 503),
    ] {
        world.stub.trouble(Some(trouble));
        let end = world
            .come_back(&format!("code=good&state={state}"), Some(&cookie))
            .await;
        end.expect(status);
        assert_eq!(world.state_of(&started["deviceCode"]).await, "pending");
    }
    world.stub.trouble(None);
    world
        .come_back(&format!("code=good&state={state}"), Some(&cookie))
        .await
        .expect(200);
}
