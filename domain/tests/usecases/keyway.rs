//! Vaults of repositories: device codes in time, roles from the forge, who is told what.

mod organizations;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use coffer_domain::{
    Error,
    audit::{Origin, Outcome},
    entity::EnvironmentType,
    forge::{Collaborator, Forge, ForgeError, ForgeOrganization, ForgeUser, Member, Membership, Repository},
    id::OrgId,
    integration::Integrations,
    name::{EnvName, OrgName},
    repo_role::{Exception, Minimum, Reach, RepoRole, Whom},
    secret_value::SecretValue,
    store::Store,
    usecase::keyway::{
        DEVICE_LIFE, DeviceState, Entered, Frozen, Keyway, MOST_OVERRIDES, OrganizationSettings, Session,
    },
};
use jiff::SignedDuration;

use crate::{World, run};

/// A forge where a token is a login, and a login is a role on `team/app`.
#[derive(Debug)]
struct Stub;

fn stub(role: &str) -> ForgeUser {
    ForgeUser {
        id: role.len() as u64,
        login: role.to_owned(),
        email: None,
        avatar: String::new(),
    }
}

#[async_trait]
impl Forge for Stub {
    fn owners(&self) -> Vec<String> {
        vec!["team".to_owned()]
    }

    async fn user_by_token(&self, token: &SecretValue) -> Result<Option<ForgeUser>, ForgeError> {
        let login = String::from_utf8(token.reveal().to_vec()).unwrap();
        Ok((login != "nobody").then(|| stub(&login)))
    }

    async fn repository(&self, owner: &str, name: &str) -> Result<Option<Repository>, ForgeError> {
        let known =
            owner.eq_ignore_ascii_case("team") && ["app", "other"].contains(&name.to_lowercase().as_str());
        Ok(known.then(|| Repository {
            owner: "Team".to_owned(),
            name: name.to_owned(),
            id: 1,
            owner_id: 2,
            private: true,
            organization: false,
            installation: None,
        }))
    }

    async fn role(&self, _: &Repository, login: &str) -> Result<Option<RepoRole>, ForgeError> {
        Ok(RepoRole::parse(login))
    }

    async fn collaborators(&self, _: &Repository) -> Result<Vec<Collaborator>, ForgeError> {
        Ok(Vec::new())
    }

    async fn membership(&self, organization: &str, login: &str) -> Result<Option<Membership>, ForgeError> {
        let members = self.members(organization).await?;
        let found = members.into_iter().find(|member| member.user.login == login);
        Ok(found.map(|member| member.is))
    }

    async fn organizations(&self) -> Result<Vec<String>, ForgeError> {
        Ok(vec!["Team".to_owned(), "nothing".to_owned()])
    }

    async fn organization(&self, login: &str) -> Result<Option<ForgeOrganization>, ForgeError> {
        Ok(login.eq_ignore_ascii_case("team").then(|| ForgeOrganization {
            login: "Team".to_owned(),
            name: None,
            avatar: String::new(),
        }))
    }

    async fn members(&self, organization: &str) -> Result<Vec<Member>, ForgeError> {
        if !organization.eq_ignore_ascii_case("team") {
            return Ok(Vec::new());
        }
        let member = |login, is| Member {
            user: stub(login),
            is,
        };
        Ok(vec![
            member("admin", Membership::Owner),
            member("maintain", Membership::Member),
        ])
    }
}

fn origin() -> Origin {
    coffer_domain::usecase::Caller::controller().origin
}

fn world() -> (World, Keyway) {
    let world = World::new();
    let keyway = Keyway::new(world.coffer.clone(), Arc::new(Stub), Integrations::new());
    (world, keyway)
}

/// The organization whose chain tells of what belongs to no vault.
fn home(world: &World) -> OrgId {
    let home = run(world.store.organization(&OrgName::new("_keyway").unwrap()));
    home.unwrap().unwrap().id
}

fn session(keyway: &Keyway, login: &str) -> Session {
    run(keyway.session_of_forge(&SecretValue::from(login))).unwrap()
}

fn enter(keyway: &Keyway, login: &str, view: bool) -> Result<Entered, Error> {
    run(keyway.enter(&session(keyway, login), ("TEAM", "App"), view, origin()))
}

#[test]
fn a_code_ends_whether_or_not_it_was_approved() {
    let (world, keyway) = world();
    let admin = session(&keyway, "admin");
    let (one, two) = (
        run(keyway.start_device(None)).unwrap(),
        run(keyway.start_device(None)).unwrap(),
    );
    assert!(run(keyway.decide_device(&admin, &one.user_code, true)).unwrap());
    let state = |code: &SecretValue| run(keyway.poll_device(code)).unwrap();
    assert_eq!(
        state(&one.device_code),
        Some(DeviceState::Approved(admin.account().unwrap().0))
    );
    assert_eq!(state(&two.device_code), Some(DeviceState::Pending));
    world.clock.advance(DEVICE_LIFE);
    for code in [&one.device_code, &two.device_code] {
        assert_eq!(state(code), Some(DeviceState::Expired));
    }
    assert!(!run(keyway.decide_device(&admin, &two.user_code, true)).unwrap());
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(state(&one.device_code), None, "forgotten");
}

#[test]
fn a_code_is_decided_once() {
    let (_world, keyway) = world();
    let admin = session(&keyway, "admin");
    let code = run(keyway.start_device(None)).unwrap();
    assert!(run(keyway.decide_device(&admin, &code.user_code, false)).unwrap());
    assert!(!run(keyway.decide_device(&admin, &code.user_code, true)).unwrap());
    assert_eq!(
        run(keyway.poll_device(&code.device_code)).unwrap(),
        Some(DeviceState::Denied)
    );
    assert_eq!(
        run(keyway.poll_device(&SecretValue::from("short"))).unwrap(),
        None
    );
}

#[test]
fn the_role_opens_the_vault_and_without_one_it_hides_itself() {
    let (_world, keyway) = world();
    for (login, role) in [("read", RepoRole::Read), ("admin", RepoRole::Admin)] {
        assert_eq!(enter(&keyway, login, false).unwrap().role, Some(role));
    }
    assert!(matches!(
        enter(&keyway, "stranger", true),
        Err(Error::NotFound { .. })
    ));
    assert!(matches!(
        enter(&keyway, "stranger", false),
        Err(Error::Forbidden { .. })
    ));
    let elsewhere = run(keyway.enter(&session(&keyway, "admin"), ("team", "other"), true, origin()));
    assert!(
        matches!(elsewhere, Err(Error::NotFound { .. })),
        "a repository without a vault"
    );
    let token = SecretValue::from("nobody");
    assert!(matches!(
        run(keyway.session_of_forge(&token)),
        Err(Error::Unauthenticated(_))
    ));
}

#[test]
fn an_override_counts_from_the_next_request_on() {
    let (_world, keyway) = world();
    let here = enter(&keyway, "admin", false).unwrap();
    let writer = session(&keyway, "write").account().unwrap().0;
    let writes = || {
        let reaches = run(keyway.reaches(&here, writer, RepoRole::Write)).unwrap();
        reaches.iter().map(|(_, reach)| reach.write).collect::<Vec<_>>()
    };
    assert_eq!(writes(), [true, false], "default, and production");
    let exception = Exception {
        environment: None,
        whom: Whom::User(writer),
        reach: Reach {
            read: true,
            write: true,
        },
    };
    let reader = enter(&keyway, "read", false).unwrap();
    assert!(matches!(
        run(keyway.add_override(&reader, exception.clone())),
        Err(Error::Forbidden { .. })
    ));
    let made = run(keyway.add_override(&here, exception.clone())).unwrap();
    assert_eq!(writes(), [true, true]);
    assert!(matches!(
        run(keyway.add_override(&here, exception)),
        Err(Error::AlreadyExists { .. })
    ));
    run(keyway.drop_override(&here, &made.key)).unwrap();
    assert_eq!(writes(), [true, false]);
}

#[test]
fn who_does_not_administer_makes_no_vault_and_that_is_on_record() {
    let (world, keyway) = world();
    let make =
        |login: &str| run(keyway.create(&session(&keyway, login), ("team", "other"), Vec::new(), origin()));
    assert!(matches!(make("maintain"), Err(Error::Forbidden { .. })));
    assert!(matches!(make("stranger"), Err(Error::Forbidden { .. })));
    let (vault, repository) = make("admin").unwrap();
    assert_eq!(vault.name.as_str(), "other");
    assert_eq!(repository.unwrap().full_name(), "Team/other");
    assert!(matches!(make("admin"), Err(Error::AlreadyExists { .. })));
    let home = home(&world);
    let chain = run(world.store.audit(home, 0, 100)).unwrap();
    let events = chain.iter().map(|record| record.parse().unwrap());
    let denied = events.filter(|event| event.action == "vault.create" && event.outcome == Outcome::Denied);
    assert_eq!(denied.count(), 2);
}

#[test]
fn overrides_end_before_one_of_them_could_be_left_unread() {
    let (_world, keyway) = world();
    let here = enter(&keyway, "admin", false).unwrap();
    let exception = |number: usize| Exception {
        environment: Some(EnvName::new(format!("env-{number}")).unwrap()),
        whom: Whom::Role(RepoRole::Read),
        reach: Reach {
            read: false,
            write: false,
        },
    };
    for number in 0..MOST_OVERRIDES {
        run(keyway.add_override(&here, exception(number))).unwrap();
    }
    assert_eq!(run(keyway.list_overrides(&here)).unwrap().len(), MOST_OVERRIDES);
    assert!(matches!(
        run(keyway.add_override(&here, exception(MOST_OVERRIDES))),
        Err(Error::Refused(_))
    ));
}

#[test]
fn of_more_private_vaults_than_the_plan_has_the_oldest_stay_writable() {
    let (world, keyway) = world();
    let admin = session(&keyway, "admin");
    let first = enter(&keyway, "admin", false).unwrap();
    world.clock.advance(SignedDuration::from_secs(1));
    let environments = vec![EnvName::new("local").unwrap()];
    run(keyway.create(&admin, ("team", "other"), environments, origin())).unwrap();
    let second = run(keyway.enter(&admin, ("team", "other"), false, origin())).unwrap();
    let frozen = |here: &Entered, most| run(keyway.frozen(here, most)).unwrap();
    assert_eq!((frozen(&first, 1), frozen(&first, 2)), (None, None));
    assert_eq!(
        (frozen(&second, 1), frozen(&second, 2)),
        (Some(Frozen::PlanLimit), None)
    );
}

#[test]
fn an_organizations_owner_says_what_roles_may_do_in_its_vaults() {
    let (_world, keyway) = world();
    let (owner, member) = (session(&keyway, "admin"), session(&keyway, "maintain"));
    let reach = |login: &str| {
        let entered = enter(&keyway, login, false).unwrap();
        let (user, role) = (
            session(&keyway, login).account().unwrap().0,
            entered.role.unwrap(),
        );
        let all = run(keyway.reaches(&entered, user, role)).unwrap();
        let shown = |(name, reach): &(EnvName, Reach)| format!("{name}:{}{}", reach.read, reach.write);
        all.iter().map(shown).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(reach("maintain"), "default:truetrue production:truefalse");
    let strict = BTreeMap::from([(
        EnvironmentType::Protected,
        Minimum {
            read: Some(RepoRole::Admin),
            write: None,
        },
    )]);
    let change = |old: OrganizationSettings| OrganizationSettings {
        defaults: strict.clone(),
        ..old
    };
    let refused = run(keyway.change_company(&member, "team", origin(), change));
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    assert_eq!(reach("maintain"), "default:truetrue production:truefalse");
    run(keyway.change_company(&owner, "TEAM", origin(), change)).unwrap();
    assert_eq!(reach("maintain"), "default:truetrue production:falsefalse");
    assert_eq!(
        reach("admin"),
        "default:truetrue production:truefalse",
        "and nobody writes"
    );
}
