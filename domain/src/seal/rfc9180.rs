//! The suite against the vectors of RFC 9180, appendix A.2.1 (base mode, sequence number 0).

use super::*;

const PRIVATE: &str = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
const PUBLIC: &str = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
const PUBLIC_SEED: &str = "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df";
const EPHEMERAL_SEED: &str = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
const ENCAPSULATED: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const AAD: &[u8] = b"Count-0";
const PLAIN: &[u8] = b"Beauty is truth, truth beauty";
const CIPHERTEXT: &str =
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28";

/// Draws what it was given.
struct Given(Vec<u8>);

impl Entropy for Given {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn a_pair_is_derived_as_the_rfc_derives_it() {
    let pair = SealingPair::generate(&Given(hex(PUBLIC_SEED)));
    assert_eq!(pair.public().bytes().as_slice(), hex(PUBLIC));
    let kept = SealingPair::from_private(SecretValue::new(hex(PRIVATE))).unwrap();
    assert_eq!(kept.public(), pair.public());
}

#[test]
fn the_suite_seals_what_the_rfc_seals() {
    let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&hex(PUBLIC)).unwrap();
    let (encapsulated, ciphertext) =
        single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            &hex(INFO),
            PLAIN,
            AAD,
            &mut Drawn(&Given(hex(EPHEMERAL_SEED))),
        )
        .unwrap();
    assert_eq!(encapsulated.to_bytes().as_slice(), hex(ENCAPSULATED));
    assert_eq!(ciphertext, hex(CIPHERTEXT));
}

#[test]
fn the_suite_opens_what_the_rfc_sealed() {
    let pair = SealingPair::from_private(SecretValue::new(hex(PRIVATE))).unwrap();
    let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(pair.private().reveal()).unwrap();
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&hex(ENCAPSULATED)).unwrap();
    let open = |aad: &[u8]| {
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            &hex(INFO),
            &hex(CIPHERTEXT),
            aad,
        )
    };
    assert_eq!(open(AAD).unwrap(), PLAIN);
    assert!(open(b"Count-1").is_err());
}
