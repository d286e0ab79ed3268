//! What a pod is told when it cannot be given what it wants.

use super::*;

#[tokio::test]
async fn what_cannot_be_given_at_first_is_told_with_the_reason() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("DATABASE_URL", "x").await;
    let missing = world
        .watch("web", &json!({"names": ["DATABSE_URL"]}))
        .await
        .held()
        .await;
    assert_eq!(
        (&*missing.code, &missing.names),
        ("not_found", &vec!["DATABSE_URL".to_owned()])
    );
    assert!(
        missing.message.contains("did you mean DATABASE_URL?"),
        "{missing:?}"
    );
    let vault = world
        .watch("web", &json!({"vault": "defualt"}))
        .await
        .held()
        .await;
    assert!(vault.message.contains("did you mean default?"), "{vault:?}");
    world.let_in(&["OTHER"]).await;
    let refused = world
        .watch("web", &json!({"names": ["DATABASE_URL"]}))
        .await
        .held()
        .await;
    assert_eq!(
        (&*refused.code, &refused.names),
        ("forbidden", &vec!["DATABASE_URL".to_owned()])
    );
    let told = world.server.told.0.lock().clone();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|(pod, _)| pod == "web"));
}

#[tokio::test]
async fn what_was_missing_arrives_on_the_stream_that_waits_for_it() {
    let world = World::new(Duration::from_secs(15)).await;
    let mut secret = world.watch("web", &json!({"names": ["LATE"]})).await;
    let mut vault = world
        .watch("web", &json!({"vault": "late", "names": ["A"]}))
        .await;
    let mut organization = world
        .watch("web", &json!({"organization": "later", "names": ["A"]}))
        .await;
    for stream in [&mut secret, &mut vault, &mut organization] {
        assert_eq!(stream.held().await.code, "not_found");
    }
    world.put("LATE", "here").await;
    assert_eq!(secret.values().await, [triple("LATE", 1, "here")]);

    world.let_into("acme", "late", &["*"]).await;
    assert_eq!(
        vault.held().await.names,
        ["A"],
        "the vault is there, the secret is not"
    );
    let path = "/organizations/acme/vaults/late/environments/default/secrets/A";
    world.server.put(path, &body("one")).await.expect(201);
    assert_eq!(vault.values().await, [triple("A", 1, "one")]);

    world.let_into("later", "default", &["*"]).await;
    assert_eq!(organization.held().await.names, ["A"]);
}

#[tokio::test]
async fn a_pod_that_is_not_let_in_is_told_by_its_own_namespace_alone() {
    let world = World::new(Duration::from_secs(15)).await;
    world.let_in(&[]).await;
    let own = world.watch("web", &json!({"names": []})).await.held().await;
    assert!(own.message.contains("spec.access"), "{own:?}");

    let stranger = world.token_elsewhere("web");
    let told = async |vault: &str| {
        let request = json!({"organization": "acme", "vault": vault, "environment": "default", "names": []});
        let response = world.post(WATCH_PATH, &stranger, &request).await;
        Stream(Lines::of(response)).held().await.message
    };
    let (hidden, missing) = (told("default").await, told("zzz").await);
    assert_eq!(hidden.replace("default", "X"), missing.replace("zzz", "X"));
}

#[tokio::test]
async fn a_value_that_an_env_file_cannot_carry_is_never_sent() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "it's hunter2").await;
    let wanted = json!({"names": ["A"], "envFileNames": ["A"]});
    let refused = world.watch("web", &wanted).await.held().await;
    assert_eq!(
        (&*refused.code, &refused.names),
        ("unfit_for_env_file", &vec!["A".to_owned()])
    );
    assert!(
        refused.message.contains("single quote") && refused.message.contains("coffer.dev/mode: exec"),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains("hunter2"));
    assert!(world.ledger().await.is_empty(), "nothing was delivered");

    let mut file = world.watch("file", &json!({"names": ["A"]})).await;
    assert_eq!(file.values().await, [triple("A", 1, "it's hunter2")]);

    world.put("A", "fine").await;
    let mut stream = world.watch("web", &wanted).await;
    assert_eq!(stream.values().await, [triple("A", 2, "fine")]);
    world.put("A", "").await;
    assert_eq!(stream.held().await.code, "unfit_for_env_file");
    world.put("A", "fine again").await;
    assert_eq!(stream.values().await, [triple("A", 4, "fine again")]);
}

#[tokio::test]
async fn a_stream_is_held_while_rights_or_secrets_are_missing() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;

    world.server.delete(&secret("A")).await.expect(200);
    assert_eq!(stream.held().await.names, ["A"]);
    world
        .server
        .send(Method::POST, &world.server.admin, &secret("A:undelete"), None)
        .await
        .expect(200);
    assert_eq!(stream.values().await, [triple("A", 1, "one")]);

    world.let_in(&[]).await;
    assert_eq!(stream.held().await.code, "forbidden");
    world.put("A", "unseen").await;
    world.let_in(&["*"]).await;
    assert_eq!(stream.values().await, [triple("A", 2, "unseen")]);
    assert_eq!(world.server.told.0.lock().len(), 2);
}

#[tokio::test]
async fn a_vault_made_anew_under_the_same_name_is_noticed() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "old").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    world
        .server
        .delete("/organizations/acme/vaults/default")
        .await
        .expect(204);
    assert_eq!(stream.held().await.code, "not_found");
    world.let_in(&["*"]).await;
    world.put("A", "new").await;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    loop {
        match stream.next().await.unwrap() {
            Message::Held(failure) => assert!(seen.insert(failure.message), "the same is held twice"),
            Message::Values { secrets } => {
                assert_eq!(secrets["A"].value.reveal(), b"new");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    world.put("A", "newer").await;
    assert_eq!(stream.values().await, [triple("A", 2, "newer")]);
}

#[tokio::test]
async fn api_keys_open_no_stream() {
    let world = World::new(PING).await;
    let request = json!({"organization": "acme", "vault": "default", "environment": "default"});
    let reply = Reply::of(world.post(WATCH_PATH, &world.server.admin, &request).await).await;
    assert_eq!(reply.code(401), "unauthenticated");
}

#[tokio::test]
async fn malformed_subscriptions_name_the_field() {
    let world = World::new(PING).await;
    let many: Vec<String> = (0..1001).map(|at| format!("S{at}")).collect();
    for (extra, told) in [
        (json!({"vault": "a/b"}), "vault name"),
        (json!({"names": ["A", "../B"]}), "names[1]"),
        (json!({"envFileNames": [""]}), "envFileNames[0]"),
        (json!({"names": many}), "names: holds at most 1000"),
        (json!({"nmaes": []}), "nmaes: is not a field here"),
    ] {
        let reply = world.try_watch("web", &extra).await.err().unwrap().expect(400);
        assert!(
            reply["message"].as_str().unwrap().contains(told),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn a_pod_reads_over_the_native_api_too_and_writes_nothing() {
    let world = World::new(PING).await;
    world.put("A", "one").await;
    let token = world.cluster.token("web", now());
    assert_eq!(
        world.server.get_as(&token, &secret("A")).await.expect(200)["value"],
        "one"
    );
    let me = world.server.get_as(&token, "/whoami").await.expect(200);
    assert_eq!(
        (&me["kind"], &me["serviceAccount"]),
        (&json!("workload"), &json!("app"))
    );
    assert_eq!(
        world
            .server
            .send(Method::PUT, &token, &secret("A"), Some(&body("x")))
            .await
            .code(403),
        "forbidden"
    );
    let elsewhere = world.token_elsewhere("web");
    assert_eq!(
        world.server.get_as(&elsewhere, &secret("A")).await.code(404),
        "not_found"
    );
}

#[tokio::test]
async fn a_namespace_has_so_many_streams_and_gets_back_those_that_end() {
    let cluster = Cluster::new();
    let choices = Choices {
        identity: Some(cluster.identity()),
        ping: PING,
        of_namespace: 2,
        ..Choices::default()
    };
    let world = World {
        server: TestServer::with(choices).await,
        cluster,
    };
    world.let_in(&["*"]).await;
    world.put("A", "x").await;
    let _given = world.watch("web", &json!({"names": ["A"]})).await;
    let mut held = world.watch("job", &json!({"names": ["MISSING"]})).await;
    assert_eq!(held.held().await.code, "not_found");
    let reply = world.try_watch("more", &json!({})).await.err().unwrap();
    assert_eq!((reply.status, &reply["code"]), (429, &json!("too_many_streams")));
    assert_eq!(reply.headers["retry-after"], "5");

    // Of another namespace, which has its own.
    let request = json!({"organization": "acme", "vault": "default", "environment": "default"});
    let elsewhere = world
        .post(WATCH_PATH, &world.token_elsewhere("more"), &request)
        .await;
    assert_eq!(elsewhere.status(), 200);

    drop(held);
    while world.try_watch("more", &json!({})).await.is_err() {
        tokio::time::sleep(PING).await;
    }
}
