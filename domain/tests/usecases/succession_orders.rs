//! No order of deliveries, acknowledgements, deaths and rotations takes a value from who uses it.

use std::collections::BTreeSet;

use coffer_domain::{
    address::Version,
    entity::VersionState,
    port::Clock,
    succession::Laggard,
    usecase::{Caller, secrets::Succeeding},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{
    succession::{KEY, acknowledge, deliver, furnished, rotate, states},
    *,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    Deliver(usize),
    Acknowledge(usize),
    Die(usize),
    Rotate,
    Settle,
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pods = 0..3_usize;
    let step = prop_oneof![
        4 => pods.clone().prop_map(Step::Deliver),
        4 => pods.clone().prop_map(Step::Acknowledge),
        1 => pods.prop_map(Step::Die),
        2 => Just(Step::Rotate),
        3 => Just(Step::Settle),
        1 => (1..1_500_i64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What a pod was sent last, and what it has put in place.
#[derive(Debug, Clone, Copy, Default)]
struct Pod {
    sent: Option<Version>,
    in_place: Option<Version>,
    /// A dead one is another pod when it comes again.
    life: usize,
}

struct Play {
    world: World,
    pods: [Pod; 3],
    /// Since when the oldest version that is on its way out is that.
    since: Option<Timestamp>,
}

impl Play {
    fn uid(&self, pod: usize) -> String {
        format!("u{pod}-{}", self.pods[pod].life)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Deliver(pod) => self.pods[pod].sent = Some(deliver(&self.world.coffer, &self.uid(pod))),
            Step::Acknowledge(pod) => {
                if let Some(sent) = self.pods[pod].sent {
                    acknowledge(&self.world, &self.uid(pod), sent);
                    self.pods[pod].in_place = Some(sent);
                }
            }
            Step::Die(pod) => {
                let life = self.pods[pod].life + 1;
                self.pods[pod] = Pod {
                    life,
                    ..Pod::default()
                };
            }
            Step::Rotate => {
                if rotate(&self.world).is_ok() {
                    self.since = Some(self.world.clock.now());
                }
            }
            Step::Settle => {
                if self.settle().is_some_and(|found| found.retired.is_some()) {
                    self.since = None;
                }
            }
            Step::Wait(seconds) => self.world.clock.advance(SignedDuration::from_secs(seconds)),
        }
    }

    fn settle(&self) -> Option<Succeeding> {
        let live: BTreeSet<String> = (0..3).map(|pod| self.uid(pod)).collect();
        let is_gone = |laggard: &Laggard| !live.contains(&laggard.pod_uid);
        run(self
            .world
            .coffer
            .settle_successions(&Caller::controller(), &place(), &[name(KEY)], &is_gone))
        .unwrap()
        .pop()
    }

    /// Whatever a live pod may be using can be read, before the deadline.
    fn check(&self) -> Result<(), TestCaseError> {
        let states = states(&self.world);
        let current = *states.keys().last().unwrap();
        prop_assert_eq!(states[&current], VersionState::Live);
        let over = self.since.is_some_and(|since| {
            self.world.clock.now().duration_since(since) >= SignedDuration::from_hours(1)
        });
        for pod in self.pods {
            if let Some(used) = pod.in_place.or(pod.sent)
                && !over
                && !self.past_deadline_before(used)
            {
                prop_assert_eq!(
                    states[&used.get()],
                    VersionState::Live,
                    "{:?} uses it: {:?}",
                    pod,
                    states
                );
            }
        }
        Ok(())
    }

    /// Whether `used` went in an earlier rotation whose deadline came: then it may be gone.
    fn past_deadline_before(&self, used: Version) -> bool {
        self.world
            .store
            .audit_events(self.world.team.id)
            .iter()
            .any(|event| {
                event.action == "secret.retire"
                    && event.versions.first().is_some_and(|cause| cause == "deadline")
                    && event.versions.contains(&format!("{KEY}@{used}"))
            })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_order_of_events_takes_a_value_from_a_live_consumer_before_the_deadline(steps in steps()) {
        let mut play = Play { world: furnished(), pods: [Pod::default(); 3], since: None };
        for step in steps {
            play.take(step);
            play.check()?;
        }
        // And in the end it goes: when all who live have the newest.
        for pod in 0..3 {
            if play.pods[pod].sent.is_some() {
                play.take(Step::Deliver(pod));
                play.take(Step::Acknowledge(pod));
            }
        }
        play.take(Step::Settle);
        let states = states(&play.world);
        let live = states.values().filter(|state| **state == VersionState::Live).count();
        prop_assert_eq!(live, 1, "{:?}", states);
    }
}
