//! Puts bytes in place on the pod's memory volumes, atomically: single files by rename, sets of files by
//! one symlink swap. It knows no secrets, no server and no configuration.

mod atomic;
mod dir;
mod name;

pub use atomic::{AtomicDir, NewFile};
pub use dir::Dir;
pub use name::{EntryName, NameError};
