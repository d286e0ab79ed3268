//! Mechanics that all doors share. Nothing here knows a dialect's bodies or paths.

pub mod bearer;
pub mod body;
pub mod context;
pub mod duration;
pub mod json_fault;
pub mod panic;
pub mod params;
pub mod query;
pub mod request_id;
pub mod respond;
pub(crate) mod shell;
