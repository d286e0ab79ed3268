//! What is asked of the server, for whom, and what came of it.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use coffer_crds::VaultSecret;
use coffer_domain::{
    address::Version,
    canonical_uri::UriPath,
    provider::{History, Line},
    secret_json::SecretJson,
};
use kube::runtime::reflector::ObjectRef;
use tokio::time::Instant;

use super::Fault;

/// The longest that one path waits because of its own failures, unless its users are more patient than that.
const LONGEST: Duration = Duration::from_mins(5);

/// Something to ask for: what is said of a path, or the value of one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Mount and path.
    pub path: UriPath,
    /// Which version's value; `None`: metadata.
    pub version: Option<Version>,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct User {
    /// The object's uid.
    pub uid: String,
    /// Whom to wake.
    pub object: ObjectRef<VaultSecret>,
}

/// What the server says of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The newest version; `None`: none was ever written.
    pub current: Option<Version>,
    /// All versions that are known there.
    pub lines: Vec<Line>,
}

impl From<History> for Facts {
    fn from(history: History) -> Self {
        Self {
            current: Version::new(history.current),
            lines: history.versions,
        }
    }
}

impl Facts {
    /// A version, if it is known there.
    pub fn line(&self, version: Version) -> Option<&Line> {
        self.lines.iter().find(|line| line.version == version)
    }
}

/// What is known of a path.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// What the server last said.
    pub facts: Option<Arc<Facts>>,
    /// Why nothing newer is known.
    pub fault: Option<Fault>,
}

/// What came back.
#[derive(Debug)]
pub enum Landed {
    /// Of a path.
    Facts(Facts),
    /// Of a version.
    Value(SecretJson),
}

/// One thing that is asked for.
#[derive(Debug)]
pub struct Task {
    /// For whom, and how often.
    pub users: BTreeMap<String, (ObjectRef<VaultSecret>, Duration)>,
    /// When it is asked next; `None`: it is under way, or need not be asked again.
    pub due: Option<Instant>,
    /// Failures of its own in a row.
    pub failures: u32,
    /// What is known.
    pub view: View,
    /// The value, of a version.
    pub value: Option<SecretJson>,
}

impl Task {
    /// New, and due.
    pub fn new(now: Instant) -> Self {
        Self {
            users: BTreeMap::new(),
            due: Some(now),
            failures: 0,
            view: View::default(),
            value: None,
        }
    }

    /// The shortest of the intervals that are asked for.
    pub fn interval(&self) -> Duration {
        let intervals = self.users.values().map(|(_, every)| *every);
        intervals.min().unwrap_or(LONGEST)
    }

    /// How long until it is asked again: the interval, doubled for each failure of its own after the first, and up to a
    /// tenth more, so that what began together does not stay together.
    pub fn wait(&self, key: &Key) -> Duration {
        let interval = self.interval();
        let longest = interval.max(LONGEST);
        let doubled = interval.saturating_mul(1 << self.failures.saturating_sub(1).min(16));
        let mut hasher = DefaultHasher::new();
        (key.path.as_str(), key.version.map(Version::get), self.failures).hash(&mut hasher);
        let share = u32::try_from(hasher.finish() % 100).unwrap_or_default();
        let wait = doubled.min(longest);
        wait + wait / 1000 * share
    }

    /// Notes what came back; whether that is news to its users.
    pub fn take(&mut self, landed: Result<Landed, Fault>) -> bool {
        match landed {
            Ok(Landed::Facts(facts)) => {
                self.failures = 0;
                let same = self.view.facts.as_deref() == Some(&facts);
                let mended = self.view.fault.take().is_some();
                self.view.facts = Some(Arc::new(facts));
                mended || !same
            }
            Ok(Landed::Value(value)) => {
                self.view.fault = None;
                self.value = Some(value);
                true
            }
            Err(fault) => {
                // That nothing is there is an answer as good as any, and no reason to ask less often.
                let own = matches!(fault, Fault::Refused | Fault::NoEngine);
                self.failures = if own { self.failures.saturating_add(1) } else { 0 };
                self.view.fault.replace(fault) != Some(fault)
            }
        }
    }
}
