//! Webhooks, through Secryn, to a receiver on loopback: what it is told, how it is signed, and what happens when it
//! does not take it.

use std::sync::Arc;

use coffer_api_server::http::settings::DoorSettings;
use coffer_domain::{
    name::OrgName,
    outbox::{Delivery, signature},
    port::Clock,
    usecase::{Caller, documents::DocumentPage},
};
use parking_lot::Mutex;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use crate::support::{Choices, ORG, Reply, TestServer};

/// What a receiver was sent.
struct Told {
    head: String,
    body: String,
}

/// Takes connections, and answers each request with the next of `answers`, then with 200.
struct Receiver {
    url: String,
    told: mpsc::UnboundedReceiver<Told>,
}

impl Receiver {
    async fn answering(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut answers = answers.iter();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let answer = answers.next().copied().unwrap_or("200 OK");
                tell.send(take(socket, answer).await).unwrap_or_default();
            }
        });
        Self { url, told }
    }

    async fn next(&mut self) -> Told {
        self.told.recv().await.unwrap()
    }
}

async fn take(mut socket: TcpStream, answer: &str) -> Told {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = socket.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        if body.len() < length {
            continue;
        }
        let reply = format!(
            "HTTP/1.1 {answer}\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let _ = socket.write_all(reply.as_bytes()).await;
        return Told {
            head,
            body: body.to_owned(),
        };
    }
}

fn choices(allowed: &[&str]) -> Choices {
    let doors = DoorSettings {
        webhook_allow: allowed.iter().map(|block| block.parse().unwrap()).collect(),
        ..DoorSettings::default()
    };
    Choices {
        doors,
        ..Choices::default()
    }
}

async fn server(allowed: &[&str]) -> TestServer {
    TestServer::with(choices(allowed)).await
}

async fn post(server: &TestServer, path: &str, body: Value) -> Reply {
    let url = format!("http://{}/secryn/v1{path}", server.address);
    let request = server.http.request(Method::POST, url).bearer_auth(&server.admin);
    Reply::of(request.json(&body).send().await.unwrap())
        .await
        .expect(200)
}

/// Has the receiver told of these events; what they are signed with.
async fn subscribe(server: &TestServer, receiver: &Receiver, events: &[&str]) -> String {
    let body = json!({"url": receiver.url, "events": events});
    let made = post(server, "/webhooks", body).await;
    made["data"]["secret"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_receiver_is_told_once_of_what_it_wants_signed_and_without_values() {
    let server = server(&["127.0.0.0/8"]).await;
    let mut receiver = Receiver::answering(&[]).await;
    let secret = subscribe(&server, &receiver, &["secret.created", "resource.created"]).await;
    let vault = post(&server, "/vaults", json!({"name": "hooked"})).await;
    let path = format!("/vaults/{}/secrets", vault["data"]["id"].as_str().unwrap());
    let made = post(
        &server,
        &path,
        json!({"name": "CANARY", "value": "hunter2-canary"}),
    )
    .await;
    let told = receiver.next().await;
    assert!(told.head.starts_with("post /hook http/1.1"));
    assert!(told.head.contains("x-secryn-event: secret.created"));
    let expected = signature(&secret.as_str().into(), told.body.as_bytes());
    assert!(
        told.head
            .contains(&format!("x-secryn-signature: sha256={expected}"))
    );
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(body["event"], "secret.created");
    assert_eq!(body["data"]["id"], made["data"]["id"]);
    assert!(body["id"].is_string() && body["created_at"].is_string());
    assert!(!told.body.contains("hunter2"));
    post(&server, "/resources", json!({"name": "r"})).await;
    let next = receiver.next().await;
    assert!(
        next.head.contains("x-secryn-event: resource.created"),
        "and of nothing twice: {}",
        next.head
    );
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again_later_the_same() {
    let server = server(&["127.0.0.0/8"]).await;
    let mut receiver = Receiver::answering(&["500 Oh", "302 Found"]).await;
    subscribe(&server, &receiver, &["resource.created"]).await;
    post(&server, "/resources", json!({"name": "r"})).await;
    let first = receiver.next().await;
    for _ in 0..2 {
        // Time goes on only here: without it nothing is sent again.
        let again = loop {
            server.clock.advance(jiff::SignedDuration::from_mins(1));
            tokio::select! {
                told = receiver.next() => break told,
                () = tokio::time::sleep(std::time::Duration::from_millis(10)) => {}
            }
        };
        assert_eq!(again.body, first.body);
    }
}

/// What is in the outbox.
async fn waiting(server: &TestServer) -> Vec<Delivery> {
    let organization = OrgName::new(ORG).unwrap();
    let page = DocumentPage {
        limit: 100,
        ..DocumentPage::default()
    };
    let found = server
        .coffer
        .list_documents(&Caller::controller(), &organization, page)
        .await;
    found.unwrap().0.into_iter().map(|kept| kept.body).collect()
}

#[tokio::test]
async fn of_two_servers_on_one_store_one_delivers() {
    let server = server(&["127.0.0.0/8"]).await;
    let _other = server.beside(choices(&["127.0.0.0/8"])).await;
    let mut receiver = Receiver::answering(&[]).await;
    subscribe(&server, &receiver, &["resource.created"]).await;
    let mut made = Vec::new();
    for number in 0..30 {
        let resource = post(&server, "/resources", json!({"name": format!("r{number}")})).await;
        made.push(resource["data"]["id"].clone());
    }
    // The clock stands still: what one has taken stays taken until it is delivered.
    let mut told = Vec::new();
    while told.len() < made.len() {
        let body: Value = serde_json::from_str(&receiver.next().await.body).unwrap();
        told.push(body["data"]["id"].clone());
    }
    told.sort_by_key(Value::to_string);
    made.sort_by_key(Value::to_string);
    assert_eq!(told, made, "each once");
    while !waiting(&server).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(receiver.told.try_recv().is_err(), "and no more");
}

#[tokio::test]
async fn a_private_address_is_not_reached_unless_it_is_allowed() {
    let server = Arc::new(server(&[]).await);
    let mut receiver = Receiver::answering(&[]).await;
    subscribe(&server, &receiver, &["resource.created"]).await;
    post(&server, "/resources", json!({"name": "r"})).await;
    // Given up after all its attempts, none of which reached the receiver.
    let given_up = loop {
        let delivery = waiting(&server).await.remove(0);
        if delivery.attempts > 0 {
            assert_eq!(
                delivery.failure.as_deref(),
                Some("its host has no public address")
            );
        }
        let now = server.clock.now();
        match delivery.next_at {
            None => break delivery,
            Some(next) if next > now => server.clock.advance(next.duration_since(now)),
            Some(_) => {}
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(given_up.attempts, 9);
    assert!(receiver.told.try_recv().is_err());
}

#[tokio::test]
async fn what_was_due_when_the_server_ended_is_delivered_by_the_next() {
    let server = server(&[]).await;
    let mut receiver = Receiver::answering(&[]).await;
    subscribe(&server, &receiver, &["resource.created"]).await;
    let made = post(&server, "/resources", json!({"name": "r"})).await;
    let server = server.restarted(choices(&["127.0.0.0/8"])).await;
    server.clock.advance(jiff::SignedDuration::from_mins(1));
    let told = receiver.next().await;
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(body["data"]["id"], made["data"]["id"]);
}

/// Takes connections and requests, and answers none of them; counts how many were open at once.
async fn silent() -> (String, Arc<Mutex<(usize, usize)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let counted = Arc::new(Mutex::new((0, 0)));
    let counts = Arc::clone(&counted);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let counts = Arc::clone(&counts);
            tokio::spawn(async move {
                {
                    let mut counts = counts.lock();
                    counts.0 += 1;
                    counts.1 = counts.1.max(counts.0);
                }
                // Ends when the other side gives up.
                while socket.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {}
                counts.lock().0 -= 1;
            });
        }
    });
    (url, counted)
}

#[tokio::test]
async fn a_receiver_that_never_answers_keeps_nobody_else_waiting() {
    let server = server(&["127.0.0.0/8"]).await;
    let (url, counted) = silent().await;
    post(
        &server,
        "/webhooks",
        json!({"url": url, "events": ["resource.created"]}),
    )
    .await;
    // More than one look takes, and than could be waited for one after another.
    for number in 0..100 {
        post(&server, "/resources", json!({"name": format!("r{number}")})).await;
    }
    while counted.lock().1 == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut receiver = Receiver::answering(&[]).await;
    subscribe(&server, &receiver, &["vault.created"]).await;
    post(&server, "/vaults", json!({"name": "heard"})).await;
    // With all of the silent one's before it, it would come later than this.
    let told = timeout(std::time::Duration::from_mins(1), receiver.next());
    let told: Value = serde_json::from_str(&told.await.expect("it waits for the others").body).unwrap();
    assert_eq!(told["event"], "vault.created");
    // That one was given up may be noticed only after the next has come.
    assert!(counted.lock().1 <= 2, "one after another");
}

#[tokio::test]
async fn a_receiver_is_told_in_the_order_in_which_things_happened() {
    let server = server(&["127.0.0.0/8"]).await;
    let mut receiver = Receiver::answering(&[]).await;
    subscribe(&server, &receiver, &["resource.created"]).await;
    let mut made = Vec::new();
    for number in 0..40 {
        let resource = post(&server, "/resources", json!({"name": format!("r{number}")})).await;
        made.push(resource["data"]["id"].clone());
        server.clock.advance(jiff::SignedDuration::from_millis(1));
    }
    for id in made {
        let told: Value = serde_json::from_str(&receiver.next().await.body).unwrap();
        assert_eq!(told["data"]["id"], id);
    }
}
