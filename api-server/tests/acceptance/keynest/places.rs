use serde_json::json;

use super::{Nest, failure, fault};

#[tokio::test]
async fn case_09_one_sees_ones_own_organizations() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    nest.person("another").await;
    let page = nest.get(&person.token, "/api/organizations/").await.expect(200);
    assert_eq!(
        (&page["count"], &page["next"], &page["previous"]),
        (&json!(1), &json!(null), &json!(null))
    );
    let own = &page["results"][0];
    assert_eq!(
        (&own["member_count"], &own["project_count"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(own["user_role"], "admin");
}

#[tokio::test]
async fn case_10_an_organization_is_made_once_under_its_name() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let post = async |name: &str| {
        let body = json!({"name": name, "description": "Description of the new organization"});
        nest.post(&person.token, "/api/organizations/", body).await
    };
    let made = post("New Organization").await.expect(201);
    assert_eq!(
        (&made["user_role"], &made["member_count"]),
        (&json!("admin"), &json!(1))
    );
    assert_eq!(made["project_count"], 0);
    let again = failure(post("new organization").await, 409, "CONFLICT");
    assert!(!fault(&again, "name").is_empty());
    failure(post("A").await, 400, "VALIDATION_ERROR");
    let listed = nest.get(&person.token, "/api/organizations/").await;
    assert_eq!(listed["count"], 2);
}

#[tokio::test]
async fn case_11_an_organization_by_its_id() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let path = format!("/api/organizations/{}/", person.organization);
    let own = nest.get(&person.token, &path).await.expect(200);
    assert_eq!(own["id"], json!(person.organization));
    failure(
        nest.get(&person.token, "/api/organizations/999999/").await,
        404,
        "NOT_FOUND",
    );
    let other = nest.person("another").await;
    failure(nest.get(&other.token, &path).await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn cases_12_and_13_projects_are_made_in_ones_own_organization() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let other = nest.person("another").await;
    let post = async |body: serde_json::Value| nest.post(&person.token, "/api/projects/", body).await;
    let own = person.organization;
    let made =
        post(json!({"name": "New Project", "description": "Project description", "organization": own}))
            .await
            .expect(201);
    assert_eq!(made["organization_name"], "John's Organization");
    assert_eq!(
        (&made["created_by_name"], &made["environment_count"]),
        (&json!("John Doe"), &json!(0))
    );
    let plain = post(json!({"name": "Web Application", "organization": own}))
        .await
        .expect(201);
    assert_eq!(plain["description"], json!(null));
    post(json!({"name": "Web Application", "organization": own}))
        .await
        .expect(201);
    let bad = failure(
        post(json!({"name": "bad/name", "organization": own})).await,
        400,
        "VALIDATION_ERROR",
    );
    assert!(!fault(&bad, "name").is_empty());
    let nowhere = failure(
        post(json!({"name": "X1", "organization": 999_999})).await,
        400,
        "VALIDATION_ERROR",
    );
    assert!(!fault(&nowhere, "organization").is_empty());
    let foreign = post(json!({"name": "X1", "organization": other.organization})).await;
    failure(foreign, 403, "PERMISSION_DENIED");
}

#[tokio::test]
async fn cases_14_and_15_projects_are_found_and_changed() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let number = nest.project(&person, "New Project").await;
    nest.project(&person, "Web Application").await;
    let path = format!("/api/projects/?organization={}&search=web", person.organization);
    let found = nest.get(&person.token, &path).await.expect(200);
    assert_eq!(
        (&found["count"], &found["results"][0]["name"]),
        (&json!(1), &json!("Web Application"))
    );
    failure(
        nest.get(&person.token, "/api/projects/?organization=x").await,
        400,
        "VALIDATION_ERROR",
    );
    let path = format!("/api/projects/{number}/");
    let before = nest.get(&person.token, &path).await.expect(200);
    let body = json!({"description": "Updated project description"});
    let after = nest.patch(&person.token, &path, body).await.expect(200);
    assert_eq!(
        (&after["name"], &after["description"]),
        (&json!("New Project"), &json!("Updated project description"))
    );
    assert!(after.text_at("/updated_at") > after.text_at("/created_at"));
    assert_eq!(after["created_at"], before["created_at"]);
    let put = nest
        .send(
            reqwest::Method::PUT,
            &path,
            &person.token,
            Some(json!({"description": "x"})),
        )
        .await;
    assert_eq!(
        fault(&failure(put, 400, "VALIDATION_ERROR"), "name"),
        "This field is required."
    );
    let body = json!({"name": "Renamed", "organization": person.organization});
    let put = nest
        .send(reqwest::Method::PUT, &path, &person.token, Some(body))
        .await;
    assert_eq!(put.expect(200)["name"], "Renamed");
}

#[tokio::test]
async fn cases_16_and_17_environments_are_typed_and_unique_in_their_project() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let project = nest.project(&person, "New Project").await;
    let post = async |body: serde_json::Value| nest.post(&person.token, "/api/environments/", body).await;
    let staging = json!({
        "name": "staging", "project": project, "environment_type": "staging",
        "description": "Staging environment for testing",
    });
    let made = post(staging.clone()).await.expect(201);
    assert_eq!(
        (&made["project_name"], &made["variable_count"]),
        (&json!("New Project"), &json!(0))
    );
    assert!(!fault(&failure(post(staging).await, 409, "CONFLICT"), "name").is_empty());
    let foo = json!({"name": "foo", "project": project, "environment_type": "foo"});
    failure(post(foo).await, 400, "VALIDATION_ERROR");
    let plain = post(json!({"name": "Production", "project": project}))
        .await
        .expect(201);
    assert_eq!(
        (&plain["name"], &plain["environment_type"]),
        (&json!("production"), &json!("development"))
    );
    failure(
        post(json!({"name": "xx", "project": 999_999})).await,
        400,
        "VALIDATION_ERROR",
    );
    let path = format!("/api/environments/?project={project}&environment_type=staging");
    assert_eq!(nest.get(&person.token, &path).await.expect(200)["count"], 1);
    let path = format!("/api/projects/{project}/environments/");
    let all = nest.get(&person.token, &path).await.expect(200);
    assert_eq!(all["count"], 2);
    assert_eq!(all["results"][0]["name"], "staging");
    let project_now = nest
        .get(&person.token, &format!("/api/projects/{project}/"))
        .await;
    assert_eq!(project_now["environment_count"], 2);
}

#[tokio::test]
async fn case_32_lists_come_in_pages() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    for number in 0..25 {
        nest.project(&person, &format!("Project {number}")).await;
    }
    let first = nest.get(&person.token, "/api/projects/").await.expect(200);
    assert_eq!(
        (&first["count"], first.list_at("/results").len()),
        (&json!(25), 20)
    );
    let next = first.text_at("/next");
    assert!(
        next.ends_with("/api/projects/?page=2") && next.starts_with("http"),
        "{next}"
    );
    assert_eq!(first["previous"], json!(null));
    let second = nest.get(&person.token, &next).await.expect(200);
    assert_eq!(
        (second.list_at("/results").len(), &second["next"]),
        (5, &json!(null))
    );
    assert!(second.text_at("/previous").ends_with("/api/projects/"));
    let ids: Vec<u64> = [&first, &second]
        .iter()
        .flat_map(|page| page.list_at("/results"))
        .map(|one| one["id"].as_u64().unwrap())
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    for path in [
        "/api/projects/?page=9",
        "/api/projects/?page=x",
        "/api/projects/?page=0",
    ] {
        failure(nest.get(&person.token, path).await, 404, "NOT_FOUND");
    }
    let small = nest
        .get(&person.token, "/api/projects/?page_size=5&search=project")
        .await;
    assert_eq!(small.list_at("/results").len(), 5);
    assert!(
        small
            .text_at("/next")
            .ends_with("?page=2&page_size=5&search=project")
    );
    let last = nest
        .get(&person.token, "/api/projects/?page=last")
        .await
        .expect(200);
    assert_eq!(last.list_at("/results").len(), 5);
}

#[tokio::test]
async fn case_33_an_environment_by_its_id_and_its_variables_by_their_names() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    for key in ["API_KEY", "API_URL", "OTHER"] {
        nest.variable(&person, place, key, "v").await;
    }
    let path = format!("/api/environments/{}/", place.environment);
    assert_eq!(
        nest.get(&person.token, &path).await.expect(200)["variable_count"],
        3
    );
    let changed = nest
        .patch(&person.token, &path, json!({"description": "x"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["description"], &changed["name"]),
        (&json!("x"), &json!("staging"))
    );
    let renamed = nest
        .patch(&person.token, &path, json!({"name": "QA"}))
        .await
        .expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["variable_count"]),
        (&json!("qa"), &json!(3))
    );
    let found = format!("/api/variables/?environment={}&key=API", place.environment);
    let found = nest.get(&person.token, &found).await.expect(200);
    assert_eq!(
        (&found["count"], &found["results"][0]["decrypted_value"]),
        (&json!(2), &json!("v"))
    );
}

#[tokio::test]
async fn cases_34_and_35_what_is_deleted_is_gone_with_all_that_was_in_it() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    let second = nest.environment(&person, place.project, "second").await;
    let variable = nest.variable(&person, place, "API_KEY", "v").await;
    let path = format!("/api/variables/{variable}/");
    let gone = nest.delete(&person.token, &path).await.expect(204);
    assert!(gone.text.is_empty());
    failure(nest.delete(&person.token, &path).await, 404, "NOT_FOUND");
    failure(nest.get(&person.token, &path).await, 404, "NOT_FOUND");
    nest.delete(&person.token, &format!("/api/environments/{second}/"))
        .await
        .expect(204);
    let project = format!("/api/projects/{}/", place.project);
    let environment = format!("/api/environments/{}/", place.environment);
    assert_eq!(
        nest.get(&person.token, &project).await.expect(200)["environment_count"],
        1
    );
    let again = nest.variable(&person, place, "API_KEY", "w").await;
    assert!(again > variable, "no number is given twice");
    nest.delete(&person.token, &project).await.expect(204);
    for path in [&project, &environment, &format!("/api/variables/{again}/")] {
        failure(nest.get(&person.token, path).await, 404, "NOT_FOUND");
    }
    let organization = format!("/api/organizations/{}/", person.organization);
    nest.project(&person, "Another").await;
    nest.delete(&person.token, &organization).await.expect(204);
    failure(nest.get(&person.token, &organization).await, 404, "NOT_FOUND");
    assert_eq!(nest.get(&person.token, "/api/projects/").await["count"], 0);
}
