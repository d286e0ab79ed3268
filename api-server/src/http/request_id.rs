//! Request ids: UUIDs (RFC 9562), made here, or sent by a client where the door's rule keeps those.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;
use coffer_domain::port::{Clock, Entropy};
use parking_lot::Mutex;
use uuid::{Builder, Uuid, Version};

/// The header that carries it, both ways.
pub const HEADER: &str = "x-request-id";

/// The longest id of a client's that is kept, in bytes.
const LONGEST: usize = 64;

/// What becomes of an id that a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdRule {
    /// It is kept if it is a version 7 UUID, as ours are.
    Ours,
    /// It is kept if it is 1 to 64 visible ASCII characters; without one, a version 4 UUID is made.
    Clients,
    /// The same, of the header `X-Correlation-ID`.
    Correlation,
}

impl IdRule {
    /// The header in which clients send one.
    pub fn header(self) -> &'static str {
        match self {
            Self::Ours | Self::Clients => HEADER,
            Self::Correlation => "x-correlation-id",
        }
    }
}

/// One request's id, as text.
#[derive(Debug, Clone, Copy)]
pub struct RequestId {
    text: [u8; LONGEST],
    length: usize,
}

impl RequestId {
    fn of(id: Uuid) -> Self {
        let mut buffer = Uuid::encode_buffer();
        Self::from_text(id.hyphenated().encode_lower(&mut buffer).as_bytes())
    }

    /// Of at most [`LONGEST`] bytes.
    fn from_text(given: &[u8]) -> Self {
        let length = given.len().min(LONGEST);
        let mut text = [0; LONGEST];
        text[..length].copy_from_slice(&given[..length]);
        Self { text, length }
    }

    /// The nil id: of a request that came past the mechanics that give ids.
    pub fn unknown() -> Self {
        Self::of(Uuid::nil())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }

    /// As a header's value.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.text[..self.length]).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// Gives ids: the time, sixteen random bits of this process, and a counter that starts at random.
#[derive(Debug)]
pub struct RequestIds {
    process: [u8; 2],
    counter: AtomicU64,
    random: Mutex<Random>,
}

/// Random bytes, of which each is given out once: to ask for many at a time is cheaper by far.
#[derive(Debug)]
struct Random {
    bytes: [u8; RANDOM_BYTES],
    used: usize,
}

/// For so many ids.
const RANDOM_BYTES: usize = 64 * 16;

impl Random {
    fn take(&mut self, entropy: &dyn Entropy) -> [u8; 16] {
        if self.used == RANDOM_BYTES {
            entropy.fill(&mut self.bytes);
            self.used = 0;
        }
        let taken = std::array::from_fn(|i| self.bytes[self.used + i]);
        self.used += taken.len();
        taken
    }
}

impl RequestIds {
    /// For one process.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let (mut process, mut start) = ([0; 2], [0; 8]);
        entropy.fill(&mut process);
        entropy.fill(&mut start);
        Self {
            process,
            counter: AtomicU64::new(u64::from_be_bytes(start)),
            random: Mutex::new(Random {
                bytes: [0; RANDOM_BYTES],
                used: RANDOM_BYTES,
            }),
        }
    }

    /// The id that came with a request if it is one of ours, or a new one.
    pub fn take(&self, given: Option<&HeaderValue>, clock: &dyn Clock) -> RequestId {
        given
            .and_then(ours)
            .map_or_else(|| self.next(clock), RequestId::of)
    }

    /// The same by a door's own rule.
    pub fn take_by(
        &self,
        rule: IdRule,
        given: Option<&HeaderValue>,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> RequestId {
        let visible = |given: &HeaderValue| {
            let bytes = given.as_bytes();
            let plain = (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
            plain.then(|| RequestId::from_text(bytes))
        };
        match rule {
            IdRule::Ours => self.take(given, clock),
            IdRule::Clients | IdRule::Correlation => given.and_then(visible).unwrap_or_else(|| {
                let random = self.random.lock().take(entropy);
                RequestId::of(Builder::from_random_bytes(random).into_uuid())
            }),
        }
    }

    fn next(&self, clock: &dyn Clock) -> RequestId {
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&self.process);
        bytes[2..].copy_from_slice(&self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or_default();
        RequestId::of(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
}

fn ours(given: &HeaderValue) -> Option<Uuid> {
    let id = Uuid::try_parse(given.to_str().ok()?).ok()?;
    (id.get_version() == Some(Version::SortRand)).then_some(id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use coffer_domain::testkit::{ManualClock, SeededEntropy};

    use super::*;

    #[test]
    fn ids_differ_and_are_version_7() {
        let clock = ManualClock::at("2026-01-02T03:04:05Z".parse().unwrap());
        let ids = RequestIds::new(&SeededEntropy::new(1));
        let made: HashSet<String> = (0..1000)
            .map(|_| ids.take(None, &clock).as_str().to_owned())
            .collect();
        assert_eq!(made.len(), 1000);
        assert!(
            made.iter()
                .all(|id| Uuid::parse_str(id).unwrap().get_version_num() == 7)
        );
    }

    #[test]
    fn random_ids_differ_beyond_those_that_are_asked_for_at_once() {
        let clock = ManualClock::at("2026-01-02T03:04:05Z".parse().unwrap());
        let entropy = SeededEntropy::new(1);
        let ids = RequestIds::new(&entropy);
        let made: HashSet<String> = (0..1000)
            .map(|_| {
                ids.take_by(IdRule::Clients, None, &clock, &entropy)
                    .as_str()
                    .to_owned()
            })
            .collect();
        assert_eq!(made.len(), 1000);
        assert!(
            made.iter()
                .all(|id| Uuid::parse_str(id).unwrap().get_version_num() == 4)
        );
    }

    #[test]
    fn only_an_id_of_ours_is_kept() {
        let clock = ManualClock::at("2026-01-02T03:04:05Z".parse().unwrap());
        let ids = RequestIds::new(&SeededEntropy::new(1));
        let kept = ids.take(None, &clock);
        assert_eq!(ids.take(Some(&kept.header()), &clock).as_str(), kept.as_str());
        for other in ["", "x", "11111111-1111-4111-8111-111111111111", "\u{1b}[31mred"] {
            let given = HeaderValue::from_bytes(other.as_bytes()).ok();
            assert_ne!(ids.take(given.as_ref(), &clock).as_str(), other);
        }
    }

    #[test]
    fn a_door_may_keep_what_clients_send() {
        let clock = ManualClock::at("2026-01-02T03:04:05Z".parse().unwrap());
        let entropy = SeededEntropy::new(1);
        let ids = RequestIds::new(&entropy);
        let take = |given: &str| {
            let given = HeaderValue::from_str(given).ok();
            ids.take_by(IdRule::Clients, given.as_ref(), &clock, &entropy)
                .as_str()
                .to_owned()
        };
        assert_eq!(take("trace-1"), "trace-1");
        for other in ["", "a b", &"x".repeat(65)] {
            assert_eq!(
                Uuid::parse_str(&take(other)).unwrap().get_version_num(),
                4,
                "{other}"
            );
        }
    }
}
