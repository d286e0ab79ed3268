//! What the agent denies itself and others: core dumps, and reading its memory from beside it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::log;

/// For the agent itself: no core dumps, and no tracing by processes of the same user.
pub fn process() {
    not_dumpable();
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        log::warn("core-limit-unchanged", &[("error", &error)]);
    }
}

/// For a program that is about to become another: the kernel undoes it on exec, while a limit on core
/// dumps would stay with the application, whose matter that is.
pub fn not_dumpable() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        log::warn("still-dumpable", &[("error", &error)]);
    }
}
