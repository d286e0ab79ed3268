//! What a pod hears, and when its stream ends.

use super::*;

#[tokio::test]
async fn values_come_first_and_again_when_they_change() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    world.put("B", "x").await;
    let mut stream = world.watch("web", &json!({"names": ["A", "B"]})).await;
    assert_eq!(
        stream.values().await,
        [triple("A", 1, "one"), triple("B", 1, "x")]
    );
    world.put("A", "two").await;
    assert_eq!(
        stream.values().await,
        [triple("A", 2, "two"), triple("B", 1, "x")]
    );
}

#[tokio::test]
async fn other_secrets_do_not_disturb() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    world.put("B", "x").await;
    world.put("A", "two").await;
    assert_eq!(stream.values().await, [triple("A", 2, "two")]);
}

#[tokio::test]
async fn without_names_everything_that_may_be_read_comes() {
    let world = World::new(Duration::from_secs(15)).await;
    world.let_in(&["shown/*"]).await;
    world.put("shown/a", "1").await;
    world.put("hidden", "2").await;
    let mut stream = world.watch("web", &json!({})).await;
    assert_eq!(stream.values().await, [triple("shown/a", 1, "1")]);
    world.put("hidden", "3").await;
    world.put("shown/b", "4").await;
    assert_eq!(
        stream.values().await,
        [triple("shown/a", 1, "1"), triple("shown/b", 1, "4")]
    );
}

#[tokio::test]
async fn every_pod_hears_of_a_change() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    let mut streams = Vec::new();
    for pod in 0..30 {
        let mut stream = world.watch(&format!("web-{pod}"), &json!({"names": ["A"]})).await;
        stream.values().await;
        streams.push(stream);
    }
    world.put("A", "two").await;
    for stream in &mut streams {
        assert_eq!(stream.values().await, [triple("A", 2, "two")]);
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_token_does() {
    let world = World::new(PING).await;
    world.put("A", "one").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    world.server.clock.advance(SignedDuration::from_hours(2));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_when_its_pod_is_gone() {
    let world = World::new(PING).await;
    world.put("A", "one").await;
    let (mut web, mut other) = (
        world.watch("web", &json!({"names": ["A"]})).await,
        world.watch("other", &json!({"names": ["A"]})).await,
    );
    web.values().await;
    other.values().await;
    world.cluster.stop_pod("uid-web");
    assert!(web.next().await.is_none());
    world.put("A", "two").await;
    assert_eq!(other.values().await, [triple("A", 2, "two")]);
    assert_eq!(
        world.try_watch("web", &json!({})).await.err().unwrap().code(401),
        "unauthenticated"
    );
}

#[tokio::test]
async fn a_pod_that_is_being_deleted_is_told_once_and_still_served() {
    let world = World::new(Duration::from_secs(15)).await;
    let wanted = json!({"names": ["A"]});
    let (mut web, mut other) = (
        world.watch("web", &wanted).await,
        world.watch("other", &wanted).await,
    );
    web.held().await;
    other.held().await;
    world.cluster.delete_pod("uid-web");
    assert!(matches!(web.next().await, Some(Message::Leaving)));
    world.put("A", "one").await;
    assert_eq!(web.values().await, [triple("A", 1, "one")]);
    assert_eq!(other.values().await, [triple("A", 1, "one")]);
    let mut again = world.watch("web", &wanted).await;
    again.values().await;
    assert!(
        matches!(again.next().await, Some(Message::Leaving)),
        "on a new stream too"
    );
}

#[tokio::test]
async fn nothing_is_sent_to_a_pod_that_stopped_before_the_change() {
    let world = World::new(Duration::from_secs(15)).await;
    world.put("A", "one").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    world.cluster.stop_pod("uid-web");
    world.put("A", "two").await;
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_lives() {
    let world = World::new(PING).await;
    world.put("A", "one").await;
    let mut stream = world.watch("web", &json!({"names": ["A"]})).await;
    stream.values().await;
    for _ in 0..3 {
        assert_eq!(stream.0.next().await.unwrap(), r#"{"type":"ping"}"#);
    }
}
