//! Tokens and logins.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Kv, logical, nothing, refused};
use crate::{
    answer::{Answer, members},
    canonical::bearer::Issuer,
    subject::Subject,
};

impl Kv {
    /// A key with one grant: its id and token.
    async fn key(&self, grant: Value) -> (String, String) {
        let native = self.subject.base.replace("/kv2", "/coffer");
        let url = format!("{native}/v1/organizations/default/api-keys");
        let body = json!({"name": "crudservice", "grants": [grant]});
        let request = self
            .subject
            .http
            .post(url)
            .bearer_auth(&self.subject.token)
            .json(&body);
        let made = Answer::of(request).await.expect(201);
        (made.text_at("/id"), made.text_at("/token"))
    }

    async fn login(&self, way: &str, body: Value) -> Answer {
        let path = format!("auth/{way}/login");
        self.as_token(None, (Method::PUT, &path), Some(&body)).await
    }
}

/// The token of a good login or renewal, in its whole shape.
#[track_caller]
fn opened(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer["data"], Value::Null);
    let auth = &answer["auth"];
    assert_eq!(
        members(auth),
        [
            "accessor",
            "client_token",
            "entity_id",
            "lease_duration",
            "metadata",
            "mfa_requirement",
            "num_uses",
            "orphan",
            "policies",
            "renewable",
            "token_policies",
            "token_type",
        ]
    );
    assert_eq!(
        (&auth["renewable"], &auth["token_type"]),
        (&json!(true), &json!("service"))
    );
    let token = auth["client_token"].as_str().unwrap();
    assert!(token.starts_with("s.") && token.len() == 26, "{token}");
    token.to_owned()
}

#[tokio::test]
async fn case_81_an_approle_login_gives_a_token_for_kv_get() {
    let kv = Kv::start().await;
    kv.set("a", json!({"k": "v"})).await;
    let grant = json!({"permissions": ["secrets:read", "secrets:list"], "vault": kv.mount});
    let (id, secret) = kv.key(grant).await;
    let login = kv
        .login("approle", json!({"role_id": id, "secret_id": secret}))
        .await;
    let token = opened(&login);
    assert_eq!(login["auth"]["metadata"], json!({"role_name": "crudservice"}));
    assert_eq!(login["auth"]["lease_duration"], 3600);
    let read = kv
        .as_token(Some(&token), (Method::GET, &kv.at("data/a")), None)
        .await;
    assert_eq!(logical(&read)["data"], json!({"k": "v"}));
    // Its rights are the key's, no more.
    let body = json!({"data": {"k": "other"}});
    let denied = json!(["1 error occurred:\n\t* permission denied\n\n"]);
    let write = kv
        .as_token(Some(&token), (Method::PUT, &kv.at("data/a")), Some(&body))
        .await;
    refused(&write, 403, denied);
    // And it ends with the key.
    let native = kv.subject.base.replace("/kv2", "/coffer");
    let url = format!("{native}/v1/organizations/default/api-keys/{id}");
    let gone = kv
        .subject
        .http
        .delete(url)
        .bearer_auth(&kv.subject.token)
        .send()
        .await
        .unwrap();
    assert!(gone.status().is_success(), "{}", gone.status());
    let read = kv
        .as_token(Some(&token), (Method::GET, &kv.at("data/a")), None)
        .await;
    refused(&read, 403, json!(["permission denied"]));
}

#[tokio::test]
async fn a_login_that_is_not_good_says_what_is_missing() {
    let kv = Kv::start().await;
    let (id, secret) = kv.key(json!({"permissions": ["secrets:read"]})).await;
    let (other, _) = kv.key(json!({"permissions": ["secrets:read"]})).await;
    let wrong = json!(["invalid role or secret ID"]);
    for (body, words) in [
        (json!({}), json!(["missing role_id"])),
        (json!({"role_id": id}), json!(["missing secret_id"])),
        (json!({"role_id": other, "secret_id": secret}), wrong.clone()),
        (
            json!({"role_id": id, "secret_id": "nothing-of-ours-at-all"}),
            wrong.clone(),
        ),
        (json!({"role_id": "x", "secret_id": "y"}), wrong),
    ] {
        refused(&kv.login("approle", body).await, 400, words);
    }
    for (way, body, words) in [
        ("kubernetes", json!({"jwt": "x"}), json!(["missing role"])),
        ("kubernetes", json!({"role": "r"}), json!(["missing jwt"])),
        ("jwt", json!({"jwt": "x"}), json!(["missing role"])),
        ("jwt", json!({"role": "r"}), json!(["missing token"])),
        (
            "jwt",
            json!({"role": "r", "jwt": "a.b.c"}),
            json!(["error validating token: it is not valid here"]),
        ),
    ] {
        refused(&kv.login(way, body).await, 400, words);
    }
}

#[tokio::test]
async fn a_token_is_looked_up_renewed_and_revoked_by_its_holder() {
    let kv = Kv::start().await;
    let (id, secret) = kv.key(json!({"permissions": ["secrets:read"]})).await;
    let login = kv
        .login("approle", json!({"role_id": id, "secret_id": secret}))
        .await;
    let token = opened(&login);
    let ask = async |method: Method, path: &str, body: Option<&Value>| {
        kv.as_token(Some(&token), (method, path), body).await
    };
    let looked = ask(Method::GET, "auth/token/lookup-self", None).await;
    let data = logical(&looked);
    assert_eq!((&data["id"], &data["type"]), (&json!(token), &json!("service")));
    assert_eq!(
        (&data["renewable"], &data["creation_ttl"]),
        (&json!(true), &json!(3600))
    );
    assert_eq!(data["accessor"], login["auth"]["accessor"]);
    assert_eq!(data["path"], "auth/approle/login");
    assert!(
        (1..=3600).contains(&data["ttl"].as_i64().unwrap()),
        "{}",
        data["ttl"]
    );
    assert!(data["expire_time"].is_string());
    let renewed = ask(
        Method::PUT,
        "auth/token/renew-self",
        Some(&json!({"increment": "2h"})),
    )
    .await;
    assert_eq!(opened(&renewed), token);
    assert_eq!(renewed["auth"]["lease_duration"], 7200);
    let renewed = ask(
        Method::POST,
        "auth/token/renew-self",
        Some(&json!({"increment": 999_999_999})),
    )
    .await;
    let most = renewed["auth"]["lease_duration"].as_i64().unwrap();
    assert!((80_000..=86_400).contains(&most), "a day from the login: {most}");
    let renewed = ask(Method::PUT, "auth/token/renew-self", None).await;
    assert_eq!(renewed["auth"]["lease_duration"], 3600);
    nothing(&ask(Method::PUT, "auth/token/revoke-self", None).await);
    refused(
        &ask(Method::GET, "auth/token/lookup-self", None).await,
        403,
        json!(["permission denied"]),
    );
    // What it was opened with is still good.
    opened(
        &kv.login("approle", json!({"role_id": id, "secret_id": secret}))
            .await,
    );
}

#[tokio::test]
async fn an_api_key_is_a_token_that_does_not_end() {
    let kv = Kv::start().await;
    let looked = kv.get("auth/token/lookup-self").await;
    let data = logical(&looked);
    assert_eq!((&data["ttl"], &data["expire_time"]), (&json!(0), &Value::Null));
    assert_eq!(
        (&data["renewable"], &data["type"]),
        (&json!(false), &json!("service"))
    );
    assert_eq!(data["id"], json!(kv.subject.token));
    let renewed = kv.put("auth/token/renew-self", json!({})).await;
    refused(&renewed, 400, json!(["lease is not renewable"]));
    // One that may not revoke keys does not revoke itself.
    let (_, token) = kv.key(json!({"permissions": ["secrets:read"]})).await;
    let path = "auth/token/revoke-self";
    assert_eq!(
        kv.as_token(Some(&token), (Method::PUT, path), None).await.status,
        403
    );
    let (_, token) = kv.key(json!({"permissions": ["keys:manage"]})).await;
    nothing(&kv.as_token(Some(&token), (Method::PUT, path), None).await);
    refused(
        &kv.as_token(Some(&token), (Method::PUT, path), None).await,
        403,
        json!(["permission denied"]),
    );
}

#[tokio::test]
async fn a_token_comes_in_either_header() {
    let kv = Kv::start().await;
    let request = || kv.request(Method::GET, "auth/token/lookup-self");
    logical(&Answer::of(request().bearer_auth(&kv.subject.token)).await);
    let good = request().header("x-vault-token", &kv.subject.token);
    logical(&Answer::of(good.bearer_auth("nonsense")).await);
    for request in [
        request(),
        request().header("x-vault-token", ""),
        request().bearer_auth("nonsense"),
    ] {
        refused(&Answer::of(request).await, 403, json!(["permission denied"]));
    }
}

#[tokio::test]
async fn a_token_of_the_issuer_gives_what_its_scopes_amount_to() {
    let issuer = Issuer::new("k1");
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("jwks.json");
    std::fs::write(&file, issuer.jwks().to_string()).unwrap();
    let settings = [
        "--rate-limit",
        "failures.address=off",
        "--canonical-issuer",
        "https://idp.example",
        "--canonical-jwks-file",
        file.to_str().unwrap(),
        "--canonical-mounts",
        "secret",
    ];
    let kv = Kv::over(Subject::start_with("kv2", &settings).await).await;
    let own = kv.put("secret/data/a", json!({"data": {"k": "v"}})).await;
    logical(&own);
    let login = async |scope: &str, edit: &dyn Fn(&mut Value)| {
        let jwt = issuer.token(scope, edit);
        kv.login("jwt", json!({"role": "ci", "jwt": jwt})).await
    };
    let plain = |_: &mut Value| {};
    let reads = login("secrets.read", &plain).await;
    assert_eq!(reads["auth"]["metadata"], json!({"role": "ci"}));
    let reads = opened(&reads);
    let writes = opened(&login("secrets.write secrets.read_metadata", &plain).await);
    let body = json!({"data": {"k": "w"}});
    for (token, method, path, body, status) in [
        (&reads, Method::GET, "secret/data/a", None, 200),
        (&reads, Method::PUT, "secret/data/a", Some(&body), 403),
        (&reads, Method::GET, "secret/metadata/a", None, 403),
        (&writes, Method::PUT, "secret/data/a", Some(&body), 200),
        (&writes, Method::GET, "secret/data/a", None, 403),
        (&writes, Method::GET, "secret/metadata/a", None, 200),
        (&writes, Method::DELETE, "secret/metadata/a", None, 403),
    ] {
        let answer = kv.as_token(Some(token), (method.clone(), path), body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
    }
    // Mounts that are not the tenant's are none of theirs.
    let elsewhere = kv
        .as_token(Some(&reads), (Method::GET, &kv.at("data/a")), None)
        .await;
    assert_eq!(elsewhere.status, 404);
    for edit in [
        &(|claims: &mut Value| claims["exp"] = json!(1)) as &dyn Fn(&mut Value),
        &|claims: &mut Value| claims["aud"] = json!("other"),
        &|claims: &mut Value| claims["iss"] = json!("https://other.example"),
        &|claims: &mut Value| claims["cnf"] = json!({"jkt": "x".repeat(43)}),
    ] {
        assert_eq!(login("secrets.read", edit).await.status, 400);
    }
}
