//! The driver itself, on a small page of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use coffer_browser::{Browser, Fault, Key, View};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const PAGE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Small</title><form action=/next>\
<label for=a>Name</label><input id=a name=a aria-describedby=h required autofocus><p id=h>Any name.</p><button>Go on</button></form>\
<script>console.log('hello', 7)</script>";

/// Serves the page whatever is asked for; its address.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = socket.read(&mut [0; 8192]).await;
                let length = PAGE.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = socket.write_all(format!("{head}{PAGE}").as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn it_types_presses_reads_and_tells() {
    let base = serve().await;
    let browser = Browser::launch().await.unwrap();
    let page = browser
        .page(View {
            width: 400,
            ..View::default()
        })
        .await
        .unwrap();
    page.navigate(&base).await.unwrap();
    assert_eq!(page.evaluate("innerWidth").await.unwrap(), 400);

    let tree = page.accessibility().await.unwrap();
    let field = tree.find("textbox", "Name").unwrap();
    assert_eq!(field.description, "Any name.");
    assert!(field.is("required") && !field.is("disabled"));
    assert_eq!(tree.focused(), Some(field));

    page.type_text("zwölf").await.unwrap();
    page.press(Key::Tab).await.unwrap();
    let tree = page.accessibility().await.unwrap();
    assert_eq!(tree.find("textbox", "Name").unwrap().value, "zwölf");
    assert_eq!(tree.focused().unwrap().name, "Go on");
    page.press_and_load(Key::Enter).await.unwrap();
    page.wait_for("location.search == '?a=zw%C3%B6lf'").await.unwrap();

    assert_eq!(page.console()[0], "log: hello 7");
    assert_eq!(page.requests()[0], format!("{base}/"));
    assert!(page.requests().iter().all(|address| address.starts_with(&base)));
    assert!(page.screenshot().await.unwrap().starts_with(b"\x89PNG"));
    browser.close().await.unwrap();
}

#[tokio::test]
async fn it_says_what_went_wrong_and_reaches_no_other_host() {
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();
    let thrown = page.evaluate("nothing.there").await;
    assert!(matches!(thrown, Err(Fault::Threw(_))), "{thrown:?}");
    let Err(Fault::Refused { message, .. }) = page.navigate("http://other.test/").await else {
        panic!("another host was reached");
    };
    assert_eq!(message, "net::ERR_NAME_NOT_RESOLVED");
    browser.close().await.unwrap();
}
