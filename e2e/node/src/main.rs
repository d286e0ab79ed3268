//! Starts and stops a real Kubernetes node, built from source, for end-to-end tests.
//!
//! `verbs` has one file for each thing it can be told to do; everything else serves those.

mod cgroup;
mod cli;
mod components;
mod coredns;
mod daemon;
mod dns;
mod image;
mod images;
mod kubeconfig;
mod kubectl;
mod mounts;
mod name;
mod network;
mod packages;
mod pki;
mod state;
mod verbs;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cli::{Cli, ToolsVerb, Verb};
use coffer_node::{run, step, tools};
use name::Layout;
use tools::Cache;

fn main() -> ExitCode {
    match dispatch(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("coffer-node: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode> {
    let cache = Cache::new(cli.cache, cli.user_cache, std::env::home_dir())?;
    match cli.verb {
        Verb::Up { node, kubeconfig_out } => {
            verbs::up(&Layout::new(node.name), &cache, kubeconfig_out.as_deref())?;
        }
        Verb::Down { node, keep_state } => verbs::down(&Layout::new(node.name), keep_state)?,
        Verb::Status { node } => return verbs::status(&Layout::new(node.name), &cache),
        Verb::Kubeconfig { node } => verbs::kubeconfig(&Layout::new(node.name))?,
        Verb::Load { node, archives } => verbs::load(&Layout::new(node.name), &archives)?,
        Verb::Logs {
            node,
            component,
            lines,
            path,
        } => {
            verbs::logs(&Layout::new(node.name), &component, lines, path)?;
        }
        Verb::Image(arguments) => verbs::image(arguments)?,
        Verb::Tools {
            verb: ToolsVerb::Build { groups },
        } => verbs::tools_build(&cache, &groups)?,
        Verb::Tools {
            verb: ToolsVerb::Path { tool },
        } => println!("{}", tools::locate(&cache, &tool)?.display()),
        Verb::Tools {
            verb: ToolsVerb::List,
        } => verbs::tools_list(&cache),
    }
    Ok(ExitCode::SUCCESS)
}
