//! People with accounts: sessions and their end, roles, who is over accounts.

use std::sync::Arc;

use async_trait::async_trait;
use coffer_domain::{
    Error,
    audit::{Origin, Outcome},
    rights::Permission,
    secret_value::SecretValue,
    store::Store,
    usecase::{
        Caller,
        keynest::{
            AccountChange, Actor, Cost, Imported, KeyNest, Kind, LogFilter, NewEnvironment, NewProject,
            NewUser, PasswordError, Passwords, Registration, Role, Shown, User, VariableChange,
        },
        secrets::Span,
    },
};

use crate::{World, env, name, org, run, text};

/// Stretches nothing: what a password is worth is not for here.
#[derive(Debug)]
struct Plain;

#[async_trait]
impl Passwords for Plain {
    async fn stretch(
        &self,
        password: &SecretValue,
        salt: &[u8; 16],
        _: Cost,
    ) -> Result<[u8; 32], PasswordError> {
        let mut hash = [0_u8; 32];
        for (at, byte) in password.reveal().iter().enumerate() {
            hash[at % 16] = byte.wrapping_add(hash[at % 16].wrapping_mul(31));
        }
        hash[16..].copy_from_slice(salt);
        Ok(hash)
    }
}

const EVERYTHING: Span = Span { skip: 0, limit: 100 };

/// The door over the world's store, and how it is asked.
struct Nest {
    world: World,
    cases: KeyNest,
}

fn origin() -> Origin {
    Origin {
        door: "keynest",
        ..Origin::controller()
    }
}

fn email(who: &str) -> String {
    format!("{who}@example.com")
}

impl Nest {
    fn new() -> Self {
        let world = World::new();
        let cases = KeyNest::new(world.coffer.clone(), Arc::new(Plain));
        Self { world, cases }
    }

    /// A new user: their number and token.
    fn register(&self, who: &str) -> (u64, String) {
        match self.try_register(who) {
            Registration::Done(login) => (login.user.number, text(&login.token)),
            Registration::Taken { .. } => panic!("{who} is taken"),
        }
    }

    fn try_register(&self, who: &str) -> Registration {
        let new = NewUser {
            username: who.to_owned(),
            email: email(who),
            password: format!("of-{who}").as_str().into(),
            first_name: String::new(),
            last_name: String::new(),
        };
        run(self.cases.register(&new, origin())).unwrap()
    }

    fn login(&self, who: &str, password: &str) -> Result<String, Error> {
        let login = run(self.cases.login(&email(who), &password.into(), origin()))?;
        Ok(text(&login.token))
    }

    fn actor(&self, token: &str) -> Result<Actor, Error> {
        run(self.cases.actor(token, [127, 0, 0, 1].into(), origin()))
    }

    fn change(&self, caller: &Caller, who: &str, change: &AccountChange) -> Result<User, Error> {
        run(self
            .cases
            .change_account(caller, &org("_keynest"), &email(who), change))
    }

    /// The holder of a key that is over accounts.
    fn operator(&self) -> Caller {
        self.world.key("_keynest", &Permission::ALL).0
    }

    fn events(&self, action: &str) -> Vec<Outcome> {
        let home = run(self.world.store.organization(&org("_keynest")))
            .unwrap()
            .unwrap();
        let all = self.world.store.audit_events(home.id);
        let these = all.into_iter().filter(|event| event.action == action);
        these.map(|event| event.outcome).collect()
    }
}

fn active(active: bool) -> AccountChange {
    AccountChange {
        active: Some(active),
        ..AccountChange::default()
    }
}

#[test]
fn a_user_has_one_token_as_long_as_they_are_logged_in() {
    let nest = Nest::new();
    let (number, token) = nest.register("ann");
    assert_eq!(nest.actor(&token).unwrap().user(), Some(number));
    assert_eq!(nest.login("ann", "of-ann").unwrap(), token);
    assert_eq!(nest.login("ANN", "of-ann").unwrap(), token);
    run(nest.cases.logout(&nest.actor(&token).unwrap())).unwrap();
    assert!(matches!(nest.actor(&token), Err(Error::Unauthenticated(_))));
    let next = nest.login("ann", "of-ann").unwrap();
    assert_ne!(next, token);
    let actor = nest.actor(&next).unwrap();
    let wrong = run(nest
        .cases
        .change_password(&actor, &"of-bob".into(), &"new".into()));
    assert!(matches!(wrong, Err(Error::Invalid { .. })));
    assert!(nest.actor(&next).is_ok());
    run(nest
        .cases
        .change_password(&actor, &"of-ann".into(), &"new".into()))
    .unwrap();
    assert!(nest.actor(&next).is_err());
    assert!(nest.login("ann", "of-ann").is_err());
    assert!(nest.login("ann", "new").is_ok());
}

#[test]
fn names_and_addresses_are_taken_once() {
    let nest = Nest::new();
    nest.register("ann");
    let Registration::Taken { username, email } = nest.try_register("ann") else {
        panic!("registered twice");
    };
    assert!(username && email);
}

#[test]
fn an_unknown_address_and_a_wrong_password_are_answered_alike_and_recorded() {
    let nest = Nest::new();
    nest.register("ann");
    let said = |found: Result<String, Error>| found.unwrap_err().to_string();
    let wrong = said(nest.login("ann", "wrong"));
    assert_eq!(wrong, said(nest.login("nobody", "of-ann")));
    assert_eq!(nest.events("user.login"), [Outcome::Denied, Outcome::Denied]);
}

#[test]
fn who_is_kept_out_is_out_at_once_until_let_in_again() {
    let nest = Nest::new();
    let (_, token) = nest.register("ann");
    let (_, other) = nest.register("bob");
    let operator = nest.operator();
    nest.actor(&token).unwrap();
    let user = nest.change(&operator, "ann", &active(false)).unwrap();
    assert!(!user.is_active());
    assert!(matches!(nest.actor(&token), Err(Error::Unauthenticated(_))));
    let kept_out = nest.login("ann", "of-ann").unwrap_err().to_string();
    assert_eq!(kept_out, nest.login("ann", "wrong").unwrap_err().to_string());
    // Once more is nothing new, and another password does not let anybody in.
    nest.change(&operator, "ann", &active(false)).unwrap();
    let password = AccountChange {
        password: Some("new".into()),
        ..AccountChange::default()
    };
    nest.change(&operator, "ann", &password).unwrap();
    assert!(nest.login("ann", "new").is_err());
    assert!(nest.change(&operator, "ann", &active(true)).unwrap().is_active());
    assert_ne!(nest.login("ann", "new").unwrap(), token);
    assert!(nest.actor(&other).is_ok(), "nobody else is meant");
    assert_eq!(nest.events("user.disable").len(), 2);
    assert_eq!(nest.events("user.enable"), [Outcome::Allowed]);
}

#[test]
fn it_takes_a_key_of_the_doors_own_organization_to_be_over_accounts() {
    let nest = Nest::new();
    let (_, token) = nest.register("ann");
    let (administrator, _) = nest.world.key("team", &Permission::ALL);
    let (reader, _) = nest.world.key("_keynest", &[Permission::Read, Permission::List]);
    let own = nest.actor(&token).unwrap().caller;
    for caller in [&administrator, &own] {
        let refused = nest.change(caller, "ann", &active(false)).unwrap_err();
        assert!(
            matches!(refused, Error::NotFound { .. } | Error::Forbidden { .. }),
            "{refused}"
        );
    }
    let refused = nest.change(&reader, "ann", &active(false));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let there = run(nest
        .cases
        .change_account(&administrator, &org("team"), &email("ann"), &active(false)));
    assert!(matches!(there, Err(Error::NotFound { .. })));
    let unknown = nest.change(&nest.operator(), "nobody", &active(false));
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
    assert!(nest.actor(&token).is_ok());
}

/// A project's environment of Ann's, where Bob has a role.
struct Shared {
    nest: Nest,
    organization: u64,
    environment: u64,
    ann: Actor,
    bob: (u64, String),
}

impl Shared {
    fn with(role: Role) -> Self {
        let nest = Nest::new();
        let (_, token) = nest.register("ann");
        let bob = nest.register("bob");
        let ann = nest.actor(&token).unwrap();
        let own = run(nest.cases.organizations(&ann, EVERYTHING)).unwrap();
        let organization = own.items[0].organization.number;
        run(nest.cases.invite(&ann, organization, &email("bob"), role)).unwrap();
        let new = NewProject {
            name: "app".to_owned(),
            description: None,
        };
        let project = run(nest.cases.create_project(&ann, organization, &new)).unwrap();
        let new = NewEnvironment {
            name: env("staging"),
            kind: Kind::Staging,
            description: None,
        };
        let number = project.project.number;
        let made = run(nest.cases.create_environment(&ann, number, &new)).unwrap();
        Self {
            environment: made.environment.number,
            nest,
            organization,
            ann,
            bob,
        }
    }

    fn bob(&self) -> Actor {
        self.nest.actor(&self.bob.1).unwrap()
    }

    fn create(&self, actor: &Actor, key: &str) -> Result<u64, Error> {
        let (key, value) = (name(key), "value".into());
        let made = run(self
            .nest
            .cases
            .create_variable(actor, self.environment, &key, &value))?;
        Ok(made.number)
    }
}

#[test]
fn a_viewer_sees_names_and_an_editor_values_and_neither_manages() {
    for (role, writes) in [(Role::Viewer, false), (Role::Editor, true)] {
        let shared = Shared::with(role);
        let number = shared.create(&shared.ann, "A").unwrap();
        let bob = shared.bob();
        let seen = run(shared.nest.cases.get_variable(&bob, number)).unwrap();
        assert_eq!(matches!(seen.value, Shown::Value(_)), writes, "{role:?}");
        assert_eq!(matches!(seen.value, Shown::Hidden), !writes, "{role:?}");
        assert_eq!(shared.create(&bob, "B").is_ok(), writes, "{role:?}");
        let change = VariableChange {
            value: Some("other".into()),
            ..VariableChange::default()
        };
        let changed = run(shared.nest.cases.update_variable(&bob, number, &change));
        assert_eq!(changed.is_ok(), writes, "{role:?}");
        let managed = run(shared.nest.cases.may_manage(&bob, shared.organization));
        assert!(matches!(managed, Err(Error::Forbidden { .. })), "{role:?}");
        let dropped = run(shared.nest.cases.delete_environment(&bob, shared.environment));
        assert!(dropped.is_err(), "{role:?}");
    }
}

#[test]
fn a_removed_member_is_out_with_the_next_request_and_the_last_administrator_stays() {
    let shared = Shared::with(Role::Admin);
    let number = shared.create(&shared.ann, "A").unwrap();
    let bob = shared.bob();
    run(shared.nest.cases.get_variable(&bob, number)).unwrap();
    let cases = &shared.nest.cases;
    let own = shared.ann.user().unwrap();
    run(cases.remove_member(&shared.ann, shared.organization, own)).unwrap_err();
    run(cases.remove_member(&shared.ann, shared.organization, shared.bob.0)).unwrap();
    let now = shared.bob();
    let gone = run(cases.get_variable(&now, number));
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    assert!(shared.create(&now, "B").is_err());
    let own = run(cases.change_role(&shared.ann, shared.organization, own, Role::Viewer));
    assert!(own.is_err(), "nobody changes themselves");
}

#[test]
fn an_import_is_one_commit_and_its_export_is_the_same() {
    let shared = Shared::with(Role::Editor);
    let (bob, cases) = (shared.bob(), &shared.nest.cases);
    let values = [(name("A"), "1".into()), (name("B"), "2".into())];
    let import = |overwrite| {
        let how = ("env", overwrite, 0);
        run(cases.import(&bob, shared.environment, &values, how)).unwrap()
    };
    assert!(matches!(
        import(true),
        Imported::Done {
            imported: 2,
            updated: 0
        }
    ));
    assert!(matches!(import(false), Imported::Taken(there) if there.len() == 2));
    assert!(matches!(
        import(true),
        Imported::Done {
            imported: 0,
            updated: 2
        }
    ));
    let exported = run(cases.export(&bob, shared.environment, "env")).unwrap();
    let shown = |value: &Shown| match value {
        Shown::Value(value) => text(value),
        other => panic!("{other:?}"),
    };
    let told: Vec<(String, String)> = exported
        .variables
        .iter()
        .map(|(name, value)| (name.to_string(), shown(value)))
        .collect();
    assert_eq!(
        told,
        [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())]
    );
}

#[test]
fn the_readable_log_tells_who_did_what_and_no_value() {
    let shared = Shared::with(Role::Viewer);
    shared.create(&shared.ann, "A").unwrap();
    let log = run(shared
        .nest
        .cases
        .log(&shared.ann, &LogFilter::default(), EVERYTHING))
    .unwrap();
    let row = log
        .items
        .iter()
        .find(|row| row.action == "variable_created")
        .unwrap();
    assert_eq!((row.user, row.user_name.as_str()), (shared.ann.user(), "ann"));
    assert!(!format!("{:?}", log.items).contains("value\""));
    let filter = LogFilter {
        user: Some(shared.bob.0),
        ..LogFilter::default()
    };
    let of_bob = run(shared.nest.cases.log(&shared.ann, &filter, EVERYTHING)).unwrap();
    assert!(of_bob.items.iter().all(|row| row.user == Some(shared.bob.0)));
    let seen = run(shared
        .nest
        .cases
        .log(&shared.bob(), &LogFilter::default(), EVERYTHING))
    .unwrap();
    let created = seen.items.iter().any(|row| row.action == "variable_created");
    assert!(!created, "a viewer sees what they did themselves");
}
