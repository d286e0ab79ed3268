use proptest::prelude::*;

use super::*;

fn strict(text: &str) -> Result<String, &'static str> {
    read(text, Reading::Strict)
}

fn read(text: &str, reading: Reading) -> Result<String, &'static str> {
    CanonicalUri::parse(text, reading)
        .map(|uri| uri.to_string())
        .map_err(UriFault::code)
}

#[test]
fn what_is_valid_has_one_normal_form() {
    for (text, normal) in [
        (
            "openbao+kv2://secret/app/api#token?version=12",
            "openbao+kv2://secret/app/api#token?version=12",
        ),
        ("openbao+kv2://secret/app/api", "openbao+kv2://secret/app/api"),
        (
            "hashicorp+kv2://secret/payments/stripe#api_key",
            "hashicorp+kv2://secret/payments/stripe#api_key",
        ),
        ("yaml://secret/env#MY_API_KEY", "yaml://secret/env#MY_API_KEY"),
        ("OpenBao+KV2://secret/App#Key", "openbao+kv2://secret/App#Key"),
        (
            "openbao+kv2://secret/app/api?version=3#token",
            "openbao+kv2://secret/app/api#token?version=3",
        ),
        ("openbao+kv2://secret/app#", "openbao+kv2://secret/app"),
        ("openbao+kv2://secret/app?", "openbao+kv2://secret/app"),
        (
            "openbao+kv2://secret/app?&version=1&",
            "openbao+kv2://secret/app?version=1",
        ),
        ("  yaml://secret\t", "yaml://secret"),
        (
            "openbao+kv2://secret/a#%61%20%c3%a9",
            "openbao+kv2://secret/a#a%20%C3%A9",
        ),
        (
            "openbao+kv2://secret/a#a/b:c@d+e=f",
            "openbao+kv2://secret/a#a/b:c@d+e=f",
        ),
    ] {
        assert_eq!(strict(text).as_deref(), Ok(normal), "{text}");
    }
}

#[test]
fn every_invalid_text_has_its_code() {
    for (text, code) in [
        ("hashicorp+kv2://secret//path", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/jira/*/token", "INVALID_WILDCARD"),
        ("openbao+kv2://secret/jira/*", "INVALID_WILDCARD"),
        ("openbao+kv2://secret/app*", "INVALID_WILDCARD"),
        ("openbao+kv2://secret/a%2Fb#key", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/a#b%2fc", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/../x", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/a..b", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/./x", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/caf%C3%A9", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/a b", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/a:b", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://", "ILLEGAL_SEGMENT"),
        ("openbao+kv2:///app", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://user@host/app", "AMBIGUOUS_MOUNT"),
        ("openbao+kv2://vault:8200/secret/app", "AMBIGUOUS_MOUNT"),
        ("openbao://secret/app", "UNSUPPORTED_ENGINE"),
        ("openbao+kv1://secret/app", "UNSUPPORTED_ENGINE"),
        ("yaml+kv2://secret/app", "UNSUPPORTED_ENGINE"),
        ("aws+sm://secret/x", "UNSUPPORTED_ENGINE"),
        ("azure://vault/x", "UNSUPPORTED_ENGINE"),
        ("file://primary/x", "UNSUPPORTED_ENGINE"),
        ("file:primary:db-password", "ILLEGAL_SEGMENT"),
        ("secret/app", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/app#a#b", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/app#a?version=1#b", "ILLEGAL_SEGMENT"),
        (
            "openbao+kv2://secret/app#a?version=1?version=1",
            "AMBIGUOUS_QUERY",
        ),
        (
            "openbao+kv2://secret/app#k?version=1&version=2",
            "AMBIGUOUS_QUERY",
        ),
        ("openbao+kv2://secret/app#k?mount=secret", "DOUBLE_MOUNT_SOURCE"),
        ("openbao+kv2://secret/app#k?foo=1", "INVALID_REQUEST"),
        ("openbao+kv2://secret/app#k?version=0", "INVALID_VERSION"),
        ("openbao+kv2://secret/app#k?version=abc", "INVALID_VERSION"),
        ("openbao+kv2://secret/app#k?version=-1", "INVALID_VERSION"),
        ("openbao+kv2://secret/app#k?version=01", "INVALID_VERSION"),
        (
            "openbao+kv2://secret/app#k?version=10000000000",
            "INVALID_VERSION",
        ),
        ("openbao+kv2://secret/app/", "PROVIDER_TRAILING_SLASH_MISMATCH"),
        ("openbao+kv2://secret/app//", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/app#a b", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/app#a%2", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/app#%ff", "ILLEGAL_SEGMENT"),
    ] {
        assert_eq!(strict(text), Err(code), "{text}");
    }
    let long = format!("yaml://secret/{}", "a/".repeat(30));
    assert!(strict(&format!("{long}b")).is_ok());
    assert_eq!(strict(&format!("{long}b/c")), Err("ILLEGAL_SEGMENT"));
    assert_eq!(
        strict(&format!("yaml://secret/{}", "a".repeat(256))),
        Err("ILLEGAL_SEGMENT")
    );
}

#[test]
fn legacy_reading_relaxes_two_things_and_no_others() {
    let legacy = |text| read(text, Reading::Legacy);
    assert_eq!(
        legacy("openbao://secret/app").as_deref(),
        Ok("openbao+kv2://secret/app")
    );
    assert_eq!(
        legacy("hashicorp+kv2://secret/app/").as_deref(),
        Ok("hashicorp+kv2://secret/app")
    );
    for text in [
        "openbao://secret/app//",
        "openbao://secret//app",
        "openbao://secret/../app",
        "openbao://secret/a%2fb",
    ] {
        assert_eq!(legacy(text), Err("ILLEGAL_SEGMENT"), "{text}");
    }
    assert_eq!(legacy("openbao://secret/*"), Err("INVALID_WILDCARD"));
    assert_eq!(legacy("aws://secret/x"), Err("UNSUPPORTED_ENGINE"));
}

#[test]
fn references_are_the_documented_ones() {
    let salt = Salt::new("test-salt".into());
    for (text, expected) in [
        (
            "openbao+kv2://secret/app/api#token",
            "pLZ2GppsLrRUQeG3pt1mmfn4vk3NDGydw_HLh4Y2aQo",
        ),
        (
            "openbao+kv2://secret/app/api#token?version=12",
            "qu9tD5sAq5zfMo8lTtbFvk1aF1_WFcsELsocNHeFFQ8",
        ),
        (
            "openbao+kv2://secret/app/api",
            "Cy9APo3RHYn8tBDYZumo2udFkc_71vTMl6Gt1RG4M60",
        ),
        (
            "yaml://secret/env#MY_API_KEY",
            "7PvODUo_08jDUTAuu1fgVQzIJZZ6aDERHGLowvBtPqc",
        ),
    ] {
        let uri = CanonicalUri::parse(text, Reading::Strict).unwrap();
        assert_eq!(salt.resource_ref(&uri), expected, "{text}");
    }
    let uri = CanonicalUri::parse("openbao+kv2://secret/app/api#token", Reading::Strict).unwrap();
    assert_eq!(salt.path_ref(&uri), "Cy9APo3RHYn8tBDYZumo2udFkc_71vTMl6Gt1RG4M60");
    assert_eq!(
        arn(&uri, "acme", &salt.path_ref(&uri)),
        "auth:v1:resource:secret:openbao-acme:Cy9APo3RHYn8tBDY"
    );
}

#[test]
fn parameters_beside_a_uri_agree_with_it_or_are_refused() {
    let uri = |text: &str| CanonicalUri::parse(text, Reading::Strict).unwrap();
    let plain = uri("openbao+kv2://secret/app");
    assert_eq!(
        plain.clone().pinned("3").unwrap(),
        uri("openbao+kv2://secret/app?version=3")
    );
    assert_eq!(
        uri("openbao+kv2://secret/app?version=3").pinned("2"),
        Err(UriFault::AmbiguousQuery)
    );
    assert_eq!(
        plain.clone().narrowed("a b").unwrap(),
        uri("openbao+kv2://secret/app#a%20b")
    );
    assert_eq!(
        uri("openbao+kv2://secret/app#a").narrowed("b"),
        Err(UriFault::AmbiguousQuery)
    );
    assert_eq!(plain.narrowed(""), Err(UriFault::IllegalSegment));
}

#[test]
fn a_prefix_may_end_in_a_slash() {
    let prefix = |text| UriPrefix::parse(text, Reading::Strict).map(|it| it.to_string());
    assert_eq!(prefix("yaml://secret/env/").as_deref(), Ok("yaml://secret/env/"));
    assert_eq!(prefix("yaml://secret").as_deref(), Ok("yaml://secret/"));
    assert_eq!(prefix("yaml://secret/jira/*"), Err(UriFault::InvalidWildcard));
    assert_eq!(prefix("yaml://secret//"), Err(UriFault::IllegalSegment));
    assert_eq!(prefix("yaml://secret/a#b"), Err(UriFault::IllegalSegment));
    assert_eq!(prefix("secret/env"), Err(UriFault::IllegalSegment));
}

fn arbitrary_uri() -> impl Strategy<Value = String> {
    let scheme = prop_oneof!["openbao\\+kv2", "hashicorp\\+kv2", "yaml"];
    let segment = "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,6}[A-Za-z0-9_-]";
    let path = prop::collection::vec(segment, 1..6);
    let fragment = prop::option::of("([A-Za-z0-9._~/:@+=,;!$'()-]|%20|%C3%A9|%25){1,12}");
    let version = prop::option::of(1_u64..=9_999_999_999);
    (scheme, path, fragment, version).prop_map(|(scheme, path, fragment, version)| {
        let fragment = fragment.map_or_else(String::new, |it| format!("#{it}"));
        let version = version.map_or_else(String::new, |it| format!("?version={it}"));
        format!("{scheme}://{}{fragment}{version}", path.join("/"))
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(text in arbitrary_uri()) {
        prop_assume!(!text.contains(".."));
        let uri = CanonicalUri::parse(&text, Reading::Strict).unwrap();
        prop_assert_eq!(uri.to_string(), text);
        prop_assert_eq!(CanonicalUri::parse(&uri.to_string(), Reading::Strict), Ok(uri));
    }

    #[test]
    fn any_text_is_refused_or_has_a_normal_form(text in "(openbao\\+kv2|YAML|x)?(://)?[ -~\u{e9}]{0,40}") {
        for reading in [Reading::Strict, Reading::Legacy] {
            if let Ok(uri) = CanonicalUri::parse(&text, reading) {
                let printed = uri.to_string();
                prop_assert_eq!(CanonicalUri::parse(&printed, Reading::Strict), Ok(uri));
            }
        }
    }

    #[test]
    fn the_fragment_of_a_key_names_it(key in "[^\u{0}/]{1,20}") {
        if let Ok(fragment) = Fragment::of_key(&key) {
            prop_assert_eq!(fragment.key(), key.as_str());
        }
    }
}
