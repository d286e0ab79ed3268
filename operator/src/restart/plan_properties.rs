//! Whatever happens, and in whatever order.

use std::collections::BTreeSet;

use coffer_domain::{address::Version, window::Window};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

/// What happens in a cluster.
#[derive(Debug, Clone)]
enum Happening {
    /// A new version.
    Rotates,
    /// The workload of this number becomes ready, if it is not.
    Settles(usize),
    /// Somebody rolls it out, or its pods fail.
    Unsettles(usize),
    /// Time passes, in seconds.
    Passes(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => Just(Happening::Rotates),
        6 => (0_usize..5).prop_map(Happening::Settles),
        1 => (0_usize..5).prop_map(Happening::Unsettles),
        3 => (1_i64..120).prop_map(Happening::Passes),
    ]
}

proptest! {
    /// Never more at once than may be; never outside the window; each version restarts a workload once at most; and asking
    /// again, as an operator does that starts anew, adds nothing.
    #[test]
    fn restarts_are_few_and_in_time(happenings in prop::collection::vec(happening(), 1..120)) {
        let window = Window::new([], "12:00", "12:30", Some("UTC")).unwrap();
        let mut scene = scene(1, ('a'..='e').map(|title| workload(&title.to_string(), &[1])).collect());
        scene.rules.get_mut(&name("A")).unwrap().windows = vec![window.clone()];
        // Patience without end: what fails is another test's.
        scene.rules.get_mut(&name("A")).unwrap().ready_within = Some(SignedDuration::from_hours(900));
        let mut now = at(0);
        let mut done: BTreeSet<(String, Version)> = BTreeSet::new();
        for happening in happenings {
            match happening {
                Happening::Rotates => {
                    scene.current.values_mut().for_each(|current| *current = current.next());
                }
                Happening::Settles(number) => scene.workloads[number].settled = true,
                // Of one that is being restarted it would say nothing new.
                Happening::Unsettles(number) if scene.workloads[number].marks.ready => {
                    scene.workloads[number].settled = false;
                }
                Happening::Unsettles(_) => {}
                Happening::Passes(seconds) => now += SignedDuration::from_secs(seconds),
            }
            let planned = plan(std::slice::from_ref(&scene), POLICY, now);
            for (_, key, step) in &planned.steps {
                let workload = scene.workloads.iter_mut().find(|it| it.key == *key).unwrap();
                match step {
                    Step::Restart(spans) => {
                        let to = spans[&name("A")].to;
                        prop_assert!(done.insert((key.name.clone(), to)), "{key} twice for version {to}");
                        let goes_on = !workload.marks.ready && !workload.marks.spans.is_empty();
                        prop_assert!(goes_on || window.is_open(now), "{key} at {now}");
                        workload.marks = workload.marks.again(spans.clone(), now);
                        workload.settled = false;
                        workload.pods[0].started.insert(name("A"), to);
                    }
                    Step::Ready => workload.marks = workload.marks.ready(),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            let busy = scene.workloads.iter().filter(|it| is_unfinished(it) && !it.settled);
            prop_assert!(busy.count() <= POLICY.at_once);
            let again = plan(std::slice::from_ref(&scene), POLICY, now);
            let restarts = again.steps.iter().filter(|(_, _, step)| matches!(step, Step::Restart(_)));
            prop_assert_eq!(restarts.count(), 0);
        }
    }
}
