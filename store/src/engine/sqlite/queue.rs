//! The bounded queue before the writer. Whoever pushes waits, without blocking a thread, while it is full;
//! the writer takes all that waits at once, which is what makes one flush serve many commits.

use std::{collections::VecDeque, time::Duration};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Semaphore;

/// The queue.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    room: Semaphore,
}

struct State<T> {
    waiting: VecDeque<T>,
    nudged: bool,
    closed: bool,
}

/// Nothing is taken any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

/// What the writer got.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<T> {
    /// Everything that waited, in order.
    Batch(VecDeque<T>),
    /// Nothing, for as long as the writer was ready to wait.
    Idle,
    /// Nothing, but somebody wants the writer to look around.
    Nudged,
    /// Nothing, and nothing will come.
    End,
}

impl<T> Queue<T> {
    /// With room for `capacity`.
    pub(super) fn new(capacity: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            nudged: false,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            filled: Condvar::new(),
            room: Semaphore::new(capacity),
        }
    }

    /// Adds `item`, once there is room.
    pub(super) async fn push(&self, item: T) -> Result<(), Closed> {
        self.room.acquire().await.map_err(|_| Closed)?.forget();
        let mut state = self.state.lock();
        if state.closed {
            return Err(Closed);
        }
        state.waiting.push_back(item);
        // Only the first of a batch can find the writer asleep.
        if state.waiting.len() == 1 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits for something, at most `patience`. What was pushed before the end is still handed out.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken<T> {
        let mut state = self.state.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return Taken::End;
            }
            if std::mem::take(&mut state.nudged) {
                return Taken::Nudged;
            }
            match patience {
                None => self.filled.wait(&mut state),
                Some(patience) if self.filled.wait_for(&mut state, patience).timed_out() => {
                    return Taken::Idle;
                }
                Some(_) => {}
            }
        }
        let batch = std::mem::take(&mut state.waiting);
        drop(state);
        self.room.add_permits(batch.len());
        Taken::Batch(batch)
    }

    /// Has the writer look around although it may have nothing to take.
    pub(super) fn nudge(&self) {
        self.state.lock().nudged = true;
        self.filled.notify_one();
    }

    /// Takes nothing more; the writer ends after what waits.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.room.close();
        self.filled.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn all_that_waits_is_taken_in_order() {
        let queue = Queue::new(8);
        for item in 0..5 {
            queue.push(item).await.unwrap();
        }
        assert_eq!(queue.take(None), Taken::Batch((0..5).collect()));
        assert_eq!(queue.take(Some(Duration::ZERO)), Taken::Idle);
    }

    #[tokio::test]
    async fn a_full_queue_makes_the_next_wait_for_room() {
        let queue = Arc::new(Queue::new(1));
        queue.push(1).await.unwrap();
        let mut second = Box::pin(queue.push(2));
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(queue.take(None), Taken::Batch([1].into()));
        second.await.unwrap();
        assert_eq!(queue.take(None), Taken::Batch([2].into()));
    }

    #[tokio::test]
    async fn a_nudge_wakes_once_and_after_what_waits() {
        let queue = Queue::new(8);
        queue.nudge();
        queue.push(1).await.unwrap();
        assert_eq!(queue.take(None), Taken::Batch([1].into()));
        assert_eq!(queue.take(None), Taken::Nudged);
        assert_eq!(queue.take(Some(Duration::ZERO)), Taken::Idle);
    }

    #[tokio::test]
    async fn closing_hands_out_the_rest_and_refuses_more() {
        let queue = Queue::new(8);
        queue.push(1).await.unwrap();
        queue.close();
        assert_eq!(queue.push(2).await, Err(Closed));
        assert_eq!(queue.take(None), Taken::Batch([1].into()));
        assert_eq!(queue.take(None), Taken::End);
    }
}
