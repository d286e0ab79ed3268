//! The objects, and the log of what happened to them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    object::{finalizers, merge, own_fields},
    path::Target,
};

/// One change: the object before and after.
#[derive(Clone)]
pub struct Entry {
    pub version: u64,
    pub plural: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

#[derive(Default)]
pub struct State {
    objects: BTreeMap<Target, Value>,
    log: Vec<Entry>,
    version: u64,
}

const WITH_STATUS: [&str; 3] = ["vaults", "vaultsecrets", "apikeys"];

impl State {
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn get(&self, target: &Target) -> Option<&Value> {
        self.objects.get(&Target {
            status: false,
            ..target.clone()
        })
    }

    pub fn list(&self, target: &Target) -> Vec<&Value> {
        let here = |it: &&Target| {
            it.plural == target.plural && (target.namespace.is_none() || it.namespace == target.namespace)
        };
        self.objects
            .iter()
            .filter(|(it, _)| here(it))
            .map(|(_, object)| object)
            .collect()
    }

    pub fn since(&self, version: u64) -> &[Entry] {
        let at = self.log.partition_point(|entry| entry.version <= version);
        &self.log[at..]
    }

    pub fn create(&mut self, target: &Target, mut object: Value, manager: &str) -> Result<Value, u16> {
        let name = object["metadata"]["name"].as_str().ok_or(422_u16)?;
        let target = Target::named(
            &target.plural,
            target.namespace.as_deref().unwrap_or_default(),
            name,
        );
        if self.objects.contains_key(&target) {
            return Err(409);
        }
        if target.plural == "secrets" {
            own_fields(&Value::Null, &mut object, manager);
        }
        let meta = &mut object["metadata"];
        meta["uid"] = format!("uid-{}", self.version + 1).into();
        meta["generation"] = 1.into();
        meta["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
        if let Some(namespace) = &target.namespace {
            meta["namespace"] = namespace.clone().into();
        }
        if WITH_STATUS.contains(&target.plural.as_str()) && object.get("status").is_none() {
            // The default of our definitions.
            object["status"] = json!({"observedGeneration": -1});
        }
        Ok(self.put(target, None, object))
    }

    pub fn apply(&mut self, plural: &str, object: Value, manager: &str) -> Value {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let target = Target::named(plural, &text("namespace"), &text("name"));
        match self.objects.get(&target) {
            None => self.create(&target, object, manager).expect("there is none yet"),
            Some(present) => {
                let mut wanted = present.clone();
                for key in ["spec", "data", "type"] {
                    if !object[key].is_null() {
                        wanted[key] = object[key].clone();
                    }
                }
                self.update(target, wanted, manager).expect("it is taken")
            }
        }
    }

    pub fn replace(&mut self, target: &Target, mut object: Value, manager: &str) -> Result<Value, u16> {
        let present = self.guarded(target, &object)?;
        if let Some(status) = present.get("status") {
            object["status"] = status.clone();
        }
        self.update(target.clone(), object, manager)
    }

    pub fn patch(&mut self, target: &Target, patch: &Value, manager: &str) -> Result<Value, u16> {
        let present = self.guarded(target, patch)?;
        let mut object = present.clone();
        if target.status {
            merge(&mut object["status"], &patch["status"]);
        } else {
            merge(&mut object, patch);
            if WITH_STATUS.contains(&target.plural.as_str()) {
                object["status"] = present["status"].clone();
            }
        }
        self.update(
            Target {
                status: false,
                ..target.clone()
            },
            object,
            manager,
        )
    }

    /// The present object, if the preconditions in `given` hold.
    fn guarded(&self, target: &Target, given: &Value) -> Result<Value, u16> {
        let present = self.get(target).cloned().ok_or(404_u16)?;
        for key in ["uid", "resourceVersion"] {
            let wanted = &given["metadata"][key];
            if !wanted.is_null() && *wanted != present["metadata"][key] {
                return Err(409);
            }
        }
        Ok(present)
    }

    fn update(&mut self, target: Target, mut object: Value, manager: &str) -> Result<Value, u16> {
        let before = self.objects[&target].clone();
        if target.plural == "secrets" {
            if before["type"] != object["type"] {
                return Err(422);
            }
            own_fields(&before, &mut object, manager);
        }
        if before["spec"] != object["spec"] {
            object["metadata"]["generation"] =
                (before["metadata"]["generation"].as_u64().unwrap() + 1).into();
        }
        object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
        if before == object {
            return Ok(object);
        }
        if object["metadata"]["deletionTimestamp"].is_string() && finalizers(&object) == 0 {
            return Ok(self.remove(&target));
        }
        Ok(self.put(target, Some(before), object))
    }

    pub fn delete(&mut self, target: &Target, options: &Value) -> Result<Value, u16> {
        let given = json!({"metadata": options["preconditions"]});
        let before = self.guarded(target, &given)?;
        if finalizers(&before) == 0 {
            return Ok(self.remove(target));
        }
        let mut object = before.clone();
        object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:01Z".into();
        // Being deleted is a generation of its own.
        object["metadata"]["generation"] = (before["metadata"]["generation"].as_u64().unwrap() + 1).into();
        Ok(self.put(target.clone(), Some(before), object))
    }

    fn put(&mut self, target: Target, before: Option<Value>, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let (version, plural, after) = (self.version, target.plural.clone(), Some(object.clone()));
        self.log.push(Entry {
            version,
            plural,
            before,
            after,
        });
        self.objects.insert(target, object.clone());
        object
    }

    /// With whatever it owned.
    fn remove(&mut self, target: &Target) -> Value {
        let mut object = self.objects.remove(target).expect("it is there");
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let (version, plural, before) = (self.version, target.plural.clone(), Some(object.clone()));
        self.log.push(Entry {
            version,
            plural,
            before,
            after: None,
        });
        let owned = |it: &Value| {
            let owners = it["metadata"]["ownerReferences"].as_array();
            owners.is_some_and(|owners| {
                owners
                    .iter()
                    .any(|owner| owner["uid"] == object["metadata"]["uid"])
            })
        };
        let orphans: Vec<Target> = self
            .objects
            .iter()
            .filter(|(_, it)| owned(it))
            .map(|(target, _)| target.clone())
            .collect();
        for orphan in orphans {
            let _ = self.delete(&orphan, &Value::Null);
        }
        object
    }
}
