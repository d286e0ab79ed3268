//! What a sealed record withstands, and that its parts are the standard ones.

use coffer_domain::{
    address::Version,
    id::{OrgId, SecretId, VaultId},
    name::EnvName,
    testkit::SeededEntropy,
};
use proptest::prelude::*;

use super::*;

fn seed(n: u8) -> Seed {
    Seed::from_slice(&[n; 32]).unwrap()
}

fn aad_at(vault: u8, environment: &str, secret: u8, version: u64, generation: u32) -> Aad {
    Aad::secret_value(
        (OrgId::from_bytes([1; 16]), VaultId::from_bytes([vault; 16])),
        &EnvName::new(environment).unwrap(),
        (SecretId::from_bytes([secret; 16]), Version::new(version).unwrap()),
        generation,
    )
}

fn aad() -> Aad {
    aad_at(1, "default", 1, 1, 1)
}

fn sealed(value: &[u8]) -> Vec<u8> {
    seal((&seed(1), 1), &aad(), value, &SeededEntropy::new(1)).unwrap()
}

proptest! {
    #[test]
    fn what_was_sealed_opens(value in prop::collection::vec(any::<u8>(), 0..2000), key: [u8; 32], number: u64) {
        let key = Seed::from_slice(&key).unwrap();
        let record = seal((&key, 7), &aad(), &value, &SeededEntropy::new(number)).unwrap();
        prop_assert_eq!(record.len(), HEADER_BYTES + value.len() + TAG_BYTES);
        prop_assert_eq!(generation(&record), Ok(7));
        prop_assert_eq!(open(&key, &aad(), &record).unwrap(), SecretValue::new(value));
    }

    #[test]
    fn arbitrary_bytes_are_refused(record in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(open(&seed(1), &aad(), &record).is_err());
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let record = sealed(b"a secret value of some length");
    for bit in 0..record.len() * 8 {
        let mut changed = record.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&seed(1), &aad(), &changed).is_err(), "bit {bit}");
    }
}

#[test]
fn every_other_length_is_refused() {
    let record = sealed(b"value");
    for length in 0..record.len() {
        assert!(
            open(&seed(1), &aad(), &record[..length]).is_err(),
            "{length} bytes"
        );
    }
    let longer = [&record[..], b"\0"].concat();
    assert_eq!(open(&seed(1), &aad(), &longer), Err(EnvelopeError::Tag));
}

#[test]
fn a_moved_record_is_refused() {
    let record = sealed(b"value");
    for elsewhere in [
        aad_at(2, "default", 1, 1, 1),
        aad_at(1, "production", 1, 1, 1),
        aad_at(1, "default", 2, 1, 1),
        aad_at(1, "default", 1, 2, 1),
        aad_at(1, "default", 1, 1, 2),
        Aad::token_pepper(&[1; 16]),
    ] {
        assert_eq!(
            open(&seed(1), &elsewhere, &record),
            Err(EnvelopeError::Commitment)
        );
    }
}

#[test]
fn another_key_is_refused_before_decryption() {
    assert_eq!(
        open(&seed(2), &aad(), &sealed(b"value")),
        Err(EnvelopeError::Commitment)
    );
}

#[test]
fn the_generation_in_the_header_is_bound_too() {
    let mut record = sealed(b"value");
    record[GENERATION_AT + 3] = 2;
    assert_eq!(generation(&record), Ok(2));
    assert_eq!(open(&seed(1), &aad(), &record), Err(EnvelopeError::Tag));
}

#[test]
fn ciphertexts_of_two_records_do_not_mix() {
    let (first, second) = (
        sealed(b"value one"),
        seal((&seed(1), 1), &aad(), b"value two", &SeededEntropy::new(2)).unwrap(),
    );
    let spliced = [&first[..HEADER_BYTES], &second[HEADER_BYTES..]].concat();
    assert_eq!(open(&seed(1), &aad(), &spliced), Err(EnvelopeError::Tag));
}

#[test]
fn other_formats_and_suites_are_refused_by_name() {
    let with = |at: usize, byte: u8| {
        let mut record = sealed(b"value");
        record[at] = byte;
        open(&seed(1), &aad(), &record)
    };
    assert_eq!(with(0, b'X'), Err(EnvelopeError::Magic));
    for format in [0, 2, 255] {
        assert_eq!(with(3, format), Err(EnvelopeError::Format(format)));
    }
    for suite in [0, 2, 255] {
        assert_eq!(with(4, suite), Err(EnvelopeError::Suite(suite)));
    }
}

#[test]
fn the_same_value_never_looks_the_same_twice() {
    let entropy = SeededEntropy::new(1);
    let (a, b) = (
        seal((&seed(1), 1), &aad(), b"v", &entropy).unwrap(),
        seal((&seed(1), 1), &aad(), b"v", &entropy).unwrap(),
    );
    assert_ne!(a[SALT_AT..COMMITMENT_AT], b[SALT_AT..COMMITMENT_AT]);
    assert_ne!(a[COMMITMENT_AT..HEADER_BYTES], b[COMMITMENT_AT..HEADER_BYTES]);
    assert_ne!(a[HEADER_BYTES..], b[HEADER_BYTES..]);
}

#[test]
fn the_same_salt_at_two_places_gives_two_keys() {
    // As after a restored snapshot of a machine, whose randomness repeats.
    let at = |version| {
        seal(
            (&seed(1), 1),
            &aad_at(1, "default", 1, version, 1),
            b"v",
            &SeededEntropy::new(1),
        )
        .unwrap()
    };
    let (a, b) = (at(1), at(2));
    assert_eq!(a[SALT_AT..COMMITMENT_AT], b[SALT_AT..COMMITMENT_AT]);
    assert_ne!(a[HEADER_BYTES..], b[HEADER_BYTES..]);
}

/// A record of format 1 as it was first written: it must open for ever.
#[test]
fn a_kept_record_still_opens() {
    let record = hex::decode(include_str!("envelope_v1.hex").trim()).unwrap();
    assert_eq!(sealed(b"kept for ever"), record);
    assert_eq!(
        open(&seed(1), &aad(), &record).unwrap(),
        SecretValue::from("kept for ever")
    );
}

/// RFC 5869, A.1: the library's HKDF-SHA-256 is the standard one.
#[test]
fn hkdf_is_that_of_the_rfc() {
    let (salt, info) = (
        hex::decode("000102030405060708090a0b0c").unwrap(),
        hex::decode("f0f1f2f3f4f5f6f7f8f9").unwrap(),
    );
    let root = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&[0x0b; 22]);
    let mut okm = [0; 42];
    root.expand(&[&info], Length(42)).unwrap().fill(&mut okm).unwrap();
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(hex::encode(okm), expected);
}

/// The specification of GCM, test case 16: the library's AES-256-GCM is the standard one.
#[test]
fn gcm_is_that_of_the_specification() {
    let bytes = |text: &str| hex::decode(text).unwrap();
    let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let nonce = bytes("cafebabefacedbaddecaf888");
    let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let mut buffer = bytes(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
    let tag = key
        .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), &mut buffer)
        .unwrap();
    let expected = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                    8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
    assert_eq!(hex::encode(&buffer), expected);
    assert_eq!(hex::encode(tag.as_ref()), "76fc6ece0f4e1768cddf8853bb2d551b");
}

#[test]
fn an_opener_opens_its_record_at_its_place_as_often_as_asked() {
    let (one, other) = (sealed(b"one"), sealed_again(b"two"));
    let opener = opener(&seed(1), &aad(), &one).unwrap();
    for _ in 0..2 {
        assert_eq!(opener.open(aad(), &one).unwrap(), SecretValue::from("one"));
    }
    let elsewhere = aad_at(1, "production", 1, 1, 1);
    assert_eq!(opener.open(elsewhere, &one), Err(EnvelopeError::Tag));
    assert_eq!(opener.open(aad(), &other), Err(EnvelopeError::Tag));
    let mut changed = one.clone();
    changed[COMMITMENT_AT] ^= 1;
    assert_eq!(opener.open(aad(), &changed), Err(EnvelopeError::Tag));
    assert_eq!(format!("{opener:?}"), "<redacted>");
}

fn sealed_again(value: &[u8]) -> Vec<u8> {
    seal((&seed(1), 1), &aad(), value, &SeededEntropy::new(2)).unwrap()
}
