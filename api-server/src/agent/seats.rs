//! How many streams each namespace has open: no more than its share, so that none takes the server for itself. A pod
//! that is given nothing is held, and costs a stream all the same.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use parking_lot::Mutex;

type Taken = Arc<Mutex<HashMap<String, usize>>>;

/// The seats of all namespaces.
#[derive(Debug)]
pub struct Seats {
    most: usize,
    taken: Taken,
}

impl Seats {
    /// So many of each namespace.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            taken: Taken::default(),
        }
    }

    /// A seat for one stream of a namespace, for as long as it lives; `None` if all are taken.
    pub fn take(&self, namespace: &str) -> Option<Seat> {
        let mut taken = self.taken.lock();
        let count = taken.entry(namespace.to_owned()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Seat {
            namespace: namespace.to_owned(),
            taken: Arc::clone(&self.taken),
        })
    }
}

/// A seat that is taken.
#[derive(Debug)]
pub struct Seat {
    namespace: String,
    taken: Taken,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let namespace = std::mem::take(&mut self.namespace);
        if let Entry::Occupied(mut count) = self.taken.lock().entry(namespace) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_namespace_has_its_own_and_gets_them_back() {
        let seats = Seats::new(2);
        let (first, second) = (seats.take("a").unwrap(), seats.take("a").unwrap());
        assert!(seats.take("a").is_none());
        let other = seats.take("b").unwrap();
        drop(first);
        let again = seats.take("a").unwrap();
        assert!(seats.take("a").is_none());
        drop((second, other, again));
        assert!(seats.taken.lock().is_empty(), "nothing is kept of who has left");
    }
}
