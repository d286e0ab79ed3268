//! Several operators, each a process of its own with a store of its own, and one Lease: one of them reconciles.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use hyper::{
    Method, Request,
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::timeout};

use crate::{
    fake::{Fake, Target},
    world::{data, secrets, vault},
};

/// Longer than anything takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a Lease lasts here, in seconds.
const LEASE: i64 = 4;
const OURS: [&str; 3] = ["vaults", "vaultsecrets", "apikeys"];

type Asked = Arc<Mutex<Vec<(Method, Target)>>>;

/// An operator that runs; killed with the test.
struct Operator {
    process: Child,
    asked: Asked,
    _data: tempfile::TempDir,
}

impl Operator {
    async fn start(fake: &Fake, name: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (server, asked) = door(fake).await;
        let config = data.path().join("kubeconfig");
        let cluster = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": format!("http://{server}")}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        });
        std::fs::write(&config, cluster.to_string()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_coffer-operator"))
            .env_clear()
            .env("KUBECONFIG", config)
            .arg(format!("--data={}", data.path().join("store").display()))
            .arg(format!("--identity={name}"))
            .arg(format!("--kek-secret=coffer/{name}-kek"))
            .arg(format!("--authority-secret={name}-ca"))
            .arg(format!("--trust-config-map={name}-trust"))
            .arg(format!("--lease-seconds={LEASE}"))
            .args([
                "--namespace=coffer",
                "--tls-name=localhost",
                "--workload-issuer=https://it",
            ])
            .args(["--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            asked,
            _data: data,
        }
    }

    /// How many requests it made that `are` so.
    fn count(&self, are: impl Fn(&Method, &Target) -> bool) -> usize {
        self.asked
            .lock()
            .iter()
            .filter(|(method, target)| are(method, target))
            .count()
    }

    fn writes(&self) -> usize {
        self.count(|method, target| *method != Method::GET && OURS.contains(&target.plural.as_str()))
    }

    fn looks(&self) -> usize {
        self.count(|_, target| target.plural == "leases")
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A way into the API server for one of them, so that it is known who asked what.
async fn door(fake: &Fake) -> (SocketAddr, Asked) {
    let (listener, asked) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Asked::default());
    let address = listener.local_addr().unwrap();
    let (fake, record) = (fake.clone(), asked.clone());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (fake, record) = (fake.clone(), record.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (fake, record) = (fake.clone(), record.clone());
                async move {
                    if let Some(target) = Target::parse(request.uri().path()) {
                        record.lock().push((request.method().clone(), target));
                    }
                    let (head, body) = request.into_parts();
                    let request = Request::from_parts(head, whole(body).await.into());
                    let answer = fake.answer(request).await;
                    Ok::<_, std::convert::Infallible>(answer)
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, asked)
}

async fn whole(mut body: Incoming) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        bytes.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
    }
    bytes
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

fn lease(fake: &Fake) -> Value {
    fake.get("leases", "coffer", "coffer-operator")
        .unwrap_or_default()["spec"]
        .take()
}

fn time(lease: &Value, field: &str) -> Timestamp {
    lease[field].as_str().unwrap().parse().unwrap()
}

async fn leads(fake: &Fake, name: &str) {
    until(&format!("{name} leads"), || lease(fake)["holderIdentity"] == name).await;
}

async fn reconciled(fake: &Fake, name: &str) {
    fake.apply(
        "vaultsecrets",
        secrets(
            name,
            data(json!({format!("KEY_{name}"): {"generate": {"type": "uuid"}}})),
        ),
    );
    until(&format!("{name} is ready"), || {
        let object = fake.get("vaultsecrets", "team", name).unwrap();
        let mut conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        conditions.any(|it| it["type"] == "Ready" && it["status"] == "True")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reconciles_and_another_takes_over() {
    let fake = Fake::new();
    for namespace in ["team", "coffer"] {
        fake.apply("namespaces", json!({"metadata": {"name": namespace}}));
    }
    fake.apply("vaults", vault("app", json!({})));
    let mut first = Operator::start(&fake, "first").await;
    leads(&fake, "first").await;
    let mut second = Operator::start(&fake, "second").await;
    until("the second looks at the Lease", || second.looks() > 2).await;
    reconciled(&fake, "one").await;
    assert!(first.writes() > 0);
    assert_eq!(second.writes(), 0, "only the holder writes");

    first.process.kill().unwrap();
    first.process.wait().unwrap();
    let left = lease(&fake);
    assert_eq!(left["holderIdentity"], "first", "it had no time to give it back");
    leads(&fake, "second").await;
    let waited = time(&lease(&fake), "acquireTime").duration_since(time(&left, "renewTime"));
    assert!(
        waited >= SignedDuration::from_secs(LEASE),
        "taken {waited:#} after it was renewed"
    );
    reconciled(&fake, "two").await;
    assert!(second.writes() > 0);

    let third = Operator::start(&fake, "third").await;
    until("the third looks at the Lease", || third.looks() > 2).await;
    assert_eq!(third.writes(), 0);
    let pid = second.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(second.process.wait().unwrap().success());
    let given = lease(&fake);
    assert_ne!(
        given["holderIdentity"], "second",
        "it gave the Lease back before it ended"
    );
    leads(&fake, "third").await;
    reconciled(&fake, "three").await;
}
