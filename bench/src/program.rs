//! Programs under measurement: started with a log of their own, ended when dropped, by their process id.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take to say that it is there.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take to end.
const END: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// A running program.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says on standard error goes to `log`.
    pub fn start(command: &mut Command, log: PathBuf) -> Result<Self> {
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, log })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said.
    pub fn said(&self) -> Result<String> {
        fs::read_to_string(&self.log).with_context(|| format!("cannot read {}", self.log.display()))
    }

    /// Waits until `ask` has an answer.
    pub fn until<T>(&mut self, what: &str, ask: impl Fn(&Self) -> Result<Option<T>>) -> Result<T> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask(self)? {
                return Ok(answer);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended ({status}) before {what}; it said: {}", self.said()?);
            }
            if Instant::now() > end {
                bail!("still not so: {what}; it said: {}", self.said()?);
            }
            sleep(PAUSE);
        }
    }

    fn await_end(&mut self) -> Option<ExitStatus> {
        let end = Instant::now() + END;
        while Instant::now() < end {
            match self.child.try_wait() {
                Ok(None) => sleep(PAUSE),
                Ok(ended) => return ended,
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if self.await_end().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
