//! Every query, as a function of a connection.

pub(super) mod api_keys;
pub(super) mod keys;
pub(super) mod logs;
pub(super) mod records;
pub(super) mod secrets;
pub(super) mod tenants;
