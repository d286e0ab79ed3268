use serde_json::json;

use super::{Nest, failure};

#[tokio::test]
async fn case_28_what_was_done_is_listed_newest_first_without_values() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    let variable = nest.variable(&person, place, "API_KEY", "sk_live_canary").await;
    let path = format!("/api/variables/{variable}/");
    nest.patch(&person.token, &path, json!({"value": "sk_live_canary_2"}))
        .await
        .expect(200);
    nest.values(&person.token, place.environment).await;
    nest.upload(
        &person.token,
        place.environment,
        (".env", "A=sk_live_canary_3\n1B=sk_live_canary_4"),
        &[],
    )
    .await
    .expect(200);
    let log = nest
        .get(&person.token, "/api/audit-logs/?page_size=100")
        .await
        .expect(200);
    assert!(!log.text.contains("canary"), "{}", log.text);
    let rows = log.list_at("/results");
    let ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert!(
        ids.windows(2).all(|pair| pair[0] > pair[1]),
        "newest first: {ids:?}"
    );
    let created = rows
        .iter()
        .find(|row| row["action"] == "variable_created")
        .unwrap();
    assert_eq!(
        (&created["target_type"], &created["target_id"]),
        (&json!("variable"), &json!(variable))
    );
    assert_eq!(created["details"]["variable_key"], "API_KEY");
    assert_eq!(created["details"]["environment_name"], "staging");
    assert_eq!(
        (&created["user_name"], &created["user_email"]),
        (&json!("John Doe"), &json!(person.email))
    );
    assert!(created["ip_address"].is_string() && created["timestamp"].is_string());
    let actions: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    for action in [
        "user_registered",
        "organization_created",
        "project_created",
        "environment_created",
        "variable_updated",
        "environment_exported",
        "environment_imported",
    ] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn case_29_rows_are_filtered() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    nest.variable(&person, place, "API_KEY", "v").await;
    nest.values(&person.token, place.environment).await;
    nest.upload(&person.token, place.environment, (".env", "A=1"), &[])
        .await
        .expect(200);
    let log = nest.get(&person.token, "/api/audit-logs/").await.expect(200);
    let (first, last) = (log.list_at("/results").last().unwrap(), &log["results"][0]);
    let day = |row: &serde_json::Value| row["timestamp"].as_str().unwrap()[..10].to_owned();
    let (from, to, user) = (day(first), day(last), person.id);
    for (query, least) in [
        ("action=variable_created".to_owned(), 1),
        ("action=create".to_owned(), 4),
        ("target_type=environment".to_owned(), 3),
        (format!("user={user}"), 7),
        (format!("date_from={from}&date_to={to}"), 7),
    ] {
        let found = nest
            .get(&person.token, &format!("/api/audit-logs/?{query}"))
            .await
            .expect(200);
        assert!(
            found["count"].as_u64().unwrap() >= least,
            "{query}: {}",
            found.text
        );
    }
    let none = nest
        .get(&person.token, "/api/audit-logs/?date_from=2999-01-01")
        .await;
    assert_eq!(none.expect(200)["count"], 0);
    let none = nest
        .get(&person.token, "/api/audit-logs/?action=nothing_done")
        .await;
    assert_eq!(none.expect(200)["count"], 0);
    for query in ["date_from=tomorrow", "date_to=2024-13-01", "user=x"] {
        let bad = nest
            .get(&person.token, &format!("/api/audit-logs/?{query}"))
            .await;
        failure(bad, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_viewer_sees_what_they_did_themselves_and_an_editor_all_of_it() {
    let nest = Nest::start().await;
    let (admin, other) = (nest.person("admin").await, nest.person("other").await);
    let place = nest.place(&admin).await;
    let actions = async || {
        let log = nest
            .get(&other.token, "/api/audit-logs/?page_size=100")
            .await
            .expect(200);
        let rows = log.list_at("/results").clone();
        rows.iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row["user_email"].as_str().unwrap(),
                    row["action"].as_str().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    nest.invite(&admin, &other, "viewer").await.expect(201);
    nest.values(&other.token, place.environment).await;
    let seen = actions().await;
    assert!(seen.iter().all(|row| row.starts_with(&other.email)), "{seen:?}");
    assert!(
        seen.iter().any(|row| row.ends_with("environment_exported")),
        "{seen:?}"
    );
    let path = format!("/api/organizations/{}/update_member_role/", admin.organization);
    let body = json!({"user_id": other.id, "role": "editor"});
    nest.patch(&admin.token, &path, body).await.expect(200);
    let seen = actions().await;
    for action in ["project_created", "member_invited", "member_role_updated"] {
        let row = format!("{} {action}", admin.email);
        assert!(seen.contains(&row), "{row}: {seen:?}");
    }
    let path = format!("/api/organizations/{}/remove_member/", admin.organization);
    nest.send(
        reqwest::Method::DELETE,
        &path,
        &admin.token,
        Some(json!({"user_id": other.id})),
    )
    .await
    .expect(200);
    let seen = actions().await;
    assert!(seen.iter().all(|row| row.starts_with(&other.email)), "{seen:?}");
    assert!(
        seen.iter().any(|row| row.ends_with("environment_exported")),
        "{seen:?}"
    );
}
