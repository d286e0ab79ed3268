//! Lines that wait in memory for a moment and are kept in batches, so that no request waits for its line. Does not
//! know what they say, nor where they go.

use parking_lot::Mutex;
use tokio::sync::Notify;

/// From how many waiting lines on they are kept without waiting for more.
const ENOUGH: usize = 2048;

/// Lines that wait to be kept.
#[derive(Debug)]
pub struct Waiting<T> {
    what: &'static str,
    most: usize,
    state: Mutex<State<T>>,
    enough: Notify,
}

#[derive(Debug)]
struct State<T> {
    lines: Vec<T>,
    lost: u64,
}

impl<T> Waiting<T> {
    /// None yet, of what is called `what`. Of a flood beyond `most`, what does not fit is counted and said.
    pub fn new(what: &'static str, most: usize) -> Self {
        let state = State {
            lines: Vec::new(),
            lost: 0,
        };
        Self {
            what,
            most,
            state: Mutex::new(state),
            enough: Notify::new(),
        }
    }

    /// Adds a line.
    pub fn note(&self, line: T) {
        let mut state = self.state.lock();
        if state.lines.len() >= self.most {
            state.lost += 1;
            return;
        }
        state.lines.push(line);
        if state.lines.len() == ENOUGH {
            self.enough.notify_one();
        }
    }

    /// Takes all waiting lines.
    pub fn take(&self) -> Vec<T> {
        let mut state = self.state.lock();
        // The next ones will be about as many.
        let room = Vec::with_capacity(state.lines.len());
        let lines = std::mem::replace(&mut state.lines, room);
        let lost = std::mem::take(&mut state.lost);
        drop(state);
        if lost > 0 {
            tracing::warn!(lost, what = self.what, "lines of a log did not fit");
        }
        lines
    }

    /// Completes when many lines wait.
    pub async fn filled(&self) {
        self.enough.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_until_there_is_room() {
        let waiting = Waiting::new("numbers", 2);
        (0..5).for_each(|number| waiting.note(number));
        assert_eq!(waiting.take(), [0, 1]);
        waiting.note(5);
        assert_eq!(waiting.take(), [5]);
        assert!(waiting.take().is_empty());
    }

    #[test]
    fn many_are_told_of_even_to_who_asks_later() {
        let waiting = Waiting::new("numbers", 2 * ENOUGH);
        (1..ENOUGH).for_each(|number| waiting.note(number));
        assert!(waiting.filled().now_or_never().is_none());
        waiting.note(0);
        assert!(waiting.filled().now_or_never().is_some());
        assert!(waiting.filled().now_or_never().is_none());
    }
}
