//! What happened on a page: documents loaded, words on the console, addresses asked for.

use parking_lot::Mutex;
use serde_json::Value;

#[derive(Debug, Default)]
pub struct Seen {
    /// The page's own frame; what happens in others is not its loading.
    frame: String,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    loaded: Vec<String>,
    console: Vec<String>,
    requests: Vec<String>,
}

impl Seen {
    pub fn of(frame: String) -> Self {
        Self {
            frame,
            notes: Mutex::default(),
        }
    }

    /// Notes an event of the protocol.
    pub fn note(&self, event: &str, about: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut notes = self.notes.lock();
        match event {
            "Page.lifecycleEvent" if about["name"] == "load" && about["frameId"] == self.frame.as_str() => {
                notes.loaded.push(text(&about["loaderId"]));
            }
            "Network.requestWillBeSent" => notes.requests.push(text(&about["request"]["url"])),
            "Network.webSocketCreated" => notes.requests.push(text(&about["url"])),
            "Runtime.consoleAPICalled" => notes.console.push(called(about)),
            "Runtime.exceptionThrown" => {
                notes
                    .console
                    .push(format!("exception: {}", about["exceptionDetails"]));
            }
            "Log.entryAdded" => {
                let entry = &about["entry"];
                let (level, said) = (text(&entry["level"]), text(&entry["text"]));
                notes
                    .console
                    .push(format!("{level}: {said} ({})", text(&entry["url"])));
            }
            _ => {}
        }
    }

    /// Whether the document of this loader is loaded.
    pub fn is_loaded(&self, loader: &str) -> bool {
        self.notes.lock().loaded.iter().any(|found| found == loader)
    }

    /// The document that was loaded last.
    pub fn last_loaded(&self) -> Option<String> {
        self.notes.lock().loaded.last().cloned()
    }

    pub fn console(&self) -> Vec<String> {
        self.notes.lock().console.clone()
    }

    pub fn requests(&self) -> Vec<String> {
        self.notes.lock().requests.clone()
    }
}

/// A call of the console, as `error: words`.
fn called(about: &Value) -> String {
    let kind = about["type"].as_str().unwrap_or_default();
    let shown = |argument: &Value| match (argument["value"].as_str(), argument["description"].as_str()) {
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => argument["value"].to_string(),
    };
    let words: Vec<String> = about["args"]
        .as_array()
        .into_iter()
        .flatten()
        .map(shown)
        .collect();
    format!("{kind}: {}", words.join(" "))
}
