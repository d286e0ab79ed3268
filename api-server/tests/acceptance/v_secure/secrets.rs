use reqwest::Method;
use serde_json::json;

use super::{VSecure, is_moment, moment};
use crate::answer::{Answer, members};

const DAY: i64 = 86_400;

#[tokio::test]
async fn case_03_a_secret_is_made() {
    let door = VSecure::start().await;
    let name = VSecure::name("DATABASE_URL");
    let value = "postgresql://<user>:<password>@<host>:<port>/<db>";
    let body = json!({"name": name, "value": value, "tags": ["production", "database"]});
    let made = door.post("/secrets", body.clone()).await.expect(201);
    let id = made.text_at("/id");
    assert!(id.starts_with("sec_") && id.len() >= 20 && id[4..].bytes().all(|b| b.is_ascii_alphanumeric()));
    for member in ["name", "value", "tags"] {
        assert_eq!(made[member], body[member]);
    }
    assert_eq!(made["version"], 1);
    assert!(is_moment(&made["createdAt"]) && is_moment(&made["updatedAt"]));
    assert_eq!(
        members(&made.json),
        [
            "accessedAt",
            "createdAt",
            "expiresAt",
            "id",
            "metadata",
            "name",
            "region",
            "rotationPolicy",
            "tags",
            "updatedAt",
            "value",
            "version"
        ]
    );
}

#[tokio::test]
async fn case_07_a_secret_expires_when_it_is_told_to() {
    let door = VSecure::start().await;
    let body = json!({
        "name": VSecure::name("STRIPE_SECRET_KEY"), "value": "sk_live_...", "tags": ["production", "payment"],
        "expiresIn": "90d", "metadata": {"environment": "production", "deep": {"er": [1, null]}},
        "rotationPolicy": {"enabled": true, "period": "90d", "notifyBefore": "7d"},
    });
    let made = door.post("/secrets", body.clone()).await.expect(201);
    let length = moment(&made, "/expiresAt").as_second() - moment(&made, "/createdAt").as_second();
    assert!((90 * DAY - 1..=90 * DAY + 1).contains(&length), "{length}");
    assert_eq!(made["metadata"], body["metadata"]);
    assert_eq!(made["rotationPolicy"], body["rotationPolicy"]);
    let both = json!({"name": "X", "value": "v", "expiresIn": "1d", "expiresAt": "2100-01-01"});
    door.post("/secrets", both).await.fails(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn case_08_a_secret_is_read() {
    let door = VSecure::start().await;
    let name = VSecure::name("STRIPE_SECRET_KEY");
    door.secret(&name, "sk_live_...", &["payment"]).await;
    let read = door.get(&format!("/secrets/{name}")).await.expect(200);
    assert_eq!(read["value"], "sk_live_...");
    assert_eq!(read["version"], 1);
    assert!(is_moment(&read["accessedAt"]));
    let plain = door
        .get(&format!("/secrets/{name}?includeMetadata=false"))
        .await
        .expect(200);
    assert!(plain.json.get("metadata").is_none());
}

#[tokio::test]
async fn case_12_what_is_not_there_is_named() {
    let door = VSecure::start().await;
    let missing = door.get("/secrets/NOPE").await.fails(404, "RESOURCE_NOT_FOUND");
    assert_eq!(missing["error"]["message"], "Secret 'NOPE' not found");
    assert_eq!(missing["error"]["details"]["secretName"], "NOPE");
    for name in ["a%2Fb", "..%2Fx", "%00"] {
        door.get(&format!("/secrets/{name}"))
            .await
            .fails(404, "RESOURCE_NOT_FOUND");
    }
}

#[tokio::test]
async fn case_14_a_change_is_a_new_version() {
    let door = VSecure::start().await;
    let name = VSecure::name("DATABASE_URL");
    door.secret(&name, "first", &["a"]).await;
    let path = format!("/secrets/{name}");
    let changed = door
        .put(&path, json!({"value": "postgresql://u:new@h:5432/db"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["version"], &changed["previousVersion"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(changed["tags"], json!(["a"]), "what is not mentioned stays");
    let tagged = door.put(&path, json!({"tags": ["b"]})).await.expect(200);
    assert_eq!(
        (&tagged["version"], &tagged["value"]),
        (&json!(3), &changed["value"])
    );
    door.put(&path, json!({})).await.fails(400, "VALIDATION_ERROR");
    door.put("/secrets/NOPE", json!({"value": "x"}))
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
    let (writer, _) = door.key(&["secrets:write"]).await;
    let blind = door
        .send(Method::PUT, Some(&writer), &path, Some(json!({"tags": ["c"]})))
        .await
        .expect(200);
    assert!(
        blind.json.get("value").is_none(),
        "who may only write is shown no value that stays"
    );
}

#[tokio::test]
async fn case_15_older_versions_stay_readable() {
    let door = VSecure::start().await;
    let name = VSecure::name("V");
    door.secret(&name, "first", &[]).await;
    let path = format!("/secrets/{name}");
    door.put(&path, json!({"value": "second"})).await.expect(200);
    assert_eq!(door.get(&path).await.expect(200)["version"], 2);
    let old = door.get(&format!("{path}?version=1")).await.expect(200);
    assert_eq!((&old["version"], &old["value"]), (&json!(1), &json!("first")));
    door.get(&format!("{path}?version=9"))
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
    door.get(&format!("{path}?version=x"))
        .await
        .fails(400, "VALIDATION_ERROR");
    let back = door
        .post(&format!("{path}/rollback"), json!({"version": 1}))
        .await
        .expect(200);
    assert_eq!((&back["version"], &back["value"]), (&json!(3), &json!("first")));
    let rotated = door
        .send(Method::POST, Some(door.token()), &format!("{path}/rotate"), None)
        .await
        .expect(200);
    assert_eq!(
        (rotated["version"].as_u64(), rotated.text_at("/value").len()),
        (Some(4), 32)
    );
}

#[tokio::test]
async fn case_16_versions_are_listed_newest_first() {
    let door = VSecure::start().await;
    let name = VSecure::name("V");
    door.secret(&name, "first", &[]).await;
    door.put(&format!("/secrets/{name}"), json!({"value": "second"}))
        .await
        .expect(200);
    let listed = door.get(&format!("/secrets/{name}/versions")).await.expect(200);
    assert_eq!(listed["name"], name);
    let versions = listed.list_at("/versions");
    assert_eq!(
        versions
            .iter()
            .map(|it| it["version"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [2, 1]
    );
    for version in versions {
        assert!(is_moment(&version["createdAt"]));
        assert!(version["createdBy"].as_str().unwrap().starts_with("key_"));
    }
    door.get("/secrets/NOPE/versions")
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn case_18_a_name_that_is_there_gets_a_new_version() {
    let door = VSecure::start().await;
    let name = VSecure::name("API_KEY");
    door.secret(&name, "one", &["kept"]).await;
    let again = door
        .post("/secrets", json!({"name": name, "value": "two"}))
        .await
        .expect(200);
    assert_eq!((&again["version"], &again["tags"]), (&json!(2), &json!(["kept"])));
}

#[tokio::test]
async fn case_19_many_are_read_at_once() {
    let door = VSecure::start().await;
    let name = VSecure::name("DATABASE_URL");
    door.secret(&name, "v", &[]).await;
    let read = door
        .post("/secrets/batch/get", json!({"names": [name, "MISSING"]}))
        .await
        .expect(200);
    assert_eq!(read["secrets"][&name], "v");
    assert_eq!(read["data"][0]["value"], "v");
    assert_eq!(read["notFound"], json!(["MISSING"]));
    for names in [json!([]), json!(vec!["A"; 101]), json!("A")] {
        door.post("/secrets/batch/get", json!({"names": names}))
            .await
            .fails(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn case_20_many_are_written_at_once_each_for_itself() {
    let door = VSecure::start().await;
    let (first, second) = (VSecure::name("SECRET_1"), VSecure::name("SECRET_2"));
    let body = json!({"secrets": [
        {"name": first, "value": "value1", "tags": ["production"]},
        {"name": second, "value": "value2", "tags": ["staging"]},
    ]});
    let written = door.post("/secrets/batch/upsert", body.clone()).await.expect(200);
    assert_eq!((&written["created"], &written["updated"]), (&json!(2), &json!(0)));
    assert!(!written.text.contains("value1"));
    assert_eq!(
        door.post("/secrets/batch/upsert", body).await.expect(200)["updated"],
        2
    );
    let mixed = json!({"secrets": [{"name": first, "value": "x"}, {"name": "a/b", "value": "x"}]});
    let written = door.post("/secrets/batch/upsert", mixed).await.expect(200);
    assert_eq!((&written["updated"], &written["failed"]), (&json!(1), &json!(1)));
    assert_eq!(written["errors"][0]["code"], "VALIDATION_ERROR");
    door.post("/secrets/batch/upsert", json!({"secrets": []}))
        .await
        .fails(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn case_21_an_encrypted_export_comes_back_and_tells_nothing() {
    let door = VSecure::start().await;
    let (name, tag) = (VSecure::name("EXPORTED"), VSecure::name("t"));
    let value = format!("canary-{}\n'\"multi\nline", super::fresh());
    door.secret(&name, &value, &[&tag]).await;
    let ask = json!({"format": "json", "encrypt": true, "password": "pw", "tags": [tag]});
    let file = door.post("/secrets/export", ask).await.expect(200);
    assert!(
        file.header("content-disposition")
            .starts_with("attachment; filename=\"vsecure-export-")
    );
    assert!(!file.text.contains("canary") && !file.text.contains(&name));
    let import = |password: &str, overwrite: bool| json!({"format": "json", "data": file.text, "password": password, "overwrite": overwrite});
    let skipped = door
        .post("/secrets/import", import("pw", false))
        .await
        .expect(200);
    assert_eq!((&skipped["skipped"], &skipped["total"]), (&json!(1), &json!(1)));
    door.post("/secrets/import", import("wrong", false))
        .await
        .fails(400, "VALIDATION_ERROR");
    door.delete(&format!("/secrets/{name}")).await.expect(200);
    assert_eq!(
        door.post("/secrets/import", import("pw", false))
            .await
            .expect(200)["imported"],
        1
    );
    assert_eq!(
        door.get(&format!("/secrets/{name}")).await.expect(200)["value"],
        value
    );
    assert_eq!(
        door.post("/secrets/import", import("pw", true)).await.expect(200)["updated"],
        1
    );
    door.post("/secrets/import", json!({"data": "nonsense"}))
        .await
        .fails(400, "VALIDATION_ERROR");
    door.post("/secrets/export", json!({"format": "json"}))
        .await
        .fails(400, "VALIDATION_ERROR");
    let plain = json!({"format": "yaml", "encrypt": false, "tags": [tag]});
    let plain = door.post("/secrets/export", plain).await.expect(200);
    assert!(plain.text.starts_with(&format!("\"{name}\": \"canary-")));
}

#[tokio::test]
async fn case_41_deleting_takes_every_version_for_ever() {
    let door = VSecure::start().await;
    let name = VSecure::name("DATABASE_URL");
    door.secret(&name, "first", &[]).await;
    let path = format!("/secrets/{name}");
    door.put(&path, json!({"value": "second"})).await.expect(200);
    let gone = door.delete(&path).await.expect(200);
    assert_eq!(gone["deleted"], true);
    assert_eq!(
        (&gone["name"], &gone["deletedVersions"]),
        (&json!(name), &json!(2))
    );
    assert!(is_moment(&gone["deletedAt"]));
    door.get(&path).await.fails(404, "RESOURCE_NOT_FOUND");
    door.delete(&path).await.fails(404, "RESOURCE_NOT_FOUND");
    assert_eq!(door.secret(&name, "again", &[]).await["version"], 1);
}

#[tokio::test]
async fn case_42_what_has_expired_is_not_there_unless_it_is_asked_for() {
    let door = VSecure::start().await;
    let name = VSecure::name("TMP");
    let body = json!({"name": name, "value": "v", "expiresIn": "1s"});
    door.post("/secrets", body).await.expect(201);
    let path = format!("/secrets/{name}");
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let refused = loop {
        let answer: Answer = door.get(&path).await;
        if answer.status != 200 {
            break answer.fails(404, "RESOURCE_NOT_FOUND");
        }
        assert!(std::time::Instant::now() < deadline, "it does not expire");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(refused["error"]["details"]["reason"], "expired");
    assert!(
        !door
            .get(&format!("/secrets?search={name}"))
            .await
            .expect(200)
            .text
            .contains(&name)
    );
    let all = door
        .get(&format!("/secrets?includeExpired=true&search={name}"))
        .await
        .expect(200);
    assert!(all.text.contains(&name));
}
