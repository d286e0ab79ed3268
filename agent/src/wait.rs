//! The `postStart` hook: returns as soon as the sidecar has put the first values in place. kubelet starts
//! the application's containers only then.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::state::READY;

/// A look costs some microseconds. inotify would cost none, but its instances are few per user, and here is
/// no place to fail for want of one.
const PAUSE: Duration = Duration::from_millis(5);
/// So many looks, about 30 seconds. While a hook runs, kubelet does not even end a pod that was deleted: it
/// must come to an end, and kubelet then starts the sidecar and the hook anew.
const LOOKS: u32 = 6000;

/// Waits for values to be in place. Whether they are.
pub fn wait(state_dir: &Path) -> bool {
    let ready = state_dir.join(READY);
    for _ in 0..LOOKS {
        if ready.exists() {
            return true;
        }
        sleep(PAUSE);
    }
    ready.exists()
}
