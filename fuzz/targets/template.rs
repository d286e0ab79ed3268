//! Templates: none panics, runs on, or asks for a name that it did not say; output is bounded.

#![no_main]

use std::collections::BTreeMap;

use coffer_domain::{
    secret_value::SecretValue,
    template::{MAX_OUTPUT_BYTES, Template},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(template) = Template::parse(text) else {
        return;
    };
    for value in ["", "v", r#"{"a":{"b":[1]}}"#, "\u{e9}\n'\""] {
        let all: BTreeMap<_, _> = template
            .names()
            .iter()
            .map(|name| (name.clone(), SecretValue::from(value)))
            .collect();
        match template.render(&all) {
            Ok(rendered) => assert!(rendered.len() <= MAX_OUTPUT_BYTES),
            Err(error) => assert!(!error.message.starts_with("there is no secret")),
        }
    }
});
