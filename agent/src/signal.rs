//! Telling the application that its secrets changed: a signal to its processes, which the agent sees where the pod shares
//! its process namespace and may signal as the same user. No capability, no root.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;

/// The kernel keeps so many bytes of a process's name (`TASK_COMM_LEN` less the final NUL).
const LONGEST_NAME: usize = 15;

/// Which signal, and to whom.
#[derive(Debug, Clone)]
pub struct Hint {
    signal: Signal,
    process: String,
    /// Only for these secrets; `None`: for all.
    secrets: Option<BTreeSet<String>>,
}

/// Why nobody was signalled.
#[derive(Debug, Error)]
pub enum SignalError {
    /// No such process, or none that can be seen.
    #[error(
        "no process is named {0:?}; its name is what `ps -o comm` shows, and the pod has to share its process namespace"
    )]
    NoProcess(String),
    /// It runs as another user.
    #[error("process {0} runs as another user than the agent: set runAsUser of the pod")]
    AnotherUser(i32),
    /// Something else.
    #[error("cannot signal: {0}")]
    Io(#[from] io::Error),
}

/// One process, as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    parent: i32,
    name: String,
}

impl Hint {
    /// From the configuration; `None` if there is no such signal.
    pub fn parse(signal: &str, process: &str, secrets: Option<Vec<String>>) -> Option<Self> {
        let signal = match signal {
            "SIGHUP" => Signal::HUP,
            "SIGINT" => Signal::INT,
            "SIGQUIT" => Signal::QUIT,
            "SIGTERM" => Signal::TERM,
            "SIGUSR1" => Signal::USR1,
            "SIGUSR2" => Signal::USR2,
            "SIGWINCH" => Signal::WINCH,
            _ => return None,
        };
        Some(Self {
            signal,
            process: process[..process.floor_char_boundary(LONGEST_NAME)].to_owned(),
            secrets: secrets.map(|names| names.into_iter().collect()),
        })
    }

    /// What has to change for it: a line for each secret that matters, with its version.
    pub fn matters<'e>(&self, entries: impl Iterator<Item = (&'e str, u64)>) -> String {
        let wanted = |name: &str| self.secrets.as_ref().is_none_or(|names| names.contains(name));
        let lines: BTreeSet<String> = entries
            .filter(|(name, _)| wanted(name))
            .map(|(name, version)| format!("{name} {version}\n"))
            .collect();
        lines.into_iter().collect()
    }

    /// Signals the processes of that name, their descendants of the same name left out. How many.
    pub fn tell(&self) -> Result<usize, SignalError> {
        let chosen = chosen(&processes()?, &self.process);
        if chosen.is_empty() {
            return Err(SignalError::NoProcess(self.process.clone()));
        }
        let mut told = 0;
        for id in chosen {
            let Some(pid) = Pid::from_raw(id) else { continue };
            match kill_process(pid, self.signal) {
                Ok(()) => told += 1,
                Err(rustix::io::Errno::PERM) => return Err(SignalError::AnotherUser(id)),
                // It ended in between.
                Err(rustix::io::Errno::SRCH) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        Ok(told)
    }
}

/// Those of this name whose parent has another: a master, not its workers.
fn chosen(processes: &BTreeMap<i32, Process>, name: &str) -> Vec<i32> {
    let is_meant = |id: &i32| processes.get(id).is_some_and(|process| process.name == name);
    let meant = processes
        .iter()
        .filter(|(id, process)| is_meant(id) && !is_meant(&process.parent));
    meant.map(|(id, _)| *id).collect()
}

fn processes() -> io::Result<BTreeMap<i32, Process>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // One that is gone by now, or that may not be seen, is nobody's.
        let line = fs::read(format!("/proc/{id}/stat")).unwrap_or_default();
        found.extend(parse(&String::from_utf8_lossy(&line)).map(|process| (id, process)));
    }
    Ok(found)
}

/// `proc_pid_stat(5)`: `id (name) state parent …`, where the name may hold anything. A zombie is nobody.
fn parse(line: &str) -> Option<Process> {
    let (head, tail) = line.rsplit_once(") ")?;
    let (_, name) = head.split_once(" (")?;
    let mut fields = tail.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z").then(|| Process {
        parent,
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let process = |parent, name: &str| Process {
            parent,
            name: name.to_owned(),
        };
        assert_eq!(parse("7 (nginx) S 1 7 7 0 -1"), Some(process(1, "nginx")));
        assert_eq!(parse("7 (a) (b) c) R 3 7"), Some(process(3, "a) (b) c")));
        assert_eq!(parse("7 (gone) Z 1 7"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn the_master_is_told_and_not_its_workers() {
        let process = |parent, name: &str| Process {
            parent,
            name: name.to_owned(),
        };
        let all = [
            (1, process(0, "pause")),
            (7, process(0, "nginx")),
            (8, process(7, "nginx")),
            (9, process(7, "nginx")),
            (20, process(0, "sh")),
            (21, process(20, "nginx")),
        ];
        assert_eq!(chosen(&all.into(), "nginx"), [7, 21]);
    }

    #[test]
    fn only_the_secrets_that_matter_are_looked_at() {
        let entries = || [("b", 2), ("a", 1)].into_iter();
        let all = Hint::parse("SIGHUP", "nginx", None).unwrap();
        assert_eq!(all.matters(entries()), "a 1\nb 2\n");
        let one = Hint::parse("SIGHUP", "nginx", Some(vec!["b".to_owned()])).unwrap();
        assert_eq!(one.matters(entries()), "b 2\n");
        assert!(Hint::parse("SIGKILL", "nginx", None).is_none());
    }
}
