use reqwest::Method;
use serde_json::{Value, json};

use super::Secryn;

/// A vault with an RSA key: vault, access key, key.
async fn with_key(secryn: &Secryn) -> (String, String, String) {
    let (vault, access) = secryn.vault().await;
    let body = json!({"name": "signing", "key_type": "RSA", "key_size": 2048});
    let key = secryn
        .post(&format!("/vaults/{vault}/keys"), body)
        .await
        .expect(200);
    (vault, access, key.text_at("/data/id"))
}

#[tokio::test]
async fn case_26_a_key_is_generated_and_listed_without_its_material() {
    let secryn = Secryn::start().await;
    let (vault, access, id) = with_key(&secryn).await;
    let listed = secryn
        .get_as(&access, &format!("/vaults/{vault}/keys"))
        .await
        .expect(200);
    let key = &listed["data"][0];
    assert_eq!(key["id"], id.as_str());
    assert_eq!(key["key_type"], "RSA");
    assert_eq!(key["key_size"], Value::from(2048));
    assert_eq!(key["key_curve"], Value::Null);
    assert!(!listed.text.contains("BEGIN"));
}

#[tokio::test]
async fn case_27_a_key_is_downloaded() {
    let secryn = Secryn::start().await;
    let (vault, access, id) = with_key(&secryn).await;
    let file = secryn
        .get_as(&access, &format!("/vaults/{vault}/keys/{id}/download"))
        .await
        .expect(200);
    assert_eq!(file.header("content-type"), "application/x-pem-file");
    assert!(file.header("cache-control").contains("no-store"));
    assert!(file.text.starts_with("-----BEGIN"));
    let same = secryn
        .get_twin(&access, &format!("/vaults/{vault}?resource={id}"))
        .await
        .expect(200);
    assert_eq!(same.text, file.text);
}

#[tokio::test]
async fn case_28_an_access_key_may_come_in_the_query() {
    let secryn = Secryn::start().await;
    let (vault, access, id) = with_key(&secryn).await;
    let plain = async |path: String| secryn.send(Method::GET, None, &path, None).await;
    plain(format!("/vaults/{vault}/keys?access_key={access}"))
        .await
        .expect(200);
    plain(format!("/vaults/{vault}/keys/{id}/download?access_key={access}"))
        .await
        .expect(200);
    plain(format!("/vaults/{vault}/keys?access_key=bad"))
        .await
        .fails(401, "UNAUTHORIZED");
    let either = format!("/vaults/{vault}/keys?access_key={access}");
    secryn.get_as("wrong", &either).await.expect(200);
    let outside = format!("/resources?access_key={access}");
    plain(outside).await.fails(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn case_29_a_key_has_its_time() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.vault().await;
    let keys = format!("/vaults/{vault}/keys");
    let make = async |name: &str, field: &str, at: &str| {
        let body = json!({"name": name, "key_type": "Ed25519", field: at});
        secryn.post(&keys, body).await.expect(200).text_at("/data/id")
    };
    let over = make("over", "expiration_date", "2020-01-01T00:00:00Z").await;
    let early = make("early", "activation_date", "2999-01-01T00:00:00Z").await;
    let view = secryn
        .get_twin(&access, &format!("/vaults/{vault}?include=keys"))
        .await
        .expect(200);
    assert_eq!(view["keys"], json!([{"id": over, "message": "Resource expired"}]));
    secryn
        .get_as(&access, &format!("{keys}/{over}/download"))
        .await
        .fails(410, "GONE");
    let listed = secryn.get_as(&access, &keys).await.expect(200);
    assert_eq!(listed.list_at("/data").len(), 1);
    assert_eq!(listed["data"][0]["message"], "Resource expired");
    for path in [
        format!("{keys}/{early}/download"),
        format!("/vaults/{vault}?resource={early}"),
        format!("/keys/{early}"),
    ] {
        secryn.get_as(&access, &path).await.fails(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn case_30_a_public_key_has_a_token_of_its_own() {
    let secryn = Secryn::start().await;
    let (vault, access, id) = with_key(&secryn).await;
    let switch = format!("/vaults/{vault}/keys/{id}");
    let public = secryn.put(&switch, json!({"public": true})).await.expect(200);
    let token = public.text_at("/data/public_token");
    let file = secryn.get_twin(&token, &format!("/keys/{id}")).await.expect(200);
    assert!(file.text.starts_with("-----BEGIN"));
    secryn
        .get_twin(&token, &format!("/vaults/{vault}"))
        .await
        .fails(403, "FORBIDDEN");
    secryn.get_as(&access, &format!("/keys/{id}")).await.expect(200);
    let shown = secryn.get(&switch).await.expect(200);
    assert!(shown["data"]["public"] == true && !shown.text.contains(&token));
    secryn.put(&switch, json!({"public": false})).await.expect(200);
    secryn
        .get_twin(&token, &format!("/keys/{id}"))
        .await
        .fails(401, "UNAUTHORIZED");
    let again = secryn.put(&switch, json!({"public": true})).await.expect(200);
    assert_ne!(again.text_at("/data/public_token"), token);
}

#[tokio::test]
async fn case_31_a_key_is_immutable() {
    let secryn = Secryn::start().await;
    let (vault, _, id) = with_key(&secryn).await;
    let refused = secryn
        .put(&format!("/vaults/{vault}/keys/{id}"), json!({"name": "x"}))
        .await
        .fails(400, "INVALID_REQUEST");
    assert_eq!(refused["error"]["details"]["field"], "name");
    assert!(
        refused["error"]["details"]["reason"]
            .as_str()
            .unwrap()
            .contains("immutable")
    );
}
