//! Conditions in the way of kstatus: their types, their reasons, and how a new set is merged into the old.
//!
//! An object is done when `Ready` is True and `Reconciling` and `Stalled` are not; `Reconciling` True means
//! wait, `Stalled` True means that it will not get better without a change by someone.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Everything asked for is in place.
pub const READY: &str = "Ready";
/// The operator is at work, or will try again by itself.
pub const RECONCILING: &str = "Reconciling";
/// No progress without a change to this object or to what it refers to.
pub const STALLED: &str = "Stalled";
/// The core Secret mirrors the values (`VaultSecret` with `spec.sync` only).
pub const SYNCED: &str = "Synced";
/// Every value can be handed over as a variable through an env file (`VaultSecret` only).
pub const ENV_FILE_COMPATIBLE: &str = "EnvFileCompatible";

/// Every value of a `remote` entry is the newest there, as far as is known (`VaultSecret` with such entries only).
pub const REMOTE_CURRENT: &str = "RemoteCurrent";

/// Every workload that is restarted for the values runs with the current ones (`VaultSecret` with such workloads only).
/// Written apart from the other conditions, by who restarts, so not one of [`TYPES`].
pub const ROLLED_OUT: &str = "RolledOut";
/// Secrets were returned to the versions before (`VaultSecret` only). Not one of [`TYPES`] either.
pub const ROLLED_BACK: &str = "RolledBack";

/// The types this crate knows; others on an object belong to someone else and are left alone.
pub const TYPES: [&str; 6] = [
    READY,
    RECONCILING,
    STALLED,
    SYNCED,
    ENV_FILE_COMPATIBLE,
    REMOTE_CURRENT,
];

/// Reasons, in the spelling that users see. Grouped by what they explain.
pub mod reason {
    /// Ready: all is as asked. Reconciling and Stalled False: nothing left to do.
    pub const RECONCILED: &str = "Reconciled";
    /// Reconciling: at work on this generation.
    pub const PROGRESSING: &str = "Progressing";
    /// Reconciling: something failed that may pass; the operator tries again.
    pub const RETRYING: &str = "Retrying";
    /// Reconciling: the object is being deleted.
    pub const DELETING: &str = "Deleting";

    /// The Vault referred to does not exist.
    pub const VAULT_NOT_FOUND: &str = "VaultNotFound";
    /// The Vault referred to is not Ready yet.
    pub const VAULT_NOT_READY: &str = "VaultNotReady";
    /// The Vault has no such environment.
    pub const ENVIRONMENT_NOT_FOUND: &str = "EnvironmentNotFound";
    /// The spec contradicts itself in a way the schema could not see.
    pub const INVALID_SPEC: &str = "InvalidSpec";
    /// The cron expression or the time zone cannot be read.
    pub const INVALID_SCHEDULE: &str = "InvalidSchedule";
    /// A core Secret named by `secretKeyRef` does not exist.
    pub const SOURCE_NOT_FOUND: &str = "SourceNotFound";
    /// That Secret has no such key.
    pub const SOURCE_KEY_NOT_FOUND: &str = "SourceKeyNotFound";
    /// A `sealed` value does not open here; the message names the key and says why. The last good value stays.
    pub const SEAL_REFUSED: &str = "SealRefused";
    /// A value is over the limit of 64 KiB.
    pub const VALUE_TOO_LARGE: &str = "ValueTooLarge";
    /// An `external` entry has no value yet.
    pub const AWAITING_VALUE: &str = "AwaitingValue";
    /// Another object owns a secret of that name.
    pub const KEY_OWNED_ELSEWHERE: &str = "KeyOwnedElsewhere";
    /// The encrypted store does not answer or refuses writes.
    pub const STORE_UNAVAILABLE: &str = "StoreUnavailable";
    /// The cluster's API refused the operator something it needs.
    pub const FORBIDDEN: &str = "Forbidden";

    /// Synced: the Secret holds the current values.
    pub const SECRET_SYNCED: &str = "SecretSynced";
    /// Synced: a Secret of that name exists and is not ours.
    pub const SECRET_NOT_OURS: &str = "SecretNotOurs";
    /// Synced: a template names an unknown secret or cannot be read.
    pub const TEMPLATE_FAILED: &str = "TemplateFailed";
    /// Synced: the API server refused the Secret.
    pub const SECRET_REFUSED: &str = "SecretRefused";

    /// `EnvFileCompatible`: every value fits.
    pub const EVERY_VALUE_FITS: &str = "EveryValueFits";
    /// `EnvFileCompatible`: some values do not fit; the message names them and the ways out.
    pub const VALUES_DO_NOT_FIT: &str = "ValuesDoNotFit";

    /// `RemoteCurrent`: every value is the newest there.
    pub const REMOTE_COPIED: &str = "RemoteCopied";
    /// The operator is set up with no other server.
    pub const REMOTE_NOT_CONFIGURED: &str = "RemoteNotConfigured";
    /// The operator's settings do not let this namespace copy that path.
    pub const REMOTE_NOT_ALLOWED: &str = "RemoteNotAllowed";
    /// The other server is sealed, or cannot be reached, or does not answer as it should.
    pub const REMOTE_UNAVAILABLE: &str = "RemoteUnavailable";
    /// The other server refuses the operator.
    pub const REMOTE_FORBIDDEN: &str = "RemoteForbidden";
    /// There is no such secret, version or engine there.
    pub const REMOTE_NOT_FOUND: &str = "RemoteNotFound";
    /// The version there was deleted or destroyed.
    pub const REMOTE_DELETED: &str = "RemoteDeleted";
    /// The secret there has no such key.
    pub const REMOTE_KEY_NOT_FOUND: &str = "RemoteKeyNotFound";

    /// `RolledOut`: every workload runs with the current values.
    pub const EVERY_WORKLOAD_CURRENT: &str = "EveryWorkloadCurrent";
    /// `RolledOut`: workloads are being restarted, or wait for their turn.
    pub const RESTARTING: &str = "Restarting";
    /// `RolledOut`: restarts wait for a time window, a budget, or a workload that is not ready.
    pub const RESTARTS_WAIT: &str = "RestartsWait";
    /// `RolledOut`: a restarted workload did not become ready in time; no other is restarted for these versions.
    pub const WORKLOAD_NOT_READY: &str = "WorkloadNotReady";
    /// `RolledOut`: a workload was restarted too often, and is not any more for now.
    pub const RESTART_LOOP: &str = "RestartLoop";
    /// `RolledOut`: a workload cannot be restarted by the operator; the message says why.
    pub const CANNOT_RESTART: &str = "CannotRestart";
    /// `RolledBack`: the message names the workload that did not become ready.
    pub const RETURNED: &str = "Returned";

    /// The API key has expired and does not rotate.
    pub const EXPIRED: &str = "Expired";
}

/// A condition before it has a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    kind: &'static str,
    status: &'static str,
    reason: &'static str,
    message: String,
}

impl Draft {
    /// `kind` holds.
    pub fn yes(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: "True",
            reason,
            message: message.into(),
        }
    }

    /// `kind` does not hold.
    pub fn no(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: "False",
            reason,
            message: message.into(),
        }
    }

    /// Nobody knows yet.
    pub fn unknown(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: "Unknown",
            reason,
            message: message.into(),
        }
    }

    /// The condition's type.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    fn dated(self, generation: Option<i64>, since: Time) -> Condition {
        Condition {
            type_: self.kind.to_owned(),
            status: self.status.to_owned(),
            reason: self.reason.to_owned(),
            message: self.message,
            observed_generation: generation,
            last_transition_time: since,
        }
    }
}

/// The conditions of an object after `wanted` was decided of its `generation` at time `now`.
///
/// A condition whose status stays keeps its transition time. Of our [`TYPES`], those that are not wanted go;
/// all others stay untouched. Equal input gives equal output, so an unchanged status causes no write.
pub fn merge(
    existing: &[Condition],
    wanted: Vec<Draft>,
    generation: Option<i64>,
    now: &Time,
) -> Vec<Condition> {
    let foreign = existing
        .iter()
        .filter(|c| !TYPES.contains(&c.type_.as_str()))
        .cloned();
    let ours = wanted.into_iter().map(|draft| {
        let old = find(existing, draft.kind).filter(|c| c.status == draft.status);
        let since = old.map_or(now, |c| &c.last_transition_time).clone();
        draft.dated(generation, since)
    });
    ours.chain(foreign).collect()
}

/// `existing` with this one condition put in place, and all others as they are; `None` takes it away.
pub fn put(
    existing: &[Condition],
    kind: &'static str,
    draft: Option<Draft>,
    generation: Option<i64>,
    now: &Time,
) -> Vec<Condition> {
    let others = existing.iter().filter(|c| c.type_ != kind).cloned();
    let ours = draft.into_iter().map(|draft| {
        let old = find(existing, kind).filter(|c| c.status == draft.status);
        let since = old.map_or(now, |c| &c.last_transition_time).clone();
        draft.dated(generation, since)
    });
    others.chain(ours).collect()
}

/// The condition of a type.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == kind)
}

/// Whether the condition of a type is True.
pub fn is_true(conditions: &[Condition], kind: &str) -> bool {
    find(conditions, kind).is_some_and(|c| c.status == "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        serde_json::from_value(text.into()).unwrap()
    }

    fn ready(now: &Time) -> Vec<Condition> {
        merge(
            &[],
            vec![Draft::yes(READY, reason::RECONCILED, "all 2 values are in place")],
            Some(1),
            now,
        )
    }

    #[test]
    fn an_unchanged_status_keeps_its_time_and_takes_the_new_words() {
        let (then, now) = (at("2026-01-01T00:00:00Z"), at("2026-02-02T00:00:00Z"));
        let draft = Draft::yes(READY, reason::RECONCILED, "all 3 values are in place");
        let merged = merge(&ready(&then), vec![draft], Some(2), &now);
        assert_eq!(merged[0].last_transition_time, then);
        assert_eq!(merged[0].message, "all 3 values are in place");
        assert_eq!(merged[0].observed_generation, Some(2));
    }

    #[test]
    fn a_changed_status_takes_the_new_time() {
        let (then, now) = (at("2026-01-01T00:00:00Z"), at("2026-02-02T00:00:00Z"));
        let draft = Draft::no(READY, reason::VAULT_NOT_FOUND, "vault app does not exist");
        let merged = merge(&ready(&then), vec![draft], Some(1), &now);
        assert_eq!(
            (merged[0].status.as_str(), &merged[0].last_transition_time),
            ("False", &now)
        );
        assert!(!is_true(&merged, READY));
    }

    #[test]
    fn foreign_conditions_stay_and_our_unwanted_ones_go() {
        let now = at("2026-01-01T00:00:00Z");
        let mut existing = merge(
            &[],
            vec![Draft::yes(SYNCED, reason::SECRET_SYNCED, "")],
            Some(1),
            &now,
        );
        existing.push(Condition {
            type_: "example.com/Checked".into(),
            ..existing[0].clone()
        });
        let merged = merge(
            &existing,
            vec![Draft::unknown(READY, reason::PROGRESSING, "")],
            Some(1),
            &now,
        );
        let types: Vec<_> = merged.iter().map(|c| c.type_.as_str()).collect();
        assert_eq!(types, [READY, "example.com/Checked"]);
    }

    #[test]
    fn merging_the_same_again_changes_nothing() {
        let first = ready(&at("2026-01-01T00:00:00Z"));
        let draft = Draft::yes(READY, reason::RECONCILED, "all 2 values are in place");
        assert_eq!(
            merge(&first, vec![draft], Some(1), &at("2026-03-03T00:00:00Z")),
            first
        );
    }
}
