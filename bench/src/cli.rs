//! The command line, and what every measurement is told.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures the programs that ship and prints one table.
#[derive(Debug, Clone, Parser)]
#[command(name = "coffer-bench", version)]
pub struct Settings {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    pub scope: Scope,
    /// Only these topics: disk, reads, dialects, writes, memory, agent, agents, webhook, start, rotation, many, scale
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Folder of coffer, coffer-api-server, coffer-injector, coffer-bench-ceiling and coffer-bench-store
    #[arg(long)]
    pub programs: PathBuf,
    /// The agent's program
    #[arg(long)]
    pub agent: PathBuf,
    /// The repository
    #[arg(long, default_value = ".")]
    pub repository: PathBuf,
    /// Folder for data, on the disk that is to be measured; nothing is left in it
    #[arg(long)]
    pub scratch: PathBuf,
    /// Folder for latest.md and latest.json
    #[arg(long, default_value = "bench/results")]
    pub out: PathBuf,
    /// latest.json of the first part of this run, to be shown before what is measured now
    #[arg(long, value_name = "FILE")]
    pub after: Option<PathBuf>,
    /// What was built, for the heading
    #[arg(long, default_value = "unknown")]
    pub commit: String,
    /// Length of one round of load
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// Rounds; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub rounds: u64,
    /// Secrets in the store
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=99_999))]
    pub secrets: u32,
    /// Agents that are connected at once
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub agents: u32,
    /// Pods to start of each sort
    #[arg(long, default_value_t = 20)]
    pub pods: u32,
    /// Rotations to follow into a running pod
    #[arg(long, default_value_t = 100)]
    pub rotations: u32,
    /// `VaultSecrets` to apply at once
    #[arg(long, default_value_t = 1000)]
    pub many: u32,
    /// `VaultSecrets` of a large cluster
    #[arg(long, default_value_t = 10_000)]
    pub scale: u32,
    /// Secrets of others beside them
    #[arg(long, default_value_t = 50_000)]
    pub foreign: u32,
    /// Idle minutes in which requests to the Kubernetes API are counted
    #[arg(long, default_value_t = 10)]
    pub idle_minutes: u64,
}

/// Where the measurements need to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// On this machine, without a cluster.
    Local,
    /// On the cluster that KUBECONFIG names, with the chart installed.
    Node,
    /// Both.
    All,
}

impl Settings {
    /// Whether a topic of `scope` was asked for.
    pub fn wants(&self, scope: Scope, topic: &str) -> bool {
        let here = self.scope == Scope::All || self.scope == scope;
        here && (self.only.is_empty() || self.only.iter().any(|only| only == topic))
    }

    /// Where the load generator's script and data are.
    pub fn bench(&self) -> PathBuf {
        self.repository.join("bench")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_and_topics_select() {
        let settings = |arguments: &[&str]| {
            let fixed = ["coffer-bench", "--programs=p", "--agent=a", "--scratch=s"];
            Settings::try_parse_from(fixed.iter().chain(arguments)).unwrap()
        };
        assert!(settings(&[]).wants(Scope::Node, "start"));
        assert!(!settings(&["local"]).wants(Scope::Node, "start"));
        let some = settings(&["local", "--only", "reads,writes"]);
        assert!(some.wants(Scope::Local, "writes") && !some.wants(Scope::Local, "agent"));
    }
}
