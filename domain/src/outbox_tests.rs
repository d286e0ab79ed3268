use super::*;

fn subscription(events: &[&str]) -> Subscription {
    Subscription {
        labels: BTreeMap::new(),
        url: "https://example.com/hook".into(),
        events: events.iter().map(|&event| event.to_owned()).collect(),
        active: true,
        door: "secryn".into(),
        secret: "s".into(),
    }
}

#[test]
fn a_subscription_hears_what_it_named() {
    for (events, event, wants) in [
        (&["secret.created"][..], "secret.created", true),
        (&["secret.created"], "secret.updated", false),
        (&["secret.*"], "secret.updated", true),
        (&["resource.*"], "secret.updated", false),
        (&["resource.*", "key.deleted"], "key.deleted", true),
        (&["*"], "vault.created", true),
        (&["secret"], "secret.created", false),
    ] {
        assert_eq!(subscription(events).wants(event), wants, "{events:?} {event}");
    }
    let silent = Subscription {
        active: false,
        ..subscription(&["*"])
    };
    assert!(!silent.wants("secret.created"));
}

#[test]
fn only_absolute_web_addresses_without_credentials_are_kept() {
    let at = |url: &str| Subscription {
        url: url.into(),
        ..subscription(&["*"])
    };
    for url in [
        "https://example.com",
        "http://127.0.0.1:8080/a?b",
        "https://[::1]/x",
    ] {
        assert!(at(url).check().is_ok(), "{url}");
    }
    for url in [
        "not a url",
        "ftp://example.com",
        "https://",
        "https:///path",
        "https://user:pw@example.com",
        "https://:80/",
        "/path",
        "https://a b",
        "https://a\r\nX: y",
    ] {
        assert!(at(url).check().is_err(), "{url}");
    }
    assert!(subscription(&[]).check().is_err());
}

#[test]
fn a_failed_delivery_is_tried_ever_more_rarely_and_then_given_up() {
    let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut delivery = Delivery {
        about: Value::Null,
        subscriber: OrgId::from_bytes([1; 16]),
        subscription: "wh_1".into(),
        event: "secret.created".into(),
        body: "{}".into(),
        attempts: 0,
        next_at: Some(now),
        forget_at: None,
        failure: None,
    };
    let mut waited = SignedDuration::ZERO;
    for attempt in 1..=8 {
        delivery = delivery.failed(now, "status 500");
        let next = delivery.next_at.unwrap();
        assert!(next.duration_since(now) > waited, "attempt {attempt}");
        waited = next.duration_since(now);
        now = next;
    }
    delivery = delivery.failed(now, &"x".repeat(1000));
    assert_eq!((delivery.next_at, delivery.attempts), (None, 9));
    assert!(delivery.forget_at.unwrap() > now);
    assert_eq!(delivery.failure.unwrap().len(), 200);
}

/// RFC 4231, test case 2.
#[test]
fn a_signature_is_hmac_sha_256() {
    assert_eq!(
        signature(&"Jefe".into(), b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}
