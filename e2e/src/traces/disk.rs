//! The disk of a node that `coffer-node` made: etcd, the store of the operator, logs of all components, kubelet's
//! folders with every pod's volumes, and what the container runtime keeps.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::{Places, etcd, forms};
use crate::Canary;

/// Where runc keeps its records, for all nodes of the machine.
const RUNC: &str = "/run/containerd/runc";
/// No object of Kubernetes is larger.
const LARGEST_RECORD: u64 = 2 * 1024 * 1024;

/// A node of ours, on this machine.
pub struct NodeDisk {
    state: PathBuf,
    run: PathBuf,
    memory: BTreeSet<PathBuf>,
}

impl NodeDisk {
    /// The node that `KUBECONFIG` leads to; `None` if it is not one of ours.
    pub fn find() -> Result<Option<Self>> {
        let Some(config) = std::env::var_os("KUBECONFIG").map(PathBuf::from) else {
            return Ok(None);
        };
        let state = config.ancestors().nth(2).map(Path::to_owned);
        let Some(state) = state.filter(|state| state.parent() == Some(Path::new("/var/lib/coffer-node")))
        else {
            return Ok(None);
        };
        let run = Path::new("/run/coffer-node").join(state.file_name().context("the node's name")?);
        let mounts = std::fs::read_to_string("/proc/self/mounts")?;
        let memory = mounts
            .lines()
            .filter_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
                [_, path, "tmpfs", ..] => Some(PathBuf::from(path)),
                _ => None,
            });
        let memory = memory.collect();
        Ok(Some(Self { state, run, memory }))
    }

    /// Whether a file whose path contains `part` holds `text`.
    pub fn has(&self, part: &str, text: &str) -> Result<bool> {
        let found = self.grep(&[text.to_owned()])?;
        Ok(found.iter().any(|hit| hit.path.to_string_lossy().contains(part)))
    }

    /// Where each canary turns up.
    pub fn places(&self, canaries: &[Canary]) -> Result<Places> {
        let forms = forms(canaries);
        let needles: Vec<String> = forms.iter().map(|(form, _)| form.clone()).collect();
        let mut places = Places::new();
        for hit in self.grep(&needles)? {
            let (_, flow) = forms
                .iter()
                .find(|(form, _)| *form == hit.form)
                .context("grep found what it was not asked for")?;
            places.entry(flow).or_default().insert(self.place(&hit)?);
        }
        Ok(places)
    }

    fn place(&self, hit: &Hit) -> Result<String> {
        if hit.path.starts_with(self.state.join("etcd")) {
            let before = before(&hit.path, hit.offset)?;
            let key = etcd::last_key(&before).context("a record without a key")?;
            return Ok(format!("etcd {key}"));
        }
        let runtime = [
            self.state.join("containerd"),
            self.run.join("containerd"),
            RUNC.into(),
        ];
        if runtime.iter().any(|folder| hit.path.starts_with(folder)) {
            return Ok("the container runtime".to_owned());
        }
        // Memory: what is in it is gone with the pod, and never was on the disk.
        let volume = hit.path.ancestors().find(|folder| self.memory.contains(*folder));
        match volume.and_then(Path::file_name) {
            Some(volume) => Ok(format!("volume {}", volume.display())),
            None => Ok(hit.path.display().to_string()),
        }
    }

    /// Every occurrence of `needles` in a file of the node. etcd's database is left out: its log holds the same, in order.
    fn grep(&self, needles: &[String]) -> Result<Vec<Hit>> {
        let mut grep = Command::new("grep")
            .args([
                "--recursive",
                "--text",
                "--only-matching",
                "--byte-offset",
                "--with-filename",
                "--null",
            ])
            .args(["--fixed-strings", "--no-messages", "--devices=skip", "--file=-"])
            .args(["--exclude-dir=netns", "--exclude-dir=snap"])
            .args([&self.state, &self.run])
            .arg(RUNC)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("run grep")?;
        let mut input = grep.stdin.take().context("its input")?;
        input.write_all(needles.join("\n").as_bytes())?;
        drop(input);
        let output = String::from_utf8(grep.wait_with_output()?.stdout)?;
        output
            .lines()
            .map(|line| Hit::parse(line).context("a line of grep"))
            .collect()
    }
}

/// What stands in a file before `offset`, as far back as a record may reach.
fn before(path: &Path, offset: u64) -> Result<Vec<u8>> {
    let from = offset.saturating_sub(LARGEST_RECORD);
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(offset - from).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Hit {
    path: PathBuf,
    offset: u64,
    form: String,
}

impl Hit {
    fn parse(line: &str) -> Option<Self> {
        let (path, rest) = line.split_once('\0')?;
        let (offset, form) = rest.split_once(':')?;
        Some(Self {
            path: path.into(),
            offset: offset.parse().ok()?,
            form: form.to_owned(),
        })
    }
}
