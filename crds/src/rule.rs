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

/// When a rotation happens: shared by every kind that rotates.
pub fn timing() -> Value {
    rules(&[
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
    ])
}
