//! Panics: never the end of the process, never printed with what they carried.

use std::panic;

/// Logs where a panic happened, and not its message, which may hold anything. Call once, in `main`.
pub fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(|| "unknown".to_owned(), ToString::to_string);
        tracing::error!(place, "panic");
    }));
}
