//! The log.

use coffer_domain::usecase::keynest::Row;
use serde::Serialize;
use serde_json::{Map, Value};

use super::moment;

/// One thing that was done.
#[derive(Debug, Serialize)]
pub struct RowOut {
    id: u64,
    user_name: String,
    user_email: String,
    action: String,
    target_type: String,
    target_id: u64,
    details: Map<String, Value>,
    ip_address: Option<String>,
    timestamp: String,
}

impl From<Row> for RowOut {
    fn from(row: Row) -> Self {
        Self {
            id: row.number,
            user_name: row.user_name,
            user_email: row.user_email,
            action: row.action,
            target_type: row.target_type,
            target_id: row.target,
            details: row.details,
            ip_address: row.address,
            timestamp: moment(row.at),
        }
    }
}
