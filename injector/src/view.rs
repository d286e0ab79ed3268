//! A pod as the injector reads it: borrowed from the request body, and only the fields a decision needs.
//!
//! Fields that are not named here are skipped unread, so a newer Kubernetes' additions pass through
//! untouched: the answer is a patch to the original, never this view written back.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de::Visitor};

/// Text that borrows from the body unless it holds JSON escapes (also inside maps and lists, where
/// `Cow` alone would be copied).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// Texts by text: annotations, labels, resource quantities.
pub type Texts<'a> = BTreeMap<Text<'a>, Text<'a>>;

/// Only a pod's metadata: enough to see that it did not opt in.
#[derive(Debug, Default, Deserialize)]
pub struct Head<'a> {
    /// `metadata`.
    #[serde(borrow, default)]
    pub metadata: Metadata<'a>,
}

/// `metadata` of a pod.
#[derive(Debug, Default, Deserialize)]
pub struct Metadata<'a> {
    /// Annotations.
    #[serde(borrow)]
    pub annotations: Option<Texts<'a>>,
    /// Labels.
    #[serde(borrow)]
    pub labels: Option<Texts<'a>>,
    /// The namespace, if the author wrote it.
    #[serde(borrow)]
    pub namespace: Option<Text<'a>>,
}

impl Metadata<'_> {
    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(Text::as_str)
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.as_ref()?.get(key).map(Text::as_str)
    }
}

/// A pod.
#[derive(Debug, Deserialize)]
pub struct Pod<'a> {
    /// `metadata`.
    #[serde(borrow, default)]
    pub metadata: Metadata<'a>,
    /// `spec`.
    #[serde(borrow)]
    pub spec: Spec<'a>,
}

/// `spec` of a pod.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec<'a> {
    /// Application containers.
    #[serde(borrow)]
    pub containers: Vec<Container<'a>>,
    /// Init containers, native sidecars among them.
    #[serde(borrow)]
    pub init_containers: Option<Vec<Container<'a>>>,
    /// Volumes; only their names matter.
    #[serde(borrow)]
    pub volumes: Option<Vec<Named<'a>>>,
    /// The pod's own security context.
    pub security_context: Option<SecurityContext>,
    /// `spec.os`.
    #[serde(borrow)]
    pub os: Option<Named<'a>>,
    /// `spec.hostPID`.
    #[serde(rename = "hostPID")]
    pub host_pid: Option<bool>,
    /// `spec.hostNetwork`.
    pub host_network: Option<bool>,
    /// `spec.dnsPolicy`.
    #[serde(borrow)]
    pub dns_policy: Option<Text<'a>>,
    /// `spec.shareProcessNamespace`.
    pub share_process_namespace: Option<bool>,
    /// `spec.serviceAccountName`.
    #[serde(borrow)]
    pub service_account_name: Option<Text<'a>>,
    /// Resources of the whole pod (KEP-2837).
    #[serde(borrow)]
    pub resources: Option<Resources<'a>>,
}

/// A thing of which only the name matters.
#[derive(Debug, Deserialize)]
pub struct Named<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// A container of either list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// `command`.
    #[serde(borrow)]
    pub command: Option<Vec<Text<'a>>>,
    /// `args`.
    #[serde(borrow)]
    pub args: Option<Vec<Text<'a>>>,
    /// `env`.
    #[serde(borrow)]
    pub env: Option<Vec<Variable<'a>>>,
    /// `envFrom`.
    #[serde(borrow)]
    pub env_from: Option<Vec<EnvFrom<'a>>>,
    /// `volumeMounts`.
    #[serde(borrow)]
    pub volume_mounts: Option<Vec<Mount<'a>>>,
    /// Its security context.
    pub security_context: Option<SecurityContext>,
    /// Its resources.
    #[serde(borrow)]
    pub resources: Option<Resources<'a>>,
    /// `restartPolicy`: `Always` makes an init container a native sidecar.
    #[serde(borrow)]
    pub restart_policy: Option<Text<'a>>,
}

impl Container<'_> {
    /// Whether kubelet runs it beside the application (only meaningful for an init container).
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy.as_ref().is_some_and(|p| p == "Always")
    }

    /// Whether a variable of that name is set.
    pub fn has_variable(&self, name: &str) -> bool {
        self.env.iter().flatten().any(|variable| variable.name == *name)
    }

    /// Whether the pod's author gave a command.
    pub fn has_command(&self) -> bool {
        self.command.as_ref().is_some_and(|words| !words.is_empty())
    }
}

/// An entry of `env`: its name, and what may hold a reference.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Its text.
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
    /// `valueFrom`.
    #[serde(borrow)]
    pub value_from: Option<ValueFrom<'a>>,
}

impl<'a> Variable<'a> {
    /// The `ConfigMap`'s key that it comes from.
    pub fn config_map_key(&self) -> Option<&KeyRef<'a>> {
        self.value_from.as_ref()?.config_map_key_ref.as_ref()
    }
}

/// `valueFrom`, as far as a reference may come from there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueFrom<'a> {
    /// A key of a `ConfigMap`.
    #[serde(borrow)]
    pub config_map_key_ref: Option<KeyRef<'a>>,
}

/// A key of a `ConfigMap`.
#[derive(Debug, Deserialize)]
pub struct KeyRef<'a> {
    /// The `ConfigMap`'s name.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// The key.
    #[serde(borrow)]
    pub key: Text<'a>,
    /// Whether the variable may be missing.
    pub optional: Option<bool>,
}

/// An entry of `envFrom`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvFrom<'a> {
    /// What stands before each key.
    #[serde(borrow)]
    pub prefix: Option<Text<'a>>,
    /// A `ConfigMap`.
    #[serde(borrow)]
    pub config_map_ref: Option<ObjectRef<'a>>,
    /// A Secret.
    #[serde(borrow)]
    pub secret_ref: Option<ObjectRef<'a>>,
}

/// A `ConfigMap` or a Secret, by name.
#[derive(Debug, Deserialize)]
pub struct ObjectRef<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// Whether it may be missing.
    pub optional: Option<bool>,
}

/// One volume mount.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount<'a> {
    /// The volume's name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Where it is mounted.
    #[serde(borrow)]
    pub mount_path: Text<'a>,
}

/// The part of a security context that says who runs.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityContext {
    /// Numeric user.
    pub run_as_user: Option<i64>,
    /// Numeric group.
    pub run_as_group: Option<i64>,
    /// Group of the pod's volumes (pod level only).
    pub fs_group: Option<i64>,
}

/// Requests and limits.
#[derive(Debug, Default, Deserialize)]
pub struct Resources<'a> {
    /// What is asked for.
    #[serde(borrow)]
    pub requests: Option<Texts<'a>>,
    /// What is allowed.
    #[serde(borrow)]
    pub limits: Option<Texts<'a>>,
}

impl<'a> Spec<'a> {
    /// Every container with its place: init containers first, as kubelet starts them.
    pub fn all(&self) -> impl Iterator<Item = (Place, &Container<'a>)> {
        let init = self
            .init_containers
            .iter()
            .flatten()
            .enumerate()
            .map(|(i, c)| (Place::Init(i), c));
        init.chain(
            self.containers
                .iter()
                .enumerate()
                .map(|(i, c)| (Place::App(i), c)),
        )
    }
}

/// Where a container stands in the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `spec.initContainers[i]`
    Init(usize),
    /// `spec.containers[i]`
    App(usize),
}
