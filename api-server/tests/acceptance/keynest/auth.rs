use reqwest::Method;
use serde_json::json;

use super::{Nest, PASSWORD, failure, fault, fresh};

fn newuser(username: &str) -> serde_json::Value {
    json!({
        "username": username, "email": format!("{username}@Example.com"), "password": PASSWORD,
        "confirm_password": PASSWORD, "first_name": "John", "last_name": "Doe",
    })
}

#[tokio::test]
async fn case_01_health_needs_nothing() {
    let nest = Nest::start().await;
    let health = nest.open(Method::GET, "/health/", None).await.expect(200);
    let expected = json!({"status": "healthy", "service": "KeyNest API", "version": "1.0.0"});
    assert_eq!(health.json, expected);
    assert_eq!(health.header("x-ratelimit-limit"), "");
}

#[tokio::test]
async fn case_02_the_index_says_where_things_are() {
    let nest = Nest::start().await;
    for path in ["/api/", "/api", "/api/v1/"] {
        let index = nest.open(Method::GET, path, None).await.expect(200);
        assert_eq!(index["message"], "Welcome to KeyNest API");
        assert_eq!(index["version"], "1.0.0");
        assert_eq!(index["endpoints"]["projects"], "/api/projects/");
    }
}

#[tokio::test]
async fn case_03_without_a_good_token_there_is_nothing_to_see() {
    let nest = Nest::start().await;
    let none = nest.open(Method::GET, "/api/projects/", None).await;
    failure(none, 401, "AUTHENTICATION_REQUIRED");
    failure(nest.get("bad", "/api/projects/").await, 401, "INVALID_TOKEN");
    failure(
        nest.get(&"0".repeat(40), "/api/projects/").await,
        401,
        "INVALID_TOKEN",
    );
}

#[tokio::test]
async fn case_04_a_registration_makes_user_token_and_organization() {
    let nest = Nest::start().await;
    let username = fresh("newuser");
    let made = nest.register(newuser(&username)).await.expect(201);
    let token = made.text_at("/token");
    assert!(
        token.len() == 40
            && token
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    );
    assert_eq!(made["message"], "User registered successfully");
    if nest.subject.is_own() {
        assert_eq!(
            (&made["user"]["id"], &made["organization"]["id"]),
            (&json!(1), &json!(1))
        );
    }
    assert_eq!(made["user"]["full_name"], "John Doe");
    assert_eq!(made["user"]["email"], format!("{username}@example.com"));
    assert!(made.text_at("/user/date_joined").ends_with('Z'));
    assert_eq!(made["organization"]["name"], "John's Organization");
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn case_05_what_is_taken_or_wrong_is_told_by_field() {
    let nest = Nest::start().await;
    let username = fresh("newuser");
    nest.register(newuser(&username)).await.expect(201);
    let again = failure(nest.register(newuser(&username)).await, 409, "CONFLICT");
    assert!(!fault(&again, "username").is_empty() && !fault(&again, "email").is_empty());
    let empty = failure(nest.register(json!({})).await, 400, "VALIDATION_ERROR");
    assert_eq!(empty["error"], "Validation failed");
    for field in ["username", "email", "password"] {
        assert_eq!(fault(&empty, field), "This field is required.");
    }
    let with = |field: &str, value: &str| {
        let mut body = newuser(&fresh("other"));
        body[field] = json!(value);
        body
    };
    let bad = failure(nest.register(with("email", "bad")).await, 400, "VALIDATION_ERROR");
    assert_eq!(fault(&bad, "email"), "Enter a valid email address.");
    let other = failure(
        nest.register(with("confirm_password", "somethingelse")).await,
        400,
        "VALIDATION_ERROR",
    );
    assert!(!fault(&other, "non_field_errors").is_empty());
    let mut weak = with("password", "12345678");
    weak["confirm_password"] = json!("12345678");
    let weak = failure(nest.register(weak).await, 400, "VALIDATION_ERROR");
    assert!(!fault(&weak, "password").is_empty() && !weak.text.contains("12345678"));
}

#[tokio::test]
async fn case_06_a_registration_without_confirmation_is_one() {
    let nest = Nest::start().await;
    let username = fresh("testuser");
    let body = json!({"username": username, "email": format!("{username}@example.com"), "password": "SecurePass123!"});
    let made = nest.register(body).await.expect(201);
    assert_eq!(made["user"]["full_name"], json!(username));
    assert_eq!(made["organization"]["name"], format!("{username}'s Organization"));
}

#[tokio::test]
async fn case_07_login_hands_out_the_same_token_and_tells_no_stranger_from_a_wrong_password() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let login = nest.login(&person.email, PASSWORD).await.expect(200);
    assert_eq!(login["token"], json!(person.token));
    assert_eq!(login["user"]["username"], json!(person.username));
    assert_eq!(login["organizations"][0]["role"], "admin");
    let upper = nest
        .login(&person.email.to_uppercase(), PASSWORD)
        .await
        .expect(200);
    assert_eq!(upper["token"], json!(person.token));
    let wrong = failure(
        nest.login(&person.email, "wrong").await,
        401,
        "INVALID_CREDENTIALS",
    );
    assert_eq!(wrong["error"], "Invalid credentials");
    let nobody = format!("{}@example.com", fresh("nobody"));
    let unknown = failure(nest.login(&nobody, PASSWORD).await, 401, "INVALID_CREDENTIALS");
    let plain = |answer: &crate::answer::Answer| {
        let mut body = answer.json.clone();
        body["timestamp"] = json!("");
        body
    };
    assert_eq!(plain(&unknown), plain(&wrong));
    failure(nest.login("bad", "x").await, 400, "VALIDATION_ERROR");
    let none = nest.open(Method::POST, "/api/auth/login/", Some(json!({}))).await;
    assert_eq!(
        fault(&failure(none, 400, "VALIDATION_ERROR"), "email"),
        "This field is required."
    );
}

#[tokio::test]
async fn case_08_the_profile_is_flat_and_nested_and_either_keyword_will_do() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    nest.login(&person.email, PASSWORD).await.expect(200);
    let profile = nest.get(&person.token, "/api/auth/profile/").await.expect(200);
    assert_eq!(
        (&profile["id"], &profile["email"]),
        (&json!(person.id), &json!(person.email))
    );
    assert_eq!(
        (&profile["full_name"], &profile["is_active"]),
        (&json!("John Doe"), &json!(true))
    );
    assert!(profile["last_login"].is_string());
    assert_eq!(profile["user"]["id"], profile["id"]);
    let request = nest.request(Method::GET, "/api/auth/profile/", None);
    let bearer = crate::answer::Answer::of(request.bearer_auth(&person.token)).await;
    assert_eq!(bearer.expect(200).json, profile.json);
}

#[tokio::test]
async fn case_36_methods_bodies_and_paths_that_are_none() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let wrong = nest.open(Method::GET, "/api/auth/login/", None).await;
    let wrong = failure(wrong, 405, "METHOD_NOT_ALLOWED");
    assert!(
        wrong.header("allow").contains("POST"),
        "{}",
        wrong.header("allow")
    );
    for path in ["/api/auth/login/", "/api/auth/register/"] {
        let request = nest.request(Method::POST, path, None);
        let broken = request.header("content-type", "application/json").body("{");
        failure(crate::answer::Answer::of(broken).await, 400, "PARSE_ERROR");
    }
    let xml = nest
        .request(Method::POST, "/api/projects/", Some(&person.token))
        .header("content-type", "text/xml")
        .body("<a/>");
    failure(
        crate::answer::Answer::of(xml).await,
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    );
    failure(nest.get(&person.token, "/api/nope/").await, 404, "NOT_FOUND");
    failure(
        nest.get(&person.token, "/api/projects/x/").await,
        404,
        "NOT_FOUND",
    );
    nest.get(&person.token, "/api/projects").await.expect(200);
    for (path, methods) in [
        ("/api/projects/", "GET, HEAD, OPTIONS, POST"),
        ("/health/", "GET, HEAD, OPTIONS"),
    ] {
        let options = nest.open(Method::OPTIONS, path, None).await.expect(200);
        assert_eq!(options.header("allow"), methods);
    }
    let form = nest
        .request(Method::POST, "/api/auth/login/", None)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("email={}&password={PASSWORD}", person.email));
    crate::answer::Answer::of(form).await.expect(200);
}

#[tokio::test]
async fn case_38_logout_ends_the_token_and_the_next_login_makes_another() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    nest.get(&person.token, "/api/auth/profile/").await.expect(200);
    let out = nest
        .post(&person.token, "/api/auth/logout/", json!({}))
        .await
        .expect(200);
    assert_eq!(out.json, json!({"message": "Successfully logged out"}));
    failure(
        nest.get(&person.token, "/api/auth/profile/").await,
        401,
        "INVALID_TOKEN",
    );
    let login = nest.login(&person.email, PASSWORD).await.expect(200);
    assert_ne!(login["token"], json!(person.token));
    nest.get(&login.text_at("/token"), "/api/auth/profile/")
        .await
        .expect(200);
}
