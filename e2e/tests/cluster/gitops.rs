//! Git says how it should be, and nothing of ours drifts from it: the quickstart, kept by Argo CD's own engine and by
//! kubectl, through commits and many rotations.

use std::process::Output;

use anyhow::{Context, Result, ensure};
use coffer_e2e::{Agent, Api, App, Namespace, Repository, Untouched, Verdicts, beside, eventually};
use k8s_openapi::api::core::v1::Pod;
use kube::{ResourceExt, api::ListParams};
use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

const FILE: &str = "/var/run/secrets/coffer/session-key";
const ANOTHER: [&str; 3] = ["--server-side", "--field-manager", "another"];

#[tokio::test]
async fn what_git_says_stays_so_through_commits_and_sixty_rotations() -> Result<()> {
    let _turn = beside().await;
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let namespace = Namespace::new("gitops", labels).await?;
    let repository = Repository::of_the_quickstart(&namespace)?;
    let verdicts = Verdicts::start(&repository, &namespace)?;
    let agent = Agent::start(&repository, &namespace)?;
    verdicts.settled(&repository.head()?).await?;

    let pod = pod(&namespace).await?;
    let app = App::new(&namespace, &pod);
    let before = app.file(FILE).await?;
    repository.edit("20-secrets.yaml", "every: 30d", "every: 1s")?;
    repository.edit("20-secrets.yaml", "length: 20}", "length: 24}")?;
    let commit = repository.commit("Rotate every second; a longer token")?;
    verdicts.settled(&commit).await?;
    eventually("the pod gets a new value", || async {
        ensure!(app.file(FILE).await? != before, "still the old one");
        Ok(())
    })
    .await?;

    // Thirty rotations and more, and those of the schedule, while the engine applies the same again and again.
    let (since, untouched) = (verdicts.count(), Untouched::since_now(&namespace).await?);
    let api = Api::with_key(&namespace, "developer-key").await?;
    rotate(&api, 30).await?;
    eventually(
        "the engine looks three times in the midst of rotations",
        || async {
            rotate(&api, 1).await?;
            ensure!(verdicts.count() >= since + 3, "not yet");
            Ok(())
        },
    )
    .await?;
    verdicts.all_well_since(since)?;
    untouched.check()?;
    drop(agent);
    drop(verdicts);

    by_kubectl(&namespace, &repository, &api).await?;
    namespace.end().await
}

/// Thirty more without the engine, and then the same manifests anew by other ways.
async fn by_kubectl(namespace: &Namespace, repository: &Repository, api: &Api) -> Result<()> {
    // Rotations by themselves end: answers of the API server are to be compared, with no status between them.
    repository.edit("20-secrets.yaml", "every: 1s", "every: 30d")?;
    let folder = repository.path().to_str().context("a path")?;
    let apply = ["apply", "--filename", folder];
    let applied = kubectl(namespace, &apply).await?;
    ensure!(applied.status.success(), "{applied:?}");
    let untouched = Untouched::since_now(namespace).await?;
    rotate(api, 30).await?;
    no_difference(namespace, folder).await?;
    let unchanged = kubectl(namespace, &apply).await?;
    let said = String::from_utf8(unchanged.stdout)?;
    let others = said.lines().filter(|line| !line.ends_with(" unchanged"));
    ensure!(others.count() == 0, "{said}");
    untouched.check()?;
    // Without --force-conflicts: what we write is nobody else's.
    let anew = [&apply[..], &ANOTHER[..]].concat();
    let applied = kubectl(namespace, &anew).await?;
    ensure!(applied.status.success(), "{applied:?}");
    no_difference(namespace, folder).await
}

/// Whether kubectl sees one, for itself and for another field manager. A status that is written between the two answers
/// it compares would be one, so it may look again.
async fn no_difference(namespace: &Namespace, folder: &str) -> Result<()> {
    for options in [&[][..], &ANOTHER[..]] {
        let diff = [&["diff", "--filename", folder][..], options].concat();
        eventually("kubectl diff finds nothing", || async {
            let found = kubectl(namespace, &diff).await?;
            ensure!(found.status.success(), "{found:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn kubectl(namespace: &Namespace, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new("kubectl");
    command.args(["--namespace", &namespace.name]).args(arguments);
    Ok(command.output().await?)
}

/// Rotates one value that many times.
async fn rotate(api: &Api, times: u32) -> Result<()> {
    for _ in 0..times {
        let path = "/vaults/app/environments/default/secrets/API_TOKEN:rotate";
        let (status, body) = api.request(Method::POST, path, None).await?;
        ensure!(status.is_success(), "{status} {body}");
    }
    Ok(())
}

/// The application's one pod.
async fn pod(namespace: &Namespace) -> Result<String> {
    let pods = namespace.api::<Pod>();
    let found = pods.list(&ListParams::default().labels("app=web")).await?;
    Ok(found.items.first().context("no pod")?.name_any())
}
