//! The ceiling: the least that axum can do for a request. It answers every path with a body of a given
//! size, and knows nothing else.

use anyhow::Context;
use axum::{Router, http::header::CONTENT_TYPE, serve::ListenerExt};
use clap::Parser;
use tokio::net::TcpListener;

/// Answers every request with a body of the given size, on a free loopback port that it prints.
#[derive(Debug, Parser)]
struct Settings {
    /// Bytes in each answer's body
    #[arg(long)]
    body_bytes: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let body: &'static str = "x".repeat(Settings::parse().body_bytes).leak();
    let router = Router::new().fallback(async move || ([(CONTENT_TYPE, "application/json")], body));
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("cannot listen on loopback")?;
    eprintln!("http://{}", listener.local_addr()?);
    // As the servers it is compared with.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, router).await.context("cannot serve")
}
