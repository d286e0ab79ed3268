//! Integrations: a user's connections with hosting providers, and the copying of variables between a vault's
//! environment and a provider's.

mod connections;
mod links;
mod plan;
mod sync;

pub use connections::Connection;
pub use links::Link;
pub use plan::{Difference, Direction, SyncPlan};
pub use sync::{SyncOutcome, SyncRequest, SyncStatus};
