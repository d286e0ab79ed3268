//! The verbs that look, or do one thing.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::cli::ImageArgs;
use crate::components;
use crate::daemon::{self, Record};
use crate::image::{self as archive, Image};
use crate::images;
use crate::kubectl::Kubectl;
use crate::name::Layout;
use crate::tools::{self, Cache, GROUPS};

/// The exit code of `status` for a node that is not wholly up, as service managers have it.
const NOT_UP: u8 = 3;

pub fn status(layout: &Layout, cache: &Cache) -> Result<ExitCode> {
    let mut up = true;
    for component in components::ALL {
        let record = Record::read(&layout.record(component)).filter(Record::alive);
        up &= record.is_some();
        let pid = record.map_or_else(
            || "not running".to_owned(),
            |record| format!("pid {}", record.pid),
        );
        println!("{component:<26} {pid:<14} {}", layout.log(component).display());
    }
    let ready = up && node_ready(layout, cache)?;
    println!(
        "{:<26} {}",
        format!("node {}", layout.name.as_str()),
        if ready { "Ready" } else { "not ready" }
    );
    Ok(if ready { ExitCode::SUCCESS } else { NOT_UP.into() })
}

fn node_ready(layout: &Layout, cache: &Cache) -> Result<bool> {
    let (kubernetes, _) = tools::find("kubernetes").context("no tools are called kubernetes")?;
    Ok(Kubectl::new(&cache.programs(kubernetes), layout).node_ready(layout.name.as_str()))
}

pub fn kubeconfig(layout: &Layout) -> Result<()> {
    let path = layout.kubeconfig("admin");
    ensure!(
        path.exists(),
        "there is no node {0}; `coffer-node up --name {0}` starts one",
        layout.name.as_str()
    );
    println!("{}", path.display());
    Ok(())
}

pub fn load(layout: &Layout, archives: &[PathBuf]) -> Result<()> {
    ensure!(
        daemon::is_alive(layout, "containerd"),
        "node {0} is not up; `coffer-node up --name {0}` starts it",
        layout.name.as_str()
    );
    for path in archives {
        print!("{}", images::load(layout, path)?);
    }
    Ok(())
}

pub fn logs(layout: &Layout, component: &str, lines: usize, path: bool) -> Result<()> {
    ensure!(
        components::ALL.contains(&component),
        "no component is called {component:?}; there are {}",
        components::ALL.join(", ")
    );
    let log = layout.log(component);
    if path {
        println!("{}", log.display());
        return Ok(());
    }
    let bytes = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..]
        .iter()
        .for_each(|line| println!("{line}"));
    Ok(())
}

pub fn image(arguments: ImageArgs) -> Result<()> {
    let image = Image {
        reference: arguments.name,
        additions: arguments.additions,
        entrypoint: arguments.entrypoint,
        command: arguments.command,
        environment: arguments.environment,
        user: arguments.user,
        directory: arguments.directory,
    };
    let output = &arguments.output;
    let file = File::create(output).with_context(|| format!("cannot write {}", output.display()))?;
    let id = archive::write(&image, std::io::BufWriter::new(file))?;
    println!("{} {id} {}", image.reference, output.display());
    Ok(())
}

pub fn tools_build(cache: &Cache, groups: &[String]) -> Result<()> {
    let all = || GROUPS.iter().map(|group| group.name.to_owned()).collect();
    let wanted: Vec<String> = if groups.is_empty() { all() } else { groups.to_vec() };
    for name in wanted {
        let (group, _) = tools::find(&name).with_context(|| format!("no tool is called {name:?}"))?;
        println!("{} {}", group.name, tools::ensure(cache, group)?.display());
    }
    Ok(())
}

pub fn tools_list(cache: &Cache) {
    for group in &GROUPS {
        let built = if cache.programs(group).is_dir() {
            "built"
        } else {
            "not built"
        };
        let programs: Vec<&str> = group.programs.iter().map(|(name, _)| *name).collect();
        println!("{:<14} {built:<10} {}", group.name, programs.join(" "));
    }
}
