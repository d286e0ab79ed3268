//! One bundle, written down: the form that programs of different versions must agree on.

use std::collections::BTreeMap;

use coffer_domain::secret_value::SecretValue;
use coffer_wire::{
    Delivered,
    bundle::{BundleContent, BundleIdentity, Header},
};

use crate::{ROOT_BYTES, RootKeys};

/// The key of the bundle that [`parts`] make.
pub const KEY: &str = "1b520038289f247d7e87d74597be6efef27da47fe5dddfb788fff44329fadb84";
/// That bundle.
pub const BUNDLE: &str = "43464231d999efe6fe77480400000000000f424000000000000002580707070707070707070707070707070707070707\
    0707070707070707070707079e38c68fefb61aa15f5b5cbb6ca56f7ed2a557332cfc1efd98153d97868d8e4ccbc89fa3\
    9a5a3cac4fce8cd32e765c6854fb5faf7e8bcd91cd1753deecc77fa452d504abdc66";

/// What it is made of.
pub fn parts() -> (BundleIdentity, Header, RootKeys, BTreeMap<String, Delivered>) {
    let identity = BundleIdentity {
        namespace: "team".into(),
        service_account: "web".into(),
        content: BundleContent {
            organization: "team".into(),
            vault: "app".into(),
            environment: "default".into(),
            names: Some(vec!["A".into()]),
            max_stale: 3600,
        },
    };
    let keys = RootKeys::new(SecretValue::new(vec![9; ROOT_BYTES]), None).unwrap();
    let header = Header {
        generation: keys.generation(),
        issued: 1_000_000,
        max_stale: 600,
        salt: [7; 32],
    };
    let value = Delivered {
        version: 3,
        value: SecretValue::from("hunter2"),
    };
    (identity, header, keys, BTreeMap::from([("A".to_owned(), value)]))
}
