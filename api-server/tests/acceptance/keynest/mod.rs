//! KeyNest: the cases of its contract. Users have names of their own in each test, so that all of them can go
//! against one server that is used already.

mod auth;
mod browser;
mod cors;
mod limits;
mod logs;
mod matrix;
mod members;
mod places;
mod sessions;
mod story;
mod transfer;
mod variables;

use std::hash::{BuildHasher, Hasher, RandomState};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{answer::Answer, subject::Subject};

pub const PASSWORD: &str = "securepassword123";

const UNLIMITED: &str =
    "keynest.user=off,keynest.anonymous=off,keynest.burst=off,keynest.auth=off,failures.address=off";

/// A server.
pub struct Nest {
    pub subject: Subject,
}

/// A user with an organization of their own.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: u64,
    pub username: String,
    pub email: String,
    pub token: String,
    pub organization: u64,
}

/// A project of theirs with an environment.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub project: u64,
    pub environment: u64,
}

/// A word that no other test has.
pub fn fresh(start: &str) -> String {
    format!("{start}{:016x}", RandomState::new().build_hasher().finish())
}

impl Nest {
    pub async fn start() -> Self {
        let subject = Subject::with("keynest", &["--rate-limit", UNLIMITED]).await;
        Self { subject }
    }

    /// One that nobody else uses, with these settings.
    pub async fn own(settings: &[&str]) -> Self {
        let subject = Subject::start_with("keynest", settings).await;
        Self { subject }
    }

    pub fn request(&self, method: Method, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.subject.base)
        };
        let request = self.subject.http.request(method, url);
        match token {
            Some(token) => request.header("authorization", format!("Token {token}")),
            None => request,
        }
    }

    pub async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path, Some(token));
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub async fn patch(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, token, Some(body)).await
    }

    pub async fn delete(&self, token: &str, path: &str) -> Answer {
        self.send(Method::DELETE, path, token, None).await
    }

    /// Without a token.
    pub async fn open(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path, None);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub async fn register(&self, body: Value) -> Answer {
        self.open(Method::POST, "/api/auth/register/", Some(body)).await
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.open(Method::POST, "/api/auth/login/", Some(body)).await
    }

    /// A new user.
    pub async fn person(&self, first: &str) -> Person {
        let username = fresh(first);
        let email = format!("{username}@example.com");
        let made = self
            .register(json!({
                "username": username, "email": email, "password": PASSWORD,
                "first_name": "John", "last_name": "Doe",
            }))
            .await
            .expect(201);
        Person {
            id: made["user"]["id"].as_u64().unwrap(),
            token: made.text_at("/token"),
            organization: made["organization"]["id"].as_u64().unwrap(),
            username,
            email,
        }
    }

    pub async fn project(&self, person: &Person, name: &str) -> u64 {
        let body = json!({ "name": name, "organization": person.organization });
        let made = self.post(&person.token, "/api/projects/", body).await.expect(201);
        made["id"].as_u64().unwrap()
    }

    pub async fn environment(&self, person: &Person, project: u64, name: &str) -> u64 {
        let body = json!({ "name": name, "project": project, "environment_type": "staging" });
        let made = self
            .post(&person.token, "/api/environments/", body)
            .await
            .expect(201);
        made["id"].as_u64().unwrap()
    }

    pub async fn place(&self, person: &Person) -> Place {
        let project = self.project(person, "New Project").await;
        let environment = self.environment(person, project, "staging").await;
        Place { project, environment }
    }

    pub async fn variable(&self, person: &Person, place: Place, key: &str, value: &str) -> u64 {
        let body = json!({ "key": key, "value": value, "environment": place.environment });
        let made = self
            .post(&person.token, "/api/variables/", body)
            .await
            .expect(201);
        made["id"].as_u64().unwrap()
    }

    pub async fn invite(&self, admin: &Person, other: &Person, role: &str) -> Answer {
        let path = format!("/api/organizations/{}/invite_member/", admin.organization);
        let body = json!({ "email": other.email, "role": role });
        self.post(&admin.token, &path, body).await
    }

    /// Sends a file as curl does, with these fields.
    pub async fn upload(
        &self,
        token: &str,
        environment: u64,
        (name, text): (&str, &str),
        fields: &[(&'static str, &'static str)],
    ) -> Answer {
        self.upload_bytes(token, environment, (name, text.as_bytes()), fields)
            .await
    }

    /// The same of a file that is no text.
    pub async fn upload_bytes(
        &self,
        token: &str,
        environment: u64,
        (name, bytes): (&str, &[u8]),
        fields: &[(&'static str, &'static str)],
    ) -> Answer {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part =
                format!("--XbX\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let part =
            format!("--XbX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--XbX--\r\n");
        let path = format!("/api/environments/{environment}/import/");
        let request = self.request(Method::POST, &path, Some(token));
        let request = request.header("content-type", "multipart/form-data; boundary=XbX");
        Answer::of(request.body(body)).await
    }

    /// All values of an environment, as JSON.
    pub async fn values(&self, token: &str, environment: u64) -> Value {
        let path = format!("/api/environments/{environment}/export/?format=json");
        self.get(token, &path).await.expect(200).json
    }
}

/// A failure of this status and code, in its whole shape.
#[track_caller]
pub fn failure(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer["code"], code, "{}", answer.text);
    for member in ["error", "timestamp", "detail"] {
        assert!(answer[member].is_string(), "{member}: {}", answer.text);
    }
    assert!(!answer["details"].is_null(), "{}", answer.text);
    assert_eq!(answer["detail"], answer["error"]);
    assert!(answer.header("content-type").contains("application/json"));
    if status == 401 {
        assert_eq!(answer.header("www-authenticate"), "Token");
    }
    answer
}

/// The first message for a field.
#[track_caller]
pub fn fault(answer: &Answer, field: &str) -> String {
    answer.text_at(&format!("/details/{field}/0"))
}
