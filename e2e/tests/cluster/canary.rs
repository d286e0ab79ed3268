//! A value goes through every flow, each flow with one of its own, and turns up where it was meant to go and nowhere
//! else: in no log, Event, object, patch, metric, database or log of the store, and not in etcd but for the core
//! Secrets that were asked for.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use coffer_e2e::{
    Api, App, Canary, Namespace, beside, eventually,
    traces::{NodeDisk, Places, Shown, shown},
    vault, vault_secret, web_pod,
};
use k8s_openapi::api::core::v1::{Pod, Secret};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::first_light::reader;

const SECRETS: &str = "/vaults/app/environments/default/secrets";
const COMMON: [(&str, &str); 2] = [("inject", "true"), ("vault", "app")];

/// The flows' values, and where each may be.
struct Flows {
    canaries: Vec<Canary>,
    allowed: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Flows {
    fn new() -> Self {
        Self {
            canaries: Vec::new(),
            allowed: BTreeMap::new(),
        }
    }

    fn add(&mut self, canary: Canary, places: &[&str]) -> String {
        let places = places.iter().map(|place| (*place).to_owned()).collect();
        self.allowed.insert(canary.flow, places);
        let value = canary.value();
        self.canaries.push(canary);
        value
    }

    /// A value that is to turn up in `places`, and in each of them.
    fn value(&mut self, flow: &'static str, places: &[&str]) -> Result<String> {
        Ok(self.add(Canary::new(flow)?, places))
    }

    /// A value that Coffer made.
    fn made(&mut self, flow: &'static str, text: &str, places: &[&str]) -> Result<()> {
        self.add(Canary::of(flow, text)?, places);
        Ok(())
    }
}

#[tokio::test]
async fn values_turn_up_only_where_they_were_meant_to_go() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("canary", json!({})).await?;
    let mut flows = Flows::new();
    sources(&namespace, &mut flows).await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    deliveries(&namespace, &api, &mut flows).await?;
    rotations(&namespace, &api, &mut flows).await?;
    keys(&namespace, &mut flows).await?;
    held(&namespace, &api, &mut flows).await?;
    refused_requests(&api, &mut flows).await?;
    refused_pods(&namespace, &mut flows).await?;

    let shown = shown(&namespace).await?;
    the_search_looks_everywhere(&shown);
    ensure!(
        shown.places(&flows.canaries).is_empty(),
        "{:#?}",
        shown.places(&flows.canaries)
    );
    match NodeDisk::find()? {
        Some(disk) => on_disk(&namespace, &disk, &flows)?,
        None => eprintln!("not a node of ours: its disk and its etcd are not searched"),
    }
    namespace.end().await
}

/// A core Secret to copy from, and everything that is made from `kubectl`.
async fn sources(namespace: &Namespace, flows: &mut Flows) -> Result<()> {
    let source = format!("etcd /registry/secrets/{}/source", namespace.name);
    let copied = flows.value("secretKeyRef", &[&source, "volume coffer-files-0"])?;
    namespace
        .apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "source"}, "stringData": {"password": copied}}))
        .await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    let external = || json!({"external": {}});
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({
                "COPIED": {"secretKeyRef": {"name": "source", "key": "password"}},
                "BY_FILE": external(), "BY_TEMPLATE": external(), "BY_ENV": external(), "BY_EXEC": external(), "UNFIT": external(),
            }),
        ))
        .await?;
    let mut synced = vault_secret("synced", "app", json!({"MADE": {"generate": {"type": "hex"}}}));
    synced["spec"]["sync"] = json!({"secretName": "copy"});
    namespace.apply(synced).await?;
    Ok(())
}

/// External values, and a pod for each way to deliver them.
async fn deliveries(namespace: &Namespace, api: &Api, flows: &mut Flows) -> Result<()> {
    let by_env = flows.value("env-file mode", &["volume coffer-env", "the container runtime"])?;
    let values = [
        // Replaced later on: nothing of it is left.
        ("BY_FILE", flows.value("file, before rotation", &[])?),
        (
            "BY_TEMPLATE",
            flows.value("template", &["volume coffer-files-0"])?,
        ),
        ("BY_ENV", by_env.clone()),
        ("BY_EXEC", flows.value("exec mode", &["volume coffer-exec"])?),
    ];
    for (name, value) in &values {
        api.put("app", name, value).await?;
    }
    let files = [
        ("file.plain", "BY_FILE"),
        ("file.copied", "COPIED"),
        ("file.made", "template: \"password={{ BY_TEMPLATE }}\""),
    ];
    let pods: [(&str, &[(&str, &str)]); 3] = [
        ("files", &files),
        ("env", &[("env", "BY_ENV")]),
        ("exec", &[("env", "BY_EXEC"), ("mode", "exec")]),
    ];
    for (pod, annotations) in pods {
        namespace
            .apply(web_pod(pod, &[&COMMON[..], annotations].concat()))
            .await?;
    }
    for (pod, _) in pods {
        namespace.ready(pod).await?;
    }
    ensure!(
        App::new(namespace, "env").variable("BY_ENV").await? == by_env,
        "it arrived"
    );
    Ok(())
}

/// A new value by hand, and one by rotation: the old and the new one.
async fn rotations(namespace: &Namespace, api: &Api, flows: &mut Flows) -> Result<()> {
    let renewed = flows.value("file, after rotation", &["volume coffer-files-0"])?;
    api.put("app", "BY_FILE", &renewed).await?;
    let files = App::new(namespace, "files");
    eventually("the file holds the new value", || async {
        ensure!(
            files.file("/var/run/secrets/coffer/plain").await? == renewed,
            "still the old one"
        );
        Ok(())
    })
    .await?;

    let copy = format!("etcd /registry/secrets/{}/copy", namespace.name);
    let first = eventually("there is a generated value", || api.value("app", "MADE")).await?;
    flows.made("generated, before rotation", &first, &[&copy])?;
    synced(namespace, &first).await?;
    let (status, body) = api
        .request(Method::POST, &format!("{SECRETS}/MADE:rotate"), None)
        .await?;
    ensure!(status.is_success(), "{status} {body}");
    let second = api.value("app", "MADE").await?;
    flows.made("generated, after rotation", &second, &[&copy])?;
    synced(namespace, &second).await
}

async fn synced(namespace: &Namespace, value: &str) -> Result<()> {
    namespace
        .until("copy", |secret: &Secret| {
            let data = secret.data.clone().unwrap_or_default();
            ensure!(
                data.get("MADE").is_some_and(|held| held.0 == value.as_bytes()),
                "another value"
            );
            Ok(())
        })
        .await
}

/// The key that the test itself reads with.
async fn keys(namespace: &Namespace, flows: &mut Flows) -> Result<()> {
    let secret = namespace.api::<Secret>().get("reader-key").await?;
    let token = secret
        .data
        .unwrap_or_default()
        .remove("token")
        .context("no token")?;
    let token = String::from_utf8(token.0)?;
    let token = token.strip_prefix("coffer_").context("the form of a token")?;
    flows.made(
        "ApiKey",
        token,
        &[&format!("etcd /registry/secrets/{}/reader-key", namespace.name)],
    )
}

/// A pod that is held, in a first and a second run of its agent, since an env file cannot carry the value.
async fn held(namespace: &Namespace, api: &Api, flows: &mut Flows) -> Result<()> {
    let unfit = flows.value("a held pod", &[])?;
    api.put("app", "UNFIT", &format!("it's {unfit}")).await?;
    namespace
        .apply(web_pod("held", &[&COMMON[..], &[("env", "UNFIT")]].concat()))
        .await?;
    namespace
        .until("held", |pod: &Pod| {
            let status = pod.status.clone().unwrap_or_default();
            let agents = status.init_container_statuses.unwrap_or_default();
            let agent = agents.first().context("no status yet")?;
            // While a hook runs, kubelet shows nothing newer: of the second run nothing is seen.
            let ended = agent
                .last_state
                .as_ref()
                .and_then(|state| state.terminated.as_ref());
            ensure!(ended.is_some(), "{agent:?}");
            Ok(())
        })
        .await
}

/// Requests that fail, with a value in their body, query, path or header.
async fn refused_requests(api: &Api, flows: &mut Flows) -> Result<()> {
    let value = flows.value("a refused request", &[])?;
    let bare = flows
        .canaries
        .last()
        .context("the one just made")?
        .marker()
        .to_owned();
    let put = |name: &str, body: Value| (Method::PUT, format!("{SECRETS}/{name}"), Some(body));
    let requests = [
        put("BY_FILE", json!({"valeu": value})),
        put("BY_FILE", json!(value)),
        put("BY_FILE", json!({"value": [value]})),
        put("BY_FILE", json!({"value": value.repeat(2000)})),
        // A VaultSecret's own.
        put("MADE", json!({"value": value})),
        put("in/valid name", json!({"value": value})),
        (Method::PUT, format!("{SECRETS}/BY_FILE?value={bare}"), None),
        (Method::GET, format!("{SECRETS}/BY_FILE?version={bare}"), None),
        (
            Method::POST,
            format!("{SECRETS}/BY_FILE:rotate"),
            Some(json!({"value": value})),
        ),
    ];
    for (method, path, body) in requests {
        let (status, answer) = api.request(method.clone(), &path, body).await?;
        ensure!(
            status.is_client_error(),
            "{method} {}: {status} {answer}",
            path.replace(&bare, "…")
        );
    }
    let (status, _) = api
        .send(
            Method::GET,
            &format!("{SECRETS}/BY_FILE"),
            None,
            &format!("coffer_{bare}"),
        )
        .await?;
    ensure!(status == StatusCode::UNAUTHORIZED, "{status}");
    Ok(())
}

/// Pods that are refused, with a value in a variable of their own.
async fn refused_pods(namespace: &Namespace, flows: &mut Flows) -> Result<()> {
    let value = flows.value("a refused pod", &[])?;
    for mistake in [
        ("env", "lower-case!"),
        ("file.x", "{key: A, path: ../../etc/passwd}"),
    ] {
        let mut pod = web_pod("refused", &[&COMMON[..], &[mistake]].concat());
        pod["spec"]["containers"][0]["env"] = json!([{"name": "PASSWORD", "value": value}]);
        let said = namespace.refused(pod).await?;
        ensure!(
            said.contains(mistake.0) && !said.contains("canary"),
            "{}",
            mistake.0
        );
    }
    Ok(())
}

/// What is known to be there is seen there; else the search would prove nothing.
fn the_search_looks_everywhere(shown: &Shown) {
    for (place, text) in [
        ("pods/files/log?container=coffer-agent", "in-place"),
        ("pods/held/log?container=coffer-agent&previous", "UNFIT"),
        ("pods/coffer-operator-0/log", "this replica leads"),
        ("pods/coffer-injector", "serving"),
        ("pods/coffer-operator-0:9090", "coffer_"),
        ("/pods", "COFFER_AGENT_CONFIG"),
        ("/events", "UNFIT"),
        ("/vaultsecrets", "f:keys"),
        ("/vaults", "f:status"),
        ("/apikeys", "reader-key"),
    ] {
        assert!(
            shown.has(place, text),
            "the search does not see {text} in {place}"
        );
    }
}

/// Each value is found in just the places that it was meant for.
fn on_disk(namespace: &Namespace, disk: &NodeDisk, flows: &Flows) -> Result<()> {
    for part in ["/coffer-store/store/", "/pod-logs/", "/etcd/member/wal/"] {
        ensure!(disk.has(part, &namespace.name)?, "the search does not see {part}");
    }
    let found: Places = disk.places(&flows.canaries)?;
    for canary in &flows.canaries {
        let places = found.get(canary.flow).cloned().unwrap_or_default();
        ensure!(
            places == flows.allowed[canary.flow],
            "{}: found in {places:#?}, not just in {:#?}",
            canary.flow,
            flows.allowed[canary.flow]
        );
    }
    Ok(())
}
