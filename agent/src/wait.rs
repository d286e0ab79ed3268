//! The `postStart` hook: returns as soon as the sidecar has put the first values in place. kubelet starts
//! the application's containers only then.
//!
//! While a hook runs, kubelet neither ends a pod that was deleted nor shows anything new of it. So the hook may last only
//! while the sidecar hears the server, which tells it of the deletion (it then ends, and the hook with it); without an open
//! stream the hook soon gives up, and kubelet starts both anew.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::state::{CONNECTED, READY};

/// A look costs some microseconds. inotify would cost none, but its instances are few per user, and here is
/// no place to fail for want of one.
const PAUSE: Duration = Duration::from_millis(5);
/// So many looks, about 30 seconds, without a stream.
const LOOKS_ALONE: u32 = 6000;
/// So many looks in all, about 11 minutes: some ends of a pod (a Job's deadline, an eviction) kubelet decides by itself,
/// and nobody hears of them. It has then forgotten the back-off of the container's last start, which takes it 10 minutes.
const LOOKS: u32 = 22 * LOOKS_ALONE;

/// What there is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Values are in place.
    Ready,
    /// The sidecar hears the server.
    Connected,
    /// Neither.
    Nothing,
}

/// Waits for values to be in place. Whether they are.
pub fn wait(state_dir: &Path) -> bool {
    let (ready, connected) = (state_dir.join(READY), state_dir.join(CONNECTED));
    watch(|| {
        sleep(PAUSE);
        if ready.exists() {
            Seen::Ready
        } else if connected.exists() {
            Seen::Connected
        } else {
            Seen::Nothing
        }
    })
}

fn watch(mut look: impl FnMut() -> Seen) -> bool {
    let mut alone = 0;
    for _ in 0..LOOKS {
        match look() {
            Seen::Ready => return true,
            Seen::Connected => alone = 0,
            Seen::Nothing => alone += 1,
        }
        if alone >= LOOKS_ALONE {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it ends well when look number `at` shows `then`, and how many looks it takes.
    fn looks(before: Seen, at: u32, then: Seen) -> (bool, u32) {
        let mut count = 0;
        let ready = watch(|| {
            count += 1;
            if count < at { before } else { then }
        });
        (ready, count)
    }

    #[test]
    fn it_ends_when_values_are_there() {
        assert_eq!(looks(Seen::Nothing, 7, Seen::Ready), (true, 7));
        assert_eq!(looks(Seen::Connected, LOOKS, Seen::Ready), (true, LOOKS));
    }

    #[test]
    fn without_a_stream_it_gives_up_soon() {
        assert_eq!(looks(Seen::Nothing, u32::MAX, Seen::Ready), (false, LOOKS_ALONE));
        let lost = 3 * LOOKS_ALONE;
        assert_eq!(
            looks(Seen::Connected, lost, Seen::Nothing),
            (false, lost + LOOKS_ALONE - 1)
        );
    }

    #[test]
    fn with_one_it_comes_to_an_end_too() {
        assert_eq!(looks(Seen::Connected, u32::MAX, Seen::Ready), (false, LOOKS));
    }
}
