//! Mechanics that all doors share. Nothing here knows a dialect's bodies or paths.

pub mod bearer;
pub mod body;
pub mod context;
pub mod cors;
pub mod dialect;
pub mod duration;
pub mod fields;
pub mod forwarded;
pub mod idempotency;
pub mod json_fault;
pub mod mount;
pub mod offset;
pub mod panic;
pub mod params;
pub mod public;
pub mod query;
pub mod rate;
pub mod request_id;
pub mod request_log;
pub mod respond;
pub mod settings;
pub(crate) mod shell;
pub mod time;
pub mod transport;
