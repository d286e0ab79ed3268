//! Canonical URIs and prefixes: what is read is in its one normal form, and that is read as the same.

#![no_main]

use coffer_domain::canonical_uri::{CanonicalUri, LONGEST, Reading, UriPrefix};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for reading in [Reading::Strict, Reading::Legacy] {
        if let Ok(uri) = CanonicalUri::parse(text, reading) {
            let printed = uri.to_string();
            assert!(printed.len() <= LONGEST + "+kv2".len());
            assert_eq!(CanonicalUri::parse(&printed, Reading::Strict).as_ref(), Ok(&uri));
            assert_eq!(uri.whole().whole(), uri.whole());
            // What is right by the grammar is the same under either reading.
            if reading == Reading::Strict {
                assert_eq!(CanonicalUri::parse(text, Reading::Legacy), Ok(uri));
            }
        }
        if let Ok(prefix) = UriPrefix::parse(text, reading) {
            assert_eq!(UriPrefix::parse(&prefix.to_string(), Reading::Strict), Ok(prefix));
        }
    }
});
