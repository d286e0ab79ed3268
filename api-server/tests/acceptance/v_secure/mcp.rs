use reqwest::Method;
use serde_json::json;

use super::{VSecure, moment};
use crate::answer::Answer;

const URI: &str = "vsecure://secrets/production/*";

/// A secret of production that agents may ask for: its name, and its URI.
async fn offered(door: &VSecure) -> (String, String) {
    let name = VSecure::name("DATABASE_URL");
    door.secret(&name, "by-approval", &["production"]).await;
    let body =
        json!({"uri": URI, "name": "Production Secrets", "permissions": ["read"], "requiresApproval": true});
    let set = door.post("/mcp/resources", body).await;
    assert!(set.status == 200 || set.status == 201, "{}", set.text);
    let uri = format!("vsecure://secrets/production/{name}");
    (name, uri)
}

async fn filed(door: &VSecure, uri: &str) -> Answer {
    let body = json!({
        "resource": uri, "operation": "read", "reason": "r", "requestedBy": "ai-agent-123", "ttl": 3600,
    });
    door.post("/mcp/approve", body).await.expect(201)
}

fn encoded(uri: &str) -> String {
    format!("/mcp/resources/{}", uri.replace(':', "%3A").replace('/', "%2F"))
}

#[tokio::test]
async fn case_29_resources_are_listed_under_both_names() {
    let door = VSecure::start().await;
    let page = door.get("/mcp/resources").await.expect(200);
    assert!(page["resources"].is_array() && page["pagination"]["totalCount"].is_number());
    assert_eq!(page["resources"], page["data"]);
}

#[tokio::test]
async fn case_30_a_resource_is_set_up_and_listed() {
    let door = VSecure::start().await;
    offered(&door).await;
    let page = door.get("/mcp/resources?limit=100").await.expect(200);
    let found = page
        .list_at("/resources")
        .iter()
        .find(|it| it["uri"] == URI)
        .unwrap();
    assert_eq!(
        (&found["permissions"], &found["requiresApproval"]),
        (&json!(["read"]), &json!(true))
    );
    for (field, value) in [
        ("uri", json!("https://example.com/")),
        ("uri", json!("vsecure://secrets")),
        ("permissions", json!([])),
        ("permissions", json!(["fly"])),
        ("autoApprove", json!({"conditions": {"timeWindow": "never"}})),
    ] {
        let mut body = json!({"uri": URI, "name": "n", "permissions": ["read"]});
        body[field] = value;
        door.post("/mcp/resources", body)
            .await
            .fails(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn case_31_a_request_is_filed() {
    let door = VSecure::start().await;
    let (_, uri) = offered(&door).await;
    let filed = filed(&door, &uri).await;
    assert!(filed.text_at("/approvalId").starts_with("appr_"));
    assert_eq!(filed["status"], "pending");
    assert_eq!(filed["requestedBy"], "ai-agent-123");
    let length = moment(&filed, "/expiresAt").as_second() - moment(&filed, "/requestedAt").as_second();
    assert_eq!(length, 3600);
    assert!(filed.json.get("accessToken").is_none());
    assert!(
        filed
            .text_at("/approvalUrl")
            .ends_with(&filed.text_at("/approvalId"))
    );
    door.post("/mcp/approve", json!({}))
        .await
        .fails(400, "VALIDATION_ERROR");
    let long = json!({"resource": uri, "operation": "read", "ttl": 86_401});
    door.post("/mcp/approve", long)
        .await
        .fails(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn case_32_requests_are_decided_in_both_forms() {
    let door = VSecure::start().await;
    let (_, uri) = offered(&door).await;
    let first = filed(&door, &uri).await;
    let id = first.text_at("/approvalId");
    let pending = door.get("/mcp/approvals?status=pending").await.expect(200);
    assert!(pending.list_at("/data").iter().any(|it| it["approvalId"] == *id));
    let body = json!({"action": "approve", "reason": "ok", "approvedBy": "user_xyz789"});
    let path = format!("/mcp/approvals/{id}/respond");
    let decided = door.post(&path, body.clone()).await.expect(200);
    assert_eq!(
        (&decided["status"], &decided["approvedBy"]),
        (&json!("approved"), &json!("user_xyz789"))
    );
    assert!(decided.text_at("/accessToken").starts_with("mcp_access_token_"));
    assert_eq!(decided["expiresAt"], first["expiresAt"]);
    door.post(&path, body).await.fails(400, "VALIDATION_ERROR");
    let other = filed(&door, &uri).await.text_at("/approvalId");
    let decided = door
        .post("/mcp/approve", json!({"approvalId": other}))
        .await
        .expect(200);
    assert_eq!(decided["status"], "approved");
    let third = filed(&door, &uri).await.text_at("/approvalId");
    let denied = door
        .post(
            &format!("/mcp/approvals/{third}/respond"),
            json!({"action": "deny"}),
        )
        .await
        .expect(200);
    assert_eq!(denied["status"], "denied");
    assert!(denied.json.get("accessToken").is_none());
    let unknown = json!({"action": "approve"});
    door.post("/mcp/approvals/appr_nope/respond", unknown)
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
    let (agent, _) = door.key(&["mcp:read"]).await;
    let mine = filed(&door, &uri).await.text_at("/approvalId");
    let refused = door
        .post_as(
            &agent,
            &format!("/mcp/approvals/{mine}/respond"),
            json!({"action": "approve"}),
        )
        .await;
    refused.fails(403, "PERMISSION_DENIED");
}

#[tokio::test]
async fn case_33_a_value_is_given_under_its_token_alone() {
    let door = VSecure::start().await;
    let (name, uri) = offered(&door).await;
    let path = encoded(&uri);
    let refused = door.get(&path).await.fails(403, "PERMISSION_DENIED");
    assert_eq!(refused["error"]["details"]["approvalRequired"], true);
    let id = filed(&door, &uri).await.text_at("/approvalId");
    let decided = door
        .post("/mcp/approve", json!({"approvalId": id}))
        .await
        .expect(200);
    let token = decided.text_at("/accessToken");
    let with_header = door
        .request(Method::GET, Some(door.token()), &path)
        .header("x-mcp-access-token", &token);
    let given = Answer::of(with_header).await.expect(200);
    assert_eq!(
        (&given["value"], &given["name"]),
        (&json!("by-approval"), &json!(name))
    );
    assert_eq!(given["accessCount"], 1);
    let as_bearer = door.get_as(&token, &path).await.expect(200);
    assert_eq!(
        (&as_bearer["value"], &as_bearer["accessCount"]),
        (&json!("by-approval"), &json!(2))
    );
    let raw = door
        .get_as(&token, &format!("/mcp/resources/{uri}"))
        .await
        .expect(200);
    assert_eq!(raw["value"], "by-approval");
    let other = VSecure::name("OTHER");
    door.secret(&other, "not-asked-for", &["production"]).await;
    let elsewhere = encoded(&format!("vsecure://secrets/production/{other}"));
    door.get_as(&token, &elsewhere)
        .await
        .fails(403, "PERMISSION_DENIED");
    door.get_as(&token, "/secrets")
        .await
        .fails(401, "AUTHENTICATION_REQUIRED");
    door.get_as("mcp_access_token_guess00000000000000000000", &path)
        .await
        .expect(401);
}

#[tokio::test]
async fn case_34_what_was_given_is_told() {
    let door = VSecure::start().await;
    let (_, uri) = offered(&door).await;
    let id = filed(&door, &uri).await.text_at("/approvalId");
    let token = door
        .post("/mcp/approve", json!({"approvalId": id}))
        .await
        .expect(200)
        .text_at("/accessToken");
    door.get_as(&token, &encoded(&uri)).await.expect(200);
    let page = door
        .get(&format!("/mcp/audit?since=1h&limit=100&resource={uri}"))
        .await
        .expect(200);
    let given = page
        .list_at("/logs")
        .iter()
        .find(|it| it["operation"] == "read" && it["success"] == true);
    let given = given.unwrap_or_else(|| panic!("{}", page.text));
    assert_eq!(
        (&given["resource"], &given["approvalId"]),
        (&json!(uri), &json!(id))
    );
    assert_eq!(page["logs"], page["data"]);
    assert!(!page.text.contains("by-approval") && !page.text.contains(&token));
}
