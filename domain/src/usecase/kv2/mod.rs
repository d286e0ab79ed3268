//! What the KV v2 door needs besides what every door does: sessions that a login opens, answers that wait for whoever holds their token, paths that something is said
//! of before they have a value, and what a caller may do at a path.

mod abilities;
mod paths;
mod session;
mod wrapped;

pub use abilities::Abilities;
pub use paths::{Known, Settings};
pub use session::{Holder, KeyTimes, LONGEST, NewSession, Opened, Session, Standing, USUAL};
pub use wrapped::{LONGEST_WAIT, PutAway, Wrapped};
