//! Pods fed from a real Vault server in the cluster. It is set up with the commands of `docs/REMOTE.md`: the operator
//! logs in there with a token of its service account, copies what the chart's values let it copy, and follows it.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use coffer_crds::{VaultSecret, condition};
use coffer_e2e::{
    App, Namespace, SYSTEM_NAMESPACE, alone, condition as is, eventually, vault, vault_secret, web_pod,
};
use coffer_node::tools::{self, Cache};
use coffer_vault_server::Tls;
use k8s_openapi::api::{
    core::v1::{ConfigMap, Pod},
    networking::v1::NetworkPolicy,
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

/// `COFFER_VAULT_IMAGE` when the tests are built, or the one that `e2e/run` gives a node of ours.
const VAULT_IMAGE: &str = match option_env!("COFFER_VAULT_IMAGE") {
    Some(image) => image,
    None => "localhost/coffer-vault:dev",
};
const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../charts/coffer");
/// The ConfigMap with the server's authority.
const AUTHORITY: &str = "e2e-vault-ca";
const RIGHTS: &str = r#"
path "secret/data/*"     { capabilities = ["read"] }
path "secret/metadata/*" { capabilities = ["read"] }
"#;

/// Runs a program with this input; what it prints.
async fn run(command: &mut Command, input: &str) -> Result<String> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("its input")?;
    stdin.write_all(input.as_bytes()).await?;
    drop(stdin);
    let done = child.wait_with_output().await?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{command:?}: {said}");
    Ok(String::from_utf8(done.stdout)?)
}

async fn kubectl(arguments: &[&str]) -> Result<String> {
    run(Command::new("kubectl").args(arguments), "").await
}

/// `helm VERB coffer …`, done when all runs again.
async fn helm(verb: &str, arguments: &[&str], values: &str) -> Result<String> {
    let mut command = Command::new(tools::locate(&Cache::of_the_environment()?, "helm")?);
    command.args([verb, "coffer"]).args(arguments);
    command.args(["--namespace", SYSTEM_NAMESPACE, "--wait", "--timeout", "5m"]);
    run(&mut command, values).await
}

/// A server in a namespace of the test's, which listens with TLS at `https://vault.<namespace>.svc:8200`.
struct Server<'a> {
    namespace: &'a Namespace,
    authority: String,
}

impl<'a> Server<'a> {
    /// A new one, unsealed, with a KV v2 engine at `secret`.
    async fn start(namespace: &'a Namespace) -> Result<Self> {
        let tls = Tls::new(&format!("vault.{}.svc", namespace.name))?;
        let files =
            json!({"certificate": tls.certificate, "key": tls.key, "config.json": config().to_string()});
        namespace
            .apply(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "vault"}}))
            .await?;
        namespace
            .apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vault"}, "stringData": files}))
            .await?;
        namespace.apply(service()).await?;
        namespace.apply(pod()).await?;
        namespace.ready("vault").await?;
        Ok(Self {
            namespace,
            authority: tls.authority,
        })
    }

    fn url(&self) -> String {
        format!("https://vault.{}.svc:8200", self.namespace.name)
    }

    /// Its own command line, in its pod, where it is root.
    async fn vault(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new("kubectl");
        command.args(["--namespace", &self.namespace.name, "exec", "--stdin", "vault"]);
        command.args(["--", "/bin/vault"]).args(arguments);
        run(&mut command, input).await
    }

    async fn put(&self, password: &str) -> Result<()> {
        let path = format!("secret/{}/db", self.namespace.name);
        let value = json!({"password": password}).to_string();
        self.vault(&["kv", "put", &path, "-"], &value).await.map(drop)
    }

    fn binding(&self) -> String {
        format!("{}-vault-reviews-tokens", self.namespace.name)
    }

    /// The first step of docs/REMOTE.md.
    async fn let_the_operator_in(&self) -> Result<()> {
        let account = format!("--serviceaccount={}:vault", self.namespace.name);
        let reviews = ["--clusterrole=system:auth-delegator", &account];
        kubectl(&[&["create", "clusterrolebinding", &self.binding()], &reviews[..]].concat()).await?;
        self.vault(&["policy", "write", "coffer", "-"], RIGHTS).await?;
        self.vault(&["auth", "enable", "kubernetes"], "").await?;
        let cluster = "kubernetes_host=https://kubernetes.default.svc";
        self.vault(&["write", "auth/kubernetes/config", cluster], "")
            .await?;
        let role = [
            "write",
            "auth/kubernetes/role/coffer",
            "bound_service_account_names=coffer-operator",
            "bound_service_account_namespaces=coffer-system",
            "audience=vault",
            "token_policies=coffer",
            "token_ttl=1h",
        ];
        self.vault(&role, "").await.map(drop)
    }
}

/// In dev mode it is unsealed from the start, and listens without TLS for its own pod only; this is for the others.
fn config() -> Value {
    let (certificate, key) = ("/etc/vault/certificate", "/etc/vault/key");
    json!({"listener": [{"tcp": {"address": "0.0.0.0:8200", "tls_cert_file": certificate, "tls_key_file": key}}]})
}

fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "vault"},
        "spec": {"selector": {"app": "vault"}, "ports": [{"port": 8200, "targetPort": 8200}]},
    })
}

fn pod() -> Value {
    let args = [
        "server",
        "-dev",
        "-dev-root-token-id=root",
        "-dev-listen-address=127.0.0.1:8100",
        "-dev-no-store-token",
        "-config=/etc/vault/config.json",
    ];
    let environment = json!({"VAULT_ADDR": "http://127.0.0.1:8100", "VAULT_TOKEN": "root", "HOME": "/", "SKIP_SETCAP": "true"});
    let environment = environment.as_object().into_iter().flatten();
    let environment: Vec<Value> = environment
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "vault", "labels": {"app": "vault"}},
        "spec": {
            "serviceAccountName": "vault", "terminationGracePeriodSeconds": 1,
            "containers": [{
                "name": "vault", "image": VAULT_IMAGE, "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/vault"], "args": args, "env": environment,
                "volumeMounts": [{"name": "config", "mountPath": "/etc/vault", "readOnly": true}],
                "readinessProbe": {"httpGet": {"scheme": "HTTPS", "path": "/v1/sys/health", "port": 8200}, "periodSeconds": 1},
            }],
            "volumes": [{"name": "config", "secret": {"secretName": "vault"}}],
        },
    })
}

fn values(server: &Server<'_>) -> Value {
    json!({"remote": {
        "url": server.url(),
        "caConfigMap": AUTHORITY,
        "auth": {"method": "kubernetes", "role": "coffer", "audience": "vault"},
        "allow": ["*=secret/{namespace}/*"],
    }})
}

fn system<K>(namespace: &Namespace) -> Api<K>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE)
}

/// The second step.
async fn set_up(server: &Server<'_>) -> Result<()> {
    let name = json!({"name": AUTHORITY});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "data": {"ca.crt": server.authority}});
    let maps = system::<ConfigMap>(server.namespace);
    let ours = PatchParams::apply("e2e").force();
    maps.patch(AUTHORITY, &ours, &Patch::Apply(map)).await?;
    let upgrade = [CHART, "--reuse-values", "--values", "-"];
    helm("upgrade", &upgrade, &values(server).to_string())
        .await
        .map(drop)
}

/// The operator's NetworkPolicy lets it go there.
async fn the_way_is_open(namespace: &Namespace) -> Result<()> {
    let policy = system::<NetworkPolicy>(namespace).get("coffer-operator").await?;
    let egress = policy.spec.and_then(|spec| spec.egress).unwrap_or_default();
    let open = egress.iter().any(|rule| json!(rule)["ports"][0]["port"] == 8200);
    ensure!(open, "no rule for port 8200: {egress:?}");
    Ok(())
}

async fn stands(namespace: &Namespace, name: &str, kind: &str, status: &str, words: &str) -> Result<()> {
    namespace
        .until(name, |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            let found = is(&conditions, kind, status)?;
            ensure!(found.message.contains(words), "{found:?}");
            Ok(())
        })
        .await
}

async fn fed(namespace: &Namespace, server: &Server<'_>) -> Result<()> {
    the_way_is_open(namespace).await?;
    namespace.apply(vault("app")).await?;
    let uri = |path: &str| json!({"remote": {"uri": format!("openbao+kv2://secret/{path}/db#password"), "refreshEvery": "5s"}});
    let data = json!({"DB_PASSWORD": uri(&namespace.name)});
    namespace.apply(vault_secret("database", "app", data)).await?;
    stands(namespace, "database", condition::READY, "True", "").await?;
    let pod = |name| {
        let annotations = [
            ("inject", "true"),
            ("vault", "app"),
            ("env", "DB_PASSWORD"),
            ("file.password", "DB_PASSWORD"),
        ];
        namespace.apply(web_pod(name, &annotations))
    };
    pod("web").await?;
    namespace.ready("web").await?;
    let web = App::new(namespace, "web");
    ensure!(web.variable("DB_PASSWORD").await? == "first");

    server.put("second").await?;
    eventually("the new version reaches the pod's file", || async {
        match web.file("/var/run/secrets/coffer/password").await?.as_str() {
            "second" => Ok(()),
            other => bail!("still {other}"),
        }
    })
    .await?;

    let others = vault_secret("others", "app", json!({"THEIRS": uri("somebody-else")}));
    namespace.apply(others).await?;
    stands(namespace, "others", condition::STALLED, "True", "may not copy").await?;

    // Without the server everything that was copied stays, for new pods too.
    let pods = namespace.api::<Pod>();
    pods.delete("vault", &DeleteParams::default()).await?;
    stands(namespace, "database", condition::REMOTE_CURRENT, "False", "").await?;
    stands(namespace, "database", condition::READY, "True", "").await?;
    pod("later").await?;
    namespace.ready("later").await?;
    ensure!(App::new(namespace, "later").variable("DB_PASSWORD").await? == "second");
    Ok(())
}

#[tokio::test]
async fn pods_are_fed_from_a_vault_server_in_the_cluster() -> Result<()> {
    // The chart is upgraded, which starts the operator anew.
    let _turn = alone().await;
    let namespace = Namespace::new("remote", json!({})).await?;
    let server = Server::start(&namespace).await?;
    server.let_the_operator_in().await?;
    server.put("first").await?;
    set_up(&server).await?;
    let outcome = fed(&namespace, &server).await;
    helm("rollback", &[], "").await?;
    outcome?;
    let maps = system::<ConfigMap>(&namespace);
    maps.delete(AUTHORITY, &DeleteParams::default()).await?;
    kubectl(&["delete", "clusterrolebinding", &server.binding()]).await?;
    namespace.end().await
}
