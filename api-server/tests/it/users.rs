//! Accounts of people as who runs the server sees to them: `/organizations/_keynest/users`, and what the KeyNest door
//! makes of it.

use coffer_api_server::bootstrap::bootstrap;
use coffer_domain::name::OrgName;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestServer};

const EMAIL: &str = "octocat@example.com";
const PATH: &str = "/organizations/_keynest/users/octocat@example.com";
const FIRST: &str = "securepassword123";
const SECOND: &str = "another-password-1";

async fn nest(server: &TestServer, method: Method, token: &str, path: &str, body: Value) -> Reply {
    let url = format!("http://{}/keynest/api{path}", server.address);
    let request = server.http.request(method, url).json(&body);
    let request = match token {
        "" => request,
        token => request.header("authorization", format!("Token {token}")),
    };
    Reply::of(request.send().await.unwrap()).await
}

async fn login(server: &TestServer, password: &str) -> Reply {
    let body = json!({"email": EMAIL, "password": password});
    nest(server, Method::POST, "", "/auth/login/", body).await
}

async fn profile(server: &TestServer, token: &str) -> Reply {
    nest(server, Method::GET, token, "/auth/profile/", Value::Null).await
}

/// A server with an account, its token, and a key that is over accounts.
async fn world() -> (TestServer, String, String) {
    let server = TestServer::start().await;
    let body = json!({"username": "octocat", "email": EMAIL, "password": FIRST});
    let made = nest(&server, Method::POST, "", "/auth/register/", body)
        .await
        .expect(201);
    let token = made["token"].as_str().unwrap().to_owned();
    let home = bootstrap(&server.coffer, &OrgName::new("_keynest").unwrap())
        .await
        .unwrap();
    let operator = String::from_utf8(home.token.reveal().to_vec()).unwrap();
    (server, token, operator)
}

async fn change(server: &TestServer, token: &str, body: Value) -> Reply {
    server.send(Method::PATCH, token, PATH, Some(&body)).await
}

#[tokio::test]
async fn who_is_kept_out_is_out_at_once_and_is_answered_as_for_a_wrong_password() {
    let (server, token, operator) = world().await;
    profile(&server, &token).await.expect(200);
    let told = change(&server, &operator, json!({"active": false}))
        .await
        .expect(200);
    assert_eq!((&told["active"], &told["email"]), (&json!(false), &json!(EMAIL)));
    profile(&server, &token).await.expect(401);
    let shape = |reply: &Reply| {
        let members = ["error", "code", "details", "detail"];
        members.map(|member| reply[member].clone())
    };
    let kept_out = login(&server, FIRST).await.expect(401);
    let wrong = login(&server, "wrong-password").await.expect(401);
    assert_eq!(shape(&kept_out), shape(&wrong));
    change(&server, &operator, json!({"active": false}))
        .await
        .expect(200);
    let told = change(&server, &operator, json!({"active": true}))
        .await
        .expect(200);
    assert_eq!(told["active"], true);
    profile(&server, &token).await.expect(401);
    let fresh = login(&server, FIRST).await.expect(200);
    let fresh = fresh["token"].as_str().unwrap();
    assert_ne!(fresh, token);
    assert_eq!(profile(&server, fresh).await.expect(200)["is_active"], true);
}

#[tokio::test]
async fn another_password_ends_the_session_and_the_old_one() {
    let (server, token, operator) = world().await;
    change(&server, &operator, json!({"password": SECOND}))
        .await
        .expect(200);
    profile(&server, &token).await.expect(401);
    login(&server, FIRST).await.expect(401);
    login(&server, SECOND).await.expect(200);
    for bad in [
        json!({}),
        json!({"password": "short"}),
        json!({"password": 12_345_678}),
        json!({"active": "no"}),
        json!({"name": "x"}),
    ] {
        assert_eq!(change(&server, &operator, bad).await.code(400), "invalid");
    }
    login(&server, SECOND).await.expect(200);
}

#[tokio::test]
async fn nobody_else_is_over_accounts_and_none_learns_of_them() {
    let (server, token, operator) = world().await;
    let mine = "/organizations/acme/users/octocat@example.com";
    for path in [PATH, mine] {
        let body = json!({"active": false});
        let reply = server.send(Method::PATCH, &server.admin, path, Some(&body)).await;
        assert_eq!(reply.code(404), "not_found", "{path}");
    }
    let unknown = "/organizations/_keynest/users/nobody@example.com";
    let body = json!({"active": false});
    let reply = server.send(Method::PATCH, &operator, unknown, Some(&body)).await;
    assert_eq!(reply.code(404), "not_found");
    change(&server, &token, json!({"active": false}))
        .await
        .expect(401);
    profile(&server, &token).await.expect(200);
}
