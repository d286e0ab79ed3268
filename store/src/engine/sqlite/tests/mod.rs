//! The engine from inside.

mod statements;
