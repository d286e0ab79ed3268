//! The `postStart` hook: returns as soon as the sidecar has put the first values in place. kubelet starts
//! the application's containers only then.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::state::READY;

/// A look costs some microseconds. inotify would cost none, but its instances are few per user, and here is
/// no place to fail for want of one.
const OFTEN: Duration = Duration::from_millis(5);
const SELDOM: Duration = Duration::from_millis(100);
/// So many looks, about 30 seconds, before it is plain that values are long in coming.
const OFTEN_LOOKS: u32 = 6000;

/// Waits, as long as it takes, for values to be in place.
pub fn wait(state_dir: &Path) {
    let ready = state_dir.join(READY);
    let mut looks = 0_u32;
    while !ready.exists() {
        looks = looks.saturating_add(1);
        sleep(if looks < OFTEN_LOOKS { OFTEN } else { SELDOM });
    }
}
