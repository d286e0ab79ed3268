//! `up`: every step makes what is missing and leaves alone what is there, so it both starts a node
//! and repairs one.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::claim;
use crate::components::{Node, containerd, control_plane, etcd, kubelet, proxy};
use crate::daemon::{Daemon, Ensured, last_words};
use crate::images::{self, COREDNS, PAUSE};
use crate::kubectl::Kubectl;
use crate::name::Layout;
use crate::network::{self, Plan};
use crate::state::{State, write_file};
use crate::step::step;
use crate::tools::{self, Cache};
use crate::{cgroup, coredns, dns, kubeconfig, packages, pki};

/// How long any one component may take on a slow machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub fn up(layout: &Layout, cache: &Cache, kubeconfig_out: Option<&Path>) -> Result<()> {
    let _claim = claim(layout)?;
    let begun = Instant::now();
    println!("node {} in {}", layout.name.as_str(), layout.state.display());
    step("packages", packages::ensure)?;
    for group in ["kubernetes", "coredns", "pause", "testapp"] {
        ensure_tool(cache, group)?;
    }
    let mut state = prepare(layout)?;
    let plan = state.plan;
    let (kubernetes, _) = tools::find("kubernetes").context("no tools are called kubernetes")?;
    let programs = cache.programs(kubernetes);
    let node = Node {
        layout,
        plan: &plan,
        programs: &programs,
    };
    start(node, cache, &mut state)?;
    settle(node, &Kubectl::new(&programs, layout))?;
    finish(layout, kubeconfig_out, begun)
}

fn ensure_tool(cache: &Cache, name: &str) -> Result<()> {
    let (group, _) = tools::find(name).with_context(|| format!("no tools are called {name}"))?;
    tools::ensure(cache, group).map(drop)
}

/// Everything that must be there before the first program starts.
fn prepare(layout: &Layout) -> Result<State> {
    fs::create_dir_all(&layout.state).with_context(|| format!("cannot make {}", layout.state.display()))?;
    fs::create_dir_all(&layout.run).with_context(|| format!("cannot make {}", layout.run.display()))?;
    let state = State::read(&layout.state)?.map_or_else(|| remember(layout), Ok)?;
    let plan = &state.plan;
    step("network", || {
        network::ensure(layout, plan).map(|()| plan.link.to_string())
    })?;
    step("control group", || {
        cgroup::ensure(&layout.name).map(|()| cgroup::name(&layout.name))
    })?;
    step("certificates", || {
        pki::ensure(layout, plan)?;
        kubeconfig::write_all(layout, plan).map(|()| "")
    })?;
    Ok(state)
}

fn remember(layout: &Layout) -> Result<State> {
    let in_use = network::networks_in_use()?;
    let plan =
        Plan::choose(&in_use).context("no free network is left between 10.180.0.0 and 10.249.255.255")?;
    let state = State::new(plan);
    state.write(&layout.state)?;
    Ok(state)
}

fn start(node: Node<'_>, cache: &Cache, state: &mut State) -> Result<()> {
    containerd::configure(node, PAUSE.reference)?;
    kubelet::configure(node)?;
    proxy::configure(node)?;
    let layout = node.layout;
    let kubectl = Kubectl::new(node.programs, layout);
    // Those that others wait for are started first and waited for after.
    let (runtime, storage) = (
        begin(layout, containerd::daemon(node)?)?,
        begin(layout, etcd::daemon(node))?,
    );
    let storage_address = SocketAddr::from((node.plan.node(), etcd::PORT));
    storage.await_ready(|| TcpStream::connect_timeout(&storage_address, PATIENCE).is_ok())?;
    let apiserver = begin(layout, control_plane::apiserver(node))?;
    runtime.await_ready(|| images::ctr(layout, &["version"]).is_ok())?;
    step("images", || images::ensure(layout, cache, state))?;
    apiserver.await_ready(|| kubectl.api_ready())?;
    for daemon in [
        control_plane::controller_manager(node),
        control_plane::scheduler(node),
        proxy::daemon(node),
    ] {
        begin(layout, daemon)?.await_ready(|| true)?;
    }
    begin(layout, kubelet::daemon(node))?.await_ready(|| kubectl.node_ready(layout.name.as_str()))
}

/// A program that runs and may not be ready yet.
struct Begun<'a> {
    layout: &'a Layout,
    daemon: Daemon,
    ensured: Ensured,
}

fn begin(layout: &Layout, daemon: Daemon) -> Result<Begun<'_>> {
    let ensured = daemon
        .ensure(layout)
        .with_context(|| format!("{} failed", daemon.name))?;
    Ok(Begun {
        layout,
        daemon,
        ensured,
    })
}

impl Begun<'_> {
    fn await_ready(&self, ready: impl FnMut() -> bool) -> Result<()> {
        step(self.daemon.name, || {
            self.daemon.wait(self.layout, PATIENCE, ready)?;
            Ok(match self.ensured {
                Ensured::Started => "started",
                Ensured::Running => "runs",
            })
        })
    }
}

/// The node is up when its name server, a pod behind a service, answers for the API server's name:
/// that takes every component.
fn settle(node: Node<'_>, kubectl: &Kubectl) -> Result<()> {
    step("CoreDNS", || {
        let path = node.layout.config("coredns.yaml");
        write_file(
            &path,
            coredns::manifest(COREDNS.reference, node.plan).as_bytes(),
            0o644,
        )?;
        kubectl.run(&[
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            &path.display().to_string(),
        ])?;
        await_name_server(node, kubectl).map(|()| "answers")
    })
}

fn await_name_server(node: Node<'_>, kubectl: &Kubectl) -> Result<()> {
    const NAME: &str = "kubernetes.default.svc.cluster.local";
    let begun = Instant::now();
    loop {
        match dns::ask(node.plan.dns_service(), NAME) {
            Ok(address) if address == node.plan.api_service() => return Ok(()),
            Ok(address) => bail!("{NAME} should be {}, not {address}", node.plan.api_service()),
            Err(error) if begun.elapsed() > PATIENCE => {
                let pods = kubectl.run(&["describe", "pods", "-n=kube-system", "-l=k8s-app=kube-dns"]);
                let kubelet = last_words(node.layout, "kubelet");
                return Err(error.context(format!("{}\n{kubelet}", pods.unwrap_or_default())));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn finish(layout: &Layout, kubeconfig_out: Option<&Path>, begun: Instant) -> Result<()> {
    let kubeconfig = layout.kubeconfig("admin");
    if let Some(path) = kubeconfig_out {
        ensure!(path.file_name().is_some(), "{} names no file", path.display());
        write_file(&std::path::absolute(path)?, &fs::read(&kubeconfig)?, 0o600)?;
    }
    println!(
        "up after {:.1} s; KUBECONFIG={}",
        begun.elapsed().as_secs_f64(),
        kubeconfig.display()
    );
    Ok(())
}
