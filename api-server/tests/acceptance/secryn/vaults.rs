use reqwest::Method;
use serde_json::{Value, json};

use super::{Secryn, fresh};
use crate::answer::members;

#[tokio::test]
async fn case_16_a_vault_and_its_access_key_are_made() {
    let secryn = Secryn::start().await;
    let name = format!("stripe-{}", fresh());
    let vault = secryn.post("/vaults", json!({"name": name})).await.expect(200);
    assert_eq!(vault["data"]["name"], name);
    let path = format!("/vaults/{}/access-keys", vault.text_at("/data/id"));
    let key = secryn.post(&path, json!({"name": "ci"})).await.expect(200);
    assert!(key.text_at("/data/token").len() >= 43);
    assert_eq!(members(&key["data"]), ["created_at", "id", "name", "token"]);
    let listed = secryn.get(&path).await.expect(200);
    assert_eq!(listed["data"][0]["id"], key["data"]["id"]);
    assert!(!listed.text.contains(&key.text_at("/data/token")));
}

#[tokio::test]
async fn case_17_secrets_are_made() {
    let secryn = Secryn::start().await;
    let (vault, _) = secryn.filled().await;
    let path = format!("/vaults/{vault}/secrets");
    let again = secryn
        .post(&path, json!({"name": "API_KEY", "value": "k"}))
        .await
        .fails(400, "INVALID_REQUEST");
    assert_eq!(again["error"]["details"]["field"], "name");
    let listed = secryn.get(&path).await.expect(200);
    assert_eq!(listed["pagination"]["total"], 2);
    assert_eq!(listed["data"][0]["name"], "DB_PASSWORD");
}

#[tokio::test]
async fn case_18_a_vault_is_read_with_its_access_key() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let view = secryn
        .get_twin(&access, &format!("/vaults/{vault}"))
        .await
        .expect(200);
    assert_eq!(view["id"], vault.as_str());
    assert!(view["name"].is_string());
    let secrets = view.list_at("/secrets");
    assert_eq!(secrets.len(), 2);
    for secret in secrets {
        for member in ["id", "name", "value", "content_type"] {
            assert!(secret[member].is_string(), "{member}");
        }
        assert!(secret["tags"].is_array());
    }
    assert_eq!(secrets[0]["value"], "p w");
    for member in ["data", "items", "keys"] {
        assert_eq!(view[member], Value::Null, "{member}");
    }
}

#[tokio::test]
async fn case_19_names_alone_are_read() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let view = secryn
        .get_twin(&access, &format!("/vaults/{vault}?secrets=names"))
        .await
        .expect(200);
    assert_eq!(view.list_at("/secrets").len(), 2);
    for secret in view.list_at("/secrets") {
        assert_eq!(members(secret), ["id", "name"]);
    }
    secryn
        .get_as(&access, &format!("/vaults/{vault}?secrets=all"))
        .await
        .fails(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn case_20_keys_and_certificates_are_included() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let path = format!("/vaults/{vault}?include=keys,certificates");
    let view = secryn.get_twin(&access, &path).await.expect(200);
    assert!(view["keys"].is_array() && view["certificates"].is_array());
    secryn
        .get_as(&access, &format!("/vaults/{vault}?include=everything"))
        .await
        .fails(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn case_21_one_resource_of_a_vault_is_read() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let view = secryn
        .get_as(&access, &format!("/vaults/{vault}"))
        .await
        .expect(200);
    let id = view.text_at("/secrets/0/id");
    let found = secryn
        .get_twin(&access, &format!("/vaults/{vault}?resource={id}"))
        .await
        .expect(200);
    assert_eq!(found["value"], "p w");
    assert_eq!(found["data"], Value::Null);
    let unknown = fresh();
    secryn
        .get_twin(&access, &format!("/vaults/{vault}?resource={unknown}"))
        .await
        .fails(404, "NOT_FOUND");
}

#[tokio::test]
async fn case_22_a_vault_is_for_its_own_tokens() {
    let secryn = Secryn::start().await;
    let ((vault, _), (other, others)) = (secryn.filled().await, secryn.filled().await);
    let path = format!("/vaults/{vault}");
    secryn
        .send(Method::GET, None, &path, None)
        .await
        .fails(401, "UNAUTHORIZED");
    secryn.get_twin(&others, &path).await.fails(403, "FORBIDDEN");
    secryn
        .get_as(&others, &format!("/vaults/{other}"))
        .await
        .expect(200);
    let unknown = format!("/vaults/{}", fresh());
    secryn.get(&unknown).await.fails(404, "NOT_FOUND");
    secryn.get_as(&others, &unknown).await.fails(403, "FORBIDDEN");
}

#[tokio::test]
async fn case_23_a_secret_is_read_by_its_name() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let found = secryn
        .get_as(&access, &format!("/vaults/{vault}/secrets/DB_PASSWORD"))
        .await
        .expect(200);
    assert_eq!(found["data"]["value"], "p w");
    secryn
        .get_as(&access, &format!("/vaults/{vault}/secrets/NOPE"))
        .await
        .fails(404, "NOT_FOUND");
    let nested = json!({"name": "app/api/TOKEN", "value": "t"});
    secryn
        .post(&format!("/vaults/{vault}/secrets"), nested)
        .await
        .expect(200);
    let found = secryn
        .get_as(&access, &format!("/vaults/{vault}/secrets/app/api/TOKEN"))
        .await
        .expect(200);
    assert_eq!(found["data"]["value"], "t");
}

#[tokio::test]
async fn case_24_versions_are_kept_and_restored() {
    let secryn = Secryn::start().await;
    let (vault, _) = secryn.filled().await;
    let path = format!("/vaults/{vault}/secrets/DB_PASSWORD");
    secryn.put(&path, json!({"value": "new"})).await.expect(200);
    assert_eq!(secryn.get(&path).await.expect(200)["data"]["value"], "new");
    let versions = secryn.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(versions["pagination"]["total"], 2);
    assert_eq!(versions["data"][0]["version"], 1);
    assert_eq!(versions["data"][1]["active"], true);
    let restored = secryn
        .post(&format!("{path}/versions/1/restore"), json!({}))
        .await
        .expect(200);
    assert_eq!(restored["data"]["value"], "p w");
    assert_eq!(secryn.get(&path).await.expect(200)["data"]["value"], "p w");
    let versions = secryn.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(versions["pagination"]["total"], 3);
    secryn
        .put(&path, json!({"name": "OTHER"}))
        .await
        .fails(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn case_25_an_access_key_writes_nothing() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let secret = format!("/vaults/{vault}/secrets/API_KEY");
    for (method, path) in [
        (Method::POST, format!("/vaults/{vault}/secrets")),
        (Method::POST, format!("/vaults/{vault}/keys")),
        (Method::POST, format!("/vaults/{vault}/access-keys")),
        (Method::PUT, secret.clone()),
        (Method::PUT, format!("/vaults/{vault}")),
        (Method::DELETE, secret.clone()),
        (Method::DELETE, format!("/vaults/{vault}")),
    ] {
        let body = Some(json!({"name": "X", "value": "x", "key_type": "EC", "restricted": true}));
        let body = if path == secret {
            Some(json!({"value": "x"}))
        } else {
            body
        };
        let answer = secryn.send(method.clone(), Some(&access), &path, body).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
        answer.fails(403, "FORBIDDEN");
    }
    assert_eq!(secryn.get(&secret).await.expect(200)["data"]["value"], "k");
}

#[tokio::test]
async fn case_33_a_disabled_secret_is_gone() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.filled().await;
    let path = format!("/vaults/{vault}/secrets/DB_PASSWORD");
    secryn.put(&path, json!({"enabled": false})).await.expect(200);
    let view = secryn
        .get_twin(&access, &format!("/vaults/{vault}"))
        .await
        .expect(200);
    assert_eq!(view.list_at("/secrets").len(), 1);
    secryn.get_as(&access, &path).await.fails(404, "NOT_FOUND");
    secryn.put(&path, json!({"enabled": true})).await.expect(200);
    secryn.get_as(&access, &path).await.expect(200);
}
