//! What the operator notes on a workload that it restarts, so that it finds it after its own restart: for which versions,
//! when, and whether the workload became ready. Versions and times, never a value or a hash of one.

use std::collections::BTreeMap;

use coffer_domain::{address::Version, name::SecretName};
use jiff::Timestamp;

/// On the workload: `NAME@FROM-TO,…`, the secrets it was restarted for last.
pub const RESTARTED_FOR: &str = "coffer.dev/restarted-for";
/// On the workload: when it was restarted, the last times, the newest last. On its pod template: the newest alone, which is
/// what makes the controller replace the pods.
pub const RESTARTED_AT: &str = "coffer.dev/restarted-at";
/// On the workload: the time of the restart after which it became ready.
pub const RESTART_READY: &str = "coffer.dev/restart-ready";
/// The most times that are kept.
const MOST_TIMES: usize = 16;

/// From which version to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The version that the oldest pod started with.
    pub from: Version,
    /// The version that was current.
    pub to: Version,
}

/// Secrets, and from which version to which.
pub type Spans = BTreeMap<SecretName, Span>;

/// The marks of one workload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// What it was restarted for last.
    pub spans: Spans,
    /// When it was restarted, the newest last.
    pub times: Vec<Timestamp>,
    /// Whether it became ready after that.
    pub ready: bool,
}

impl Marks {
    /// Of annotations. What cannot be read was not written by us and counts as absent.
    pub fn read<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> Self {
        let times: Vec<Timestamp> = annotation(RESTARTED_AT)
            .into_iter()
            .flat_map(|text| text.split(','))
            .filter_map(|time| time.parse().ok())
            .collect();
        let ready = annotation(RESTART_READY).and_then(|text| text.parse::<Timestamp>().ok());
        let spans = annotation(RESTARTED_FOR)
            .into_iter()
            .flat_map(|text| text.split(','))
            .filter_map(span)
            .collect();
        Self {
            spans,
            ready: ready.is_some() && ready == times.last().copied(),
            times,
        }
    }

    /// Once more, now, for these.
    pub fn again(&self, spans: Spans, now: Timestamp) -> Self {
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let kept = self.times.len().saturating_sub(MOST_TIMES - 1);
        let times = self.times[kept..].iter().copied().chain([now]).collect();
        Self {
            spans,
            times,
            ready: false,
        }
    }

    /// The same, and the workload is ready.
    pub fn ready(&self) -> Self {
        Self {
            ready: true,
            ..self.clone()
        }
    }

    /// When it was restarted last.
    pub fn last(&self) -> Option<Timestamp> {
        self.times.last().copied()
    }

    /// The annotations of the workload.
    pub fn annotations(&self) -> BTreeMap<&'static str, String> {
        let spans = self
            .spans
            .iter()
            .map(|(name, span)| format!("{name}@{}-{}", span.from, span.to));
        let times = self.times.iter().map(Timestamp::to_string);
        let ready = self
            .last()
            .filter(|_| self.ready)
            .map(|time| (RESTART_READY, time.to_string()));
        [
            (RESTARTED_FOR, spans.collect::<Vec<_>>().join(",")),
            (RESTARTED_AT, times.collect::<Vec<_>>().join(",")),
        ]
        .into_iter()
        .chain(ready)
        .collect()
    }
}

fn span(text: &str) -> Option<(SecretName, Span)> {
    let (name, versions) = text.split_once('@')?;
    let (from, to) = versions.split_once('-')?;
    let version = |text: &str| Version::new(text.parse().ok()?);
    let span = Span {
        from: version(from)?,
        to: version(to)?,
    };
    Some((name.parse().ok()?, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Spans {
        text.split(',').map(|text| span(text).unwrap()).collect()
    }

    #[test]
    fn what_is_noted_reads_back() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut marks = Marks::default();
        for second in 0..20 {
            marks = marks.again(spans("DB_PASSWORD@1-3,app/key@2-9"), at(second));
        }
        for marks in [marks.clone(), marks.ready()] {
            let annotations = marks.annotations();
            let read = Marks::read(|key| annotations.get(key).map(String::as_str));
            assert_eq!(read, marks);
            assert_eq!(read.times.len(), MOST_TIMES);
            assert_eq!(read.last(), Some(at(19)));
        }
    }

    #[test]
    fn a_workload_that_was_ready_is_not_after_the_next_restart() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = Marks::default().again(spans("A@1-2"), at(1)).ready();
        let mut annotations = first.again(spans("A@2-3"), at(2)).annotations();
        // As if somebody else kept the older note.
        annotations.insert(RESTART_READY, at(1).to_string());
        assert!(!Marks::read(|key| annotations.get(key).map(String::as_str)).ready);
    }

    #[test]
    fn what_others_wrote_there_is_nothing() {
        for text in ["", "A", "A@1", "A@x-y", "A@0-1", "@1-2", "no such name@1-2"] {
            assert_eq!(Marks::read(|_| Some(text)), Marks::default(), "{text}");
        }
    }
}
