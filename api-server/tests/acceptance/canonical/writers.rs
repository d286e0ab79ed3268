use serde_json::json;

use super::{Canonical, keeper::by_either};

by_either! {
    a_deleted_secret_is_written_anew,
    concurrent_writers_of_several_keys_lose_none,
}

const API: &str = "openbao+kv2://secret/app/api";

/// What is deleted may be written again, from an empty map.
async fn a_deleted_secret_is_written_anew() {
    let door = Canonical::start().await;
    door.set(API, json!({"token": "x"})).await;
    door.delete(&format!("?uri={API}")).await.expect(200);
    assert_eq!(door.set(&format!("{API}#fresh"), json!("x")).await, json!(2));
    assert_eq!(door.value(API).await.expect(200).json, json!({"fresh": "x"}));
}

/// Writers of different keys at the same time lose none of them.
async fn concurrent_writers_of_several_keys_lose_none() {
    let door = Canonical::start().await;
    let write = |number: usize| {
        let body = json!({"uri": format!("{API}#k{number}"), "value": number});
        door.post("", body)
    };
    let answers = futures::future::join_all((0..8).map(write)).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let map = door.value(API).await.expect(200);
    assert_eq!(
        (
            map.json.as_object().unwrap().len(),
            map.header("x-secret-version")
        ),
        (8, "8")
    );
}
