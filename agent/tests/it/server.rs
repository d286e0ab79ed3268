//! A server that speaks TLS and the stream on loopback, and does what a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// Far longer than anything takes here: what fails at its end would never have happened.
pub const PATIENCE: Duration = Duration::from_secs(30);

type Tls = StreamOwned<ServerConnection, TcpStream>;

/// A certificate authority and a server certificate of it.
pub struct Authority {
    pub pem: String,
    config: Arc<ServerConfig>,
}

impl Authority {
    pub fn new() -> Self {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = ca.self_signed(&ca_key).unwrap().pem();
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                rustls_pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        Self {
            pem,
            config: Arc::new(config),
        }
    }
}

/// A request that was read; the answer is the test's.
pub struct Exchange {
    pub path: String,
    pub token: String,
    pub body: Value,
    tls: Tls,
}

impl Exchange {
    /// Answers with a status and a body, and closes.
    pub fn answer(mut self, status: u16, body: &Value) {
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.tls.write_all(head.as_bytes()).unwrap();
        self.close();
    }

    /// Begins an answer that goes on.
    pub fn begin(mut self) -> Self {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
        self.tls.write_all(head.as_bytes()).unwrap();
        self
    }

    /// Sends one message, in two chunks that part in its middle.
    pub fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        let (a, b) = line.as_bytes().split_at(line.len() / 2);
        for part in [a, b] {
            write!(self.tls, "{:x}\r\n", part.len()).unwrap();
            self.tls.write_all(part).unwrap();
            self.tls.write_all(b"\r\n").unwrap();
        }
        self.tls.flush().unwrap();
    }

    /// Ends the answer in order.
    pub fn end(mut self) {
        self.tls.write_all(b"0\r\n\r\n").unwrap();
        self.close();
    }

    fn close(mut self) {
        self.tls.conn.send_close_notify();
        let _ = self.tls.flush();
    }
}

/// The listening server.
pub struct Server {
    pub url: String,
    config: Arc<Mutex<Arc<ServerConfig>>>,
    watches: Receiver<Exchange>,
    acks: Receiver<Exchange>,
}

impl Server {
    pub fn start(authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let config = Arc::new(Mutex::new(authority.config.clone()));
        let ((watch, watches), (ack, acks)) = (channel(), channel());
        let shared = config.clone();
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                let (config, watch, ack) = (shared.lock().unwrap().clone(), watch.clone(), ack.clone());
                std::thread::spawn(move || serve(tcp.unwrap(), config, &watch, &ack));
            }
        });
        Self {
            url,
            config,
            watches,
            acks,
        }
    }

    /// Uses a certificate of another authority from now on.
    pub fn change_authority(&self, authority: &Authority) {
        *self.config.lock().unwrap() = authority.config.clone();
    }

    /// The next request for a stream.
    pub fn watch(&self) -> Exchange {
        self.watches.recv_timeout(PATIENCE).unwrap()
    }

    /// The next acknowledgement, unanswered.
    pub fn ack(&self) -> Exchange {
        self.acks.recv_timeout(PATIENCE).unwrap()
    }

    /// The next acknowledgement, accepted: secret → version.
    pub fn accepted(&self) -> Value {
        let ack = self.ack();
        let entries = ack.body["entries"].clone();
        ack.answer(204, &Value::Null);
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (e["name"].as_str().unwrap().to_owned(), e["version"].clone()))
            .collect()
    }
}

/// Reads one request; a client that does not trust us never gets that far.
fn serve(tcp: TcpStream, config: Arc<ServerConfig>, watch: &Sender<Exchange>, ack: &Sender<Exchange>) {
    let mut reader = BufReader::new(StreamOwned::new(ServerConnection::new(config).unwrap(), tcp));
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line == "\r\n" => break,
            Ok(_) => head.push(line),
        }
    }
    let header = |name: &str| {
        let line = head.iter().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
        line.trim().to_owned()
    };
    let mut body = vec![0; header("content-length:").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let path = head[0].split(' ').nth(1).unwrap().to_owned();
    let to = if path == "/coffer/v1/agent/ack" {
        ack
    } else {
        watch
    };
    // The test may be over.
    let _ = to.send(Exchange {
        path,
        token: header("authorization: Bearer "),
        body: if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        },
        tls: reader.into_inner(),
    });
}
