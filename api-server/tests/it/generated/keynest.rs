//! KeyNest's part: an organization with a project, an environment and a variable, and members of each role.

use coffer_api_server::{http::settings::DoorSettings, keynest::DIALECT};
use serde_json::{Value, json};

use super::{Door, ask, line::Answered};
use crate::support::{Choices, Reply, TestServer};

const PASSWORD: &str = "securepassword123";

const FIELDS: [&str; 14] = [
    "name",
    "description",
    "organization",
    "project",
    "environment",
    "environment_type",
    "key",
    "value",
    "user_id",
    "role",
    "email",
    "data",
    "format",
    "overwrite",
];

const VALUES: [&str; 14] = [
    "staging",
    "development",
    "viewer",
    "admin",
    "1",
    "2",
    "API_KEY",
    "api_key",
    "admin@example.com",
    "A=1\nB=\"open",
    "json",
    "yaml",
    "auto",
    "false",
];

const QUERIES: [&str; 8] = [
    "?page=last&page_size=1",
    "?page=18446744073709551615",
    "?organization=1&search=a",
    "?project=1&environment_type=staging",
    "?environment=1&key=API",
    "?format=yaml",
    "?action=create&user=1&date_from=2020-01-01&date_to=9999-12-31",
    "?date_from=0000-00-00",
];

async fn post(server: &TestServer, token: Option<&str>, path: &str, body: Value) -> Reply {
    let url = format!("http://{}/keynest/api{path}", server.address);
    let request = server.http.post(url).json(&body);
    let request = match token {
        Some(token) => request.header("authorization", format!("Token {token}")),
        None => request,
    };
    Reply::of(request.send().await.unwrap()).await.expect(201)
}

/// A server with something to ask for, and the tokens of an administrator, an editor, a viewer and a stranger.
async fn world() -> (TestServer, Vec<String>) {
    let rates = "keynest.user=off,keynest.anonymous=off,keynest.burst=off";
    let doors = DoorSettings {
        rates: rates.split(',').map(|rate| rate.parse().unwrap()).collect(),
        ..DoorSettings::default()
    };
    let server = TestServer::with(Choices {
        doors: doors.with_failures(None),
        ..Choices::default()
    })
    .await;
    // A key's, since a user's token ends with the first logout that is made up.
    let admin = Some(server.admin.as_str());
    post(&server, admin, "/organizations", json!({"name": "Taken"})).await;
    let listed = server
        .http
        .get(format!("http://{}/keynest/api/organizations/", server.address));
    let listed = listed.bearer_auth(&server.admin).send().await.unwrap();
    let listed = Reply::of(listed).await.expect(200);
    let own = listed["results"].as_array().unwrap().iter();
    let own = own.into_iter().find(|one| one["name"] == "acme").unwrap()["id"].clone();
    assert_eq!(own, 1);
    let mut tokens = Vec::new();
    for name in ["admin", "editor", "viewer", "stranger"] {
        let body = json!({"username": name, "email": format!("{name}@example.com"), "password": PASSWORD});
        let made = post(&server, None, "/auth/register", body).await;
        tokens.push(made["token"].as_str().unwrap().to_owned());
    }
    for role in ["admin", "editor", "viewer"] {
        let body = json!({"email": format!("{role}@example.com"), "role": role});
        post(&server, admin, "/organizations/1/invite_member", body).await;
    }
    let body = json!({"name": "app", "organization": 1});
    post(&server, admin, "/projects", body).await;
    let body = json!({"name": "staging", "project": 1, "environment_type": "staging"});
    post(&server, admin, "/environments", body).await;
    let body = json!({"key": "API_KEY", "value": "v", "environment": 1});
    post(&server, admin, "/variables", body).await;
    (server, tokens)
}

/// What would do, and mostly is there already: the world stays small.
fn body(method: &str, path: &str) -> Option<Value> {
    (method != "GET").then(|| {
        let creates = method == "POST" || method == "PUT";
        let name = match path {
            "/api/organizations/" => "Taken",
            "/api/projects/" => "no/name",
            path if path.contains("environments") => "staging",
            _ => "Name",
        };
        json!({
            "name": name, "organization": 1, "project": 1, "environment": 1, "environment_type": "staging",
            "key": "API_KEY", "value": "w", "user_id": 3, "role": "viewer",
            "email": if creates { "viewer@example.com" } else { "editor@example.com" },
            "username": "viewer", "password": "wrong-password", "data": "API_KEY=1", "overwrite": "false",
            "current_password": "wrong-password", "new_password": PASSWORD,
        })
    })
}

fn is_refusal(answer: &Answered) -> bool {
    let failure = answer.json();
    let texts = ["error", "code", "timestamp", "detail"];
    texts.iter().all(|member| failure[member].is_string()) && !failure["details"].is_null()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keynest_answers_twenty_thousand_generated_requests_as_documented() {
    let (server, tokens) = world().await;
    let line = |token: &str| format!("authorization: Token {token}");
    let mut credentials = vec![line(&server.admin); 24];
    credentials.extend(tokens.iter().map(|token| line(token)));
    let lists = server.key(&["secrets:list"]).await;
    credentials.extend([line(&lists), line(&"0".repeat(40)), line("x y")]);
    credentials.extend(["", "authorization: Basic YTpi"].map(str::to_owned));
    // Nothing is deleted: there would be nothing left to ask for.
    let concrete = |method: &str, path: &str| {
        let gone = method == "DELETE" && !path.ends_with("/remove_member/");
        (!gone).then(|| path.replace("{id}", "1"))
    };
    let door = Door {
        dialect: &DIALECT,
        mounts: &["/keynest"],
        credentials,
        concrete: Box::new(concrete),
        fields: &FIELDS,
        values: &VALUES,
        queries: &QUERIES,
        body,
        is_refusal,
        reached: &[200, 400, 401, 403, 404, 409],
    };
    ask(&server, door).await;
}
