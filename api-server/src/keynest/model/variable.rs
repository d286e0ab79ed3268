//! Variables.

use coffer_domain::usecase::keynest::{Shown, VariableView};
use serde::{Serialize, Serializer};

use super::moment;

/// In place of a value that is not for whoever asks.
pub const HIDDEN: &str = "[HIDDEN]";
/// In place of one that does not open, or is no text.
const BROKEN: &str = "[DECRYPTION_ERROR]";
/// In place of one whose time it is not.
const NO_ACCESS: &str = "[NO_ACCESS]";

/// A variable.
#[derive(Serialize)]
pub struct VariableOut {
    id: u64,
    key: String,
    #[serde(serialize_with = "text")]
    decrypted_value: Shown,
    environment: u64,
    environment_name: String,
    created_at: String,
    updated_at: String,
    created_by_name: String,
}

/// A value as it is shown.
pub fn shown(value: &Shown) -> &str {
    match value {
        Shown::Value(value) => std::str::from_utf8(value.reveal()).unwrap_or(BROKEN),
        Shown::Hidden => HIDDEN,
        Shown::Unreadable => BROKEN,
        Shown::Unusable => NO_ACCESS,
    }
}

fn text<S: Serializer>(value: &Shown, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(shown(value))
}

impl From<VariableView> for VariableOut {
    fn from(view: VariableView) -> Self {
        Self {
            id: view.number,
            key: view.key,
            decrypted_value: view.value,
            environment: view.environment,
            environment_name: view.environment_name,
            created_at: moment(view.created_at),
            updated_at: moment(view.updated_at),
            created_by_name: view.created_by,
        }
    }
}
