//! Which receivers are delivered to at once: each has a queue of its own, so that one that is slow or gone keeps nobody
//! waiting but itself. A receiver is a subscription, by its key.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use coffer_domain::usecase::outbox::Due;

/// How many receivers are delivered to at once.
const AT_ONCE: usize = 64;
/// How many deliveries one of them has in hand.
const IN_HAND: usize = 16;
/// The most receivers that rest; one more ends the round.
const MOST_RESTING: usize = 1000;

/// What one receiver is told, in this order.
#[derive(Debug)]
pub struct Queue {
    /// The receiver.
    pub receiver: String,
    /// What it is told.
    pub due: VecDeque<Due>,
}

/// How a receiver's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Everything in hand was tried.
    Done,
    /// It could not be reached, or another process delivers to it: it waits until the others had their turn.
    Rest,
}

/// Who has a turn, and who had one in this round and waits for the next.
#[derive(Debug, Default)]
pub struct Queues {
    busy: BTreeSet<String>,
    resting: BTreeSet<String>,
}

impl Queues {
    /// Whether one more can have a turn.
    pub fn has_room(&self) -> bool {
        self.busy.len() < AT_ONCE
    }

    /// Whose deliveries are not to be looked at now.
    pub fn passed_over(&self) -> Vec<String> {
        self.busy.union(&self.resting).cloned().collect()
    }

    /// The turns that begin with `due`, which is of nobody that is passed over. That there is none ends the round.
    pub fn begin(&mut self, due: Vec<Due>) -> Vec<Queue> {
        if due.is_empty() {
            self.resting.clear();
        }
        let mut turns: BTreeMap<String, Queue> = BTreeMap::new();
        for due in due {
            let receiver = due.delivery.body.subscription.clone();
            if !turns.contains_key(&receiver) {
                if self.busy.len() >= AT_ONCE {
                    continue;
                }
                self.busy.insert(receiver.clone());
            }
            let turn = turns.entry(receiver.clone()).or_insert_with(|| Queue {
                receiver,
                due: VecDeque::new(),
            });
            if turn.due.len() < IN_HAND {
                turn.due.push_back(due);
            }
        }
        turns.into_values().collect()
    }

    /// Ends a receiver's turn.
    pub fn end(&mut self, receiver: String, turn: Turn) {
        self.busy.remove(&receiver);
        if turn == Turn::Rest {
            if self.resting.len() >= MOST_RESTING {
                self.resting.clear();
            }
            self.resting.insert(receiver);
        }
    }
}

#[cfg(test)]
mod tests {
    use coffer_domain::{
        id::OrgId,
        outbox::Delivery,
        record::Kept,
        secret_value::SecretValue,
        testkit::{ManualClock, SeededEntropy},
    };
    use jiff::Timestamp;

    use super::*;

    fn due(receiver: &str, key: &str) -> Due {
        let (clock, entropy) = (ManualClock::at(Timestamp::UNIX_EPOCH), SeededEntropy::new(1));
        let organization = OrgId::fresh(&clock, &entropy);
        let body = Delivery {
            subscriber: organization,
            subscription: receiver.to_owned(),
            event: "secret.created".to_owned(),
            body: "{}".to_owned(),
            attempts: 0,
            next_at: None,
            forget_at: None,
            failure: None,
            about: serde_json::Value::Null,
        };
        let delivery = Kept {
            organization,
            key: key.to_owned(),
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            body,
        };
        Due {
            delivery,
            url: "https://example.com/".to_owned(),
            door: "secryn".to_owned(),
            secret: SecretValue::from("s"),
            labels: BTreeMap::new(),
        }
    }

    /// `receiver:key,key` of each turn.
    fn shown(turns: &[Queue]) -> Vec<String> {
        let one = |queue: &Queue| {
            let keys: Vec<&str> = queue.due.iter().map(|due| due.delivery.key.as_str()).collect();
            format!("{}:{}", queue.receiver, keys.join(","))
        };
        turns.iter().map(one).collect()
    }

    #[test]
    fn each_receiver_has_its_own_in_order_and_nobody_has_two() {
        let mut queues = Queues::default();
        let all = vec![due("b", "1"), due("a", "2"), due("b", "3")];
        assert_eq!(shown(&queues.begin(all)), ["a:2", "b:1,3"]);
        assert_eq!(queues.passed_over(), ["a", "b"]);
        queues.end("b".to_owned(), Turn::Done);
        assert_eq!(queues.passed_over(), ["a"]);
        let many = (0..100).map(|number| due("b", &number.to_string())).collect();
        assert_eq!(queues.begin(many)[0].due.len(), IN_HAND);
    }

    #[test]
    fn who_cannot_be_reached_waits_until_nobody_else_is_due() {
        let mut queues = Queues::default();
        queues.begin(vec![due("dead", "1"), due("slow", "2")]);
        queues.end("dead".to_owned(), Turn::Rest);
        assert_eq!(queues.passed_over(), ["dead", "slow"]);
        assert_eq!(queues.begin(vec![due("fresh", "3")]).len(), 1);
        assert_eq!(queues.passed_over(), ["dead", "fresh", "slow"]);
        assert!(queues.begin(Vec::new()).is_empty());
        assert_eq!(queues.passed_over(), ["fresh", "slow"], "the next round");
    }

    #[test]
    fn there_is_room_for_so_many_at_once() {
        let mut queues = Queues::default();
        let all = (0..AT_ONCE + 7).map(|number| due(&format!("{number:03}"), "1"));
        let begun = queues.begin(all.collect());
        assert_eq!((begun.len(), queues.has_room()), (AT_ONCE, false));
        queues.end("000".to_owned(), Turn::Done);
        assert!(queues.has_room());
        assert_eq!(shown(&queues.begin(vec![due("070", "1")])), ["070:1"]);
    }
}
