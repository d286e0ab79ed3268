use std::sync::Arc;

use coffer_domain::{
    Error,
    port::Clock,
    request_log::{RequestFilter, RequestLine},
    rights::Permission,
    segment::Line,
};

use super::*;

/// How many lines fill a segment.
const FULL: u64 = RequestLine::SEGMENT_LINES as u64;

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
        address: "192.0.2.1".parse().unwrap(),
        micros: 7,
    }
}

fn paths(world: &World, filter: &RequestFilter) -> Vec<String> {
    let (caller, _) = world.key("team", &[Permission::ReadAudit]);
    let lines = run(world.coffer.read_requests(&caller, &org("team"), filter)).unwrap();
    lines.into_iter().map(|line| line.path).collect()
}

fn keep(world: &World, lines: &[Arc<RequestLine>]) {
    run(world.coffer.keep_requests(world.team.id, lines)).unwrap();
}

/// Lines whose paths are their numbers.
fn numbered(world: &World, numbers: std::ops::Range<u64>) -> Vec<Arc<RequestLine>> {
    numbers
        .map(|number| Arc::new(line(world, &number.to_string(), 200)))
        .collect()
}

fn texts(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

#[test]
fn lines_are_kept_in_their_order_over_segments() {
    let world = World::new();
    let all = numbered(&world, 0..2 * FULL + 3);
    keep(&world, &all[..3]);
    keep(&world, &all[3..5]);
    keep(&world, &all[5..]);
    assert_eq!(paths(&world, &RequestFilter::default()), texts(0..2 * FULL + 3));
}

#[test]
fn what_expired_goes_and_the_log_goes_on() {
    let world = World::new();
    keep(&world, &numbered(&world, 0..3));
    world.clock.advance(RequestLine::LIFE);
    keep(&world, &numbered(&world, 3..5));
    assert_eq!(paths(&world, &RequestFilter::default()), texts(3..5));
    run(world.coffer.sweep_records()).unwrap();
    keep(&world, &numbered(&world, 5..6));
    assert_eq!(paths(&world, &RequestFilter::default()), texts(3..6));
}

#[test]
fn lines_that_are_too_long_for_one_segment_take_more() {
    let world = World::new();
    let long = |number: u64| Arc::new(line(&world, &format!("{number:02}{}", "x".repeat(8000)), 200));
    let all: Vec<_> = (0..70).map(long).collect();
    keep(&world, &all[..20]);
    keep(&world, &all[20..]);
    let numbers: Vec<String> = paths(&world, &RequestFilter::default())
        .into_iter()
        .map(|path| path[..2].to_owned())
        .collect();
    let expected: Vec<String> = (0..70).map(|number| format!("{number:02}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn filters_choose_lines() {
    let world = World::new();
    keep(
        &world,
        &[("a", 200), ("b", 404)].map(|(path, status)| Arc::new(line(&world, path, status))),
    );
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
