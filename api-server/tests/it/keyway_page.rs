//! A device code that nobody decided in time, at the page for it, in a real browser.

use coffer_api_server::http::settings::DoorSettings;
use coffer_browser::{Browser, Key, View};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Choices, Reply, TestServer};

#[tokio::test]
async fn an_expired_code_is_said_to_be_so_where_it_is_typed_and_where_it_is_followed() {
    let server = TestServer::with(Choices {
        doors: DoorSettings::default().with_failures(None),
        ..Choices::default()
    })
    .await;
    let url = format!("http://{}/keyway/v1/auth/device/start", server.address);
    let started = Reply::of(server.http.request(Method::POST, url).send().await.unwrap())
        .await
        .expect(200);
    let text = |field: &str| started[field].as_str().unwrap().to_owned();
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();
    page.navigate(&text("verificationUriComplete")).await.unwrap();
    let title = async || page.evaluate("document.title").await.unwrap();
    assert_eq!(title().await, "Sign in a device");

    server
        .clock
        .advance(SignedDuration::from_secs(started["expiresIn"].as_i64().unwrap()));
    page.type_text("a token").await.unwrap();
    page.press_and_load(Key::Enter).await.unwrap();
    for follow in [false, true] {
        if follow {
            page.navigate(&text("verificationUriComplete")).await.unwrap();
        }
        assert_eq!(title().await, "Not done yet: sign in a device");
        let tree = page.accessibility().await.unwrap();
        let code = tree.find("textbox", "Code").unwrap();
        assert!(
            code.is("invalid") && code.description.contains("has expired"),
            "{code:?}"
        );
        assert_eq!(tree.focused(), Some(code));
        assert_eq!(tree.all("alert").count(), 1);
    }
    let url = format!("http://{}/keyway/v1/auth/device/poll", server.address);
    let body = serde_json::json!({"deviceCode": text("deviceCode")});
    let polled = Reply::of(server.http.post(url).json(&body).send().await.unwrap())
        .await
        .expect(200);
    assert_eq!(
        (&polled["status"], &polled["error"]),
        (&Value::from("expired"), &Value::from("device_code_expired"))
    );
    browser.close().await.unwrap();
}
