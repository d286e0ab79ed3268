//! What keeps secrets elsewhere than in the store.

pub mod yaml;
