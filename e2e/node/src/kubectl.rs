//! The API server through kubectl, as the node's administrator. Takes no notice of `KUBECONFIG` or
//! of anything in the home folder.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::name::Layout;
use crate::run::run;

pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    /// `programs` is the folder of the built Kubernetes programs.
    pub fn new(programs: &Path, layout: &Layout) -> Self {
        Self {
            program: programs.join("kubectl"),
            kubeconfig: layout.kubeconfig("admin"),
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let kubeconfig = format!("--kubeconfig={}", self.kubeconfig.display());
        // Discovery is cached below home unless told otherwise.
        let fixed = [
            kubeconfig.as_str(),
            "--cache-dir=/dev/null",
            "--request-timeout=10s",
        ];
        run(&self.program, fixed.iter().chain(arguments))
    }

    pub fn api_ready(&self) -> bool {
        self.run(&["get", "--raw=/readyz"]).is_ok()
    }

    pub fn node_ready(&self, name: &str) -> bool {
        const READY: &str = r#"-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}"#;
        self.run(&["get", "node", name, READY])
            .is_ok_and(|status| status == "True")
    }
}
