//! What is said of paths, how many of their versions are kept, and what lies below them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Kv, logical, nothing, refused};
use crate::answer::members;

#[tokio::test]
async fn a_path_shows_its_versions_and_what_is_said_of_it() {
    let kv = Kv::start().await;
    let path = kv.at("metadata/a");
    refused(&kv.get(&path).await, 404, json!([]));
    kv.set("a", json!({"k": "1"})).await;
    kv.set("a", json!({"k": "2"})).await;
    let said = json!({"custom_metadata": {"team": "web", "n": 1}, "max_versions": 5});
    nothing(&kv.put(&path, said).await);
    nothing(&kv.put(&kv.at("delete/a"), json!({"versions": [1]})).await);
    let read = kv.get(&path).await;
    let data = logical(&read);
    assert_eq!(
        members(data),
        [
            "cas_required",
            "created_time",
            "current_version",
            "custom_metadata",
            "delete_version_after",
            "max_versions",
            "oldest_version",
            "updated_time",
            "versions",
        ]
    );
    assert_eq!(data["current_version"], 2);
    assert_eq!(data["custom_metadata"], json!({"team": "web", "n": "1"}));
    assert_eq!(
        (
            &data["max_versions"],
            &data["oldest_version"],
            &data["cas_required"]
        ),
        (&json!(5), &json!(0), &json!(false))
    );
    assert_eq!(members(&data["versions"]), ["1", "2"]);
    assert_eq!(
        members(&data["versions"]["1"]),
        ["created_time", "deletion_time", "destroyed"]
    );
    assert_ne!(data["versions"]["1"]["deletion_time"], "");
    assert_eq!(data["versions"]["2"]["deletion_time"], "");
    // What is said shows with values, too.
    let read = kv.get(&kv.at("data/a")).await;
    assert_eq!(logical(&read)["metadata"]["custom_metadata"]["team"], "web");
    nothing(
        &kv.patch(&path, json!({"custom_metadata": {"n": null, "who": "x"}}))
            .await,
    );
    let read = kv.get(&path).await;
    assert_eq!(
        logical(&read)["custom_metadata"],
        json!({"team": "web", "who": "x"})
    );
    assert_eq!(read["data"]["max_versions"], 5);
    nothing(&kv.put(&path, json!({"custom_metadata": {}})).await);
    assert_eq!(logical(&kv.get(&path).await)["custom_metadata"], Value::Null);
    let absent = kv
        .patch(&kv.at("metadata/none"), json!({"custom_metadata": {}}))
        .await;
    assert_eq!((absent.status, absent.text.as_str()), (404, ""));
}

#[tokio::test]
async fn a_path_can_be_described_before_it_has_a_value() {
    let kv = Kv::start().await;
    let path = kv.at("metadata/new/one");
    nothing(
        &kv.put(
            &path,
            json!({"custom_metadata": {"managed-by": "external-secrets"}, "cas_required": true}),
        )
        .await,
    );
    let read = kv.get(&path).await;
    let data = logical(&read);
    assert_eq!(
        (&data["current_version"], &data["versions"]),
        (&json!(0), &json!({}))
    );
    assert_eq!(data["cas_required"], true);
    refused(&kv.get(&kv.at("data/new/one")).await, 404, json!([]));
    let listed = kv.get(&format!("{}?list=true", kv.at("metadata/new"))).await;
    assert_eq!(logical(&listed)["keys"], json!(["one"]));
    // It counts from the first write on.
    let data = kv.at("data/new/one");
    assert_eq!(kv.put(&data, json!({"data": {"k": "v"}})).await.status, 400);
    let written = kv
        .put(&data, json!({"data": {"k": "v"}, "options": {"cas": 0}}))
        .await;
    assert_eq!(
        logical(&written)["custom_metadata"],
        json!({"managed-by": "external-secrets"})
    );
    assert_eq!(logical(&kv.get(&path).await)["current_version"], 1);
    nothing(&kv.delete(&path).await);
    refused(&kv.get(&path).await, 404, json!([]));
    nothing(&kv.delete(&path).await);
    nothing(&kv.put(&path, json!({})).await);
    nothing(&kv.delete(&path).await);
    refused(&kv.get(&path).await, 404, json!([]));
    // Nothing of what was said before is left.
    assert_eq!(kv.set("new/one", json!({"k": "v"})).await, 1);
}

#[tokio::test]
async fn no_more_versions_are_kept_than_said() {
    let kv = Kv::start().await;
    nothing(&kv.put(&kv.at("metadata/m"), json!({"max_versions": 2})).await);
    for number in 1..=4 {
        assert_eq!(kv.set("m", json!({"n": number})).await, number);
    }
    let read = kv.get(&kv.at("metadata/m")).await;
    let data = logical(&read);
    assert_eq!(data["oldest_version"], 3);
    assert_eq!(members(&data["versions"]), ["3", "4"]);
    refused(
        &kv.get(&format!("{}?version=2", kv.at("data/m"))).await,
        404,
        json!([]),
    );
    logical(&kv.get(&format!("{}?version=3", kv.at("data/m"))).await);
    // At the other door, too, what is one too many is gone.
    let canonical = kv.subject.base.replace("/kv2", "/canonical");
    let url = format!(
        "{canonical}/api/secrets/value?uri=openbao+kv2://{}/m&version=2",
        kv.mount
    );
    let gone = kv
        .subject
        .http
        .get(url)
        .bearer_auth(&kv.subject.token)
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status().as_u16(), 409);
}

#[tokio::test]
async fn what_lies_below_is_listed_a_level_at_a_time() {
    let kv = Kv::start().await;
    for path in ["foo", "foo/bar", "foo/baz/deep", "zoo"] {
        kv.set(path, json!({"k": "v"})).await;
    }
    let root = kv.at("metadata");
    let keys = |answer: &crate::answer::Answer| logical(answer)["keys"].clone();
    let expected = json!(["foo", "foo/", "zoo"]);
    let list = Method::from_bytes(b"LIST").unwrap();
    for path in [format!("{root}?list=true"), format!("{root}/?list=1")] {
        assert_eq!(keys(&kv.get(&path).await), expected, "{path}");
    }
    assert_eq!(keys(&kv.send(list.clone(), &root, None).await), expected);
    assert_eq!(
        keys(&kv.send(list.clone(), &format!("{root}/foo/"), None).await),
        json!(["bar", "baz/"])
    );
    assert_eq!(
        keys(&kv.get(&format!("{root}/foo?list=true")).await),
        json!(["bar", "baz/"])
    );
    assert_eq!(
        keys(&kv.get(&format!("{root}?list=true&after=foo&limit=1")).await),
        json!(["foo/"])
    );
    for path in ["metadata/none?list=true", "metadata/zoo?list=true"] {
        refused(&kv.get(&kv.at(path)).await, 404, json!([]));
    }
    assert_eq!(kv.get(&format!("{root}?list=maybe")).await.status, 400);
    refused(&kv.get(&root).await, 404, json!([]));
    // What is deleted is still listed; what is erased is not.
    nothing(&kv.delete(&kv.at("data/zoo")).await);
    assert_eq!(keys(&kv.get(&format!("{root}?list=true")).await), expected);
    nothing(&kv.delete(&kv.at("metadata/zoo")).await);
    assert_eq!(
        keys(&kv.get(&format!("{root}?list=true")).await),
        json!(["foo", "foo/"])
    );
}

#[tokio::test]
async fn what_is_said_has_bounds() {
    let kv = Kv::start().await;
    let path = kv.at("metadata/b");
    let many: serde_json::Map<String, Value> = (0..65).map(|n| (format!("k{n}"), json!("v"))).collect();
    for custom in [
        json!({"k": ""}),
        json!({"": "v"}),
        json!({"k": "x".repeat(513)}),
        json!({"x".repeat(129): "v"}),
        json!({"k": "a\nb"}),
        json!({"k": {}}),
        json!("text"),
        Value::Object(many),
        json!({"created_by": "somebody"}),
    ] {
        let answer = kv.put(&path, json!({ "custom_metadata": custom })).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(
            answer["errors"][0].as_str().unwrap().contains("custom_metadata"),
            "{}",
            answer.text
        );
    }
    for body in [
        json!({"max_versions": -1}),
        json!({"cas_required": "maybe"}),
        json!({"delete_version_after": "1h"}),
    ] {
        assert_eq!(kv.put(&path, body.clone()).await.status, 400, "{body}");
    }
    nothing(
        &kv.put(&path, json!({"delete_version_after": "0s", "max_versions": "3"}))
            .await,
    );
}
