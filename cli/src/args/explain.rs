//! `coffer explain`

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "Examples:
  kubectl coffer explain pod/web-7f9c -n shop       a pod that is there
  kubectl coffer explain deployment/web -n shop     what its template comes to, and its pods
  kubectl coffer explain -f deploy/ -n shop         what is not applied yet, against the cluster as it is
  coffer explain pod/web-7f9c -o json               for programs

It asks the cluster with kubectl, and so with your own rights: what you may not read is left out, and told.
With COFFER_TOKEN set it also asks the server which version each pod holds.

Exit codes: 0 all is there, 1 something is missing, 2 wrong usage or kubectl failed, 3 no such object, 4 not allowed,
5 the cluster cannot be reached";

/// What to explain.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// TYPE/NAME or TYPE NAME, as for kubectl: a pod, or what makes pods
    #[arg(value_name = "TYPE/NAME", num_args = 1..=2, required_unless_present = "paths", conflicts_with = "paths")]
    pub object: Vec<String>,
    /// Manifests that need not be applied yet: a file, or a folder; `-` is standard input
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The namespace; without, the one that kubectl would take
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The kubeconfig's context
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig; without, the one that kubectl would take
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}
