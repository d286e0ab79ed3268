//! A small page of ours on another origin, in a real browser, that speaks the documented calls.

use coffer_browser::{Browser, Key, Page, View};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{Nest, PASSWORD, Person};

const PAGE: &str = include_str!("page.html");

/// Serves the page to whoever asks; its port.
async fn page_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                let length = PAGE.len();
                let start = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = socket.write_all(start.as_bytes()).await;
                let _ = socket.write_all(PAGE.as_bytes()).await;
            });
        }
    });
    port
}

async fn log_in(page: &Page, origin: &str, nest: &Nest, person: &Person) {
    page.navigate(&format!("{origin}/?base={}", nest.subject.base))
        .await
        .unwrap();
    page.type_text(&person.email).await.unwrap();
    page.press(Key::Tab).await.unwrap();
    page.type_text(PASSWORD).await.unwrap();
    page.press(Key::Enter).await.unwrap();
    page.wait_for("document.querySelector('#state').textContent !== ''")
        .await
        .unwrap();
}

async fn state(page: &Page) -> serde_json::Value {
    page.evaluate("document.querySelector('#state').textContent")
        .await
        .unwrap()
}

#[tokio::test]
async fn a_page_of_another_origin_logs_in_and_edits_variables_if_it_is_named_and_not_otherwise() {
    let port = page_server().await;
    let (named, other) = (
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
    );
    let nest = Nest::own(&["--keynest-origin", &named]).await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    nest.variable(&person, place, "API_KEY", "before").await;
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();

    log_in(&page, &named, &nest, &person).await;
    assert_eq!(state(&page).await, "logged in", "{:?}", page.console());
    page.evaluate("document.querySelector('#variables input').focus()")
        .await
        .unwrap();
    page.type_text("-and-after").await.unwrap();
    page.press(Key::Enter).await.unwrap();
    page.wait_for("document.querySelector('#state').textContent === 'saved API_KEY'")
        .await
        .unwrap();
    let values = nest.values(&person.token, place.environment).await;
    let value = values["API_KEY"].as_str().unwrap();
    assert!(
        value.contains("before") && value.contains("-and-after"),
        "{value}"
    );

    log_in(&page, &other, &nest, &person).await;
    let refused = state(&page).await;
    assert!(refused.as_str().unwrap().starts_with("failed: "), "{refused}");
    browser.close().await.unwrap();
}
