//! The node's certificates: three authorities, a certificate for each party, and the key that
//! service-account tokens are signed with. Made once; kept below `pki/`.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SanType,
};

use crate::name::Layout;
use crate::network::Plan;
use crate::state::write_file;

type Authority = CertifiedIssuer<'static, KeyPair>;

/// A certificate to make: its file name, subject, and the names it serves (none for a client).
struct Leaf {
    file: &'static str,
    common_name: String,
    organization: Option<&'static str>,
    serves: Vec<SanType>,
}

impl Leaf {
    fn client(file: &'static str, common_name: &str, organization: Option<&'static str>) -> Self {
        Self {
            file,
            common_name: common_name.to_owned(),
            organization,
            serves: Vec::new(),
        }
    }

    fn server(file: &'static str, serves: Vec<SanType>) -> Self {
        Self {
            file,
            common_name: file.to_owned(),
            organization: None,
            serves,
        }
    }
}

/// Makes every certificate and key that is not there yet: all of them, or none.
pub fn ensure(layout: &Layout, plan: &Plan) -> Result<()> {
    let folder = layout.state.join("pki");
    if folder.exists() {
        return Ok(());
    }
    let unfinished = layout.state.join("pki.unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    make(&unfinished, layout.name.as_str(), plan).context("cannot make the node's certificates")?;
    fs::rename(&unfinished, &folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn make(folder: &Path, node: &str, plan: &Plan) -> Result<()> {
    let cluster = authority(folder, "ca")?;
    for leaf in cluster_leaves(node, plan)? {
        issue(folder, &cluster, &leaf)?;
    }
    // etcd trusts an authority of its own: a certificate of the cluster's must not open it.
    let etcd = authority(folder, "etcd-ca")?;
    issue(
        folder,
        &etcd,
        &Leaf::server("etcd", addresses(&[plan.node().into()])),
    )?;
    issue(
        folder,
        &etcd,
        &Leaf::client("etcd-client", "kube-apiserver", None),
    )?;
    // So does the API server for what an aggregated API is told about a user.
    let front_proxy = authority(folder, "front-proxy-ca")?;
    issue(
        folder,
        &front_proxy,
        &Leaf::client("front-proxy", "front-proxy", None),
    )?;
    // RSA, as most clusters have it: tokens are then RS256, and that is what a verifier should meet in tests.
    let tokens = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    write_file(
        &folder.join("service-account.key"),
        tokens.serialize_pem().as_bytes(),
        0o600,
    )
}

/// Users as Kubernetes names them ("PKI certificates and requirements", kubernetes.io).
fn cluster_leaves(node: &str, plan: &Plan) -> Result<Vec<Leaf>> {
    let mut kubelet = Leaf::server("kubelet", addresses(&[plan.node().into()]));
    kubelet.serves.push(dns(node)?);
    Ok(vec![
        Leaf::server("apiserver", apiserver_names(plan)?),
        kubelet,
        Leaf::client(
            "apiserver-kubelet-client",
            "kube-apiserver-kubelet-client",
            Some("system:masters"),
        ),
        Leaf::client("admin", "coffer-node-admin", Some("system:masters")),
        Leaf::client(
            "kubelet-client",
            &format!("system:node:{node}"),
            Some("system:nodes"),
        ),
        Leaf::client("controller-manager", "system:kube-controller-manager", None),
        Leaf::client("scheduler", "system:kube-scheduler", None),
        Leaf::client("proxy", "system:kube-proxy", None),
    ])
}

fn apiserver_names(plan: &Plan) -> Result<Vec<SanType>> {
    let mut names = addresses(&[
        plan.node().into(),
        plan.api_service().into(),
        [127, 0, 0, 1].into(),
    ]);
    for name in [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
    ] {
        names.push(dns(name)?);
    }
    names.push(dns("kubernetes.default.svc.cluster.local")?);
    Ok(names)
}

fn addresses(list: &[IpAddr]) -> Vec<SanType> {
    list.iter().copied().map(SanType::IpAddress).collect()
}

fn dns(name: &str) -> Result<SanType> {
    Ok(SanType::DnsName(name.try_into()?))
}

fn authority(folder: &Path, file: &str) -> Result<Authority> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("coffer-node {file}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let made = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    write_pair(folder, file, &made.pem(), made.key())?;
    Ok(made)
}

fn issue(folder: &Path, issuer: &Authority, leaf: &Leaf) -> Result<()> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, leaf.common_name.as_str());
    if let Some(organization) = leaf.organization {
        params
            .distinguished_name
            .push(DnType::OrganizationName, organization);
    }
    params.subject_alt_names.clone_from(&leaf.serves);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if !leaf.serves.is_empty() {
        // Servers keep the client usage too: etcd calls itself with its own certificate.
        params
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    write_pair(folder, leaf.file, &certificate.pem(), &key)
}

fn write_pair(folder: &Path, file: &str, certificate: &str, key: &KeyPair) -> Result<()> {
    write_file(&folder.join(format!("{file}.crt")), certificate.as_bytes(), 0o644)?;
    write_file(
        &folder.join(format!("{file}.key")),
        key.serialize_pem().as_bytes(),
        0o600,
    )
}
