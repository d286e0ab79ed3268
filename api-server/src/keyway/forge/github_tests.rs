//! Against a stub that checks what it is sent.

use std::{collections::HashMap, io::Write, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::*;

/// What the stub was asked, with whose token.
type Asked = Arc<Mutex<Vec<String>>>;

fn token(headers: &HeaderMap) -> String {
    let sent = headers.get("authorization").and_then(|sent| sent.to_str().ok());
    sent.unwrap_or_default().to_owned()
}

async fn user(State(asked): State<Asked>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    asked.lock().push(format!("user {}", token(&headers)));
    match token(&headers).as_str() {
        "Bearer ghp_octocat" => Ok(Json(json!({"id": 12345, "login": "octocat", "email": null}))),
        "Bearer ghp_slow" => Err(StatusCode::FORBIDDEN),
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}

async fn repository(
    Path((owner, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    assert_eq!(
        token(&headers),
        "Bearer server",
        "repositories are asked for with the server's token"
    );
    let found = json!({"id": 7, "name": "App", "private": true, "owner": {"id": 9, "login": "Acme", "type": "Organization"}});
    let moved = json!({"id": 8, "name": "x", "private": false, "owner": {"id": 10, "login": "mallory", "type": "User"}});
    match (owner.as_str(), name.as_str()) {
        ("acme", "moved") => Ok(Json(moved)),
        (_, "app") => Ok(Json(found)),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn collaborator(Path((_, _, login)): Path<(String, String, String)>) -> StatusCode {
    match login.as_str() {
        "dev" | "boss" => StatusCode::NO_CONTENT,
        _ => StatusCode::NOT_FOUND,
    }
}

async fn permission(Path((_, _, login)): Path<(String, String, String)>) -> Json<Value> {
    // As the real one: everybody may read what is public, collaborator or not.
    Json(match login.as_str() {
        "dev" => json!({"permission": "write", "role_name": "maintain"}),
        "boss" => json!({"permission": "admin", "role_name": "our-own-role"}),
        _ => json!({"permission": "read", "role_name": "read"}),
    })
}

async fn collaborators() -> Json<Value> {
    Json(json!([
        {"id": 1, "login": "dev", "type": "User", "permissions": {"admin": false, "push": true, "pull": true}},
        {"id": 2, "login": "robot", "type": "Bot", "role_name": "triage"},
    ]))
}

async fn membership(Path((_, login)): Path<(String, String)>) -> Result<Json<Value>, StatusCode> {
    match login.as_str() {
        "boss" => Ok(Json(json!({"role": "admin", "state": "active"}))),
        "dev" => Ok(Json(json!({"role": "member", "state": "active"}))),
        "invited" => Ok(Json(json!({"role": "admin", "state": "pending"}))),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn organization(Path(org): Path<String>) -> Result<Json<Value>, StatusCode> {
    match org.to_lowercase().as_str() {
        "acme" => Ok(Json(
            json!({"login": "Acme", "name": "Acme, Inc.", "avatar_url": "https://pictures/acme"}),
        )),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// One owner, and so many others that they do not fit one page.
async fn members(Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
    assert_eq!(asked["per_page"], "100");
    let numbers = match (asked["role"].as_str(), asked["page"].as_str()) {
        ("admin", "1") => 1..2,
        ("member", "1") => 100..200,
        ("member", "2") => 200..201,
        _ => 0..0,
    };
    let account = |number: u64| json!({"id": number, "login": format!("u{number}"), "type": "User"});
    Json(numbers.map(account).collect())
}

async fn installation() -> Json<Value> {
    Json(json!({"id": 77}))
}

async fn github() -> (GitHub, Asked) {
    let asked = Asked::default();
    let stub = Router::new()
        .route("/user", get(user))
        .route("/repos/{owner}/{name}", get(repository))
        .route("/repos/{owner}/{name}/installation", get(installation))
        .route("/repos/{owner}/{name}/collaborators", get(collaborators))
        .route("/repos/{owner}/{name}/collaborators/{login}", get(collaborator))
        .route(
            "/repos/{owner}/{name}/collaborators/{login}/permission",
            get(permission),
        )
        .route("/orgs/{org}/memberships/{login}", get(membership))
        .route("/orgs/{org}", get(organization))
        .route("/orgs/{org}/members", get(members))
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, stub).await });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "server").unwrap();
    let owners = ["Acme".to_owned(), "dev".to_owned()];
    let options = GitHubOptions::read(file.path(), &format!("http://{address}/"), &owners).unwrap();
    (GitHub::new(options).unwrap(), asked)
}

#[tokio::test]
async fn a_user_is_known_by_their_own_token_and_asked_for_once() {
    let (github, asked) = github().await;
    let token = SecretValue::from("ghp_octocat");
    for _ in 0..2 {
        let user = github.user_by_token(&token).await.unwrap().unwrap();
        assert_eq!((user.id, user.login.as_str()), (12345, "octocat"));
    }
    assert_eq!(*asked.lock(), ["user Bearer ghp_octocat"]);
    assert_eq!(
        github.user_by_token(&SecretValue::from("nope")).await.unwrap(),
        None
    );
    assert!(
        github
            .user_by_token(&SecretValue::from("ghp_slow"))
            .await
            .is_err(),
        "not an answer"
    );
}

#[tokio::test]
async fn repositories_of_others_are_not_served() {
    let (github, _) = github().await;
    let app = github.repository("acme", "app").await.unwrap().unwrap();
    assert_eq!(
        (app.full_name().as_str(), app.id, app.owner_id),
        ("Acme/App", 7, 9)
    );
    assert!(app.private && app.organization);
    assert_eq!(app.installation, Some(77));
    assert_eq!(github.repository("mallory", "app").await.unwrap(), None);
    assert_eq!(github.repository("acme", "none").await.unwrap(), None);
    assert_eq!(
        github.repository("acme", "moved").await.unwrap(),
        None,
        "it went to somebody else"
    );
}

#[tokio::test]
async fn a_role_takes_collaboration_however_public_the_repository_is() {
    let (github, _) = github().await;
    let app = github.repository("acme", "app").await.unwrap().unwrap();
    for (login, expected) in [
        ("dev", Some(RepoRole::Maintain)),
        ("boss", Some(RepoRole::Admin)),
        ("stranger", None),
        ("acme", Some(RepoRole::Admin)),
    ] {
        assert_eq!(github.role(&app, login).await.unwrap(), expected, "{login}");
    }
    let all = github.collaborators(&app).await.unwrap();
    let roles: Vec<_> = all
        .iter()
        .map(|one| (one.user.login.as_str(), one.role, one.bot))
        .collect();
    assert_eq!(
        roles,
        [("dev", RepoRole::Write, false), ("robot", RepoRole::Triage, true)]
    );
    for (login, expected) in [
        ("boss", Some(Membership::Owner)),
        ("dev", Some(Membership::Member)),
        ("invited", None),
        ("stranger", None),
    ] {
        assert_eq!(
            github.membership("acme", login).await.unwrap(),
            expected,
            "{login}"
        );
    }
}

#[tokio::test]
async fn everybody_in_an_organization_is_told_from_all_pages() {
    let (github, _) = github().await;
    let acme = github.organization("acme").await.unwrap().unwrap();
    assert_eq!(
        (acme.login.as_str(), acme.name.as_deref()),
        ("Acme", Some("Acme, Inc."))
    );
    assert_eq!(acme.avatar, "https://pictures/acme");
    let all = github.members("ACME").await.unwrap();
    assert_eq!(all.len(), 102);
    assert_eq!((all[0].user.id, all[0].is), (1, Membership::Owner));
    assert!(all[1..].iter().all(|one| one.is == Membership::Member));
    assert_eq!(all[101].user.login, "u200");
    assert_eq!(github.organizations().await.unwrap(), ["acme", "dev"]);
    assert_eq!(github.organization("mallory").await.unwrap(), None);
    assert!(github.members("mallory").await.unwrap().is_empty());
}
