//! The ceiling: axum's own server and one handler that returns a constant.

use std::{net::SocketAddr, process::Stdio};

use axum::{Router, http::header, routing::get};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

/// Serves `body` until it is ended; prints its address first.
pub async fn run(body: String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let body: &'static str = body.leak();
    let handler = get(async move || ([(header::CONTENT_TYPE, "application/json")], body));
    axum::serve(listener, Router::new().route("/secrets/{name}", handler))
        .await
        .unwrap();
}

/// The ceiling as a process.
pub struct Ceiling {
    pub address: SocketAddr,
    child: Child,
}

/// Starts it with this body.
pub async fn start(body: &str) -> Ceiling {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command
        .args(["ceiling", body])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .next_line()
        .await
        .unwrap()
        .expect("an address")
        .parse()
        .unwrap();
    Ceiling { address, child }
}

impl Ceiling {
    /// A request as long as the real one would be without its credential.
    pub fn request(&self) -> Vec<u8> {
        format!("GET /secrets/S1 HTTP/1.1\r\nhost: {}\r\n\r\n", self.address).into_bytes()
    }

    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub async fn end(&mut self) {
        self.child.kill().await.unwrap();
    }
}
