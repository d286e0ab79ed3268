//! One tab.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    Fault, PATIENCE,
    keys::{Key, letter},
    seen::Seen,
    tree::Tree,
    wire::Wire,
};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether what asks for the focus (`autofocus`) has it: that comes some time after the page is loaded, and keys
/// pressed before go nowhere.
const FOCUSED: &str =
    "(wanted => !wanted || document.activeElement === wanted)(document.querySelector('[autofocus]'))";

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether the system is set to dark.
    pub dark: bool,
}

impl Default for View {
    fn default() -> Self {
        Self {
            width: 1024,
            height: 768,
            dark: false,
        }
    }
}

/// A tab with cookies of its own.
#[derive(Debug)]
pub struct Page {
    wire: Arc<Wire>,
    session: String,
    seen: Arc<Seen>,
}

impl Page {
    pub(crate) async fn attached(
        wire: Arc<Wire>,
        session: String,
        target: String,
        view: View,
    ) -> Result<Self, Fault> {
        // A page's own frame has its target's id.
        let seen = Arc::new(Seen::of(target));
        wire.watch(&session, Arc::clone(&seen));
        let page = Self { wire, session, seen };
        for domain in ["Page", "Network", "Runtime", "Log", "Accessibility"] {
            page.call(&format!("{domain}.enable"), json!({})).await?;
        }
        let on = json!({"enabled": true});
        page.call("Page.setLifecycleEventsEnabled", on.clone()).await?;
        page.call("Emulation.setFocusEmulationEnabled", on).await?;
        page.look(view).await?;
        Ok(page)
    }

    /// Looks at the page this way from now on.
    pub async fn look(&self, view: View) -> Result<(), Fault> {
        let View { width, height, dark } = view;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size).await?;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await
            .map(drop)
    }

    /// Goes to an address, and waits until it is loaded and ready for keys.
    pub async fn navigate(&self, url: &str) -> Result<(), Fault> {
        let answer = self.call("Page.navigate", json!({ "url": url })).await?;
        if let Some(reason) = answer["errorText"].as_str() {
            return Err(Fault::Refused {
                method: format!("go to {url}"),
                message: reason.to_owned(),
            });
        }
        let loader = answer["loaderId"].as_str().unwrap_or_default();
        let loaded = async || Ok(self.seen.is_loaded(loader));
        self.until("the page", loaded).await?;
        self.wait_for(FOCUSED).await
    }

    /// Presses a key and lets it go.
    pub async fn press(&self, key: Key) -> Result<(), Fault> {
        self.send_keys(key.events()).await
    }

    /// Presses a key that leads to another document, and waits until that is loaded.
    pub async fn press_and_load(&self, key: Key) -> Result<(), Fault> {
        let before = self.seen.last_loaded();
        self.press(key).await?;
        let loaded = async || Ok(self.seen.last_loaded() != before);
        self.until("another page", loaded).await?;
        self.wait_for(FOCUSED).await
    }

    /// Types letter by letter into whatever has the focus.
    pub async fn type_text(&self, text: &str) -> Result<(), Fault> {
        for character in text.chars() {
            self.send_keys(letter(character)).await?;
        }
        Ok(())
    }

    /// What an expression is, as JSON; a promise is waited for.
    pub async fn evaluate(&self, expression: &str) -> Result<Value, Fault> {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", asked).await?;
        if !answer["exceptionDetails"].is_null() {
            return Err(Fault::Threw(answer["exceptionDetails"].to_string()));
        }
        Ok(answer["result"]["value"].take())
    }

    /// Waits until an expression is true.
    pub async fn wait_for(&self, expression: &str) -> Result<(), Fault> {
        let holds = async || match self.evaluate(expression).await {
            Ok(value) => Ok(value == true),
            // The document it was asked of is gone, or is not as it will be.
            Err(Fault::Refused { .. } | Fault::Threw(_)) => Ok(false),
            Err(other) => Err(other),
        };
        self.until(expression, holds).await
    }

    /// What a screen reader tells of it.
    pub async fn accessibility(&self) -> Result<Tree, Fault> {
        let answer = self.call("Accessibility.getFullAXTree", json!({})).await?;
        Ok(Tree::of(&answer))
    }

    /// A picture of what is in view, as PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>, Fault> {
        let answer = self
            .call("Page.captureScreenshot", json!({"format": "png"}))
            .await?;
        let data = answer["data"].as_str().unwrap_or_default();
        STANDARD.decode(data).map_err(|error| Fault::Refused {
            method: "Page.captureScreenshot".into(),
            message: error.to_string(),
        })
    }

    /// What was said on the console, by scripts or by the browser itself, as `level: words`.
    pub fn console(&self) -> Vec<String> {
        self.seen.console()
    }

    /// Every address that was asked for.
    pub fn requests(&self) -> Vec<String> {
        self.seen.requests()
    }

    async fn send_keys(&self, events: [Value; 2]) -> Result<(), Fault> {
        for event in events {
            self.call("Input.dispatchKeyEvent", event).await?;
        }
        Ok(())
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> Result<bool, Fault>) -> Result<(), Fault> {
        let end = Instant::now() + Duration::from_secs(PATIENCE);
        while !holds().await? {
            if Instant::now() > end {
                return Err(Fault::Never(what.to_owned()));
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn call(&self, method: &str, parameters: Value) -> Result<Value, Fault> {
        self.wire.call(Some(&self.session), method, parameters).await
    }
}
