//! What is done for programs that read their secrets only when they start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{duration::Duration, rule::rules};

/// What is done for pods that were started with an older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnChange {
    /// Nothing: files are refreshed, variables stay as they are until the pod is replaced.
    None,
    /// The agent signals the program that the pod's annotation `coffer.dev/signal` names.
    Signal,
    /// The workload is restarted, in waves.
    Restart,
}

impl std::str::FromStr for OnChange {
    type Err = BadOnChange;

    fn from_str(text: &str) -> Result<Self, BadOnChange> {
        match text {
            "none" => Ok(Self::None),
            "signal" => Ok(Self::Signal),
            "restart" => Ok(Self::Restart),
            _ => Err(BadOnChange),
        }
    }
}

/// Not one of the three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write none, signal or restart")]
pub struct BadOnChange;

/// How workloads are restarted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    /// The hours in which restarts may begin, such as `{days: [Sat, Sun], start: "02:00", end: "05:00", timeZone:
    /// Europe/Berlin}`. Absent or empty: at any hour.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<RestartWindow>,

    /// How long a restarted workload has to become ready: `5m`. The first one that has not by then makes the secrets
    /// return to their versions before. Absent: `5m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_within: Option<Duration>,
}

/// Hours of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[(
    "!has(self.days) || self.days.all(day, day in ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])",
    "restart.windows.days: write Mon, Tue, Wed, Thu, Fri, Sat or Sun",
)])))]
pub struct RestartWindow {
    /// The days on which it opens: `[Mon, Tue, Wed, Thu, Fri]`. Absent or empty: every day.
    #[schemars(length(max = 7), inner(length(max = 3)), extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,

    /// When it opens: `22:00`.
    #[schemars(length(max = 5), regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub start: String,

    /// When it closes; not after `start`: on the next day. `04:00`.
    #[schemars(length(max = 5), regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub end: String,

    /// IANA time zone in which the hours are read, such as `Europe/Berlin`. Absent: UTC.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z][A-Za-z0-9_+/-]*$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}
