//! Request ids: version 7 UUIDs (RFC 9562). An id that a client sends is kept only if it is one.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;
use coffer_domain::port::{Clock, Entropy};
use uuid::{Builder, Uuid, Version};

/// The header that carries it, both ways.
pub const HEADER: &str = "x-request-id";

/// One request's id, as text.
#[derive(Debug, Clone, Copy)]
pub struct RequestId([u8; 36]);

impl RequestId {
    fn of(id: Uuid) -> Self {
        let mut text = [0; 36];
        id.hyphenated().encode_lower(&mut text);
        Self(text)
    }

    /// The nil id: of a request that came past the mechanics that give ids.
    pub fn unknown() -> Self {
        Self::of(Uuid::nil())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// As a header's value.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// Gives ids: the time, sixteen random bits of this process, and a counter that starts at random.
#[derive(Debug)]
pub struct RequestIds {
    process: [u8; 2],
    counter: AtomicU64,
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
        }
    }

    /// The id that came with a request if it is one of ours, or a new one.
    pub fn take(&self, given: Option<&HeaderValue>, clock: &dyn Clock) -> RequestId {
        given
            .and_then(ours)
            .map_or_else(|| self.next(clock), RequestId::of)
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
}
