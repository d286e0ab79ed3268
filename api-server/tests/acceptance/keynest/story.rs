use reqwest::Method;
use serde_json::json;

use super::{Nest, fresh};

/// The calls of the product's own example script, in its order.
#[tokio::test]
async fn case_39_the_products_own_script_runs_through() {
    let nest = Nest::start().await;
    let username = fresh("testuser");
    let email = format!("{username}@example.com");
    let body = json!({"username": username, "email": email, "password": "SecurePass123!"});
    nest.register(body).await.expect(201);
    let login = nest.login(&email, "SecurePass123!").await.expect(200);
    let (token, organization) = (login.text_at("/token"), login["organizations"][0]["id"].clone());
    let body = json!({"name": "Test Web App", "description": "A test", "organization": organization});
    let project = nest.post(&token, "/api/projects/", body).await.expect(201)["id"].clone();
    let body = json!({"name": "production", "environment_type": "production", "project": project});
    let environment = nest.post(&token, "/api/environments/", body).await.expect(201)["id"].clone();
    for (key, value) in [
        ("DATABASE_URL", "postgresql://user:pass@localhost/db"),
        ("API_KEY", "sk_test_1"),
        ("DEBUG", "false"),
    ] {
        let body = json!({"key": key, "value": value, "environment": environment});
        nest.post(&token, "/api/variables/", body).await.expect(201);
    }
    let list = nest
        .get(&token, &format!("/api/environments/{environment}/variables/"))
        .await;
    assert_eq!(list.expect(200).list_at("/results").len(), 3);
    for format in ["env", "json", "yaml"] {
        let path = format!("/api/environments/{environment}/export/?format={format}");
        let export = nest.get(&token, &path).await.expect(200);
        assert!(
            export.text.contains("postgresql://user:pass@localhost/db"),
            "{}",
            export.text
        );
    }
    let file = ("test.env", "NEW_VAR=new\nDEBUG=true\n");
    let number = environment.as_u64().unwrap();
    let imported = nest
        .upload(&token, number, file, &[("overwrite", "true")])
        .await
        .expect(200);
    assert_eq!(
        (&imported["summary"]["imported"], &imported["summary"]["updated"]),
        (&json!(1), &json!(1))
    );
    let body = json!({"data": "{\"IMPORTED_VAR\": \"x\"}", "format": "json", "overwrite": true});
    let path = format!("/api/environments/{environment}/import/");
    nest.post(&token, &path, body).await.expect(200);
    let log = nest.get(&token, "/api/audit-logs/").await.expect(200);
    assert!(log["count"].as_u64().unwrap() > 0);
    nest.send(Method::GET, "/health/", &token, None).await.expect(200);
}
