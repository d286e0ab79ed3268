//! Secryn beyond its numbered cases: who may do what on every route, hostile input, and the other doors.

mod cross_door;
pub mod matrix;
pub mod world;
