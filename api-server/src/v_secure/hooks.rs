//! Deliveries in this door's words: its payload, and its signatures.

use coffer_domain::{outbox::signature, usecase::outbox::Due};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{id, words};
use crate::http::{dialect::Shaped, fields::FieldFault, time};

/// The label of a subscription that says whether it is of a sandbox.
pub const MODE: &str = "mode";

/// What a URL must be to be kept; where its host leads is for the deliverer to judge.
pub fn check_url(field: &str, url: &str) -> Result<(), FieldFault> {
    let wrong = || {
        FieldFault::new(
            field,
            "must be an absolute http or https URL of a public host, without credentials",
        )
    };
    let parsed: reqwest::Url = url.parse().map_err(|_| wrong())?;
    let plain = matches!(parsed.scheme(), "http" | "https")
        && parsed.username().is_empty()
        && parsed.password().is_none();
    if plain && parsed.host_str().is_some_and(|host| !host.is_empty()) {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// A delivery at one attempt: the body tells which attempt it is, so each has its own signatures.
pub fn shape(due: &Due, now: Timestamp) -> Shaped {
    let kept = &due.delivery.body;
    // What the outbox wrote is JSON.
    let plain: Value = serde_json::from_str(&kept.body).unwrap_or_default();
    let name = event(&kept.event);
    let at = time::seconds(due.delivery.created_at);
    let delivery = id::of("evt_", due.delivery.key.trim_start_matches("evt_"));
    let body = json!({
        "id": delivery,
        "type": name,
        "createdAt": at,
        "created": at,
        "webhookId": kept.subscription,
        "attempt": kept.attempts + 1,
        "livemode": due.labels.get(MODE).is_none_or(|mode| mode != "test"),
        "data": data(&name, &plain["data"], &kept.about),
    })
    .to_string();
    let stamp = now.as_second();
    let signed = signature(&due.secret, format!("{stamp}.{body}").as_bytes());
    Shaped {
        body,
        event: name,
        headers: vec![
            ("x-lanonasis-signature", format!("t={stamp},v1={signed}")),
            ("x-lanonasis-delivery", delivery),
            ("user-agent", "Lanonasis-Webhooks/1.0".to_owned()),
        ],
    }
}

/// Keys and certificates of other doors are secrets here.
fn event(name: &str) -> String {
    match name.split_once('.') {
        Some(("key" | "certificate", verb)) => format!("secret.{verb}"),
        _ => name.to_owned(),
    }
}

fn data(name: &str, plain: &Value, about: &Value) -> Value {
    let (kind, actor) = words::actor(about["actor"].as_str().unwrap_or_default());
    let actor = json!({ "type": kind, "id": actor });
    let own = |prefix: &str| plain["id"].as_str().map(|text| id::of(prefix, text));
    match name.split_once('.').map_or(name, |(kind, _)| kind) {
        "apikey" => json!({
            "apiKey": { "id": own(id::KEY), "name": plain["name"] },
            "actor": actor,
        }),
        "secret" if plain["id"].is_string() => json!({
            "secret": {
                "id": own(id::SECRET),
                "name": plain["name"],
                "version": plain["version"],
                "tags": about["tags"],
            },
            "actor": actor,
        }),
        "secret" => json!({ "secret": { "name": short(plain) }, "actor": actor }),
        _ => json!({ "resource": plain["target"].as_str().map(resource), "actor": actor }),
    }
}

/// The name at the end of an address.
fn short(plain: &Value) -> Option<&str> {
    plain["target"].as_str()?.splitn(6, '/').nth(5)
}

fn resource(target: &str) -> String {
    target
        .strip_prefix("agent:")
        .map_or_else(|| target.to_owned(), |uri| format!("{}{uri}", words::SCHEME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_absolute_and_without_credentials() {
        check_url("url", "https://your-app.com/webhooks/vsecure").unwrap();
        for url in [
            "",
            "nonsense",
            "/relative",
            "ftp://a.example/",
            "https://u:p@a.example/",
            "http://",
        ] {
            assert!(check_url("url", url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_payload_says_what_changed_and_by_whom() {
        let plain = json!({ "id": "0198-1", "name": "A", "version": 2 });
        let about = json!({ "actor": "key:0198-2", "tags": ["x"] });
        let told = data("secret.updated", &plain, &about);
        assert_eq!(
            told["secret"],
            json!({"id": "sec_01981", "name": "A", "version": 2, "tags": ["x"]})
        );
        assert_eq!(told["actor"]["id"], "key_01982");
        let told = data("apikey.rotated", &plain, &about);
        assert_eq!(told["apiKey"]["id"], "key_01981");
        let plain = json!({ "target": "coffer://o/default/default/OLD" });
        assert_eq!(data("secret.expired", &plain, &about)["secret"]["name"], "OLD");
        let plain = json!({ "target": "agent:secrets/production/A" });
        assert_eq!(
            data("mcp.approval_granted", &plain, &about)["resource"],
            "vsecure://secrets/production/A"
        );
    }
}
