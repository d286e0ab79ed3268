//! Last-known-good bundles: what pods may start with while this program does not run. For each workload identity that
//! asks, the present values are kept in a core Secret, sealed for that identity; they follow the store, and go when the
//! right to them does.

mod apply;
mod decide;
pub mod desk;
mod keep;
mod ledger;
pub mod root;

pub use desk::Desk;
pub use keep::keep;
