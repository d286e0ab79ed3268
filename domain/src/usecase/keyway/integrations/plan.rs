//! What a copy between two environments would do. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{integration::Variables, secret_value::SecretValue};

/// Which way variables are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the vault to the provider: the provider's follow.
    Push,
    /// From the provider into the vault: what is missing here is imported, and nothing else.
    Pull,
}

/// The names that a copy would touch, each list in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// Missing on the side that is written.
    pub create: Vec<String>,
    /// There, with another value, or with one that is not shown.
    pub update: Vec<String>,
    /// Only on the side that is written.
    pub delete: Vec<String>,
    /// Left as they are.
    pub skip: Vec<String>,
}

/// How two environments differ, each list in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// How many the vault has.
    pub keyway_count: usize,
    /// How many the provider has.
    pub provider_count: usize,
    /// Only in the vault.
    pub only_in_keyway: Vec<String>,
    /// Only at the provider.
    pub only_in_provider: Vec<String>,
    /// In both, with different values, or with one that the provider does not show.
    pub different: Vec<String>,
    /// The same in both.
    pub same: Vec<String>,
}

/// The vault's side.
pub(super) type Ours = BTreeMap<String, SecretValue>;

impl SyncPlan {
    /// What pushing `ours` over `theirs` would do.
    pub(super) fn push(ours: &Ours, theirs: &Variables, allow_delete: bool) -> Self {
        let difference = Difference::of(ours, theirs);
        Self {
            create: difference.only_in_keyway,
            update: difference.different,
            delete: if allow_delete {
                difference.only_in_provider
            } else {
                Vec::new()
            },
            skip: difference.same,
        }
    }

    /// What importing `theirs` beside what is called `ours` would do. A value that is not shown cannot be taken.
    pub(super) fn pull(ours: &BTreeSet<String>, theirs: &Variables) -> Self {
        let mut plan = Self::default();
        for (name, value) in theirs {
            if ours.contains(name) || value.is_none() {
                plan.skip.push(name.clone());
            } else {
                plan.create.push(name.clone());
            }
        }
        plan
    }
}

impl Difference {
    /// Between the vault's side and the provider's.
    pub(super) fn of(ours: &Ours, theirs: &Variables) -> Self {
        let mut found = Self {
            keyway_count: ours.len(),
            provider_count: theirs.len(),
            ..Self::default()
        };
        for (name, value) in ours {
            let list = match theirs.get(name) {
                None => &mut found.only_in_keyway,
                Some(Some(other)) if other == value => &mut found.same,
                Some(_) => &mut found.different,
            };
            list.push(name.clone());
        }
        let only = theirs.keys().filter(|name| !ours.contains_key(*name));
        found.only_in_provider = only.cloned().collect();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Ours {
        [("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")]
            .map(|(name, value)| (name.to_owned(), SecretValue::from(value)))
            .into()
    }

    fn theirs() -> Variables {
        [
            ("B", Some("2")),
            ("C", Some("other")),
            ("D", None),
            ("E", Some("5")),
            ("F", None),
        ]
        .map(|(name, value)| (name.to_owned(), value.map(SecretValue::from)))
        .into()
    }

    #[test]
    fn a_push_makes_the_provider_follow_and_deletes_only_if_it_may() {
        let plan = SyncPlan::push(&ours(), &theirs(), false);
        assert_eq!(
            (plan.create, plan.update),
            (vec!["A".to_owned()], vec!["C".into(), "D".into()])
        );
        assert_eq!((plan.delete, plan.skip), (Vec::new(), vec!["B".to_owned()]));
        let plan = SyncPlan::push(&ours(), &theirs(), true);
        assert_eq!(plan.delete, ["E", "F"]);
    }

    #[test]
    fn a_pull_imports_what_is_missing_and_can_be_read() {
        let plan = SyncPlan::pull(&ours().into_keys().collect(), &theirs());
        assert_eq!(
            (plan.create.as_slice(), plan.skip.as_slice()),
            (
                ["E".to_owned()].as_slice(),
                ["B".to_owned(), "C".into(), "D".into(), "F".into()].as_slice(),
            )
        );
        assert!(plan.update.is_empty() && plan.delete.is_empty());
    }

    #[test]
    fn every_name_is_on_one_list_of_a_difference() {
        let found = Difference::of(&ours(), &theirs());
        assert_eq!((found.keyway_count, found.provider_count), (4, 5));
        assert_eq!(found.only_in_keyway, ["A"]);
        assert_eq!(found.only_in_provider, ["E", "F"]);
        assert_eq!(found.different, ["C", "D"]);
        assert_eq!(found.same, ["B"]);
    }
}
