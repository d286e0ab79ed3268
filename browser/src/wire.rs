//! The `DevTools` protocol over a pipe: JSON messages, each ended by a zero byte.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout},
    sync::oneshot,
    time::timeout,
};

use crate::{Fault, PATIENCE, seen::Seen};

type Waiting = Mutex<Option<HashMap<u64, oneshot::Sender<Value>>>>;

/// Who waits for what the browser says.
#[derive(Debug)]
struct Listeners {
    /// `None` once the browser has ended.
    waiting: Waiting,
    sessions: Mutex<HashMap<String, Arc<Seen>>>,
}

#[derive(Debug)]
pub struct Wire {
    input: tokio::sync::Mutex<ChildStdin>,
    next: AtomicU64,
    listeners: Arc<Listeners>,
}

impl Wire {
    pub fn over(input: ChildStdin, output: ChildStdout) -> Self {
        let listeners = Arc::new(Listeners {
            waiting: Mutex::new(Some(HashMap::new())),
            sessions: Mutex::default(),
        });
        tokio::spawn(listen(output, Arc::clone(&listeners)));
        Self {
            input: tokio::sync::Mutex::new(input),
            next: AtomicU64::new(1),
            listeners,
        }
    }

    /// What happens in this session is noted there from now on.
    pub fn watch(&self, session: &str, seen: Arc<Seen>) {
        self.listeners.sessions.lock().insert(session.to_owned(), seen);
    }

    /// Sends a command, to the browser or to one session, and waits for its answer.
    pub async fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, Fault> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (told, answer) = oneshot::channel();
        match self.listeners.waiting.lock().as_mut() {
            Some(waiting) => waiting.insert(id, told),
            None => return Err(Fault::Ended),
        };
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.send(&message).await?;
        match timeout(Duration::from_secs(PATIENCE), answer).await {
            Err(_) => Err(Fault::Silent(method.to_owned())),
            Ok(Err(_)) => Err(Fault::Ended),
            Ok(Ok(mut answer)) => match answer["error"]["message"].as_str() {
                Some(message) => Err(Fault::Refused {
                    method: method.to_owned(),
                    message: message.to_owned(),
                }),
                None => Ok(answer["result"].take()),
            },
        }
    }

    async fn send(&self, message: &Value) -> Result<(), Fault> {
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let mut input = self.input.lock().await;
        input.write_all(&bytes).await?;
        Ok(input.flush().await?)
    }
}

/// Hands on what the browser says, until it says no more.
async fn listen(output: ChildStdout, listeners: Arc<Listeners>) {
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match output.read_until(0, &mut bytes).await {
            Ok(count) if count > 0 => {}
            _ => break,
        }
        let text = bytes.strip_suffix(&[0]).unwrap_or(&bytes);
        let Ok(message) = serde_json::from_slice::<Value>(text) else {
            continue;
        };
        hand_on(message, &listeners);
    }
    // Whoever waits learns of the end by its sender's.
    listeners.waiting.lock().take();
}

fn hand_on(message: Value, listeners: &Listeners) {
    if let Some(id) = message["id"].as_u64() {
        let asker = listeners.waiting.lock().as_mut().and_then(|all| all.remove(&id));
        if let Some(asker) = asker {
            // It may have stopped waiting.
            let _ = asker.send(message);
        }
        return;
    }
    let session = message["sessionId"].as_str().unwrap_or_default();
    let seen = listeners.sessions.lock().get(session).cloned();
    if let (Some(seen), Some(event)) = (seen, message["method"].as_str()) {
        seen.note(event, &message["params"]);
    }
}
