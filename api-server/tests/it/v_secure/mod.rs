//! v-secure over the embedded store, with a clock set by hand.

mod cross_door;
mod jobs;
mod matrix;
pub mod world;
