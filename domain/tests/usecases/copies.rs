use coffer_domain::{
    Error,
    audit::Outcome,
    canonical_uri::{CanonicalUri, Reading},
    copy_rule::CopyRules,
    usecase::Caller,
};

use super::*;

fn copy(world: &World, caller: &Caller, rules: &CopyRules) -> Result<(), Error> {
    let uri = CanonicalUri::parse("openbao+kv2://secret/team/db#password", Reading::Strict).unwrap();
    run(world.coffer.permit_copy(caller, &org("team"), &uri, rules))
}

#[test]
fn what_is_copied_is_on_record_and_so_is_what_may_not_be() {
    let world = World::new();
    let controller = Caller::controller();
    let refused = copy(&world, &controller, &CopyRules::default());
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    let denied = world.last_event(world.team.id);
    assert_eq!(
        (denied.action.as_str(), denied.target.as_str(), &denied.outcome),
        (
            "secret.copy",
            "openbao+kv2://secret/team/db#password",
            &Outcome::Denied
        )
    );
    let rules = CopyRules::new(vec!["*=secret/{namespace}/*".parse().unwrap()]);
    copy(&world, &controller, &rules).unwrap();
    let allowed = world.last_event(world.team.id);
    assert_eq!(
        (allowed.action.as_str(), &allowed.outcome),
        ("secret.copy", &Outcome::Allowed)
    );
}

#[test]
fn nobody_but_our_controllers_copies() {
    let world = World::new();
    let rules = CopyRules::new(vec!["*=*".parse().unwrap()]);
    let (key, _) = world.key("team", &[Permission::Read, Permission::Write]);
    assert!(matches!(copy(&world, &key, &rules), Err(Error::Forbidden { .. })));
}
