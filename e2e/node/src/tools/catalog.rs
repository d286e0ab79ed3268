//! The tools there are: which module each group is built from, into which programs.
//!
//! The modules' files are part of this program, so it builds the same tools wherever it is run.

use sha2::{Digest, Sha256};

/// Tools that share a Go module. Groups are kept apart where their dependencies disagree.
#[derive(Debug)]
pub struct Group {
    /// What it is called.
    pub name: &'static str,
    /// The module's files by name: `go.mod`, `go.sum` and any source.
    pub files: &'static [(&'static str, &'static str)],
    /// Compiler settings beside those of every build.
    pub settings: &'static [(&'static str, &'static str)],
    /// Assignments for the linker, `-X`.
    pub linked: &'static [&'static str],
    /// Programs by name, with the package each is built from.
    pub programs: &'static [(&'static str, &'static str)],
}

macro_rules! module {
    ($folder:literal: $($file:literal),+) => {
        &[$(($file, include_str!(concat!("../../../", $folder, "/", $file)))),+]
    };
}

/// Every group.
pub static GROUPS: [Group; 10] = [
    Group {
        name: "kubernetes",
        files: module!("tools/kubernetes": "go.mod", "go.sum"),
        settings: &[],
        linked: &[
            "k8s.io/component-base/version.gitVersion=v1.36.3",
            "k8s.io/component-base/version.gitMajor=1",
            "k8s.io/component-base/version.gitMinor=36",
            "k8s.io/component-base/version.gitTreeState=clean",
        ],
        programs: &[
            ("etcd", "go.etcd.io/etcd/server/v3"),
            ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
            (
                "kube-controller-manager",
                "k8s.io/kubernetes/cmd/kube-controller-manager",
            ),
            ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
            ("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
            ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"),
            ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        ],
    },
    Group {
        name: "coredns",
        files: module!("tools/coredns": "go.mod", "go.sum"),
        settings: &[],
        linked: &[],
        programs: &[("coredns", "github.com/coredns/coredns")],
    },
    Group {
        name: "helm",
        files: module!("tools/helm": "go.mod", "go.sum"),
        settings: &[],
        linked: &["helm.sh/helm/v4/internal/version.version=v4.3.1"],
        programs: &[("helm", "helm.sh/helm/v4/cmd/helm")],
    },
    Group {
        name: "helm-unittest",
        files: module!("tools/helm-unittest": "go.mod", "go.sum"),
        settings: &[],
        linked: &[],
        programs: &[(
            "helm-unittest",
            "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
        )],
    },
    Group {
        name: "kubeconform",
        files: module!("tools/kubeconform": "go.mod", "go.sum"),
        settings: &[],
        linked: &["main.version=v0.8.0"],
        programs: &[("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform")],
    },
    Group {
        name: "pause",
        files: module!("tools/pause": "go.mod", "main.go"),
        settings: &[],
        linked: &[],
        programs: &[("pause", ".")],
    },
    Group {
        name: "testapp",
        files: module!("testapp": "go.mod", "freeze.go", "main.go", "once.go", "serve.go"),
        settings: &[],
        linked: &[],
        programs: &[("testapp", ".")],
    },
    Group {
        name: "vault",
        files: module!("tools/vault": "go.mod", "go.sum", "tools.go"),
        // Its dependencies do not build with the Go of today.
        settings: &[("GOTOOLCHAIN", "go1.21.13")],
        linked: &[],
        programs: &[("vault", "github.com/hashicorp/vault")],
    },
    Group {
        name: "kv2",
        files: module!("tools/kv2": "go.mod", "go.sum", "main.go"),
        settings: &[],
        linked: &[],
        programs: &[("kv2", ".")],
    },
    Group {
        name: "gitops",
        files: module!("tools/gitops": "go.mod", "go.sum", "main.go", "lua.go", "health.go", "watch.go"),
        settings: &[],
        linked: &[],
        programs: &[
            ("gitops-agent", "github.com/argoproj/gitops-engine/agent"),
            ("gitops-verdict", "."),
        ],
    },
];

/// Compiler settings of every build: no C, so the programs are static; no paths of this machine.
pub const ENVIRONMENT: [(&str, &str); 4] = [
    ("CGO_ENABLED", "0"),
    ("GOWORK", "off"),
    ("GOFLAGS", "-mod=readonly"),
    ("GOOS", "linux"),
];

impl Group {
    /// The linker's settings: no symbol table, and the group's own assignments.
    pub fn ldflags(&self) -> String {
        let assigned = self.linked.iter().map(|assignment| format!(" -X {assignment}"));
        format!("-s -w{}", assigned.collect::<String>())
    }

    /// Of everything the programs are built from: another digest is another build.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        };
        let settings = ENVIRONMENT.iter().chain(self.settings);
        for (name, content) in self.files.iter().chain(self.programs).chain(settings) {
            add(name);
            add(content);
        }
        add(&self.ldflags());
        add(std::env::consts::ARCH);
        hex::encode(hash.finalize())
    }
}

/// A group by its name, or a program by its own; a name that is both means the program when it is the only one.
pub fn find(tool: &str) -> Option<(&'static Group, Option<&'static str>)> {
    let program = |group: &'static Group| {
        let found = group.programs.iter().find(|(name, _)| *name == tool)?;
        Some((group, Some(found.0)))
    };
    GROUPS.iter().find_map(program).or_else(|| {
        GROUPS
            .iter()
            .find(|group| group.name == tool)
            .map(|group| (group, None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(files: &'static [(&'static str, &'static str)], linked: &'static [&'static str]) -> String {
        Group {
            name: "g",
            files,
            settings: &[],
            linked,
            programs: &[("p", ".")],
        }
        .digest()
    }

    #[test]
    fn a_digest_follows_every_input() {
        let base = group(&[("go.mod", "a"), ("go.sum", "b")], &[]);
        assert_eq!(base, group(&[("go.mod", "a"), ("go.sum", "b")], &[]));
        for other in [
            group(&[("go.mod", "a"), ("go.sum", "c")], &[]),
            group(&[("go.mod", "ab"), ("go.sum", "")], &[]),
            group(&[("go.mod", "a"), ("go.sum", "b")], &["v=1"]),
            group(&[("go.mod", "a")], &[]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn every_pinned_version_is_the_modules_own() {
        for (group, pinned) in [
            ("kubernetes", "k8s.io/kubernetes v1.36.3"),
            ("helm", "helm.sh/helm/v4 v4.3.1"),
        ] {
            let (group, _) = find(group).unwrap();
            let version = pinned.rsplit(' ').next().unwrap();
            assert!(group.files[0].1.contains(pinned), "{pinned}");
            assert!(group.ldflags().contains(version), "{version}");
        }
    }

    #[test]
    fn finds_programs_and_groups() {
        let shape = |tool| find(tool).map(|(group, program)| (group.name, program));
        assert_eq!(shape("kubectl"), Some(("kubernetes", Some("kubectl"))));
        assert_eq!(shape("kubernetes"), Some(("kubernetes", None)));
        assert_eq!(shape("helm"), Some(("helm", Some("helm"))));
        assert_eq!(shape("docker"), None);
    }
}
