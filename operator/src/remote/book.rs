//! Who waits for what, and what is asked when: one request for all that name the same, few at a time, and hardly any
//! of a server that serves nobody. Pure: time is an argument, and requests are somebody else's.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use coffer_crds::VaultSecret;
use coffer_domain::secret_json::SecretJson;
use kube::runtime::reflector::ObjectRef;
use tokio::time::Instant;

use super::{
    Fault, Key, User, View,
    gate::{Gate, Passage},
    task::{Landed, Task},
};

/// The most requests under way.
const MOST: usize = 8;
/// Over which time those are asked again that had to wait for the server.
const SPREAD: Duration = Duration::from_secs(2);

/// Everything that is asked for.
#[derive(Debug, Default)]
pub struct Book {
    tasks: BTreeMap<Key, Task>,
    /// Those that are due at some time, by that time.
    queue: BTreeSet<(Instant, Key)>,
    /// What each object is about, by uid.
    users: HashMap<String, BTreeSet<Key>>,
    gate: Gate,
    flying: usize,
}

/// What is to be done now.
#[derive(Debug, Default)]
pub struct Turn {
    /// To ask for.
    pub requests: Vec<Key>,
    /// Whom to wake.
    pub wake: Vec<ObjectRef<VaultSecret>>,
    /// When to look again, if nothing happens before; `None`: not before something happens.
    pub next: Option<Instant>,
}

impl Book {
    /// From now on `user` asks for `wanted`, and for nothing else of that kind: metadata, or versions.
    pub fn enlist(&mut self, now: Instant, user: &User, wanted: &BTreeMap<Key, Duration>, metadata: bool) {
        let had = self.users.entry(user.uid.clone()).or_default();
        let is_gone = |key: &&Key| key.version.is_none() == metadata && !wanted.contains_key(*key);
        let gone: Vec<Key> = had.iter().filter(is_gone).cloned().collect();
        had.retain(|key| !gone.contains(key));
        had.extend(wanted.keys().cloned());
        if had.is_empty() {
            self.users.remove(&user.uid);
        }
        for key in gone {
            self.leave(&key, &user.uid);
        }
        for (key, every) in wanted {
            let task = self.tasks.entry(key.clone()).or_insert_with(|| {
                self.queue.insert((now, key.clone()));
                Task::new(now)
            });
            let who = (user.object.clone(), *every);
            task.users.insert(user.uid.clone(), who);
            // Whoever is more eager does not wait for the others' time.
            let soon = now + *every;
            if task.due.is_some_and(|due| due > soon) && task.failures == 0 {
                self.schedule(key, Some(soon));
            }
        }
    }

    /// The object is gone.
    pub fn forget(&mut self, uid: &str) {
        for key in self.users.remove(uid).unwrap_or_default() {
            self.leave(&key, uid);
        }
    }

    fn leave(&mut self, key: &Key, uid: &str) {
        let Some(task) = self.tasks.get_mut(key) else {
            return;
        };
        task.users.remove(uid);
        if task.users.is_empty() {
            self.schedule(key, None);
            self.tasks.remove(key);
        }
    }

    /// What is known of a path.
    pub fn view(&self, key: &Key) -> View {
        self.tasks
            .get(key)
            .map_or_else(View::default, |task| task.view.clone())
    }

    /// The value of a version, or why it is not here; `None`: it is not known yet.
    pub fn value(&self, key: &Key) -> Option<Result<SecretJson, Fault>> {
        let task = self.tasks.get(key)?;
        let value = task.value.clone().map(Ok);
        value.or(task.view.fault.map(Err))
    }

    fn schedule(&mut self, key: &Key, due: Option<Instant>) {
        let Some(task) = self.tasks.get_mut(key) else {
            return;
        };
        if let Some(before) = std::mem::replace(&mut task.due, due) {
            self.queue.remove(&(before, key.clone()));
        }
        self.queue.extend(due.map(|due| (due, key.clone())));
    }

    /// What to do at `now`. What it says to ask for counts as under way until it [landed](Self::landed).
    pub fn turn(&mut self, now: Instant) -> Turn {
        let mut turn = Turn::default();
        match self.gate.passage(now) {
            Passage::Open => {
                while self.flying < MOST
                    && let Some(key) = self.first(|due| due <= now)
                {
                    self.depart(key, &mut turn);
                }
                turn.next = self.next().filter(|_| self.flying < MOST);
            }
            Passage::One => {
                if self.flying == 0
                    && let Some(key) = self.first(|_| true)
                {
                    self.depart(key, &mut turn);
                }
            }
            Passage::Shut(until, fault) => {
                while let Some(key) = self.first(|due| due <= now) {
                    turn.wake.extend(self.note(now, &key, Err(fault)));
                }
                turn.next = Some(self.next().map_or(until, |due| due.min(until)));
            }
        }
        turn
    }

    fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(due, _)| *due)
    }

    fn first(&self, when: impl Fn(Instant) -> bool) -> Option<Key> {
        let (_, key) = self.queue.first().filter(|(due, _)| when(*due))?;
        Some(key.clone())
    }

    fn depart(&mut self, key: Key, turn: &mut Turn) {
        self.schedule(&key, None);
        self.flying += 1;
        turn.requests.push(key);
    }

    /// What was asked for came back, or why it did not; whom to wake.
    pub fn landed(
        &mut self,
        now: Instant,
        key: &Key,
        landed: Result<Landed, Fault>,
    ) -> Vec<ObjectRef<VaultSecret>> {
        self.flying = self.flying.saturating_sub(1);
        match &landed {
            Err(fault) if fault.is_of_server() => self.gate.failed(now, *fault),
            _ if self.gate.answered() => self.recover(now),
            _ => {}
        }
        self.note(now, key, landed)
    }

    /// The server is back: those that had to wait for it need not wait for their time.
    fn recover(&mut self, now: Instant) {
        let waited = |task: &Task| task.view.fault.is_some_and(Fault::is_of_server) && task.due.is_some();
        let keys = self.tasks.iter().filter(|(_, task)| waited(task));
        let keys: Vec<Key> = keys.map(|(key, _)| key.clone()).collect();
        let count = u32::try_from(keys.len()).unwrap_or(u32::MAX).max(1);
        for (place, key) in (0..).zip(keys) {
            self.schedule(&key, Some(now + SPREAD / count * place));
        }
    }

    fn note(
        &mut self,
        now: Instant,
        key: &Key,
        landed: Result<Landed, Fault>,
    ) -> Vec<ObjectRef<VaultSecret>> {
        let Some(task) = self.tasks.get_mut(key) else {
            return Vec::new();
        };
        let lost = key.version.is_some() && matches!(landed, Err(Fault::Missing));
        let is_news = task.take(landed);
        let again = (task.value.is_none()).then(|| now + task.wait(key));
        let users = task.users.values().map(|(object, _)| object.clone());
        let wake = if is_news { users.collect() } else { Vec::new() };
        self.schedule(key, again);
        if lost {
            // It went since the path was looked at.
            let metadata = Key {
                version: None,
                ..key.clone()
            };
            if self.tasks.get(&metadata).is_some_and(|task| task.due.is_some()) {
                self.schedule(&metadata, Some(now));
            }
        }
        wake
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
