//! A pod whose server does not answer starts with its bundle, and says when that is over.

use std::collections::BTreeMap;

use coffer_bundle::{ROOT_BYTES, RootKeys, seal};
use coffer_wire::bundle::{BundleContent, BundleIdentity, Header, KeyAnswer, KeyRequest};
use coffer_wire::{Delivered, SecretValue};
use serde_json::{Value, json};

use crate::pod::{CANARY, Pod, until, values};
use crate::server::{Authority, Exchange, Server};

fn identity() -> BundleIdentity {
    BundleIdentity {
        namespace: "shop".into(),
        service_account: "web".into(),
        content: BundleContent {
            organization: "shop".into(),
            vault: "app".into(),
            environment: "production".into(),
            names: Some(vec!["a".into(), "app/b".into()]),
            max_stale: 3600,
        },
    }
}

fn bundle(keys: &RootKeys) -> Vec<u8> {
    let header = Header {
        generation: keys.generation(),
        issued: 1000,
        max_stale: 3600,
        salt: [1; 32],
    };
    let one = |tail: &str| Delivered {
        version: 1,
        value: SecretValue::from(format!("{CANARY}{tail}")),
    };
    let secrets = BTreeMap::from([("a".to_owned(), one("-old")), ("app/b".to_owned(), one("-b"))]);
    seal(keys, &header, &identity(), secrets).unwrap()
}

/// As the injector does, once it knows the pod.
fn give_key(keys: &RootKeys, asked: Exchange) {
    assert_eq!(asked.path, "/coffer/v1/bundle/key");
    assert_eq!(asked.token, "token-1");
    let request: KeyRequest = serde_json::from_value(asked.body.clone()).unwrap();
    assert_eq!(request.content, identity().content);
    let header = Header::parse(&request.header).unwrap();
    let key = keys.derive(&header, &identity()).unwrap();
    let key = SecretValue::new(key.to_vec());
    asked.answer(200, &serde_json::to_value(KeyAnswer { key }).unwrap());
}

#[test]
fn a_held_pod_starts_from_its_bundle_and_says_when_that_is_over() {
    let (authority, injectors) = (Authority::new(), Authority::new());
    let (server, injector) = (Server::start(&authority), Server::start(&injectors));
    let keys = RootKeys::new(SecretValue::new(vec![4; ROOT_BYTES]), None).unwrap();
    let mut pod = Pod::new(&server.url, &authority.pem);
    std::fs::write(pod.path("bundle"), bundle(&keys)).unwrap();
    pod.config["stale"] = json!({
        "maxStale": 3600, "bundle": pod.path("bundle"), "keys": injector.url, "trust": injectors.pem,
    });
    let mut wait = pod.spawn(pod.command("wait"));
    let agent = pod.run();
    let keys = &keys;
    let (mut stream, injector) = std::thread::scope(|scope| {
        let given = scope.spawn(move || {
            give_key(keys, injector.watch());
            injector
        });
        loop {
            let watch = server.watch();
            assert_eq!(watch.body["maxStale"], 3600);
            if given.is_finished() {
                break (watch.begin(), given.join().unwrap());
            }
            watch.answer(503, &json!({"code": "unavailable", "message": "not now"}));
        }
    });
    assert!(wait.ended().success(), "the application starts");
    assert_eq!(pod.text("env/A").unwrap(), format!("A='{CANARY}-old'\n"));
    assert!(pod.path("state/stale").exists());

    // Another run of the agent still owes its word.
    drop(agent);
    drop(stream);
    let _agent = pod.run();
    stream = server.watch().begin();
    stream.send(&values(&[("a", 2, "-new"), ("app/b", 1, "-b")]));
    assert_eq!(server.accepted(), json!({"a": 2, "app/b": 1}));
    let told = injector.watch();
    assert_eq!(
        (told.path.as_str(), told.token.as_str()),
        ("/coffer/v1/bundle/current", "token-1")
    );
    told.answer(204, &Value::Null);
    until(
        || "it forgets that it was stale".to_owned(),
        || !pod.path("state/stale").exists(),
    );
    assert_eq!(pod.text("files/plain").unwrap(), format!("{CANARY}-new"));
}
