//! The controllers against an API server in memory and a real store.

mod fake;
mod first_light;
mod world;
