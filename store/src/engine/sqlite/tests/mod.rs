//! The engine from inside.

mod files;
mod schema;
mod statements;
mod writer;
