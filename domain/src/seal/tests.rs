use proptest::prelude::*;

use super::*;
use crate::{
    address::{Address, Place},
    name::{EnvName, OrgName, SecretName, VaultName},
    secret_value::{MAX_BYTES, SecretValue},
    testkit::SeededEntropy,
};

fn address(organization: &str, vault: &str, environment: &str, name: &str) -> Address {
    Place {
        organization: OrgName::new(organization).unwrap(),
        vault: VaultName::new(vault).unwrap(),
        environment: EnvName::new(environment).unwrap(),
    }
    .secret(SecretName::new(name).unwrap())
}

fn here() -> Address {
    address("team", "app", "production", "db/PASSWORD")
}

fn pair(seed: u64) -> SealingPair {
    SealingPair::generate(&SeededEntropy::new(seed))
}

fn sealed(value: &str) -> Sealed {
    seal(&SeededEntropy::new(7), &pair(1).public(), &here(), &value.into()).unwrap()
}

fn open_text(text: &str) -> Result<SecretValue, SealError> {
    open(&[pair(1)], &text.parse()?, &here())
}

#[test]
fn a_text_says_where_it_belongs_and_opens_there() {
    let text = sealed("hunter2").to_string();
    let start = format!(
        "coffer-seal:v1:{}:team/app/production/db/PASSWORD:",
        pair(1).public().id()
    );
    assert!(text.starts_with(&start), "{text}");
    assert_eq!(open_text(&text), Ok("hunter2".into()));
}

#[test]
fn the_same_value_never_looks_the_same_and_its_length_is_hidden() {
    let entropy = SeededEntropy::new(3);
    let make = |value: &str| {
        seal(&entropy, &pair(1).public(), &here(), &value.into())
            .unwrap()
            .to_string()
    };
    let (first, second, longer) = (
        make("a"),
        make("a"),
        make("0123456789012345678901234567890123456789"),
    );
    assert_ne!(first, second);
    assert_eq!(first.len(), longer.len());
}

#[test]
fn another_place_is_refused_by_name() {
    let text = sealed("hunter2");
    for (what, elsewhere) in [
        ("namespace", address("other", "app", "production", "db/PASSWORD")),
        ("vault", address("team", "other", "production", "db/PASSWORD")),
        ("environment", address("team", "app", "staging", "db/PASSWORD")),
        ("key", address("team", "app", "production", "db")),
    ] {
        let refused = open(&[pair(1)], &text, &elsewhere).unwrap_err();
        assert!(
            matches!(&refused, SealError::Elsewhere { what: told, .. } if *told == what),
            "{refused}"
        );
        // To write the other place on it does not help.
        let moved = Sealed {
            address: elsewhere.clone(),
            ..text.clone()
        };
        assert_eq!(
            open(&[pair(1)], &moved, &elsewhere),
            Err(SealError::Broken(text.key)),
            "{what}"
        );
    }
}

#[test]
fn places_that_read_alike_are_bound_apart() {
    // "production" + "db/PASSWORD" and "production/db" would run into one another without their lengths.
    let other = address("team", "app", "production", "PASSWORD");
    let moved = Sealed {
        address: other.clone(),
        ..sealed("hunter2")
    };
    assert!(matches!(
        open(&[pair(1)], &moved, &other),
        Err(SealError::Broken(_))
    ));
}

#[test]
fn an_older_key_still_opens_and_an_unknown_one_is_named() {
    let text = sealed("hunter2");
    assert_eq!(open(&[pair(2), pair(1)], &text, &here()), Ok("hunter2".into()));
    assert_eq!(
        open(&[pair(2)], &text, &here()),
        Err(SealError::UnknownKey(text.key))
    );
}

#[test]
fn a_key_is_read_back_from_its_text() {
    let key = VaultPublicKey {
        organization: OrgName::new("team").unwrap(),
        vault: VaultName::new("app").unwrap(),
        key: pair(1).public(),
    };
    let text = key.to_string();
    assert_eq!(format!("{text}\n").parse(), Ok(key));
    for bad in [
        "",
        "coffer-seal:v1:a/b:",
        &text[..text.len() - 2],
        &text.replace("team/", ""),
    ] {
        assert!(
            matches!(bad.parse::<VaultPublicKey>(), Err(SealError::BadKey(_))),
            "{bad}"
        );
    }
}

#[test]
fn what_is_no_seal_is_told_so() {
    let text = sealed("hunter2").to_string();
    for bad in [
        "",
        "hunter2",
        "coffer-seal:v2:x",
        &text[..60],
        &text[..text.len() - 90],
        &format!("{text}="),
        &format!("{text}:"),
        &format!("{text} "),
        &text.replacen(&pair(1).public().id().to_string(), "0123456789ABCDEF", 1),
    ] {
        assert!(
            matches!(bad.parse::<Sealed>(), Err(SealError::Malformed(_))),
            "{bad}"
        );
    }
}

#[test]
fn nothing_is_sealed_to_a_key_of_low_order() {
    let zero = PublicKey::new([0; 32]);
    let refused = seal(&SeededEntropy::new(1), &zero, &here(), &"x".into());
    assert!(matches!(refused, Err(SealError::BadKey(_))), "{refused:?}");
}

#[test]
fn the_largest_value_fits_the_longest_text_and_one_more_byte_does_not() {
    let names = (&"n".repeat(128), &"v".repeat(255), &"e".repeat(100));
    let name = ["x".repeat(255), "x".repeat(255), "x".repeat(255), "x".repeat(255)].join("/");
    let far = address(names.0, names.1, names.2, &name);
    let value = SecretValue::new(vec![7; MAX_BYTES]);
    let text = seal(&SeededEntropy::new(1), &pair(1).public(), &far, &value)
        .unwrap()
        .to_string();
    assert!(text.len() <= LONGEST, "{}", text.len());
    assert_eq!(open(&[pair(1)], &text.parse().unwrap(), &far), Ok(value));
    let larger = SecretValue::new(vec![7; MAX_BYTES + 1]);
    let refused = seal(&SeededEntropy::new(1), &pair(1).public(), &far, &larger);
    assert_eq!(refused, Err(SealError::TooLarge(MAX_BYTES + 1)));
}

#[test]
fn no_character_can_be_changed() {
    let text = sealed("hunter2").to_string();
    for at in 0..text.len() {
        // One bit of each, and not the same one everywhere; the eighth would make it no text.
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let changed = String::from_utf8(bytes).unwrap();
        assert!(open_text(&changed).is_err(), "character {at}: {changed}");
    }
}

#[test]
fn every_flipped_bit_of_the_ciphertext_is_refused() {
    let whole = sealed("hunter2");
    let keys = [pair(1)];
    let length = whole.encapsulated.len() + whole.ciphertext.len();
    for bit in (0..length * 8).step_by(3) {
        let mut changed = whole.clone();
        let byte = bit / 8;
        match byte.checked_sub(changed.encapsulated.len()) {
            None => changed.encapsulated[byte] ^= 1 << (bit % 8),
            Some(byte) => changed.ciphertext[byte] ^= 1 << (bit % 8),
        }
        assert_eq!(
            open(&keys, &changed, &here()),
            Err(SealError::Broken(whole.key)),
            "bit {bit}"
        );
    }
    // The bit of a public key that X25519 itself ignores is bound all the same.
    let mut ignored = whole.clone();
    ignored.encapsulated[31] ^= 0x80;
    assert_eq!(open(&keys, &ignored, &here()), Err(SealError::Broken(whole.key)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_to_the_same_value(
        value in proptest::collection::vec(any::<u8>(), 0..300),
        seed: u64,
        name in "[a-zA-Z0-9_]{1,20}(/[a-z]{1,5}){0,3}",
    ) {
        let at = address("team", "app", "default", &name);
        let value = SecretValue::new(value);
        let text = seal(&SeededEntropy::new(seed), &pair(seed).public(), &at, &value).unwrap().to_string();
        let read: Sealed = text.parse().unwrap();
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(open(&[pair(seed)], &read, &at), Ok(value));
    }

    #[test]
    fn reading_never_panics(text in "(coffer-seal:v1:)?[ -~]{0,120}") {
        let _ = text.parse::<Sealed>();
        let _ = text.parse::<VaultPublicKey>();
    }
}
