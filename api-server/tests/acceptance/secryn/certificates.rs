use reqwest::Method;
use serde_json::json;

use super::Secryn;

#[tokio::test]
async fn case_32_certificates_do_as_keys_do() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.vault().await;
    let path = format!("/vaults/{vault}/certificates");
    let body = json!({
        "name": "web", "common_name": "web.example", "organization": "Example", "country": "DE",
        "expiration_date": "2999-01-01T00:00:00Z",
    });
    let made = secryn.post(&path, body).await.expect(200);
    let id = made.text_at("/data/id");
    let listed = secryn.get_as(&access, &path).await.expect(200);
    assert_eq!(listed["data"][0]["id"], id.as_str());
    assert_eq!(listed["data"][0]["expires_at"], "2999-01-01T00:00:00Z");
    assert_eq!(listed["data"][0]["common_name"], "web.example");
    let in_query = format!("{path}?access_key={access}");
    secryn.send(Method::GET, None, &in_query, None).await.expect(200);

    let file = secryn
        .get_as(&access, &format!("{path}/{id}/download"))
        .await
        .expect(200);
    assert_eq!(file.header("content-type"), "application/x-pem-file");
    assert!(file.text.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(!file.text.contains("PRIVATE"));
    let same = secryn
        .get_twin(&access, &format!("/vaults/{vault}?resource={id}"))
        .await
        .expect(200);
    assert_eq!(same.text, file.text);

    let public = secryn
        .put(&format!("{path}/{id}"), json!({"public": true}))
        .await
        .expect(200);
    let token = public.text_at("/data/public_token");
    let fetched = secryn
        .get_twin(&token, &format!("/certificates/{id}"))
        .await
        .expect(200);
    assert_eq!(fetched.text, file.text);
    let key = secryn.get(&format!("/vaults/{vault}/keys")).await.expect(200);
    assert_eq!(key["data"][0]["name"], "web.key");
    let key = key.text_at("/data/0/id");
    secryn
        .get_twin(&token, &format!("/keys/{key}"))
        .await
        .fails(403, "FORBIDDEN");
    secryn
        .put(&format!("{path}/{id}"), json!({"public": false}))
        .await
        .expect(200);
    secryn
        .get_twin(&token, &format!("/certificates/{id}"))
        .await
        .fails(401, "UNAUTHORIZED");
    secryn
        .put(&format!("{path}/{id}"), json!({"common_name": "x"}))
        .await
        .fails(400, "INVALID_REQUEST");

    expiry_is_the_certificates_own(&secryn, &vault, &access, &file.text).await;
}

async fn expiry_is_the_certificates_own(secryn: &Secryn, vault: &str, access: &str, pem: &str) {
    let path = format!("/vaults/{vault}/certificates");
    let uploaded = json!({"name": "again", "pem": pem, "expiration_date": "2030-01-01T00:00:00Z"});
    let uploaded = secryn.post(&path, uploaded).await.expect(200);
    assert_eq!(uploaded["data"]["type"], "uploaded");
    assert_eq!(
        uploaded["data"]["expires_at"], "2999-01-01T00:00:00Z",
        "its own end counts"
    );
    let over = json!({"name": "over", "common_name": "o", "expiration_date": "2020-01-01T00:00:00Z"});
    let over = secryn.post(&path, over).await.expect(200).text_at("/data/id");
    secryn
        .get_as(access, &format!("/certificates/{over}"))
        .await
        .fails(410, "GONE");
}
