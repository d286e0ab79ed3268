//! One secret, every door: what one writes all read, with the same value and version; whom one denies all deny,
//! and none tells whether the thing exists.
//!
//! A door takes part with a [`Door`], in a file of its own beside this one, and a line in [`all`]. All are looked at
//! through the same principals: native API keys, which every door takes in its own form.

mod canonical;
mod keynest;
mod keyway;
mod kv2;
mod native;
mod secryn;

use async_trait::async_trait;
use coffer_api_server::{bootstrap::bootstrap, http::settings::DoorSettings};
use coffer_domain::name::OrgName;
use serde_json::json;

use crate::support::{Choices, ORG, Reply, TestServer};

/// The vault that everything is in, in [`ORG`], environment `default`.
pub const VAULT: &str = "shared";

/// What a door answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is there.
    Value { value: String, version: u64 },
    /// It was written.
    Written,
    /// It is hidden behind a mask.
    Masked,
    /// No, with this status and text.
    Denied(u16, String),
}

impl Seen {
    /// A refusal as it came, without what differs from request to request.
    pub fn denied(reply: &Reply) -> Self {
        let id = reply.header("x-request-id");
        let text = if id.is_empty() {
            reply.text.clone()
        } else {
            reply.text.replace(id, "<id>")
        };
        Self::Denied(reply.status, text)
    }

    fn value(value: &str, version: u64) -> Self {
        Self::Value {
            value: value.to_owned(),
            version,
        }
    }

    /// The status of a refusal.
    fn status(&self) -> u16 {
        match self {
            Self::Denied(status, _) => *status,
            other => panic!("not denied: {other:?}"),
        }
    }
}

/// A way in, as one of its clients goes it.
#[async_trait]
pub trait Door: Sync {
    fn name(&self) -> &'static str;

    /// Writes a value of the vault in this organization, whether there is one or not.
    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen;

    /// Reads it, with the version that this door shows.
    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen;
}

/// A secret of environment `default`.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub organization: &'a str,
    pub vault: &'a str,
    pub name: &'a str,
}

fn at(name: &str) -> At<'_> {
    At {
        organization: ORG,
        vault: VAULT,
        name,
    }
}

fn all() -> [&'static dyn Door; 6] {
    [
        &native::Native,
        &secryn::Secryn,
        &keyway::Keyway,
        &canonical::Canonical,
        &keynest::KeyNest,
        &kv2::Kv2,
    ]
}

/// A server without rates, with the vault.
async fn server() -> TestServer {
    let off = [
        "secryn.default=off",
        "keyway.default=off",
        "keyway.value=off",
        "keynest.user=off",
        "keynest.burst=off",
    ];
    let doors = DoorSettings {
        rates: off.map(|rate| rate.parse().unwrap()).into(),
        ..DoorSettings::default()
    };
    let server = TestServer::with(Choices {
        doors: doors.with_failures(None),
        ..Choices::default()
    })
    .await;
    let path = format!("/organizations/{ORG}/vaults");
    server.post(&path, &json!({"name": VAULT})).await.expect(201);
    server
}

#[tokio::test]
async fn what_one_door_writes_every_door_reads_with_the_same_version() {
    let server = server().await;
    for first in all() {
        let name = format!("BY_{}", first.name().to_uppercase());
        let mut version = 0;
        // Made at one door, then changed at each.
        for writer in [first].into_iter().chain(all()) {
            let value = format!("by-{}-{version}", writer.name());
            let written = writer.write(&server, &server.admin, at(&name), &value).await;
            assert_eq!(written, Seen::Written, "{} writes {name}", writer.name());
            version += 1;
            for reader in all() {
                let read = reader.read(&server, &server.admin, at(&name)).await;
                let said = format!("{} writes {name}, {} reads", writer.name(), reader.name());
                assert_eq!(read, Seen::value(&value, version), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn who_has_no_grant_is_denied_at_every_door_and_learns_nothing() {
    let server = server().await;
    let first = all()[0];
    first
        .write(&server, &server.admin, at("SECRET"), "the-value")
        .await;
    let elsewhere =
        json!({"permissions": ["secrets:read", "secrets:list", "secrets:write"], "vault": "default"});
    let elsewhere = server.key_for(elsewhere).await;
    let stranger = bootstrap(&server.coffer, &OrgName::new("stranger").unwrap())
        .await
        .unwrap();
    let stranger = String::from_utf8(stranger.token.reveal().to_vec()).unwrap();
    let guess = "coffer_000000000000000000000000000000000000";
    for (who, token, statuses) in [
        ("a key for another vault", elsewhere.as_str(), [403, 404]),
        ("another tenant's administrator", &stranger, [404, 404]),
        ("a guess", guess, [401, 401]),
    ] {
        for door in all() {
            let about = format!("{who} at {}", door.name());
            let there = door.read(&server, token, at("SECRET")).await;
            assert!(statuses.contains(&there.status()), "{about}: {there:?}");
            assert!(!format!("{there:?}").contains("the-value"), "{about}");
            let not_there = door.read(&server, token, at("NOT_THERE")).await;
            assert_eq!(named(&there, "SECRET"), named(&not_there, "NOT_THERE"), "{about}");
            let written = door.write(&server, token, at("SECRET"), "other").await;
            assert!(statuses.contains(&written.status()), "{about}: {written:?}");
            let made = door.write(&server, token, at("NOT_THERE"), "other").await;
            assert_eq!(named(&written, "SECRET"), named(&made, "NOT_THERE"), "{about}");
        }
    }
    for door in all() {
        // To another tenant a vault that there is, is one that there is not.
        let vault = |vault: &'static str| At {
            vault,
            ..at("SECRET")
        };
        let there = door.read(&server, &stranger, vault(VAULT)).await;
        let not_there = door.read(&server, &stranger, vault("nowhere")).await;
        assert_eq!(
            named(&there, VAULT),
            named(&not_there, "nowhere"),
            "{}",
            door.name()
        );
        let read = door.read(&server, &server.admin, at("SECRET")).await;
        assert_eq!(
            read,
            Seen::value("the-value", 1),
            "{}: nothing was written",
            door.name()
        );
    }
}

/// A refusal without the name that was asked for.
fn named(seen: &Seen, name: &str) -> Seen {
    match seen {
        Seen::Denied(status, text) => Seen::Denied(*status, text.replace(name, "<name>")),
        other => other.clone(),
    }
}

#[tokio::test]
async fn who_may_only_read_writes_at_no_door_and_who_may_only_list_sees_no_value() {
    let server = server().await;
    let first = all()[0];
    first
        .write(&server, &server.admin, at("SECRET"), "the-value")
        .await;
    let reads = server.key(&["secrets:read", "secrets:list"]).await;
    let lists = server.key(&["secrets:list"]).await;
    for door in all() {
        let read = door.read(&server, &reads, at("SECRET")).await;
        assert_eq!(read, Seen::value("the-value", 1), "{}", door.name());
        for token in [&reads, &lists] {
            let written = door.write(&server, token, at("SECRET"), "other").await;
            assert_eq!(written.status(), 403, "{}: {written:?}", door.name());
        }
        let listed = door.read(&server, &lists, at("SECRET")).await;
        let hidden = listed == Seen::Masked || listed.status() == 403;
        assert!(hidden, "{}: {listed:?}", door.name());
    }
}
