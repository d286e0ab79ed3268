//! Who has to do with what, as the caches hold it: looked up by what changed, so that a change which concerns nobody
//! costs nothing, however many objects there are. Holds those alone that have to do with something.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use coffer_crds::{ApiKey, VaultSecret};
use kube::{Resource, runtime::reflector::ObjectRef};
use parking_lot::Mutex;

use crate::context::Context;

/// An object, by kind, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum User {
    /// A `VaultSecret`.
    Secret(ObjectRef<VaultSecret>),
    /// An `ApiKey`.
    Key(ObjectRef<ApiKey>),
}

/// A kind whose objects are looked up so.
pub trait Linked: Resource<DynamicType = ()> {
    /// The object as a user.
    fn user(&self) -> User;
}

impl Linked for VaultSecret {
    fn user(&self) -> User {
        User::Secret(reference(self))
    }
}

impl Linked for ApiKey {
    fn user(&self) -> User {
        User::Key(reference(self))
    }
}

/// Without uid and version, which would be kept for nothing.
fn reference<K: Resource<DynamicType = ()>>(object: &K) -> ObjectRef<K> {
    let meta = object.meta();
    ObjectRef::new(meta.name.as_deref().unwrap_or_default())
        .within(meta.namespace.as_deref().unwrap_or_default())
}

impl User {
    /// Has it looked at again.
    pub fn wake(self, context: &Context) {
        match self {
            Self::Secret(reference) => context.mail.secrets.send(reference),
            Self::Key(reference) => context.mail.keys.send(reference),
        }
    }
}

/// Which objects have to do with which `T`.
#[derive(Debug)]
pub struct Links<T>(Mutex<Both<T>>);

#[derive(Debug)]
struct Both<T> {
    users: HashMap<T, HashSet<User>>,
    /// What each user was entered under.
    entered: HashMap<User, Vec<T>>,
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self(Mutex::new(Both {
            users: HashMap::new(),
            entered: HashMap::new(),
        }))
    }
}

impl<T: Clone + Eq + Hash> Links<T> {
    /// From now on `user` has to do with `things`, and with nothing else.
    pub fn set(&self, user: User, things: Vec<T>) {
        let mut both = self.0.lock();
        if things.is_empty() && both.entered.is_empty() {
            return;
        }
        both.remove(&user);
        for thing in &things {
            both.users.entry(thing.clone()).or_default().insert(user.clone());
        }
        if !things.is_empty() {
            both.entered.insert(user, things);
        }
    }

    /// Who has to do with `thing`.
    pub fn of(&self, thing: &T) -> Vec<User> {
        let both = self.0.lock();
        both.users.get(thing).into_iter().flatten().cloned().collect()
    }
}

impl<T: Clone + Eq + Hash> Both<T> {
    fn remove(&mut self, user: &User) {
        for thing in self.entered.remove(user).unwrap_or_default() {
            if let Some(users) = self.users.get_mut(&thing) {
                users.remove(user);
                if users.is_empty() {
                    self.users.remove(&thing);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn user(name: &str) -> User {
        User::Secret(ObjectRef::new(name).within("team"))
    }

    #[test]
    fn kinds_of_the_same_name_are_two_users() {
        let links = Links::default();
        links.set(user("a"), vec![1]);
        links.set(User::Key(ObjectRef::new("a").within("team")), vec![1]);
        assert_eq!(links.of(&1).len(), 2);
        links.set(user("a"), Vec::new());
        assert_eq!(links.of(&1), [User::Key(ObjectRef::new("a").within("team"))]);
    }

    proptest! {
        #[test]
        fn it_holds_what_was_said_last_of_each_and_nothing_more(
            said in vec(("[a-d]", vec(0_u8..4, 0..3)), 0..20)
        ) {
            let links = Links::default();
            let mut last = BTreeMap::new();
            for (name, things) in said {
                links.set(user(&name), things.clone());
                last.insert(name, things);
            }
            for thing in 0..4 {
                let found: HashSet<User> = links.of(&thing).into_iter().collect();
                let expected = last.iter().filter(|(_, things)| things.contains(&thing));
                prop_assert_eq!(found, expected.map(|(name, _)| user(name)).collect::<HashSet<_>>());
            }
            for name in last.keys() {
                links.set(user(name), Vec::new());
            }
            let both = links.0.lock();
            prop_assert!(both.users.is_empty() && both.entered.is_empty());
        }
    }
}
