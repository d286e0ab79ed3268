use serde_json::json;

use super::{Nest, failure, fault};

#[tokio::test]
async fn cases_18_19_and_20_a_variable_is_made_changed_and_listed() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    let post = async |key: &str| {
        let body = json!({"key": key, "value": "sk_live_abcd1234567890", "environment": place.environment});
        nest.post(&person.token, "/api/variables/", body).await
    };
    let made = post("API_KEY").await.expect(201);
    assert_eq!(made["decrypted_value"], "sk_live_abcd1234567890");
    assert_eq!(
        (&made["environment_name"], &made["value"]),
        (&json!("staging"), &json!(null))
    );
    assert_eq!(made["created_by_name"], "John Doe");
    failure(post("api_key").await, 400, "VALIDATION_ERROR");
    assert!(!fault(&failure(post("API_KEY").await, 409, "CONFLICT"), "key").is_empty());
    let path = format!("/api/variables/{}/", made["id"]);
    let patch = async |body: serde_json::Value| nest.patch(&person.token, &path, body).await;
    let changed = patch(json!({"value": "new_secret_value"})).await.expect(200);
    assert_eq!(
        (&changed["decrypted_value"], &changed["key"]),
        (&json!("new_secret_value"), &json!("API_KEY"))
    );
    assert!(changed.text_at("/updated_at") > changed.text_at("/created_at"));
    assert_eq!(
        patch(json!({"value": ""})).await.expect(200)["decrypted_value"],
        ""
    );
    assert_eq!(
        patch(json!({"value": " as it is\n"})).await.expect(200)["decrypted_value"],
        " as it is\n"
    );
    assert_eq!(
        patch(json!({})).await.expect(200)["decrypted_value"],
        " as it is\n"
    );
    failure(patch(json!({"value": null})).await, 400, "VALIDATION_ERROR");
    let long = patch(json!({"value": "x".repeat(10_001)})).await;
    failure(long, 400, "VALIDATION_ERROR");
    let both = patch(json!({"key": "RENAMED", "value": "both"}))
        .await
        .expect(200);
    assert_eq!(
        (&both["key"], &both["decrypted_value"]),
        (&json!("RENAMED"), &json!("both"))
    );
    let name = patch(json!({"key": "API_KEY"})).await.expect(200);
    assert_eq!(
        (&name["key"], &name["decrypted_value"]),
        (&json!("API_KEY"), &json!("both"))
    );
    let list = format!("/api/environments/{}/variables/", place.environment);
    let page = nest.get(&person.token, &list).await.expect(200);
    assert_eq!(
        (&page["count"], &page["results"][0]["id"]),
        (&json!(1), &made["id"])
    );
}

#[tokio::test]
async fn a_variable_moves_to_another_environment_under_its_number() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    let there = nest.environment(&person, place.project, "there").await;
    let variable = nest.variable(&person, place, "API_KEY", "v").await;
    let path = format!("/api/variables/{variable}/");
    let moved = nest
        .patch(&person.token, &path, json!({"environment": there}))
        .await
        .expect(200);
    assert_eq!(
        (&moved["id"], &moved["environment"]),
        (&json!(variable), &json!(there))
    );
    assert_eq!(nest.values(&person.token, place.environment).await, json!({}));
    assert_eq!(nest.values(&person.token, there).await, json!({"API_KEY": "v"}));
    assert_eq!(
        nest.get(&person.token, &path).await.expect(200)["decrypted_value"],
        "v"
    );
    let nowhere = nest
        .patch(&person.token, &path, json!({"environment": 999_999}))
        .await;
    assert!(!fault(&failure(nowhere, 400, "VALIDATION_ERROR"), "environment").is_empty());
    let stranger = nest.person("another").await;
    let theirs = nest.place(&stranger).await;
    let foreign = json!({"environment": theirs.environment});
    failure(
        nest.patch(&person.token, &path, foreign).await,
        403,
        "PERMISSION_DENIED",
    );
}

#[tokio::test]
async fn creators_at_the_same_time_never_share_a_number_or_a_name() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    let post = |key: String| {
        let body = json!({"key": key, "value": "v", "environment": place.environment});
        let (nest, token) = (&nest, &person.token);
        async move { nest.post(token, "/api/variables/", body).await }
    };
    let different = futures::future::join_all((0..24).map(|number| post(format!("KEY_{number}")))).await;
    let mut ids: Vec<u64> = different
        .into_iter()
        .map(|answer| answer.expect(201)["id"].as_u64().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 24);
    let same = futures::future::join_all((0..8).map(|_| post("ONE".to_owned()))).await;
    let made = same.iter().filter(|answer| answer.status == 201).count();
    let refused = same.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, refused), (1, 7));
}
