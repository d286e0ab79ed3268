//! Tables and properties. Comments name the complaints about other tools that a test closes.

use coffer_domain::{entity::Owner, window::Window};
use jiff::SignedDuration;

use super::*;
use crate::restart::{
    marks::Marks,
    model::{Back, PodUse, Rule},
};

const POLICY: Policy = Policy {
    at_once: 2,
    most: 6,
    per: SignedDuration::from_hours(1),
};

fn at(seconds: i64) -> Timestamp {
    // A Sunday, at noon in UTC.
    Timestamp::from_second(1_795_348_800 + seconds).unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

fn rule() -> Rule {
    Rule {
        owner: Some(Owner {
            kind: "VaultSecret".into(),
            name: "shop/web".into(),
            uid: "u".into(),
        }),
        ..Rule::default()
    }
}

/// One secret `A` at this version.
fn scene(current: u64, workloads: Vec<Workload>) -> Scene {
    Scene {
        place: "coffer://shop/app/default/x"
            .parse::<coffer_domain::address::Reference>()
            .unwrap()
            .address
            .place,
        current: [(name("A"), version(current))].into(),
        rules: [(name("A"), rule())].into(),
        workloads,
    }
}

fn workload(title: &str, started: &[u64]) -> Workload {
    let pod = |(number, started): (usize, &u64)| PodUse {
        name: format!("{title}-{number}"),
        created: Some(at(-1000)),
        started: [(name("A"), version(*started))].into(),
    };
    Workload {
        key: Key {
            namespace: "shop".into(),
            kind: "Deployment".into(),
            name: title.into(),
        },
        means: Means::Template,
        settled: true,
        budget: None,
        marks: Marks::default(),
        pods: started.iter().enumerate().map(pod).collect(),
    }
}

fn spans(from: u64, to: u64) -> Spans {
    let span = Span {
        from: version(from),
        to: version(to),
    };
    [(name("A"), span)].into()
}

/// Restarted for `from` to `to` at `time`.
fn marked(mut workload: Workload, from: u64, to: u64, time: Timestamp, ready: bool) -> Workload {
    workload.marks = workload.marks.again(spans(from, to), time);
    workload.marks.ready = ready;
    workload
}

fn unready(workload: Workload) -> Workload {
    Workload {
        settled: false,
        ..workload
    }
}

/// `1-2`.
fn spread(spans: &Spans) -> String {
    let one = |span: &Span| format!("{}-{}", span.from, span.to);
    spans.values().map(one).collect::<Vec<_>>().join(",")
}

/// The steps, as `web: Restart` and so on.
fn steps(scenes: &[Scene], now: Timestamp) -> Vec<String> {
    let plan = plan(scenes, POLICY, now);
    let word = |step: &Step| match step {
        Step::Restart(spans) => format!("restart for {}", spread(spans)),
        Step::Evict(pod) => format!("evict {pod}"),
        Step::Ready => "ready".into(),
        Step::Return(spans) => format!("return {}", spread(spans)),
    };
    plan.steps
        .iter()
        .map(|(_, key, step)| format!("{}: {}", key.name, word(step)))
        .collect()
}

fn state(scene: &Scene, title: &str, now: Timestamp) -> State {
    let plan = plan(std::slice::from_ref(scene), POLICY, now);
    let found = plan.states.into_iter().find(|((_, key), _)| key.name == title);
    found.unwrap().1.0
}

#[test]
fn the_first_wave_is_one_workload_and_the_next_are_as_many_as_may_be_at_once() {
    let old = |title| workload(title, &[1, 1]);
    let first = scene(2, vec![old("a"), old("b"), old("c"), old("d")]);
    assert_eq!(steps(&[first], at(0)), ["a: restart for 1-2"]);
    let underway = unready(marked(workload("a", &[1, 2]), 1, 2, at(0), false));
    let waiting = scene(2, vec![underway, old("b"), old("c"), old("d")]);
    assert_eq!(steps(std::slice::from_ref(&waiting), at(9)), [""; 0]);
    assert_eq!(state(&waiting, "b", at(9)), State::Turn);
    let ready = marked(workload("a", &[2, 2]), 1, 2, at(0), false);
    let next = scene(2, vec![ready, old("b"), old("c"), old("d")]);
    assert_eq!(
        steps(&[next], at(20)),
        ["a: ready", "b: restart for 1-2", "c: restart for 1-2"]
    );
}

/// Restarts after every start of the operator: hashicorp/vault-secrets-operator 285.
#[test]
fn an_operator_that_starts_again_restarts_nothing() {
    for workload in [
        unready(marked(workload("a", &[1, 2]), 1, 2, at(0), false)),
        marked(workload("a", &[2, 2]), 1, 2, at(0), true),
        workload("a", &[2, 2]),
        // Others scale it, or roll out something else, long after.
        unready(marked(workload("a", &[2, 2]), 1, 2, at(-90_000), true)),
    ] {
        assert_eq!(steps(&[scene(2, vec![workload])], at(9)), [""; 0]);
    }
}

#[test]
fn pods_that_started_with_the_current_version_need_nothing() {
    assert_eq!(steps(&[scene(2, vec![workload("a", &[2])])], at(0)), [""; 0]);
    assert_eq!(
        steps(&[scene(2, vec![workload("a", &[2, 1])])], at(0)),
        ["a: restart for 1-2"]
    );
}

/// Rotated to a version that does not work: nine of ten stay untouched.
#[test]
fn the_first_wave_that_does_not_become_ready_returns_the_secrets() {
    let failed = unready(marked(workload("a", &[1, 2]), 1, 2, at(0), false));
    let others: Vec<Workload> = ('b'..='j')
        .map(|title| workload(&title.to_string(), &[1]))
        .collect();
    let all = [vec![failed], others].concat();
    assert_eq!(steps(&[scene(2, all.clone())], at(299)), [""; 0]);
    assert_eq!(steps(&[scene(2, all.clone())], at(300)), ["a: return 1-2"]);
    // It is returned: version 3 holds the value of version 1.
    let mut returned = scene(3, all);
    returned.rules.get_mut(&name("A")).unwrap().returned = Some(Back {
        from: version(1),
        failed: version(2),
        version: version(3),
    });
    assert_eq!(
        steps(std::slice::from_ref(&returned), at(301)),
        ["a: restart for 2-3"]
    );
    assert_eq!(state(&returned, "b", at(301)), State::Current);
    // Nor does that work: it is said, and nothing more is done.
    returned.workloads[0] = unready(marked(workload("a", &[1, 3]), 2, 3, at(301), false));
    assert_eq!(steps(std::slice::from_ref(&returned), at(900)), [""; 0]);
    let State::Failed(why) = state(&returned, "a", at(900)) else {
        panic!("it failed");
    };
    assert!(why.contains("already a return"), "{why}");
}

#[test]
fn a_return_that_was_cut_off_is_made_again() {
    let mut cut = scene(
        2,
        vec![unready(marked(workload("a", &[1, 2]), 1, 2, at(0), false))],
    );
    cut.rules.get_mut(&name("A")).unwrap().returned = Some(Back {
        from: version(1),
        failed: version(2),
        version: version(3),
    });
    assert_eq!(steps(&[cut], at(400)), ["a: return 1-2"]);
}

#[test]
fn what_comes_from_elsewhere_is_not_returned_and_nothing_more_is_restarted_for_it() {
    let failed = unready(marked(workload("a", &[1, 2]), 1, 2, at(0), false));
    let mut copied = scene(2, vec![failed, workload("b", &[1])]);
    let rule = copied.rules.get_mut(&name("A")).unwrap();
    (rule.owner, rule.kept_because) = (None, "its source".into());
    assert_eq!(steps(std::slice::from_ref(&copied), at(400)), [""; 0]);
    assert_eq!(
        state(&copied, "a", at(400)),
        State::Failed("A cannot be returned: its source".into())
    );
    assert!(matches!(state(&copied, "b", at(400)), State::Halted(_)));
    // Mended at its source: the workload that hangs goes on at once, the other after it.
    copied.current.insert(name("A"), version(3));
    assert_eq!(
        steps(std::slice::from_ref(&copied), at(500)),
        ["a: restart for 1-3"]
    );
    assert_eq!(state(&copied, "b", at(500)), State::Turn);
}

#[test]
fn a_later_wave_that_fails_stops_the_rest_and_returns_nothing() {
    let well = marked(workload("a", &[2]), 1, 2, at(0), true);
    let failed = unready(marked(workload("b", &[1, 2]), 1, 2, at(10), false));
    let later = scene(2, vec![well, failed, workload("c", &[1])]);
    assert_eq!(steps(std::slice::from_ref(&later), at(400)), [""; 0]);
    assert!(matches!(state(&later, "b", at(400)), State::Failed(_)));
    assert!(matches!(state(&later, "c", at(400)), State::Halted(_)));
}

/// Restart windows were only ever proposed for stakater/Reloader (1214).
#[test]
fn restarts_begin_within_the_windows_of_all_that_changed() {
    let mut closed = scene(2, vec![workload("a", &[1])]);
    let night = Window::new(["Sun"], "22:00", "23:00", Some("UTC")).unwrap();
    closed.rules.get_mut(&name("A")).unwrap().windows = vec![night];
    assert_eq!(steps(std::slice::from_ref(&closed), at(0)), [""; 0]);
    assert_eq!(state(&closed, "a", at(0)), State::Window(Some(at(36_000))));
    let asked = plan(std::slice::from_ref(&closed), POLICY, at(0));
    assert_eq!(asked.wake, Some(at(36_000)));
    assert_eq!(
        steps(std::slice::from_ref(&closed), at(36_000)),
        ["a: restart for 1-2"]
    );
    closed.rules.get_mut(&name("A")).unwrap().never = true;
    assert_eq!(state(&closed, "a", at(36_000)), State::Window(None));
}

#[test]
fn nothing_is_added_to_what_is_not_ready_or_has_no_budget() {
    let busy = scene(2, vec![unready(workload("a", &[1])), workload("b", &[1])]);
    assert_eq!(state(&busy, "a", at(0)), State::Unready);
    assert_eq!(steps(&[busy], at(0)), ["b: restart for 1-2"]);
    let mut bound = workload("a", &[1]);
    bound.budget = Some("web".into());
    let bound = scene(2, vec![bound]);
    assert_eq!(state(&bound, "a", at(0)), State::Budget("web".into()));
    assert_eq!(steps(&[bound], at(0)), [""; 0]);
    // What others run with well can only help one that is not ready.
    let proven = marked(workload("a", &[2]), 1, 2, at(0), true);
    let sick = unready(workload("b", &[1]));
    assert_eq!(
        steps(&[scene(2, vec![proven, sick])], at(9)),
        ["b: restart for 1-2"]
    );
}

/// Restarts without end: hashicorp/vault-secrets-operator 582 and 1124.
#[test]
fn a_loop_is_broken() {
    let mut looping = workload("a", &[7]);
    for number in 1..7 {
        looping = marked(
            looping,
            number,
            number + 1,
            at(i64::try_from(number).unwrap() * 60),
            true,
        );
    }
    let looping = scene(8, vec![looping]);
    assert_eq!(state(&looping, "a", at(420)), State::Loop);
    let asked = plan(std::slice::from_ref(&looping), POLICY, at(420));
    assert_eq!((asked.steps.len(), asked.wake), (0, Some(at(3660))));
    assert_eq!(steps(&[looping], at(3660)), ["a: restart for 7-8"]);
}

#[test]
fn pods_without_a_template_go_one_by_one_when_all_are_ready() {
    let evicted = |started: &[u64]| {
        let mut workload = marked(workload("a", started), 1, 2, at(0), false);
        workload.means = Means::Eviction;
        workload
    };
    assert_eq!(
        steps(&[scene(2, vec![evicted(&[1, 1])])], at(1)),
        ["a: evict a-0"]
    );
    assert_eq!(
        steps(&[scene(2, vec![unready(evicted(&[1, 2]))])], at(2)),
        [""; 0]
    );
    assert_eq!(
        steps(&[scene(2, vec![evicted(&[1, 2])])], at(3)),
        ["a: evict a-0"]
    );
    assert_eq!(steps(&[scene(2, vec![evicted(&[2, 2])])], at(4)), ["a: ready"]);
}

/// Its controller replaces no pod before the one that failed is ready, which it never is.
#[test]
fn a_stateful_sets_failed_pod_is_taken_away_after_a_return() {
    let mut set = unready(marked(workload("a", &[1, 2]), 1, 3, at(0), false));
    set.key.kind = "StatefulSet".into();
    let mut returned = scene(3, vec![set]);
    returned.rules.get_mut(&name("A")).unwrap().returned = Some(Back {
        from: version(1),
        failed: version(2),
        version: version(3),
    });
    assert_eq!(steps(&[returned], at(1)), ["a: evict a-1"]);
}

#[test]
fn what_cannot_be_restarted_says_so() {
    let mut bare = workload("a", &[1]);
    bare.means = Means::None("nobody would make it again".into());
    let bare = scene(2, vec![bare]);
    assert!(matches!(state(&bare, "a", at(0)), State::Cannot(_)));
    assert_eq!(steps(&[bare], at(0)), [""; 0]);
}

#[path = "plan_properties.rs"]
mod properties;
