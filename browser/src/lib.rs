//! Drives a real headless Chromium, for tests of pages.
//!
//! A [`Browser`] is one process with a profile of its own; a [`Page`] is one tab with cookies of its own. A test
//! goes to an address, presses keys, and looks at what a person would meet: the accessibility tree, what has the
//! focus, a picture, the console, the addresses asked for. The protocol goes over a pipe, so there is no port,
//! and it ends with the test. Only loopback addresses resolve: a page that asks another host gets nothing, and
//! [`Page::requests`] tells of it.
//!
//! Waiting is for a state, up to a minute. This crate knows nothing of what it looks at.

mod keys;
mod page;
mod process;
mod seen;
mod tree;
mod wire;

use std::sync::Arc;

use serde_json::{Value, json};

pub use keys::Key;
pub use page::{Page, View};
pub use tree::{Node, Tree};

use process::Process;
use wire::Wire;

/// How long anything may take, in seconds: a test that waits longer has found a defect.
const PATIENCE: u64 = 60;

/// Why a browser did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is none, or it does not start.
    #[error("Chromium does not start; `make chromium` installs it on Debian: {0}")]
    NotThere(String),
    /// The process could not be made, or its folder.
    #[error("cannot start a browser")]
    Io(#[from] std::io::Error),
    /// The process is gone.
    #[error("the browser has ended")]
    Ended,
    /// It gave no answer.
    #[error("no answer to {0} within {PATIENCE} s")]
    Silent(String),
    /// It refused a command.
    #[error("{method}: {message}")]
    Refused {
        /// The command.
        method: String,
        /// What the browser says.
        message: String,
    },
    /// A script threw.
    #[error("the script threw: {0}")]
    Threw(String),
    /// What was waited for did not come.
    #[error("{0} did not come within {PATIENCE} s")]
    Never(String),
}

/// A running browser. Dropped, it is killed; [`Browser::close`] ends it in order.
#[derive(Debug)]
pub struct Browser {
    wire: Arc<Wire>,
    process: Process,
}

impl Browser {
    /// Starts the Chromium that is installed, with an empty profile.
    pub async fn launch() -> Result<Self, Fault> {
        let (process, input, output) = Process::start()?;
        let wire = Arc::new(Wire::over(input, output));
        match wire.call(None, "Browser.getVersion", json!({})).await {
            Err(Fault::Ended | Fault::Io(_)) => Err(Fault::NotThere(process.complaint())),
            Err(other) => Err(other),
            Ok(_) => Ok(Self { wire, process }),
        }
    }

    /// A new tab, with cookies of its own.
    pub async fn page(&self, view: View) -> Result<Page, Fault> {
        let context = self
            .text("Target.createBrowserContext", json!({}), "browserContextId")
            .await?;
        let made = json!({"url": "about:blank", "browserContextId": context});
        let target = self.text("Target.createTarget", made, "targetId").await?;
        let attached = json!({"targetId": target, "flatten": true});
        let session = self.text("Target.attachToTarget", attached, "sessionId").await?;
        Page::attached(Arc::clone(&self.wire), session, target, view).await
    }

    /// Ends it, and waits until it has.
    pub async fn close(mut self) -> Result<(), Fault> {
        let closed = self.wire.call(None, "Browser.close", json!({})).await;
        if !matches!(closed, Ok(_) | Err(Fault::Ended)) {
            self.process.kill()?;
        }
        self.process.ended().await
    }

    async fn text(&self, method: &str, parameters: Value, field: &str) -> Result<String, Fault> {
        let answer = self.wire.call(None, method, parameters).await?;
        Ok(answer[field].as_str().unwrap_or_default().to_owned())
    }
}
