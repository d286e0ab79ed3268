use coffer_domain::{
    Error,
    port::Clock,
    request_log::{RequestFilter, RequestLine, SEGMENT_LINES},
    rights::Permission,
};

use super::*;

fn line(world: &World, path: &str, status: u16) -> RequestLine {
    RequestLine {
        request: "r".into(),
        at: world.clock.now(),
        door: "secryn".into(),
        principal: "key:1".into(),
        kind: "user".into(),
        method: "GET".into(),
        subject: "vaults".into(),
        path: path.into(),
        status,
        address: "192.0.2.1".into(),
        micros: 7,
    }
}

fn paths(world: &World, filter: &RequestFilter) -> Vec<String> {
    let (caller, _) = world.key("team", &[Permission::ReadAudit]);
    let lines = run(world.coffer.read_requests(&caller, &org("team"), filter)).unwrap();
    lines.into_iter().map(|line| line.path).collect()
}

#[test]
fn lines_are_kept_in_their_order_over_segments() {
    let world = World::new();
    let all: Vec<RequestLine> = (0..SEGMENT_LINES * 2 + 3)
        .map(|number| line(&world, &number.to_string(), 200))
        .collect();
    run(world.coffer.keep_requests(world.team.id, &all[..3])).unwrap();
    run(world.coffer.keep_requests(world.team.id, &all[3..])).unwrap();
    let expected: Vec<String> = (0..all.len()).map(|number| number.to_string()).collect();
    assert_eq!(paths(&world, &RequestFilter::default()), expected);
}

#[test]
fn filters_choose_lines() {
    let world = World::new();
    let lines = [line(&world, "a", 200), line(&world, "b", 404)];
    run(world.coffer.keep_requests(world.team.id, &lines)).unwrap();
    let status = RequestFilter {
        status: Some(404),
        ..RequestFilter::default()
    };
    assert_eq!(paths(&world, &status), ["b"]);
    let method = RequestFilter {
        method: Some("get".into()),
        address: Some("192.0.2.2".into()),
        ..RequestFilter::default()
    };
    assert!(paths(&world, &method).is_empty());
}

#[test]
fn only_who_may_read_the_audit_log_may_read_it() {
    let world = World::new();
    let (caller, _) = world.key("team", &[Permission::List, Permission::Read]);
    let read = run(world
        .coffer
        .read_requests(&caller, &org("team"), &RequestFilter::default()));
    assert!(matches!(read, Err(Error::Forbidden { .. })));
}
