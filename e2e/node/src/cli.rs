//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::image::Addition;
use crate::name::NodeName;

/// Starts and stops a real Kubernetes node, built from source, on a bare Linux machine.
///
/// Needs root, Go 1.26 and apt-get (or the Debian packages it would install). The node lives in a
/// network namespace of its own: its pods reach each other, its services and this host, and
/// nothing else. Neither $KUBECONFIG nor ~/.kube is read or written.
#[derive(Debug, Parser)]
#[command(name = "coffer-node", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Folder for built tools; by default `coffer` below the user's cache folder
    #[arg(long, global = true, env = "COFFER_CACHE", value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    #[arg(long, global = true, env = "XDG_CACHE_HOME", hide = true)]
    pub user_cache: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

const EXAMPLES: &str = "Examples:
  coffer-node up                                   start (or repair) the node `coffer`
  export KUBECONFIG=$(coffer-node kubeconfig)      talk to it
  coffer-node image --name localhost/app:dev --add target/app:/app --entrypoint /app -o app.tar
  coffer-node load app.tar                         use it with imagePullPolicy: Never
  coffer-node logs kubelet                         see what a component says
  coffer-node down                                 stop it and remove every trace

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the node is not up (status)";

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Start the node, or whatever of it does not run; does nothing when all of it does
    Up {
        #[command(flatten)]
        node: NodeArgs,
        /// Write the administrator's kubeconfig here as well
        #[arg(long, value_name = "FILE")]
        kubeconfig_out: Option<PathBuf>,
    },
    /// Stop what `up` started, and remove its state
    Down {
        #[command(flatten)]
        node: NodeArgs,
        /// Keep certificates, data, images and logs; the next `up` carries on from there
        #[arg(long)]
        keep_state: bool,
    },
    /// Show each component; exit code 3 unless all run and the node is Ready
    Status {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Print the path of the administrator's kubeconfig
    Kubeconfig {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Give the node images from archives (`docker save`, `coffer-node image`, OCI)
    Load {
        #[command(flatten)]
        node: NodeArgs,
        #[arg(required = true, value_name = "IMAGE.tar")]
        archives: Vec<PathBuf>,
    },
    /// Print the end of a component's log
    Logs {
        #[command(flatten)]
        node: NodeArgs,
        /// One of those `status` lists
        component: String,
        /// How many lines
        #[arg(short = 'n', long, default_value_t = 100)]
        lines: usize,
        /// Print the log's path instead
        #[arg(long)]
        path: bool,
    },
    /// Build an image of one layer from files; the same files give the same bytes
    Image(ImageArgs),
    /// Build tools, or tell where they are
    Tools {
        #[command(subcommand)]
        verb: ToolsVerb,
    },
}

#[derive(Debug, Args)]
pub struct NodeArgs {
    /// The node; several can run beside each other
    #[arg(long, default_value = "coffer")]
    pub name: NodeName,
}

#[derive(Debug, Args)]
pub struct ImageArgs {
    /// The image's reference, as pods name it
    #[arg(long, value_name = "REF")]
    pub name: String,
    /// A file, or a folder with all that is in it
    #[arg(long = "add", required = true, value_name = "SRC:DST")]
    pub additions: Vec<Addition>,
    /// The program to run; repeat for its fixed arguments
    #[arg(long)]
    pub entrypoint: Vec<String>,
    /// Arguments that a pod's `args` replace; repeat for each
    #[arg(long = "cmd", allow_hyphen_values = true)]
    pub command: Vec<String>,
    /// Environment variables
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub environment: Vec<String>,
    #[arg(long, default_value = "65532")]
    pub user: String,
    #[arg(long = "workdir", default_value = "/")]
    pub directory: String,
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum ToolsVerb {
    /// Build groups of tools (all when none is named), unless the cache has them
    Build { groups: Vec<String> },
    /// Print where a tool is, or a group's folder of programs
    Path { tool: String },
    /// List the groups, their programs, and whether they are built
    List,
}
