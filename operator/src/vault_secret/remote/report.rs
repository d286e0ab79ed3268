//! What the condition `RemoteCurrent` says of all `remote` entries of an object.

use std::collections::BTreeMap;

use coffer_crds::condition::{Draft, REMOTE_CURRENT, reason};

use super::decide::{ASKED, Entry, Standing, Trouble};
use crate::text::{LONGEST_MESSAGE, shortened};

/// What to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// What was said before, while there is nothing newer to say; this, if nothing was.
    Same(Draft),
    /// This.
    New(Draft),
}

/// Of these entries; `None`: there are none.
pub fn report(entries: &BTreeMap<String, Entry>) -> Option<Report> {
    if entries.is_empty() {
        return None;
    }
    let mut troubles: Vec<(&Trouble, Vec<&str>)> = Vec::new();
    let mut unknown = false;
    for (key, entry) in entries {
        match &entry.standing {
            Standing::Current => {}
            Standing::Unknown => unknown = true,
            Standing::Trouble(trouble) => match troubles.iter_mut().find(|(it, _)| *it == trouble) {
                Some((_, keys)) => keys.push(key),
                None => troubles.push((trouble, vec![key])),
            },
        }
    }
    let draft = match troubles.first() {
        Some((first, _)) => {
            let message = format!("{}; values that were copied before stay", told(&troubles));
            Draft::no(REMOTE_CURRENT, first.reason, shortened(&message, LONGEST_MESSAGE))
        }
        None if unknown => Draft::unknown(REMOTE_CURRENT, reason::PROGRESSING, ASKED),
        None => Draft::yes(REMOTE_CURRENT, reason::REMOTE_COPIED, ""),
    };
    Some(if unknown {
        Report::Same(draft)
    } else {
        Report::New(draft)
    })
}

/// `A, B: the server is sealed; C: it has no key x`.
fn told(troubles: &[(&Trouble, Vec<&str>)]) -> String {
    let each = troubles
        .iter()
        .map(|(trouble, keys)| format!("{}: {}", keys.join(", "), trouble.words));
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use coffer_crds::condition::{find, merge};
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

    use super::*;

    fn entry(standing: Standing) -> Entry {
        Entry {
            copy: None,
            held: None,
            has_good: true,
            standing,
        }
    }

    fn trouble(reason: &'static str, words: &str) -> Standing {
        Standing::Trouble(Trouble::refusal(reason, words))
    }

    /// Whether it is new, the status and the message.
    fn shown(entries: Vec<(&str, Standing)>) -> (bool, String, String) {
        let entries = entries.into_iter();
        let entries = entries.map(|(key, standing)| (key.to_owned(), entry(standing)));
        let (is_new, draft) = match report(&entries.collect()).unwrap() {
            Report::New(draft) => (true, draft),
            Report::Same(draft) => (false, draft),
        };
        let merged = merge(&[], vec![draft], Some(1), &Time(Timestamp::UNIX_EPOCH));
        let condition = find(&merged, REMOTE_CURRENT).unwrap();
        (is_new, condition.status.clone(), condition.message.clone())
    }

    #[test]
    fn troubles_are_told_together_and_nothing_is_told_before_it_is_known() {
        assert!(report(&BTreeMap::new()).is_none());
        let (is_new, status, _) = shown(vec![("A", Standing::Current)]);
        assert!(is_new && status == "True");
        let (is_new, status, _) = shown(vec![("A", Standing::Current), ("B", Standing::Unknown)]);
        assert!(!is_new && status == "Unknown");
        let (is_new, status, message) = shown(vec![
            ("A", trouble(reason::REMOTE_UNAVAILABLE, "it is sealed")),
            ("B", trouble(reason::REMOTE_KEY_NOT_FOUND, "no key b")),
            ("C", trouble(reason::REMOTE_UNAVAILABLE, "it is sealed")),
            ("D", Standing::Current),
        ]);
        assert!(is_new && status == "False");
        assert_eq!(
            message,
            "A, C: it is sealed; B: no key b; values that were copied before stay"
        );
    }
}
