//! What a server answered.

use std::ops::Index;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            text,
            json,
        }
    }

    /// Itself, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Itself, if it is a failure with this status and code in the dialect's shape.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        let error = &answer["error"];
        assert_eq!(error["code"], code, "{}", answer.text);
        assert!(
            error["message"].is_string() && error["details"].is_object(),
            "{}",
            answer.text
        );
        answer
    }

    /// A header as a number.
    #[track_caller]
    pub fn number(&self, name: &str) -> i64 {
        self.header(name)
            .parse()
            .unwrap_or_else(|_| panic!("{name}: {:?}", self.headers))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The text at a path such as `/data/id`.
    #[track_caller]
    pub fn text_at(&self, path: &str) -> String {
        let found = self.json.pointer(path).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("no {path} in {}", self.text))
            .to_owned()
    }

    /// The list at a path.
    #[track_caller]
    pub fn list_at(&self, path: &str) -> &Vec<Value> {
        let found = self.json.pointer(path).and_then(Value::as_array);
        found.unwrap_or_else(|| panic!("no list {path} in {}", self.text))
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.json[field]
    }
}

/// The names of an object's members.
#[track_caller]
pub fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
