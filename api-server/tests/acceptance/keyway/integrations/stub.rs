//! A provider's stand-in on loopback.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::HeaderMap,
    response::Response,
};
use serde_json::Value;
use tokio::net::TcpListener;

/// A request that it got.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    /// `GET /path`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The fields of a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Complains unless these are its query's parameters, all of them.
    pub fn has_query(&self, expected: &[(&str, &str)]) -> Result<(), String> {
        let expected = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        same("query", &self.query, &expected.collect())
    }

    /// Complains unless it carries this token, and a JSON body if it has one.
    pub fn has_token(&self, token: &str) -> Result<(), String> {
        same(
            "token",
            &self.header("authorization"),
            &format!("Bearer {token}").as_str(),
        )?;
        if self.body.is_empty() {
            return Ok(());
        }
        same("content type", &self.header("content-type"), &"application/json")
    }

    /// Complains unless it is a form of just these fields.
    pub fn has_form(&self, expected: &[(&str, &str)]) -> Result<(), String> {
        same(
            "content type",
            &self.header("content-type"),
            &"application/x-www-form-urlencoded",
        )?;
        same("authorization", &self.header("authorization"), &"")?;
        let expected = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        same("form", &self.form(), &expected.collect())
    }
}

/// Complains of a difference.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}

/// An answer: a status and JSON, or a complaint.
pub type Play = Result<(u16, Value), String>;
type Player = Box<dyn FnMut(&Heard) -> Play + Send>;

/// In which way it is out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Status(u16),
    Garbage,
    Redirect,
    Silence,
    HangUp,
}

struct Stage {
    player: Player,
    trouble: Option<Trouble>,
    heard: Vec<Heard>,
    complaints: Vec<String>,
}

pub struct Stub {
    pub base: String,
    stage: Arc<Mutex<Stage>>,
}

impl Stub {
    /// One that answers as `player` does.
    pub async fn start(player: impl FnMut(&Heard) -> Play + Send + 'static) -> Self {
        let stage = Arc::new(Mutex::new(Stage {
            player: Box::new(player),
            trouble: None,
            heard: Vec::new(),
            complaints: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, stage }
    }

    /// Puts it out of order, or in order again.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.stage.lock().unwrap().trouble = trouble;
    }

    /// What it was asked since the last time this was called, as lines; nothing it was not to be asked.
    #[track_caller]
    pub fn asked(&self) -> Vec<String> {
        let mut stage = self.stage.lock().unwrap();
        assert!(stage.complaints.is_empty(), "{:#?}", stage.complaints);
        stage.heard.drain(..).map(|heard| heard.line()).collect()
    }
}

async fn answer(State(stage): State<Arc<Mutex<Stage>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let query = parts.uri.query().unwrap_or_default();
    let heard = Heard {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let trouble = stage.lock().unwrap().trouble;
    let made = |status: u16, text: String| {
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header("location", "/elsewhere")
            .body(Body::from(text))
            .unwrap()
    };
    match trouble {
        Some(Trouble::Status(status)) => {
            return made(
                status,
                format!(
                    "{{\"error\":\"the token was {}\"}}",
                    heard.header("authorization")
                ),
            );
        }
        Some(Trouble::Garbage) => return made(200, format!("<html>{}", heard.header("authorization"))),
        Some(Trouble::Redirect) => return made(302, String::new()),
        Some(Trouble::Silence) => std::future::pending::<()>().await,
        Some(Trouble::HangUp) => panic!("hanging up"),
        None => {}
    }
    let mut stage = stage.lock().unwrap();
    let played = (stage.player)(&heard);
    let (status, body) = played.unwrap_or_else(|complaint| {
        stage.complaints.push(format!("{}: {complaint}", heard.line()));
        (500, Value::Null)
    });
    stage.heard.push(heard);
    made(status, body.to_string())
}
