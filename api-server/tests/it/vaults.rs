//! `/organizations/{org}/vaults`

use serde_json::json;

use crate::support::TestServer;

const VAULTS: &str = "/organizations/acme/vaults";

#[tokio::test]
async fn a_vault_is_made_read_changed_and_dropped() {
    let server = TestServer::start().await;
    let made = server
        .post(
            VAULTS,
            &json!({"name": "app", "environments": ["prod", "dev", "prod"]}),
        )
        .await
        .expect(201);
    assert_eq!(made["name"], "app");
    assert_eq!(made["environments"], json!(["dev", "prod"]));
    let one = format!("{VAULTS}/app");
    assert_eq!(server.get(&one).await.expect(200)["id"], made["id"]);

    let patch = server
        .send(
            reqwest::Method::PATCH,
            &server.admin,
            &one,
            Some(&json!({"environments": ["prod"]})),
        )
        .await;
    assert_eq!(patch.expect(200)["environments"], json!(["prod"]));

    server.delete(&one).await.expect(204);
    assert_eq!(server.get(&one).await.code(404), "not_found");
}

#[tokio::test]
async fn without_environments_there_is_the_default_one() {
    let server = TestServer::start().await;
    let made = server.post(VAULTS, &json!({"name": "app"})).await.expect(201);
    assert_eq!(made["environments"], json!(["default"]));
}

#[tokio::test]
async fn names_are_unique_and_well_formed() {
    let server = TestServer::start().await;
    server.post(VAULTS, &json!({"name": "app"})).await.expect(201);
    assert_eq!(
        server.post(VAULTS, &json!({"name": "app"})).await.code(409),
        "already_exists"
    );
    for (body, told) in [
        (json!({"name": "a/b"}), "vault name"),
        (json!({"name": ".."}), "vault name"),
        (json!({"name": ""}), "vault name"),
        (json!({}), "name: is missing"),
        (json!({"name": 5}), "wrong kind"),
        (
            json!({"name": "x", "environments": ["a", "b c"]}),
            "environments[1]",
        ),
        (
            json!({"name": "x", "environment": "a"}),
            "environment: is not a field here",
        ),
    ] {
        let reply = server.post(VAULTS, &body).await.expect(400);
        assert!(
            reply["message"].as_str().unwrap().contains(told),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = TestServer::start().await;
    for name in ["a", "b", "c"] {
        server.post(VAULTS, &json!({"name": name})).await.expect(201);
    }
    let names = |reply: &crate::support::Reply| -> Vec<String> {
        reply["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = server.get(&format!("{VAULTS}?limit=3")).await.expect(200);
    assert_eq!(names(&first), ["a", "b", "c"]);
    assert_eq!(first["next"], "c");
    let last = server.get(&format!("{VAULTS}?limit=3&after=c")).await.expect(200);
    assert_eq!(names(&last), ["default"]);
    assert!(last["next"].is_null());
}

#[tokio::test]
async fn pages_go_on_past_what_is_hidden() {
    let server = TestServer::start().await;
    for name in ["a1", "a2", "a3", "z"] {
        server.post(VAULTS, &json!({"name": name})).await.expect(201);
    }
    let key = server
        .key_for(json!({"permissions": ["secrets:list"], "vault": "z"}))
        .await;
    let seen = server
        .get_as(&key, &format!("{VAULTS}?limit=2"))
        .await
        .expect(200);
    assert_eq!(seen["items"].as_array().unwrap().len(), 1, "{}", seen.text);
    assert_eq!(seen["items"][0]["name"], "z");
    let after = server
        .get_as(&key, &format!("{VAULTS}?limit=2&after=z"))
        .await
        .expect(200);
    assert_eq!(after["items"], json!([]));
}

#[tokio::test]
async fn another_tenant_learns_nothing() {
    let server = TestServer::start().await;
    let other = coffer_domain::name::OrgName::new("other").unwrap();
    coffer_api_server::bootstrap::bootstrap(&server.coffer, &other)
        .await
        .unwrap();
    for path in ["/organizations/other/vaults", "/organizations/missing/vaults"] {
        let reply = server.get(path).await.expect(404);
        let name = path.split('/').nth(2).unwrap();
        assert_eq!(reply["message"], format!("organization {name} does not exist"));
    }
    let hidden = server
        .get("/organizations/other/vaults/default")
        .await
        .expect(404);
    let missing = server
        .get("/organizations/missing/vaults/default")
        .await
        .expect(404);
    assert_eq!(hidden.text, missing.text);
}

#[tokio::test]
async fn a_vault_without_rights_reads_like_one_that_does_not_exist() {
    let server = TestServer::start().await;
    server.post(VAULTS, &json!({"name": "shown"})).await.expect(201);
    server.post(VAULTS, &json!({"name": "hidden1"})).await.expect(201);
    let key = server
        .key_for(json!({"permissions": ["secrets:list"], "vault": "shown"}))
        .await;
    let hidden = server
        .get_as(&key, &format!("{VAULTS}/hidden1"))
        .await
        .expect(404);
    let missing = server
        .get_as(&key, &format!("{VAULTS}/hidden2"))
        .await
        .expect(404);
    assert_eq!(
        hidden.text.replace("hidden1", "X"),
        missing.text.replace("hidden2", "X")
    );
    // A suggestion comes from what may be seen, whether or not something hidden has that very name.
    server.post(VAULTS, &json!({"name": "showm"})).await.expect(201);
    let near = server.get_as(&key, &format!("{VAULTS}/showm")).await.expect(404);
    let far = server.get_as(&key, &format!("{VAULTS}/showx")).await.expect(404);
    assert_eq!(near.text.replace("showm", "X"), far.text.replace("showx", "X"));
}
