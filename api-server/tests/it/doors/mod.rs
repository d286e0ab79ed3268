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
mod v_secure;

use async_trait::async_trait;
use coffer_api_server::{bootstrap::bootstrap, http::settings::DoorSettings};
use coffer_domain::name::OrgName;
use serde_json::json;

use crate::support::{Choices, ORG, Reply, TestServer};

/// The vaults that everything is in, in [`ORG`], environment `default`: the one that each account has, which is all
/// that some doors reach, and another one.
const VAULTS: [&str; 2] = ["shared", "default"];

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

    /// Whether it has a way to this vault of an organization.
    fn reaches(&self, _vault: &str) -> bool {
        true
    }

    /// Whether its clients say which organization they mean. Where they do not, it is their own.
    fn names_organizations(&self) -> bool {
        true
    }

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

fn at<'a>(vault: &'a str, name: &'a str) -> At<'a> {
    At {
        organization: ORG,
        vault,
        name,
    }
}

const ALL: [&dyn Door; 7] = [
    &native::Native,
    &secryn::Secryn,
    &keyway::Keyway,
    &canonical::Canonical,
    &keynest::KeyNest,
    &v_secure::VSecure,
    &kv2::Kv2,
];

/// The doors that reach a vault.
fn all(vault: &str) -> Vec<&'static dyn Door> {
    ALL.into_iter().filter(|door| door.reaches(vault)).collect()
}

/// Who has no part in [`ORG`] and everything to say in their own.
const STRANGER: &str = "another tenant's administrator";

/// A server without rates, with the vaults.
async fn server() -> TestServer {
    let off = [
        "secryn.default=off",
        "keyway.default=off",
        "keyway.value=off",
        "keynest.user=off",
        "keynest.burst=off",
        "v-secure.default=off",
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
    server.post(&path, &json!({"name": VAULTS[0]})).await.expect(201);
    server
}

#[tokio::test]
async fn what_one_door_writes_every_door_reads_with_the_same_version() {
    let server = server().await;
    assert_eq!(VAULTS.map(|vault| all(vault).len()), [6, 7]);
    for vault in VAULTS {
        for first in all(vault) {
            let name = format!("BY_{}", first.name().to_uppercase());
            let mut version = 0;
            // Made at one door, then changed at each.
            for writer in [first].into_iter().chain(all(vault)) {
                let value = format!("by-{}-{version}", writer.name());
                let written = writer
                    .write(&server, &server.admin, at(vault, &name), &value)
                    .await;
                assert_eq!(written, Seen::Written, "{} writes {vault}/{name}", writer.name());
                version += 1;
                for reader in all(vault) {
                    let read = reader.read(&server, &server.admin, at(vault, &name)).await;
                    let said = format!("{} writes {vault}/{name}, {} reads", writer.name(), reader.name());
                    assert_eq!(read, Seen::value(&value, version), "{said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn who_has_no_grant_is_denied_at_every_door_and_learns_nothing() {
    let server = server().await;
    for (vault, other) in [(VAULTS[0], VAULTS[1]), (VAULTS[1], VAULTS[0])] {
        ALL[0]
            .write(&server, &server.admin, at(vault, "PRESENT"), "the-value")
            .await;
        let elsewhere =
            json!({"permissions": ["secrets:read", "secrets:list", "secrets:write"], "vault": other});
        let elsewhere = server.key_for(elsewhere).await;
        let guess = "coffer_000000000000000000000000000000000000";
        for (who, token, statuses) in [
            ("a key for another vault", Some(elsewhere.as_str()), [403, 404]),
            (STRANGER, None, [404, 404]),
            ("a guess", Some(guess), [401, 401]),
        ] {
            for door in all(vault) {
                // Another one at each door: what they have of their own at one is there at the others.
                let token = match token {
                    Some(token) => token.to_owned(),
                    None => stranger(&server, &format!("{}-{vault}", door.name())).await,
                };
                let token = token.as_str();
                let about = format!("{who} at {} in {vault}", door.name());
                let there = door.read(&server, token, at(vault, "PRESENT")).await;
                assert!(statuses.contains(&there.status()), "{about}: {there:?}");
                assert!(!format!("{there:?}").contains("the-value"), "{about}");
                let not_there = door.read(&server, token, at(vault, "NOT_THERE")).await;
                assert_eq!(
                    named(&there, "PRESENT"),
                    named(&not_there, "NOT_THERE"),
                    "{about}"
                );
                let written = door.write(&server, token, at(vault, "PRESENT"), "other").await;
                if who == STRANGER && is_own(door, vault) {
                    // They wrote a secret of their own, or there is none to be written; ours is looked at below.
                    let own = written == Seen::Written || written.status() == 404;
                    assert!(own, "{about}: {written:?}");
                    continue;
                }
                assert!(statuses.contains(&written.status()), "{about}: {written:?}");
                let made = door.write(&server, token, at(vault, "NOT_THERE"), "other").await;
                assert_eq!(named(&written, "PRESENT"), named(&made, "NOT_THERE"), "{about}");
            }
        }
        let stranger = stranger(&server, &format!("last-{vault}")).await;
        for door in all(vault) {
            hidden(&server, door, vault, &stranger).await;
        }
    }
}

/// Whether somebody else who asks for this vault means the one of their own, which every tenant here has.
fn is_own(door: &dyn Door, vault: &str) -> bool {
    vault == VAULTS[1] && !door.names_organizations()
}

/// To another tenant a vault that there is, is one that there is not; and nothing in it has changed.
async fn hidden(server: &TestServer, door: &dyn Door, vault: &str, stranger: &str) {
    if !is_own(door, vault) {
        let there = door.read(server, stranger, at(vault, "PRESENT")).await;
        let not_there = door.read(server, stranger, at("nowhere", "PRESENT")).await;
        // One of the vaults is called as the environment is, which a refusal may name too.
        let plain = |seen: &Seen, vault: &str| named(&named(seen, vault), "default");
        let about = format!("{} in {vault}", door.name());
        assert_eq!(plain(&there, vault), plain(&not_there, "nowhere"), "{about}");
    }
    let read = door.read(server, &server.admin, at(vault, "PRESENT")).await;
    assert_eq!(
        read,
        Seen::value("the-value", 1),
        "{}: nothing was written",
        door.name()
    );
}

/// The administrator of a fresh tenant.
async fn stranger(server: &TestServer, name: &str) -> String {
    let made = bootstrap(&server.coffer, &OrgName::new(name).unwrap())
        .await
        .unwrap();
    String::from_utf8(made.token.reveal().to_vec()).unwrap()
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
    let reads = server.key(&["secrets:read", "secrets:list"]).await;
    let lists = server.key(&["secrets:list"]).await;
    for vault in VAULTS {
        ALL[0]
            .write(&server, &server.admin, at(vault, "PRESENT"), "the-value")
            .await;
        for door in all(vault) {
            let about = format!("{} in {vault}", door.name());
            let read = door.read(&server, &reads, at(vault, "PRESENT")).await;
            assert_eq!(read, Seen::value("the-value", 1), "{about}");
            for token in [&reads, &lists] {
                let written = door.write(&server, token, at(vault, "PRESENT"), "other").await;
                assert_eq!(written.status(), 403, "{about}: {written:?}");
            }
            let listed = door.read(&server, &lists, at(vault, "PRESENT")).await;
            let hidden = listed == Seen::Masked || listed.status() == 403;
            assert!(hidden, "{about}: {listed:?}");
        }
    }
}
