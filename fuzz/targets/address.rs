//! Addresses of secrets: what is read is printed as what is read as the same.

#![no_main]

use coffer_domain::address::Reference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>() {
        assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
    }
});
