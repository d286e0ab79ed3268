//! No more requests at a time than the server bears: some wait a second for a place, the rest are sent away.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// How long one waits for a place.
const QUEUE: Duration = Duration::from_secs(1);

/// The places there are.
#[derive(Debug)]
pub struct Places {
    free: Semaphore,
    waiting: AtomicUsize,
    most: usize,
}

/// Counts one who waits, for as long as it is there.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Places {
    /// So many.
    pub fn new(most: usize) -> Self {
        Self {
            free: Semaphore::new(most),
            waiting: AtomicUsize::new(0),
            most,
        }
    }

    /// One, until it is dropped; `None`: there are too many already.
    pub async fn take(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.free.try_acquire() {
            return Some(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= 2 * self.most {
            return None;
        }
        timeout(QUEUE, self.free.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn twice_as_many_wait_and_for_a_second_only() {
        let places = Places::new(2);
        let held = (places.take().await, places.take().await);
        assert!(held.0.is_some() && held.1.is_some());
        let all = futures::future::join_all((0..5).map(|_| places.take())).await;
        assert!(all.iter().all(Option::is_none));
        assert_eq!(places.waiting.load(Ordering::Relaxed), 0);
        drop(held.0);
        assert!(places.take().await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_the_place_that_is_given_back() {
        let places = Places::new(1);
        let held = places.take().await;
        let give_back = async {
            tokio::task::yield_now().await;
            drop(held);
        };
        let (place, ()) = tokio::join!(places.take(), give_back);
        assert!(place.is_some());
    }
}
