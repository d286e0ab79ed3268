//! Leaves a server alone that failed too often: five failures within a minute, then half a minute of rest. After that
//! one request finds out whether it is back; the others wait for what comes of it.

use std::{collections::VecDeque, mem, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

const MOST: usize = 5;
const WITHIN: Duration = Duration::from_mins(1);
const REST: Duration = Duration::from_secs(30);

/// Counts failures.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: VecDeque<Instant>,
    rest: Option<Rest>,
}

#[derive(Debug)]
struct Rest {
    until: Instant,
    /// One that finds out is under way.
    tried: bool,
}

/// A request that may be sent. Dropped without [`Pass::ended`] it says nothing of the server, and the next may find out.
#[derive(Debug)]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    finds_out: bool,
}

impl Breaker {
    /// Lets a request go at `now`; `None`: the server is to be left alone.
    pub fn enter(&self, now: Instant) -> Option<Pass<'_>> {
        let mut state = self.0.lock();
        let finds_out = match &mut state.rest {
            None => false,
            Some(rest) if now < rest.until || rest.tried => return None,
            Some(rest) => {
                rest.tried = true;
                true
            }
        };
        Some(Pass {
            breaker: self,
            finds_out,
        })
    }
}

impl Pass<'_> {
    /// Whether it may be sent again: not if it finds out, nor once the server rests.
    pub fn goes_on(&self) -> bool {
        !self.finds_out && self.breaker.0.lock().rest.is_none()
    }

    /// Notes how it ended at `now`. What was under way when the rest began adds nothing to it.
    pub fn ended(mut self, now: Instant, failed: bool) {
        let finds_out = mem::take(&mut self.finds_out);
        let mut state = self.breaker.0.lock();
        if !failed {
            *state = State::default();
            return;
        }
        if state.rest.is_none() {
            state.failures.push_back(now);
            state.failures.retain(|at| now.duration_since(*at) < WITHIN);
        }
        if finds_out || state.failures.len() >= MOST {
            state.failures.clear();
            state.rest = Some(Rest {
                until: now + REST,
                tried: false,
            });
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.finds_out
            && let Some(rest) = &mut self.breaker.0.lock().rest
        {
            rest.tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(breaker: &Breaker, now: Instant) {
        breaker.enter(now).unwrap().ended(now, true);
    }

    #[test]
    fn five_failures_within_a_minute_are_half_a_minute_of_rest() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        for second in 0..4 {
            fails(&breaker, after(second));
        }
        fails(&breaker, after(61));
        assert!(
            breaker.enter(after(61)).is_some(),
            "the first two are too long ago"
        );
        fails(&breaker, after(61));
        let (late, good) = (
            breaker.enter(after(61)).unwrap(),
            breaker.enter(after(61)).unwrap(),
        );
        fails(&breaker, after(61));
        assert!(breaker.enter(after(62)).is_none() && !late.goes_on());
        late.ended(after(80), true);
        assert!(breaker.enter(after(90)).is_none());
        assert!(
            breaker.enter(after(91)).is_some(),
            "what was under way adds nothing"
        );
        good.ended(after(92), false);
        for _ in 0..4 {
            fails(&breaker, after(93));
        }
        breaker.enter(after(93)).unwrap().ended(after(93), false);
        fails(&breaker, after(93));
        assert!(
            breaker.enter(after(94)).is_some(),
            "a success forgets the failures"
        );
    }

    #[test]
    fn after_the_rest_one_request_finds_out() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..5 {
            fails(&breaker, start);
        }
        let one = breaker.enter(after(30)).unwrap();
        assert!(!one.goes_on() && breaker.enter(after(30)).is_none());
        one.ended(after(31), true);
        assert!(breaker.enter(after(60)).is_none(), "it rests again");
        drop(breaker.enter(after(61)).unwrap());
        let one = breaker.enter(after(61)).unwrap();
        assert!(breaker.enter(after(61)).is_none());
        one.ended(after(62), false);
        let open = [breaker.enter(after(62)), breaker.enter(after(62))];
        assert!(open.iter().flatten().all(Pass::goes_on) && open.iter().flatten().count() == 2);
    }
}
