//! Which process a component is. A number alone does not say: it is given again after the process
//! ends, and after a reboot. So a record holds the start time and the boot as well.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use super::procfs::{Stat, boot_id};
use crate::state::write_file;

/// One started process, as written below `pids/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub pid: i32,
    started: u64,
    boot: String,
    /// Of the command and the configuration it was started with.
    pub fingerprint: String,
}

impl Record {
    /// The record of a process that has just been started.
    pub fn of(pid: u32, fingerprint: String) -> Result<Self> {
        let pid = i32::try_from(pid)?;
        let started = Stat::of(pid).context("it ended at once")?.started;
        Ok(Self {
            pid,
            started,
            boot: boot_id()?,
            fingerprint,
        })
    }

    /// None when there is none, or none that can be read: such a process is not known to be ours.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        write_file(path, &serde_json::to_vec(self)?, 0o644)
    }

    /// Whether that very process still runs.
    pub fn alive(&self) -> bool {
        let same = |stat: Stat| stat.running() && stat.started == self.started;
        Stat::of(self.pid).is_some_and(same) && boot_id().is_ok_and(|boot| boot == self.boot)
    }

    /// Asks the process to end, waits for `grace`, then ends it. Returns when it is gone.
    pub fn stop(&self, grace: Duration) -> Result<()> {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return Ok(());
        };
        // The descriptor is opened first and the identity checked after: a number that is given again
        // in between is then seen, and the signal cannot reach another process.
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
            return Ok(());
        };
        if !self.alive() {
            return Ok(());
        }
        if !grace.is_zero() {
            let _ = pidfd_send_signal(&process, Signal::TERM);
            if ended_within(&process, grace)? {
                return Ok(());
            }
        }
        let _ = pidfd_send_signal(&process, Signal::KILL);
        ended_within(&process, Duration::from_secs(30)).map(drop)
    }
}

fn ended_within(process: &rustix::fd::OwnedFd, limit: Duration) -> Result<bool> {
    let limit = Timespec {
        tv_sec: i64::try_from(limit.as_secs())?,
        tv_nsec: 0,
    };
    let ready = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit))?;
    Ok(ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").spawn().unwrap()
    }

    #[test]
    fn stops_the_process_it_recorded() {
        let mut child = sleeper();
        let record = Record::of(child.id(), String::new()).unwrap();
        assert!(record.alive());
        record.stop(Duration::from_secs(5)).unwrap();
        assert!(!record.alive(), "a zombie does not count as alive");
        child.wait().unwrap();
    }

    #[test]
    fn never_touches_another_process_with_the_same_number() {
        let mut child = sleeper();
        let mine = Record::of(child.id(), String::new()).unwrap();
        let earlier = Record {
            started: mine.started - 1,
            ..mine.clone()
        };
        let before_reboot = Record {
            boot: "another".into(),
            ..mine.clone()
        };
        for stranger in [earlier, before_reboot] {
            assert!(!stranger.alive());
            stranger.stop(Duration::ZERO).unwrap();
            assert!(mine.alive(), "{stranger:?} ended a process that was not its own");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn ends_what_does_not_listen() {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' TERM; echo; exec sleep 1000"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // The line says that the trap is set.
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        let record = Record::of(child.id(), String::new()).unwrap();
        record.stop(Duration::from_secs(1)).unwrap();
        assert!(!record.alive());
        child.wait().unwrap();
    }
}
