//! Values, their versions, check-and-set, patches.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Kv, enveloped, logical, nothing, refused};
use crate::answer::{Answer, members};

#[tokio::test]
async fn case_78_what_curl_posts_is_read_at_the_other_door_too() {
    let kv = Kv::start().await;
    let path = kv.at("data/crud");
    let body = json!({"data": {"CREDENTIAL_ENCRYPTION_KEY": "test-bao-key-123"}}).to_string();
    for (kind, version) in [("application/json", 1), ("application/x-www-form-urlencoded", 2)] {
        let request = kv.request(Method::POST, &path).body(body.clone());
        let request = request
            .header("x-vault-token", &kv.subject.token)
            .header("content-type", kind);
        let written = Answer::of(request).await;
        let data = logical(&written);
        assert_eq!(data["version"], version);
        assert_eq!(
            members(data),
            [
                "created_time",
                "custom_metadata",
                "deletion_time",
                "destroyed",
                "version"
            ]
        );
        assert_eq!(
            (&data["deletion_time"], &data["destroyed"]),
            (&json!(""), &json!(false))
        );
        assert_eq!(data["custom_metadata"], Value::Null);
    }
    let canonical = kv.subject.base.replace("/kv2", "/canonical");
    let url = format!(
        "{canonical}/api/secrets/value?uri=openbao+kv2://{}/crud",
        kv.mount
    );
    let read = Answer::of(kv.subject.http.get(url).bearer_auth(&kv.subject.token)).await;
    assert_eq!(read.expect(200)["CREDENTIAL_ENCRYPTION_KEY"], "test-bao-key-123");
}

#[tokio::test]
async fn case_79_a_version_that_there_is_not_is_not_found_without_words() {
    let kv = Kv::start().await;
    assert_eq!(kv.set("app/api", json!({"token": "abc"})).await, 1);
    let read = kv.get(&kv.at("data/app/api")).await;
    let data = logical(&read);
    assert_eq!(data["data"], json!({"token": "abc"}));
    assert_eq!(data["metadata"]["version"], 1);
    for query in ["?version=2", "?version=99999999999999999999"] {
        let missing = kv.get(&format!("{}{query}", kv.at("data/app/api"))).await;
        if query == "?version=2" {
            refused(&missing, 404, json!([]));
        } else {
            assert_eq!(missing.status, 400, "{}", missing.text);
        }
    }
    for query in ["?version=0", "?version=1", "?version="] {
        logical(&kv.get(&format!("{}{query}", kv.at("data/app/api"))).await);
    }
    let bad = kv.get(&format!("{}?version=x", kv.at("data/app/api"))).await;
    assert_eq!(bad.status, 400);
    refused(&kv.get(&kv.at("data/app/none")).await, 404, json!([]));
}

#[tokio::test]
async fn case_80_versions_are_deleted_undeleted_and_destroyed() {
    let kv = Kv::start().await;
    for number in 1..=3 {
        kv.set("a", json!({"n": number})).await;
    }
    let data = kv.at("data/a");
    nothing(&kv.delete(&data).await);
    nothing(&kv.delete(&data).await);
    let gone = kv.get(&data).await.expect(404);
    let shown = enveloped(&gone);
    assert_eq!(shown["data"], Value::Null);
    assert_eq!(shown["metadata"]["version"], 3);
    assert_ne!(shown["metadata"]["deletion_time"], "");
    assert_eq!(shown["metadata"]["destroyed"], false);
    nothing(&kv.put(&kv.at("undelete/a"), json!({"versions": ["3"]})).await);
    assert_eq!(kv.value("a").await, json!({"n": 3}));
    nothing(&kv.put(&kv.at("delete/a"), json!({"versions": ["1", 2]})).await);
    assert_eq!(kv.value("a").await, json!({"n": 3}));
    nothing(&kv.put(&kv.at("destroy/a"), json!({"versions": "1"})).await);
    let gone = kv.get(&format!("{data}?version=1")).await.expect(404);
    assert_eq!(enveloped(&gone)["metadata"]["destroyed"], true);
    // What is destroyed stays so; what there is not is passed over.
    nothing(&kv.put(&kv.at("undelete/a"), json!({"versions": [1, 9]})).await);
    kv.get(&format!("{data}?version=1")).await.expect(404);
    for verb in ["delete", "undelete", "destroy"] {
        nothing(
            &kv.put(&kv.at(&format!("{verb}/none")), json!({"versions": [1]}))
                .await,
        );
        let none = kv
            .put(&kv.at(&format!("{verb}/a")), json!({"versions": []}))
            .await;
        let word = if verb == "destroy" { "no" } else { "No" };
        refused(&none, 400, json!([format!("{word} version number provided")]));
    }
    nothing(&kv.delete(&kv.at("data/none")).await);
}

#[tokio::test]
async fn check_and_set_is_against_the_newest_version() {
    let kv = Kv::start().await;
    let (path, mismatch) = (
        kv.at("data/c"),
        json!(["check-and-set parameter did not match the current version"]),
    );
    let with = |cas: Value| json!({"data": {"k": "v"}, "options": {"cas": cas}});
    refused(&kv.put(&path, with(json!(1))).await, 400, mismatch.clone());
    logical(&kv.put(&path, with(json!(0))).await);
    refused(&kv.put(&path, with(json!(0))).await, 400, mismatch.clone());
    logical(&kv.put(&path, with(json!("1"))).await);
    // A deleted version is still the newest.
    nothing(&kv.delete(&path).await);
    refused(&kv.put(&path, with(json!(0))).await, 400, mismatch.clone());
    assert_eq!(logical(&kv.put(&path, with(json!(2))).await)["version"], 3);
    refused(&kv.put(&path, with(json!(2))).await, 400, mismatch);
    refused(
        &kv.put(&path, with(json!("x"))).await,
        400,
        json!(["error parsing check-and-set parameter"]),
    );
    nothing(&kv.put(&kv.at("metadata/c"), json!({"cas_required": true})).await);
    let without = kv.put(&path, json!({"data": {}})).await;
    refused(
        &without,
        400,
        json!(["check-and-set parameter required for this call"]),
    );
    logical(&kv.put(&path, with(json!(3))).await);
}

#[tokio::test]
async fn of_writers_with_the_same_check_and_set_one_wins() {
    let kv = Kv::start().await;
    kv.set("race", json!({"n": 0})).await;
    let path = kv.at("data/race");
    let one = |n: u32| {
        let (kv, path) = (&kv, &path);
        async move {
            kv.put(path, json!({"data": {"n": n}, "options": {"cas": 1}}))
                .await
                .status
        }
    };
    let statuses = futures::future::join_all((1..=8).map(one)).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 400).count(),
        7,
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_patch_merges_and_needs_something_to_merge_with() {
    let kv = Kv::start().await;
    let path = kv.at("data/p");
    let absent = kv.patch(&path, json!({"data": {"a": 1}})).await;
    assert_eq!((absent.status, absent.text.as_str()), (404, ""));
    kv.set("p", json!({"a": "1", "b": {"c": "2", "d": "3"}, "gone": "x"}))
        .await;
    let change = json!({"data": {"b": {"c": "4"}, "gone": null, "new": [1]}});
    assert_eq!(logical(&kv.patch(&path, change).await)["version"], 2);
    let expected = json!({"a": "1", "b": {"c": "4", "d": "3"}, "new": [1]});
    assert_eq!(kv.value("p").await, expected);
    let stale = json!({"data": {"a": "2"}, "options": {"cas": 1}});
    assert_eq!(kv.patch(&path, stale).await.status, 400);
    let plain = kv.send(Method::PATCH, &path, Some(&json!({"data": {}}))).await;
    assert_eq!(plain.status, 415);
    nothing(&kv.delete(&path).await);
    let deleted = kv.patch(&path, json!({"data": {"a": 1}})).await.expect(404);
    let shown = enveloped(&deleted);
    assert_eq!(shown["version"], 2);
    assert_ne!(shown["deletion_time"], "");
}

#[tokio::test]
async fn what_cannot_be_a_value_is_refused() {
    let kv = Kv::start().await;
    let path = kv.at("data/bad");
    for body in ["", "null", "{}", r#"{"data":null}"#] {
        let request = kv
            .request(Method::PUT, &path)
            .header("x-vault-token", &kv.subject.token);
        let answer = Answer::of(request.body(body)).await;
        refused(&answer, 400, json!(["no data provided"]));
    }
    for body in [
        "[]",
        "1",
        "{",
        r#"{"data":[]}"#,
        r#"{"data":"x"}"#,
        r#"{"data":{},"options":1}"#,
    ] {
        let request = kv
            .request(Method::PUT, &path)
            .header("x-vault-token", &kv.subject.token);
        assert_eq!(Answer::of(request.body(body)).await.status, 400, "{body}");
    }
    for name in ["a%20b", "a%2F..%2Fb", "caf%C3%A9", "a%00b"] {
        let answer = kv.put(&kv.at(&format!("data/{name}")), json!({"data": {}})).await;
        assert!(matches!(answer.status, 400 | 404), "{name}: {}", answer.text);
    }
    let large = json!({"data": {"k": "x".repeat(70_000)}});
    assert_eq!(kv.put(&path, large).await.status, 413);
    refused(&kv.get(&path).await, 404, json!([]));
}

#[tokio::test]
async fn subkeys_have_no_values() {
    let kv = Kv::start().await;
    kv.set("s", json!({"a": "hunter2", "b": {"c": {"d": "hunter2"}}}))
        .await;
    let read = kv.get(&kv.at("subkeys/s")).await;
    let data = logical(&read);
    assert_eq!(data["subkeys"], json!({"a": null, "b": {"c": {"d": null}}}));
    assert_eq!(data["metadata"]["version"], 1);
    let read = kv.get(&format!("{}?depth=1", kv.at("subkeys/s"))).await;
    assert_eq!(logical(&read)["subkeys"], json!({"a": null, "b": null}));
    nothing(&kv.delete(&kv.at("data/s")).await);
    let gone = kv.get(&kv.at("subkeys/s")).await.expect(404);
    assert_eq!(enveloped(&gone)["subkeys"], Value::Null);
    refused(&kv.get(&kv.at("subkeys/none")).await, 404, json!([]));
}
