//! CEL rules of a schema (`x-kubernetes-validations`): what a plain schema cannot say. Every rule has a
//! message that names the field and the fix.

use serde_json::{Value, json};

/// The extension's value from pairs of rule and message.
pub fn rules(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(rule, message)| json!({ "rule": rule, "message": message }))
        .collect()
}

/// A deadline is one for acknowledgements.
pub const DEADLINE: (&str, &str) = (
    "!has(self.deadline) || (has(self.onlyAfterAck) && self.onlyAfterAck)",
    "rotation.deadline belongs to rotation.onlyAfterAck: remove it, or set onlyAfterAck to true",
);

/// When a rotation happens: shared by every kind that rotates, each with some rules of its own.
pub fn timing(more: &[(&str, &str)]) -> Value {
    let shared = [
        (
            "has(self.schedule) != has(self.every)",
            "rotation needs exactly one of schedule and every",
        ),
        (
            "!has(self.timeZone) || has(self.schedule)",
            "rotation.timeZone belongs to rotation.schedule: remove it, or give a schedule instead of every",
        ),
        (
            r"!has(self.schedule) || self.schedule.matches('^\\s*\\S+(\\s+\\S+){4}\\s*$')",
            "rotation.schedule must have five fields: minute hour day-of-month month day-of-week, such as 0 3 * * 0",
        ),
    ];
    rules(&[&shared, more].concat())
}
