//! Access by approval: nobody comes by a value that no one with the right to it had a hand in.

use coffer_domain::{
    Error,
    approval::{AgentResource, AgentUri, Operation, Stage},
    principal::Principal,
    rights::Permission,
    usecase::{
        Caller,
        approvals::{Access, Granted, NewRequest, NewVerdict},
        secrets::PutOptions,
    },
};
use jiff::SignedDuration;

use crate::{World, org, run, secret};

const AGENT: [Permission; 1] = [Permission::RequestAccess];
const DECIDER: [Permission; 2] = [Permission::RequestAccess, Permission::DecideAccess];
const READER: [Permission; 3] = [
    Permission::RequestAccess,
    Permission::DecideAccess,
    Permission::Read,
];

struct Stage1 {
    world: World,
}

impl Stage1 {
    fn new() -> Self {
        let world = World::new();
        let controller = Caller::controller();
        let settings = coffer_domain::usecase::vaults::VaultSettings {
            environments: Vec::new(),
            access: Vec::new(),
            owner: None,
        };
        run(world
            .coffer
            .create_vault(&controller, &org("team"), &crate::vault("default"), settings))
        .unwrap();
        let options = PutOptions::default();
        run(world
            .coffer
            .put_secret(&controller, &Self::secret(), "hunter2".into(), options))
        .unwrap();
        Self { world }
    }

    fn secret() -> coffer_domain::address::Address {
        let mut secret = secret("DB");
        secret.place.vault = crate::vault("default");
        secret
    }

    fn uri() -> AgentUri {
        "secrets/default/DB".parse().unwrap()
    }

    fn ask(&self, who: &Caller) -> Result<Granted, Error> {
        let new = NewRequest {
            uri: Self::uri(),
            operation: Operation::Read,
            reason: Some("r".into()),
            requested_by: None,
            length: SignedDuration::from_mins(10),
        };
        run(self.world.coffer.request_access(who, &org("team"), new))
    }

    fn decide(&self, who: &Caller, id: &str, grant: bool) -> Result<Granted, Error> {
        let new = NewVerdict {
            grant,
            reason: None,
            by: None,
        };
        run(self.world.coffer.decide_access(who, &org("team"), id, &new))
    }

    fn reads(&self, who: &Caller, token: Option<&str>) -> bool {
        let places = [Self::secret().place];
        let access = run(self.world.coffer.use_access(who, &places, &Self::uri(), token));
        matches!(access, Ok(Access::Given(given)) if given.read.value.reveal() == b"hunter2")
    }
}

fn token(granted: &Granted) -> String {
    let token = granted.token.as_ref().unwrap();
    String::from_utf8(token.secret().reveal().to_vec()).unwrap()
}

#[test]
fn a_value_is_given_under_an_approved_unexpired_token_and_not_otherwise() {
    let stage = Stage1::new();
    let (agent, _) = stage.world.key("team", &AGENT);
    let (decider, _) = stage.world.key("team", &DECIDER);
    assert!(!stage.reads(&agent, None));
    let asked = stage.ask(&agent).unwrap();
    assert!(asked.token.is_none());
    assert!(!stage.reads(&agent, Some("mcp_access_token_guess0000000000")));
    assert!(matches!(
        stage.decide(&agent, &asked.approval.key, true),
        Err(Error::Forbidden { .. })
    ));
    let granted = stage.decide(&decider, &asked.approval.key, true).unwrap();
    let token = token(&granted);
    assert!(stage.reads(&agent, Some(&token)));
    assert!(matches!(
        stage.decide(&decider, &asked.approval.key, true),
        Err(Error::Conflict(_))
    ));
    stage.world.clock.advance(SignedDuration::from_mins(10));
    assert!(!stage.reads(&agent, Some(&token)), "its time is over");
    let listed = run(stage.world.coffer.list_approvals(&agent, &org("team"))).unwrap();
    assert_eq!(
        listed[0].body.stage(stage.world.coffer.clock().now()),
        Stage::Expired
    );
    assert_eq!(listed[0].body.used, 1);
}

#[test]
fn a_token_ends_with_the_key_that_asked() {
    let stage = Stage1::new();
    let (agent, _) = stage.world.key("team", &AGENT);
    let (decider, _) = stage.world.key("team", &DECIDER);
    let asked = stage.ask(&agent).unwrap();
    let token = token(&stage.decide(&decider, &asked.approval.key, true).unwrap());
    let Principal::ApiKey(holder) = &agent.principal else {
        panic!("a key");
    };
    let controller = Caller::controller();
    run(stage
        .world
        .coffer
        .revoke_api_key(&controller, &org("team"), holder.id))
    .unwrap();
    assert!(!stage.reads(&decider, Some(&token)));
}

#[test]
fn nobody_approves_their_own_way_to_a_value_that_they_could_not_read() {
    let stage = Stage1::new();
    let (decider, _) = stage.world.key("team", &DECIDER);
    let asked = stage.ask(&decider).unwrap();
    assert!(stage.decide(&decider, &asked.approval.key, true).is_err());
    stage.decide(&decider, &asked.approval.key, false).unwrap();
    let (reader, _) = stage.world.key("team", &READER);
    let asked = stage.ask(&reader).unwrap();
    stage.decide(&reader, &asked.approval.key, true).unwrap();
}

#[test]
fn what_needs_no_approval_is_set_up_by_those_who_may_read() {
    let stage = Stage1::new();
    let resource = |requires_approval, approvers: Vec<String>| AgentResource {
        uri: "secrets/*".parse().unwrap(),
        name: "all".into(),
        description: None,
        operations: vec![Operation::Read],
        requires_approval,
        approvers,
        auto_approve: None,
        require_reason: false,
        min_reason_length: 0,
    };
    let coffer = &stage.world.coffer;
    let (decider, _) = stage.world.key("team", &DECIDER);
    let (reader, _) = stage.world.key("team", &READER);
    let (agent, _) = stage.world.key("team", &AGENT);
    let open = resource(false, Vec::new());
    assert!(run(coffer.configure_resource(&decider, &org("team"), &open)).is_err());
    assert!(run(coffer.configure_resource(&agent, &org("team"), &open)).is_err());
    run(coffer.configure_resource(&reader, &org("team"), &open)).unwrap();
    assert!(stage.reads(&agent, None));
    assert!(stage.ask(&agent).unwrap().token.is_some());
    let named = resource(true, vec!["somebody else".into()]);
    run(coffer.configure_resource(&decider, &org("team"), &named)).unwrap();
    assert!(!stage.reads(&agent, None));
    let asked = stage.ask(&agent).unwrap();
    assert!(
        stage.decide(&decider, &asked.approval.key, true).is_err(),
        "not among the approvers"
    );
}
