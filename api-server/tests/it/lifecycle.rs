//! A server's life: slow clients, crowds, and the end.

use std::time::Duration;

use coffer_api_server::{Limits, Served};
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Choices, TestServer, body, lines::Lines, secret};

#[tokio::test]
async fn a_slow_head_is_not_waited_for() {
    let limits = Limits {
        head: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = TestServer::with(Choices {
        limits,
        ..Choices::default()
    })
    .await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await.unwrap();
    let mut answer = Vec::new();
    // Ends because the server closes it, not because the request is ever whole.
    let _ = slow.read_to_end(&mut answer).await;
    server.get("/whoami").await.expect(200);
}

#[tokio::test]
async fn a_crowd_of_idle_connections_passes() {
    let limits = Limits {
        head: Duration::from_millis(50),
        connections: 8,
        ..Limits::default()
    };
    let server = TestServer::with(Choices {
        limits,
        ..Choices::default()
    })
    .await;
    let mut crowd = Vec::new();
    for _ in 0..64 {
        crowd.push(TcpStream::connect(server.address).await.unwrap());
    }
    server.get("/whoami").await.expect(200);
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_end() {
    let mut server = TestServer::start().await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let text = r#"{"value":"v"}"#;
    let head = format!(
        "PUT /coffer/v1{} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        secret("V"),
        server.admin,
        text.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body: the handler runs.
    let mut asked = [0; 25];
    socket.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));
    server.stop();
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(server.ended().await, Served::Drained);
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn streams_end_when_the_server_does() {
    let mut server = TestServer::start().await;
    let request = server.request(Method::GET, Some(&server.admin), "/organizations/acme/changes");
    let mut lines = Lines::of(request.send().await.unwrap());
    assert!(lines.next().await.is_some());
    server.stop();
    while lines.next().await.is_some() {}
    assert_eq!(server.ended().await, Served::Drained);
}

#[tokio::test]
async fn one_that_never_finishes_is_cut_off() {
    let limits = Limits {
        drain: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut server = TestServer::with(Choices {
        limits,
        ..Choices::default()
    })
    .await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "PUT /coffer/v1{} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n",
        secret("V"),
        server.admin
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    socket.read_exact(&mut asked).await.unwrap();
    server.stop();
    assert_eq!(server.ended().await, Served::Cut);
}

#[tokio::test]
async fn clients_that_leave_are_forgotten() {
    let server = TestServer::start().await;
    for _ in 0..20 {
        let request = server.request(Method::GET, Some(&server.admin), "/organizations/acme/changes");
        let mut lines = Lines::of(request.send().await.unwrap());
        lines.next().await;
    }
    // Their connections are closed one after the other; the next write finds nobody there.
    loop {
        server.put(&secret("V"), &body("v")).await;
        let metrics = server
            .http
            .get(format!("http://{}/metrics", server.address))
            .send()
            .await
            .unwrap();
        let text = metrics.text().await.unwrap();
        if text.contains("coffer_streams_open{kind=\"changes\"} 0") {
            break;
        }
        tokio::task::yield_now().await;
    }
}
