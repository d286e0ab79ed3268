//! A server that is gone and comes back.

use std::time::Duration;

use coffer_domain::provider::{Found, ProviderFault};
use coffer_remote::Login;
use coffer_vault_server::Server;
use futures::future::join_all;
use serde_json::json;
use tokio::time;

use super::{Remote, options};

type Read = Result<Found, ProviderFault>;

/// As if so much time had passed, for this program.
async fn later(by: Duration) {
    time::pause();
    time::advance(by).await;
    time::resume();
}

/// Reads that all begin before one of them ends.
async fn together(remote: &Remote, count: usize) -> Vec<Read> {
    join_all((0..count).map(|_| remote.read())).await
}

fn resting(reads: &[Read]) -> usize {
    let resting = |read: &&Read| matches!(read, Err(ProviderFault::Resting));
    reads.iter().filter(resting).count()
}

#[tokio::test]
async fn one_request_finds_out_that_a_server_is_back() {
    let mut server = Server::start().await.unwrap();
    let remote = Remote::new(&options(&server, Login::Token(server.token().into())));
    remote.write(json!({ "a": "b" })).await.unwrap();
    server.kill().await.unwrap();
    let failed = together(&remote, 5).await;
    assert_eq!((failed.len(), resting(&failed)), (5, 0), "{failed:?}");
    assert_eq!(resting(&together(&remote, 3).await), 3);

    later(Duration::from_secs(31)).await;
    let reads = together(&remote, 4).await;
    assert_eq!(resting(&reads), 3, "{reads:?}");
    assert!(matches!(reads[0], Err(ProviderFault::Broken)), "{reads:?}");
    assert_eq!(resting(&together(&remote, 3).await), 3, "it rests again");

    server.start_again().await.unwrap();
    server.unseal().await.unwrap();
    assert_eq!(
        resting(&together(&remote, 3).await),
        3,
        "nobody has found out yet"
    );
    later(Duration::from_secs(31)).await;
    let reads = together(&remote, 4).await;
    assert_eq!(resting(&reads), 3, "{reads:?}");
    assert!(reads[0].is_ok(), "{reads:?}");
    let reads = together(&remote, 4).await;
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");
}
