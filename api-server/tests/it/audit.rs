//! `/organizations/{org}/audit`

use coffer_domain::{
    audit::{AuditEvent, AuditRecord, Verifier},
    name::OrgName,
    usecase::Caller,
};
use serde_json::json;

use crate::support::{TestServer, body, secret};

const AUDIT: &str = "/organizations/acme/audit";

#[tokio::test]
async fn who_did_what_is_there() {
    let server = TestServer::start().await;
    let put = server.put(&secret("V"), &body("hunter2")).await.expect(201);
    let reader = server.key(&["secrets:list"]).await;
    server.get(&secret("V")).await.expect(200);
    server.get_as(&reader, &secret("V")).await.expect(403);
    let records = server.get(AUDIT).await.expect(200);
    let of = |action: &str, outcome: &str| {
        let all = records["items"].as_array().unwrap();
        let found = all
            .iter()
            .find(|item| item["event"]["action"] == action && item["event"]["outcome"] == outcome);
        found.unwrap_or_else(|| panic!("{action} {outcome}"))["event"].clone()
    };
    let write = of("secret.write", "allowed");
    assert_eq!(write["target"], "coffer://acme/default/default/V");
    assert_eq!(
        (&write["door"], &write["address"]),
        (&json!("native"), &json!("127.0.0.1"))
    );
    assert_eq!(write["request"], put.header("x-request-id"));
    assert_eq!(of("secret.read", "allowed")["versions"], json!(["1"]));
    assert_ne!(of("secret.read", "denied")["principal"], write["principal"]);
    assert!(!records.text.contains("hunter2"));
}

#[tokio::test]
async fn the_chain_verifies_here_and_offline() {
    let server = TestServer::start().await;
    for at in 0..5 {
        server.put(&secret("V"), &body(&at.to_string())).await;
    }
    let verified = server.get(&format!("{AUDIT}:verify")).await.expect(200);
    assert_eq!(verified["intact"], true);
    assert!(verified["records"].as_u64().unwrap() > 5);
    assert_eq!(verified["head"].as_str().unwrap().len(), 64);

    let tenant = server
        .coffer
        .ensure_organization(&Caller::controller(), &OrgName::new("acme").unwrap())
        .await
        .unwrap();
    let records = server.get(&format!("{AUDIT}?limit=1000")).await.expect(200);
    let mut verifier = Verifier::new(tenant.id);
    for item in records["items"].as_array().unwrap() {
        let event: AuditEvent = serde_json::from_value(item["event"].clone()).unwrap();
        let hash = hex::decode(item["hash"].as_str().unwrap())
            .unwrap()
            .try_into()
            .unwrap();
        let sequence = item["sequence"].as_u64().unwrap();
        verifier
            .take(&AuditRecord {
                sequence,
                event: event.canonical(),
                hash,
            })
            .unwrap();
    }
    assert!(verifier.head().0 > 5);
}

#[tokio::test]
async fn records_come_in_pages() {
    let server = TestServer::start().await;
    let first = server.get(&format!("{AUDIT}?limit=1")).await.expect(200);
    assert_eq!(
        (&first["items"][0]["sequence"], &first["next"]),
        (&json!(1), &json!("1"))
    );
    let second = server.get(&format!("{AUDIT}?limit=1&after=1")).await.expect(200);
    assert_eq!(second["items"][0]["sequence"], 2);
    assert_eq!(server.get(&format!("{AUDIT}?after=x")).await.code(400), "invalid");
}

#[tokio::test]
async fn only_readers_of_the_audit_log_read_it() {
    let server = TestServer::start().await;
    let key = server.key(&["secrets:read", "secrets:list"]).await;
    assert_eq!(server.get_as(&key, AUDIT).await.code(403), "forbidden");
    assert_eq!(
        server.get_as(&key, &format!("{AUDIT}:verify")).await.code(403),
        "forbidden"
    );
}

#[tokio::test]
async fn headers_that_claim_an_origin_are_not_believed() {
    let server = TestServer::start().await;
    let request = server.request(
        reqwest::Method::GET,
        Some(&server.admin),
        "/organizations/acme/vaults",
    );
    let spoofed = [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "true-client-ip",
        "cf-connecting-ip",
    ];
    let request = spoofed
        .into_iter()
        .fold(request, |request, name| request.header(name, "203.0.113.9"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let records = server.get(&format!("{AUDIT}?limit=1000")).await.expect(200);
    assert!(!records.text.contains("203.0.113.9"));
}
