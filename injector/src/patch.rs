//! An RFC 6902 patch. It adds: elements are inserted into lists or appended to them, and a list or map is created only
//! where there is none. Of what the pod's author wrote, only a variable that is set to a reference is replaced by what it
//! stands for.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, Volume, VolumeMount};
use serde::Serialize;

use crate::view::Place;

/// The operations, in the order they are to be applied.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Patch(Vec<Operation>);

#[derive(Debug, PartialEq, Serialize)]
struct Operation {
    op: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

/// What may be added to a pod.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// An element of `initContainers`.
    Container(Box<Container>),
    /// An element of `volumes`.
    Volume(Box<Volume>),
    /// An element of `volumeMounts`.
    Mount(Box<VolumeMount>),
    /// An element of `env`.
    Variable(Box<EnvVar>),
    /// An annotation, a label, or a word of a command.
    Text(String),
    /// A list that was missing.
    EmptyList([u8; 0]),
    /// A map that was missing.
    EmptyMap(BTreeMap<String, String>),
}

impl Patch {
    /// Inserts `values` at the front of the list at `pointer`, in their order.
    pub fn prepend(&mut self, pointer: &str, exists: bool, values: impl IntoIterator<Item = Value>) {
        for (i, value) in values.into_iter().enumerate() {
            self.ensure(i == 0 && !exists, pointer, Value::EmptyList([]));
            self.add(format!("{pointer}/{i}"), value);
        }
    }

    /// Appends `values` to the list at `pointer`, in their order.
    pub fn append(&mut self, pointer: &str, exists: bool, values: impl IntoIterator<Item = Value>) {
        for (i, value) in values.into_iter().enumerate() {
            self.ensure(i == 0 && !exists, pointer, Value::EmptyList([]));
            self.add(format!("{pointer}/-"), value);
        }
    }

    /// Sets a key that the map at `pointer` does not have.
    pub fn set(&mut self, pointer: &str, exists: bool, key: &str, value: &str) {
        self.ensure(!exists, pointer, Value::EmptyMap(BTreeMap::new()));
        self.add(
            format!("{pointer}/{}", escaped(key)),
            Value::Text(value.to_owned()),
        );
    }

    /// Replaces the element at `pointer`, which is there.
    pub fn replace(&mut self, pointer: String, value: Value) {
        self.push("replace", pointer, Some(value));
    }

    /// Removes the element at `pointer`, which is there.
    pub fn remove(&mut self, pointer: String) {
        self.push("remove", pointer, None);
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn ensure(&mut self, missing: bool, pointer: &str, empty: Value) {
        if missing {
            self.add(pointer.to_owned(), empty);
        }
    }

    fn add(&mut self, path: String, value: Value) {
        self.push("add", path, Some(value));
    }

    fn push(&mut self, op: &'static str, path: String, value: Option<Value>) {
        self.0.push(Operation { op, path, value });
    }
}

/// One step of a JSON pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl Place {
    /// The JSON pointer of a container of the original pod.
    pub fn pointer(self) -> String {
        match self {
            Self::Init(i) => format!("/spec/initContainers/{i}"),
            Self::App(i) => format!("/spec/containers/{i}"),
        }
    }
}
