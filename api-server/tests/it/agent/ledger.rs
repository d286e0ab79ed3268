//! Which pod holds which version.

use super::*;

#[tokio::test]
async fn the_ledger_follows_deliveries_and_acknowledgements() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    assert!(world.ledger().await.is_empty());
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    let line = world.ledger().await.remove(0);
    assert_eq!(
        (&line["pod"], &line["podUid"], &line["namespace"]),
        (&json!("web"), &json!("uid-web"), &json!("acme"))
    );
    assert_eq!(
        (&line["delivered"], &line["acknowledged"], &line["lagging"]),
        (&json!(1), &json!(null), &json!(true))
    );

    world.ack("web", &[("A", 1)]).await.expect(204);
    let line = world.ledger().await.remove(0);
    assert_eq!(
        (&line["acknowledged"], &line["lagging"]),
        (&json!(1), &json!(false))
    );

    world.put("A", "two").await;
    stream.values().await;
    let line = world.ledger().await.remove(0);
    assert_eq!(
        (&line["delivered"], &line["acknowledged"], &line["current"]),
        (&json!(2), &json!(1), &json!(2))
    );
    assert_eq!((&line["started"], &line["lagging"]), (&json!(1), &json!(true)));
    let path = "/organizations/acme/vaults/default/environments/default/consumers?name=B";
    assert_eq!(world.server.get(path).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_pod_acknowledges_only_what_it_was_sent() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    assert_eq!(world.ack("web", &[("A", 2)]).await.code(404), "not_found");
    assert_eq!(world.ack("web", &[("B", 1)]).await.code(404), "not_found");
    assert_eq!(world.ack("other", &[("A", 1)]).await.code(404), "not_found");
    assert_eq!(world.ack("web", &[("A", 0)]).await.code(400), "invalid");
    assert_eq!(world.ack("web", &[("../A", 1)]).await.code(400), "invalid");
}
