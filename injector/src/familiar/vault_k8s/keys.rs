//! What becomes of each annotation of vault-k8s.

/// What becomes of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is translated.
    Translated,
    /// It changes nothing here, and why.
    Idle(&'static str),
    /// It is left out since it would let a pod's author decide what is not theirs, and why.
    Denied(&'static str),
    /// A pod that relies on it would start without its secrets, and what to do.
    Refused(&'static str),
}

const ADDRESS: &str = "the server's address and certificates are the injector's own";
const LOGIN: &str = "pods are known by their service account; spec.access of the Vault says who reads what";
const AGENT: &str = "the agent's container is the injector's own";
const CACHE: &str = "there is no cache, and no Vault agent";
const ALWAYS: &str = "files are there before the containers start, and are kept fresh";
const DELIMITERS: &str = "write {{ and }}";

/// Those without a name at the end.
const WHOLE: &[(&str, Fate)] = &[
    ("agent-inject", Fate::Translated),
    ("agent-inject-status", Fate::Translated),
    ("agent-inject-containers", Fate::Translated),
    ("agent-inject-default-template", Fate::Translated),
    ("secret-volume-path", Fate::Translated),
    ("preserve-secret-case", Fate::Translated),
    (
        "agent-inject-token",
        Fate::Refused("there is no Vault token; remove it"),
    ),
    (
        "agent-configmap",
        Fate::Refused("write the secrets as annotations"),
    ),
    ("agent-template-left-delim", Fate::Refused(DELIMITERS)),
    ("agent-template-right-delim", Fate::Refused(DELIMITERS)),
    ("agent-pre-populate", Fate::Idle(ALWAYS)),
    (
        "agent-pre-populate-only",
        Fate::Idle("the agent ends with a Job's containers"),
    ),
    ("agent-init-first", Fate::Idle("the agent is always first")),
    (
        "agent-enable-quit",
        Fate::Idle("the agent ends with a Job's containers"),
    ),
    ("agent-auto-auth-exit-on-err", Fate::Idle(CACHE)),
    (
        "error-on-missing-key",
        Fate::Idle("a key that is missing always holds the pod"),
    ),
    ("role", Fate::Idle(LOGIN)),
    ("namespace", Fate::Idle(LOGIN)),
    ("log-level", Fate::Idle(AGENT)),
    ("log-format", Fate::Idle(AGENT)),
    ("go-max-procs", Fate::Idle(AGENT)),
    ("agent-set-security-context", Fate::Idle(AGENT)),
    (
        "agent-share-process-namespace",
        Fate::Idle("set shareProcessNamespace in the pod's spec"),
    ),
    ("agent-request-namespace", Fate::Idle(AGENT)),
    ("service", Fate::Denied(ADDRESS)),
    ("proxy-address", Fate::Denied(ADDRESS)),
    ("tls-skip-verify", Fate::Denied(ADDRESS)),
    ("tls-secret", Fate::Denied(ADDRESS)),
    ("tls-server-name", Fate::Denied(ADDRESS)),
    ("ca-cert", Fate::Denied(ADDRESS)),
    ("ca-key", Fate::Denied(ADDRESS)),
    ("client-cert", Fate::Denied(ADDRESS)),
    ("client-key", Fate::Denied(ADDRESS)),
    ("client-timeout", Fate::Idle(ADDRESS)),
    ("client-max-retries", Fate::Idle(ADDRESS)),
    ("agent-image", Fate::Denied(AGENT)),
    ("agent-json-patch", Fate::Denied(AGENT)),
    ("agent-init-json-patch", Fate::Denied(AGENT)),
    ("agent-copy-volume-mounts", Fate::Denied(AGENT)),
    ("agent-extra-secret", Fate::Denied(AGENT)),
    ("agent-service-account-token-volume-name", Fate::Denied(LOGIN)),
];

/// Those with a name at the end, or more words; the first that fits counts.
const BEGINNINGS: &[(&str, Fate)] = &[
    (
        "agent-inject-template-file-",
        Fate::Refused("write the template itself, with agent-inject-template-"),
    ),
    ("agent-inject-secret-", Fate::Translated),
    ("agent-inject-template-", Fate::Translated),
    ("agent-inject-file-", Fate::Translated),
    ("agent-inject-perms-", Fate::Translated),
    ("agent-inject-command-", Fate::Translated),
    ("secret-volume-path-", Fate::Translated),
    ("preserve-secret-case-", Fate::Translated),
    ("agent-template-left-delim-", Fate::Refused(DELIMITERS)),
    ("agent-template-right-delim-", Fate::Refused(DELIMITERS)),
    (
        "error-on-missing-key-",
        Fate::Idle("a key that is missing always holds the pod"),
    ),
    ("auth-", Fate::Idle(LOGIN)),
    ("agent-limits-", Fate::Idle(AGENT)),
    ("agent-requests-", Fate::Idle(AGENT)),
    (
        "agent-run-as-",
        Fate::Idle("the agent runs as the first container's user"),
    ),
    ("agent-cache-", Fate::Idle(CACHE)),
    ("agent-revoke-", Fate::Idle("there is no Vault token to revoke")),
    ("agent-disable-", Fate::Idle(CACHE)),
    ("agent-telemetry-", Fate::Idle(CACHE)),
    ("agent-metrics-", Fate::Idle(CACHE)),
    (
        "template-",
        Fate::Idle("a new version is pushed, and rendered at once"),
    ),
];

/// What becomes of the annotation with this name after the prefix; `None`: there is no such.
pub fn fate(key: &str) -> Option<Fate> {
    let whole = WHOLE.iter().find(|(name, _)| *name == key);
    let begins = || {
        BEGINNINGS
            .iter()
            .find(|(start, _)| key.len() > start.len() && key.starts_with(start))
    };
    whole.or_else(begins).map(|(_, fate)| *fate)
}
