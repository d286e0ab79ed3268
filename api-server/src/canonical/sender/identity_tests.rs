use std::fs;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, SanType, date_time_ymd,
};

use super::*;

/// An authority, and what it signs.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    fn sign(&self, emails: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let mut params = CertificateParams::default();
        let email = |email: &&str| SanType::Rfc822Name((*email).try_into().unwrap());
        params.subject_alt_names = emails.iter().map(email).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Shown::of(params.signed_by(&key, &self.issuer).unwrap().der().to_vec())
    }
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn identities(authority: Option<&Authority>, mappings: &str) -> Identities {
    let folder = tempfile::tempdir().unwrap();
    let (file, ca) = (folder.path().join("mappings"), folder.path().join("ca"));
    fs::write(&file, mappings).unwrap();
    let ca = authority.map(|authority| {
        fs::write(&ca, &authority.pem).unwrap();
        ca.as_path()
    });
    Identities::read(Some(&file), ca).unwrap()
}

fn name(identities: &Identities, shown: &Shown) -> Option<String> {
    identities.of(shown, now()).ok().map(|identity| identity.subject)
}

#[test]
fn a_certificate_is_somebodys_by_thumbprint_or_by_its_authoritys_word() {
    let (ours, theirs) = (Authority::new("Ours"), Authority::new("Theirs"));
    let strange = theirs.sign(&["ci@example.com"], |_| {});
    let mapped = format!(
        "thumbprint_map: {{{}: auth:service:ci}}\nconstraints: {{allowed_email_domains: [example.com]}}\n\
         subjects: {{auth:service:ci: {{scopes: [secrets.read], tenant: team}}}}",
        strange.thumbprint
    );
    let known = identities(Some(&ours), &mapped);
    let found = known.of(&strange, now()).unwrap();
    assert_eq!(found.subject, "auth:service:ci");
    assert_eq!(found.scopes, BTreeSet::from(["secrets.read".to_owned()]));
    assert_eq!(found.tenant, Some("team".parse().unwrap()));
    assert_eq!(name(&known, &theirs.sign(&["ci@example.com"], |_| {})), None);
    assert_eq!(name(&identities(None, &mapped), &ours.sign(&[], |_| {})), None);
    let email = ours.sign(&["CI@Example.com"], |_| {});
    let by_email = Some("auth:account:x509:email:ci@example.com".to_owned());
    assert_eq!(name(&known, &email), by_email);
    for other in [
        ours.sign(&["ci@evil.example"], |_| {}),
        ours.sign(&["ci@evil.example@example.com"], |_| {}),
        ours.sign(&["a@example.com", "b@example.com"], |_| {}),
        ours.sign(&[], |_| {}),
    ] {
        let by_thumbprint = format!("auth:account:x509:sha256:{}", other.thumbprint);
        assert_eq!(name(&known, &other), Some(by_thumbprint));
    }
}

#[test]
fn an_authoritys_word_counts_within_the_constraints_and_its_time() {
    let ours = Authority::new("Ours");
    let good = ours.sign(&[], |_| {});
    let with = |constraints: &str| identities(Some(&ours), &format!("constraints: {constraints}"));
    assert!(name(&with("{allowed_issuers: [CN=Ours]}"), &good).is_some());
    assert_eq!(name(&with("{allowed_issuers: [CN=Our]}"), &good), None);
    assert_eq!(name(&with("{allowed_policy_oids: [1.2.3]}"), &good), None);
    let server = ours.sign(&[], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    assert_eq!(name(&with("{}"), &server), None, "not for clients");
    let old = ours.sign(&[], |params| params.not_after = date_time_ymd(2026, 5, 1));
    assert_eq!(name(&with("{}"), &old), None);
    let pinned = format!("thumbprint_map: {{{}: auth:service:ci}}", old.thumbprint);
    assert_eq!(
        name(&identities(None, &pinned), &old),
        None,
        "however it is known"
    );
    // OID 1.2.3 as the one policy: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER } }.
    let policy = vec![0x30, 0x06, 0x30, 0x04, 0x06, 0x02, 0x2a, 0x03];
    let under = ours.sign(&[], |params| {
        let extension = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 32], policy);
        params.custom_extensions.push(extension);
    });
    assert!(name(&with("{allowed_policy_oids: [1.2.3]}"), &under).is_some());
}

#[test]
fn mappings_that_cannot_be_meant_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mappings");
    for text in [
        "constraint: {}",
        "constraints: {allowed: []}",
        "[",
        "thumbprint_map: {a: b c}",
        "subjects: {a: {tenant: A B}}",
    ] {
        fs::write(&file, text).unwrap();
        assert!(Identities::read(Some(&file), None).is_err(), "{text}");
    }
    fs::write(&file, "no certificate").unwrap();
    assert!(Identities::read(None, Some(&file)).is_err());
    assert!(Identities::read(None, Some(&folder.path().join("none"))).is_err());
}
