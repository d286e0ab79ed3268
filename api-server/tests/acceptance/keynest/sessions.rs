use serde_json::json;

use super::{Nest, PASSWORD, failure, fault};

#[tokio::test]
async fn another_password_ends_the_token_and_the_old_one_opens_nothing() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let path = "/api/auth/change-password/";
    let change = async |present: &str, new: &str| {
        let body = json!({"current_password": present, "new_password": new});
        nest.post(&person.token, path, body).await
    };
    let wrong = failure(change("wrong", "another-password").await, 400, "VALIDATION_ERROR");
    assert!(!fault(&wrong, "current_password").is_empty());
    failure(change(PASSWORD, "short").await, 400, "VALIDATION_ERROR");
    nest.get(&person.token, "/api/auth/profile/").await.expect(200);
    change(PASSWORD, "another-password").await.expect(200);
    failure(
        nest.get(&person.token, "/api/auth/profile/").await,
        401,
        "INVALID_TOKEN",
    );
    failure(
        nest.login(&person.email, PASSWORD).await,
        401,
        "INVALID_CREDENTIALS",
    );
    let login = nest.login(&person.email, "another-password").await.expect(200);
    assert_ne!(login["token"], json!(person.token));
}

#[tokio::test]
async fn one_name_is_registered_once_however_many_try() {
    let nest = Nest::start().await;
    let name = super::fresh("racer");
    let body = json!({"username": name, "email": format!("{name}@example.com"), "password": PASSWORD});
    let answers = futures::future::join_all((0..6).map(|_| nest.register(body.clone()))).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 5));
}

#[tokio::test]
async fn a_native_key_sees_its_own_organization_and_what_other_doors_wrote_there() {
    let nest = Nest::start().await;
    let token = nest.subject.token.clone();
    let native = nest.subject.base.strip_suffix("/keynest").unwrap().to_owned();
    let (name, value) = (super::fresh("CROSS_").to_uppercase(), "written elsewhere");
    let path = format!(
        "{native}/coffer/v1/organizations/default/vaults/default/environments/default/secrets/{name}"
    );
    let put = nest
        .subject
        .http
        .put(&path)
        .bearer_auth(&token)
        .json(&json!({ "value": value }));
    assert!(put.send().await.unwrap().status().is_success());
    let organizations = nest.get(&token, "/api/organizations/").await.expect(200);
    let own = organizations
        .list_at("/results")
        .iter()
        .find(|one| one["name"] == "default")
        .unwrap()
        .clone();
    assert_eq!(own["user_role"], "admin");
    let found = nest
        .get(&token, &format!("/api/variables/?key={name}"))
        .await
        .expect(200);
    assert_eq!(
        (&found["count"], &found["results"][0]["decrypted_value"]),
        (&json!(1), &json!(value))
    );
    let path_here = format!("/api/variables/{}/", found["results"][0]["id"]);
    nest.patch(&token, &path_here, json!({"value": "written here"}))
        .await
        .expect(200);
    let read = nest
        .subject
        .http
        .get(&path)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let read: serde_json::Value = serde_json::from_str(&read.text().await.unwrap()).unwrap();
    assert_eq!(
        (&read["value"], &read["version"]),
        (&json!("written here"), &json!(2))
    );
    let person = nest.person("user").await;
    let invite = format!("/api/organizations/{}/invite_member/", own["id"]);
    let body = json!({"email": person.email, "role": "editor"});
    nest.post(&token, &invite, body).await.expect(201);
    let seen = nest.get(&person.token, &path_here).await.expect(200);
    assert_eq!(seen["decrypted_value"], "written here");
    failure(
        nest.get(&token, "/api/auth/profile/").await,
        403,
        "PERMISSION_DENIED",
    );
}
