//! Sessions, paths without a value, and what a caller may do.

use coffer_domain::{
    Error,
    audit::Origin,
    metadata::Retention,
    name::SecretName,
    principal::Principal,
    record::{Collection, RecordQuery},
    rights::Permission,
    secret_value::SecretValue,
    store::Store,
    usecase::{
        Caller,
        kv2::{Known, LONGEST, LONGEST_WAIT, Standing},
        secrets::{Becomes, Before},
    },
};
use jiff::{SignedDuration, Timestamp};

use crate::{World, org, run, secret, vault};

const HERE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

impl World {
    fn write(&self, caller: &Caller, name: &str, value: &str) -> Result<u64, Error> {
        let remake = |before: Before<'_>| {
            let value = SecretValue::from(value);
            Ok::<_, Error>(Becomes {
                value,
                metadata: before.metadata,
            })
        };
        let written = run(self.coffer.write_path(caller, &secret(name), &remake))?;
        Ok(written.meta.version.get())
    }

    fn describe(&self, caller: &Caller, name: &str, fresh: bool, most: u64) -> Result<(), Error> {
        run(self
            .coffer
            .describe_path(caller, &secret(name), fresh, |mut metadata| {
                metadata.retention = Some(Retention {
                    most,
                    ..Retention::default()
                });
                Ok(metadata)
            }))
    }

    fn login(&self, token: &str) -> Result<String, Error> {
        let Principal::ApiKey(key) = self.caller(token).principal else {
            panic!("a key");
        };
        let id = key.id.to_string();
        let origin = Origin::controller();
        let opened = run(self
            .coffer
            .open_key_session((&id, token), HERE, &origin, "auth/approle/login"))?;
        Ok(String::from_utf8(opened.token.secret().reveal().to_vec()).unwrap())
    }

    fn standing(&self, token: &str) -> Result<Standing, Error> {
        run(self.coffer.session_of(token, HERE))
    }
}

#[test]
fn what_is_said_of_a_path_becomes_the_secrets_with_its_first_version() {
    let world = World::new();
    let (writer, _) = world.key(
        "team",
        &[Permission::Write, Permission::List, Permission::Destroy],
    );
    assert!(matches!(
        world.describe(&writer, "new", false, 2),
        Err(Error::NotFound { .. })
    ));
    world.describe(&writer, "new", true, 3).unwrap();
    world.describe(&writer, "new", true, 2).unwrap();
    let known = run(world.coffer.known_path(&writer, &secret("new"))).unwrap();
    assert!(matches!(known, Known::Waiting(ref said) if said.metadata.retention.unwrap().most == 2));
    let names = run(world.coffer.all_paths(&writer, &secret("new").place)).unwrap();
    assert_eq!(names.iter().map(SecretName::as_str).collect::<Vec<_>>(), ["new"]);
    for version in 1..=4 {
        assert_eq!(world.write(&writer, "new", "v").unwrap(), version);
    }
    let known = run(world.coffer.known_path(&writer, &secret("new"))).unwrap();
    let Known::Secret(found, _) = known else {
        panic!("{known:?}");
    };
    assert_eq!(found.described().retention.unwrap().oldest, 3);
    run(world.coffer.erase_path(&writer, &secret("new"))).unwrap();
    // Nothing of it is left to come back.
    assert!(matches!(
        run(world.coffer.known_path(&writer, &secret("new"))),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn whoever_may_not_write_says_nothing_of_a_path() {
    let world = World::new();
    let (reader, _) = world.key("team", &[Permission::Read, Permission::List]);
    let (writer, _) = world.key("team", &[Permission::Write]);
    world.describe(&writer, "new", true, 2).unwrap();
    let forbidden =
        |found: Result<(), Error>| assert!(matches!(found, Err(Error::Forbidden { .. })), "{found:?}");
    forbidden(world.describe(&reader, "new", true, 1));
    forbidden(world.describe(&reader, "other", true, 1));
    forbidden(world.write(&reader, "new", "v").map(drop));
    forbidden(run(world.coffer.erase_path(&reader, &secret("new"))));
    forbidden(run(world.coffer.known_path(&writer, &secret("new"))).map(drop));
    let (stranger, _) = world.key("elsewhere", &Permission::ALL);
    assert!(matches!(
        run(world.coffer.known_path(&stranger, &secret("new"))),
        Err(Error::NotFound { what: "vault", .. })
    ));
}

#[test]
fn no_door_keeps_more_versions_than_said() {
    let world = World::new();
    let (writer, _) = world.key("team", &[Permission::Write, Permission::Read]);
    world.describe(&writer, "kept", true, 2).unwrap();
    world.write(&writer, "kept", "1").unwrap();
    // Other doors' writes count, too.
    for value in ["2", "3"] {
        world.put("kept", value);
    }
    let read = |number: u64| {
        let version = coffer_domain::address::Version::new(number);
        run(world.coffer.read_secret(&writer, &secret("kept"), version))
    };
    assert!(matches!(read(1), Err(Error::Destroyed { .. })));
    assert!(read(2).is_ok() && read(3).is_ok());
}

#[test]
fn looking_without_a_value_is_in_the_audit_log_and_is_no_read() {
    let world = World::new();
    let all = [
        Permission::Write,
        Permission::Read,
        Permission::List,
        Permission::Delete,
    ];
    let (writer, _) = world.key("team", &all);
    let last = || world.last_event(world.team.id).action;
    world.describe(&writer, "new", true, 2).unwrap();
    run(world.coffer.known_path(&writer, &secret("new"))).unwrap();
    assert_eq!(last(), "secret.versions");
    world.write(&writer, "new", "v").unwrap();
    let look = || run(world.coffer.look_at_secret(&writer, &secret("new"), None)).unwrap();
    assert!(look().value.is_some());
    assert_eq!(last(), "secret.read");
    run(world.coffer.delete_latest(&writer, &secret("new"))).unwrap();
    assert!(look().value.is_none());
    assert_eq!(last(), "secret.versions");
}

#[test]
fn a_session_is_good_for_as_long_as_its_key_and_its_time() {
    let world = World::new();
    let (_, token) = world.key("team", &[Permission::Read]);
    let session = world.login(&token).unwrap();
    assert_eq!(
        world.standing(&session).unwrap().organization.name.as_str(),
        "team"
    );
    world.clock.advance(SignedDuration::from_mins(59));
    world.standing(&session).unwrap();
    world.clock.advance(SignedDuration::from_mins(1));
    assert!(matches!(world.standing(&session), Err(Error::Unauthenticated(_))));
    let session = world.login(&token).unwrap();
    let holder = Caller {
        principal: world.standing(&session).unwrap().principal,
        origin: Origin::controller(),
    };
    let renewed = run(world.coffer.renew_session(&holder, &session, Some(i64::MAX))).unwrap();
    assert_eq!(renewed.body.ends_at, renewed.body.last_end);
    world.clock.advance(LONGEST);
    assert!(world.standing(&session).is_err());
    assert!(run(world.coffer.renew_session(&holder, &session, None)).is_err());
    let (session, other) = (world.login(&token).unwrap(), world.login(&token).unwrap());
    run(world.coffer.end_session(&holder, &session)).unwrap();
    assert!(world.standing(&session).is_err() && world.standing(&other).is_ok());
    let Principal::ApiKey(key) = &holder.principal else {
        panic!("a key");
    };
    run(world
        .coffer
        .revoke_api_key(&Caller::controller(), &org("team"), key.id))
    .unwrap();
    assert!(matches!(world.standing(&other), Err(Error::Unauthenticated(_))));
    assert!(world.login_of(&key.id.to_string(), &token).is_err());
}

impl World {
    fn login_of(&self, id: &str, token: &str) -> Result<(), Error> {
        let origin = Origin::controller();
        run(self
            .coffer
            .open_key_session((id, token), HERE, &origin, "auth/approle/login"))
        .map(drop)
    }
}

#[test]
fn a_login_needs_the_keys_own_id_and_token() {
    let world = World::new();
    let (one, token) = world.key("team", &[Permission::Read]);
    let (other, _) = world.key("team", &[Permission::Read]);
    let id = |caller: &Caller| match &caller.principal {
        Principal::ApiKey(key) => key.id.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(world.login_of(&id(&one), &token).is_ok());
    for (id, token) in [
        (id(&other), token.as_str()),
        (id(&one), "coffer_x"),
        (String::new(), &token),
    ] {
        assert!(matches!(
            world.login_of(&id, token),
            Err(Error::Unauthenticated(_))
        ));
    }
}

#[test]
fn abilities_are_what_the_grants_say_and_a_refusal_is_recorded() {
    let world = World::new();
    let (reader, _) = world.key("team", &[Permission::Read]);
    let asked = |caller: &Caller, name: &str| {
        run(world.coffer.abilities(caller, &org("team"), &vault(name), None)).unwrap()
    };
    let allowed = asked(&reader, "app").unwrap().allowed;
    assert_eq!(allowed, [Permission::Read].into());
    assert!(asked(&reader, "nowhere").is_none());
    let (stranger, _) = world.key("elsewhere", &Permission::ALL);
    assert!(asked(&stranger, "app").is_none());
    let elsewhere = run(world.coffer.organization_id(&org("elsewhere")))
        .unwrap()
        .unwrap();
    let event = world.last_event(elsewhere);
    assert_eq!(
        (event.action.as_str(), event.outcome),
        ("vault.read", coffer_domain::audit::Outcome::Denied)
    );
}

#[test]
fn what_is_said_of_paths_goes_with_their_vault() {
    let world = World::new();
    let owner = Caller::controller();
    world.describe(&owner, "new", true, 3).unwrap();
    let count = || {
        run(world.store.count_records(&RecordQuery {
            organization: world.team.id,
            collection: Collection::new("kv2.path"),
            group: None,
            after: None,
            descending: false,
            skip: 0,
            limit: 0,
            now: Timestamp::UNIX_EPOCH,
        }))
        .unwrap()
    };
    assert_eq!(count(), 1);
    run(world.coffer.drop_vault(&owner, &org("team"), &vault("app"), None)).unwrap();
    assert_eq!(count(), 0);
}

#[test]
fn a_wrapped_answer_is_taken_once_and_while_it_waits() {
    let world = World::new();
    let (caller, origin) = (Caller::controller(), Origin::controller());
    let put = |seconds| {
        let answer = ("secret/data/app", SecretValue::from("hunter2"));
        let put = run(world.coffer.wrap_answer(&caller, &org("team"), answer, seconds)).unwrap();
        String::from_utf8(put.token.secret().reveal().to_vec()).unwrap()
    };
    let take = |token: &str| run(world.coffer.unwrap_answer(token, &origin));
    let token = put(60);
    let known = run(world.coffer.look_at_wrapped(&token)).unwrap();
    assert_eq!(
        (known.body.path.as_str(), known.body.ttl),
        ("secret/data/app", 60)
    );
    assert_eq!(take(&token).unwrap(), SecretValue::from("hunter2"));
    assert_eq!(world.last_event(world.team.id).action, "wrapped-answer.take");
    assert!(matches!(take(&token), Err(Error::Unauthenticated(_))));

    let (first, late) = (put(60), put(60));
    let moved = run(world.coffer.rewrap_answer(&first, &origin)).unwrap();
    let second = String::from_utf8(moved.token.secret().reveal().to_vec()).unwrap();
    assert!(matches!(take(&first), Err(Error::Unauthenticated(_))));
    assert_eq!(take(&second).unwrap(), SecretValue::from("hunter2"));
    world.clock.advance(SignedDuration::from_secs(60));
    assert!(matches!(take(&late), Err(Error::Unauthenticated(_))));
    let long = put(i64::MAX);
    let known = run(world.coffer.look_at_wrapped(&long)).unwrap();
    assert_eq!(known.body.ttl, LONGEST_WAIT.as_secs());
}
