//! What keeps secrets elsewhere than in the store.

pub mod vault;
pub mod yaml;
