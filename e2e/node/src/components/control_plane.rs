//! The API server, the controller manager and the scheduler.

use super::{Node, etcd, flag};
use crate::daemon::Daemon;

/// The issuer of service-account tokens, as most clusters name it.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

pub fn apiserver(node: Node<'_>) -> Daemon {
    let arguments = [serving(node), storage(node), identities(node), aggregation(node)].concat();
    Daemon {
        name: "kube-apiserver",
        program: node.program("kube-apiserver"),
        arguments,
        reads: vec![],
    }
}

fn serving(node: Node<'_>) -> Vec<String> {
    vec![
        flag("advertise-address", node.plan.node()),
        flag("secure-port", 6443),
        flag("tls-cert-file", node.pki("apiserver.crt")),
        flag("tls-private-key-file", node.pki("apiserver.key")),
        flag("service-cluster-ip-range", node.plan.services),
        flag("authorization-mode", "Node,RBAC"),
        // Beside the default plugins, among them PodSecurity and ValidatingAdmissionPolicy.
        flag("enable-admission-plugins", "NodeRestriction"),
        flag("allow-privileged", true),
        flag("profiling", false),
    ]
}

fn storage(node: Node<'_>) -> Vec<String> {
    vec![
        flag(
            "etcd-servers",
            format!("https://{}:{}", node.plan.node(), etcd::PORT),
        ),
        flag("etcd-cafile", node.pki("etcd-ca.crt")),
        flag("etcd-certfile", node.pki("etcd-client.crt")),
        flag("etcd-keyfile", node.pki("etcd-client.key")),
    ]
}

/// Who clients are, who pods are, and how the API server shows itself to the kubelet.
fn identities(node: Node<'_>) -> Vec<String> {
    vec![
        flag("client-ca-file", node.pki("ca.crt")),
        flag("service-account-issuer", ISSUER),
        flag("service-account-jwks-uri", format!("{ISSUER}/openid/v1/jwks")),
        flag("service-account-key-file", node.pki("service-account.key")),
        flag(
            "service-account-signing-key-file",
            node.pki("service-account.key"),
        ),
        flag("kubelet-certificate-authority", node.pki("ca.crt")),
        flag(
            "kubelet-client-certificate",
            node.pki("apiserver-kubelet-client.crt"),
        ),
        flag("kubelet-client-key", node.pki("apiserver-kubelet-client.key")),
        // The node's name resolves nowhere.
        flag("kubelet-preferred-address-types", "InternalIP"),
    ]
}

/// What an aggregated API trusts ("Configure the Aggregation Layer", kubernetes.io).
fn aggregation(node: Node<'_>) -> Vec<String> {
    vec![
        flag("proxy-client-cert-file", node.pki("front-proxy.crt")),
        flag("proxy-client-key-file", node.pki("front-proxy.key")),
        flag("requestheader-client-ca-file", node.pki("front-proxy-ca.crt")),
        flag("requestheader-allowed-names", "front-proxy"),
        flag("requestheader-username-headers", "X-Remote-User"),
        flag("requestheader-group-headers", "X-Remote-Group"),
        flag("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ]
}

/// No election and no port: it is alone, and a lock left by a killed one would cost a wait.
pub fn controller_manager(node: Node<'_>) -> Daemon {
    Daemon {
        name: "kube-controller-manager",
        program: node.program("kube-controller-manager"),
        arguments: vec![
            flag("kubeconfig", node.kubeconfig("controller-manager")),
            flag("leader-elect", false),
            flag("secure-port", 0),
            flag("use-service-account-credentials", true),
            flag(
                "service-account-private-key-file",
                node.pki("service-account.key"),
            ),
            flag("root-ca-file", node.pki("ca.crt")),
            flag("cluster-signing-cert-file", node.pki("ca.crt")),
            flag("cluster-signing-key-file", node.pki("ca.key")),
        ],
        reads: vec![node.layout.kubeconfig("controller-manager")],
    }
}

pub fn scheduler(node: Node<'_>) -> Daemon {
    Daemon {
        name: "kube-scheduler",
        program: node.program("kube-scheduler"),
        arguments: vec![
            flag("kubeconfig", node.kubeconfig("scheduler")),
            flag("leader-elect", false),
            flag("secure-port", 0),
        ],
        reads: vec![node.layout.kubeconfig("scheduler")],
    }
}
