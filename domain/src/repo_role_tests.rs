use super::*;

const ME: [u8; 16] = [1; 16];

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

fn env(name: &str) -> EnvName {
    EnvName::new(name).unwrap()
}

fn reach(rules: &Rules, role: RepoRole, environment: &str) -> (bool, bool) {
    let is = EnvironmentType::of_name(environment);
    let reach = rules.reach(UserId::from_bytes(ME), role, &env(environment), is);
    (reach.read, reach.write)
}

#[test]
fn every_role_reads_and_protected_environments_are_written_by_admins_only() {
    let rules = Rules::default();
    for (role, standard, protected) in [
        (RepoRole::Read, false, false),
        (RepoRole::Triage, false, false),
        (RepoRole::Write, true, false),
        (RepoRole::Maintain, true, false),
        (RepoRole::Admin, true, true),
    ] {
        assert_eq!(reach(&rules, role, "local"), (true, standard), "{role:?}");
        assert_eq!(reach(&rules, role, "staging"), (true, standard), "{role:?}");
        assert_eq!(reach(&rules, role, "production"), (true, protected), "{role:?}");
    }
}

fn exception(environment: Option<&str>, whom: Whom, read: bool, write: bool) -> Exception {
    Exception {
        environment: environment.map(env),
        whom,
        reach: Reach { read, write },
    }
}

#[test]
fn the_most_specific_exception_decides_whatever_the_order() {
    let me = Whom::User(user(1));
    let mine = Whom::Role(RepoRole::Read);
    let ladder = [
        exception(None, mine, false, false),
        exception(Some("qa"), mine, true, false),
        exception(None, me, false, true),
        exception(Some("qa"), me, true, true),
    ];
    let others = [
        exception(Some("other"), me, false, false),
        exception(Some("qa"), Whom::User(user(2)), false, false),
        exception(Some("qa"), Whom::Role(RepoRole::Admin), false, false),
    ];
    for top in 0..ladder.len() {
        let mut exceptions: Vec<Exception> = ladder[..=top].iter().chain(&others).cloned().collect();
        let Reach { read, write } = ladder[top].reach;
        for _ in 0..2 {
            let rules = Rules {
                exceptions: exceptions.clone(),
                ..Rules::default()
            };
            assert_eq!(reach(&rules, RepoRole::Read, "qa"), (read, write), "{top}");
            exceptions.reverse();
        }
    }
}

#[test]
fn an_exception_beats_the_organizations_defaults_and_those_beat_the_built_in() {
    let nobody = Minimum {
        read: Some(RepoRole::Maintain),
        write: None,
    };
    let mut rules = Rules {
        exceptions: vec![],
        defaults: [(EnvironmentType::Standard, nobody)].into(),
    };
    assert_eq!(reach(&rules, RepoRole::Admin, "qa"), (true, false));
    assert_eq!(reach(&rules, RepoRole::Write, "qa"), (false, false));
    assert_eq!(reach(&rules, RepoRole::Write, "local"), (true, true));
    rules
        .exceptions
        .push(exception(Some("qa"), Whom::Role(RepoRole::Write), true, true));
    assert_eq!(reach(&rules, RepoRole::Write, "qa"), (true, true));
}

#[test]
fn scopes_cut_and_do_not_imply_one_another() {
    let all = || vec![Grant::administrator()];
    let may = |scopes: &[Scope]| {
        let scopes = scopes.iter().copied().collect();
        let grants = cut(all(), Some(&scopes));
        grants
            .into_iter()
            .flat_map(|grant| grant.permissions)
            .collect::<BTreeSet<_>>()
    };
    assert!(may(&[]).is_empty());
    assert!(!may(&[Scope::WriteSecrets]).contains(&Permission::Read));
    assert!(!may(&[Scope::ReadSecrets]).contains(&Permission::Write));
    assert!(!may(&[Scope::WriteSecrets]).contains(&Permission::Destroy));
    assert_eq!(may(&[Scope::AdminApiKeys]), [Permission::ManageKeys].into());
    assert_eq!(cut(all(), None), all());
    for scope in Scope::ALL {
        assert_eq!(Scope::parse(scope.as_str()), Some(scope));
    }
}
