//! Secryn beyond its numbered cases: who may do what on every route, hostile input, and the other doors.

mod cross_door;
mod hostile;
mod matrix;
mod world;
