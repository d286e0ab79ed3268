//! Says why the agent waits: once per reason to the log, and always in the termination message, which is
//! what `kubectl describe` shows should the container end.

use std::fmt::Display;
use std::path::PathBuf;

use crate::log;

/// kubelet shows no more of a termination message, in bytes.
const MAX_MESSAGE: usize = 4096;

/// Why values are not, or not newly, in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// For people: what is wrong and what to do. Holds no value.
    pub text: String,
    /// It lasts until somebody changes something; waiting alone does not help.
    pub lasting: bool,
}

impl Reason {
    /// A reason that may pass by itself.
    pub fn passing(text: &dyn Display) -> Self {
        Self {
            text: text.to_string(),
            lasting: false,
        }
    }

    /// A reason that somebody must remove.
    pub fn lasting(text: &dyn Display) -> Self {
        Self {
            text: text.to_string(),
            lasting: true,
        }
    }
}

/// Tells reasons, each once.
#[derive(Debug)]
pub struct Reporter {
    message_file: PathBuf,
    last: Option<String>,
}

impl Reporter {
    /// Writes termination messages to `message_file`.
    pub fn new(message_file: PathBuf) -> Self {
        Self {
            message_file,
            last: None,
        }
    }

    /// The agent waits, or keeps what is in place, because of `reason`.
    pub fn waiting(&mut self, reason: &Reason, ready: bool) {
        if self.last.as_ref() == Some(&reason.text) {
            return;
        }
        let event = if ready { "keeping-former-values" } else { "waiting" };
        log::warn(event, &[("reason", &reason.text)]);
        self.message(&reason.text);
        self.last = Some(reason.text.clone());
    }

    /// The pod is deleted before values were in place.
    pub fn leaving(&self) {
        let reason = "let go: the pod is being deleted";
        log::info("leaving", &[("reason", &reason)]);
        self.message(reason);
    }

    /// There is no reason any more.
    pub fn clear(&mut self) {
        if self.last.take().is_some() {
            self.message("");
        }
    }

    fn message(&self, text: &str) {
        if let Err(error) = std::fs::write(&self.message_file, shortened(text)) {
            log::warn(
                "no-termination-message",
                &[("file", &self.message_file.display()), ("error", &error)],
            );
        }
    }
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_MESSAGE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_the_current_reason() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("message");
        let read = || std::fs::read_to_string(&file).unwrap();
        let mut reporter = Reporter::new(file.clone());
        reporter.waiting(&Reason::passing(&"one"), false);
        assert_eq!(read(), "one");
        reporter.waiting(&Reason::lasting(&"two"), true);
        assert_eq!(read(), "two");
        reporter.clear();
        assert_eq!(read(), "");
    }

    #[test]
    fn a_message_keeps_kubelets_limit_and_whole_characters() {
        assert_eq!(
            shortened(&format!("x{}", "ü".repeat(3000))).len(),
            MAX_MESSAGE - 1
        );
        assert_eq!(shortened("short"), "short");
    }
}
